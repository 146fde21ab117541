/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All observations of a measurement: rows of processes go in, samples.csv and
 * the timed figures of cells come out. Nothing else makes these figures, so
 * they are a function of samples.csv.
 *
 * Histograms of all processes are added up and belong to process 0; all else
 * keeps its process. The order of rows does not depend on the order in which
 * they came.
 *
 * Concurrency: none.
 */
#ifndef OBSERVATIONS_H
#define OBSERVATIONS_H

#include "cell_samples.h"
#include "verdicts.h"

struct observations;

/* plan and workload[nr] must outlive it. 0 or -ENOMEM. */
int observations_create(const struct run_plan *plan, unsigned nr_processes,
			const char *const *workload, unsigned nr,
			struct observations **ret);
void observations_destroy(struct observations *o);

/**
 * observations_add() - what a process printed
 * @name:	stands for it in messages
 * @workload:	of all its rows
 * @process:	from 1
 * @why:	OUTPUT_WHY_SIZE bytes, written on failure: "name:line: reason"
 *
 * Return: 0; -EINVAL for a row that is none of this plan, with o unusable;
 * -ENOMEM.
 */
int observations_add(struct observations *o, const char *name,
		     const struct csv_table *t, unsigned workload,
		     unsigned process, char *why);

/**
 * observations_read() - a samples.csv that observations_write() wrote
 *
 * Rows of another source than v7sbench are left out. Else as above.
 */
int observations_read(struct observations *o, const char *name,
		      const struct csv_table *t, char *why);

/* All rows, without the header. 0 or the writer's first error. */
int observations_write(const struct observations *o, struct csv_writer *w);

/* Has v know all comparisons. 0 or -ENOMEM. */
int observations_judge(const struct observations *o, struct verdicts *v);

/**
 * observations_of() - the values that a process has of a metric
 * @process:	0: all processes
 * @fn:		called for each, in order of processes and repetitions; or NULL
 *
 * Return: how many.
 */
size_t observations_of(const struct observations *o, unsigned workload,
		       unsigned strategy, unsigned versus, const char *metric,
		       unsigned process,
		       void (*fn)(void *ctx, const struct sample *s),
		       void *ctx);

#define OBSERVATIONS_ALONE 0xffffu /* versus nobody */

/* Adds the timed figures to an empty cell (run_cell_init()). 0 or -ENOMEM. */
int observations_fill(const struct observations *o, unsigned workload,
		      unsigned strategy, struct run_cell *cell);

#endif /* OBSERVATIONS_H */
