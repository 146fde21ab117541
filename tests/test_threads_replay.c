// SPDX-License-Identifier: GPL-2.0-only
/*
 * The replay by threads ends as that by one thread does: every strategy on
 * recorded, generated and random traces, with 1, 2 and 4 threads and each way
 * of dealing events out. Slots that all threads hurry to; pages that several
 * cut; events that the kernel refuses; stops, refusals and figures that
 * disagree.
 */
#include "team_fixture.h"

#include <math.h>

#include "replay.h"
#include "run.h"
#include "workload.h"

static const unsigned thread_numbers[] = { 1, 2, 4 };

struct bench {
	struct replay_config cfg;
	struct trace trace;
	struct l2_spec spec;
	struct replay_machine m;
	struct memory_result memory;
};

/* The trace becomes the bench's. */
static void bench_open(struct bench *b, const char *text,
		       const struct trace *trace)
{
	const char *reason = "";
	char why[160];

	*b = (struct bench){ .cfg = { .profile = &machine_small } };
	b->cfg.pgtable = (struct v7s_config){
		.ias = 32,
		.oas = 35,
		.quirks = V7S_QUIRK_MTK_EXT | V7S_QUIRK_NO_PERMS,
		.pgsizes = V7S_PGSIZES,
	};
	b->trace = *trace;
	if (l2_spec_parse(text, &b->spec, why, sizeof(why)))
		fail_msg("%s", why);
	assert_int_equal(
		replay_machine_init(&b->m, &b->cfg, &b->trace, &b->spec), 0);
	if (pass_memory(&b->m, &b->memory, &reason))
		fail_msg("%s: %s", text, reason);
	assert_true(b->memory.built);
}

static void assert_all_back(const struct bench *b)
{
	struct physmem_usage usage;

	assert_false(physmem_threads(b->m.pm));
	physmem_usage(b->m.pm, &usage);
	assert_int_equal(usage.pages_free, usage.pages_total);
	assert_pm_sound(b->m.pm);
}

static void bench_close(struct bench *b)
{
	assert_all_back(b);
	memory_result_fini(&b->memory);
	replay_machine_fini(&b->m);
}

/* So that what is compared is not nothing. */
static void assert_comparable(const struct bench *b)
{
	assert_int_equal(b->memory.alloc_failures, 0);
	assert_int_equal(b->memory.anomalies, 0);
	assert_false(b->memory.defective);
	assert_true(b->memory.l2_allocs > 0);
}

static struct deps *deal_out(const struct bench *b, unsigned nr_threads,
			     enum deal deal)
{
	struct deps_config how = {
		.nr_threads = nr_threads,
		.deal = deal,
		.pgsizes = b->cfg.pgtable.pgsizes,
	};
	struct deps *deps;

	assert_int_equal(deps_create(&b->trace, &how, &deps), 0);
	return deps;
}

/* One replay by threads, which must end like the memory pass. */
static void run_threads(struct bench *b, unsigned nr_threads, enum deal deal,
			struct threads_result *ret)
{
	struct deps *deps = deal_out(b, nr_threads, deal);
	char why[REPLAY_WHY_SIZE] = "";
	const char *reason = "";

	watchdog();
	if (pass_threads(&b->m, deps, ret, &reason))
		fail_msg("%s, %u threads: %s", b->spec.label, nr_threads,
			 reason);
	assert_int_equal(ret->l2_failures, 0);
	if (threads_agree(&b->memory, ret, why))
		fail_msg("%s, %u threads: %s", b->spec.label, nr_threads, why);
	assert_true(fabs(ret->event_ns * (double)b->trace.nr_events -
			 (double)ret->team.wall_ns) < 0.5);
	assert_true(ret->event_ns > 0);
	assert_true(ret->team.nr_waited <= deps->nr_dependent);
	if (nr_threads == 1) {
		assert_int_equal(ret->lost_races, 0);
		assert_int_equal(ret->team.nr_waited, 0);
		assert_int_equal(ret->l2_allocs, b->memory.l2_allocs);
	}
	deps_destroy(deps);
}

/* All numbers of threads and ways of dealing; returns the number of replays. */
static unsigned run_all(struct bench *b)
{
	unsigned nr = 0;

	assert_comparable(b);
	for (unsigned i = 0; i < ARRAY_SIZE(thread_numbers); i++) {
		for (int deal = 0; deal < NR_DEALS; deal++, nr++) {
			struct threads_result r;

			run_threads(b, thread_numbers[i], deal, &r);
		}
	}
	return nr;
}

/* Calls fn with a bench of each strategy on the trace, which is freed then;
 * each must have made so many runs. */
