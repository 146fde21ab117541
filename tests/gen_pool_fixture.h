/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A pool of units of 1 KiB over addresses that nobody touches.
 */
#ifndef GEN_POOL_FIXTURE_H
#define GEN_POOL_FIXTURE_H

#include "mm_fixture.h"

#include "gen_pool.h"

#define UNIT 1024u
#define UNIT_ORDER 10

/* Only addresses: the pool never touches the memory. */
static char backing[514 * UNIT];
#define memory (backing + UNIT)

enum fit { FIRST_FIT, ORDER_ALIGN, BEST_FIT, NR_FITS };

static const genpool_algo_t algo_of[NR_FITS] = {
	gen_pool_first_fit,
	gen_pool_first_fit_order_align,
	gen_pool_best_fit,
};

static inline struct gen_pool *open_pool(unsigned nr_units)
{
	struct gen_pool *pool;

	assert_int_equal(gen_pool_create(UNIT_ORDER, &pool), 0);
	assert_int_equal(gen_pool_add(pool, memory, nr_units * UNIT), 0);
	return pool;
}

static inline void assert_sound(const struct gen_pool *pool,
				uint64_t units_free)
{
	struct gen_pool_stats stats;
	const char *why = "";

	if (gen_pool_check(pool, &why))
		fail_msg("%s", why);
	gen_pool_stats(pool, &stats);
	assert_int_equal(stats.bytes_free, units_free * UNIT);
}

#endif /* GEN_POOL_FIXTURE_H */
