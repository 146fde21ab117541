/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The gate: are the exact columns of a result those of the baseline?
 *
 * Exact means equal as text, in every column that is marked so in columns.c,
 * for every cell. A cell missing on one side is a difference too, except that
 * a strategy which this build leaves out may be missing from the result.
 */
#ifndef GATE_H
#define GATE_H

#include <stdio.h>

#include "csvfile.h"

struct gate_result {
	unsigned nr_cells;	 /* compared */
	unsigned nr_differences; /* cells or columns */
	unsigned nr_skipped;	 /* baseline cells of strategies not built */
};

/**
 * gate_compare() - compare, printing each difference as before -> after
 * @why:	OUTPUT_WHY_SIZE bytes, written on failure
 *
 * Return: 0, also with differences; -EINVAL if one side lacks an exact column
 * or holds no cell.
 */
int gate_compare(const struct csv_table *before, const struct csv_table *after,
		 FILE *out, struct gate_result *ret, char *why);

/* Writes the key and exact columns of a summary: what a baseline holds. */
int gate_write_baseline(const struct csv_table *summary, FILE *out);

#endif /* GATE_H */
