/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which metric of samples.csv is which field of a cell: one table, from which
 * rows are written and read. Adding a metric that run_cell has is a line there,
 * and one in results/SCHEMA.md.
 */
#ifndef CELL_SAMPLES_H
#define CELL_SAMPLES_H

#include "run_slices.h"
#include "samples.h"

enum cell_metric_kind {
	CELL_SERIES, /* struct rep_series: a row a repetition */
	CELL_BARS,   /* struct latency *: a row a bar, rep 0 */
	CELL_COUNT,  /* uint64_t: of several the largest, rep 0 */
	CELL_REAL,   /* double: likewise */
	CELL_CHECK,  /* no field: cell_check() */
	CELL_PAIR,   /* no field: ln(time / time) versus another strategy */
};

struct cell_metric {
	char name[48];
	const char *unit;
	enum cell_metric_kind kind;
	size_t offset; /* of the field in struct run_cell */
};

#define CELL_METRICS_MAX 160

/* All, in the order in which samples.csv has them; how many. */
unsigned cell_metrics(struct cell_metric *ret);

/* Nine digits of all exact columns: equal, or something else was done. */
uint64_t cell_check(const struct run_cell *cell);

/* What one process found, as rows: of a cell, of pairs of strategies. 0 or the
 * writer's first error. */
int cell_samples_put(struct csv_writer *w, const struct run_cell *cell);
int pair_samples_put(struct csv_writer *w, const struct run_plan *plan,
		     const char *workload, const struct slice_results *r);

#endif /* CELL_SAMPLES_H */
