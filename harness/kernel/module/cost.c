// SPDX-License-Identifier: GPL-2.0-only
/*
 * What calls cost, by class: number, sum, median, maximum.
 *
 * get_cycles() is the clock: cycles, or instructions in an emulator that counts
 * time by them. Interrupts wait until a call has been measured.
 *
 * The median is exact by a counter for each value below COST_EXACT; where it
 * lies above, the maximum stands for it.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "v7sbench.h"

#define COST_EXACT 16384
#define TIMER_CALLS 1000

struct cost_sum {
	u64 n, sum, max;
	u32 count[COST_EXACT];
};

struct cost {
	struct cost_sum class[NR_COST_CLASSES];
};

static const char *const class_names[] = {
	[COST_ALLOC] = "alloc", [COST_FREE] = "free",
	[COST_MAP] = "map",	[COST_MAP_TABLE] = "map_table",
	[COST_UNMAP] = "unmap", [COST_UNMAP_TABLE] = "unmap_table",
	[COST_TIMER] = "timer",
};

void cost_add(struct cost *cost, enum cost_class class,
	      const struct cost_call *call)
{
	struct cost_sum *c = &cost->class[class];
	cycles_t took = call->cycles;

	c->n++;
	c->sum += took;
	c->max = max_t(u64, c->max, took);
	if (took < COST_EXACT)
		c->count[took]++;
}

struct cost *cost_create(void)
{
	struct cost *cost = kvzalloc(sizeof(*cost), GFP_KERNEL);
	int i;

	if (!cost)
		return NULL;
	for (i = 0; i < TIMER_CALLS; i++) {
		struct cost_call call = cost_start();

		cost_stop(&call);
		cost_add(cost, COST_TIMER, &call);
	}
	return cost;
}

void cost_destroy(struct cost *cost)
{
	kvfree(cost);
}

static u64 cost_median(const struct cost_sum *c)
{
	u64 below = 0;
	u64 i;

	for (i = 0; i < COST_EXACT; i++) {
		below += c->count[i];
		if (below * 2 >= c->n)
			return c->n ? i : 0;
	}
	return c->max;
}

void cost_answer(const struct cost *cost)
{
	int i;

	for (i = 0; i < NR_COST_CLASSES; i++) {
		const struct cost_sum *c = &cost->class[i];

		answer("cost %s n=%llu sum=%llu p50=%llu max=%llu\n",
		       class_names[i], c->n, c->sum, cost_median(c), c->max);
	}
}
