// SPDX-License-Identifier: GPL-2.0-only
/*
 * A page table with several callers at once, on every strategy that allows it:
 * races for one slot, each with a loser; slots of one's own; lookups while
 * others map, unmap and split; a pool that runs dry. Meant for ThreadSanitizer,
 * under which there are fewer rounds, since each costs ten times as much.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "under_tsan.h"
#include "v7s_fixture.h"

enum {
	NR_ROUNDS = UNDER_TSAN ? 60 : 400,
	NR_TOGGLES = UNDER_TSAN ? 4000 : 60000
};

#define NR_THREADS 4u
#define WATCHDOG_S 100

/* A strategy in which a table, once taken, waits until each thread has one:
 * then all of them link theirs, and all but one lose. */
struct meeting {
	struct l2_strategy base;
	struct l2_strategy *inner;
	bool on;
	unsigned arrived; /* ever */
};

static int meeting_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
			 struct l2_table *ret)
{
	struct meeting *m = container_of(l2, struct meeting, base);
	int err = l2_alloc_zeroed(m->inner, cpu, gfp, ret);
	unsigned end;

	if (!m->on)
		return err;
	end = __atomic_fetch_add(&m->arrived, 1, __ATOMIC_ACQ_REL);
	end += NR_THREADS - end % NR_THREADS;
	while ((int)(__atomic_load_n(&m->arrived, __ATOMIC_ACQUIRE) - end) < 0)
		sched_yield();
	return err;
}

static void meeting_free(struct l2_strategy *l2, unsigned cpu,
			 const struct l2_table *table)
{
	l2_free(container_of(l2, struct meeting, base)->inner, cpu, table);
}

static const struct l2_strategy_ops meeting_ops = {
	.name = "meeting",
	.alloc = meeting_alloc,
	.free = meeting_free,
};

struct stage {
	struct physmem *pm;
	struct meeting meeting;
	struct v7s *table;
	uint64_t pages_free;
	pthread_barrier_t barrier;
	unsigned nr_wrong; /* counted by any thread */
	unsigned nr_seen;  /* lookups that found something, likewise */
	unsigned nr_stopped;
};

struct actor {
	struct stage *stage;
	unsigned cpu;
	pthread_t thread;
};

static void stage_open(struct stage *s, const char *strategy,
		       const struct v7s_config *cfg)
{
	struct l2_env env = { .nr_cpus = NR_THREADS,
			      .max_tables = 4096,
			      .zone_gfp = GFP_DMA32,
			      .threads = true };
	struct v7s_env table_env = { .nr_cpus = NR_THREADS };
	struct physmem_usage usage;
	struct l2_spec spec;
	char why[200];

	*s = (struct stage){ 0 };
	assert_int_equal(physmem_create(machine_profile_find("x86-2g"), &s->pm),
			 0);
	physmem_set_nr_cpus(s->pm, NR_THREADS);
	physmem_set_threads(s->pm, true);
	physmem_usage(s->pm, &usage);
	s->pages_free = usage.pages_free;
	env.pm = s->pm;
	assert_int_equal(l2_spec_parse(strategy, &spec, why, sizeof(why)), 0);
	assert_int_equal(l2_create(&spec, &env, &s->meeting.inner), 0);
	s->meeting.base.ops = &meeting_ops;
	s->meeting.base.zeroes = true; /* meeting_alloc() has done it */
	table_env.pm = s->pm;
	table_env.l2 = &s->meeting.base;
	assert_int_equal(v7s_create(cfg, &table_env, 0, &s->table), 0);
	assert_int_equal(pthread_barrier_init(&s->barrier, NULL, NR_THREADS),
			 0);
}

static void stage_close(struct stage *s)
{
	struct physmem_usage usage;
	struct l2_usage l2;
	const char *why;

	v7s_destroy(s->table, 0);
	s->meeting.inner->ops->usage(s->meeting.inner, &l2);
	assert_int_equal(l2.nr_tables, 0);
	assert_int_equal(s->meeting.inner->ops->check(s->meeting.inner, &why),
			 0);
	l2_destroy(s->meeting.inner);
	physmem_usage(s->pm, &usage);
	assert_int_equal(usage.pages_free, s->pages_free);
	assert_int_equal(physmem_check(s->pm, &why), 0);
	physmem_destroy(s->pm);
	pthread_barrier_destroy(&s->barrier);
	assert_int_equal(s->nr_wrong, 0);
}

