// SPDX-License-Identifier: GPL-2.0-only
/*
 * gen_pool: which unit comes next, in one chunk and over several; runs of
 * units; a long random sequence with each algorithm against a model that scans
 * an array. Several threads: test_gen_pool_threads.c.
 */
#include "mm_fixture.h"

#include "gen_pool_fixture.h"

static void test_gen_pool__limits(void **state)
{
	struct gen_pool *pool = NULL;
	struct gen_pool_stats stats;

	(void)state;
	assert_int_equal(gen_pool_create(5, &pool), -EINVAL);
	assert_int_equal(gen_pool_create(21, &pool), -EINVAL);
	assert_null(pool);
	pool = open_pool(100);
	assert_int_equal(gen_pool_add(pool, memory, 0), -EINVAL);
	assert_int_equal(gen_pool_add(pool, memory, UNIT - 1), -EINVAL);
	assert_int_equal(gen_pool_add(pool, memory, UNIT + 1), -EINVAL);
	gen_pool_stats(pool, &stats);
	assert_int_equal(stats.nr_chunks, 1);
	assert_int_equal(stats.bytes, 100 * UNIT);
	assert_int_equal(stats.nr_bits, 100);
	assert_null(gen_pool_alloc(pool, 0));
	assert_null(gen_pool_alloc(pool, 100 * UNIT + 1));
	assert_null(gen_pool_alloc(pool, SIZE_MAX / 2));
	assert_sound(pool, 100);
	gen_pool_destroy(pool);
	gen_pool_destroy(NULL);
}

/* There is no rotor: the lowest hole is always next. */
static void test_gen_pool__first_fit(void **state)
{
	static const unsigned hole[] = { 63, 64, 0, 99, 7, 1, 65 };
	struct gen_pool *pool = open_pool(100);
	unsigned i, nr_holes = 0;
	char *p;

	(void)state;
	for (i = 0; i < 100; i++)
		assert_ptr_equal(gen_pool_alloc(pool, UNIT), memory + i * UNIT);
	assert_null(gen_pool_alloc(pool, UNIT));
	assert_null(gen_pool_alloc(pool, 1));
	assert_sound(pool, 0);
	for (i = 0; i < ARRAY_SIZE(hole); i++)
		gen_pool_free(pool, memory + hole[i] * UNIT, UNIT);
	assert_sound(pool, ARRAY_SIZE(hole));
	for (i = 0; (p = gen_pool_alloc(pool, UNIT)); nr_holes++) {
		unsigned bit = (unsigned)((p - memory) / UNIT);

		assert_true(!nr_holes || bit > i);
		i = bit;
	}
	assert_int_equal(nr_holes, ARRAY_SIZE(hole));
	gen_pool_destroy(pool);
}

/* Holes of 1, 2, 3 and 5 units, one of them across a word of the bitmap. */
static void test_gen_pool__runs(void **state)
{
	static const struct {
		unsigned start, nr;
	} hole[] = { { 10, 1 }, { 20, 2 }, { 62, 3 }, { 90, 5 } };
	static const struct {
		size_t size;
		unsigned start;
	} want[] = {
		{ 3 * UNIT, 62 }, { 2 * UNIT + 1, 90 }, { UNIT + 1, 20 },
		{ 1, 10 },	  { 2 * UNIT, 93 },
	};
	struct gen_pool *pool = open_pool(128);
	size_t i;

	(void)state;
	assert_ptr_equal(gen_pool_alloc(pool, 128 * UNIT), memory);
	for (i = 0; i < ARRAY_SIZE(hole); i++)
		gen_pool_free(pool, memory + hole[i].start * UNIT,
			      hole[i].nr * UNIT);
	assert_sound(pool, 11);
	assert_null(gen_pool_alloc(pool, 6 * UNIT));
	for (i = 0; i < ARRAY_SIZE(want); i++)
		assert_ptr_equal(gen_pool_alloc(pool, want[i].size),
				 memory + want[i].start * UNIT);
	assert_sound(pool, 0);
	gen_pool_free(pool, memory, 128 * UNIT);
	assert_sound(pool, 128);
	gen_pool_destroy(pool);
}

