/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The output of the allocator benchmark: a table for people, one for programs,
 * and whether the figures to reach are reached.
 */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdio.h>

#include "measure.h"

void report_table(const struct subjects *s, const struct figures *f, FILE *out);

/* One row per subject and zeroing; empty cells where nothing was measured. */
void report_csv(const struct subjects *s, const struct figures *f, FILE *out);

/* One line per figure, computed from the rows and nothing else. A figure whose
 * peer was not measured is "not measured". */
void report_goals(const struct subjects *s, const struct figures *f, FILE *out);

#endif /* BENCH_REPORT_H */
