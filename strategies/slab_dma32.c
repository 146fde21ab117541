// SPDX-License-Identifier: GPL-2.0-only
/*
 * slab_dma32: a kmem_cache of 1 KiB objects whose slabs come from ZONE_DMA32,
 * as merged for Linux 5.1 (SLAB_CACHE_DMA32).
 *
 * Models kmem_cache_zalloc() and kmem_cache_free() on SLUB of Linux 6.1; see
 * mm/kmem_cache.c for what that leaves out. Caches of equal size and flags
 * merge, so one instance serves every domain. The slab clears each object.
 * Cost, invariant, concurrency: those of the kmem_cache.
 */
#include <stdlib.h>

#include "kmem_cache.h"
#include "l2_internal.h"

extern const struct l2_strategy_ops l2_strategy_slab_dma32;

struct slab_dma32 {
	struct l2_strategy base;
	struct l2_env env;
	struct kmem_cache *cache;
	struct l2_usage usage; /* tables and failures; the rest is the cache's */
};

enum { OPT_ORDER };

#define ORDER_AUTO 4 /* one above the largest slab order */

static const struct l2_option options[] = {
	[OPT_ORDER] = { .key = "order",
			.help = "order of a slab; auto: from the CPUs, as SLUB",
			.choices = "0|1|2|3|auto",
			.def = ORDER_AUTO },
	{ .key = NULL },
};

static void slab_dma32_destroy(struct l2_strategy *l2)
{
	struct slab_dma32 *s;

	if (!l2)
		return;
	s = container_of(l2, struct slab_dma32, base);
	kmem_cache_destroy(s->cache);
	free(s);
}

static int slab_dma32_create(const struct l2_env *env, const uint64_t *value,
			     struct l2_strategy **ret)
{
	struct slab_dma32 *s = calloc(1, sizeof(*s));
	struct kmem_cache_config cfg = {
		.size = L2_TABLE_SIZE,
		.allocflags = env->zone_gfp,
		.nr_cpus = env->nr_cpus,
		.order = value[OPT_ORDER] == ORDER_AUTO
				 ? KMEM_CACHE_ORDER_AUTO
				 : (unsigned)value[OPT_ORDER],
	};
	int err;

	if (!s)
		return -ENOMEM;
	s->base.ops = &l2_strategy_slab_dma32;
	s->base.zeroes = true;
	s->env = *env;
	err = kmem_cache_create(env->pm, &cfg, &s->cache);
	if (err) {
		free(s);
		return err;
	}
	*ret = &s->base;
	return 0;
}

static int slab_dma32_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
			    struct l2_table *ret)
{
	struct slab_dma32 *s = container_of(l2, struct slab_dma32, base);
	void *va;

	if (kmem_cache_alloc(s->cache, cpu, gfp, &va))
		return l2_fail(&s->usage, L2_FAIL_NOMEM);
	l2_publish(&s->env, &s->usage, va, ret);
	return 0;
}

static void slab_dma32_free(struct l2_strategy *l2, unsigned cpu,
			    const struct l2_table *table)
{
	struct slab_dma32 *s = container_of(l2, struct slab_dma32, base);

	s->usage.nr_tables--;
	kmem_cache_free(s->cache, cpu, table->va);
}

static void slab_dma32_usage(const struct l2_strategy *l2, struct l2_usage *ret)
{
	const struct slab_dma32 *s =
		container_of(l2, const struct slab_dma32, base);
	struct kmem_cache_stats stats;

	kmem_cache_stats(s->cache, &stats);
	*ret = s->usage;
	ret->pages_held = stats.pages;
	ret->nr_refills = stats.alloc_slab;
	ret->nr_fallbacks = stats.order_fallback;
}

static void slab_dma32_attrs(const struct l2_strategy *l2, struct l2_attrs *ret)
{
	struct l2_usage usage;

	slab_dma32_usage(l2, &usage);
	l2_usage_attrs(&usage, ret);
}

static int slab_dma32_check(const struct l2_strategy *l2, const char **ret_why)
{
	const struct slab_dma32 *s =
		container_of(l2, const struct slab_dma32, base);

	return kmem_cache_check(s->cache, ret_why);
}

const struct l2_strategy_ops l2_strategy_slab_dma32 = {
	.name = "slab_dma32",
	.summary = "kmem_cache of 1 KiB objects in ZONE_DMA32",
	.models = "Linux 6.1 mm/slub.c with SLAB_CACHE_DMA32",
	.scope = L2_SHARED,
	.options = options,
	.create = slab_dma32_create,
	.destroy = slab_dma32_destroy,
	.alloc = slab_dma32_alloc,
	.free = slab_dma32_free,
	.usage = slab_dma32_usage,
	.attrs = slab_dma32_attrs,
	.check = slab_dma32_check,
};
