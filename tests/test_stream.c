// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replay of traces that are not in memory: the same figures as if they were,
 * little memory, and errors of reading that reach the caller.
 */
#include "stream_fixture.h"

#include <sys/resource.h>

#include "run.h"
#include "survive.h"
#include "team_fixture.h"
#include "workload.h"

static const struct replay_config config = {
	.profile = &machine_small,
	.pgtable = {
		.ias = 32,
		.oas = 35,
		.pgsizes = V7S_PGSIZES,
		.quirks = V7S_QUIRK_MTK_EXT | V7S_QUIRK_NO_PERMS,
	},
};

static struct l2_spec strategy(const char *name)
{
	struct l2_spec spec;
	char why[200];

	assert_int_equal(l2_spec_parse(name, &spec, why, sizeof(why)), 0);
	return spec;
}

/* What all passes over a trace find; what is in no unit of time is compared. */
struct findings {
	struct memory_result memory;
	uint64_t nr[32]; /* operations that timed passes had */
	unsigned nr_nr;
};

static void add(struct findings *f, uint64_t nr)
{
	assert_true(f->nr_nr < ARRAY_SIZE(f->nr));
	f->nr[f->nr_nr++] = nr;
}

static void time_single_events(struct replay_machine *m, struct findings *f)
{
	struct latency *lat[NR_EVENT_CLASSES + 2];
	struct latency *const none[V7S_NR_PHASES] = { NULL };
	struct event_timing t;
	struct phase_timing p[NR_EVENT_CLASSES];
	unsigned c;

	for (c = 0; c < NR_EVENT_CLASSES + 2; c++) {
		lat[c] = latency_create();
		assert_non_null(lat[c]);
	}
	assert_int_equal(pass_event(m, 0, &lat[NR_EVENT_CLASSES], lat, &t), 0);
	for (c = 0; c < NR_EVENT_CLASSES + 2; c++)
		add(f, latency_count(lat[c]));
	assert_int_equal(pass_phases(m, 0, none, p), 0);
	for (c = 0; c < NR_EVENT_CLASSES; c++)
		add(f, p[c].nr + p[c].nr_interrupted);
	for (c = 0; c < NR_EVENT_CLASSES + 2; c++)
		latency_destroy(lat[c]);
}

static void time_all(struct replay_machine *m, struct findings *f)
{
	struct latency *lat = latency_create();
	struct prng rng = { 1 };
	struct sampled_timing sampled;
	struct mean_timing a, b;
	double ns = 0;

	assert_non_null(lat);
	assert_int_equal(pass_alloc(m, 0, lat), 0);
	add(f, latency_count(lat));
	assert_int_equal(pass_sampled(m, 0, &rng, &sampled), 0);
	/* Of each whole group one, of what is left one or none. */
	assert_true(sampled.event.nr <= m->trace->nr_events / SAMPLE_EVERY + 1);
	assert_true(sampled.replay_ns_mean > 0);
	assert_int_equal(pass_table(m, 0, &a, &b), 0);
	add(f, a.nr);
	add(f, b.nr);
	assert_int_equal(pass_runs(m, 0, &a, &b), 0);
	add(f, a.nr);
	add(f, b.nr);
	assert_int_equal(pass_batch(m, &ns), 0);
	assert_true(ns > 0);
	latency_destroy(lat);
	time_single_events(m, f);
}

static void find(const struct trace *trace, const char *name,
		 struct findings *ret)
{
	struct l2_spec spec = strategy(name);
	struct replay_machine m;
	const char *why = "";

	assert_int_equal(replay_machine_init(&m, &config, trace, &spec), 0);
	ret->nr_nr = 0;
	assert_int_equal(pass_memory(&m, &ret->memory, &why), 0);
	assert_true(ret->memory.built);
	assert_int_equal(ret->memory.nr_events, trace->nr_events);
	time_all(&m, ret);
	replay_machine_fini(&m);
}

