// SPDX-License-Identifier: GPL-2.0-only
/*
 * null: a bare LIFO list over blocks of 4 MiB, the first taken at the start.
 * It measures the harness: what is left of a figure when the allocator costs
 * next to nothing. Shown beside every figure, ranked in none.
 *
 * Models no kernel code. Nothing is checked, nothing goes back before the end.
 * Cost: two loads and a store. Invariant: all tables of all blocks are either
 * handed out, on a list, or never used.
 * Concurrency: if there are threads, a list and blocks for each CPU, without a
 * lock. A table freed on another CPU than its block's goes back to that by
 * compare-exchange; the owner takes all such at once when its own list is
 * empty. Without threads there is one list, so several CPUs of one thread see
 * other addresses then.
 */
#include <stdlib.h>
#include <string.h>

#include "l2_internal.h"

extern const struct l2_strategy_ops l2_strategy_null;

struct null_list {
	char *free;	   /* freed tables, newest first */
	char *fresh, *end; /* never used part of the newest block */
	LIST_HEAD(, page) blocks;
	char pad[SMP_CACHE_BYTES];
	char *remote; /* freed by other CPUs; atomic */
	char pad_end[SMP_CACHE_BYTES];
};

struct null {
	struct l2_strategy base;
	struct l2_env env;
	struct null_list list[PHYSMEM_MAX_CPUS]; /* as the shards of counts */
	struct l2_counts counts;
};

static inline struct null_list *list_of(struct null *n, unsigned cpu)
{
	return &n->list[cpu & n->counts.mask];
}

static inline char *link_of(const char *va)
{
	char *next;

	memcpy(&next, va + L2_LINK_OFFSET, sizeof(next));
	return next;
}

static void null_destroy(struct l2_strategy *l2)
{
	struct page *block;
	struct null *n;
	unsigned i;

	if (!l2)
		return;
	n = container_of(l2, struct null, base);
	for (i = 0; i <= n->counts.mask; i++)
		while ((block = LIST_FIRST(&n->list[i].blocks))) {
			LIST_REMOVE(block, chunk_list);
			physmem_free_pages(n->env.pm, 0, block, MAX_ORDER);
		}
	free(n);
}

static int null_grow(struct null *n, unsigned cpu)
{
	struct l2_usage *usage = l2_shard(&n->counts, cpu);
	struct null_list *list = list_of(n, cpu);
	struct page *block;
	int err = physmem_alloc_pages(n->env.pm, cpu,
				      GFP_KERNEL | n->env.zone_gfp, MAX_ORDER,
				      &block);

	if (err)
		return err;
	block->refcount = (int32_t)(cpu & n->counts.mask);
	LIST_INSERT_HEAD(&list->blocks, block, chunk_list);
	list->fresh = physmem_page_va(n->env.pm, block);
	list->end = list->fresh + ((size_t)PAGE_SIZE << MAX_ORDER);
	usage->pages_held += 1u << MAX_ORDER;
	usage->nr_refills++;
	return 0;
}

static int null_create(const struct l2_env *env, const uint64_t *value,
		       struct l2_strategy **ret)
{
	struct null *n = calloc(1, sizeof(*n));
	int err;

	(void)value;
	if (!n)
		return -ENOMEM;
	n->base.ops = &l2_strategy_null;
	n->base.link_offset = L2_LINK_OFFSET;
	n->env = *env;
	l2_counts_init(&n->counts, env);
	err = null_grow(n, 0);
	if (err) {
		free(n);
		return err;
	}
	*ret = &n->base;
	return 0;
}

/* Nothing was freed here: what others freed, or a new table. Last call of its
 * caller, which so has no frame. */
