// SPDX-License-Identifier: GPL-2.0-only
/*
 * slab_dma32:impl=slab: the cache of slab_dma32.c on the array-cache SLAB.
 *
 * Models kmem_cache_zalloc() and kmem_cache_free() on mm/slab.c of Linux 6.1
 * (CONFIG_SLAB); see mm/slab_array.c for what that leaves out. A slab's
 * freelist lies in the middle of a free table, where SLUB has its link, and
 * not in its first bytes.
 * Cost, invariant, concurrency: those of the slab_array.
 */
#include <stdio.h>
#include <stdlib.h>

#include "slab_array.h"
#include "slab_dma32.h"

struct slab_dma32_array {
	struct l2_strategy base;
	struct l2_env env;
	struct slab_array *cache;
};

static void array_destroy(struct l2_strategy *l2)
{
	struct slab_dma32_array *s;

	if (!l2)
		return;
	s = container_of(l2, struct slab_dma32_array, base);
	slab_array_destroy(s->cache);
	free(s);
}

static int array_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
		       struct l2_table *ret)
{
	struct slab_dma32_array *s =
		container_of(l2, struct slab_dma32_array, base);

	if (slab_array_alloc(s->cache, cpu, gfp, &ret->va))
		return -ENOMEM;
	ret->paddr = physmem_paddr(s->env.pm, ret->va);
	return 0;
}

static void array_free(struct l2_strategy *l2, unsigned cpu,
		       const struct l2_table *table)
{
	struct slab_dma32_array *s =
		container_of(l2, struct slab_dma32_array, base);

	slab_array_free(s->cache, cpu, table->va);
}

static void array_usage(const struct l2_strategy *l2, struct l2_usage *ret)
{
	const struct slab_dma32_array *s =
		container_of(l2, const struct slab_dma32_array, base);
	struct slab_array_stats stats;

	slab_array_stats(s->cache, &stats);
	*ret = (struct l2_usage){
		.nr_tables = stats.objects,
		.pages_held = stats.pages,
		.metadata_bytes = stats.metadata_bytes,
		.nr_refills = stats.grown,
		.nr_failures[L2_FAIL_NOMEM] = stats.alloc_failures,
	};
}

/* The columns of /proc/slabinfo. An object in an array is active there. */
static void array_attrs(const struct l2_strategy *l2, struct l2_attrs *ret)
{
	const struct slab_dma32_array *s =
		container_of(l2, const struct slab_dma32_array, base);
	const struct slab_geometry *g;
	struct slab_array_stats stats;
	uint64_t num_objs;

	slab_array_stats(s->cache, &stats);
	g = &stats.geometry;
	num_objs = stats.slabs * g->num;
	snprintf(ret->id, sizeof(ret->id), SLAB_DMA32_NAME);
	l2_attr(ret, "active_objs", num_objs - stats.free_objects);
	l2_attr(ret, "num_objs", num_objs);
	l2_attr(ret, "objsize", g->size);
	l2_attr(ret, "objperslab", g->num);
	l2_attr(ret, "pagesperslab", 1u << g->order);
	l2_attr(ret, "limit", g->limit);
	l2_attr(ret, "batchcount", g->batchcount);
	l2_attr(ret, "sharedfactor", g->shared / g->batchcount);
	l2_attr(ret, "active_slabs", stats.slabs - stats.free_slabs);
	l2_attr(ret, "num_slabs", stats.slabs);
	l2_attr(ret, "sharedavail", stats.shared_avail);
	slab_dma32_flag_attrs(&s->env, ret);
	l2_attr(ret, "tables", stats.objects);
	l2_attr(ret, "pages_held", stats.pages);
	l2_attr(ret, "metadata_bytes", stats.metadata_bytes);
}

static int array_check(const struct l2_strategy *l2, const char **ret_why)
{
	const struct slab_dma32_array *s =
		container_of(l2, const struct slab_dma32_array, base);

	return slab_array_check(s->cache, ret_why);
}

/* Of instances only; the registry has that of slab_dma32.c. */
static const struct l2_strategy_ops array_ops = {
	.name = "slab_dma32",
	.models = "Linux 6.1 mm/slab.c with SLAB_CACHE_DMA32",
	.destroy = array_destroy,
	.alloc = array_alloc,
	.free = array_free,
	.usage = array_usage,
	.attrs = array_attrs,
	.check = array_check,
};

int slab_dma32_array_create(const struct l2_env *env, struct l2_strategy **ret)
{
	struct slab_dma32_array *s = calloc(1, sizeof(*s));
	struct slab_array_config cfg = {
		.size = L2_TABLE_SIZE,
		.align = L2_TABLE_SIZE,
		.allocflags = env->zone_gfp,
		.nr_cpus = env->nr_cpus,
		.link = L2_LINK_OFFSET,
	};
	int err;

	if (!s)
		return -ENOMEM;
	s->base.ops = &array_ops;
	s->base.zeroes = true;
	s->base.link_offset = L2_LINK_OFFSET;
	s->env = *env;
	err = slab_array_create(env->pm, &cfg, &s->cache);
	if (err) {
		free(s);
		return err;
	}
	*ret = &s->base;
	return 0;
}
