// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the time of single events goes: that each event is in its class, that
 * phases are those of the class and add up to the event, and that a probe
 * changes nothing but time. No duration is compared with a figure.
 */
#include <math.h>

#include "mm_fixture.h"

#include "split_fixture.h"

#define SLOTS 40u

struct bench {
	struct replay_config cfg;
	struct class_trace t;
	struct l2_spec spec;
	struct replay_machine m;
	struct memory_result r;
	struct latency *by_type[2], *by_class[NR_EVENT_CLASSES];
	struct latency *phase[V7S_NR_PHASES];
};

static void bench_open(struct bench *b, const char *strategy)
{
	char why[160];

	*b = (struct bench){ .cfg = { .profile = &machine_small } };
	b->cfg.pgtable = class_trace_pgtable;
	class_trace_init(&b->t, SLOTS);
	if (l2_spec_parse(strategy, &b->spec, why, sizeof(why)))
		fail_msg("%s", why);
	for (unsigned i = 0; i < 2; i++)
		assert_non_null(b->by_type[i] = latency_create());
	for (unsigned i = 0; i < NR_EVENT_CLASSES; i++)
		assert_non_null(b->by_class[i] = latency_create());
	for (unsigned i = 0; i < V7S_NR_PHASES; i++)
		assert_non_null(b->phase[i] = latency_create());
}

static void bench_start(struct bench *b)
{
	const char *why = "";

	assert_int_equal(
		replay_machine_init(&b->m, &b->cfg, &b->t.trace, &b->spec), 0);
	if (pass_memory(&b->m, &b->r, &why))
		fail_msg("%s: %s", b->spec.label, why);
	assert_int_equal(b->r.reports, 0);
	assert_int_equal(b->r.alloc_failures, 0);
}

static void bench_close(struct bench *b)
{
	struct physmem_usage usage;

	physmem_usage(b->m.pm, &usage);
	assert_int_equal(usage.pages_free, usage.pages_total);
	assert_pm_sound(b->m.pm);
	memory_result_fini(&b->r);
	replay_machine_fini(&b->m);
	trace_free(&b->t.trace);
	latency_destroy(b->by_type[TRACE_MAP]);
	latency_destroy(b->by_type[TRACE_UNMAP]);
	for (unsigned i = 0; i < NR_EVENT_CLASSES; i++)
		latency_destroy(b->by_class[i]);
	for (unsigned i = 0; i < V7S_NR_PHASES; i++)
		latency_destroy(b->phase[i]);
}

static void test_split__classes(void **state)
{
	const struct l2_strategy_ops *const *ops;
	struct event_timing t;
	unsigned nr = 0, nr_means = 0;

	(void)state;
	for (ops = l2_strategies; *ops; ops++, nr++) {
		struct bench b;

		bench_open(&b, (*ops)->name);
		bench_start(&b);
		assert_int_equal(pass_event(&b.m, 0, b.by_type, b.by_class, &t),
				 0);
		for (unsigned c = 0; c < NR_EVENT_CLASSES; c++) {
			assert_true(b.t.expected[c] >= SLOTS);
			assert_int_equal(latency_count(b.by_class[c]),
					 b.t.expected[c]);
			assert_true(t.by_class[c].nr <= b.t.expected[c]);
			if (t.by_class[c].nr < b.t.expected[c])
				continue; /* interrupted, see below */
			/* Nothing was rounded, so the two ways agree. */
			assert_true(fabs(t.by_class[c].mean_ns *
						 (double)t.by_class[c].nr -
					 (double)b.by_class[c]->sum_ns) < 0.5);
			nr_means++;
		}
		assert_int_equal(latency_count(b.by_type[TRACE_MAP]),
				 b.t.expected_maps);
		assert_int_equal(latency_count(b.by_type[TRACE_UNMAP]),
				 b.t.trace.nr_events - b.t.expected_maps);
		assert_int_equal(t.event.nr, b.t.trace.nr_events);
		assert_true(fabs(t.event.mean_ns * (double)t.event.nr -
				 (double)b.by_type[TRACE_MAP]->sum_ns -
				 (double)b.by_type[TRACE_UNMAP]->sum_ns) < 0.5);
		/* What is between events is in it too. */
		assert_true(t.replay_ns_mean * (double)b.t.trace.nr_events >
			    t.event.mean_ns * (double)t.event.nr);
		assert_int_equal(b.r.anomalies, 2 * SLOTS);
		bench_close(&b);
	}
	assert_true(nr >= 6 && nr_means >= nr * NR_EVENT_CLASSES / 2);
}

