// SPDX-License-Identifier: GPL-2.0-only
/*
 * What decorators have in common: a strategy inside, whose properties they
 * show as theirs and to which they pass on what they do not watch.
 *
 * Models nothing. Cost: a call. Invariant: base differs from inner's in ops
 * only, unless the decorator says so. Concurrency: one thread, but for what
 * is only passed on: inner's.
 */
#include <stdlib.h>

#include "l2_decorators.h"

static const struct l2_strategy *inner_of(const struct l2_strategy *l2)
{
	return container_of(l2, const struct l2_decorator, base)->inner;
}

void l2_decorator_init(struct l2_decorator *d,
		       const struct l2_strategy_ops *ops,
		       struct l2_strategy *inner)
{
	d->base = *inner;
	d->base.ops = ops;
	d->inner = inner;
}

void l2_forward_destroy(struct l2_strategy *l2)
{
	struct l2_decorator *d;

	if (!l2)
		return;
	d = container_of(l2, struct l2_decorator, base);
	l2_destroy(d->inner);
	free(d);
}

void l2_forward_free(struct l2_strategy *l2, unsigned cpu,
		     const struct l2_table *table)
{
	l2_free(container_of(l2, struct l2_decorator, base)->inner, cpu, table);
}

void l2_forward_usage(const struct l2_strategy *l2, struct l2_usage *ret)
{
	inner_of(l2)->ops->usage(inner_of(l2), ret);
}

void l2_forward_attrs(const struct l2_strategy *l2, struct l2_attrs *ret)
{
	inner_of(l2)->ops->attrs(inner_of(l2), ret);
}

int l2_forward_check(const struct l2_strategy *l2, const char **ret_why)
{
	return inner_of(l2)->ops->check(inner_of(l2), ret_why);
}
