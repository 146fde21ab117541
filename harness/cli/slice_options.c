// SPDX-License-Identifier: GPL-2.0-only
/*
 * --rounds and --reference; see slice_options.h.
 */
#include "slice_options.h"

#include <string.h>

#define USUAL_REFERENCE "slab_dma32"

enum { OPT_ROUNDS = 0x300, OPT_REFERENCE };

static const struct argp_option options[] = {
	{ "rounds", OPT_ROUNDS, "N", 0,
	  "Rounds of slices in each process, in which strategies are compared; 0: none (50)",
	  0 },
	{ "reference", OPT_REFERENCE, "STRATEGY", 0,
	  "The strategy that runs twice, so that two of the same can be compared (" USUAL_REFERENCE
	  ", or the first)",
	  0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct slice_options *opts = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = opts->plan;
		opts->plan->plan.nr_rounds = DEFAULT_ROUNDS;
		break;
	case OPT_ROUNDS:
		opts->plan->plan.nr_rounds = (unsigned)args_number(
			state, "--rounds", arg, 0, MAX_ROUNDS);
		opts->rounds_given = true;
		break;
	case OPT_REFERENCE:
		opts->reference = arg;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp slice_argp = {
	.options = options,
	.parser = parse,
	.children = plan_children,
};

const struct argp_child slice_children[] = {
	{ &slice_argp, 0, NULL, 0 },
	{ NULL, 0, NULL, 0 },
};

static unsigned find(const struct run_plan *plan, const char *label)
{
	unsigned i;

	for (i = 0; i < plan->nr_specs; i++)
		if (!strcmp(plan->spec[i].label, label))
			break;
	return i;
}

void slice_options_finish(struct slice_options *opts, struct argp_state *state)
{
	struct run_plan *plan = &opts->plan->plan;
	unsigned i;

	if (opts->reference) {
		plan->reference = find(plan, opts->reference);
		if (plan->reference == plan->nr_specs)
			argp_error(state, "--reference: '%s' is not measured",
				   opts->reference);
		return;
	}
	i = find(plan, USUAL_REFERENCE);
	if (i == plan->nr_specs)
		for (i = 0; i < plan->nr_specs - 1; i++)
			if (!plan->spec[i].ops->baseline)
				break;
	plan->reference = i;
}