static void assert_same_attrs(const struct l2_attrs *a,
			      const struct l2_attrs *b)
{
	assert_string_equal(a->id, b->id);
	assert_int_equal(a->nr, b->nr);
	for (unsigned i = 0; i < a->nr; i++) {
		assert_string_equal(a->row[i].name, b->row[i].name);
		assert_int_equal(a->row[i].value, b->row[i].value);
	}
}

static void assert_same(struct findings *a, struct findings *b)
{
	assert_int_equal(a->memory.nr_instances, b->memory.nr_instances);
	for (unsigned i = 0; i < a->memory.nr_instances; i++)
		assert_same_attrs(&a->memory.attrs[i], &b->memory.attrs[i]);
	free(a->memory.attrs);
	free(b->memory.attrs);
	a->memory.attrs = b->memory.attrs = NULL;
	assert_memory_equal(&a->memory, &b->memory, sizeof(a->memory));
	assert_int_equal(a->nr_nr, b->nr_nr);
	assert_memory_equal(a->nr, b->nr, a->nr_nr * sizeof(a->nr[0]));
}

/* In memory, not in memory, and a little too long for it. */
static void test_stream__same_figures(void **state)
{
	static const char *const workload[] = { "adv_one_4k_per_mb",
						"arm-mixed" };
	static const char *const name[] = { "slab_dma32", "page_frag" };
	struct workload_spec spec;
	struct trace kept, streamed;
	static struct findings a, b;
	char why[TRACE_WHY_SIZE];

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(workload); i++) {
		assert_int_equal(workload_parse(workload[i], &spec, why), 0);
		assert_int_equal(workload_open(&spec, SIZE_MAX, &kept, why), 0);
		assert_int_equal(
			workload_open(&spec, i ? 0 : 1000, &streamed, why), 0);
		assert_non_null(kept.event);
		assert_null(streamed.event);
		for (unsigned k = 0; k < ARRAY_SIZE(name); k++) {
			find(&kept, name[k], &a);
			find(&streamed, name[k], &b);
			assert_true(a.nr[0] > 100);
			assert_same(&a, &b);
		}
		trace_free(&kept);
		trace_free(&streamed);
	}
}

/* Longer than the log; one block more than the blocks of a cursor. */
static void test_stream__log_is_bounded(void **state)
{
	const uint64_t nr_events = TABLE_LOG_MAX + 40000;
	struct l2_spec spec = strategy("null");
	struct mean_timing alloc, release;
	struct memory_result r = { 0 };
	struct replay_machine m;
	const char *why = "";
	struct trace trace;
	double ns;

	(void)state;
	open_made(nr_events, 1, 0, &trace);
	assert_int_equal(replay_machine_init(&m, &config, &trace, &spec), 0);
	assert_int_equal(pass_memory(&m, &r, &why), 0);
	assert_int_equal(r.l2_allocs, nr_events / 2);
	assert_int_equal(m.log.nr_ops, TABLE_LOG_MAX);
	assert_int_equal(m.log.nr_allocs, nr_events / 2);
	assert_int_equal(m.log.nr_logged, TABLE_LOG_MAX / 2);
	assert_int_equal(pass_table(&m, 0, &alloc, &release), 0);
	assert_int_equal(alloc.nr, TABLE_LOG_MAX / 2);
	assert_int_equal(release.nr, TABLE_LOG_MAX / 2);
	assert_int_equal(pass_batch(&m, &ns), 0);
	memory_result_fini(&r);
	replay_machine_fini(&m);
	trace_free(&trace);
}

/* Events of 48 bytes each: in memory these would be 96 MB. Opening keeps all
 * that may be kept, 24 MB, until there is one too many; blocks are 6 MB. */
