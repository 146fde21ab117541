// SPDX-License-Identifier: GPL-2.0-only
/*
 * The measuring of the measuring: which guard lets what through, how times of
 * equal work are split into speeds, what is refused, and how figures and goals
 * are written. No time is judged: what a machine does is its own.
 */
#include "mm_fixture.h"

#include <math.h>

#include "output_fixture.h"
#include "prng.h"
#include "selftest.h"
#include "selftest_report.h"
#include "workload.h"

#define NR 20

/* Values around head, and around 0 for the twin, evenly spread. */
static struct selftest_judged judge(double head, double spread, double twin)
{
	struct selftest_pair pair[NR];
	struct selftest_judged ret;

	for (unsigned i = 0; i < NR; i++) {
		double at = (2.0 * i - (NR - 1)) / NR;

		pair[i] =
			(struct selftest_pair){ head + spread * at, twin * at };
	}
	assert_int_equal(selftest_judge(pair, NR, &ret), 0);
	assert_int_equal(ret.head.n, NR);
	return ret;
}

static void check_judged(const struct selftest_judged *j, int by_p,
			 int by_threshold, int by_floor)
{
	assert_int_equal(j->by[GUARD_P], by_p);
	assert_int_equal(j->by[GUARD_THRESHOLD], by_threshold);
	assert_int_equal(j->by[GUARD_FLOOR], by_floor);
}

static void test_judge(void **state)
{
	struct selftest_judged j;

	(void)state;
	j = judge(0, 0.01, 0.01);
	check_judged(&j, PAIRED_UNKNOWN, PAIRED_UNKNOWN, PAIRED_UNKNOWN);
	j = judge(0.02, 0.01, 0.01);
	check_judged(&j, PAIRED_WORSE, PAIRED_WORSE, PAIRED_WORSE);
	assert_true(fabs(j.head.log_ratio - 0.02) < 1e-12);
	j = judge(-0.02, 0.01, 0.01);
	check_judged(&j, PAIRED_BETTER, PAIRED_BETTER, PAIRED_BETTER);
	/* Significant, but nobody cares. */
	j = judge(0.005, 0.001, 0.001);
	check_judged(&j, PAIRED_WORSE, PAIRED_UNKNOWN, PAIRED_UNKNOWN);
	/* The twin differs by as much. */
	j = judge(0.02, 0.01, 0.2);
	check_judged(&j, PAIRED_WORSE, PAIRED_WORSE, PAIRED_UNKNOWN);
	/* Nothing is significant about that. */
	j = judge(0.02, 0.5, 0.001);
	check_judged(&j, PAIRED_UNKNOWN, PAIRED_UNKNOWN, PAIRED_UNKNOWN);
}

static void test_judge__refused(void **state)
{
	static struct selftest_pair pair[PAIRED_MAX + 1];
	struct selftest_judged j = { .by = { 9 } };

	(void)state;
	assert_int_equal(selftest_judge(pair, 0, &j), -ENODATA);
	assert_int_equal(selftest_judge(pair, PAIRED_MAX + 1, &j), -ERANGE);
	pair[3].twin = NAN;
	assert_int_equal(selftest_judge(pair, NR, &j), -EINVAL);
	pair[3] = (struct selftest_pair){ INFINITY, 0 };
	assert_int_equal(selftest_judge(pair, NR, &j), -EINVAL);
	assert_int_equal(j.by[0], 9);
}

#define NR_NS 10000

/* Stretches of fast and slow slices in turn, spread by 2 %. */
static void make_ns(uint64_t *ns, size_t fast, size_t slow, uint64_t slow_ns)
{
	struct prng rng = { 5 };

	for (size_t i = 0; i < NR_NS; i++) {
		bool is_slow = i % (fast + slow) >= fast;

		ns[i] = (is_slow ? slow_ns : 20000) - 200 +
			prng_below(&rng, 400);
	}
}

static void test_modes__two(void **state)
{
	static uint64_t ns[NR_NS];
	struct selftest_modes m;

	(void)state;
	make_ns(ns, 30, 10, 40000);
	/* Somebody else had the CPU: no third speed. */
	for (size_t i = 0; i < NR_NS; i += 500)
		ns[i] = 4000000;
	assert_int_equal(selftest_split_modes(ns, NR_NS, &m), 0);
	assert_true(m.two);
	assert_true(fabs(m.ratio - 2) < 0.01);
	assert_true(fabs(m.slice_ns[0] - 20000) < 100);
	assert_true(fabs(m.slice_ns[1] - 40000) < 300);
	assert_true(fabs(m.share[1] - 0.25) < 0.01);
	assert_true(fabs(m.share[0] + m.share[1] - 1) < 1e-9);
	assert_true(fabs(m.run_us[0] - 600) < 10);
	assert_true(fabs(m.run_us[1] - 400) < 10);
}