/* Every thread runs its part; alarm() ends a test that hangs. */
static void play(struct stage *s, void *(*part[])(void *))
{
	struct actor actor[NR_THREADS];

	alarm(WATCHDOG_S);
	for (unsigned i = 0; i < NR_THREADS; i++) {
		actor[i] = (struct actor){ .stage = s, .cpu = i };
		assert_int_equal(pthread_create(&actor[i].thread, NULL, part[i],
						&actor[i]),
				 0);
	}
	for (unsigned i = 0; i < NR_THREADS; i++)
		assert_int_equal(pthread_join(actor[i].thread, NULL), 0);
	alarm(0);
}

static void play_same(struct stage *s, void *(*part)(void *))
{
	void *(*parts[NR_THREADS])(void *);

	for (unsigned i = 0; i < NR_THREADS; i++)
		parts[i] = part;
	play(s, parts);
}

/* assert_() of cmocka are for one thread. */
static void expect(struct stage *s, bool holds)
{
	if (!holds)
		__atomic_fetch_add(&s->nr_wrong, 1, __ATOMIC_RELAXED);
}

static int map_on(const struct actor *a, uint64_t iova, phys_addr_t paddr,
		  uint64_t pgsize)
{
	struct v7s_op op = {
		.iova = iova,
		.paddr = paddr,
		.pgsize = pgsize,
		.pgcount = 1,
		.prot = PROT_RW,
		.gfp = GFP_ATOMIC,
		.cpu = a->cpu,
	};
	size_t mapped;

	return v7s_map_pages(a->stage->table, &op, &mapped);
}

static size_t unmap_on(const struct actor *a, uint64_t iova, uint64_t pgsize)
{
	struct v7s_op op = {
		.iova = iova,
		.pgsize = pgsize,
		.pgcount = 1,
		.cpu = a->cpu,
	};

	return v7s_unmap_pages(a->stage->table, &op);
}

/* All strategies: their defaults allow threads. Returns how many. */
static unsigned for_each_strategy(void (*fn)(const char *strategy))
{
	const struct l2_strategy_ops *const *ops;
	unsigned nr = 0;

	for (ops = l2_strategies; *ops; ops++) {
		fn((*ops)->name);
		nr++;
	}
	return nr;
}

/* All link a table to one slot, and map a page of their own in it. */
static void *race_for_slot(void *arg)
{
	struct actor *a = arg;
	struct stage *s = a->stage;

	for (unsigned i = 0; i < NR_ROUNDS; i++) {
		uint64_t slot = (i % 16) * (uint64_t)SZ_1M;
		uint64_t own = slot + a->cpu * SZ_4K;

		pthread_barrier_wait(&s->barrier);
		expect(s, map_on(a, own, 0x1000 + own, SZ_4K) == 0);
		pthread_barrier_wait(&s->barrier);
		for (unsigned k = 0; k < NR_THREADS; k++)
			expect(s,
			       v7s_iova_to_phys(s->table, slot + k * SZ_4K) ==
				       0x1000 + slot + k * SZ_4K);
		pthread_barrier_wait(&s->barrier);
		if (a->cpu == i % NR_THREADS)
			expect(s, unmap_on(a, slot, SZ_1M) == SZ_1M);
	}
	return NULL;
}

static void race_on(const char *strategy)
{
	const struct v7s_stats *stats;
	struct stage s;

	stage_open(&s, strategy, &config_plain);
	s.meeting.on = true;
	play_same(&s, race_for_slot);
	stats = v7s_stats(s.table);
	assert_int_equal(stats->l2_races, NR_ROUNDS * (NR_THREADS - 1));
	assert_int_equal(stats->l2_allocs, NR_ROUNDS * NR_THREADS);
	assert_int_equal(stats->l2_frees, NR_ROUNDS * NR_THREADS);
	assert_int_equal(stats->l2_live, 0);
	assert_int_equal(stats->warns, 0);
	stage_close(&s);
}

static void test_v7s_threads__same_slot(void **state)
{
	unsigned nr = for_each_strategy(race_on);

	(void)state;
	/* Lost races, each forced. */
	assert_true(nr * NR_ROUNDS * (NR_THREADS - 1) >= 1000);
}

