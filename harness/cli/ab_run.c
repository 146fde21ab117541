// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs `v7sbench ab --worker` so many times for each cell; see ab_run.h.
 *
 * Not done: several at once, which would disturb each other.
 * Cost: a process is some tenths of a second. Invariant: a row is measured if
 * every process of its cell measured it. Concurrency: none but the child.
 */
#include "ab_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ab_worker.h"
#include "child.h"
#include "prng.h"
#include "samples.h"
#include "verdicts.h"

/* A process to be run. */
struct ab_unit {
	struct ab_cell *cell;
	bool metric[NR_LANE_KINDS];
	unsigned process; /* from 0 */
	unsigned rep;	  /* 1; 2: again */
	uint64_t seed;
	double *value; /* of its cell: [metric][head or twin][process] */
};

/* Of a cell's values, those of a metric and head or twin. */
static double *values_of(const struct ab_config *cfg, double *value,
			 unsigned metric, unsigned side)
{
	return value + (2 * metric + (side == AB_TWIN)) * cfg->nr_processes;
}

static int command(const struct ab_config *cfg, const struct ab_unit *u,
		   struct words *w)
{
	/* Not its path: that may be another program by now. */
	int err = words_add(w, "/proc/self/exe");
	unsigned i;

	err |= words_add(w, "ab");
	err |= words_add(w, "--base=%s", cfg->path[AB_BASE]);
	err |= words_add(w, "--head=%s", cfg->path[AB_HEAD]);
	err |= words_add(w, "--worker=%s", cfg->path[AB_TWIN]);
	err |= words_add(w, "--rounds=%u", cfg->nr_rounds);
	err |= words_add(w, "--seed=%llu", (unsigned long long)u->seed);
	for (i = 0; i < NR_LANE_KINDS; i++)
		if (u->metric[i])
			err |= words_add(w, "--metric=%s", lane_kind_names[i]);
	err |= words_add(w, "--strategy=%s", u->cell->strategy);
	err |= words_add(w, "--workload=%s", u->cell->workload);
	for (i = 0; i < cfg->options->nr; i++)
		err |= words_add(w, "%s", cfg->options->word[i]);
	return err ? -ENOMEM : 0;
}

/* Where a row's value belongs; NULL if a worker has no such row. */
static double *place(const struct ab_config *cfg, const struct ab_unit *u,
		     const struct sample *s, unsigned *ret_seen)
{
	unsigned kind = 0, side = AB_HEAD;

	while (ratio_metric_names[kind] &&
	       strcmp(ratio_metric_names[kind], s->metric))
		kind++;
	if (!ratio_metric_names[kind] || !u->metric[kind])
		return NULL;
	if (!strcmp(s->versus, u->cell->strategy))
		side = AB_TWIN;
	else if (strcmp(s->versus, AB_VERSUS_BASE))
		return NULL;
	*ret_seen |= 1u << (NR_AB_SIDES * kind + side);
	return values_of(cfg, u->value, kind, side) + u->process;
}

static int take_rows(const struct ab_config *cfg, const struct ab_unit *u,
		     const struct csv_table *t, unsigned *ret_seen, char *why)
{
	struct sample_index index;
	struct sample s;
	int err = samples_columns(t, &index, why);

	for (size_t i = 0; i < t->nr_rows && !err; i++) {
		double *value;

		err = samples_get(t, &index, i, &s, why);
		value = err ? NULL : place(cfg, u, &s, ret_seen);
		if (!err && !value)
			err = why_set(why, -EIO, "unknown row '%s'", s.metric);
		if (err)
			break;
		*value = s.value;
		s.process = u->process + 1;
		s.rep = u->rep;
		if (cfg->samples && samples_put(cfg->samples, &s))
			err = why_errno(why, cfg->samples->error, "--out");
	}
	return err;
}

/* A metric with one of its two values is a broken one. */
static int note_rows(const struct ab_unit *u, unsigned seen, char *why)
{
	const unsigned both = 1u << AB_HEAD | 1u << AB_TWIN;

	for (unsigned kind = 0; kind < NR_LANE_KINDS; kind++) {
		unsigned of = seen >> NR_AB_SIDES * kind & both;

		if (!u->metric[kind] || of == both)
			continue;
		if (of)
			return why_set(why, -EIO, "%s: a value is missing",
				       lane_kind_names[kind]);
		u->cell->row[kind].measured = false;
	}
	return 0;
}

static int run_unit(const struct ab_config *cfg, const struct ab_unit *u,
		    char *why)
{
	char reason[OUTPUT_WHY_SIZE] = "out of memory";
	struct words w = { 0 };
	struct csv_table t = { 0 };
	char *text = NULL;
	size_t size = 0;
	unsigned seen = 0;
	int err = command(cfg, u, &w);

	if (!err)
		err = child_output(w.word, &text, &size, reason);
	if (!err)
		err = csv_table_parse("a process", text, size, &t, reason);
	if (!err)
		err = take_rows(cfg, u, &t, &seen, reason);
	if (!err)
		err = note_rows(u, seen, reason);
	csv_table_fini(&t);
	free(text);
	words_destroy(&w);
	if (err && err != -EINTR)
		why_set(why, err, "%s, %s: %s", u->cell->workload,
			u->cell->strategy, reason);
	return err;
}

