// SPDX-License-Identifier: GPL-2.0-only
/*
 * slab_dma32: a kmem_cache of 1 KiB objects whose slabs come from ZONE_DMA32,
 * as merged for Linux 5.1 (SLAB_CACHE_DMA32).
 *
 * Models kmem_cache_zalloc() and kmem_cache_free() on SLUB of Linux 6.1, or of
 * 4.20 which the series was written for; see mm/kmem_cache.c for what that
 * leaves out. Caches of equal size and flags merge (slab_common.c), so one
 * instance serves every domain, unless slab_nomerge or a debug flag that
 * changes the layout forbids it. The slab clears each object.
 * impl=slab: options and scope are here, the instance is slab_dma32_array.c's.
 * Left out: under slab_nomerge 6.1 refuses a second cache of the same name.
 * Cost, invariant, concurrency: those of the kmem_cache.
 */
#include <stdio.h>
#include <stdlib.h>

#include "kmem_cache.h"
#include "slab_dma32.h"

extern const struct l2_strategy_ops l2_strategy_slab_dma32;

struct slab_dma32 {
	struct l2_strategy base;
	struct l2_env env;
	struct kmem_cache *cache;
	unsigned debug;
	bool mergeable;
};

enum { OPT_ORDER, OPT_KERNEL, OPT_RANDOM, OPT_DEBUG, OPT_MERGE, OPT_IMPL };

#define ORDER_AUTO 4 /* one above the largest slab order */

static const struct l2_option options[] = {
	[OPT_ORDER] = { .key = "order",
			.help = "order of a slab; auto: from the CPUs, as SLUB",
			.choices = "0|1|2|3|auto",
			.def = ORDER_AUTO },
	[OPT_KERNEL] = { .key = "kernel",
			 .help = "Linux whose SLUB it is",
			 .choices = "6.1|4.20" },
	[OPT_RANDOM] = { .key = "random",
			 .help = "seed of the order of objects in a new slab; 0: ascending",
			 .max = UINT32_MAX },
	[OPT_DEBUG] = { .key = "debug",
			.help = "room and lists as with slub_debug=...; nothing more is written or tested",
			.choices = "none|F|Z|FZ|P|FP|ZP|FZP|"
				   "U|FU|ZU|FZU|PU|FPU|ZPU|FZPU" },
	[OPT_MERGE] = { .key = "merge",
			.help = "one cache for all domains; no: as with slab_nomerge",
			.choices = "no|yes",
			.def = 1 },
	[OPT_IMPL] = { .key = "impl",
		       .help = "SLUB, or the array-cache SLAB of 6.1, with merge= only",
		       .choices = "slub|slab" },
	{ .key = NULL },
};

static bool is_mergeable(const uint64_t *value)
{
	return value[OPT_MERGE] && !(value[OPT_DEBUG] & SLAB_NEVER_MERGE);
}

static enum l2_scope slab_dma32_scope_of(const uint64_t *value)
{
	return is_mergeable(value) ? L2_SHARED : L2_PER_DOMAIN;
}

/* All but merge= are SLUB's. */
static const char *slab_dma32_conflict(const uint64_t *value)
{
	if (!value[OPT_IMPL])
		return NULL;
	if (value[OPT_ORDER] != ORDER_AUTO)
		return "impl=slab computes its order: leave order=N out";
	if (value[OPT_KERNEL])
		return "impl=slab is that of 6.1: leave kernel=4.20 out";
	if (value[OPT_RANDOM])
		return "impl=slab is modelled without freelist randomisation: leave random=N out";
	if (value[OPT_DEBUG])
		return "impl=slab is modelled without debugging: leave debug=... out";
	return NULL;
}

static void slab_dma32_destroy(struct l2_strategy *l2)
{
	struct slab_dma32 *s;

	if (!l2)
		return;
	s = container_of(l2, struct slab_dma32, base);
	kmem_cache_destroy(s->cache);
	free(s);
}

static int slub_create(const struct l2_env *env, const uint64_t *value,
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
		.kernel = value[OPT_KERNEL] ? KMEM_CACHE_4_20 : KMEM_CACHE_6_1,
		.debug = (unsigned)value[OPT_DEBUG],
		.random = value[OPT_RANDOM],
	};
	int err;

	if (!s)
		return -ENOMEM;
	s->base.ops = &l2_strategy_slab_dma32;
	s->base.zeroes = true;
	s->env = *env;
	s->debug = cfg.debug;
	s->mergeable = is_mergeable(value);
	err = kmem_cache_create(env->pm, &cfg, &s->cache);
	if (err) {
		free(s);
		return err;
	}
	s->base.link_offset = kmem_cache_link_offset(s->cache);
	*ret = &s->base;
	return 0;
}

static int slab_dma32_create(const struct l2_env *env, const uint64_t *value,
			     struct l2_strategy **ret)
{
	return value[OPT_IMPL] ? slab_dma32_array_create(env, ret)
			       : slub_create(env, value, ret);
}

static int slab_dma32_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
			    struct l2_table *ret)
{
	struct slab_dma32 *s = container_of(l2, struct slab_dma32, base);

	if (kmem_cache_alloc(s->cache, cpu, gfp, &ret->va))
		return -ENOMEM;
	ret->paddr = physmem_paddr(s->env.pm, ret->va);
	return 0;
}

