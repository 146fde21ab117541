/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whole processes, timed from outside with hyperfine: start, reading the
 * trace, one bare replay, exit. A check on the figures from inside.
 */
#ifndef HYPERFINE_H
#define HYPERFINE_H

#include "result.h"

#define HYPERFINE_RUNS 10

struct hyperfine_job {
	const char *program; /* hyperfine's name or path */
	const char *self;    /* path of this executable */
	const char *workload;
	const struct run_plan *plan;
	const struct plan_options *opts; /* how it takes its trace */
};

/**
 * hyperfine_measure() - time `replay --bare` of each strategy, add samples
 * @why:	OUTPUT_WHY_SIZE bytes, written on failure
 *
 * Adds HYPERFINE_RUNS samples a strategy, metric process_s.
 *
 * What hyperfine prints is dropped. On a signal it gets the same one.
 *
 * Return: 0; -ENOENT if there is no such program; -EIO if it fails or writes
 * something else than promised; -ENOMEM; -EINTR. Samples of all strategies
 * are added, or none.
 */
int hyperfine_measure(struct result *res, const struct hyperfine_job *job,
		      char *why);

#endif /* HYPERFINE_H */
