/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The answer: a row per strategy and workload with the best values marked, and
 * one sentence per workload. Made from the rows of a summary.csv, wherever
 * they come from.
 *
 * Best is the lowest value among ranked strategies without a failed allocation;
 * it is marked for memory and for the time of an allocation, which is what
 * strategies differ in. Memory is exact, so any
 * difference counts, and equals share the mark. A time is best only if the
 * interval of its median lies below those of all others; else the answer is
 * that one cannot tell.
 */
#ifndef COMPARISON_H
#define COMPARISON_H

#include <stdbool.h>
#include <stdio.h>

#include "csvfile.h"
#include "table.h"

/**
 * comparison_print() - table, blank line, sentences
 * @t:		a summary; rows of one workload must stand together
 * @why:	OUTPUT_WHY_SIZE bytes, written on failure
 *
 * Return: 0; -EINVAL for a missing column or a cell that is no number where
 * one is due; -ENOMEM; -EIO.
 */
int comparison_print(const struct csv_table *t, enum table_format format,
		     bool color, FILE *out, char *why);

#endif /* COMPARISON_H */
