// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes the four files of a result; see result.h.
 *
 * samples.csv is tidy: a row is an observation. Single latencies of all
 * repetitions are folded into (value, count), which loses nothing below 4096
 * ns and keeps a bounded error above (latency.h).
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

int result_add_sample(struct result *res, const struct sample *s)
{
	return samples_put(&res->samples, s);
}

static struct sample sample_of(const struct run_cell *cell, const char *metric)
{
	return (struct sample){
		.source = "v7sbench",
		.strategy = cell->spec->label,
		.workload = cell->workload,
		.metric = metric,
		.unit = "ns",
		.count = 1,
		.versus = "",
	};
}

static void add_series(struct result *res, const struct run_cell *cell,
		       const char *metric, const struct rep_series *series)
{
	struct sample s = sample_of(cell, metric);

	for (s.rep = 1; s.rep <= series->nr; s.rep++) {
		s.value = series->value[s.rep - 1];
		result_add_sample(res, &s);
	}
}

static void add_latencies(struct result *res, const struct run_cell *cell,
			  const char *metric, const struct latency *lat)
{
	struct sample s = sample_of(cell, metric);
	struct latency_bar bar;
	size_t pos = 0;

	while (latency_next(lat, &pos, &bar)) {
		s.value = (double)bar.value_ns;
		s.count = bar.count;
		result_add_sample(res, &s);
	}
}

static void add_phases(struct result *res, const struct run_cell *cell,
		       enum event_class c)
{
	const struct class_figures *f = &cell->by_class[c];
	char metric[64];

	for (unsigned p = 0; p < V7S_NR_PHASES; p++) {
		snprintf(metric, sizeof(metric), "%s_%s_ns_mean",
			 event_class_name[c], phase_name[p]);
		add_series(res, cell, metric, &f->phase[p]);
		if (c != MAP_NEW || !cell->phase_lat[p])
			continue;
		snprintf(metric, sizeof(metric), "%s_%s_ns",
			 event_class_name[c], phase_name[p]);
		add_latencies(res, cell, metric, cell->phase_lat[p]);
	}
}

static void add_classes(struct result *res, const struct run_cell *cell)
{
	char metric[64];

	for (unsigned c = 0; c < NR_EVENT_CLASSES; c++) {
		const struct class_figures *f = &cell->by_class[c];

		snprintf(metric, sizeof(metric), "%s_ns", event_class_name[c]);
		add_latencies(res, cell, metric, f->lat);
		snprintf(metric, sizeof(metric), "%s_ns_mean",
			 event_class_name[c]);
		add_series(res, cell, metric, &f->ns);
		snprintf(metric, sizeof(metric), "%s_probed_ns_mean",
			 event_class_name[c]);
		add_series(res, cell, metric, &f->probed);
		add_phases(res, cell, c);
	}
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

		add_series(res, cell, "alloc_ns_mean", &cell->alloc_ns);
		add_series(res, cell, "free_ns_mean", &cell->free_ns);
		add_series(res, cell, "map_ns_mean", &cell->map_ns);
		add_series(res, cell, "unmap_ns_mean", &cell->unmap_ns);
		add_series(res, cell, "event_ns_mean", &cell->event_ns);
		add_series(res, cell, "threads_event_ns_mean",
			   &cell->threads.event_ns);
		add_latencies(res, cell, "alloc_ns", cell->alloc_lat);
		add_latencies(res, cell, "map_ns", cell->map_lat);
		add_classes(res, cell);
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

static json_t *plan_to_json(const struct run_plan *plan)
{
	json_t *list = json_array();
	unsigned i;

	for (i = 0; i < plan->nr_specs; i++)
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s}", "label",
					plan->spec[i].label, "summary",
					plan->spec[i].ops->summary, "models",
					plan->spec[i].ops->models));
	return json_pack("{s:s, s:i, s:I, s:o}", "profile",
			 plan->replay.profile->name, "repetitions",
			 (int)plan->nr_reps, "seed", (json_int_t)plan->seed,
			 "strategies", list);
}

/* null if it was not read. */
static json_t *clock_to_json(const struct clock_info *clock)
{
	if (!clock->quantum_ns)
		return json_null();
	return json_pack("{s:f, s:f}", "quantum_ns", clock->quantum_ns,
			 "cost_ns", clock->cost_ns);
}

static json_t *describe(const struct result *res,
			const struct result_meta *meta)
{
	json_t *env = json_object(), *command = json_array();
	char *const *arg;

	environment_each(meta->env, put_environment, env);
	json_array_append_new(command, json_string("v7sbench"));
	json_array_append_new(command, json_string("run"));
	for (arg = meta->argv + 1; *arg; arg++)
		json_array_append_new(command, text_to_json(*arg));
	return json_pack("{s:i, s:b, s:o, s:o, s:o, s:o, s:O}",
			 "schema_version", RESULT_SCHEMA_VERSION, "complete",
			 meta->complete, "command", command, "environment", env,
			 "plan", plan_to_json(meta->plan), "clock",
			 clock_to_json(meta->clock), "cells", res->cells);
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
