// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guard decorator: what can be watched on every call for little more than
 * the price of a call. One byte for each KiB of the arena says whether a table
 * is out there; a bit would do, and cost a third more time.
 *
 * Finds tables handed out misaligned, outside the arena, above the limit or
 * while alive, and frees of what is not out. Unlike the check decorator it
 * looks at no byte of any table, calls a free of memory that no table ever was
 * in a double one, and takes holes between ranges of RAM for RAM.
 *
 * Cost: a call, two comparisons and a byte, each way. Memory: a byte for each
 * KiB of the arena, touched where used. check() and destroying it walk them.
 * Invariant: a byte is 1 while a table is out there. Concurrency: one thread.
 */
#include <stdlib.h>

#include "l2_decorators.h"
#include "l2_internal.h"

struct guard {
	struct l2_decorator d;
	struct l2_reports *reports;
	phys_addr_t start;
	uint64_t nr_slots; /* KiB from start, up to the end or the limit */
	uint8_t *alive;	   /* 1 for a table out there, per slot */
};

/*
 * The slot of a table; one that is misaligned or below start comes out as a
 * large number, because the low bits are rotated to the top.
 */
static inline uint64_t guard_slot(const struct guard *g, phys_addr_t paddr)
{
	uint64_t offset = paddr - g->start;

	return offset >> L2_TABLE_SHIFT | offset << (64 - L2_TABLE_SHIFT);
}

static uint64_t guard_alive(const struct guard *g)
{
	uint64_t nr = 0;

	for (uint64_t i = 0; i < g->nr_slots; i++)
		nr += g->alive[i];
	return nr;
}

static void guard_destroy(struct l2_strategy *l2)
{
	struct guard *g;

	if (!l2)
		return;
	g = container_of(l2, struct guard, d.base);
	g->reports->count[L2_REPORT_LEAK] += guard_alive(g);
	l2_destroy(g->d.inner);
	free(g->alive);
	free(g);
}

static __attribute__((noinline, cold)) void guard_report(struct guard *g,
							 enum l2_report what)
{
	g->reports->count[what]++;
}

static int guard_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
		       struct l2_table *ret)
{
	struct guard *g = container_of(l2, struct guard, d.base);
	int err = g->d.inner->ops->alloc(g->d.inner, cpu, gfp, ret);
	uint64_t slot;

	if (err)
		return err;
	slot = guard_slot(g, ret->paddr);
	if (slot >= g->nr_slots) {
		guard_report(g, ret->paddr & (L2_TABLE_SIZE - 1)
					? L2_REPORT_MISALIGNED
					: L2_REPORT_OUTSIDE);
		return 0;
	}
	if (g->alive[slot])
		guard_report(g, L2_REPORT_OVERLAP);
	g->alive[slot] = 1;
	return 0;
}

static void guard_free(struct l2_strategy *l2, unsigned cpu,
		       const struct l2_table *table)
{
	struct guard *g = container_of(l2, struct guard, d.base);
	uint64_t slot = guard_slot(g, table->paddr);

	if (slot >= g->nr_slots) {
		guard_report(g, L2_REPORT_FOREIGN_FREE);
		return;
	}
	if (!g->alive[slot]) {
		guard_report(g, L2_REPORT_DOUBLE_FREE);
		return;
	}
	g->alive[slot] = 0;
	l2_free(g->d.inner, cpu, table);
}

static int guard_check(const struct l2_strategy *l2, const char **ret_why)
{
	const struct guard *g = container_of(l2, const struct guard, d.base);
	struct l2_usage usage;

	g->d.inner->ops->usage(g->d.inner, &usage);
	*ret_why = "strategy and its users disagree on the tables alive";
	if (usage.nr_tables != guard_alive(g))
		return -EUCLEAN;
	return g->d.inner->ops->check(g->d.inner, ret_why);
}

static const struct l2_strategy_ops guard_ops = {
	.name = "guard",
	.summary = "watches alignment, zone and double frees",
	.destroy = guard_destroy,
	.alloc = guard_alloc,
	.free = guard_free,
	.usage = l2_forward_usage,
	.attrs = l2_forward_attrs,
	.check = guard_check,
};

int l2_guard_create(struct l2_strategy *inner, const struct l2_env *env,
		    struct l2_reports *reports, struct l2_strategy **ret)
{
	const struct machine_profile *mp = physmem_profile(env->pm);
	phys_addr_t end = mp->range[mp->nr_ranges - 1].end;
	struct guard *g = calloc(1, sizeof(*g));

	if (!g)
		return -ENOMEM;
	g->start = mp->range[0].start;
	if ((env->zone_gfp & GFP_DMA32) && end > SZ_4G)
		end = SZ_4G;
	/* No slot at all where RAM starts above the limit. */
	g->nr_slots = end > g->start ? (end - g->start) >> L2_TABLE_SHIFT : 0;
	g->alive = calloc(g->nr_slots + 1, sizeof(g->alive[0]));
	if (!g->alive) {
		free(g);
		return -ENOMEM;
	}
	l2_decorator_init(&g->d, &guard_ops, inner);
	g->reports = reports;
	*ret = &g->d.base;
	return 0;
}