static void test_gen_pool__newest_chunk_first(void **state)
{
	struct gen_pool *pool = open_pool(4);
	char *second = memory + 100 * UNIT, *third = memory + 50 * UNIT;
	unsigned i;

	(void)state;
	assert_int_equal(gen_pool_add(pool, second, 4 * UNIT), 0);
	assert_int_equal(gen_pool_add(pool, third, 4 * UNIT), 0);
	assert_ptr_equal(gen_pool_chunk(pool, 0), third);
	assert_ptr_equal(gen_pool_chunk(pool, 1), second);
	assert_ptr_equal(gen_pool_chunk(pool, 2), memory);
	assert_null(gen_pool_chunk(pool, 3));
	for (i = 0; i < 3; i++)
		assert_ptr_equal(gen_pool_alloc(pool, UNIT), third + i * UNIT);
	/* The newest has one unit left. */
	assert_ptr_equal(gen_pool_alloc(pool, 2 * UNIT), second);
	assert_ptr_equal(gen_pool_alloc(pool, UNIT), third + 3 * UNIT);
	assert_ptr_equal(gen_pool_alloc(pool, UNIT), second + 2 * UNIT);
	assert_ptr_equal(gen_pool_alloc(pool, 4 * UNIT), memory);
	assert_sound(pool, 1);
	gen_pool_free(pool, memory + UNIT, UNIT);
	gen_pool_free(pool, third, UNIT);
	assert_ptr_equal(gen_pool_alloc(pool, UNIT), third);
	assert_sound(pool, 2);
	gen_pool_destroy(pool);
}

/* A descriptor and its bitmap take whole pages, as from vzalloc(). */
static void test_gen_pool__metadata(void **state)
{
	static const struct {
		unsigned nr_units, nr_pages;
	} want[] = { { 1, 1 }, { 4096, 1 }, { 16384, 1 }, { 32768, 2 } };
	char *far = (char *)(uintptr_t)0x100000000;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		struct gen_pool_stats before, after;
		struct gen_pool *pool;

		assert_int_equal(gen_pool_create(UNIT_ORDER, &pool), 0);
		gen_pool_stats(pool, &before);
		assert_true(before.metadata_bytes > 0);
		for (unsigned n = 1; n <= 2; n++) {
			assert_int_equal(gen_pool_add(pool, far + n * SZ_4G,
						      want[i].nr_units * UNIT),
					 0);
			gen_pool_stats(pool, &after);
			assert_int_equal(after.metadata_bytes,
					 before.metadata_bytes +
						 n * want[i].nr_pages *
							 PAGE_SIZE);
		}
		gen_pool_destroy(pool);
	}
}

/* A hole of four and, further up, one of two, one of one and one of two. */
static void test_gen_pool__algorithms(void **state)
{
	static const struct {
		genpool_algo_t algo;
		unsigned start[4]; /* of 1, 2, 3 and again 2 units */
	} want[] = {
		{ gen_pool_first_fit, { 9, 10, 0, 20 } },
		{ gen_pool_first_fit_order_align, { 9, 10, 0, 20 } },
		{ gen_pool_best_fit, { 30, 20, 9, 41 } },
		{ NULL, { 9, 10, 0, 20 } },
	};
	static const unsigned size[] = { 1, 2, 3, 2 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		struct gen_pool *pool = open_pool(100);
		size_t k;

		assert_non_null(gen_pool_alloc(pool, 100 * UNIT));
		gen_pool_free(pool, memory + 9 * UNIT, 4 * UNIT);
		gen_pool_free(pool, memory + 20 * UNIT, 2 * UNIT);
		gen_pool_free(pool, memory + 30 * UNIT, UNIT);
		gen_pool_free(pool, memory + 41 * UNIT, 2 * UNIT);
		gen_pool_set_algo(pool, want[i].algo);
		for (k = 0; k < ARRAY_SIZE(size); k++) {
			unsigned start = want[i].start[k];

			assert_ptr_equal(gen_pool_alloc(pool, size[k] * UNIT),
					 start ? memory + start * UNIT : NULL);
		}
		gen_pool_destroy(pool);
	}
}

static void test_gen_pool__order_align(void **state)
{
	struct gen_pool *pool = open_pool(200);

	(void)state;
	gen_pool_set_algo(pool, gen_pool_first_fit_order_align);
	assert_ptr_equal(gen_pool_alloc(pool, UNIT), memory);
	assert_ptr_equal(gen_pool_alloc(pool, 3 * UNIT), memory + 4 * UNIT);
	assert_ptr_equal(gen_pool_alloc(pool, 2 * UNIT), memory + 2 * UNIT);
	assert_ptr_equal(gen_pool_alloc(pool, 65 * UNIT), memory + 128 * UNIT);
	assert_ptr_equal(gen_pool_alloc(pool, UNIT), memory + 1 * UNIT);
	assert_ptr_equal(gen_pool_alloc(pool, 4 * UNIT), memory + 8 * UNIT);
	assert_null(gen_pool_alloc(pool, 65 * UNIT));
	assert_null(gen_pool_alloc(pool, 120 * UNIT));
	gen_pool_destroy(pool);
}

