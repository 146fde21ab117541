// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows of processes, kept sorted by workload; see observations.h.
 *
 * Not done: a judgement of pairs, which verdicts.h gives.
 * Cost: 32 bytes a row, and a sort of a workload's rows for each process that
 * is added. Invariant: no two rows of a workload have the same key; bars of
 * equal value are one row.
 */
#include "observations.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "l2_strategy.h"

struct row {
	double value;
	uint64_t count;
	uint32_t process, rep;
	uint16_t strategy, metric, versus;
};

struct rows {
	struct row *row;
	size_t nr, room;
};

struct observations {
	const struct run_plan *plan;
	const char *const *workload;
	unsigned nr_workloads, nr_processes, nr_metrics;
	struct cell_metric metric[CELL_METRICS_MAX];
	struct rows of[]; /* each workload */
};

int observations_create(const struct run_plan *plan, unsigned nr_processes,
			const char *const *workload, unsigned nr,
			struct observations **ret)
{
	struct observations *o = calloc(1, sizeof(*o) + nr * sizeof(o->of[0]));

	if (!o)
		return -ENOMEM;
	o->plan = plan;
	o->workload = workload;
	o->nr_workloads = nr;
	o->nr_processes = nr_processes;
	o->nr_metrics = cell_metrics(o->metric);
	*ret = o;
	return 0;
}

void observations_destroy(struct observations *o)
{
	for (unsigned w = 0; o && w < o->nr_workloads; w++)
		free(o->of[w].row);
	free(o);
}

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

/* Bars of equal value are the same key, other rows of the same repetition. */
static int compare_keys(const struct row *a, const struct row *b)
{
	int c = ORDER(a->strategy, b->strategy);

	c = c ? c : ORDER(a->metric, b->metric);
	c = c ? c : ORDER(a->versus, b->versus);
	c = c ? c : ORDER(a->process, b->process);
	c = c ? c : ORDER(a->rep, b->rep);
	return c || a->process ? c : ORDER(a->value, b->value);
}

static int compare(const void *a, const void *b)
{
	return compare_keys(a, b);
}

