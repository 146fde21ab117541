// SPDX-License-Identifier: GPL-2.0-only
/*
 * Level-2 tables between the driver and a strategy: which strategy is in use,
 * the allocation that is to fail, counts, cost.
 *
 * Cost: a few instructions and an indirect call around each call. With
 * cost=tables the clock is read right before and after the strategy's.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "v7sbench.h"

static const struct l2_ops *const strategies[] = {
	&l2_slab_dma32, &l2_genalloc, &l2_page_frag, &l2_page, &l2_pte_frag,
};

static struct {
	const struct l2_ops *chosen;
	unsigned long tables;
	u64 fail_in; /* allocations; 0: never */
	struct cost *cost;
	int err; /* of the last l2_create() that failed */
} l2;

struct v7s_counts v7s_counts;

int l2_choose(const char *name, size_t len, unsigned long tables)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(strategies); i++) {
		const char *have = strategies[i]->name;

		if (strlen(have) == len && !memcmp(have, name, len)) {
			l2.chosen = strategies[i];
			l2.tables = tables;
			return 0;
		}
	}
	return -ENOENT;
}

const char *l2_chosen(void)
{
	return l2.chosen ? l2.chosen->name : NULL;
}

void l2_inject(u64 nth)
{
	l2.fail_in = nth;
}

void l2_set_cost(struct cost *cost)
{
	l2.cost = cost;
}

struct l2_pool *l2_create(gfp_t zone)
{
	struct l2_pool *pool = l2.chosen->create(zone, l2.tables);

	if (IS_ERR(pool)) {
		l2.err = PTR_ERR(pool);
		return NULL;
	}
	pool->ops = l2.chosen;
	pool->zone = zone;
	return pool;
}

/* The driver does not pass on why it has no page table. */
int l2_error(void)
{
	int err = l2.err;

	l2.err = 0;
	return err;
}

void l2_destroy(struct l2_pool *pool)
{
	if (pool)
		pool->ops->destroy(pool);
}

void *l2_zalloc(struct l2_pool *pool, gfp_t gfp)
{
	struct cost_call call;
	void *table;

	if (unlikely(l2.fail_in) && !--l2.fail_in)
		return NULL;
	if (likely(!l2.cost)) {
		table = pool->ops->zalloc(pool, gfp);
	} else {
		call = cost_start();
		table = pool->ops->zalloc(pool, gfp);
		cost_stop(&call);
		cost_add(l2.cost, COST_ALLOC, &call);
	}
	v7s_counts.allocs += !!table;
	return table;
}

void l2_free(struct l2_pool *pool, void *table)
{
	struct cost_call call;

	/* The driver of 5.10 frees what it could not allocate. */
	if (unlikely(!table))
		return;
	v7s_counts.frees++;
	if (likely(!l2.cost)) {
		pool->ops->free(pool, table);
		return;
	}
	call = cost_start();
	pool->ops->free(pool, table);
	cost_stop(&call);
	cost_add(l2.cost, COST_FREE, &call);
}
