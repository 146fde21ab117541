/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A strategy that hands out whatever it is told to: for tests of those that
 * watch strategies.
 */
#ifndef LIAR_FIXTURE_H
#define LIAR_FIXTURE_H

#include "l2_decorators.h"

struct liar {
	struct l2_strategy base;
	struct l2_table next; /* handed out each time, */
	int err;	      /* or this returned */
	uint64_t nr_tables;   /* claimed to be alive */
	uint64_t nr_freed;
};

static inline int liar_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
			     struct l2_table *ret)
{
	struct liar *liar = container_of(l2, struct liar, base);

	(void)cpu;
	(void)gfp;
	if (!liar->err)
		*ret = liar->next;
	return liar->err;
}

static inline void liar_free(struct l2_strategy *l2, unsigned cpu,
			     const struct l2_table *table)
{
	(void)cpu;
	(void)table;
	container_of(l2, struct liar, base)->nr_freed++;
}

static inline void liar_usage(const struct l2_strategy *l2,
			      struct l2_usage *ret)
{
	*ret = (struct l2_usage){
		.nr_tables =
			container_of(l2, const struct liar, base)->nr_tables,
	};
}

static inline void liar_attrs(const struct l2_strategy *l2,
			      struct l2_attrs *ret)
{
	struct l2_usage usage;

	liar_usage(l2, &usage);
	ret->row[ret->nr].name = "tables";
	ret->row[ret->nr++].value = usage.nr_tables;
}

static inline int liar_check(const struct l2_strategy *l2, const char **ret_why)
{
	(void)l2;
	(void)ret_why;
	return 0;
}

static inline void liar_destroy(struct l2_strategy *l2)
{
	(void)l2;
}

static const struct l2_strategy_ops liar_ops = {
	.name = "liar",
	.destroy = liar_destroy,
	.alloc = liar_alloc,
	.free = liar_free,
	.usage = liar_usage,
	.attrs = liar_attrs,
	.check = liar_check,
};

#endif /* LIAR_FIXTURE_H */
