// SPDX-License-Identifier: GPL-2.0-only
/*
 * The check of gfp flags on the way to a new slab.
 *
 * Models new_slab() of mm/slub.c and kmalloc_fix_flags() of Linux 6.1, whose
 * mask is that of 4.20: __GFP_DMA32, __GFP_HIGHMEM and unknown bits are warned
 * about, removed, and the allocation goes on. Version 4 of the series would
 * have let __GFP_DMA32 pass where the cache has SLAB_CACHE_DMA32 and the zone
 * exists; version 6, as merged, leaves the mask alone and callers do not pass
 * the flag. All other zone bits are dropped without a word.
 * Left out: __GFP_HARDWALL, __GFP_THISNODE and flags that no model uses.
 * Cost: O(1), on the way to a new slab only. Invariant, concurrency: no state.
 */
#include "slab_flags.h"

gfp_t slab_bug_flags(enum slab_flags_rule rule, gfp_t allocflags, gfp_t gfp)
{
	gfp_t mask = GFP_DMA32 | __GFP_HIGHMEM | ~__GFP_BITS_MASK;

	if (rule == SLAB_FLAGS_V4)
		mask &= ~(allocflags & GFP_DMA32);
	return gfp & mask;
}

gfp_t slab_page_flags(gfp_t gfp)
{
	return gfp &
	       (__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM | __GFP_HIGH |
		__GFP_ATOMIC | __GFP_NOWARN | __GFP_NORETRY | __GFP_NOMEMALLOC);
}
