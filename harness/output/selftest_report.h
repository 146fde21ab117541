/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Figures of the measuring itself, some with a goal: rows of selftest.csv, of a
 * table, or of JSON. Columns: results/SCHEMA.md.
 */
#ifndef SELFTEST_REPORT_H
#define SELFTEST_REPORT_H

#include <stdbool.h>
#include <stdio.h>

struct figure {
	const char *test; /* aa, planted, order, modes */
	const char *name;
	const char *unit;
	double value;
	enum { GOAL_NONE, GOAL_AT_MOST, GOAL_AT_LEAST } goal;
	double limit; /* of its size, sign left out */
};

#define FIGURES_MAX 96

struct figures {
	unsigned nr;
	struct figure row[FIGURES_MAX];
};

/* Adds a row without a goal. */
void figure_add(struct figures *f, const char *test, const char *name,
		const char *unit, double value);

/* And one to the row added last. */
void figure_at_most(struct figures *f, double limit);
void figure_at_least(struct figures *f, double limit);

/* True without a goal too. */
bool figure_met(const struct figure *figure);

enum figures_format {
	FIGURES_TEXT,
	FIGURES_MARKDOWN,
	FIGURES_CSV,
	FIGURES_JSON
};

/* 0; -EINVAL for a value that is not finite; -ENOMEM; -EIO. */
int figures_write(const struct figures *f, enum figures_format format,
		  FILE *out);

/* Names of the columns, ended by NULL. */
extern const char *const selftest_columns[];

#endif /* SELFTEST_REPORT_H */