/* In a map of no multiple of 64 bits the last run ends at its end. */
static void test_gen_pool__algorithms_at_the_end(void **state)
{
	static const genpool_algo_t algos[] = {
		gen_pool_first_fit,
		gen_pool_first_fit_order_align,
		gen_pool_best_fit,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(algos); i++) {
		gen_pool_word map[2] = { ~0ull, 0 };

		assert_int_equal(algos[i](map, 70, 0, 4), 64);
		assert_int_equal(algos[i](map, 70, 0, 6), 64);
		assert_true(algos[i](map, 70, 0, 7) >= 70);
		assert_true(algos[i](map, 70, 0, 71) >= 70);
		assert_true(algos[i](map, 70, 70, 1) >= 70);
		assert_int_equal(algos[i](map, 70, 68, 2), 68);
		assert_true(algos[i](map, 70, 69, 2) >= 70);
		assert_true(algos[i](map, 64, 0, 1) >= 64);
	}
}

/* The same rules over arrays: chunks in the order they are searched. */
enum { NR_CHUNKS = 3, CHUNK_UNITS = 150 };

struct model {
	enum fit fit;
	bool used[NR_CHUNKS][CHUNK_UNITS];
};

static unsigned free_run(const bool *used, unsigned bit)
{
	unsigned nr = 0;

	while (bit + nr < CHUNK_UNITS && !used[bit + nr])
		nr++;
	return nr;
}

static unsigned model_find(const struct model *m, const bool *used, unsigned nr)
{
	unsigned best = CHUNK_UNITS, best_run = ~0u, bit, step = 1;

	while (m->fit == ORDER_ALIGN && step < nr)
		step *= 2;
	for (bit = 0; bit < CHUNK_UNITS; bit += step) {
		unsigned run = free_run(used, bit);

		if (run >= nr && run < best_run) {
			best = bit;
			best_run = m->fit == BEST_FIT ? run : 0;
		}
		/* What is left of this run is no run of its own. */
		if (m->fit == BEST_FIT)
			bit += run;
	}
	return best;
}

static char *model_alloc(struct model *m, unsigned nr)
{
	for (unsigned c = 0; c < NR_CHUNKS; c++) {
		unsigned bit = model_find(m, m->used[c], nr);

		if (bit == CHUNK_UNITS)
			continue;
		memset(&m->used[c][bit], true, nr);
		c = NR_CHUNKS - 1 - c; /* oldest at the bottom */
		return memory + (c * CHUNK_UNITS + bit) * UNIT;
	}
	return NULL;
}

static void model_free(struct model *m, const char *p, unsigned nr)
{
	unsigned unit = (unsigned)((p - memory) / UNIT);

	memset(&m->used[NR_CHUNKS - 1 - unit / CHUNK_UNITS][unit % CHUNK_UNITS],
	       false, nr);
}

static void random_against_model(enum fit fit)
{
	enum { NR_OPS = 100000, NR_LIVE = 250 };
	struct {
		char *p;
		unsigned nr;
	} live[NR_LIVE] = { { 0 } };
	struct gen_pool *pool = open_pool(CHUNK_UNITS);
	struct model model = { .fit = fit };
	uint64_t seed = 4711, units_free = NR_CHUNKS * CHUNK_UNITS;
	unsigned i, nr_full = 0, nr_ok = 0;

	gen_pool_set_algo(pool, algo_of[fit]);
	for (i = 1; i < NR_CHUNKS; i++)
		assert_int_equal(gen_pool_add(pool,
					      memory + i * CHUNK_UNITS * UNIT,
					      CHUNK_UNITS * UNIT),
				 0);
	for (i = 0; i < NR_OPS; i++) {
		unsigned n = rng_below(&seed, NR_LIVE);
		unsigned nr = live[n].nr;

		if (live[n].p) {
			gen_pool_free(pool, live[n].p, nr * UNIT);
			model_free(&model, live[n].p, nr);
			live[n].p = NULL;
			units_free += nr;
		} else {
			live[n].nr = nr = 1 + rng_below(&seed, 6);
			live[n].p = gen_pool_alloc(pool, nr * UNIT);
			assert_ptr_equal(live[n].p, model_alloc(&model, nr));
			nr_full += !live[n].p;
			nr_ok += live[n].p != NULL;
			units_free -= live[n].p ? nr : 0;
		}
		if (i % 64 == 0)
			assert_sound(pool, units_free);
	}
	assert_true(nr_full > 300);
	assert_true(nr_ok > 30000);
	gen_pool_destroy(pool);
}

