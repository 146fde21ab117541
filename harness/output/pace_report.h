/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a replay at the trace's own pace found: rows of pace.csv, objects, or a
 * table with what its figures mean. Columns: results/SCHEMA.md.
 */
#ifndef PACE_REPORT_H
#define PACE_REPORT_H

#include <jansson.h>

#include "pace.h"
#include "table.h"

/* One strategy. */
struct pace_row {
	const char *strategy;
	const char *workload;
	unsigned turn; /* when it was its turn, from 1 */
	double speed;
	double quantum_ns; /* of the clock */
	bool built;	   /* false: there was no room, and no figures */
	struct pace_span span;
	struct pace_figures open, closed;
};

struct pace_column {
	const char *name;
	bool text, whole; /* a number without decimals */
	/* Of one that is no text; NAN: not measured, or the clock could not see
	 * it. */
	double (*get)(const struct pace_row *row);
};

/* Ended by a NULL name. */
extern const struct pace_column pace_columns[];

/* 0 or the first error, as csv_end_row(). */
int pace_write(const struct pace_row *rows, unsigned nr, FILE *out);

/* NULL without memory. */
json_t *pace_to_json(const struct pace_row *rows, unsigned nr);

/* All rows are of one workload. As table_print(). */
int pace_print(const struct pace_row *rows, unsigned nr,
	       enum table_format format, FILE *out);

#endif /* PACE_REPORT_H */
