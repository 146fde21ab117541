// SPDX-License-Identifier: GPL-2.0-only
/*
 * A cache of 1 KiB objects on a machine with all three zones, asked once with
 * the flags in question; before that, for a hit, with plain GFP_ATOMIC.
 *
 * Models nothing itself: the answer is what kmem_cache and physmem do.
 * Cost: builds a machine, some ms. Invariant: leaves nothing behind.
 * Concurrency: each call on its own.
 */
#include "slab_trial.h"

#include <errno.h>

static int try_cache(struct physmem *pm, struct kmem_cache *s,
		     const struct slab_trial *trial,
		     struct slab_trial_result *ret)
{
	struct kmem_cache_stats stats;
	void *object;
	int err = 0;

	if (trial->hit)
		err = kmem_cache_alloc(s, 0, GFP_ATOMIC, &object);
	if (!err)
		err = kmem_cache_alloc(s, 0, trial->gfp, &object);
	if (err)
		return err;
	kmem_cache_stats(s, &stats);
	ret->nr_warnings = stats.flag_warnings;
	ret->stripped = (gfp_t)stats.stripped;
	ret->zone = physmem_head(pm, object)->zone;
	return 0;
}

int slab_trial_run(const struct slab_trial *trial,
		   struct slab_trial_result *ret)
{
	struct kmem_cache_config cfg = {
		.size = SZ_1K,
		.allocflags = trial->dma32_cache ? GFP_DMA32 : 0,
		.nr_cpus = 1,
		.order = KMEM_CACHE_ORDER_AUTO,
		.flags = trial->rule,
	};
	struct kmem_cache *s;
	struct physmem *pm;
	int err = physmem_create(machine_profile_find("x86-6g"), &pm);

	if (err)
		return err;
	err = kmem_cache_create(pm, &cfg, &s);
	if (!err) {
		err = try_cache(pm, s, trial, ret);
		kmem_cache_destroy(s);
	}
	physmem_destroy(pm);
	return err;
}
