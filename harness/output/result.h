/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The result of a run as files: samples.csv, summary.csv, timeline.csv and
 * result.json in one folder that is replaced as a whole (resultdir.h).
 * Columns: results/SCHEMA.md.
 *
 * Calling sequence
 *	result_open(path, &res, why)		before measuring
 *	result_add(res, cells, nr)		a workload's cells
 *	samples_put(result_samples(res), ...)	observations, all of them
 *	result_commit(res, meta, why)		or result_abort(res)
 */
#ifndef RESULT_H
#define RESULT_H

#include <jansson.h>

#include "environment.h"
#include "run.h"
#include "samples.h"
#include "why.h"

#define RESULT_SCHEMA_VERSION 2

struct result;

struct result_meta {
	const struct run_plan *plan;
	const struct clock_info *clock;
	const struct environment *env;
	char *const *argv; /* of the command run, NULL at the end */
	bool complete;	   /* false: interrupted, finished units only */
	/* Objects, or NULL: more of the plan; how it was measured. */
	json_t *plan_more, *measurement;
};

/* Errors as resultdir_open() and resultdir_file(). */
int result_open(const char *path, struct result **ret, char *why);

/* 0; -ENOMEM; -EIO. A bad write shows again at the commit. */
int result_add(struct result *res, const struct run_cell *cells, unsigned nr);

/* Where rows of samples.csv go. */
struct csv_writer *result_samples(struct result *res);

/* Number of cells added so far. */
unsigned result_nr_cells(const struct result *res);

/* Errors as resultdir_commit(). Ends res either way. */
int result_commit(struct result *res, const struct result_meta *meta,
		  char *why);
void result_abort(struct result *res);

/* The plan as result.json has it. NULL without memory. */
json_t *result_plan_to_json(const struct result_meta *meta);

/* Header and rows of summary.csv for cells, to any stream. 0, -EINVAL, -EIO. */
int summary_write(const struct run_cell *cells, unsigned nr, FILE *out);

/* A text that need not be UTF-8, other bytes as '?'. NULL without memory. */
json_t *text_to_json(const char *text);

/* A cell as a JSON object, empty columns as null. NULL without memory. */
json_t *cell_to_json(const struct run_cell *cell);

/* Names of the columns of timeline.csv, ended by NULL. */
extern const char *const timeline_columns[];

#endif /* RESULT_H */
