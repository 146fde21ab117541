// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes the four files of a result; see result.h.
 *
 * Rows of samples.csv are their owner's (cell_samples.h, observations.h).
 * Invariant: rows of a cell are in all files or in none.
 */
#include "result.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "csvfile.h"
#include "physmem.h"
#include "resultdir.h"

struct result {
	struct resultdir *dir;
	struct csv_writer samples, summary, timeline;
	FILE *json;
	json_t *cells;
};

const char *const timeline_columns[] = {
	"strategy",   "workload",   "event", "trace_s",
	"live_bytes", "held_bytes", NULL,
};

static int put_header(struct csv_writer *w, const char *const *name)
{
	while (*name)
		csv_put_text(w, *name++);
	return csv_end_row(w);
}

static int put_value(struct csv_writer *w, const struct value *v)
{
	switch (v->type) {
	case VALUE_TEXT:
		return csv_put_text(w, v->text);
	case VALUE_U64:
		return csv_put_u64(w, v->u64);
	case VALUE_DOUBLE:
		return csv_put_digits(w, v->number, 10);
	default:
		return csv_put_empty(w);
	}
}

static int put_summary_header(struct csv_writer *w)
{
	const struct column *col;

	for (col = columns; col->name; col++)
		csv_put_text(w, col->name);
	return csv_end_row(w);
}

static int put_summary(struct csv_writer *w, const struct run_cell *cell)
{
	const struct column *col;

	for (col = columns; col->name; col++) {
		struct value v = column_value(col, cell);

		put_value(w, &v);
	}
	return csv_end_row(w);
}

int summary_write(const struct run_cell *cells, unsigned nr, FILE *out)
{
	struct csv_writer w;
	unsigned i;

	csv_writer_init(&w, out);
	put_summary_header(&w);
	for (i = 0; i < nr; i++)
		put_summary(&w, &cells[i]);
	return w.error;
}

/* JSON is UTF-8, file names need not be. */
json_t *text_to_json(const char *text)
{
	json_t *json = json_string(text);
	char *copy, *p;

	if (json)
		return json;
	copy = strdup(text);
	for (p = copy; p && *p; p++)
		if (*p & 0x80)
			*p = '?';
	json = copy ? json_string(copy) : NULL;
	free(copy);
	return json;
}

json_t *cell_to_json(const struct run_cell *cell)
{
	json_t *obj = json_object();
	const struct column *col;

	for (col = columns; obj && col->name; col++) {
		struct value v = column_value(col, cell);
		json_t *item = v.type == VALUE_TEXT ? text_to_json(v.text)
			       : v.type == VALUE_U64
				       ? json_integer((json_int_t)v.u64)
			       : v.type == VALUE_DOUBLE ? json_real(v.number)
							: json_null();

		if (json_object_set_new(obj, col->name, item)) {
			json_decref(obj);
			obj = NULL;
		}
	}
	return obj;
}

static int open_csv(struct result *res, const char *name, struct csv_writer *w,
		    char *why)
{
	FILE *f;
	int err = resultdir_file(res->dir, name, &f, why);

	if (!err)
		csv_writer_init(w, f);
	return err;
}

int result_open(const char *path, struct result **ret, char *why)
{
	struct result *res = calloc(1, sizeof(*res));
	int err;

	if (!res)
		return why_set(why, -ENOMEM, "%s: out of memory", path);
	res->cells = json_array();
	err = res->cells ? resultdir_open(path, &res->dir, why)
			 : why_set(why, -ENOMEM, "%s: out of memory", path);
	if (!err)
		err = open_csv(res, "samples.csv", &res->samples, why);
	if (!err)
		err = open_csv(res, "summary.csv", &res->summary, why);
	if (!err)
		err = open_csv(res, "timeline.csv", &res->timeline, why);
	if (!err)
		err = resultdir_file(res->dir, "result.json", &res->json, why);
	if (err) {
		result_abort(res);
		return err;
	}
	samples_put_header(&res->samples);
	put_summary_header(&res->summary);
	put_header(&res->timeline, timeline_columns);
	*ret = res;
	return 0;
}

void result_abort(struct result *res)
{
	if (!res)
		return;
	resultdir_abort(res->dir);
	json_decref(res->cells);
	free(res);
}

struct csv_writer *result_samples(struct result *res)
{
	return &res->samples;
}

