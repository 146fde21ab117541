/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The processes of `ab`: which, in which order, and what they say.
 */
#ifndef AB_RUN_H
#define AB_RUN_H

#include "ab_module.h"
#include "ab_report.h"
#include "csvfile.h"
#include "progress.h"
#include "units.h"

/* What all processes have in common. */
struct ab_config {
	const char *path[NR_AB_SIDES]; /* of modules */
	const struct words *options;   /* of the plan */
	bool metric[NR_LANE_KINDS];
	unsigned nr_processes; /* of a cell */
	unsigned nr_rounds;
	uint64_t seed;
	double threshold;
	struct csv_writer *samples; /* gets a row for each value; or NULL */
	struct progress *progress;
};

/* One strategy on one workload. */
struct ab_cell {
	const char *strategy, *workload;
	struct ab_row row[NR_LANE_KINDS];
};

/**
 * ab_run() - all processes of all cells, then those of rows that are worse
 *
 * Fills each cell's rows. In the first part processes of all cells take turns
 * in one random order; what it finds worse is measured again by itself, with
 * other seeds.
 *
 * Return: 0; -EINTR; -ENOMEM; -EIO if a process fails, or writes something
 * else than it should; errors of samples.
 */
int ab_run(const struct ab_config *cfg, struct ab_cell *cell, unsigned nr,
	   char *why);

#endif /* AB_RUN_H */
