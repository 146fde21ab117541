/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trying out what a cache does with gfp flags: one allocation on a fresh
 * machine, and where the object lies. See slab_trial.c.
 *
 * Concurrency: each trial has a machine of its own.
 */
#ifndef SLAB_TRIAL_H
#define SLAB_TRIAL_H

#include "kmem_cache.h"
#include "physmem.h"

struct slab_trial {
	enum slab_flags_rule rule;
	bool dma32_cache; /* SLAB_CACHE_DMA32 */
	gfp_t gfp;
	bool hit; /* a slab with free objects is at hand */
};

struct slab_trial_result {
	uint64_t nr_warnings;
	gfp_t stripped;
	enum zone_type zone; /* that the object lies in */
};

/* 0; -ENOMEM. */
int slab_trial_run(const struct slab_trial *trial,
		   struct slab_trial_result *ret);

#endif /* SLAB_TRIAL_H */
