// SPDX-License-Identifier: GPL-2.0-only
/*
 * gen_pool under several threads: in an order that is forced, and by chance
 * with each algorithm.
 */
#include "gen_pool_fixture.h"

#include <pthread.h>
#include <sched.h>

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
enum { NR_THREADS = 4, THREAD_UNITS = 200, NR_HELD = 24, NR_ROUNDS = 30000 };

struct crowd {
	struct gen_pool *pool;
	atomic_uint owner[2 * THREAD_UNITS];
	atomic_uint nr_wrong;
	atomic_uint nr_taken, nr_refused;
	atomic_uint nr_here; /* threads at the start line */
};

struct member {
	struct crowd *crowd;
	unsigned id; /* not 0 */
	unsigned nr_rounds;
};

static void claim(struct crowd *c, const char *p, unsigned nr, unsigned from,
		  unsigned to)
{
	size_t unit = (size_t)(p - memory) / UNIT;

	for (; nr; nr--, unit++)
		if (atomic_exchange(&c->owner[unit], to) != from)
			atomic_fetch_add(&c->nr_wrong, 1);
}

static void *member_run(void *arg)
{
	const struct member *m = arg;
	struct crowd *c = m->crowd;
	struct {
		char *p;
		unsigned nr;
	} held[NR_HELD] = { { 0 } };
	uint64_t seed = m->id * 77;

	atomic_fetch_add(&c->nr_here, 1);
	while (atomic_load(&c->nr_here) < NR_THREADS)
		sched_yield();
	for (unsigned i = 0; i < m->nr_rounds + NR_HELD; i++) {
		unsigned n = i < m->nr_rounds ? rng_below(&seed, NR_HELD)
					      : i - m->nr_rounds;
		unsigned nr = rng_below(&seed, 8) ? 1 : 1 + n * 5;

		if (held[n].p) {
			claim(c, held[n].p, held[n].nr, m->id, 0);
			gen_pool_free(c->pool, held[n].p, held[n].nr * UNIT);
			held[n].p = NULL;
		} else if (i < m->nr_rounds) {
			held[n].p = gen_pool_alloc(c->pool, nr * UNIT);
			held[n].nr = nr;
			if (held[n].p)
				claim(c, held[n].p, nr, 0, m->id);
			atomic_fetch_add(
				held[n].p ? &c->nr_taken : &c->nr_refused, 1);
		}
	}
	return NULL;
}

static void crowd_run(struct crowd *c)
{
	pthread_t thread[NR_THREADS];
	struct member member[NR_THREADS];
	unsigned i;

	for (i = 0; i < NR_THREADS; i++) {
		member[i] = (struct member){ c, i + 1, NR_ROUNDS };
		if (pthread_create(&thread[i], NULL, member_run, &member[i])) {
			/* Lets those that wait for it go. */
			atomic_store(&c->nr_here, NR_THREADS);
			break;
		}
	}
	for (unsigned k = 0; k < i; k++)
		pthread_join(thread[k], NULL);
	if (i < 2) {
		print_message("no threads to be had\n");
		skip();
	}
}

static void test_gen_pool_threads__by_chance(void **state)
{
	(void)state;
	for (enum fit fit = 0; fit < NR_FITS; fit++) {
		struct crowd c = { .pool = open_pool(THREAD_UNITS) };

		assert_int_equal(gen_pool_add(c.pool,
					      memory + THREAD_UNITS * UNIT,
					      THREAD_UNITS * UNIT),
				 0);
		gen_pool_set_algo(c.pool, algo_of[fit]);
		crowd_run(&c);
		assert_int_equal(atomic_load(&c.nr_wrong), 0);
		assert_true(atomic_load(&c.nr_taken) > NR_ROUNDS / 4);
		assert_true(atomic_load(&c.nr_refused) > 0);
		assert_sound(c.pool, 2 * THREAD_UNITS);
		assert_non_null(gen_pool_alloc(c.pool, THREAD_UNITS * UNIT));
		assert_non_null(gen_pool_alloc(c.pool, THREAD_UNITS * UNIT));
		gen_pool_destroy(c.pool);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gen_pool_threads__undoes_on_conflict),
		cmocka_unit_test(test_gen_pool_threads__by_chance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