static void test_stream__memory(void **state)
{
	struct l2_spec spec = strategy("slab_dma32");
	struct memory_result r = { 0 };
	struct rusage before, after;
	struct replay_machine m;
	const char *why = "";
	struct trace trace;
	double ns;

	(void)state;
#if defined(__SANITIZE_ADDRESS__)
	skip();
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
	skip();
#endif
#endif
	if (UNDER_TSAN)
		skip();
	getrusage(RUSAGE_SELF, &before);
	open_made(2000000, 2, TRACE_KEEP_EVENTS / 2, &trace);
	assert_int_equal(replay_machine_init(&m, &config, &trace, &spec), 0);
	assert_int_equal(pass_memory(&m, &r, &why), 0);
	assert_int_equal(pass_batch(&m, &ns), 0);
	getrusage(RUSAGE_SELF, &after);
	assert_true(after.ru_maxrss - before.ru_maxrss < 36 * 1024);
	memory_result_fini(&r);
	replay_machine_fini(&m);
	trace_free(&trace);
}

typedef int (*pass_fn)(struct replay_machine *m);

static int do_alloc(struct replay_machine *m)
{
	struct latency *lat = latency_create();
	int err = pass_alloc(m, 0, lat);

	latency_destroy(lat);
	return err;
}

static int do_event(struct replay_machine *m)
{
	struct latency *lat = latency_create(), *by_class[NR_EVENT_CLASSES];
	struct latency *const by_type[] = { lat, lat };
	struct event_timing t;
	int err;

	for (unsigned c = 0; c < NR_EVENT_CLASSES; c++)
		by_class[c] = lat;
	err = pass_event(m, 0, by_type, by_class, &t);
	latency_destroy(lat);
	return err;
}

static int do_phases(struct replay_machine *m)
{
	struct latency *const none[V7S_NR_PHASES] = { NULL };
	struct phase_timing t[NR_EVENT_CLASSES];

	return pass_phases(m, 0, none, t);
}

static int do_sampled(struct replay_machine *m)
{
	struct prng rng = { 1 };
	struct sampled_timing t;

	return pass_sampled(m, 0, &rng, &t);
}

static int do_runs(struct replay_machine *m)
{
	struct mean_timing map, unmap;

	return pass_runs(m, 0, &map, &unmap);
}

static int do_batch(struct replay_machine *m)
{
	double ns;

	return pass_batch(m, &ns);
}

static int do_memory(struct replay_machine *m)
{
	struct memory_result r = { 0 };
	const char *why = "";
	int err;

	table_log_fini(&m->log);
	err = pass_memory(m, &r, &why);
	memory_result_fini(&r);
	return err;
}

static void test_stream__passes_say_why(void **state)
{
	static const pass_fn pass[] = { do_memory, do_alloc, do_event,
					do_phases, do_runs,  do_batch,
					do_sampled };
	struct l2_spec spec = strategy("slab_dma32");
	struct made_source *made;
	struct replay_machine m;
	const char *broken;
	struct trace trace;

	(void)state;
	made = open_made(50000, 2, 0, &trace);
	assert_int_equal(replay_machine_init(&m, &config, &trace, &spec), 0);
	for (unsigned i = 0; i < ARRAY_SIZE(pass); i++) {
		uint64_t all = pages_free(m.pm);

		watchdog();
		made->bad_reading = 1;
		made->err = -EIO;
		made->fail_at = 40000;
		made->bad_nr_events = 50000;
		assert_int_equal(pass[i](&m), -EIO);
		assert_string_equal(m.why, "made: out of order");
		made->err = 0;
		made->bad_nr_events = 40000;
		assert_int_equal(pass[i](&m), -ESTALE);
		assert_string_equal(m.why, "made: changed while it was read");
		creates_left = 0;
		assert_int_equal(pass[i](&m), -EAGAIN);
		assert_string_equal(
			m.why,
			"reading ahead: Resource temporarily unavailable");
		creates_left = UINT32_MAX;
		made->bad_reading = 0;
		assert_int_equal(pass[i](&m), 0);
		assert_string_equal(m.why, "");
		assert_int_equal(pages_free(m.pm), all);
		assert_int_equal(physmem_check(m.pm, &broken), 0);
	}
	replay_machine_fini(&m);
	trace_free(&trace);
	alarm(0);
}

