/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The columns of summary.csv, and so the members of a cell in result.json:
 * one row here, one row in results/SCHEMA.md, nothing else to do for a metric
 * that run_cell knows.
 */
#ifndef COLUMNS_H
#define COLUMNS_H

#include "run.h"

enum column_kind {
	COLUMN_KEY,   /* strategy, workload: names a cell */
	COLUMN_EXACT, /* the same on every machine; what the gate compares */
	COLUMN_TIMED, /* differs from run to run */
	COLUMN_INFO,  /* how the cell was obtained */
};

struct value {
	enum { VALUE_EMPTY, VALUE_TEXT, VALUE_U64, VALUE_DOUBLE } type;
	char text[256];
	uint64_t u64;
	double number; /* finite */
};

struct column {
	const char *name;
	enum column_kind kind;
	struct value (*get)(const struct run_cell *cell);
};

/* What the column says of the cell; empty for a figure of a cell that could
 * not be built. */
struct value column_value(const struct column *column,
			  const struct run_cell *cell);

/* Ended by a NULL name. */
extern const struct column columns[];

#endif /* COLUMNS_H */
