// SPDX-License-Identifier: GPL-2.0-only
/*
 * gen_pool under several threads: in an order that is forced, and by chance
 * with each algorithm.
 */
#include "gen_pool_fixture.h"
#include "threads_fixture.h"

/*
 * Another thread's call in the middle of ours, deterministically: an algorithm
 * that, when it has found its bits, lets the other take the unit thief before
 * ours are set.
 */
static struct {
	struct gen_pool *pool;
	size_t thief;
	unsigned nr_calls;
} forced;

static size_t only_thief(const gen_pool_word *map, size_t size, size_t start,
			 size_t nr)
{
	(void)map;
	(void)start;
	(void)nr;
	return forced.thief < size ? forced.thief : size;
}

static size_t overtaken(const gen_pool_word *map, size_t size, size_t start,
			size_t nr)
{
	size_t bit = gen_pool_first_fit(map, size, start, nr);

	if (forced.nr_calls++)
		return bit;
	gen_pool_set_algo(forced.pool, only_thief);
	assert_ptr_equal(gen_pool_alloc(forced.pool, UNIT),
			 memory + forced.thief * UNIT);
	gen_pool_set_algo(forced.pool, overtaken);
	return bit;
}

/* What was set before the conflict is undone, and the next run is taken. */
static void test_gen_pool_threads__undoes_on_conflict(void **state)
{
	static const size_t thieves[] = { 0, 63, 64, 100, 127, 128, 150, 199 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(thieves); i++) {
		struct gen_pool *pool = open_pool(500);

		forced.pool = pool;
		forced.thief = thieves[i];
		forced.nr_calls = 0;
		gen_pool_set_algo(pool, overtaken);
		assert_ptr_equal(gen_pool_alloc(pool, 200 * UNIT),
				 memory + (thieves[i] + 1) * UNIT);
		assert_int_equal(forced.nr_calls, 2);
		assert_sound(pool, 500 - 201);
		gen_pool_free(pool, memory + (thieves[i] + 1) * UNIT,
			      200 * UNIT);
		gen_pool_free(pool, memory + thieves[i] * UNIT, UNIT);
		assert_sound(pool, 500);
		gen_pool_destroy(pool);
	}
}

/* Threads in one pool: each unit has one owner at most, and none is lost. */
enum { THREAD_UNITS = 200, NR_HELD = 24, NR_ROUNDS = SCALED(30000) };

struct crowd {
	struct gen_pool *pool;
	/* Relaxed, and beside it a plain word for each unit: what makes those
	 * safe can only be the pool. */
	atomic_uint owner[2 * THREAD_UNITS];
	unsigned word[2 * THREAD_UNITS];
	atomic_uint nr_taken, nr_refused;
};

static void claim(struct member *m, const char *p, unsigned nr, unsigned from,
		  unsigned to)
{
	struct crowd *c = m->crew->job;
	size_t unit = (size_t)(p - memory) / UNIT;

	for (; nr; nr--, unit++) {
		want(m, atomic_exchange_explicit(&c->owner[unit], to,
						 memory_order_relaxed) == from);
		want(m, c->word[unit] == from);
		c->word[unit] = to;
	}
}

static void count(atomic_uint *nr)
{
	atomic_fetch_add_explicit(nr, 1, memory_order_relaxed);
}

static void crowd_run(struct member *m)
{
	struct crowd *c = m->crew->job;
	struct {
		char *p;
		unsigned nr;
	} held[NR_HELD];

	memset(held, 0, sizeof(held));
	for (unsigned i = 0; i < NR_ROUNDS + NR_HELD; i++, step(m)) {
		unsigned n = i < NR_ROUNDS ? rng_below(&m->seed, NR_HELD)
					   : i - NR_ROUNDS;
		unsigned nr = rng_below(&m->seed, 8) ? 1 : 1 + n * 5;

		/* The second chunk comes while others search the first. */
		if (!m->id && i == NR_ROUNDS / 3)
			want(m, !gen_pool_add(c->pool,
					      memory + THREAD_UNITS * UNIT,
					      THREAD_UNITS * UNIT));
		if (held[n].p) {
			claim(m, held[n].p, held[n].nr, m->id + 1, 0);
			gen_pool_free(c->pool, held[n].p, held[n].nr * UNIT);
			held[n].p = NULL;
		} else if (i < NR_ROUNDS) {
			held[n].p = gen_pool_alloc(c->pool, nr * UNIT);
			held[n].nr = nr;
			if (held[n].p)
				claim(m, held[n].p, nr, 0, m->id + 1);
			count(held[n].p ? &c->nr_taken : &c->nr_refused);
		}
	}
}

static void by_chance(enum fit fit, unsigned size)
{
	struct crowd c = { .pool = open_pool(THREAD_UNITS) };
	struct crew crew = { .size = size, .run = crowd_run, .job = &c };

	gen_pool_set_algo(c.pool, algo_of[fit]);
	crew_run(&crew);
	assert_true(atomic_load(&c.nr_taken) > NR_ROUNDS / 4);
	assert_true(atomic_load(&c.nr_refused) > 0);
	assert_sound(c.pool, 2 * THREAD_UNITS);
	assert_non_null(gen_pool_alloc(c.pool, THREAD_UNITS * UNIT));
	assert_non_null(gen_pool_alloc(c.pool, THREAD_UNITS * UNIT));
	gen_pool_destroy(c.pool);
}

static void test_gen_pool_threads__by_chance(void **state)
{
	(void)state;
	for (enum fit fit = 0; fit < NR_FITS; fit++)
		for (size_t i = 0; i < ARRAY_SIZE(crew_sizes); i++)
			by_chance(fit, crew_sizes[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gen_pool_threads__undoes_on_conflict),
		cmocka_unit_test(test_gen_pool_threads__by_chance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
