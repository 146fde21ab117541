// SPDX-License-Identifier: GPL-2.0-only
/*
 * gen_pool: which unit comes next, in one chunk and over several; runs of
 * units; and a long random sequence against a model that scans an array.
 */
#include "mm_fixture.h"

#include "gen_pool.h"

#define UNIT 1024u
#define UNIT_ORDER 10

/* Only addresses: the pool never touches the memory. */
static char backing[513 * UNIT];
#define memory (backing + UNIT)

static struct gen_pool *open_pool(unsigned nr_units)
{
	struct gen_pool *pool;

	assert_int_equal(gen_pool_create(UNIT_ORDER, &pool), 0);
	assert_int_equal(gen_pool_add(pool, memory, nr_units * UNIT), 0);
	return pool;
}

static void assert_sound(const struct gen_pool *pool, uint64_t units_free)
{
	struct gen_pool_stats stats;
	const char *why = "";

	if (gen_pool_check(pool, &why))
		fail_msg("%s", why);
	gen_pool_stats(pool, &stats);
	assert_int_equal(stats.bytes_free, units_free * UNIT);
}

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
	assert_true(stats.metadata_bytes >= 2 * sizeof(uint64_t));
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

/* The same rules over arrays: chunks in the order they are searched. */
enum { NR_CHUNKS = 3, CHUNK_UNITS = 150 };

struct model {
	bool used[NR_CHUNKS][CHUNK_UNITS];
};

static char *model_alloc(struct model *m, unsigned nr)
{
	unsigned c, bit, run;

	for (c = 0; c < NR_CHUNKS; c++)
		for (bit = run = 0; bit < CHUNK_UNITS; bit++) {
			run = m->used[c][bit] ? 0 : run + 1;
			if (run < nr)
				continue;
			bit -= nr - 1;
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

static void test_gen_pool__random(void **state)
{
	enum { NR_OPS = 300000, NR_LIVE = 250 };
	static struct {
		char *p;
		unsigned nr;
	} live[NR_LIVE];
	struct gen_pool *pool = open_pool(CHUNK_UNITS);
	struct model model = { 0 };
	uint64_t seed = 4711, units_free = NR_CHUNKS * CHUNK_UNITS;
	unsigned i, nr_full = 0, nr_ok = 0;

	(void)state;
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
	assert_true(nr_full > 1000);
	assert_true(nr_ok > 100000);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gen_pool__limits),
		cmocka_unit_test(test_gen_pool__first_fit),
		cmocka_unit_test(test_gen_pool__runs),
		cmocka_unit_test(test_gen_pool__newest_chunk_first),
		cmocka_unit_test(test_gen_pool__random),
		cmocka_unit_test(test_gen_pool__bad_free_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
