/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The options that say how pairs of strategies are compared: shared by run and
 * sample.
 */
#ifndef SLICE_OPTIONS_H
#define SLICE_OPTIONS_H

#include "plan_options.h"

#define DEFAULT_ROUNDS 50
#define MAX_ROUNDS 100000

struct slice_options {
	struct plan_options *plan; /* of the same command */
	const char *reference;	   /* label, or NULL: chosen */
	bool rounds_given;
};

/* For .children of a struct argp, in place of plan_children, which are among
 * them; the first child's input is a struct slice_options, whose plan gets
 * DEFAULT_ROUNDS unless others are given. */
extern const struct argp_child slice_children[];

/* Sets plan.reference once all strategies are known: slab_dma32 if it is there,
 * else the first that is ranked. Ends with one line if the one that was asked
 * for is not in the plan. */
void slice_options_finish(struct slice_options *opts, struct argp_state *state);

#endif /* SLICE_OPTIONS_H */