/* Of one class, in the right phases and no others, adding up. */
static void assert_phases(const struct phase_timing *t, enum event_class c)
{
	double sum = 0;

	for (unsigned p = 0; p < V7S_NR_PHASES; p++) {
		sum += t->phase_ns[p];
		if (event_class_phases[c] >> p & 1)
			continue;
		if (!event_class_phases[c] &&
		    p == (c == MAP_EXISTING ? V7S_WALK : V7S_CLEAR))
			continue;
		assert_int_equal(t->nr_stretches[p], 0);
		assert_true(t->phase_ns[p] == 0);
	}
	assert_true(fabs(sum - t->whole_ns) < 1e-6 * (1 + sum));
}

static void assert_stretches(const struct bench *b,
			     const struct phase_timing *t)
{
	const uint64_t *of = t[MAP_NEW].nr_stretches;
	uint64_t nr = b->t.expected[MAP_NEW];

	/* Each of these events takes one table. */
	assert_int_equal(of[V7S_WALK], nr);
	assert_int_equal(of[V7S_ALLOC], nr);
	assert_int_equal(of[V7S_ZERO], nr);
	assert_int_equal(of[V7S_INSTALL], nr);
	assert_int_equal(of[V7S_FILL], nr);
	of = t[MAP_EXISTING].nr_stretches;
	assert_int_equal(of[V7S_WALK], b->t.expected[MAP_EXISTING]);
	of = t[UNMAP_EXISTING].nr_stretches;
	assert_int_equal(of[V7S_CLEAR], b->t.expected[UNMAP_EXISTING]);

	/* Every second maps over a table and takes one. */
	of = t[MAP_OVER].nr_stretches;
	nr = b->t.expected[MAP_OVER];
	assert_int_equal(of[V7S_WALK], nr);
	assert_int_equal(of[V7S_FLUSH], nr);
	assert_int_equal(of[V7S_FREE], nr);
	assert_int_equal(of[V7S_ALLOC], nr / 2);
	assert_int_equal(of[V7S_FILL], nr + nr / 2);

	of = t[UNMAP_FREE].nr_stretches;
	nr = b->t.expected[UNMAP_FREE];
	assert_int_equal(of[V7S_CLEAR], 2 * nr); /* before and after */
	assert_int_equal(of[V7S_FLUSH], nr);
	assert_int_equal(of[V7S_FREE], nr);

	/* Sections take a table, contiguous pages none; one event more. */
	of = t[UNMAP_SPLIT].nr_stretches;
	assert_int_equal(of[V7S_ALLOC], SLOTS + 1);
	assert_int_equal(of[V7S_INSTALL], SLOTS + 1);
	assert_int_equal(of[V7S_FREE], 1);
}

/* Of what was interrupted nothing but its number is known: once more. */
static void quiet_phases(struct bench *b, struct phase_timing *t)
{
	bool quiet = false;

	for (unsigned tries = 0; tries < 100 && !quiet; tries++) {
		for (unsigned p = 0; p < V7S_NR_PHASES; p++)
			latency_reset(b->phase[p]);
		assert_int_equal(pass_phases(&b->m, 0, b->phase, t), 0);
		assert_null(b->m.probe);
		quiet = true;
		for (unsigned c = 0; c < NR_EVENT_CLASSES; c++) {
			assert_int_equal(t[c].nr + t[c].nr_interrupted,
					 b->t.expected[c]);
			quiet = quiet && !t[c].nr_interrupted;
		}
	}
	assert_true(quiet);
}

static void test_split__phases(void **state)
{
	const struct l2_strategy_ops *const *ops;
	struct phase_timing t[NR_EVENT_CLASSES];
	unsigned nr = 0;

	(void)state;
	for (ops = l2_strategies; *ops; ops++, nr++) {
		struct bench b;

		bench_open(&b, (*ops)->name);
		bench_start(&b);
		quiet_phases(&b, t);
		for (unsigned c = 0; c < NR_EVENT_CLASSES; c++) {
			assert_int_equal(t[c].nr, b.t.expected[c]);
			assert_phases(&t[c], c);
		}
		assert_stretches(&b, t);
		for (unsigned p = 0; p < V7S_NR_PHASES; p++) {
			double mean = (double)b.phase[p]->sum_ns /
				      (double)t[MAP_NEW].nr;

			assert_int_equal(latency_count(b.phase[p]),
					 b.t.expected[MAP_NEW]);
			assert_true(fabs(mean - t[MAP_NEW].phase_ns[p]) < 1e-6);
		}
		bench_close(&b);
	}
	assert_true(nr >= 6);
}