static int push(struct rows *rows, const struct row *row)
{
	if (rows->nr == rows->room) {
		size_t room = rows->room ? 2 * rows->room : 1024;
		struct row *more = realloc(rows->row, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		rows->row = more;
		rows->room = room;
	}
	rows->row[rows->nr++] = *row;
	return 0;
}

/* Sorts, and folds bars. The first row that is there twice, or NULL. */
static const struct row *settle(struct rows *rows)
{
	size_t i, nr = 0;

	if (rows->nr)
		qsort(rows->row, rows->nr, sizeof(*rows->row), compare);
	for (i = 0; i < rows->nr; i++) {
		struct row *row = &rows->row[i], *last = row;

		if (nr)
			last = &rows->row[nr - 1];
		if (!nr || compare_keys(last, row))
			rows->row[nr++] = *row;
		else if (row->process)
			return row;
		else
			last->count += row->count;
	}
	rows->nr = nr;
	return NULL;
}

static int find_strategy(const struct observations *o, const char *label)
{
	for (unsigned i = 0; i < o->plan->nr_specs; i++)
		if (!strcmp(o->plan->spec[i].label, label))
			return (int)i;
	return -1;
}

static int find_metric(const struct observations *o, const char *name)
{
	for (unsigned i = 0; i < o->nr_metrics; i++)
		if (!strcmp(o->metric[i].name, name))
			return (int)i;
	return -1;
}

static int find_workload(const struct observations *o, const char *label)
{
	for (unsigned i = 0; i < o->nr_workloads; i++)
		if (!strcmp(o->workload[i], label))
			return (int)i;
	return -1;
}

/* What is wrong with numbers of a row of such a metric, or NULL. */
static const char *bad_numbers(const struct cell_metric *m,
			       const struct sample *s)
{
	bool bars = m->kind == CELL_BARS;

	if (strcmp(s->unit, m->unit))
		return "not in its unit";
	if (bars && (s->rep || s->value < 0 || s->value > 0x1p53 ||
		     s->value != (double)(uint64_t)s->value))
		return "no bar of a histogram";
	if (bars ? !s->count : s->count != 1)
		return "count is wrong";
	if ((m->kind == CELL_SERIES) != (s->rep > 0) || s->rep > RUN_MAX_REPS)
		return "repetition is wrong";
	if ((m->kind == CELL_COUNT || m->kind == CELL_REAL) &&
	    !(s->value >= 0 && s->value <= 0x1p53))
		return "value is wrong";
	return NULL;
}

/* A row of this plan, its process left to the caller. */
static int to_row(const struct observations *o, const struct sample *s,
		  struct row *ret, char *why)
{
	int strategy = find_strategy(o, s->strategy), versus = -1;
	int metric = find_metric(o, s->metric);
	const char *bad;

	if (strategy < 0)
		return why_set(why, -EINVAL, "no strategy '%s' in the plan",
			       s->strategy);
	if (metric < 0)
		return why_set(why, -EINVAL, "no metric '%s'", s->metric);
	if (o->metric[metric].kind == CELL_PAIR)
		versus = find_strategy(o, s->versus);
	if ((versus < 0) != !*s->versus ||
	    (versus < 0 && o->metric[metric].kind == CELL_PAIR))
		return why_set(why, -EINVAL, "%s versus '%s'", s->metric,
			       s->versus);
	bad = bad_numbers(&o->metric[metric], s);
	if (bad)
		return why_set(why, -EINVAL, "%s: %s", s->metric, bad);
	*ret = (struct row){
		.value = s->value,
		.count = s->count,
		.rep = s->rep,
		.strategy = (uint16_t)strategy,
		.metric = (uint16_t)metric,
		.versus = versus < 0 ? OBSERVATIONS_ALONE : (uint16_t)versus,
	};
	return 0;
}

/* A row of a table, with its line where it is to blame. */
static int get_row(const struct observations *o, const char *name,
		   const struct csv_table *t, const struct sample_index *index,
		   size_t i, struct sample *ret_sample, struct row *ret,
		   char *why)
{
	char reason[OUTPUT_WHY_SIZE];
	int err = samples_get(t, index, i, ret_sample, reason);

	if (err) {
		/* It begins with the line. */
		const char *text = strstr(reason, ": ");

		return why_set(why, err, "%s:%zu: %s", name, t->line[i],
			       text ? text + 2 : reason);
	}
	if (strcmp(ret_sample->source, "v7sbench"))
		return -ENODATA;
	err = to_row(o, ret_sample, ret, reason);
	if (err)
		why_set(why, err, "%s:%zu: %s", name, t->line[i], reason);
	return err;
}

static int twice(const struct observations *o, const char *name,
		 unsigned workload, const struct row *row, char *why)
{
	return why_set(why, -EINVAL, "%s: %s of %s on %s, process %u, twice",
		       name, o->metric[row->metric].name,
		       o->plan->spec[row->strategy].label,
		       o->workload[workload], row->process);
}

int observations_add(struct observations *o, const char *name,
		     const struct csv_table *t, unsigned workload,
		     unsigned process, char *why)
{
	struct rows *rows = &o->of[workload];
	struct sample_index index;
	const struct row *again;
	struct sample s;
	struct row row;
	char reason[OUTPUT_WHY_SIZE];
	int err = samples_columns(t, &index, reason);

	if (err)
		return why_set(why, err, "%s: %s", name, reason);
	for (size_t i = 0; i < t->nr_rows; i++) {
		err = get_row(o, name, t, &index, i, &s, &row, why);
		if (!err && strcmp(s.workload, o->workload[workload]))
			err = why_set(why, -EINVAL, "%s:%zu: of workload '%s'",
				      name, t->line[i], s.workload);
		if (err)
			return err == -ENODATA
				       ? why_set(why, -EINVAL, "%s:%zu: source",
						 name, t->line[i])
				       : err;
		if (o->metric[row.metric].kind != CELL_BARS)
			row.process = process;
		if (push(rows, &row))
			return why_set(why, -ENOMEM, "%s: out of memory", name);
	}
	again = settle(rows);
	return again ? twice(o, name, workload, again, why) : 0;
}

/* 0; -ENODATA for a row of another source. */
static int read_row(struct observations *o, const char *name,
		    const struct csv_table *t, const struct sample_index *index,
		    size_t i, char *why)
{
	struct sample s;
	struct row row;
	int err = get_row(o, name, t, index, i, &s, &row, why), workload;

	if (err)
		return err;
	workload = find_workload(o, s.workload);
	if (workload < 0)
		return why_set(why, -EINVAL,
			       "%s:%zu: no workload '%s' in the plan", name,
			       t->line[i], s.workload);
	if (s.process > o->nr_processes ||
	    !s.process != (o->metric[row.metric].kind == CELL_BARS))
		return why_set(why, -EINVAL, "%s:%zu: process is wrong", name,
			       t->line[i]);
	row.process = s.process;
	if (push(&o->of[workload], &row))
		return why_set(why, -ENOMEM, "%s: out of memory", name);
	return 0;
}

int observations_read(struct observations *o, const char *name,
		      const struct csv_table *t, char *why)
{
	struct sample_index index;
	char reason[OUTPUT_WHY_SIZE];
	const struct row *again;
	int err = samples_columns(t, &index, reason);

	if (err)
		return why_set(why, err, "%s:1: %s", name, reason);
	for (size_t i = 0; i < t->nr_rows; i++) {
		err = read_row(o, name, t, &index, i, why);
		if (err && err != -ENODATA)
			return err;
	}
	for (unsigned w = 0; w < o->nr_workloads; w++) {
		again = settle(&o->of[w]);
		if (again)
			return twice(o, name, w, again, why);
	}
	return 0;
}

static struct sample to_sample(const struct observations *o, unsigned workload,
			       const struct row *row)
{
	return (struct sample){
		.source = "v7sbench",
		.strategy = o->plan->spec[row->strategy].label,
		.workload = o->workload[workload],
		.process = row->process,
		.rep = row->rep,
		.metric = o->metric[row->metric].name,
		.unit = o->metric[row->metric].unit,
		.value = row->value,
		.count = row->count,
		.versus = row->versus == OBSERVATIONS_ALONE
				  ? ""
				  : o->plan->spec[row->versus].label,
	};
}

int observations_judge(const struct observations *o, struct verdicts *v)
{
	char why[OUTPUT_WHY_SIZE];
	int err = 0;

	for (unsigned k = 0; k < o->nr_workloads; k++)
		for (size_t i = 0; i < o->of[k].nr && !err; i++) {
			struct sample s = to_sample(o, k, &o->of[k].row[i]);

			if (*s.versus)
				err = verdicts_add(v, &s, why);
		}
	return err;
}

int observations_write(const struct observations *o, struct csv_writer *w)
{
	for (unsigned k = 0; k < o->nr_workloads; k++)
		for (size_t i = 0; i < o->of[k].nr; i++) {
			struct sample s = to_sample(o, k, &o->of[k].row[i]);

			samples_put(w, &s);
		}
	return w->error;
}

size_t observations_of(const struct observations *o, unsigned workload,
		       unsigned strategy, unsigned versus, const char *metric,
		       unsigned process,
		       void (*fn)(void *ctx, const struct sample *s), void *ctx)
{
	const struct rows *rows = &o->of[workload];
	int m = find_metric(o, metric);
	size_t found = 0, i;

	for (i = 0; i < rows->nr; i++) {
		const struct row *row = &rows->row[i];
		struct sample s;

		if (row->strategy != strategy || row->metric != m ||
		    row->versus != versus ||
		    (process && row->process != process))
			continue;
		found++;
		if (!fn)
			continue;
		s = to_sample(o, workload, row);
		fn(ctx, &s);
	}
	return found;
}

/* The median of each process; nr rows of one metric of one strategy. */
static int fill_series(const struct row *row, size_t nr,
		       struct rep_series *series)
{
	double value[RUN_MAX_REPS];
	unsigned n = 0;
	size_t i;

	for (i = 0; i < nr; i++) {
		value[n++] = row[i].value;
		if (i + 1 < nr && row[i + 1].process == row[i].process)
			continue;
		if (stats_median(value, n, &series->value[series->nr]))
			return -ENOMEM;
		series->nr++;
		n = 0;
	}
	return 0;
}

static int fill(const struct cell_metric *m, const struct row *row, size_t nr,
		struct run_cell *cell)
{
	void *field = (char *)cell + m->offset;
	uint64_t *count = field;
	double *real = field;
	size_t i;

	if (m->kind == CELL_SERIES)
		return fill_series(row, nr, field);
	for (i = 0; i < nr; i++) {
		if (m->kind == CELL_BARS && *(struct latency **)field)
			latency_add_many(*(struct latency **)field,
					 (uint64_t)row[i].value, row[i].count);
		if (m->kind == CELL_COUNT && row[i].value > (double)*count)
			*count = (uint64_t)row[i].value;
		if (m->kind == CELL_REAL && row[i].value > *real)
			*real = row[i].value;
	}
	return 0;
}

int observations_fill(const struct observations *o, unsigned workload,
		      unsigned strategy, struct run_cell *cell)
{
	const struct rows *rows = &o->of[workload];
	size_t i = 0, end;
	int err = 0;

	for (; i < rows->nr && !err; i = end) {
		const struct row *row = &rows->row[i];

		for (end = i + 1; end < rows->nr; end++)
			if (rows->row[end].strategy != row->strategy ||
			    rows->row[end].metric != row->metric)
				break;
		if (row->strategy == strategy)
			err = fill(&o->metric[row->metric], row, end - i, cell);
	}
	cell->nr_processes = cell->event_ns.nr;
	return err;
}