static void test_gen_pool__random(void **state)
{
	(void)state;
	for (enum fit fit = 0; fit < NR_FITS; fit++)
		random_against_model(fit);
}

static void test_gen_pool__remove(void **state)
{
	struct gen_pool *pool = open_pool(4);
	char *second = memory + 100 * UNIT, *third = memory + 200 * UNIT;

	(void)state;
	assert_int_equal(gen_pool_add(pool, second, 4 * UNIT), 0);
	assert_int_equal(gen_pool_add(pool, third, 4 * UNIT), 0);
	gen_pool_remove(pool, second);
	assert_ptr_equal(gen_pool_chunk(pool, 0), third);
	assert_ptr_equal(gen_pool_chunk(pool, 1), memory);
	assert_null(gen_pool_chunk(pool, 2));
	gen_pool_remove(pool, third);
	assert_sound(pool, 4);
	assert_ptr_equal(gen_pool_alloc(pool, 4 * UNIT), memory);
	assert_null(gen_pool_alloc(pool, UNIT));
	gen_pool_free(pool, memory, 4 * UNIT);
	gen_pool_remove(pool, memory);
	assert_sound(pool, 0);
	assert_null(gen_pool_alloc(pool, UNIT));
	gen_pool_destroy(pool);
}

struct bad_free {
	struct gen_pool *pool;
	char *p;
	size_t size;
};

static void do_bad_free(void *arg)
{
	struct bad_free *f = arg;

	gen_pool_free(f->pool, f->p, f->size);
}

static void test_gen_pool__bad_free_aborts(void **state)
{
	struct gen_pool *pool = open_pool(64);
	struct bad_free table[] = {
		{ pool, memory + 8 * UNIT, UNIT },	/* never taken */
		{ pool, memory + 3 * UNIT, UNIT },	/* freed before */
		{ pool, memory + 6 * UNIT, 4 * UNIT },	/* free at the end */
		{ pool, memory + 60 * UNIT, 8 * UNIT }, /* over the end */
		{ pool, memory + 64 * UNIT, UNIT },	/* above */
		{ pool, memory - UNIT, UNIT },		/* below */
		{ pool, memory + 4 * UNIT, UNIT },	/* right */
	};
	size_t i;

	(void)state;
	assert_non_null(gen_pool_alloc(pool, 64 * UNIT));
	gen_pool_free(pool, memory + 8 * UNIT, 40 * UNIT);
	gen_pool_free(pool, memory + 3 * UNIT, UNIT);
	for (i = 0; i < ARRAY_SIZE(table); i++)
		assert_int_equal(aborts(do_bad_free, &table[i]),
				 i + 1 < ARRAY_SIZE(table));
	assert_sound(pool, 41);
	gen_pool_destroy(pool);
}

static void do_bad_remove(void *arg)
{
	const struct bad_free *f = arg;

	gen_pool_remove(f->pool, f->p);
}

static void test_gen_pool__bad_remove_aborts(void **state)
{
	struct gen_pool *pool = open_pool(64);
	struct bad_free inside = { .pool = pool, .p = memory + UNIT };
	struct bad_free right = { .pool = pool, .p = memory };

	(void)state;
	assert_true(aborts(do_bad_remove, &inside));
	assert_false(aborts(do_bad_remove, &right));
	assert_non_null(gen_pool_alloc(pool, UNIT));
	assert_true(aborts(do_bad_remove, &right));
	gen_pool_destroy(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gen_pool__limits),
		cmocka_unit_test(test_gen_pool__first_fit),
		cmocka_unit_test(test_gen_pool__runs),
		cmocka_unit_test(test_gen_pool__newest_chunk_first),
		cmocka_unit_test(test_gen_pool__metadata),
		cmocka_unit_test(test_gen_pool__algorithms),
		cmocka_unit_test(test_gen_pool__order_align),
		cmocka_unit_test(test_gen_pool__algorithms_at_the_end),
		cmocka_unit_test(test_gen_pool__random),
		cmocka_unit_test(test_gen_pool__remove),
		cmocka_unit_test(test_gen_pool__bad_free_aborts),
		cmocka_unit_test(test_gen_pool__bad_remove_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