static void test_modes__one(void **state)
{
	static uint64_t ns[NR_NS];
	struct selftest_modes m;

	(void)state;
	make_ns(ns, 30, 10, 20000);
	assert_int_equal(selftest_split_modes(ns, NR_NS, &m), 0);
	assert_false(m.two);
	assert_true(m.ratio == 1 && m.share[0] == 1 && m.share[1] == 0);
	assert_true(fabs(m.slice_ns[0] - 20000) < 100);
	/* A tenth slower is no other speed, nor are a few slices. */
	make_ns(ns, 30, 10, 22000);
	assert_int_equal(selftest_split_modes(ns, NR_NS, &m), 0);
	assert_false(m.two);
	make_ns(ns, 990, 10, 40000);
	assert_int_equal(selftest_split_modes(ns, NR_NS, &m), 0);
	assert_false(m.two);
	/* A clock that shows nothing. */
	memset(ns, 0, sizeof(ns));
	assert_int_equal(selftest_split_modes(ns, NR_NS, &m), 0);
	assert_false(m.two);
	assert_int_equal(selftest_split_modes(ns, 2, &m), 0);
	assert_int_equal(selftest_split_modes(ns, 1, &m), -ENODATA);
	assert_int_equal(selftest_split_modes(ns, 0, &m), -ENODATA);
}

static void test_modes__measured(void **state)
{
	volatile sig_atomic_t stop = 0;
	struct selftest_modes m;

	(void)state;
	assert_int_equal(selftest_modes(2000000, &stop, &m), 0);
	assert_true(m.slice_ns[0] > 0 && m.ratio >= 1);
	stop = 1;
	assert_int_equal(selftest_modes(2000000, &stop, &m), -EINTR);
}

struct lab {
	struct replay_config replay;
	struct trace trace;
	struct l2_spec spec;
	struct selftest_config cfg;
	char why[SELFTEST_WHY_SIZE];
};

static void lab_open(struct lab *lab, const char *strategy, const char *text)
{
	struct workload_spec spec;
	char why[TRACE_WHY_SIZE];

	*lab = (struct lab){ .replay = { .profile = &machine_small } };
	lab->replay.pgtable = (struct v7s_config){
		.ias = 32,
		.oas = 35,
		.quirks = V7S_QUIRK_MTK_EXT | V7S_QUIRK_NO_PERMS,
		.pgsizes = V7S_PGSIZES,
	};
	if (workload_parse(text, &spec, why) ||
	    workload_open(&spec, TRACE_KEEP_EVENTS, &lab->trace, why) ||
	    l2_spec_parse(strategy, &lab->spec, why, sizeof(why)))
		fail_msg("%s", why);
	lab->cfg = (struct selftest_config){
		.replay = &lab->replay,
		.trace = &lab->trace,
		.spec = &lab->spec,
		.nr_rounds = 5,
		.slice_ns = 2000,
	};
}

static void test_process(void **state)
{
	unsigned nr = 0;

	(void)state;
	for (unsigned s = 0; l2_strategies[s]; s++) {
		struct selftest_pair pair = { NAN, NAN };
		struct selftest_order order = { NAN, NAN, NAN };
		double share = NAN;
		struct lab lab;

		lab_open(&lab, l2_strategies[s]->name, "x86-drm");
		for (unsigned kind = 0; kind < NR_LANE_KINDS; kind++, nr++) {
			lab.cfg.kind = kind;
			lab.cfg.seed = nr;
			assert_int_equal(
				selftest_pair(&lab.cfg, &pair, lab.why), 0);
			assert_true(isfinite(pair.head));
			assert_true(isfinite(pair.twin));
			assert_int_equal(
				selftest_order(&lab.cfg, &order, lab.why), 0);
			assert_true(isfinite(order.again));
			assert_true(isfinite(order.others));
			assert_true(isfinite(order.design));
		}
		lab.cfg.kind = LANE_TABLE;
		lab.cfg.plant = true;
		lab.cfg.delay = 20000;
		assert_int_equal(selftest_pair(&lab.cfg, &pair, lab.why), 0);
		assert_true(isfinite(pair.head));
		assert_int_equal(selftest_calibrate(&lab.cfg, &share, lab.why),
				 0);
		assert_true(isfinite(share));
		trace_free(&lab.trace);
	}
	assert_true(nr >= 10);
}

static void refused(const char *strategy, const char *workload,
		    enum lane_kind kind, bool plant, int err, const char *why)
{
	struct selftest_pair pair;
	struct lab lab;

	lab_open(&lab, strategy, workload);
	lab.cfg.kind = kind;
	lab.cfg.plant = plant;
	lab.cfg.delay = 20000;
	assert_int_equal(selftest_pair(&lab.cfg, &pair, lab.why), err);
	if (!strstr(lab.why, why))
		fail_msg("%s", lab.why);
	trace_free(&lab.trace);
}