static void each_strategy(struct trace *trace, unsigned (*fn)(struct bench *b),
			  unsigned nr_runs)
{
	const struct l2_strategy_ops *const *ops;
	unsigned nr_strategies = 0;

	for (ops = l2_strategies; *ops; ops++, nr_strategies++) {
		struct bench b;

		watchdog();
		bench_open(&b, (*ops)->name, trace);
		assert_null(l2_spec_one_thread(&b.spec));
		assert_int_equal(fn(&b), nr_runs);
		bench_close(&b);
	}
	assert_true(nr_strategies >= 5);
	trace_free(trace);
}

/* A workload, but for what lies above its first max events. */
static void load(const char *name, size_t max, struct trace *ret)
{
	const struct workload_ops *wl = workload_find(name);
	char why[TRACE_WHY_SIZE] = "no such workload";

	if (!wl || workload_load(wl, ret, why))
		fail_msg("%s: %s", name, why);
	if (ret->nr_events > max)
		ret->nr_events = max;
}

static void test_threads_replay__workloads(void **state)
{
	static const char *const names[] = { "x86-drm", "arm-mixed",
					     "adv_frag_pin", "adv_one_slot" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct trace trace;

		load(names[i], SCALED(12000), &trace);
		each_strategy(&trace, run_all, 9);
	}
}

#define SPACE_PAGES 4096 /* of a domain: sixteen slots */

/*
 * Maps of what is free and unmaps of what is mapped, whole maps, parts and
 * several at once; so no anomaly, and pages that are cut.
 */
static void random_trace(struct trace *trace, unsigned nr_events)
{
	static bool mapped[2][SPACE_PAGES];
	static const unsigned grains[] = { 1, 1, 1, 16, 16, 256 };
	uint64_t rng = 88172645463325252ull;

	memset(mapped, 0, sizeof(mapped));
	*trace = (struct trace){ 0 };
	add_domains(trace, 2);
	while (trace->nr_events < nr_events) {
		unsigned grain = grains[rng_below(&rng, ARRAY_SIZE(grains))];
		unsigned page = rng_below(&rng, SPACE_PAGES / grain) * grain;
		unsigned max = (1 + rng_below(&rng, 3)) * grain;
		unsigned domain = rng_below(&rng, 2), nr = 0;
		bool *at = &mapped[domain][page];
		struct trace_event ev;

		while (nr < max && page + nr < SPACE_PAGES && at[nr] == at[0])
			nr++;
		ev = event_of(at[0] ? TRACE_UNMAP : TRACE_MAP, domain,
			      rng_below(&rng, 16), page * SZ_4K, nr * SZ_4K);
		if (!at[0] && !rng_below(&rng, 4))
			ev.paddr += SZ_4K; /* small pages only */
		memset(at, !at[0], nr);
		add_event(trace, &ev);
	}
}

static void test_threads_replay__cut_pages(void **state)
{
	struct trace trace;

	(void)state;
	random_trace(&trace, SCALED(10000));
	each_strategy(&trace, run_all, 9);
}

/*
 * In each slot a section, which one CPU cuts 64K out of and another 4K: who
 * comes first decides whether what is left is pages of 64K or of 4K.
 */
static void cut_sections(struct trace *trace, unsigned nr_slots)
{
	*trace = (struct trace){ 0 };
	add_domains(trace, 1);
	for (unsigned i = 0; i < nr_slots; i++) {
		uint64_t slot = i * SZ_1M;
		const struct trace_event event[] = {
			event_of(TRACE_MAP, 0, 0, slot, SZ_1M),
			event_of(TRACE_UNMAP, 0, 1 + i % 2, slot + SZ_64K,
				 SZ_64K),
			event_of(TRACE_UNMAP, 0, 2 - i % 2, slot + 8 * SZ_64K,
				 SZ_4K),
		};

		for (unsigned k = 0; k < ARRAY_SIZE(event); k++)
			add_event(trace, &event[k]);
	}
}

static void test_threads_replay__cut_sections(void **state)
{
	struct trace trace;

	(void)state;
	cut_sections(&trace, SCALED(3000));
	each_strategy(&trace, run_all, 9);
}

/* Maps over maps, unmaps of nothing and of parts, up to 16M: what the kernel
 * refuses, and where no order is promised. */
static void wild_trace(struct trace *trace, unsigned nr_events)
{
	static const unsigned grains[] = { 1, 1, 16, 256, 4096 };
	uint64_t rng = 2463534242;

	*trace = (struct trace){ 0 };
	add_domains(trace, 2);
	while (trace->nr_events < nr_events) {
		unsigned grain = grains[rng_below(&rng, ARRAY_SIZE(grains))];
		unsigned page = rng_below(&rng, 2 * SPACE_PAGES / grain);
		struct trace_event ev =
			event_of(rng_below(&rng, 2) ? TRACE_MAP : TRACE_UNMAP,
				 rng_below(&rng, 2), rng_below(&rng, 16),
				 (uint64_t)page * grain * SZ_4K,
				 (1 + rng_below(&rng, 2)) * grain * SZ_4K);

		add_event(trace, &ev);
	}
}

