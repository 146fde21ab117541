// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lanes: every strategy goes round and round on recorded, generated and
 * handmade traces, in pieces of any size, does the same in each cycle and as
 * the others do, on memory of its own. What cannot go round is refused, and
 * what goes wrong later is told.
 */
#include "team_fixture.h"

#include "lane.h"
#include "prng.h"
#include "replay.h"
#include "workload.h"

struct bench {
	struct replay_config cfg;
	struct trace trace;
	struct l2_spec spec;
	struct replay_machine m;
	struct memory_result memory;
};

static void bench_init(struct bench *b)
{
	*b = (struct bench){ .cfg = { .profile = &machine_small } };
	b->cfg.pgtable = (struct v7s_config){
		.ias = 32,
		.oas = 35,
		.quirks = V7S_QUIRK_MTK_EXT | V7S_QUIRK_NO_PERMS,
		.pgsizes = V7S_PGSIZES,
	};
}

/* The trace becomes the bench's. */
static void bench_open(struct bench *b, const char *strategy,
		       const struct trace *trace)
{
	const char *reason = "";
	char why[160];

	b->trace = *trace;
	if (l2_spec_parse(strategy, &b->spec, why, sizeof(why)))
		fail_msg("%s", why);
	assert_int_equal(
		replay_machine_init(&b->m, &b->cfg, &b->trace, &b->spec), 0);
	if (pass_memory(&b->m, &b->memory, &reason))
		fail_msg("%s: %s", strategy, reason);
}

static void bench_close(struct bench *b)
{
	memory_result_fini(&b->memory);
	replay_machine_fini(&b->m);
}

static struct trace open_workload(const char *text, size_t keep)
{
	struct workload_spec spec;
	char why[TRACE_WHY_SIZE];
	struct trace trace = { 0 };

	if (workload_parse(text, &spec, why) ||
	    workload_open(&spec, keep, &trace, why))
		fail_msg("%s", why);
	return trace;
}

/* The check decorator, as a lane wraps it. */
struct watched {
	struct l2_reports reports;
	struct fault_attr *fault; /* or NULL */
	unsigned nr_instances;
};

static int watch(void *ctx, struct l2_strategy *inner, const struct l2_env *env,
		 struct l2_strategy **ret)
{
	struct watched *w = ctx;
	int err = 0;

	w->nr_instances++;
	if (w->fault)
		err = l2_fault_create(inner, w->fault, &inner);
	if (!err)
		err = l2_check_create(inner, env, &w->reports, ret);
	if (err)
		l2_destroy(inner);
	return err;
}

/* A cycle in pieces, with something wrong asked for in between. */
static void run_cycle(struct lane *lane, struct prng *rng)
{
	uint64_t left = lane->length;

	while (left) {
		size_t nr = 1 + prng_below(rng, 700);

		assert_int_equal(lane->ops->rewind(lane), -EINVAL);
		if (nr > left)
			nr = left;
		lane->ops->run(lane, nr);
		left -= nr;
	}
	assert_int_equal(lane->ops->rewind(lane), 0);
}

/* Three cycles; what a lane says of itself goes to ret. */
static void check_lane(struct bench *b, enum lane_kind kind, struct lane *ret)
{
	struct prng rng = { kind };
	struct watched w = { .nr_instances = 0 };
	struct physmem_usage before, after;
	uint64_t each;
	struct lane *lane;

	physmem_usage(b->m.pm, &before);
	assert_int_equal(lane_create(&b->m, kind, watch, &w, &lane), 0);
	each = w.reports.nr_allocs;
	assert_true(each > 0);
	for (unsigned i = 0; i < 3; i++)
		run_cycle(lane, &rng);
	assert_int_equal(w.reports.nr_allocs, 4 * each);
	if (lane->length == b->trace.nr_events)
		assert_int_equal(each, b->memory.l2_allocs);
	*ret = *lane;
	lane_destroy(lane);
	assert_int_equal(l2_reports_total(&w.reports), 0);
	assert_int_equal(w.nr_instances,
			 (kind == LANE_EVENT ? 5 : 1) * b->memory.nr_instances);
	physmem_usage(b->m.pm, &after);
	assert_int_equal(after.nr_allocs, before.nr_allocs);
}

