/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one process says of pairs of strategies: slices of all that are
 * comparable, and of one of them twice, on the machines of a run.
 *
 * Concurrency: none.
 */
#ifndef RUN_SLICES_H
#define RUN_SLICES_H

#include "run.h"

/* Of the reference; see slices.h. */
#define RUN_SLICE_NS 20000

/* ln(time a / time b), median over the rounds; a before b in the plan, or b is
 * a: the reference and its twin. */
struct slice_pair {
	enum lane_kind kind;
	unsigned a, b; /* strategies of the plan */
	double log_ratio;
};

struct slice_results {
	struct slice_pair *pair;
	unsigned nr;
	double slice_ns[NR_LANE_KINDS]; /* median; 0: no slices of the kind */
};

/**
 * run_slices() - plan->nr_rounds rounds of each kind of lane
 * @machine, @cells:	of the plan's strategies, after their memory passes
 * @ret:	written on success only; slice_results_fini() it
 *
 * A kind that cannot be had (lane_create(), slices_measure()) gives no pair;
 * nor does a strategy that does not do what the reference does. If that is not
 * comparable the first that is stands in for it.
 *
 * Return: 0; -ENOMEM; -EUCLEAN; -EINTR.
 */
int run_slices(const struct run_plan *plan,
	       const struct replay_machine *machine,
	       const struct run_cell *cells, struct slice_results *ret);

void slice_results_fini(struct slice_results *r);

#endif /* RUN_SLICES_H */