/* Nothing breaks, and everything comes back; see bench_close(). */
static unsigned run_wild(struct bench *b)
{
	unsigned nr = 0;

	assert_true(b->memory.anomalies > 0);
	for (int deal = 0; deal < NR_DEALS; deal++, nr++) {
		struct deps *deps = deal_out(b, 4, deal);
		const char *reason = "";
		struct threads_result r;

		watchdog();
		if (pass_threads(&b->m, deps, &r, &reason))
			fail_msg("%s: %s", b->spec.label, reason);
		deps_destroy(deps);
	}
	return nr;
}

static void test_threads_replay__what_the_kernel_refuses(void **state)
{
	struct trace trace;

	(void)state;
	wild_trace(&trace, SCALED(5000));
	each_strategy(&trace, run_wild, NR_DEALS);
}

#define RACERS 4

/* Each CPU maps a page of its own in the same slot, which one then empties. */
static void crowded_slots(struct trace *trace, unsigned nr_rounds)
{
	*trace = (struct trace){ 0 };
	add_domains(trace, 1);
	for (unsigned i = 0; i < nr_rounds; i++) {
		uint64_t slot = i % 16 * SZ_1M;
		struct trace_event ev;

		for (unsigned cpu = 0; cpu < RACERS; cpu++) {
			ev = event_of(TRACE_MAP, 0, cpu, slot + cpu * SZ_4K,
				      SZ_4K);
			add_event(trace, &ev);
		}
		ev = event_of(TRACE_UNMAP, 0, i % RACERS, slot, SZ_1M);
		/* Empty pages behind the four are no anomaly of a slot that is
		 * unmapped as a whole. */
		add_event(trace, &ev);
	}
}

static unsigned run_crowded(struct bench *b)
{
	struct threads_result r;

	assert_comparable(b);
	run_threads(b, RACERS, DEAL_CPU, &r);
	assert_int_equal(r.l2_tables_end, 0);
	/* Each round takes a table, and at most one for each other racer. */
	assert_true(r.l2_allocs >= b->memory.l2_allocs);
	assert_true(r.lost_races <= (RACERS - 1) * b->memory.l2_allocs);
	return 1;
}

static void test_threads_replay__crowded_slots(void **state)
{
	struct trace trace;

	(void)state;
	crowded_slots(&trace, SCALED(3000));
	each_strategy(&trace, run_crowded, 1);
}

static void test_threads_replay__stopped(void **state)
{
	volatile sig_atomic_t stop = 0;
	struct threads_result r;
	const char *reason = "";
	struct trace trace;
	struct deps *deps;
	struct bench b;

	(void)state;
	watchdog();
	load("x86-drm", SCALED(12000), &trace);
	bench_open(&b, "slab_dma32", &trace);
	b.cfg.stop = &stop;
	deps = deal_out(&b, 4, DEAL_SLICE);
	stop = SIGINT;
	assert_int_equal(pass_threads(&b.m, deps, &r, &reason), -EINTR);
	assert_all_back(&b);
	stop = 0;
	assert_int_equal(pass_threads(&b.m, deps, &r, &reason), 0);
	assert_int_equal(r.digest, b.memory.digest);
	deps_destroy(deps);
	bench_close(&b);
	trace_free(&trace);
}

static void test_threads_replay__refused(void **state)
{
	struct threads_result r;
	const char *reason = "";
	struct trace trace;
	struct deps *deps;
	struct bench b;

	(void)state;
	watchdog();
	load("x86-drm", 1000, &trace);
	bench_open(&b, "slab_dma32", &trace);
	deps = deal_out(&b, 4, DEAL_SLICE);
	for (unsigned nr = 0; nr < 4; nr++) {
		creates_left = nr;
		assert_int_equal(pass_threads(&b.m, deps, &r, &reason),
				 -EAGAIN);
		assert_string_equal(reason, "a thread cannot be started");
		assert_all_back(&b);
	}
	creates_left = UINT32_MAX;
	assert_int_equal(pass_threads(&b.m, deps, &r, &reason), 0);
	deps_destroy(deps);
	bench_close(&b);
	trace_free(&trace);
}

static void expect_words(const struct memory_result *m,
			 const struct threads_result *t, const char *words)
{
	char why[REPLAY_WHY_SIZE] = "";

	assert_int_equal(threads_agree(m, t, why), words ? -EBADMSG : 0);
	assert_string_equal(why, words ? words : "");
}