static void test_lane__all_alike(void **state)
{
	static const char *const workload[] = { "x86-drm", "adv_one_slot",
						"arm-desktop",
						"jpeg_small_churn:jobs=2" };
	unsigned nr = 0;

	(void)state;
	for (unsigned w = 0; w < ARRAY_SIZE(workload); w++) {
		struct lane first[NR_LANE_KINDS] = { { .length = 0 } }, lane;
		struct trace trace =
			open_workload(workload[w], TRACE_KEEP_EVENTS);

		for (unsigned s = 0; l2_strategies[s]; s++) {
			struct bench b;

			watchdog();
			bench_init(&b);
			bench_open(&b, l2_strategies[s]->name, &trace);
			for (unsigned k = 0; k < NR_LANE_KINDS; k++) {
				check_lane(&b, k, &lane);
				if (!s)
					first[k] = lane;
				assert_int_equal(lane.length, first[k].length);
				assert_int_equal(lane.work, first[k].work);
				nr++;
			}
			bench_close(&b);
		}
		assert_int_not_equal(first[LANE_TABLE].work,
				     first[LANE_EVENT].work);
		trace_free(&trace);
	}
	assert_true(nr >= 4 * 2 * 5);
}

static void open_lane(struct bench *b, const char *strategy,
		      const char *workload, enum lane_kind kind, int err,
		      struct lane *ret)
{
	struct trace trace = open_workload(workload, TRACE_KEEP_EVENTS);
	struct lane *lane;

	watchdog();
	bench_open(b, strategy, &trace);
	assert_int_equal(lane_create(&b->m, kind, NULL, NULL, &lane), err);
	if (!err) {
		*ret = *lane;
		lane_destroy(lane);
	}
	bench_close(b);
	trace_free(&trace);
}

/* Short logs are repeated, long ones and traces cut; other work is another
 * digest. */
static void test_lane__lengths(void **state)
{
	struct lane a, b, c;
	struct bench bench;

	(void)state;
	bench_init(&bench);
	open_lane(&bench, "null", "adv_one_slot", LANE_TABLE, 0, &a);
	assert_int_equal(a.length, (LANE_MIN_OPS + 1999) / 2000 * 2000);
	open_lane(&bench, "null", "adv_one_slot", LANE_EVENT, 0, &b);
	assert_int_equal(b.length, 2000);
	open_lane(&bench, "null", "adv_frag_pin", LANE_EVENT, 0, &b);
	assert_int_equal(b.length, LANE_MAX_OPS);
	open_lane(&bench, "null", "adv_frag_pin", LANE_TABLE, 0, &b);
	assert_true(b.length > LANE_MAX_OPS && b.length < LANE_MAX_OPS + 4096);
	open_lane(&bench, "null", "adv_frag_pin", LANE_TABLE, 0, &c);
	assert_int_equal(b.work, c.work);
	assert_int_not_equal(a.work, b.work);
	for (unsigned i = 0; i < NR_LANE_KINDS; i++)
		assert_string_equal(lane_kind_names[i], i ? "event" : "table");
	assert_null(lane_kind_names[NR_LANE_KINDS]);
}

/* Translations count for events, and not for tables. */
static void test_lane__digests(void **state)
{
	uint64_t work[2][NR_LANE_KINDS];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct trace trace = { 0 };
		struct trace_event ev;
		struct lane *lane;
		struct bench b;

		add_domains(&trace, 1);
		for (unsigned k = 0; k < 4; k++) {
			ev = event_of(TRACE_MAP, 0, 0, k * SZ_1M, PAGE_SIZE);
			ev.paddr += i * PAGE_SIZE;
			add_event(&trace, &ev);
		}
		bench_init(&b);
		bench_open(&b, "page", &trace);
		for (unsigned k = 0; k < NR_LANE_KINDS; k++) {
			assert_int_equal(
				lane_create(&b.m, k, NULL, NULL, &lane), 0);
			work[i][k] = lane->work;
			lane_destroy(lane);
		}
		bench_close(&b);
		trace_free(&trace);
	}
	assert_int_equal(work[0][LANE_TABLE], work[1][LANE_TABLE]);
	assert_int_not_equal(work[0][LANE_EVENT], work[1][LANE_EVENT]);
}

static void test_lane__no_table(void **state)
{
	struct trace trace = { 0 };
	struct trace_event ev = event_of(TRACE_MAP, 0, 0, SZ_1M, SZ_1M);
	struct lane *lane = NULL;
	struct bench b;

	(void)state;
	add_domains(&trace, 1);
	add_event(&trace, &ev);
	bench_init(&b);
	bench_open(&b, "page", &trace);
	assert_int_equal(lane_create(&b.m, LANE_TABLE, NULL, NULL, &lane),
			 -ENODATA);
	assert_null(lane);
	assert_int_equal(lane_create(&b.m, LANE_EVENT, NULL, NULL, &lane), 0);
	lane_destroy(lane);
	lane_destroy(NULL);
	bench_close(&b);
	trace_free(&trace);
}

