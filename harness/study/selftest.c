// SPDX-License-Identifier: GPL-2.0-only
/*
 * The measuring measured, in one process; see selftest.h.
 *
 * A delay is calibrated with a third of a unit a call, in slices with and
 * without it that alternate: a piece of it is then paid about as seldom as for
 * the few percent that are planted, and so foreseen as badly.
 * Concurrency: none.
 */
#include "selftest.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "prng.h"
#include "slices.h"
#include "stats.h"

enum { BASE, HEAD, TWIN, NR_SUBJECTS };

#define CALIBRATIONS 400     /* pairs of slices */
#define CALIBRATION_NS 20000 /* of a slice */
#define CALIBRATION_DELAY (L2_SLOW_UNIT / 3)

struct bench {
	const struct selftest_config *cfg;
	struct replay_machine m;
	struct memory_result memory;
	struct l2_slow_config slow[NR_SUBJECTS];
	struct lane *lane[NR_SUBJECTS][2];
	char *why;
};

static int fail(const struct bench *b, int err, const char *what)
{
	if (err && err != -EINTR)
		snprintf(b->why, SELFTEST_WHY_SIZE, "%s: %s",
			 b->cfg->spec->label, what);
	return err;
}

static int wrap_slow(void *ctx, struct l2_strategy *inner,
		     const struct l2_env *env, struct l2_strategy **ret)
{
	int err = l2_slow_create(inner, ctx, ret);

	(void)env;
	if (err)
		l2_destroy(inner);
	return err;
}

static int open_lanes(struct bench *b, struct prng *rng)
{
	unsigned order[2 * NR_SUBJECTS], i;
	int err = 0;

	for (i = 0; i < 2 * NR_SUBJECTS; i++) {
		unsigned other = prng_below(rng, i + 1);

		order[i] = order[other];
		order[other] = i;
	}
	for (i = 0; i < 2 * NR_SUBJECTS && !err; i++) {
		unsigned subject = order[i] / 2;

		err = lane_create(&b->m, b->cfg->kind,
				  b->cfg->plant ? wrap_slow : NULL,
				  &b->slow[subject],
				  &b->lane[subject][order[i] % 2]);
	}
	return err;
}

static void bench_close(struct bench *b)
{
	for (unsigned i = 0; i < 2 * NR_SUBJECTS; i++)
		lane_destroy(b->lane[i / 2][i % 2]);
	memory_result_fini(&b->memory);
	replay_machine_fini(&b->m);
}

static const char *lane_trouble(int err)
{
	return err == -EINVAL	 ? "nothing can be planted in events"
	       : err == -ENODATA ? "the workload takes no table"
	       : err == -ENOTSUP ? "cannot do the workload over and over"
	       : err == -ENOMEM	 ? "out of memory"
				 : "two cycles did not do the same";
}

static int bench_open(struct bench *b)
{
	const struct selftest_config *cfg = b->cfg;
	const char *reason = "out of memory";
	int err =
		replay_machine_init(&b->m, cfg->replay, cfg->trace, cfg->spec);

	if (!err)
		err = pass_memory(&b->m, &b->memory, &reason);
	return fail(b, err, reason);
}

static int bench_open_lanes(struct bench *b, struct prng *rng)
{
	int err = bench_open(b);

	if (err)
		return err;
	err = b->cfg->plant && b->cfg->kind != LANE_TABLE ? -EINVAL
							  : open_lanes(b, rng);
	return fail(b, err, lane_trouble(err));
}

static uint64_t time_ops(struct lane *lane, size_t nr)
{
	uint64_t start = clock_ns();

	lane->ops->run(lane, nr);
	return clock_ns() - start;
}

/* Operations that take a slice, by a cycle. */
static size_t ops_of_slice(struct lane *lane, uint64_t slice_ns, int *ret_err)
{
	uint64_t ns = time_ops(lane, lane->length), nr;

	*ret_err = lane->ops->rewind(lane);
	nr = ns > slice_ns ? lane->length * slice_ns / ns : lane->length;
	return nr ? nr : 1;
}

