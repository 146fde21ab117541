// SPDX-License-Identifier: GPL-2.0-only
/*
 * Comparisons of processes, counted; see selftest_run.h.
 *
 * A comparison is judged as one of results is: n processes, and if they find a
 * difference as many again, with other seeds, that must find the same.
 */
#include "selftest_run.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "child.h"
#include "clock.h"
#include "load.h"
#include "prng.h"
#include "stats.h"

#define MODES_NS 1000000000
#define MAX_NUMBERS 3 /* of a process */
#define NUMBER_SIZE 32
#define PATH_SIZE 4096

const char *const selftest_names[NR_SELFTESTS + 1] = { "aa", "planted", "order",
						       "modes", NULL };

const char *const selftest_works[NR_SELFTEST_WORKS + 1] = { "pair", "slow",
							    "calibrate",
							    "order", NULL };

/* Where the host allows it: a migration in the middle is noise. */
static void pin(void)
{
	int cpu = sched_getcpu();
	cpu_set_t set;

	if (cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET((unsigned)cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static int work(enum selftest_work what, const struct selftest_config *cfg,
		char *why)
{
	struct selftest_order order;
	struct selftest_pair pair;
	double share;
	int err;

	switch (what) {
	case WORK_CALIBRATE:
		err = selftest_calibrate(cfg, &share, why);
		if (!err)
			printf("%.17g\n", share);
		return err;
	case WORK_ORDER:
		err = selftest_order(cfg, &order, why);
		if (!err)
			printf("%.17g %.17g %.17g\n", order.again, order.others,
			       order.design);
		return err;
	default:
		err = selftest_pair(cfg, &pair, why);
		if (!err)
			printf("%.17g %.17g\n", pair.head, pair.twin);
		return err;
	}
}

int selftest_worker(struct selftest_options *opts)
{
	struct replay_config *replay = &opts->plan.plan.replay;
	struct trace trace = { 0 };
	const struct selftest_config cfg = {
		.replay = replay,
		.trace = &trace,
		.spec = opts->plan.spec,
		.kind = opts->metric,
		.nr_rounds = opts->nr_rounds,
		.slice_ns = opts->slice_us * 1000ull,
		.plant = opts->worker == WORK_SLOW,
		.delay = opts->delay,
		.seed = opts->seed,
	};
	char why[SELFTEST_WHY_SIZE] = "out of memory";
	int err, status;

	/* Nobody waits for it once its parent is gone. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	status = cli_load_trace(opts->workload, &opts->plan, replay, &trace);
	if (status)
		return status;
	pin();
	err = work((enum selftest_work)opts->worker, &cfg, why);
	trace_free(&trace);
	return err ? cli_fail(EXIT_FAILED, "%s: %s", opts->workload, why)
		   : EXIT_FINE;
}

struct session {
	const struct selftest_options *opts;
	struct figures *ret;
	struct progress progress;
	struct prng rng;
	uint64_t delay; /* calibrated */
	char self[PATH_SIZE];
};

static int fail(struct session *s, const char *why)
{
	progress_clear(&s->progress);
	return cli_fail(EXIT_FAILED, "selftest: %s", why);
}

static int parse_numbers(const char *text, unsigned nr, double *ret)
{
	for (unsigned i = 0; i < nr; i++) {
		char *end;

		ret[i] = strtod(text, &end);
		if (end == text || !isfinite(ret[i]))
			return -EINVAL;
		text = end;
	}
	return *text == '\n' ? 0 : -EINVAL;
}

/* nr numbers from one process. Returns as selftest_run(). */
static int ask(struct session *s, enum selftest_work what, unsigned nr,
	       double *ret)
{
	const struct selftest_options *o = s->opts;
	char number[4][NUMBER_SIZE], why[OUTPUT_WHY_SIZE], *text;
	const char *const argv[] = { s->self,	   "selftest",
				     "--worker",   selftest_works[what],
				     "--strategy", o->strategy,
				     "--workload", o->workload,
				     "--metric",   lane_kind_names[o->metric],
				     "--rounds",   number[0],
				     "--slice",	   number[1],
				     "--delay",	   number[2],
				     "--seed",	   number[3],
				     NULL };
	int err;

	snprintf(number[0], NUMBER_SIZE, "%u", o->nr_rounds);
	snprintf(number[1], NUMBER_SIZE, "%u", o->slice_us);
	snprintf(number[2], NUMBER_SIZE, "%llu", (unsigned long long)s->delay);
	snprintf(number[3], NUMBER_SIZE, "%llu",
		 (unsigned long long)(prng_next(&s->rng) >> 11));
	err = child_output((char *const *)argv, &text, NULL, why);
	if (err)
		return err == -EINTR ? err : fail(s, why);
	err = parse_numbers(text, nr, ret);
	free(text);
	return err ? fail(s, "a process said something else than numbers")
		   : EXIT_FINE;
}

static int judge_set(struct session *s, enum selftest_test test,
		     struct selftest_judged *ret)
{
	struct selftest_pair pair[PAIRED_MAX];
	double number[MAX_NUMBERS] = { 0 };
	int err = 0;

	for (unsigned i = 0; i < s->opts->nr_processes && !err; i++) {
		err = ask(s, test == TEST_PLANTED ? WORK_SLOW : WORK_PAIR, 2,
			  number);
		pair[i] = (struct selftest_pair){ number[0], number[1] };
	}
	if (err)
		return err;
	err = selftest_judge(pair, s->opts->nr_processes, ret);
	return err ? fail(s, strerror(-err)) : EXIT_FINE;
}

/* How many comparisons each guard let through. */
struct tally {
	unsigned called[NR_SELFTEST_GUARDS];
	unsigned confirmed;
	double log_ratio; /* sum of estimates */
};

static bool calls(enum selftest_test test, enum paired_verdict verdict)
{
	return test == TEST_PLANTED ? verdict == PAIRED_WORSE
				    : verdict != PAIRED_UNKNOWN;
}

static int compare(struct session *s, enum selftest_test test,
		   struct tally *tally)
{
	struct selftest_judged first, again;
	int err = judge_set(s, test, &first);

	if (err)
		return err;
	for (unsigned i = 0; i < NR_SELFTEST_GUARDS; i++)
		tally->called[i] += calls(test, first.by[i]);
	tally->log_ratio += first.head.log_ratio;
	if (!calls(test, first.by[GUARD_FLOOR]))
		return EXIT_FINE;
	err = judge_set(s, test, &again);
	if (!err)
		tally->confirmed += again.by[GUARD_FLOOR] ==
				    first.by[GUARD_FLOOR];
	return err;
}

static double percent_of(double log_ratio)
{
	return 100 * expm1(log_ratio);
}

static void add_tally(struct session *s, enum selftest_test test,
		      const struct tally *t, double seconds)
{
	const char *name = selftest_names[test];
	unsigned nr = s->opts->nr_comparisons;
	bool planted = test == TEST_PLANTED;

	figure_add(s->ret, name, planted ? "found_by_p" : "called_by_p",
		   "comparisons", t->called[GUARD_P]);
	figure_add(s->ret, name,
		   planted ? "found_by_threshold" : "called_by_threshold",
		   "comparisons", t->called[GUARD_THRESHOLD]);
	figure_add(s->ret, name, planted ? "found_by_floor" : "called_by_floor",
		   "comparisons", t->called[GUARD_FLOOR]);
	figure_add(s->ret, name, planted ? "found_worse" : "called_different",
		   "comparisons", t->confirmed);
	if (planted)
		figure_at_least(s->ret, 95.0 * nr / 100);
	else
		figure_at_most(s->ret, 5.0 * nr / 100);
	figure_add(s->ret, name, "estimate_mean", "percent",
		   percent_of(t->log_ratio / nr));
	figure_add(s->ret, name, "comparison_mean", "s", seconds / nr);
	figure_at_most(s->ret, 5);
}

static void add_context(struct session *s, enum selftest_test test)
{
	const char *name = selftest_names[test];

	figure_add(s->ret, name, "seed", "", (double)s->opts->seed);
	if (test == TEST_AA || test == TEST_PLANTED)
		figure_add(s->ret, name, "comparisons", "comparisons",
			   s->opts->nr_comparisons);
	figure_add(s->ret, name, "processes", "processes",
		   s->opts->nr_processes);
	if (test == TEST_PLANTED)
		figure_add(s->ret, name, "planted", "percent",
			   s->opts->percent);
}

static int run_comparisons(struct session *s, enum selftest_test test)
{
	struct tally tally = { .log_ratio = 0 };
	uint64_t start = clock_ns();
	unsigned i;
	int err = 0;

	add_context(s, test);
	for (i = 0; i < s->opts->nr_comparisons && !err; i++) {
		progress_step(&s->progress, selftest_names[test],
			      s->opts->nr_processes);
		err = compare(s, test, &tally);
	}
	if (!err)
		add_tally(s, test, &tally, (double)(clock_ns() - start) * 1e-9);
	return err;
}

/* The delay that makes for the percentage asked for. */
/* Median over processes of the first of nr numbers, which is no less than what
 * can be seen: where there is nothing, much is planted and little asked. */
static int ask_all(struct session *s, enum selftest_work what, unsigned nr,
		   double *ret)
{
	double value[PAIRED_MAX], answer[2] = { 0 };
	int err = 0;

	for (unsigned i = 0; i < s->opts->nr_processes && !err; i++) {
		err = ask(s, what, nr, answer);
		value[i] = answer[0];
	}
	if (err)
		return err;
	err = stats_median(value, s->opts->nr_processes, ret);
	if (err)
		return fail(s, strerror(-err));
	*ret = fmax(*ret, 0.001);
	return EXIT_FINE;
}

/* By what a large delay does, then by what the planted one does, since twice
 * the delay is not twice the effect. */
static int calibrate(struct session *s)
{
	double wanted = log1p(s->opts->percent / 100), effect;
	int err;

	s->delay = 0;
	err = ask_all(s, WORK_CALIBRATE, 1, &effect);
	if (!err)
		s->delay = (uint64_t)(L2_SLOW_UNIT * wanted / effect + 0.5);
	for (unsigned i = 0; i < 2 && !err; i++) {
		err = ask_all(s, WORK_SLOW, 2, &effect);
		if (!err)
			s->delay =
				(uint64_t)((double)s->delay * wanted / effect +
					   0.5);
	}
	return err;
}

static int run_planted(struct session *s)
{
	char why[RUN_WHY_SIZE];
	int err = calibrate(s);

	if (!err)
		err = run_comparisons(s, TEST_PLANTED);
	if (err)
		return err;
	err = selftest_exact(s->opts, s->ret, why);
	return !err || err == -EINTR ? err : fail(s, why);
}

/* bad: an order that nobody uses, and so without a goal. */
static int add_interval(struct session *s, const char *const *name, bool bad,
			const double *x)
{
	struct paired_result r;
	int err = paired_judge(x, s->opts->nr_processes, &r);

	if (err)
		return fail(s, strerror(-err));
	figure_add(s->ret, "order", name[0], "percent",
		   percent_of(r.log_ratio));
	if (!bad)
		figure_at_most(s->ret, 100 * PAIRED_THRESHOLD);
	figure_add(s->ret, "order", name[1], "percent", percent_of(r.low));
	figure_add(s->ret, "order", name[2], "percent", percent_of(r.high));
	return EXIT_FINE;
}

static int run_order(struct session *s)
{
	static const char *const name[MAX_NUMBERS][3] = {
		{ "second_after_same", "second_after_same_low",
		  "second_after_same_high" },
		{ "second_after_other", "second_after_other_low",
		  "second_after_other_high" },
		{ "slices", "slices_low", "slices_high" },
	};
	double x[MAX_NUMBERS][PAIRED_MAX];
	double number[MAX_NUMBERS] = { 0 };
	unsigned i, k;
	int err = 0;

	add_context(s, TEST_ORDER);
	for (i = 0; i < s->opts->nr_processes && !err; i++) {
		progress_step(&s->progress, "order", 1);
		err = ask(s, WORK_ORDER, MAX_NUMBERS, number);
		for (k = 0; k < MAX_NUMBERS; k++)
			x[k][i] = number[k];
	}
	for (k = 0; k < MAX_NUMBERS && !err; k++)
		err = add_interval(s, name[k], k + 1 < MAX_NUMBERS, x[k]);
	return err;
}

static int run_modes(struct session *s)
{
	struct selftest_modes m;
	int err;

	progress_step(&s->progress, "modes", 1);
	err = selftest_modes(MODES_NS, &cli_stop, &m);
	if (err)
		return err == -EINTR ? err : fail(s, strerror(-err));
	figure_add(s->ret, "modes", "speeds", "speeds", m.two ? 2 : 1);
	figure_add(s->ret, "modes", "slice_fast", "us", m.slice_ns[0] / 1000);
	if (!m.two)
		return EXIT_FINE;
	figure_add(s->ret, "modes", "slice_slow", "us", m.slice_ns[1] / 1000);
	figure_add(s->ret, "modes", "slow_to_fast", "ratio", m.ratio);
	figure_add(s->ret, "modes", "slow_share", "share", m.share[1]);
	figure_add(s->ret, "modes", "stretch_fast", "us", m.run_us[0]);
	figure_add(s->ret, "modes", "stretch_slow", "us", m.run_us[1]);
	return EXIT_FINE;
}

static int run_test(struct session *s, enum selftest_test test)
{
	/* Each on its own is what it is among the others. */
	s->rng.state = s->opts->seed + ((uint64_t)test << 56);
	switch (test) {
	case TEST_PLANTED:
		return run_planted(s);
	case TEST_ORDER:
		return run_order(s);
	case TEST_MODES:
		return run_modes(s);
	default:
		return run_comparisons(s, test);
	}
}

int selftest_run(const struct selftest_options *opts, struct figures *ret)
{
	struct session s = { .opts = opts, .ret = ret };
	uint64_t each = (uint64_t)opts->nr_comparisons * opts->nr_processes;
	int err = child_self(s.self, sizeof(s.self));

	if (err)
		return fail(&s, strerror(-err));
	progress_begin(&s.progress, stderr,
		       opts->test[TEST_AA] * each +
			       opts->test[TEST_PLANTED] * each +
			       opts->test[TEST_ORDER] * opts->nr_processes +
			       opts->test[TEST_MODES]);
	for (unsigned i = 0; i < NR_SELFTESTS && !err; i++)
		if (opts->test[i])
			err = run_test(&s, i);
	progress_end(&s.progress);
	return err;
}
