/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What survive found: rows of survive.csv, or of a table. Columns:
 * results/SCHEMA.md.
 */
#ifndef SURVIVE_REPORT_H
#define SURVIVE_REPORT_H

#include "csvfile.h"
#include "survive.h"
#include "table.h"

/* Names of the columns of survive.csv, ended by NULL. */
extern const char *const survive_columns[];

/* One search. */
struct survive_row {
	const struct replay_config *cfg; /* its age without zone_bytes */
	const struct l2_spec *spec;
	const char *workload;
	struct survive_result result;
};

int survive_csv_header(struct csv_writer *w);
int survive_csv_row(struct csv_writer *w, const struct survive_row *row);

/* The same for a table: names of columns, then rows. */
void survive_table_header(struct table *t);
void survive_table_row(struct table *t, const struct survive_row *row);

#endif /* SURVIVE_REPORT_H */