/* Slots of one's own: maps of all sizes, unmapped in parts. */
static void *work_apart(void *arg)
{
	struct actor *a = arg;
	struct stage *s = a->stage;
	uint64_t base = (1 + a->cpu) * 4ull * SZ_16M;

	for (unsigned i = 0; i < NR_ROUNDS; i++) {
		uint64_t iova = base + (i % 8) * SZ_1M;

		expect(s, map_on(a, iova, 0x4000, SZ_4K) == 0);
		expect(s, map_on(a, iova, SZ_16M, SZ_1M) == 0);
		expect(s, v7s_iova_to_phys(s->table, iova + 1) == SZ_16M + 1);
		expect(s, unmap_on(a, iova, SZ_1M) == SZ_1M);
		expect(s, map_on(a, iova, 0x30000, SZ_64K) == 0);
		expect(s, unmap_on(a, iova + SZ_4K, SZ_4K) == SZ_4K);
		expect(s,
		       v7s_iova_to_phys(s->table, iova + 2 * SZ_4K) == 0x32000);
		expect(s, unmap_on(a, iova, SZ_1M) == SZ_1M);
	}
	return NULL;
}

static void apart_on_path(const char *strategy, enum v7s_path path)
{
	struct v7s_config cfg = config_plain;
	struct stage s;

	cfg.path = path;
	stage_open(&s, strategy, &cfg);
	play_same(&s, work_apart);
	assert_int_equal(v7s_stats(s.table)->splits, NR_ROUNDS * NR_THREADS);
	assert_int_equal(v7s_stats(s.table)->l2_replaced,
			 NR_ROUNDS * NR_THREADS);
	assert_int_equal(v7s_stats(s.table)->l2_live, 0);
	stage_close(&s);
}

static void apart_on(const char *strategy)
{
	apart_on_path(strategy, V7S_PATH_KERNEL);
}

static void test_v7s_threads__disjoint(void **state)
{
	(void)state;
	assert_true(for_each_strategy(apart_on) >= 5);
	apart_on_path("page", V7S_PATH_BATCH);
}

#define LOOKED_AT 64u /* pages, in two slots */
#define SEEN_MIN 1000u

static bool enough_seen(const struct stage *s)
{
	return __atomic_load_n(&s->nr_seen, __ATOMIC_RELAXED) >= SEEN_MIN;
}

static uint64_t looked_at(unsigned page)
{
	return (page % 2) * (uint64_t)SZ_1M + page / 2 * SZ_4K;
}

