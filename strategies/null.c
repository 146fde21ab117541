// SPDX-License-Identifier: GPL-2.0-only
/*
 * null: a bare LIFO list over blocks of 4 MiB, the first taken at the start.
 * It measures the harness: what is left of a figure when the allocator costs
 * next to nothing. Shown beside every figure, ranked in none.
 *
 * Models no kernel code. Nothing is checked, nothing goes back before the end.
 * Cost: two loads and a store. Invariant: none. Concurrency: none.
 */
#include <stdlib.h>
#include <string.h>

#include "l2_internal.h"

extern const struct l2_strategy_ops l2_strategy_null;

struct null_list {
	struct l2_strategy base;
	struct l2_env env;
	char *free;	   /* freed tables, newest first */
	char *fresh, *end; /* never used part of the newest block */
	LIST_HEAD(, page) blocks;
	struct l2_usage usage;
};

static void null_destroy(struct l2_strategy *l2)
{
	struct null_list *n;
	struct page *block;

	if (!l2)
		return;
	n = container_of(l2, struct null_list, base);
	while ((block = LIST_FIRST(&n->blocks))) {
		LIST_REMOVE(block, chunk_list);
		physmem_free_pages(n->env.pm, 0, block, MAX_ORDER);
	}
	free(n);
}

static int null_grow(struct null_list *n, unsigned cpu)
{
	struct page *block;
	int err = physmem_alloc_pages(n->env.pm, cpu,
				      GFP_KERNEL | n->env.zone_gfp, MAX_ORDER,
				      &block);

	if (err)
		return err;
	LIST_INSERT_HEAD(&n->blocks, block, chunk_list);
	n->fresh = physmem_page_va(n->env.pm, block);
	n->end = n->fresh + ((size_t)PAGE_SIZE << MAX_ORDER);
	n->usage.pages_held += 1u << MAX_ORDER;
	n->usage.nr_refills++;
	return 0;
}

static int null_create(const struct l2_env *env, const uint64_t *value,
		       struct l2_strategy **ret)
{
	struct null_list *n = calloc(1, sizeof(*n));
	int err;

	(void)value;
	if (!n)
		return -ENOMEM;
	n->base.ops = &l2_strategy_null;
	n->base.link_offset = L2_LINK_OFFSET;
	n->env = *env;
	err = null_grow(n, 0);
	if (err) {
		free(n);
		return err;
	}
	*ret = &n->base;
	return 0;
}

/* Nothing was freed: a new table. Last call of its caller, which so has no
 * frame. */
static __attribute__((noinline)) int
null_alloc_fresh(struct null_list *n, unsigned cpu, struct l2_table *ret)
{
	char *va;

	if (n->fresh == n->end && null_grow(n, cpu))
		return l2_fail(&n->usage, L2_FAIL_NOMEM);
	va = n->fresh;
	n->fresh += L2_TABLE_SIZE;
	l2_publish(&n->env, &n->usage, va, ret);
	return 0;
}

static int null_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
		      struct l2_table *ret)
{
	struct null_list *n = container_of(l2, struct null_list, base);
	char *va = n->free;

	(void)gfp;
	if (!va)
		return null_alloc_fresh(n, cpu, ret);
	memcpy(&n->free, va + L2_LINK_OFFSET, sizeof(n->free));
	l2_publish(&n->env, &n->usage, va, ret);
	return 0;
}

static void null_free(struct l2_strategy *l2, unsigned cpu,
		      const struct l2_table *table)
{
	struct null_list *n = container_of(l2, struct null_list, base);

	(void)cpu;
	memcpy((char *)table->va + L2_LINK_OFFSET, &n->free, sizeof(n->free));
	n->free = table->va;
	l2_retire(&n->usage, table->va);
}

static void null_usage(const struct l2_strategy *l2, struct l2_usage *ret)
{
	*ret = container_of(l2, const struct null_list, base)->usage;
}

static void null_attrs(const struct l2_strategy *l2, struct l2_attrs *ret)
{
	struct l2_usage usage;

	null_usage(l2, &usage);
	l2_usage_attrs(&usage, ret);
}

static int null_check(const struct l2_strategy *l2, const char **ret_why)
{
	const struct null_list *n =
		container_of(l2, const struct null_list, base);
	uint64_t nr_free = (uint64_t)(n->end - n->fresh) / L2_TABLE_SIZE;
	uint64_t nr = n->usage.pages_held * L2_TABLES_PER_PAGE;
	const char *va = n->free;

	for (; va && nr_free <= nr; nr_free++)
		memcpy(&va, va + L2_LINK_OFFSET, sizeof(va));
	*ret_why = "free list and tables handed out disagree";
	return nr_free + n->usage.nr_tables == nr ? 0 : -EUCLEAN;
}

const struct l2_strategy_ops l2_strategy_null = {
	.name = "null",
	.summary = "bare free list: what the harness itself costs",
	.models = "nothing",
	.scope = L2_SHARED,
	.baseline = true,
	.create = null_create,
	.destroy = null_destroy,
	.alloc = null_alloc,
	.free = null_free,
	.usage = null_usage,
	.attrs = null_attrs,
	.check = null_check,
};