/* What must not differ, and when it may. */
static void test_threads_replay__disagreement(void **state)
{
	const struct memory_result memory = {
		.built = true, .digest = 1, .l2_tables_end = 2, .l2_allocs = 3
	};
	const struct threads_result threads = {
		.digest = 1, .l2_tables_end = 2, .l2_allocs = 7, .lost_races = 4
	};
	struct threads_result t = threads;
	struct memory_result m = memory;

	(void)state;
	expect_words(&m, &t, NULL);
	t.lost_races = 3;
	expect_words(&m, &t, "4 tables taken and kept, 3 on one thread");
	t.l2_tables_end = 1;
	expect_words(&m, &t, "1 tables in the end, 2 on one thread");
	t.digest = 2;
	expect_words(&m, &t, "other translations than on one thread");
	t.l2_failures = 1;
	expect_words(&m, &t, NULL);
	t.l2_failures = 0;
	m.alloc_failures = 1;
	expect_words(&m, &t, NULL);
	m = memory;
	m.anomalies = 1;
	expect_words(&m, &t, NULL);
	m = memory;
	m.defective = true;
	expect_words(&m, &t, NULL);
	m = memory;
	m.built = false;
	expect_words(&m, &t, NULL);
}

/* A whole run: one value a repetition, and the same exact figures. */
static void test_threads_replay__in_a_run(void **state)
{
	struct clock_info clock = { .quantum_ns = 1 };
	struct run_env env = { .clock = &clock };
	struct run_cell cells[2] = { 0 };
	char why[RUN_WHY_SIZE];
	struct l2_spec spec[2];
	struct run_plan plan = {
		.replay = { .profile = &machine_small, .threads = { .nr = 4 } },
		.spec = spec,
		.nr_specs = 2,
		.nr_reps = 3,
	};
	struct trace trace;

	(void)state;
	watchdog();
	plan.replay.pgtable = (struct v7s_config){
		.ias = 32,
		.oas = 32,
		.pgsizes = V7S_PGSIZES,
	};
	assert_int_equal(l2_spec_parse("slab_dma32", &spec[0], why, 64), 0);
	assert_int_equal(l2_spec_parse("pte_frag", &spec[1], why, 64), 0);
	crowded_slots(&trace, 500);
	if (run_workload(&plan, "crowded", &trace, &env, cells, why))
		fail_msg("%s", why);
	for (unsigned i = 0; i < 2; i++) {
		const struct thread_figures *f = &cells[i].threads;

		assert_int_equal(f->event_ns.nr, 3);
		assert_int_equal(f->lost_races.nr, 3);
		assert_int_equal(f->waited.nr, 3);
		assert_int_equal(f->failures, 0);
		assert_true(f->dependent > 0);
		assert_int_equal(f->dependent, cells[0].threads.dependent);
		assert_int_equal(cells[i].event_ns.nr, 3);
		assert_int_equal(cells[i].memory.digest,
				 cells[0].memory.digest);
		run_cell_fini(&cells[i]);
	}
	creates_left = 2;
	memset(cells, 0, sizeof(cells));
	assert_int_equal(run_workload(&plan, "crowded", &trace, &env, cells,
				      why),
			 -EAGAIN);
	assert_non_null(strstr(
		why, " on crowded: 4 threads: a thread cannot be started"));
	creates_left = UINT32_MAX;
	run_cell_fini(&cells[0]);
	run_cell_fini(&cells[1]);
	trace_free(&trace);
}

static const char *only_one(const uint64_t *value)
{
	return value[0] ? "has a lock of paper" : NULL;
}

static void test_threads_replay__strategy_that_refuses(void **state)
{
	const struct l2_strategy_ops ops = { .one_thread = only_one };
	struct l2_spec spec = { .ops = &ops };

	(void)state;
	assert_null(l2_spec_one_thread(&spec));
	spec.value[0] = 1;
	assert_string_equal(l2_spec_one_thread(&spec), "has a lock of paper");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads_replay__workloads),
		cmocka_unit_test(test_threads_replay__cut_pages),
		cmocka_unit_test(test_threads_replay__cut_sections),
		cmocka_unit_test(test_threads_replay__what_the_kernel_refuses),
		cmocka_unit_test(test_threads_replay__crowded_slots),
		cmocka_unit_test(test_threads_replay__stopped),
		cmocka_unit_test(test_threads_replay__refused),
		cmocka_unit_test(test_threads_replay__disagreement),
		cmocka_unit_test(test_threads_replay__in_a_run),
		cmocka_unit_test(test_threads_replay__strategy_that_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
