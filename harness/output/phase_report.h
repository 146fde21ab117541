/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a phase run found: rows of phase.csv, or a table of who holds least.
 * Columns: results/SCHEMA.md.
 *
 * Both are fed by phase_run(): phase_csv_row() with a struct csv_writer after
 * phase_csv_header(); phase_winners_row() with a zeroed struct phase_winners
 * that has its table, then phase_winners_print().
 */
#ifndef PHASE_REPORT_H
#define PHASE_REPORT_H

#include "csvfile.h"
#include "phase.h"
#include "table.h"

/* Names of the columns of phase.csv, ended by NULL. */
extern const char *const phase_columns[];

int phase_csv_header(struct csv_writer *w);
int phase_csv_row(void *writer, const struct phase_grid *grid,
		  const struct phase_point *point,
		  const struct phase_cell *cell);

/* Points in a row where the same hold least become one line. */
struct phase_winners {
	struct table *table; /* the caller's, empty at first */
	const struct phase_grid *grid;
	struct phase_point first, last;
	uint64_t who; /* bit n: strategy n holds least */
	uint64_t held_first, held_last;
	double margin_low, margin_high;
	bool open; /* a line is being collected */
};

#define PHASE_WINNERS_MAX_SPECS 64

int phase_winners_row(void *winners, const struct phase_grid *grid,
		      const struct phase_point *point,
		      const struct phase_cell *cell);

/* Errors as table_print(). */
int phase_winners_print(struct phase_winners *w, enum table_format format,
			FILE *out);

#endif /* PHASE_REPORT_H */
