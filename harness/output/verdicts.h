/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who is faster, from the comparisons among a result's samples.
 *
 * A sample is a comparison if it has a versus and its metric is one of
 * ratio_metric_names: unit ln, one a process, count 1, value the median of
 * ln(time of strategy / time of versus) in that process. A strategy versus
 * itself is a twin, A/A, and gives the floor of its workload and metric; of
 * several twins the largest counts. Other samples are passed over.
 *
 * Nothing is derived from other pairs: to say which of n is the fastest, all
 * n(n-1)/2 must have been measured, either way round.
 */
#ifndef VERDICTS_H
#define VERDICTS_H

#include "run.h"
#include "samples.h"

/* "table_log_ratio", "event_log_ratio", NULL, by enum lane_kind. */
extern const char *const ratio_metric_names[NR_LANE_KINDS + 1];
#define RATIO_UNIT "ln"

struct verdicts;

/* threshold: as a ratio minus 1, PAIRED_THRESHOLD if in doubt. 0; -ENOMEM. */
int verdicts_create(double threshold, struct verdicts **ret);
void verdicts_destroy(struct verdicts *v); /* NULL is fine */

/* Texts are copied. 0, also for what is passed over; -EINVAL with a reason for
 * a comparison that breaks the rules above, or a second of the same process;
 * -ERANGE above PAIRED_MAX; -ENOMEM. */
int verdicts_add(struct verdicts *v, const struct sample *s, char *why);

/* All of a samples.csv; errors also as samples_columns(), samples_get(), with
 * the line. */
int verdicts_add_table(struct verdicts *v, const struct csv_table *samples,
		       char *why);

/**
 * verdicts_ask() - a against b
 * @ret:	log_ratio above 0: a takes longer; floor below 0 if there is
 *		none; written on success only
 *
 * Turned round if only b against a was measured.
 *
 * Return: 0; -ENODATA if neither was; -ENOMEM.
 */
int verdicts_ask(const struct verdicts *v, const char *workload,
		 enum lane_kind kind, const char *a, const char *b,
		 struct cell_ratio *ret);

/* The floor in ln, or below 0 if there is none. */
double verdicts_floor(const struct verdicts *v, const char *workload,
		      enum lane_kind kind);

/**
 * verdicts_fill() - ratio and reference of cells, from what was measured
 * @cells:	of one workload or several; nr_processes is raised to the
 *		number of processes that compared, if it is lower
 * @reference:	lives as long as the cells; the reference's own cell has its
 *		twin, if it is the one that has
 *
 * Return: 0 or -ENOMEM.
 */
int verdicts_fill(const struct verdicts *v, struct run_cell *cells, unsigned nr,
		  const char *reference);

#endif /* VERDICTS_H */