/* A clock dearer than any event leaves nothing, and nothing negative. */
static void test_split__cost(void **state)
{
	struct latency *none[V7S_NR_PHASES] = { NULL };
	struct phase_timing t[NR_EVENT_CLASSES];
	struct event_timing e;
	struct bench b;

	(void)state;
	bench_open(&b, "slab_dma32");
	bench_start(&b);
	assert_int_equal(pass_event(&b.m, 1e12, b.by_type, b.by_class, &e), 0);
	assert_int_equal(pass_phases(&b.m, 1e12, none, t), 0);
	assert_true(e.event.nr > 0 && e.event.mean_ns == 0);
	for (unsigned c = 0; c < NR_EVENT_CLASSES; c++) {
		assert_true(e.by_class[c].nr > 0 && e.by_class[c].mean_ns == 0);
		assert_int_equal(b.by_class[c]->sum_ns, 0);
		assert_int_equal(t[c].nr + t[c].nr_interrupted,
				 b.t.expected[c]);
		assert_true(t[c].whole_ns == 0);
		assert_phases(&t[c], c);
	}
	bench_close(&b);
}

/* Readings of a clock that nobody looks at. */
static void test_split__meter(void **state)
{
	struct phase_meter meter;
	uint64_t sum = 0;
	unsigned nr = 0;

	(void)state;
	memset(&meter, 0xff, sizeof(meter));
	phase_meter_reset(&meter, V7S_WALK);
	meter.since_ns = 1000;
	phase_meter_enter(&meter, V7S_ALLOC, 1007);
	phase_meter_enter(&meter, V7S_ZERO, 1107);
	phase_meter_enter(&meter, V7S_INSTALL, 1107);
	phase_meter_enter(&meter, V7S_FILL, 1110);
	phase_meter_enter(&meter, V7S_ALLOC, 1120);
	phase_meter_enter(&meter, V7S_FILL, 1121);
	phase_meter_enter(&meter, meter.phase, 1150);
	assert_int_equal(meter.ns[V7S_WALK], 7);
	assert_int_equal(meter.ns[V7S_ALLOC], 101);
	assert_int_equal(meter.nr[V7S_ALLOC], 2);
	assert_int_equal(meter.ns[V7S_ZERO], 0);
	assert_int_equal(meter.nr[V7S_ZERO], 1);
	assert_int_equal(meter.ns[V7S_INSTALL], 3);
	assert_int_equal(meter.ns[V7S_FILL], 39);
	assert_int_equal(meter.nr[V7S_FILL], 2);
	for (unsigned p = 0; p < V7S_NR_PHASES; p++) {
		sum += meter.ns[p];
		nr += meter.nr[p];
	}
	assert_int_equal(sum, 150);
	assert_int_equal(nr, 7);
}

