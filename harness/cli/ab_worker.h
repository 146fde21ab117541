/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One process of `ab`: base, head and base's twin on one strategy and workload.
 */
#ifndef AB_WORKER_H
#define AB_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "ab_module.h"
#include "units.h"

/* In rows of a worker, and of --out, versus is this for head over base; for
 * the twin over base, A/A, it is the strategy itself. */
#define AB_VERSUS_BASE "base"

struct ab_work {
	const char *path[NR_AB_SIDES]; /* of modules */
	const char *strategy, *workload;
	const struct words *options; /* of the plan */
	bool metric[NR_LANE_KINDS];
	unsigned nr_rounds;
	uint64_t seed;
};

/* Prints rows as of samples.csv, two for each metric that can be measured.
 * Returns the exit status, after a line on stderr if it is not EXIT_FINE. */
int ab_worker(const struct ab_work *work);

#endif /* AB_WORKER_H */
