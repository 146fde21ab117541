// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vectors of path=batch: each function against its scalar twin, at all
 * alignments, and two CPUs whose runs share vectors.
 */
#include <pthread.h>
#include <stdlib.h>

#include "v7s_fixture.h"
#include "v7s_pte.h"
#include "v7s_vec.h"

/* ThreadSanitizer is some 20 times slower. */
#define SHRINK (V7S_ATOMIC_ONLY ? 20u : 1u)

static uint64_t rng(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

#if V7S_HAVE_VECTORS

#define VEC_ROOM 96u
#define VEC_TRIES (200000u / SHRINK)

/* Mostly entries that match, so that runs are long. */
static void fill_random(uint32_t *entry, uint64_t *state, uint32_t usual)
{
	unsigned odd = (unsigned)(rng(state) % 4);

	for (unsigned i = 0; i < VEC_ROOM; i++)
		entry[i] = usual;
	while (odd--)
		entry[rng(state) % VEC_ROOM] = (uint32_t)rng(state) & 0x4000f;
}

static void test_v7s_vec__vector_as_scalar(void **state)
{
	static const struct v7s_match match[] = {
		{ V7S_PTE_TYPE_SINGLE, 0 },
		{ V7S_PTE_TYPE, 0 },
		{ V7S_PTE_TYPE_SINGLE, V7S_PTE_SUPER },
		{ 1u << 31, 1 },
	};
	_Alignas(16) uint32_t a[VEC_ROOM], b[VEC_ROOM];
	uint64_t seed = 1, nr_cut = 0;

	(void)state;
	for (unsigned i = 0; i < VEC_TRIES; i++) {
		const struct v7s_match *m = &match[i % ARRAY_SIZE(match)];
		unsigned from = (unsigned)(rng(&seed) % 8);
		unsigned nr = (unsigned)(rng(&seed) % (VEC_ROOM - from + 1));
		uint32_t pte = (uint32_t)rng(&seed),
			 step = (uint32_t)rng(&seed);
		unsigned found;

		fill_random(a, &seed, 0);
		found = v7s_scalar_zeros(a + from, nr);
		assert_int_equal(v7s_vector_zeros(a + from, nr), found);
		nr_cut += found < nr;
		fill_random(a, &seed, m->any);
		found = v7s_scalar_matches(a + from, nr, *m);
		assert_int_equal(v7s_vector_matches(a + from, nr, *m), found);
		nr_cut += found < nr;
		memcpy(b, a, sizeof(b));
		v7s_scalar_fill(a + from, nr, pte, i % 2 ? step : 0);
		v7s_vector_fill(b + from, nr, pte, i % 2 ? step : 0);
		assert_memory_equal(a, b, sizeof(a));
	}
	assert_true(nr_cut > VEC_TRIES / 2);
}

#else

static void test_v7s_vec__vector_as_scalar(void **state)
{
	(void)state;
	skip();
}

#endif

/*
 * Two CPUs, runs by turns in the same tables, of a length that no vector
 * divides. Neither may see less than its own, whatever the other does. Tables
 * are there before, so no strategy is asked.
 */
#define RUN_PAGES 13u
#define NR_RUNS 36u /* of both, in two tables */

#define NR_ROUNDS (20000u / SHRINK)

struct worker {
	struct v7s *table;
	unsigned cpu;
	uint64_t nr_looked, nr_wrong;
};

static void look(struct worker *w, const struct v7s_op *op, bool mapped)
{
	for (unsigned i = 0; i < op->pgcount; i++) {
		uint64_t offset = i * op->pgsize;
		phys_addr_t want = mapped ? op->paddr + offset : 0;

		w->nr_wrong += v7s_iova_to_phys(w->table, op->iova + offset) !=
			       want;
		w->nr_looked++;
	}
}

static void *work(void *arg)
{
	struct worker *w = arg;

	for (unsigned i = 0; i < NR_ROUNDS; i++) {
		unsigned run = 2 * (i % (NR_RUNS / 2)) + w->cpu;
		struct v7s_op op = {
			.iova = run * RUN_PAGES * SZ_4K,
			.paddr = SZ_1M + i % 64 * SZ_4K,
			.pgsize = SZ_4K,
			.pgcount = RUN_PAGES,
			.prot = PROT_RW,
			.cpu = w->cpu,
		};
		size_t mapped;

		w->nr_wrong += v7s_map_pages(w->table, &op, &mapped) != 0;
		look(w, &op, true);
		w->nr_wrong += v7s_unmap_pages(w->table, &op) !=
			       RUN_PAGES * SZ_4K;
		look(w, &op, false);
	}
	return NULL;
}

static void test_v7s_vec__two_cpus(void **state)
{
	struct v7s_config cfg = config_plain;
	struct worker worker[2] = { { .cpu = 0 }, { .cpu = 1 } };
	struct v7s_env env = { .nr_cpus = 2 };
	pthread_t thread[2];
	struct fixture f;

	(void)state;
	cfg.path = V7S_PATH_BATCH;
	fixture_machine(&f, "x86-2g");
	fixture_strategy(&f, "page", 0);
	env.pm = f.pm;
	env.l2 = f.l2;
	assert_int_equal(v7s_create(&cfg, &env, 0, &f.table), 0);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(map_1(f.table, i * SZ_1M, 0, SZ_4K), 0);
		assert_int_equal(unmap_n(f.table, i * SZ_1M, SZ_4K, 1), SZ_4K);
	}
	for (unsigned i = 0; i < 2; i++) {
		worker[i].table = f.table;
		assert_int_equal(
			pthread_create(&thread[i], NULL, work, &worker[i]), 0);
	}
	for (unsigned i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(worker[i].nr_wrong, 0);
		assert_int_equal(worker[i].nr_looked,
				 2 * RUN_PAGES * NR_ROUNDS);
	}
	assert_int_equal(v7s_stats(f.table)->tlb_add,
			 2 + 2 * RUN_PAGES * NR_ROUNDS);
	assert_int_equal(v7s_stats(f.table)->warns, 0);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_v7s_vec__vector_as_scalar),
		cmocka_unit_test(test_v7s_vec__two_cpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
