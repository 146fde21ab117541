/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What trace_stat found, as a row of trace.csv, as JSON, or as tables for
 * people. Columns: results/SCHEMA.md.
 */
#ifndef TRACE_REPORT_H
#define TRACE_REPORT_H

#include <jansson.h>

#include "csvfile.h"
#include "table.h"
#include "trace_stat.h"

struct trace_report {
	const char *name;
	const struct trace *trace;
	const struct trace_stat *stat;
};

/* A column of trace.csv; the first of them, trace, is text and not here. */
struct trace_column {
	const char *name;
	const char *what; /* for people */
	uint64_t (*get)(const struct trace_report *report);
};

/* Ended by a NULL name. */
extern const struct trace_column trace_columns[];

/* Header and row. 0, or the error of the writer. */
int trace_report_write(const struct trace_report *report, FILE *out);

/* An object: the columns, and "sizes" and "timeline". NULL without memory. */
json_t *trace_report_to_json(const struct trace_report *report);

/* 0; -ENOMEM; -EIO. */
int trace_report_print(const struct trace_report *report,
		       enum table_format format, bool color, FILE *out);

#endif /* TRACE_REPORT_H */