/* What is not in memory has a log nevertheless. */
static void test_lane__not_in_memory(void **state)
{
	struct trace trace = open_workload("x86-drm", 0);
	struct lane *lane;
	struct bench b;

	(void)state;
	bench_init(&b);
	bench_open(&b, "pte_frag", &trace);
	assert_null(b.trace.event);
	assert_int_equal(lane_create(&b.m, LANE_EVENT, NULL, NULL, &lane),
			 -ENOTSUP);
	assert_int_equal(lane_create(&b.m, LANE_TABLE, NULL, NULL, &lane), 0);
	lane_destroy(lane);
	bench_close(&b);
	trace_free(&trace);
}

static void test_lane__refused(void **state)
{
	struct bench b;
	struct lane lane;

	(void)state;
	for (unsigned kind = 0; kind < NR_LANE_KINDS; kind++) {
		bench_init(&b);
		open_lane(&b, "page_frag:mode=v3", "x86-drm", kind, -ENOTSUP,
			  NULL);
		/* More tables than the pool has. */
		bench_init(&b);
		open_lane(&b, "genalloc:tables=16", "x86-drm", kind, -ENOTSUP,
			  NULL);
		assert_true(b.memory.alloc_failures > 0);
		/* No room for the pool, which is taken with the domain. */
		bench_init(&b);
		b.cfg.age.zone_bytes = SZ_1M;
		open_lane(&b, "genalloc", "x86-drm", kind, -ENOTSUP, NULL);
		assert_false(b.memory.built);
	}
	bench_init(&b);
	open_lane(&b, "page", "vdec_4k_20ref:profile=buddy,seeks=0", LANE_EVENT,
		  -ENOTSUP, NULL);
	/* The page table refuses one, which the log has not to know. */
	bench_init(&b);
	b.cfg.faults.unfit.nth = 3;
	open_lane(&b, "page", "x86-drm", LANE_EVENT, -ENOTSUP, NULL);
	open_lane(&b, "page", "x86-drm", LANE_TABLE, 0, &lane);
}

/* An allocation fails in the second cycle. */
static void test_lane__other_cycle(void **state)
{
	struct trace trace = open_workload("x86-drm", TRACE_KEEP_EVENTS);
	struct bench b;

	(void)state;
	bench_init(&b);
	bench_open(&b, "slab_dma32", &trace);
	for (unsigned kind = 0; kind < NR_LANE_KINDS; kind++) {
		struct fault_attr fault = { .nth = 0 };
		struct watched w = { .fault = &fault };
		struct lane *lane;

		assert_int_equal(lane_create(&b.m, kind, watch, &w, &lane), 0);
		fault.nth = fault.calls + 100;
		lane->ops->run(lane, lane->length);
		assert_int_equal(fault.fired, 1);
		assert_int_equal(lane->ops->rewind(lane), -EUCLEAN);
		lane_destroy(lane);
	}
	bench_close(&b);
	trace_free(&trace);
}

static int refuse(void *ctx, struct l2_strategy *inner,
		  const struct l2_env *env, struct l2_strategy **ret)
{
	unsigned *left = ctx;

	(void)env;
	if ((*left)--) {
		*ret = inner;
		return 0;
	}
	l2_destroy(inner);
	return -ENOMEM;
}

/* The host's memory ends when a lane is made, or when it is rewound. */
static void test_lane__no_memory(void **state)
{
	struct trace trace = open_workload("x86-drm", TRACE_KEEP_EVENTS);
	struct lane *lane = NULL;
	unsigned left = 0;
	struct bench b;

	(void)state;
	bench_init(&b);
	bench_open(&b, "slab_dma32", &trace);
	assert_int_equal(lane_create(&b.m, LANE_TABLE, refuse, &left, &lane),
			 -ENOMEM);
	left = 1;
	assert_int_equal(lane_create(&b.m, LANE_EVENT, refuse, &left, &lane),
			 -ENOMEM);
	assert_null(lane);
	left = 2;
	assert_int_equal(lane_create(&b.m, LANE_EVENT, refuse, &left, &lane),
			 0);
	lane->ops->run(lane, lane->length);
	assert_int_equal(lane->ops->rewind(lane), -ENOMEM);
	lane_destroy(lane);
	bench_close(&b);
	trace_free(&trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lane__all_alike),
		cmocka_unit_test(test_lane__lengths),
		cmocka_unit_test(test_lane__digests),
		cmocka_unit_test(test_lane__no_table),
		cmocka_unit_test(test_lane__not_in_memory),
		cmocka_unit_test(test_lane__refused),
		cmocka_unit_test(test_lane__other_cycle),
		cmocka_unit_test(test_lane__no_memory),
	};

	return cmocka_run_group_tests_name("lane", tests, NULL, NULL);
}