static __attribute__((noinline)) int
null_alloc_slow(struct null *n, unsigned cpu, struct l2_table *ret)
{
	struct l2_usage *usage = l2_shard(&n->counts, cpu);
	struct null_list *list = list_of(n, cpu);
	char *va = NULL;

	if (n->env.threads)
		va = __atomic_exchange_n(&list->remote, NULL, __ATOMIC_ACQUIRE);
	if (va) {
		list->free = link_of(va);
	} else {
		if (list->fresh == list->end && null_grow(n, cpu))
			return l2_fail(usage, L2_FAIL_NOMEM);
		va = list->fresh;
		list->fresh += L2_TABLE_SIZE;
	}
	l2_publish(&n->env, usage, va, ret);
	return 0;
}

static inline int null_take(struct null *n, struct null_list *list,
			    struct l2_usage *usage, unsigned cpu,
			    struct l2_table *ret)
{
	char *va = list->free;

	if (!va)
		return null_alloc_slow(n, cpu, ret);
	list->free = link_of(va);
	l2_publish(&n->env, usage, va, ret);
	return 0;
}

static __attribute__((noinline)) int
null_alloc_threads(struct null *n, unsigned cpu, struct l2_table *ret)
{
	return null_take(n, list_of(n, cpu), l2_shard(&n->counts, cpu), cpu,
			 ret);
}

static int null_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
		      struct l2_table *ret)
{
	struct null *n = container_of(l2, struct null, base);

	(void)gfp;
	if (n->env.threads)
		return null_alloc_threads(n, cpu, ret);
	return null_take(n, &n->list[0], l2_shard(&n->counts, 0), cpu, ret);
}

static inline void null_give(struct null_list *list, struct l2_usage *usage,
			     char *va)
{
	l2_retire(usage, va);
	memcpy(va + L2_LINK_OFFSET, &list->free, sizeof(list->free));
	list->free = va;
}

static __attribute__((noinline)) void null_free_threads(struct null *n,
							unsigned cpu, char *va)
{
	struct null_list *home =
		&n->list[physmem_head(n->env.pm, va)->refcount];
	struct l2_usage *usage = l2_shard(&n->counts, cpu);
	char *first;

	if (home == list_of(n, cpu)) {
		null_give(home, usage, va);
		return;
	}
	l2_retire(usage, va);
	first = __atomic_load_n(&home->remote, __ATOMIC_RELAXED);
	do
		memcpy(va + L2_LINK_OFFSET, &first, sizeof(first));
	while (!__atomic_compare_exchange_n(&home->remote, &first, va, true,
					    __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED));
}

static void null_free(struct l2_strategy *l2, unsigned cpu,
		      const struct l2_table *table)
{
	struct null *n = container_of(l2, struct null, base);

	if (n->env.threads)
		null_free_threads(n, cpu, table->va);
	else
		null_give(&n->list[0], l2_shard(&n->counts, 0), table->va);
}

static void null_usage(const struct l2_strategy *l2, struct l2_usage *ret)
{
	l2_counts_sum(&container_of(l2, const struct null, base)->counts, ret);
}

static void null_attrs(const struct l2_strategy *l2, struct l2_attrs *ret)
{
	struct l2_usage usage;

	null_usage(l2, &usage);
	l2_usage_attrs(&usage, ret);
}

static int null_check(const struct l2_strategy *l2, const char **ret_why)
{
	const struct null *n = container_of(l2, const struct null, base);
	uint64_t nr_free = 0, nr;
	struct l2_usage usage;
	unsigned i;

	null_usage(l2, &usage);
	nr = usage.pages_held * L2_TABLES_PER_PAGE;
	for (i = 0; i <= n->counts.mask; i++) {
		const struct null_list *list = &n->list[i];
		const char *va;

		nr_free += (uint64_t)(list->end - list->fresh) / L2_TABLE_SIZE;
		for (va = list->free; va && nr_free <= nr; nr_free++)
			va = link_of(va);
		for (va = list->remote; va && nr_free <= nr; nr_free++)
			va = link_of(va);
	}
	*ret_why = "free lists and tables handed out disagree";
	return nr_free + usage.nr_tables == nr ? 0 : -EUCLEAN;
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