/* Which reading fails, and that nothing else stands in the message. */
static void test_stream__run_says_why(void **state)
{
	struct l2_spec spec[] = { strategy("slab_dma32"), strategy("null") };
	struct run_plan plan = {
		.replay = config,
		.spec = spec,
		.nr_specs = ARRAY_SIZE(spec),
		.nr_reps = 1,
		.seed = 1,
	};
	const struct clock_info clock = { .quantum_ns = 1 };
	const struct run_env env = { .clock = &clock };
	struct made_source *made;
	struct trace trace;

	(void)state;
	made = open_made(20000, 1, 0, &trace);
	made->err = -EIO;
	/* Two memory passes, and six timed ones each that read the trace. */
	for (unsigned n = 2; n <= 16; n++) {
		struct run_cell cells[ARRAY_SIZE(spec)] = { 0 };
		char why[RUN_WHY_SIZE];
		int expected = n <= 15 ? -EIO : 0;

		watchdog();
		made->nr_readings = 1;
		made->bad_reading = n;
		assert_int_equal(run_workload(&plan, "made", &trace, &env,
					      cells, why),
				 expected);
		if (expected)
			assert_string_equal(why, "made: out of order");
		assert_int_equal(made->nr_readings, expected ? n : 15);
		run_cell_fini(&cells[0]);
		run_cell_fini(&cells[1]);
	}
	trace_free(&trace);
	alarm(0);
}

static void test_stream__threads_need_memory(void **state)
{
	const struct deps_config how = { .nr_threads = 2,
					 .pgsizes = V7S_PGSIZES };
	struct l2_spec spec = strategy("slab_dma32");
	struct run_plan plan = {
		.replay = config,
		.spec = &spec,
		.nr_specs = 1,
		.nr_reps = 1,
	};
	const struct clock_info clock = { .quantum_ns = 1 };
	const struct run_env env = { .clock = &clock };
	struct run_cell cell = { 0 };
	struct deps *deps = NULL;
	char why[RUN_WHY_SIZE];
	struct trace trace;

	(void)state;
	plan.replay.threads.nr = 2;
	open_made(100, 1, 0, &trace);
	assert_int_equal(deps_create(&trace, &how, &deps), -EINVAL);
	assert_null(deps);
	assert_int_equal(run_workload(&plan, "made", &trace, &env, &cell, why),
			 -EINVAL);
	assert_string_equal(why, "made: threads need the trace in memory");
	run_cell_fini(&cell);
	trace_free(&trace);
}

static void test_stream__survive(void **state)
{
	struct replay_config cfg = config;
	struct l2_spec spec = strategy("page");
	struct survive_result a, b;
	struct trace kept, streamed;
	char why[TRACE_WHY_SIZE];
	struct made_source *made;

	(void)state;
	open_made(2000, 3, SIZE_MAX, &kept);
	made = open_made(2000, 3, 0, &streamed);
	assert_int_equal(survive_least(&cfg, &kept, &spec, &a, why), 0);
	assert_int_equal(survive_least(&cfg, &streamed, &spec, &b, why), 0);
	assert_true(a.found);
	assert_int_equal(a.bytes, b.bytes);
	assert_int_equal(a.failed_event, b.failed_event);
	assert_int_equal(a.trials, b.trials);
	made->bad_reading = made->nr_readings + 2;
	made->err = -EIO;
	assert_int_equal(survive_least(&cfg, &streamed, &spec, &b, why), -EIO);
	assert_string_equal(why, "made: out of order");
	trace_free(&kept);
	trace_free(&streamed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* First: what comes before has touched memory. */
		cmocka_unit_test(test_stream__memory),
		cmocka_unit_test(test_stream__same_figures),
		cmocka_unit_test(test_stream__log_is_bounded),
		cmocka_unit_test(test_stream__passes_say_why),
		cmocka_unit_test(test_stream__run_says_why),
		cmocka_unit_test(test_stream__threads_need_memory),
		cmocka_unit_test(test_stream__survive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