static void test_process__refused(void **state)
{
	struct selftest_order order;
	struct lab lab;
	double share;

	(void)state;
	refused("page_frag:mode=v3", "x86-drm", LANE_TABLE, false, -ENOTSUP,
		"page_frag:mode=v3: cannot do the workload over and over");
	refused("page", "vdec_4k_20ref:profile=buddy,seeks=0", LANE_EVENT,
		false, -ENOTSUP, "page: cannot do");
	refused("page", "x86-drm", LANE_EVENT, true, -EINVAL,
		"page: nothing can be planted in events");
	lab_open(&lab, "page", "x86-drm");
	lab.cfg.kind = LANE_EVENT;
	assert_int_equal(selftest_calibrate(&lab.cfg, &share, lab.why),
			 -EINVAL);
	trace_free(&lab.trace);
	lab_open(&lab, "page", "scanout_1080p60:profile=P0");
	lab.cfg.kind = LANE_EVENT;
	lab.cfg.slice_ns = 1000000000;
	assert_int_equal(selftest_order(&lab.cfg, &order, lab.why), -ENODATA);
	assert_string_equal(lab.why,
			    "page: the workload is too short for slices");
	trace_free(&lab.trace);
}

static void example(struct figures *f)
{
	f->nr = 0;
	figure_add(f, "aa", "comparisons", "comparisons", 100);
	figure_add(f, "aa", "called_different", "comparisons", 6);
	figure_at_most(f, 5);
	figure_add(f, "planted", "found_worse", "comparisons", 95);
	figure_at_least(f, 95);
	figure_add(f, "order", "slices", "percent", -0.5);
	figure_at_most(f, 1);
}

static void test_figures(void **state)
{
	struct figures f;
	struct memory m;

	(void)state;
	example(&f);
	assert_true(figure_met(&f.row[0]));
	assert_false(figure_met(&f.row[1]));
	assert_true(figure_met(&f.row[2]));
	assert_true(figure_met(&f.row[3]));
	f.row[3].value = -1.5;
	assert_false(figure_met(&f.row[3]));
	f.row[3].value = -0.5;
	assert_int_equal(figures_write(&f, FIGURES_CSV, open_memory(&m)), 0);
	check_memory(&m, "test,figure,value,unit,goal,met\n"
			 "aa,comparisons,100,comparisons,,\n"
			 "aa,called_different,6,comparisons,at most 5,no\n"
			 "planted,found_worse,95,comparisons,at least 95,yes\n"
			 "order,slices,-0.5,percent,at most 1,yes\n");
	f.nr = 2;
	assert_int_equal(figures_write(&f, FIGURES_TEXT, open_memory(&m)), 0);
	check_memory(
		&m,
		"test  figure            value  unit         goal       met\n"
		"----  ----------------  -----  -----------  ---------  ---\n"
		"aa    comparisons         100  comparisons             \n"
		"aa    called_different      6  comparisons  at most 5  no\n");
	assert_int_equal(figures_write(&f, FIGURES_JSON, open_memory(&m)), 0);
	check_memory(&m, "[\n"
			 " {\n"
			 "  \"test\": \"aa\",\n"
			 "  \"figure\": \"comparisons\",\n"
			 "  \"value\": 100.0,\n"
			 "  \"unit\": \"comparisons\"\n"
			 " },\n"
			 " {\n"
			 "  \"test\": \"aa\",\n"
			 "  \"figure\": \"called_different\",\n"
			 "  \"value\": 6.0,\n"
			 "  \"unit\": \"comparisons\",\n"
			 "  \"goal\": \"at most 5\",\n"
			 "  \"met\": false\n"
			 " }\n"
			 "]\n");
	f.row[0].value = NAN;
	assert_int_equal(figures_write(&f, FIGURES_CSV, open_memory(&m)),
			 -EINVAL);
	check_memory(&m, "");
}

static void test_figures__full(void **state)
{
	static struct figures f;

	(void)state;
	for (unsigned i = 0; i < FIGURES_MAX + 2; i++)
		figure_add(&f, "aa", "x", "y", i);
	assert_int_equal(f.nr, FIGURES_MAX);
	assert_true(f.row[FIGURES_MAX - 1].value == FIGURES_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_judge__refused),
		cmocka_unit_test(test_modes__two),
		cmocka_unit_test(test_modes__one),
		cmocka_unit_test(test_modes__measured),
		cmocka_unit_test(test_process),
		cmocka_unit_test(test_process__refused),
		cmocka_unit_test(test_figures),
		cmocka_unit_test(test_figures__full),
	};

	return cmocka_run_group_tests_name("selftest", tests, NULL, NULL);
}
