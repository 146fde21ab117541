/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two results beside each other: what became of each cell.
 *
 * Exact columns: equal as text or not. Times of two runs, one after the other,
 * are not compared: a shared machine is another one by then. What is compared
 * is each strategy's ratio to one that was measured in the same rounds: to
 * null, or else to the reference that both results have; of null itself
 * nothing.
 *
 *	change	difference of the two logarithms, as a factor
 *	low, high	of the lower end after to the upper end before, and the
 *		other way round: 1 lies outside if the intervals do not overlap
 *	floor	the larger of both
 *	verdict	better or worse if the intervals do not overlap, and the change
 *		is beyond the larger threshold and the floor; else ~
 */
#ifndef CHANGE_H
#define CHANGE_H

#include <stdbool.h>
#include <stdio.h>

#include "resultread.h"
#include "table.h"

struct change {
	json_t *rows;	       /* members change_columns, in that order */
	unsigned nr_cells;     /* in both */
	unsigned nr_equal;     /* exact figures of these, as nr_different */
	unsigned nr_different; /* each has a row */
	unsigned nr_only[2];   /* cells in one result; each has a row */
	unsigned nr_columns;   /* exact ones that only one result has */
	unsigned nr_verdicts[NR_PAIRED_VERDICTS]; /* of times */
	bool no_memory;				  /* for all of them */
};

/* Names of the columns, ended by NULL: results/SCHEMA.md. */
extern const char *const change_columns[];

/**
 * change_find() - every difference
 * @ret:	change_fini() it; written on success only
 *
 * Return: 0; -EINVAL with a reason if no cell is in both; -ENOMEM.
 */
int change_find(const struct result_files *before,
		const struct result_files *after, struct change *ret,
		char *why);
void change_fini(struct change *c);

/* Tables of differences and of times, and what they add up to. 0; -ENOMEM;
 * -EIO. */
int change_print(const struct change *c, enum table_format format, bool color,
		 FILE *out);

#endif /* CHANGE_H */