/* ln of the time of the second lane over that of the first. */
static int time_both(struct lane *const lane[2], unsigned nr, double *ratio)
{
	size_t ops = 1, pos = 0;
	int err[2];

	for (unsigned k = 0; k < 2; k++)
		ops = ops_of_slice(lane[k], CALIBRATION_NS, &err[k]);
	for (unsigned i = 0; i < nr && !err[0] && !err[1]; i++) {
		uint64_t ns[2];

		for (unsigned k = 0; k < 2; k++)
			ns[(i + k) % 2] = time_ops(lane[(i + k) % 2], ops);
		ratio[i] = log((double)(ns[1] ? ns[1] : 1) /
			       (double)(ns[0] ? ns[0] : 1));
		pos += ops;
		if (pos + ops <= lane[0]->length)
			continue;
		for (unsigned k = 0; k < 2 && pos; k++) {
			lane[k]->ops->run(lane[k], lane[k]->length - pos);
			err[k] = lane[k]->ops->rewind(lane[k]);
		}
		pos = 0;
	}
	return err[0] ? err[0] : err[1];
}

/* Which lane is built first is drawn too. */
static int try_delay(struct bench *b, struct prng *rng, double *ret)
{
	struct l2_slow_config slow[2] = { { .delay = 0 },
					  { .delay = CALIBRATION_DELAY } };
	unsigned first = prng_below(rng, 2);
	struct lane *lane[2] = { NULL, NULL };
	double ratio[CALIBRATIONS], median;
	int err = 0;

	for (unsigned i = 0; i < 2 && !err; i++) {
		unsigned k = (first + i) % 2;

		err = lane_create(&b->m, b->cfg->kind, wrap_slow, &slow[k],
				  &lane[k]);
	}
	if (!err)
		err = time_both(lane, CALIBRATIONS, ratio);
	if (!err)
		err = stats_median(ratio, CALIBRATIONS, &median);
	for (unsigned i = 0; i < 2; i++)
		lane_destroy(lane[i]);
	if (!err)
		*ret = expm1(median) * L2_SLOW_UNIT / CALIBRATION_DELAY;
	return err;
}

static int measure(struct bench *b, struct prng *rng, struct slices *ret)
{
	const struct slices_config how = {
		.nr_rounds = b->cfg->nr_rounds,
		.slice_ns = b->cfg->slice_ns,
		.seed = prng_next(rng),
	};
	int err = slices_measure(b->lane, NR_SUBJECTS, &how,
				 b->cfg->replay->stop, ret);

	return fail(b, err,
		    err == -ENODATA ? "the workload is too short for slices"
				    : lane_trouble(err));
}

int selftest_pair(const struct selftest_config *cfg, struct selftest_pair *ret,
		  char *why)
{
	struct bench b = { .cfg = cfg,
			   .slow = { [HEAD] = { .delay = cfg->delay } },
			   .why = why };
	struct prng rng = { cfg->seed };
	struct selftest_pair pair;
	struct slices s = { 0 };
	int err = bench_open_lanes(&b, &rng);

	if (!err)
		err = measure(&b, &rng, &s);
	if (!err)
		err = slices_log_ratio(&s, HEAD, BASE, &pair.head);
	if (!err)
		err = slices_log_ratio(&s, TWIN, BASE, &pair.twin);
	slices_fini(&s);
	bench_close(&b);
	if (!err)
		*ret = pair;
	return err;
}

int selftest_calibrate(const struct selftest_config *cfg, double *ret,
		       char *why)
{
	struct bench b = { .cfg = cfg, .why = why };
	struct prng rng = { cfg->seed };
	int err = bench_open(&b);

	if (!err) {
		err = cfg->kind == LANE_TABLE ? try_delay(&b, &rng, ret)
					      : -EINVAL;
		fail(&b, err, lane_trouble(err));
	}
	bench_close(&b);
	return err;
}

/* Two lanes of one strategy, a slice of each in turn. */
struct turns {
	struct lane *lane[2];
	size_t nr_places;
	size_t at[2]; /* place of each in the cycle */
	double *diff; /* by place of the first lane: ln(second / first) */
	double *x;    /* mean of that over both orders */
	size_t nr_x;
};

static size_t place(const struct turns *t, size_t i)
{
	return t->lane[0]->length * i / t->nr_places;
}

static double time_place(struct turns *t, unsigned k)
{
	size_t i = t->at[k];
	uint64_t ns = time_ops(t->lane[k], place(t, i + 1) - place(t, i));

	t->at[k] = (i + 1) % t->nr_places;
	return log(ns ? (double)ns : 1);
}

/* A cycle: which lane goes first is the same in all of it, and the other in the
 * next, so that what the lanes differ by falls out. */
static int take_turns(struct turns *t, unsigned first, bool even)
{
	int err = 0;

	for (size_t i = 0; i < t->nr_places && !err; i++) {
		double a = time_place(t, first);
		double b = time_place(t, !first);

		if (even)
			t->diff[i] = b - a;
		else
			t->x[t->nr_x++] = (b - a + t->diff[i]) / 2;
		for (unsigned k = 0; k < 2 && !err; k++)
			if (!t->at[k])
				err = t->lane[k]->ops->rewind(t->lane[k]);
	}
	return err;
}

