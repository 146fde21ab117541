/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a slab cache makes of the gfp flags of a caller when it must build a
 * slab: the rule that the SLAB_CACHE_DMA32 series argued about. See
 * slab_flags.c; tried out on a cache: slab_trial.h.
 *
 * Concurrency: none needed, there is no state.
 */
#ifndef SLAB_FLAGS_H
#define SLAB_FLAGS_H

#include "mm_types.h"

enum slab_flags_rule {
	SLAB_FLAGS_MERGED, /* Linux 4.20, and 5.1 to 6.1 */
	SLAB_FLAGS_V4	   /* the check_slab_flags() of the series' version 4 */
};

/* Of gfp, the bits that a cache with these allocflags warns about. */
gfp_t slab_bug_flags(enum slab_flags_rule rule, gfp_t allocflags, gfp_t gfp);

/* What is left of gfp, warned about or not, for the page allocator. */
gfp_t slab_page_flags(gfp_t gfp);

#endif /* SLAB_FLAGS_H */