static int run_units(const struct ab_config *cfg, struct ab_unit *unit,
		     unsigned nr, struct prng *rng, char *why)
{
	char label[PROGRESS_LABEL];
	unsigned i;
	int err = 0;

	for (i = 0; i < nr; i++) {
		unsigned at = i + prng_below(rng, nr - i);
		struct ab_unit tmp = unit[i];

		unit[i] = unit[at];
		unit[at] = tmp;
		unit[i].seed = prng_next(rng);
	}
	for (i = 0; i < nr && !err; i++) {
		snprintf(label, sizeof(label), "%s %s", unit[i].cell->workload,
			 unit[i].cell->strategy);
		progress_step(cfg->progress, label, 1);
		err = run_unit(cfg, &unit[i], why);
	}
	return err;
}

static int judge(const struct ab_config *cfg, double *value, unsigned metric,
		 struct ab_judgement *ret, char *why)
{
	int err = ab_judge(values_of(cfg, value, metric, AB_HEAD),
			   values_of(cfg, value, metric, AB_TWIN),
			   cfg->nr_processes, cfg->threshold, ret);

	return err ? why_errno(why, err, "%s", lane_kind_names[metric]) : 0;
}

/* By itself: what others did before cannot have made it slow. */
static int ask_again(const struct ab_config *cfg, struct ab_cell *cell,
		     unsigned metric, struct ab_unit *unit, double *value,
		     char *why)
{
	struct ab_row *row = &cell->row[metric];
	struct prng rng = { .state = cfg->seed + 1 };
	unsigned i;
	int err;

	for (i = 0; i < cfg->nr_processes; i++) {
		unit[i] = (struct ab_unit){
			.cell = cell, .process = i, .rep = 2, .value = value
		};
		unit[i].metric[metric] = true;
	}
	err = run_units(cfg, unit, cfg->nr_processes, &rng, why);
	if (!err && !row->measured)
		err = why_set(why, -EIO, "%s, %s: measured once, not again",
			      cell->workload, cell->strategy);
	if (!err)
		err = judge(cfg, value, metric, &row->again, why);
	row->asked_again = !err;
	return err;
}

static void first_units(const struct ab_config *cfg, struct ab_cell *cell,
			unsigned nr, struct ab_unit *unit, double *value)
{
	const size_t per_cell = 2 * NR_LANE_KINDS * cfg->nr_processes;
	unsigned i, k;

	for (i = 0; i < nr; i++) {
		for (k = 0; k < NR_LANE_KINDS; k++)
			cell[i].row[k] = (struct ab_row){
				.strategy = cell[i].strategy,
				.workload = cell[i].workload,
				.metric = lane_kind_names[k],
				.measured = cfg->metric[k],
			};
		for (k = 0; k < cfg->nr_processes; k++) {
			*unit = (struct ab_unit){
				.cell = &cell[i],
				.process = k,
				.rep = 1,
				.value = value + i * per_cell,
			};
			memcpy(unit->metric, cfg->metric, sizeof(cfg->metric));
			unit++;
		}
	}
}

static int judge_all(const struct ab_config *cfg, struct ab_cell *cell,
		     unsigned nr, struct ab_unit *unit, double *value,
		     char *why)
{
	const size_t per_cell = 2 * NR_LANE_KINDS * cfg->nr_processes;
	unsigned i, k;
	int err = 0;

	for (i = 0; i < nr; i++)
		for (k = 0; k < NR_LANE_KINDS && !err; k++)
			if (cell[i].row[k].measured)
				err = judge(cfg, value + i * per_cell, k,
					    &cell[i].row[k].first, why);
	for (i = 0; i < nr; i++)
		for (k = 0; k < NR_LANE_KINDS && !err; k++)
			if (cell[i].row[k].measured &&
			    cell[i].row[k].first.verdict == PAIRED_WORSE)
				err = ask_again(cfg, &cell[i], k, unit, value,
						why);
	return err;
}

int ab_run(const struct ab_config *cfg, struct ab_cell *cell, unsigned nr,
	   char *why)
{
	const size_t nr_units = (size_t)nr * cfg->nr_processes;
	struct ab_unit *unit = calloc(nr_units, sizeof(*unit));
	double *value = calloc(nr_units * 2 * NR_LANE_KINDS, sizeof(*value));
	struct prng rng = { .state = cfg->seed };
	int err = -ENOMEM;

	if (unit && value) {
		first_units(cfg, cell, nr, unit, value);
		progress_begin(cfg->progress, stderr, nr_units);
		err = run_units(cfg, unit, (unsigned)nr_units, &rng, why);
		if (!err)
			err = judge_all(cfg, cell, nr, unit, value, why);
		progress_end(cfg->progress);
	} else {
		why_errno(why, err, "processes");
	}
	free(value);
	free(unit);
	return err;
}