static void add_timeline(struct result *res, const struct run_cell *cell)
{
	struct csv_writer *w = &res->timeline;
	unsigned i;

	for (i = 0; i < cell->memory.nr_points; i++) {
		const struct timeline_point *p = &cell->memory.point[i];

		csv_put_text(w, cell->spec->label);
		csv_put_text(w, cell->workload);
		csv_put_u64(w, p->event);
		csv_put_digits(w, (double)p->time_ns / 1e9, 9);
		csv_put_u64(w, p->live_bytes);
		csv_put_u64(w, p->held_bytes);
		csv_end_row(w);
	}
}

int result_add(struct result *res, const struct run_cell *cells, unsigned nr)
{
	unsigned i;

	for (i = 0; i < nr; i++) {
		const struct run_cell *cell = &cells[i];

		add_timeline(res, cell);
		put_summary(&res->summary, cell);
		if (json_array_append_new(res->cells, cell_to_json(cell)))
			return -ENOMEM;
	}
	return res->samples.error   ? res->samples.error
	       : res->summary.error ? res->summary.error
				    : res->timeline.error;
}

unsigned result_nr_cells(const struct result *res)
{
	return (unsigned)json_array_size(res->cells);
}

static void put_environment(void *ctx, const char *name, const char *text)
{
	json_object_set_new(ctx, name, json_string(text));
}

json_t *result_plan_to_json(const struct result_meta *meta)
{
	const struct run_plan *plan = meta->plan;
	json_t *list = json_array(), *root;
	unsigned i;

	for (i = 0; i < plan->nr_specs; i++)
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s}", "label",
					plan->spec[i].label, "summary",
					plan->spec[i].ops->summary, "models",
					plan->spec[i].ops->models));
	root = json_pack("{s:s, s:s, s:i, s:i, s:s, s:I, s:o}", "profile",
			 plan->replay.profile->name, "page_table_of",
			 v7s_kernel_names[plan->replay.pgtable.kernel],
			 "repetitions", (int)plan->nr_reps, "rounds",
			 (int)plan->nr_rounds, "reference",
			 plan->spec[plan->reference].label, "seed",
			 (json_int_t)plan->seed, "strategies", list);
	if (root && meta->plan_more &&
	    json_object_update(root, meta->plan_more)) {
		json_decref(root);
		return NULL;
	}
	return root;
}

/* null if it was not read. */
static json_t *clock_to_json(const struct clock_info *clock)
{
	if (clock->quantum_ns <= 0)
		return json_null();
	return json_pack("{s:f, s:f}", "quantum_ns", clock->quantum_ns,
			 "cost_ns", clock->cost_ns);
}

static json_t *describe(const struct result *res,
			const struct result_meta *meta)
{
	json_t *env = json_object(), *command = json_array(), *root;
	char *const *arg;

	environment_each(meta->env, put_environment, env);
	json_array_append_new(command, json_string("v7sbench"));
	json_array_append_new(command, json_string("run"));
	for (arg = meta->argv + 1; *arg; arg++)
		json_array_append_new(command, text_to_json(*arg));
	root = json_pack("{s:i, s:b, s:o, s:o, s:o, s:o, s:O}",
			 "schema_version", RESULT_SCHEMA_VERSION, "complete",
			 meta->complete, "command", command, "environment", env,
			 "plan", result_plan_to_json(meta), "clock",
			 clock_to_json(meta->clock), "cells", res->cells);
	if (root && meta->measurement)
		json_object_set(root, "measurement", meta->measurement);
	return root;
}

int result_commit(struct result *res, const struct result_meta *meta, char *why)
{
	json_t *root = describe(res, meta);
	int err = res->samples.error   ? res->samples.error
		  : res->summary.error ? res->summary.error
				       : res->timeline.error;

	if (!root)
		err = why_set(why, -ENOMEM, "result.json: out of memory");
	else if (err)
		why_errno(why, err, "result");
	else if (json_dumpf(root, res->json,
			    JSON_INDENT(1) | JSON_REAL_PRECISION(10)) ||
		 fputc('\n', res->json) == EOF)
		err = why_set(why, -EIO, "result.json: cannot be written");
	json_decref(root);
	if (err) {
		result_abort(res);
		return err;
	}
	err = resultdir_commit(res->dir, why);
	res->dir = NULL;
	json_decref(res->cells);
	free(res);
	return err;
}
