/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the tables of a pass lie: which pageblocks they keep from being given
 * to others whole, and which pages they pin.
 */
#ifndef SURVEY_H
#define SURVEY_H

#include "l2_strategy.h"

/* Zeroed is a survey of nothing. */
struct survey {
	const struct physmem *pm;
	phys_addr_t start;
	uint64_t nr_blocks;  /* pageblocks of the arena */
	uint16_t *tables_in; /* by pageblock */
	uint64_t *is_table;  /* bit for each KiB of the arena */
	uint64_t polluted;   /* pageblocks that hold a table */
	uint64_t polluted_peak;
};

/* Wraps inner, taking it over, as a decorator that keeps the survey; all
 * instances of a system share one. 0 or -ENOMEM. */
int survey_wrap(struct survey *s, struct l2_strategy *inner,
		const struct l2_env *env, struct l2_strategy **ret);

/**
 * survey_busy_pages() - pages in blocks that are at least a quarter full
 *
 * A block is what the strategy took at once: a slab, a chunk, a page. What it
 * holds beyond these is pinned. Cost: a look at each KiB of RAM.
 */
uint64_t survey_busy_pages(const struct survey *s);

void survey_fini(struct survey *s);

#endif /* SURVEY_H */