/* apart: places that the second lane is ahead. At least a round for each of
 * nr_rounds; lanes are left where they were. */
static int second_to_first(struct turns *t, size_t apart, unsigned nr_rounds,
			   struct prng *rng, double *ret)
{
	size_t nr_pairs = nr_rounds / t->nr_places + 1;
	struct lane *ahead = t->lane[1];
	int err = 0;

	t->diff = calloc(t->nr_places, sizeof(double));
	t->x = calloc(nr_pairs * t->nr_places, sizeof(double));
	t->nr_x = 0;
	if (!t->diff || !t->x)
		err = -ENOMEM;
	t->at[1] = apart;
	if (!err)
		ahead->ops->run(ahead, place(t, apart));
	for (size_t i = 0; i < nr_pairs && !err; i++) {
		unsigned first = (unsigned)(prng_next(rng) >> 63);

		err = take_turns(t, first, true);
		if (!err)
			err = take_turns(t, !first, false);
	}
	if (!err && apart) {
		ahead->ops->run(ahead, ahead->length - place(t, apart));
		err = ahead->ops->rewind(ahead);
	}
	if (!err)
		err = stats_median(t->x, t->nr_x, ret);
	free(t->diff);
	free(t->x);
	return err;
}

static int both_seconds(struct bench *b, struct turns *t, struct prng *rng,
			struct selftest_order *ret)
{
	unsigned nr_rounds = b->cfg->nr_rounds;
	size_t nr;
	int err;

	nr = ops_of_slice(t->lane[0], b->cfg->slice_ns, &err);
	t->nr_places = t->lane[0]->length / nr;
	if (!err && t->nr_places < 4)
		err = -ENODATA;
	if (!err)
		err = second_to_first(t, 0, nr_rounds, rng, &ret->again);
	if (!err)
		err = second_to_first(t, t->nr_places / 2, nr_rounds, rng,
				      &ret->others);
	return fail(b, err,
		    err == -ENODATA ? "the workload is too short for slices"
				    : lane_trouble(err));
}

static int second_slices(struct bench *b, struct prng *rng,
			 struct selftest_order *ret)
{
	struct turns t = { .lane = { NULL } };
	int err = 0;

	for (unsigned i = 0; i < 2 && !err; i++)
		err = lane_create(&b->m, b->cfg->kind, NULL, NULL, &t.lane[i]);
	err = err ? fail(b, err, lane_trouble(err))
		  : both_seconds(b, &t, rng, ret);
	for (unsigned i = 0; i < 2; i++)
		lane_destroy(t.lane[i]);
	return err;
}

int selftest_order(const struct selftest_config *cfg,
		   struct selftest_order *ret, char *why)
{
	struct bench b = { .cfg = cfg, .why = why };
	struct prng rng = { cfg->seed };
	struct selftest_order order;
	struct slices s = { 0 };
	int err = bench_open_lanes(&b, &rng);

	if (!err)
		err = second_slices(&b, &rng, &order);
	if (!err)
		err = measure(&b, &rng, &s);
	if (!err)
		err = slices_log_ratio(&s, HEAD, BASE, &order.design);
	slices_fini(&s);
	bench_close(&b);
	if (!err)
		*ret = order;
	return err;
}

int selftest_judge(const struct selftest_pair *process, size_t nr,
		   struct selftest_judged *ret)
{
	double x[PAIRED_MAX], floor = -1;
	struct selftest_judged judged;
	struct paired_result twin;
	size_t i;
	int err = nr > PAIRED_MAX ? -ERANGE : 0;

	for (i = 0; i < nr && !err; i++)
		x[i] = process[i].twin;
	if (!err)
		err = paired_judge(x, nr, &twin);
	if (!err && paired_floor(&twin, &floor))
		floor = -1;
	for (i = 0; i < nr && !err; i++)
		x[i] = process[i].head;
	if (!err)
		err = paired_judge(x, nr, &judged.head);
	if (err)
		return err;
	judged.by[GUARD_P] = paired_verdict(&judged.head, 0, 0);
	judged.by[GUARD_THRESHOLD] =
		paired_verdict(&judged.head, PAIRED_THRESHOLD, 0);
	judged.by[GUARD_FLOOR] =
		paired_verdict(&judged.head, PAIRED_THRESHOLD, floor);
	*ret = judged;
	return 0;
}