static void test_split__class_of(void **state)
{
	static const struct {
		enum trace_type type;
		struct event_counts change;
		enum event_class class;
	} rows[] = {
		{ TRACE_MAP, { 0, 0, 0, 0 }, MAP_EXISTING },
		{ TRACE_MAP, { 1, 0, 0, 0 }, MAP_NEW },
		{ TRACE_MAP, { 7, 0, 0, 0 }, MAP_NEW },
		{ TRACE_MAP, { 1, 1, 0, 0 }, MAP_NEW }, /* a lost race */
		{ TRACE_MAP, { 0, 1, 1, 0 }, MAP_OVER },
		{ TRACE_MAP, { 2, 16, 16, 0 }, MAP_OVER },
		{ TRACE_UNMAP, { 0, 0, 0, 0 }, UNMAP_EXISTING },
		{ TRACE_UNMAP, { 0, 1, 0, 0 }, UNMAP_FREE },
		{ TRACE_UNMAP, { 0, 0, 0, 1 }, UNMAP_SPLIT },
		{ TRACE_UNMAP, { 1, 0, 0, 1 }, UNMAP_SPLIT },
		{ TRACE_UNMAP, { 1, 3, 0, 1 }, UNMAP_SPLIT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct event_counts *by = &rows[i].change;
		struct event_counts before = { 100, 50, 10, 5 };
		struct event_counts after = {
			100 + by->allocs,
			50 + by->frees,
			10 + by->replaced,
			5 + by->splits,
		};

		assert_int_equal(event_class_of(rows[i].type, &before, &after),
				 rows[i].class);
	}
}

static void test_split__names(void **state)
{
	(void)state;
	for (unsigned c = 0; c < NR_EVENT_CLASSES; c++) {
		bool is_map = c < UNMAP_EXISTING;

		assert_non_null(event_class_name[c]);
		assert_int_equal(strncmp(event_class_name[c], "map_", 4) == 0,
				 is_map);
		if (event_class_phases[c])
			assert_true(event_class_phases[c] >>
					    (is_map ? V7S_WALK : V7S_CLEAR) &
				    1);
	}
	for (unsigned p = 0; p < V7S_NR_PHASES; p++)
		assert_non_null(phase_name[p]);
}

/* Passes with a probe and without, on one machine, in turn. */
static void test_split__in_turn(void **state)
{
	static const char *const text[] = {
		"slab_dma32", "slab_dma32:impl=slab",
		"genalloc",   "page_frag",
		"page",	      "pte_frag",
	};
	struct phase_timing t[NR_EVENT_CLASSES];
	struct event_timing e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(text); i++) {
		struct mean_timing alloc, release;
		struct bench b;

		bench_open(&b, text[i]);
		bench_start(&b);
		for (unsigned n = 0; n < 10; n++) {
			assert_int_equal(pass_phases(&b.m, 0, b.phase, t), 0);
			assert_int_equal(pass_event(&b.m, 0, b.by_type,
						    b.by_class, &e),
					 0);
			assert_int_equal(pass_table(&b.m, 0, &alloc, &release),
					 0);
			assert_int_equal(alloc.nr, b.r.l2_allocs);
			for (unsigned c = 0; c < NR_EVENT_CLASSES; c++) {
				uint64_t nr = b.t.expected[c];

				assert_int_equal(t[c].nr + t[c].nr_interrupted,
						 nr);
				assert_int_equal(latency_count(b.by_class[c]),
						 (n + 1) * nr);
			}
		}
		bench_close(&b);
	}
}

/* Where no table is to be had nothing is timed, and nobody is confused. */
static void test_split__without_memory(void **state)
{
	struct phase_timing t[NR_EVENT_CLASSES];
	struct event_timing e;
	struct bench b;
	const char *why;

	(void)state;
	bench_open(&b, "genalloc:tables=4");
	for (unsigned i = 0; i < 64; i++)
		class_trace_add(&b.t, TRACE_MAP, (uint64_t)(200 + i) * SZ_1M,
				SZ_4K, REFUSED);
	assert_int_equal(replay_machine_init(&b.m, &b.cfg, &b.t.trace, &b.spec),
			 0);
	assert_int_equal(pass_memory(&b.m, &b.r, &why), 0);
	assert_true(b.r.alloc_failures >= 60);
	assert_int_equal(pass_event(&b.m, 0, b.by_type, b.by_class, &e), 0);
	assert_int_equal(pass_phases(&b.m, 0, b.phase, t), 0);
	for (unsigned c = 0; c < NR_EVENT_CLASSES; c++) {
		assert_int_equal(latency_count(b.by_class[c]),
				 t[c].nr + t[c].nr_interrupted);
		assert_phases(&t[c], c);
	}
	assert_int_equal(latency_count(b.by_class[MAP_NEW]),
			 b.t.expected[MAP_NEW] + 64 - b.r.alloc_failures);
	bench_close(&b);
}

static void test_split__stop(void **state)
{
	struct phase_timing t[NR_EVENT_CLASSES];
	struct event_timing e;
	volatile sig_atomic_t stop = 0;
	struct bench b;

	(void)state;
	bench_open(&b, "page");
	b.cfg.stop = &stop;
	bench_start(&b);
	stop = 1;
	assert_int_equal(pass_event(&b.m, 0, b.by_type, b.by_class, &e),
			 -EINTR);
	assert_int_equal(pass_phases(&b.m, 0, b.phase, t), -EINTR);
	assert_null(b.m.probe);
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split__classes),
		cmocka_unit_test(test_split__phases),
		cmocka_unit_test(test_split__cost),
		cmocka_unit_test(test_split__meter),
		cmocka_unit_test(test_split__class_of),
		cmocka_unit_test(test_split__names),
		cmocka_unit_test(test_split__in_turn),
		cmocka_unit_test(test_split__without_memory),
		cmocka_unit_test(test_split__stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
