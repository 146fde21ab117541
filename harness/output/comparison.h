/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The answer: a row per strategy and workload with the best values marked, and
 * one sentence per workload. Made from the rows of a summary.csv, wherever
 * they come from, and the comparisons among its samples, if there are any.
 *
 * Best is the lowest value among ranked strategies without a failed allocation;
 * it is marked for memory and for the time of an allocation, which is what
 * strategies differ in. Memory is exact, so any difference counts, and equals
 * share the mark. Who allocates fastest: figures.h.
 */
#ifndef COMPARISON_H
#define COMPARISON_H

#include <stdbool.h>
#include <stdio.h>

#include "resultread.h"
#include "table.h"

/* verdicts and json may be NULL in each. Common returns: 0; -EINVAL for a
 * missing column or a cell that is no number where one is due; -ENOMEM; -EIO.
 */

/* Table, blank line, sentences, and if result.json tells it what the figures
 * were measured with. */
int comparison_print(const struct result_files *r, enum table_format format,
		     bool color, FILE *out, char *why);

/* Rows with the members comparison_columns, in that order. */
int comparison_rows(const struct result_files *r, json_t **ret, char *why);

/* Names of compare's columns, ended by NULL: results/SCHEMA.md. */
extern const char *const comparison_columns[];

/* What a reader needs to trust the times: clock, processes, floors, threshold;
 * a line, or nothing without result.json. */
void comparison_footer(const struct result_files *r, FILE *out);

#endif /* COMPARISON_H */
