// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parses the options of v7sbench kernel. Bad values, and what cannot go
 * together, end in one line and EXIT_USAGE.
 */
#include "kernel_options.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "expect.h"
#include "insn_job.h"
#include "pgtable_options.h"
#include "workload_list.h"

#define MAX_OPTIONS 32 /* shared with replay */

enum {
	OPT_COUNTS = 0x800,
	OPT_EVENTS,
	OPT_EVERY,
	OPT_VECTORS,
	OPT_COST,
	OPT_COST_EVENTS,
	OPT_GUEST,
	OPT_BOOT,
	OPT_SECONDS,
	OPT_KEEP_FILES,
	OPT_SCRIPT,
	OPT_ANSWERS,
	OPT_MODEL_ANSWERS,
	OPT_ALL,
};

static const struct argp_option options[] = {
	{ "strategy", 's', "S[,S...]", 0,
	  "Strategies, without options (all that a kernel has)", 0 },
	{ "cpus", OPT_COUNTS, "N[,N...]", 0,
	  "Simulated CPUs and those of the guest; each number given is a boot (1,2,4,8)",
	  0 },
	{ "events", OPT_EVENTS, "N", 0, "The first N events of a trace (all)",
	  0 },
	{ "every", OPT_EVERY, "N", 0,
	  "Compare after each N events (so that there are about 200 points)",
	  0 },
	{ "vectors", OPT_VECTORS, "FILE", 0,
	  "Also put golden vectors to it, plain or .zst; may be repeated", 0 },
	{ "all", OPT_ALL, NULL, 0,
	  "Every workload, also those that 'v7sbench run' takes only if named (without TRACE and --vectors)",
	  0 },
	{ "cost", OPT_COST, NULL, 0,
	  "Also count instructions, in the guest and of the models", 0 },
	{ "cost-events", OPT_COST_EVENTS, "N", 0,
	  "Of the first N events of a trace (20000)", 0 },
	{ "guest", OPT_GUEST, "DIR", 0,
	  "The guest, as harness/kernel/prepare.sh makes it (" KERNEL_GUEST_DIR
	  ")",
	  0 },
	{ "boot", OPT_BOOT, "PROGRAM", 0,
	  "What boots it, with the options of harness/kernel/boot.sh (that)",
	  0 },
	{ "seconds", OPT_SECONDS, "N", 0,
	  "End a guest that takes longer (as boot.sh says)", 0 },
	{ "keep", OPT_KEEP_FILES, NULL, 0,
	  "Keep scripts and answers, and say where", 0 },
	{ "script", OPT_SCRIPT, "FILE", 0,
	  "Boot nothing: write the script, for a board", 0 },
	{ "answers", OPT_ANSWERS, "FILE", 0,
	  "Boot nothing: what a board answered to that script", 0 },
	{ "model-answers", OPT_MODEL_ANSWERS, NULL, 0,
	  "Boot nothing: print what our models answer to it", 0 },
	{ "out", 'o', "DIR", 0,
	  "Also write kernel_*.csv and result.json to DIR, as a whole or not at all",
	  0 },
	{ "format", 'f', "FORMAT", 0, "table, csv, json or md (table)", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static void add_count(void *ctx, struct argp_state *state, const char *text)
{
	struct kernel_options *opts = ctx;
	unsigned nr = (unsigned)args_number(state, "--cpus", text, 1, 64);

	if (opts->nr_counts == KERNEL_MAX_COUNTS)
		argp_error(state, "--cpus: more than %d", KERNEL_MAX_COUNTS);
	for (unsigned i = 0; i < opts->nr_counts; i++)
		if (opts->nr_cpus[i] == nr)
			argp_error(state, "--cpus: %u given twice", nr);
	opts->nr_cpus[opts->nr_counts++] = nr;
}

static void add_text(const char **list, unsigned *nr, unsigned max,
		     const char *what, struct argp_state *state,
		     const char *text)
{
	if (*nr == max)
		argp_error(state, "more than %u %s", max, what);
	for (unsigned i = 0; i < *nr; i++)
		if (!strcmp(list[i], text))
			argp_error(state, "'%s' given twice", text);
	list[(*nr)++] = text;
}

static void add_all_traces(struct kernel_options *opts,
			   struct argp_state *state)
{
	static struct workload_list all; /* its labels live on */

	opts->all_traces = true;
	workload_list_every(&all, state);
	for (unsigned i = 0; i < all.nr; i++)
		add_text(opts->trace, &opts->nr_traces, KERNEL_MAX_TRACES,
			 "traces", state, all.spec[i].label);
}

static void check_strategies(struct kernel_options *opts,
			     struct argp_state *state)
{
	for (unsigned i = 0; i < opts->plan.plan.nr_specs; i++) {
		const struct l2_spec *spec = &opts->plan.spec[i];

		if (kernel_strategy_fits(spec))
			argp_error(state, "--strategy: %s: %s", spec->label,
				   kernel_strategy_fits(spec));
	}
}

static void check_board(struct kernel_options *opts, struct argp_state *state)
{
	int nr = !!opts->script + !!opts->answers + opts->model_answers;

	if (nr > 1)
		argp_error(
			state,
			"one of --script, --answers and --model-answers at a time");
	if (!nr)
		return;
	if (!opts->nr_traces && !opts->all_traces)
		argp_error(state, "a board takes a script: of which TRACE?");
	if (opts->nr_counts != 1)
		argp_error(state, "a board has one number of CPUs: --cpus=N");
	if (opts->nr_vectors || opts->cost)
		argp_error(
			state,
			"--vectors and --cost boot guests: no --script, --answers or --model-answers");
	if (opts->out && !opts->answers)
		argp_error(state, "nothing is compared: no --out");
}

static void finish(struct kernel_options *opts, struct argp_state *state)
{
	static const char all[] = "1,2,4,8";

	if (!opts->strategies_given) {
		opts->plan.plan.nr_specs = 0;
		for (unsigned i = 0; kernel_strategies[i]; i++)
			plan_options_add_specs(&opts->plan, state,
					       kernel_strategies[i]);
	}
	check_strategies(opts, state);
	check_board(opts, state);
	if (!opts->nr_counts)
		args_items(state, "--cpus", all, add_count, opts);
	if (opts->all_traces && opts->nr_traces)
		argp_error(state, "--all, or which TRACE?");
	if (opts->all_traces || (!opts->nr_traces && !opts->nr_vectors))
		add_all_traces(opts, state);
	if (opts->cost && !opts->nr_traces)
		argp_error(state, "--cost: of which TRACE?");
}

static error_t parse_number(int key, char *arg, struct argp_state *state)
{
	struct kernel_options *opts = state->input;

	switch (key) {
	case OPT_EVENTS:
		opts->nr_events =
			args_number(state, "--events", arg, 1, UINT32_MAX);
		break;
	case OPT_EVERY:
		opts->every = args_number(state, "--every", arg, 1, UINT32_MAX);
		break;
	case OPT_COST_EVENTS:
		opts->cost_events = args_number(state, "--cost-events", arg, 1,
						INSN_MAX_EVENTS);
		break;
	case OPT_SECONDS:
		opts->seconds = (unsigned)args_number(state, "--seconds", arg,
						      1, 1000000);
		break;
	case OPT_COUNTS:
		args_items(state, "--cpus", arg, add_count, opts);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static error_t parse_boot(int key, char *arg, struct argp_state *state)
{
	struct kernel_options *opts = state->input;

	switch (key) {
	case OPT_ALL:
		opts->all_traces = true;
		break;
	case OPT_COST:
		opts->cost = true;
		break;
	case OPT_GUEST:
		opts->guest = arg;
		opts->guest_given = true;
		break;
	case OPT_BOOT:
		opts->boot = arg;
		if (access(arg, X_OK))
			argp_error(state, "--boot: %s: %s", arg,
				   strerror(errno));
		break;
	case OPT_KEEP_FILES:
		opts->keep = true;
		break;
	case OPT_SCRIPT:
		opts->script = arg;
		break;
	case OPT_ANSWERS:
		opts->answers = arg;
		break;
	case OPT_MODEL_ANSWERS:
		opts->model_answers = true;
		break;
	default:
		return parse_number(key, arg, state);
	}
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct kernel_options *opts = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &opts->plan;
		break;
	case 's':
		opts->strategies_given = true;
		plan_options_add_specs(&opts->plan, state, arg);
		break;
	case 'o':
		opts->out = arg;
		break;
	case 'f':
		if (cli_format_parse(arg, &opts->format))
			argp_error(state, "unknown format '%s'", arg);
		break;
	case OPT_VECTORS:
		add_text(opts->vector, &opts->nr_vectors, KERNEL_MAX_VECTORS,
			 "files of vectors", state, arg);
		break;
	case ARGP_KEY_ARG:
		add_text(opts->trace, &opts->nr_traces, KERNEL_MAX_TRACES,
			 "traces", state, arg);
		break;
	case ARGP_KEY_END:
		finish(opts, state);
		break;
	default:
		return parse_boot(key, arg, state);
	}
	return 0;
}

/* Its children are kernel_options_parse()'s. */
static const struct argp argp_alone = {
	.options = options,
	.parser = parse,
	.args_doc = "[TRACE...]",
	.doc = "Puts the same traces to a real kernel in a guest and to our models: results of calls, tables, page tables at the end, pages held."
	       "\vTRACE is a file, - or the name of a workload; without it and without --vectors: --all. The page table is that of 'v7sbench run'. Exit status: 0 all agree; 1 something differs; 2 for a trace that cannot be used; 3 if something breaks, or a case could not be compared; 77 without QEMU or guest ('./bootstrap kernel-check', then 'ninja kernel-check').",
};

void kernel_options_parse(int argc, char **argv, struct kernel_options *ret)
{
	static const char *const without[] = { "profile", "cpus",     "frag",
					       "dma32",	  "age-seed", "inject",
					       "share",	  "reps",     "seed",
					       "threads", "strategy", NULL };
	struct argp_option picked[MAX_OPTIONS];
	struct argp driver = *pgtable_driver_children[0].argp;
	struct argp format = *pgtable_children[0].argp;
	struct argp plan_argp = *plan_children[0].argp, argp = argp_alone;
	const struct argp_child of_format[] = { { .argp = &driver }, { 0 } };
	const struct argp_child of_plan[] = { { .argp = &format }, { 0 } };
	const struct argp_child children[] = { { .argp = &plan_argp }, { 0 } };

	*ret = (struct kernel_options){
		.guest = KERNEL_GUEST_DIR,
		.cost_events = INSN_EVENTS,
	};
	plan_options_init(&ret->plan, 0);
	ret->plan.plan.replay.profile = machine_profile_find(KERNEL_MACHINE);
	plan_options_mediatek(&ret->plan);
	plan_options_pick(without, picked, MAX_OPTIONS);
	/* The real kernel is the driver: no --kernel, --split or --path. */
	driver.options = NULL;
	format.children = of_format;
	plan_argp.options = picked;
	plan_argp.children = of_plan;
	argp.children = children;
	args_parse(&argp, argc, argv, ret);
}
