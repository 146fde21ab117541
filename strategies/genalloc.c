// SPDX-License-Identifier: GPL-2.0-only
/*
 * genalloc: a gen_pool of 1 KiB units over memory taken when the domain is
 * made, enough for every table of a 32-bit iova space: 4096, so 4 MiB.
 *
 * Models lib/genalloc.c of Linux 6.1 (see mm/gen_pool.c) over one block of
 * order 10, the largest the page allocator has. One pool per domain. The pool
 * does not clear memory.
 * Not modelled: chunks added on demand; a pool put together from pieces.
 *
 * Cost: alloc scans the bitmap from its first word; free O(1).
 * Invariant: pages_held never changes. Concurrency: that of the pool.
 */
#include <stdlib.h>

#include "gen_pool.h"
#include "l2_internal.h"

extern const struct l2_strategy_ops l2_strategy_genalloc;

struct genalloc {
	struct l2_strategy base;
	struct l2_env env;
	struct gen_pool *pool;
	struct page *block;
	struct l2_usage usage;
};

enum { OPT_TABLES };

static const struct l2_option options[] = {
	[OPT_TABLES] = { .key = "tables",
			 .help = "tables in the pool, rounded up to a block",
			 .min = 1,
			 .max = (PAGE_SIZE << MAX_ORDER) / L2_TABLE_SIZE,
			 .def = 4096 },
	{ .key = NULL },
};

static void genalloc_destroy(struct l2_strategy *l2)
{
	struct genalloc *g;

	if (!l2)
		return;
	g = container_of(l2, struct genalloc, base);
	gen_pool_destroy(g->pool);
	if (g->block)
		physmem_free_pages(g->env.pm, 0, g->block, g->block->order);
	free(g);
}

static int genalloc_create(const struct l2_env *env, const uint64_t *value,
			   struct l2_strategy **ret)
{
	struct genalloc *g = calloc(1, sizeof(*g));
	size_t size = value[OPT_TABLES] * L2_TABLE_SIZE;
	unsigned order = get_order(size);
	struct gen_pool_stats stats;
	int err;

	if (!g)
		return -ENOMEM;
	g->base.ops = &l2_strategy_genalloc;
	g->base.link_offset = L2_LINK_OFFSET;
	g->env = *env;
	err = gen_pool_create(L2_TABLE_SHIFT, &g->pool);
	if (err)
		goto out_destroy;
	err = physmem_alloc_pages(env->pm, 0, GFP_KERNEL | env->zone_gfp, order,
				  &g->block);
	if (err)
		goto out_destroy;
	err = gen_pool_add(g->pool, physmem_page_va(env->pm, g->block),
			   (size_t)PAGE_SIZE << order);
	if (err)
		goto out_destroy;
	gen_pool_stats(g->pool, &stats);
	g->usage.pages_held = 1u << order;
	g->usage.nr_refills = 1;
	g->usage.metadata_bytes = stats.metadata_bytes;
	*ret = &g->base;
	return 0;

out_destroy:
	genalloc_destroy(&g->base);
	return err;
}

static int genalloc_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
			  struct l2_table *ret)
{
	struct genalloc *g = container_of(l2, struct genalloc, base);
	void *va = gen_pool_alloc(g->pool, L2_TABLE_SIZE);

	(void)cpu;
	(void)gfp;
	if (!va)
		return l2_fail(&g->usage, L2_FAIL_EXHAUSTED);
	l2_publish(&g->env, &g->usage, va, ret);
	return 0;
}

static void genalloc_free(struct l2_strategy *l2, unsigned cpu,
			  const struct l2_table *table)
{
	struct genalloc *g = container_of(l2, struct genalloc, base);

	(void)cpu;
	gen_pool_free(g->pool, table->va, L2_TABLE_SIZE);
	l2_retire(&g->usage, table->va);
}

static void genalloc_usage(const struct l2_strategy *l2, struct l2_usage *ret)
{
	*ret = container_of(l2, const struct genalloc, base)->usage;
}

static void genalloc_attrs(const struct l2_strategy *l2, struct l2_attrs *ret)
{
	struct l2_usage usage;

	genalloc_usage(l2, &usage);
	l2_usage_attrs(&usage, ret);
}

static int genalloc_check(const struct l2_strategy *l2, const char **ret_why)
{
	const struct genalloc *g =
		container_of(l2, const struct genalloc, base);
	struct gen_pool_stats stats;

	gen_pool_stats(g->pool, &stats);
	if (stats.bytes - stats.bytes_free !=
	    g->usage.nr_tables * L2_TABLE_SIZE) {
		*ret_why = "pool and tables handed out disagree";
		return -EUCLEAN;
	}
	return gen_pool_check(g->pool, ret_why);
}

const struct l2_strategy_ops l2_strategy_genalloc = {
	.name = "genalloc",
	.summary = "gen_pool over 4 MiB taken when the domain is made",
	.models = "Linux 6.1 lib/genalloc.c, first fit",
	.scope = L2_PER_DOMAIN,
	.options = options,
	.create = genalloc_create,
	.destroy = genalloc_destroy,
	.alloc = genalloc_alloc,
	.free = genalloc_free,
	.usage = genalloc_usage,
	.attrs = genalloc_attrs,
	.check = genalloc_check,
};
