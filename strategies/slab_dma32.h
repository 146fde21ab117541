/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the two implementations of slab_dma32 share, for slab_dma32*.c only:
 * SLUB in slab_dma32.c, which has the options, and SLAB in slab_dma32_array.c.
 * An instance has the ops of its implementation, so neither pays for the other.
 *
 * Concurrency: that of a strategy.
 */
#ifndef SLAB_DMA32_H
#define SLAB_DMA32_H

#include "l2_internal.h"

#define SLAB_DMA32_NAME "io-pgtable_armv7s_l2"

/* An instance on mm/slab_array.h, for impl=slab. 0; -ENOMEM. */
int slab_dma32_array_create(const struct l2_env *env, struct l2_strategy **ret);

/* The attributes that are of the cache's flags and of merging. */
static inline void slab_dma32_flag_attrs(const struct l2_env *env,
					 struct l2_attrs *ret)
{
	l2_attr(ret, "cache_dma32", !!(env->zone_gfp & GFP_DMA32));
	l2_attr(ret, "aliases", env->nr_domains ? env->nr_domains - 1 : 0);
}

#endif /* SLAB_DMA32_H */
