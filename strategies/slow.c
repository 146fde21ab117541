// SPDX-License-Identifier: GPL-2.0-only
/*
 * The slow decorator: plants a known delay, or bytes that are not there, so
 * that one sees whether measuring finds them.
 *
 * Models nothing. A call adds to a debt, which is worked off in pieces, since
 * a loop of a few turns costs more by its last branch, foreseen wrongly, than
 * by its turns. The loop waits for the table of the call before, and the call
 * of inner for the loop, or a CPU would do all at once and lose no time.
 * Cost: with nothing owed a call, four loads, two stores and a branch never
 * taken. Invariant: what is owed after a call is less than a piece.
 * Concurrency: one thread.
 */
#include <errno.h>
#include <stdlib.h>

#include "l2_decorators.h"
#include "l2_internal.h"

#define PIECE 32 /* units worked off at once */

struct slow {
	struct l2_decorator d;
	const struct l2_slow_config *cfg;
	uint64_t debt;
	uint64_t worked; /* units so far */
	uint64_t x;	 /* what the next piece waits for */
	uintptr_t none;	 /* 0, which the compiler does not know */
};

uint64_t l2_slow_work(uint64_t x, uint64_t nr)
{
	while (nr--)
		x = x * 6364136223846793005u + 1442695040888963407u;
	return x;
}

static __attribute__((noinline)) struct l2_strategy *slow_pay(struct slow *s)
{
	uint64_t x = s->x;

	do {
		s->debt -= (uint64_t)PIECE * L2_SLOW_UNIT;
		s->worked += PIECE;
		x = l2_slow_work(x, PIECE);
	} while (s->debt >= (uint64_t)PIECE * L2_SLOW_UNIT);
	return (void *)((uintptr_t)s->d.inner + (x & s->none));
}

static inline struct l2_strategy *slow_inner(struct slow *s)
{
	s->debt += s->cfg->delay;
	if (s->debt >= (uint64_t)PIECE * L2_SLOW_UNIT)
		return slow_pay(s);
	return s->d.inner;
}

static int slow_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
		      struct l2_table *ret)
{
	struct slow *s = container_of(l2, struct slow, d.base);
	struct l2_strategy *inner = slow_inner(s);
	int err = inner->ops->alloc(inner, cpu, gfp, ret);

	if (!err)
		s->x = ret->paddr;
	return err;
}

static void slow_free(struct l2_strategy *l2, unsigned cpu,
		      const struct l2_table *table)
{
	struct slow *s = container_of(l2, struct slow, d.base);

	s->x = table->paddr;
	l2_free(slow_inner(s), cpu, table);
}

static void slow_usage(const struct l2_strategy *l2, struct l2_usage *ret)
{
	const struct slow *s = container_of(l2, const struct slow, d.base);

	l2_forward_usage(l2, ret);
	ret->metadata_bytes += ret->nr_tables * s->cfg->table_bytes;
}

static void slow_attrs(const struct l2_strategy *l2, struct l2_attrs *ret)
{
	const struct slow *s = container_of(l2, const struct slow, d.base);

	l2_forward_attrs(l2, ret);
	l2_attr(ret, "slow_units", s->worked);
}

static const struct l2_strategy_ops slow_ops = {
	.name = "slow",
	.summary = "as slow, or as large, as it is told",
	.destroy = l2_forward_destroy,
	.alloc = slow_alloc,
	.free = slow_free,
	.usage = slow_usage,
	.attrs = slow_attrs,
	.check = l2_forward_check,
};

int l2_slow_create(struct l2_strategy *inner, const struct l2_slow_config *cfg,
		   struct l2_strategy **ret)
{
	struct slow *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	l2_decorator_init(&s->d, &slow_ops, inner);
	s->cfg = cfg;
	*ret = &s->d.base;
	return 0;
}
