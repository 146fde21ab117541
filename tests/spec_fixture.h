/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The registry with its options: what a user can type, one option at a time.
 */
#ifndef SPEC_FIXTURE_H
#define SPEC_FIXTURE_H

#include <stdio.h>
#include <string.h>

#include "l2_strategy.h"

#define SPEC_SIZE 64

/* Combinations in which options meet. */
static const char *const spec_combinations[] = {
	"genalloc:take=pieces,when=late,algo=best_fit",
	"genalloc:tables=1000,take=pieces,algo=order_align",
	"genalloc:ondemand=1,algo=best_fit",
	"page_frag:mode=v3,order=0",
	"page_frag:caches=cpu,order=1",
	"slab_dma32:impl=slab,merge=no",
};

/* Calls fn with the name of a strategy, and with every word, the lowest and
 * the highest number of each of its options; how often. */
static inline unsigned for_each_spec_of(const struct l2_strategy_ops *ops,
					void (*fn)(const char *text))
{
	const struct l2_option *opt = ops->options;
	unsigned nr = 1;
	char text[SPEC_SIZE];

	fn(ops->name);
	for (; opt && opt->key; opt++) {
		uint64_t value[] = { opt->min, opt->max };
		const char *word = opt->choices;
		bool numbers = !word || opt->max;

		for (unsigned i = 0; numbers && i < 2; i++, nr++) {
			snprintf(text, sizeof(text), "%s:%s=%llu", ops->name,
				 opt->key, (unsigned long long)value[i]);
			fn(text);
		}
		for (; word; nr++, word = strchr(word, '|')) {
			word += *word == '|';
			snprintf(text, sizeof(text), "%s:%s=%.*s", ops->name,
				 opt->key, (int)strcspn(word, "|"), word);
			fn(text);
		}
	}
	return nr;
}

/* The same for all strategies, and the combinations above. */
static inline unsigned for_each_spec(void (*fn)(const char *text))
{
	const struct l2_strategy_ops *const *ops;
	unsigned nr = 0;

	for (ops = l2_strategies; *ops; ops++)
		nr += for_each_spec_of(*ops, fn);
	for (size_t i = 0; i < ARRAY_SIZE(spec_combinations); i++, nr++)
		fn(spec_combinations[i]);
	return nr;
}

#endif /* SPEC_FIXTURE_H */
