// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process of `ab`; see ab_worker.h.
 *
 * The three are loaded, and make their machines, in an order drawn anew for
 * each process: who comes first has other addresses and other caches.
 *
 * Not done: more than one strategy in a process. Cost: three memory passes, and
 * for each metric six slices a round. Concurrency: none.
 */
#include "ab_worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "cli.h"
#include "prng.h"
#include "samples.h"
#include "slices.h"
#include "verdicts.h"
#include "workload.h"

#define SLICE_NS 20000

/* A worker at work. */
struct worker {
	const struct ab_work *work;
	const struct lane_module *module[NR_AB_SIDES];
	struct lane_session *session[NR_AB_SIDES];
	struct words words[NR_AB_SIDES];
	unsigned order[NR_AB_SIDES];
	struct csv_writer out;
	char why[OUTPUT_WHY_SIZE];
};

_Static_assert(OUTPUT_WHY_SIZE >= LANE_MODULE_WHY, "modules write it too");

static void draw_order(struct worker *w)
{
	struct prng rng = { .state = w->work->seed };
	unsigned i;

	for (i = 0; i < NR_AB_SIDES; i++) {
		unsigned at = prng_below(&rng, i + 1);

		w->order[i] = w->order[at];
		w->order[at] = i;
	}
}

static unsigned place_of(const struct worker *w, enum ab_side side)
{
	unsigned i = 0;

	while (w->order[i] != side)
		i++;
	return i;
}

static int load(struct worker *w)
{
	unsigned i, side;
	int err = 0;

	for (i = 0; i < NR_AB_SIDES && !err; i++) {
		side = w->order[i];
		err = ab_module_load(w->work->path[side], w->work->path[side],
				     &w->module[side], w->why);
		if (!err && w->module[side]->abi != LANE_ABI)
			err = why_set(w->why, -ELIBBAD, "lanes of form %u",
				      w->module[side]->abi);
	}
	return err;
}

static int open_one(struct worker *w, unsigned side)
{
	const struct ab_work *work = w->work;
	struct words words = { 0 };
	int err = words_add(&words, "v7sbench ab");
	unsigned i;

	err |= words_add(&words, "--strategy=%s", work->strategy);
	for (i = 0; i < work->options->nr; i++)
		err |= words_add(&words, "%s", work->options->word[i]);
	err |= words_add(&words, "%s", work->workload);
	if (err)
		err = why_set(w->why, -ENOMEM, "out of memory");
	else
		err = w->module[side]->open((int)words.nr, words.word,
					    &w->session[side], w->why);
	/* What it has parsed points into them. */
	w->words[side] = words;
	return err;
}

static int open_all(struct worker *w)
{
	int err = 0;

	for (unsigned i = 0; i < NR_AB_SIDES && !err; i++)
		err = open_one(w, w->order[i]);
	return err;
}

static int other_work(struct worker *w, const char *metric)
{
	return why_set(
		w->why, -EBADMSG,
		"%s: head does other work than base: exact figures first (ninja regress)",
		metric);
}

/* What cannot be measured on this strategy and workload, in any revision. */
static bool impossible(int err)
{
	return err == -ENOTSUP || err == -ENODATA;
}

static void destroy(struct lane *(*lane)[2])
{
	for (unsigned i = 0; i < NR_AB_SIDES; i++)
		for (unsigned k = 0; k < 2; k++)
			lane_destroy(lane[i][k]);
}

/* lane: in w->order. The first is the one that slices are cut by. */
static int make_lanes(struct worker *w, enum lane_kind kind,
		      struct lane *(*lane)[2])
{
	int err[NR_AB_SIDES];
	unsigned i;

	memset(lane, 0, NR_AB_SIDES * sizeof(*lane));
	for (i = 0; i < NR_AB_SIDES; i++) {
		unsigned side = w->order[i];

		err[i] = w->module[side]->lanes(w->session[side], kind, 2,
						lane[i], w->why);
		if (err[i])
			lane[i][0] = lane[i][1] = NULL;
		if (err[i] && !impossible(err[i]))
			return err[i];
	}
	for (i = 1; i < NR_AB_SIDES; i++)
		if (err[i] != err[0] ||
		    (!err[i] && (lane[i][0]->work != lane[0][0]->work ||
				 lane[i][0]->length != lane[0][0]->length)))
			return other_work(w, lane_kind_names[kind]);
	return err[0];
}

static int put_pair(struct worker *w, enum lane_kind kind, enum ab_side side,
		    const struct slices *s)
{
	struct sample row = {
		.source = "v7sbench",
		.strategy = w->work->strategy,
		.workload = w->work->workload,
		.process = 1,
		.rep = 1,
		.metric = ratio_metric_names[kind],
		.unit = RATIO_UNIT,
		.count = 1,
		.versus = side == AB_TWIN ? w->work->strategy : AB_VERSUS_BASE,
	};
	int err = slices_log_ratio(s, place_of(w, side), place_of(w, AB_BASE),
				   &row.value);

	if (err)
		return why_errno(w->why, err, "%s", lane_kind_names[kind]);
	err = samples_put(&w->out, &row);
	return err ? why_errno(w->why, err, "stdout") : 0;
}

static int time_lanes(struct worker *w, enum lane_kind kind,
		      struct lane *(*lane)[2])
{
	const struct slices_config cfg = {
		.nr_rounds = w->work->nr_rounds,
		.slice_ns = SLICE_NS,
		.seed = w->work->seed + kind,
	};
	struct slices s;
	int err = slices_measure(lane, NR_AB_SIDES, &cfg, NULL, &s);

	if (err)
		return why_errno(w->why, err, "%s", lane_kind_names[kind]);
	err = put_pair(w, kind, AB_HEAD, &s);
	if (!err)
		err = put_pair(w, kind, AB_TWIN, &s);
	slices_fini(&s);
	return err;
}

static int measure(struct worker *w, enum lane_kind kind)
{
	struct lane *lane[NR_AB_SIDES][2];
	int err = make_lanes(w, kind, lane);

	if (!err)
		err = time_lanes(w, kind, lane);
	destroy(lane);
	return impossible(err) ? 0 : err;
}

int ab_worker(const struct ab_work *work)
{
	struct worker w = { .work = work };
	unsigned i;
	int err;

	/* Whoever reads the rows is gone, then. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* The same traces for both, those of this program. */
	if (setenv("V7SBENCH_TRACES", workload_dir(), 1))
		return cli_fail(EXIT_FAILED, "%s", strerror(errno));
	csv_writer_init(&w.out, stdout);
	draw_order(&w);
	err = load(&w);
	if (!err)
		err = open_all(&w);
	if (!err && samples_put_header(&w.out))
		err = why_set(w.why, -EIO, "stdout cannot be written");
	for (i = 0; i < NR_LANE_KINDS && !err; i++)
		if (work->metric[i])
			err = measure(&w, i);
	for (i = 0; i < NR_AB_SIDES; i++) {
		if (w.session[i])
			w.module[i]->close(w.session[i]);
		words_destroy(&w.words[i]);
	}
	return err ? cli_fail(EXIT_FAILED, "%s", w.why) : EXIT_FINE;
}