static void slab_dma32_free(struct l2_strategy *l2, unsigned cpu,
			    const struct l2_table *table)
{
	struct slab_dma32 *s = container_of(l2, struct slab_dma32, base);

	kmem_cache_free(s->cache, cpu, table->va);
}

static void slab_dma32_usage(const struct l2_strategy *l2, struct l2_usage *ret)
{
	const struct slab_dma32 *s =
		container_of(l2, const struct slab_dma32, base);
	struct kmem_cache_stats stats;

	kmem_cache_stats(s->cache, &stats);
	*ret = (struct l2_usage){
		.nr_tables = stats.alive,
		.pages_held = stats.pages,
		.metadata_bytes = stats.metadata_bytes,
		.nr_refills = stats.alloc_slab,
		.nr_fallbacks = stats.order_fallback,
		.nr_failures[L2_FAIL_NOMEM] = stats.alloc_failures,
	};
}

/* Files of /sys/kernel/slab/NAME that are a number in stats. */
#define STAT(member)                                               \
	{                                                          \
#member, offsetof(struct kmem_cache_stats, member) \
	}

static const struct {
	const char *name;
	size_t offset;
} stat_files[] = {
	STAT(object_size),
	STAT(slab_size),
	STAT(align),
	STAT(order),
	STAT(objs_per_slab),
	STAT(min_partial),
	STAT(cpu_partial),
	STAT(slabs),
	STAT(total_objects),
	STAT(partial),
	STAT(alloc_slowpath),
	STAT(free_slowpath),
	STAT(alloc_slab),
	STAT(free_slab),
	STAT(alloc_refill),
	STAT(alloc_from_partial),
	STAT(free_frozen),
	STAT(free_add_partial),
	STAT(free_remove_partial),
	STAT(cpuslab_flush),
	STAT(deactivate_full),
	STAT(deactivate_empty),
	STAT(deactivate_to_head),
	STAT(deactivate_to_tail),
	STAT(deactivate_remote_frees),
	STAT(deactivate_bypass),
	STAT(cpu_partial_alloc),
	STAT(cpu_partial_free),
	STAT(cpu_partial_node),
	STAT(cpu_partial_drain),
	STAT(cmpxchg_double_fail),
	STAT(order_fallback),
	STAT(flag_warnings),
};

/* A cache that can merge has a made-up name, and its own as a link to it. */
static void name_cache(const struct slab_dma32 *s, uint64_t slab_size,
		       char *ret, size_t size)
{
	bool dma32 = s->env.zone_gfp & GFP_DMA32;
	bool checks = s->debug & SLAB_CONSISTENCY_CHECKS;

	if (!s->mergeable)
		snprintf(ret, size, SLAB_DMA32_NAME);
	else
		snprintf(ret, size, ":%s%s%s%07llu", dma32 ? "D" : "",
			 checks ? "F" : "", dma32 || checks ? "-" : "",
			 (unsigned long long)slab_size);
}

static void slab_dma32_attrs(const struct l2_strategy *l2, struct l2_attrs *ret)
{
	const struct slab_dma32 *s =
		container_of(l2, const struct slab_dma32, base);
	struct kmem_cache_counts counts;
	struct kmem_cache_stats stats;
	size_t i;

	kmem_cache_stats(s->cache, &stats);
	kmem_cache_counts(s->cache, &counts);
	name_cache(s, stats.slab_size, ret->id, sizeof(ret->id));
	for (i = 0; i < ARRAY_SIZE(stat_files); i++) {
		uint64_t value;

		memcpy(&value, (const char *)&stats + stat_files[i].offset,
		       sizeof(value));
		l2_attr(ret, stat_files[i].name, value);
	}
	l2_attr(ret, "objects", counts.objects);
	l2_attr(ret, "objects_partial", counts.objects_partial);
	l2_attr(ret, "cpu_slabs", counts.cpu_slabs);
	l2_attr(ret, "slabs_cpu_partial", counts.slabs_cpu_partial);
	slab_dma32_flag_attrs(&s->env, ret);
	l2_attr(ret, "hwcache_align", 0);
	l2_attr(ret, "reclaim_account", 0);
	l2_attr(ret, "destroy_by_rcu", 0);
	l2_attr(ret, "sanity_checks", !!(s->debug & SLAB_CONSISTENCY_CHECKS));
	l2_attr(ret, "red_zone", !!(s->debug & SLAB_RED_ZONE));
	l2_attr(ret, "poison", !!(s->debug & SLAB_POISON));
	l2_attr(ret, "store_user", !!(s->debug & SLAB_STORE_USER));
	l2_attr(ret, "tables", stats.alive);
	l2_attr(ret, "pages_held", stats.pages);
	l2_attr(ret, "metadata_bytes", stats.metadata_bytes);
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
	.models =
		"Linux 6.1 or 4.20 mm/slub.c, or 6.1 mm/slab.c, with SLAB_CACHE_DMA32",
	.scope = L2_SHARED,
	.scope_of = slab_dma32_scope_of,
	.options = options,
	.conflict = slab_dma32_conflict,
	.create = slab_dma32_create,
	.destroy = slab_dma32_destroy,
	.alloc = slab_dma32_alloc,
	.free = slab_dma32_free,
	.usage = slab_dma32_usage,
	.attrs = slab_dma32_attrs,
	.check = slab_dma32_check,
};
