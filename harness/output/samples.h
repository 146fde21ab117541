/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Observations as rows: what samples.csv holds, and what a process of a
 * measurement prints for the one that started it. One form for both, so that
 * whatever is published can be computed again from a file.
 */
#ifndef SAMPLES_H
#define SAMPLES_H

#include "csvfile.h"

/* One observation, or several equal ones. Texts stay their owner's. */
struct sample {
	const char *source; /* v7sbench, hyperfine */
	const char *strategy;
	const char *workload;
	unsigned process; /* from 1; 0: all together */
	unsigned rep;	  /* of it, from 1; 0: all together */
	const char *metric;
	const char *unit;
	double value;
	uint64_t count;	    /* how often this value was observed */
	const char *versus; /* of a comparison: the other strategy, the same
			     * for a twin; else "" */
};

/* Names of the columns, ended by NULL. */
extern const char *const sample_columns[];

/* Each: 0 or the writer's first error. */
int samples_put_header(struct csv_writer *w);
int samples_put(struct csv_writer *w, const struct sample *s);

/* Where a table has the columns of a sample. */
struct sample_index {
	size_t column[10];
};

/* 0; -EINVAL with a line in why (OUTPUT_WHY_SIZE bytes) if one is missing. */
int samples_columns(const struct csv_table *t, struct sample_index *ret,
		    char *why);

/**
 * samples_get() - a row of a table as a sample
 * @ret:	texts are the table's; written on success only
 * @why:	OUTPUT_WHY_SIZE bytes, written on failure, with the line
 *
 * Return: 0; -EINVAL for a number that is none.
 */
int samples_get(const struct csv_table *t, const struct sample_index *index,
		size_t row, struct sample *ret, char *why);

#endif /* SAMPLES_H */