static void *toggle_pages(void *arg)
{
	struct actor *a = arg;
	struct stage *s = a->stage;

	pthread_barrier_wait(&s->barrier);
	for (unsigned i = 0; i < NR_TOGGLES || !enough_seen(s); i++) {
		uint64_t iova = looked_at(i % (LOOKED_AT / 2) * 2 + a->cpu);

		expect(s, map_on(a, iova, SZ_16M + iova, SZ_4K) == 0);
		expect(s, unmap_on(a, iova, SZ_4K) == SZ_4K);
	}
	__atomic_fetch_add(&s->nr_stopped, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void *look_up(void *arg)
{
	struct actor *a = arg;
	struct stage *s = a->stage;
	unsigned page = a->cpu;

	pthread_barrier_wait(&s->barrier);
	while (__atomic_load_n(&s->nr_stopped, __ATOMIC_ACQUIRE) < 2) {
		uint64_t iova = looked_at(page++ % LOOKED_AT);
		phys_addr_t found = v7s_iova_to_phys(s->table, iova + 5);

		expect(s, !found || found == SZ_16M + iova + 5);
		if (found && !enough_seen(s))
			__atomic_fetch_add(&s->nr_seen, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void look_up_on(const char *strategy, enum v7s_path path)
{
	void *(*part[])(void *) = { toggle_pages, toggle_pages, look_up,
				    look_up };
	struct v7s_config cfg = config_plain;
	struct stage s;

	cfg.path = path;
	stage_open(&s, strategy, &cfg);
	play(&s, part);
	assert_true(enough_seen(&s));
	stage_close(&s);
}

static void test_v7s_threads__lookup_beside_map(void **state)
{
	(void)state;
	look_up_on("page", V7S_PATH_KERNEL);
	look_up_on("page", V7S_PATH_BATCH);
	look_up_on("slab_dma32", V7S_PATH_KERNEL);
}

/* Each takes a page of its own out of a large one that it shares. */
static void split_together(struct actor *a, uint64_t pgsize, uint64_t step)
{
	struct stage *s = a->stage;
	uint64_t own = a->cpu * step;

	for (unsigned i = 0; i < NR_ROUNDS; i++) {
		if (!a->cpu)
			expect(s, map_on(a, 0, 0x62000000, pgsize) == 0);
		pthread_barrier_wait(&s->barrier);
		expect(s, unmap_on(a, own, SZ_4K) == SZ_4K);
		expect(s, v7s_iova_to_phys(s->table, own) == 0);
		expect(s, v7s_iova_to_phys(s->table, own + SZ_4K) ==
				  0x62000000 + own + SZ_4K);
		pthread_barrier_wait(&s->barrier);
		if (!a->cpu)
			expect(s, unmap_on(a, 0, SZ_1M) == SZ_1M);
		pthread_barrier_wait(&s->barrier);
	}
}

static void *split_large(void *arg)
{
	split_together(arg, SZ_64K, 4 * SZ_4K);
	return NULL;
}

static void *split_section(void *arg)
{
	split_together(arg, SZ_1M, 16 * SZ_4K);
	return NULL;
}

static void test_v7s_threads__split_one_page(void **state)
{
	struct v7s_config cfg = config_plain;
	const struct v7s_stats *stats;
	struct stage s;

	(void)state;
	cfg.split = V7S_SPLIT_FIXED;
	stage_open(&s, "page", &cfg);
	play_same(&s, split_large);
	stats = v7s_stats(s.table);
	assert_int_equal(stats->splits, NR_ROUNDS);
	stage_close(&s);

	stage_open(&s, "page", &cfg);
	play_same(&s, split_section);
	stats = v7s_stats(s.table);
	assert_int_equal(stats->splits, NR_ROUNDS);
	assert_int_equal(stats->l2_allocs, NR_ROUNDS + stats->l2_races);
	stage_close(&s);
}

enum { POOL = 64 };

/* More slots than the pool has tables; who got none tries again later. */
static void *drain_pool(void *arg)
{
	struct actor *a = arg;
	struct stage *s = a->stage;
	bool mine[POOL];

	for (unsigned i = 0; i < NR_ROUNDS / 10; i++) {
		pthread_barrier_wait(&s->barrier);
		for (unsigned k = 0; k < POOL; k++) {
			uint64_t iova =
				(k * NR_THREADS + a->cpu) * (uint64_t)SZ_1M;
			int err = map_on(a, iova, 0, SZ_4K);

			mine[k] = !err;
			expect(s, !err || err == -ENOMEM);
			if (!err)
				__atomic_fetch_add(&s->nr_seen, 1,
						   __ATOMIC_RELAXED);
		}
		pthread_barrier_wait(&s->barrier);
		for (unsigned k = 0; k < POOL; k++)
			if (mine[k])
				expect(s, unmap_on(a,
						   (k * NR_THREADS + a->cpu) *
							   (uint64_t)SZ_1M,
						   SZ_1M) == SZ_1M);
	}
	return NULL;
}

static void test_v7s_threads__pool_runs_dry(void **state)
{
	const struct v7s_stats *stats;
	struct stage s;

	(void)state;
	stage_open(&s, "genalloc:tables=64", &config_plain);
	play_same(&s, drain_pool);
	stats = v7s_stats(s.table);
	assert_int_equal(s.nr_seen, NR_ROUNDS / 10 * POOL);
	assert_int_equal(stats->l2_failures,
			 NR_ROUNDS / 10 * POOL * (NR_THREADS - 1));
	assert_int_equal(stats->l2_allocs, s.nr_seen);
	stage_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_v7s_threads__same_slot),
		cmocka_unit_test(test_v7s_threads__disjoint),
		cmocka_unit_test(test_v7s_threads__lookup_beside_map),
		cmocka_unit_test(test_v7s_threads__split_one_page),
		cmocka_unit_test(test_v7s_threads__pool_runs_dry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
