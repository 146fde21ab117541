// SPDX-License-Identifier: GPL-2.0-only
/*
 * See verdicts.h. Pairs stand in a search tree, and in a list for their end and
 * for twins.
 * Invariant: of a pair each process has one value.
 */
#include "verdicts.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#define NO_FLOOR (-1.0)

const char *const ratio_metric_names[NR_LANE_KINDS + 1] = {
	[LANE_TABLE] = "table_log_ratio",
	[LANE_EVENT] = "event_log_ratio",
};

struct pair {
	enum lane_kind kind;
	char *workload, *a, *b;
	size_t nr;
	unsigned *process;
	double *value;
	struct pair *next;
};

struct verdicts {
	double threshold;
	void *tree;
	struct pair *first;
};

static int compare_pairs(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	int c = (x->kind > y->kind) - (x->kind < y->kind);

	c = c ? c : strcmp(x->workload, y->workload);
	c = c ? c : strcmp(x->a, y->a);
	return c ? c : strcmp(x->b, y->b);
}

int verdicts_create(double threshold, struct verdicts **ret)
{
	struct verdicts *v = calloc(1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	v->threshold = threshold;
	*ret = v;
	return 0;
}

static void free_pair(struct pair *p)
{
	free(p->workload);
	free(p->a);
	free(p->b);
	free(p->process);
	free(p->value);
	free(p);
}

void verdicts_destroy(struct verdicts *v)
{
	struct pair *p, *next;

	if (!v)
		return;
	for (p = v->first; p; p = next) {
		next = p->next;
		tdelete(p, &v->tree, compare_pairs);
		free_pair(p);
	}
	free(v);
}

/* NULL if it was never measured. */
static const struct pair *find(const struct verdicts *v, const char *workload,
			       enum lane_kind kind, const char *a,
			       const char *b)
{
	const struct pair key = { .kind = kind,
				  .workload = (char *)workload,
				  .a = (char *)a,
				  .b = (char *)b };
	void *node = tfind(&key, &v->tree, compare_pairs);

	return node ? *(struct pair **)node : NULL;
}

static struct pair *new_pair(struct verdicts *v, const struct sample *s,
			     enum lane_kind kind)
{
	struct pair *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->kind = kind;
	p->workload = strdup(s->workload);
	p->a = strdup(s->strategy);
	p->b = strdup(s->versus);
	if (!p->workload || !p->a || !p->b ||
	    !tsearch(p, &v->tree, compare_pairs)) {
		free_pair(p);
		return NULL;
	}
	p->next = v->first;
	v->first = p;
	return p;
}

static int append(struct pair *p, unsigned process, double value)
{
	unsigned *processes;
	double *values;

	processes = reallocarray(p->process, p->nr + 1, sizeof(*processes));
	if (!processes)
		return -ENOMEM;
	p->process = processes;
	values = reallocarray(p->value, p->nr + 1, sizeof(*values));
	if (!values)
		return -ENOMEM;
	p->value = values;
	p->process[p->nr] = process;
	p->value[p->nr++] = value;
	return 0;
}

/* The kind of a comparison; NR_LANE_KINDS for other samples. */
static enum lane_kind kind_of(const struct sample *s)
{
	enum lane_kind kind = LANE_TABLE;

	if (!*s->versus)
		return NR_LANE_KINDS;
	while (kind < NR_LANE_KINDS &&
	       strcmp(s->metric, ratio_metric_names[kind]))
		kind++;
	return kind;
}

int verdicts_add(struct verdicts *v, const struct sample *s, char *why)
{
	enum lane_kind kind = kind_of(s);
	struct pair *p;
	size_t i;

	if (kind == NR_LANE_KINDS)
		return 0;
	if (strcmp(s->unit, RATIO_UNIT))
		return why_set(why, -EINVAL, "%s in '%s', not " RATIO_UNIT,
			       s->metric, s->unit);
	if (!s->process || s->count != 1)
		return why_set(why, -EINVAL,
			       "%s is no one value of one process", s->metric);
	p = (struct pair *)find(v, s->workload, kind, s->strategy, s->versus);
	for (i = 0; p && i < p->nr; i++)
		if (p->process[i] == s->process)
			return why_set(why, -EINVAL,
				       "%s %s versus %s: process %u twice",
				       s->metric, s->strategy, s->versus,
				       s->process);
	if (p && p->nr == PAIRED_MAX)
		return why_set(why, -ERANGE, "%s: more than %d processes",
			       s->metric, PAIRED_MAX);
	if (!p)
		p = new_pair(v, s, kind);
	if (!p || append(p, s->process, s->value))
		return why_set(why, -ENOMEM, "out of memory");
	return 0;
}

int verdicts_add_table(struct verdicts *v, const struct csv_table *samples,
		       char *why)
{
	char reason[OUTPUT_WHY_SIZE];
	struct sample_index index;
	struct sample s;
	size_t row;
	int err = samples_columns(samples, &index, why);

	for (row = 0; !err && row < samples->nr_rows; row++) {
		err = samples_get(samples, &index, row, &s, why);
		if (err)
			break;
		err = verdicts_add(v, &s, reason);
		if (err)
			why_set(why, err, "line %zu: %.400s",
				samples->line[row], reason);
	}
	return err;
}

/* A pair without a value is what a lack of memory left behind. */
static int judge(const struct pair *p, struct paired_result *ret)
{
	return p ? paired_judge(p->value, p->nr, ret) : -ENODATA;
}

double verdicts_floor(const struct verdicts *v, const char *workload,
		      enum lane_kind kind)
{
	struct paired_result r;
	const struct pair *p;
	double most = NO_FLOOR, floor;

	for (p = v->first; p; p = p->next)
		if (p->kind == kind && !strcmp(p->a, p->b) &&
		    !strcmp(p->workload, workload) && !judge(p, &r) &&
		    !paired_floor(&r, &floor) && floor > most)
			most = floor;
	return most;
}

static void turn_round(struct paired_result *r)
{
	double low = r->low;

	r->log_ratio = -r->log_ratio;
	r->low = -r->high;
	r->high = -low;
}

int verdicts_ask(const struct verdicts *v, const char *workload,
		 enum lane_kind kind, const char *a, const char *b,
		 struct cell_ratio *ret)
{
	struct cell_ratio c = { .measured = true };
	int err = judge(find(v, workload, kind, a, b), &c.r);

	if (err == -ENODATA) {
		err = judge(find(v, workload, kind, b, a), &c.r);
		if (!err)
			turn_round(&c.r);
	}
	if (err)
		return err;
	c.floor = verdicts_floor(v, workload, kind);
	c.verdict = paired_verdict(&c.r, v->threshold, c.floor);
	*ret = c;
	return 0;
}

int verdicts_fill(const struct verdicts *v, struct run_cell *cells, unsigned nr,
		  const char *reference)
{
	unsigned i;
	int kind;

	for (i = 0; i < nr; i++) {
		struct run_cell *cell = &cells[i];

		cell->reference = reference;
		for (kind = 0; kind < NR_LANE_KINDS; kind++) {
			struct cell_ratio *ratio = &cell->ratio[kind];
			int err = verdicts_ask(v, cell->workload,
					       (enum lane_kind)kind,
					       cell->spec->label, reference,
					       ratio);

			if (err && err != -ENODATA)
				return err;
			if (!err && cell->nr_processes < ratio->r.n)
				cell->nr_processes = (unsigned)ratio->r.n;
		}
	}
	return 0;
}
