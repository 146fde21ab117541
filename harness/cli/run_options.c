// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parses the options of run; see run_options.h.
 */
#include "run_options.h"

#include <stdio.h>
#include <string.h>

#include "paired.h"

#define DEFAULT_PROCESSES 10
#define DEFAULT_REPS 1

/* For a look, and for as good as it gets. */
#define QUICK_PROCESSES 3
#define FULL_PROCESSES 30
#define FULL_REPS 2
#define FULL_ROUNDS 400

enum {
	OPT_HYPERFINE = 0x200,
	OPT_PROCESSES,
	OPT_QUICK,
	OPT_FULL,
	OPT_DRY_RUN,
	OPT_RESUME,
	OPT_FORCE,
	OPT_REPRO,
};

static const struct argp_option options[] = {
	{ "out", 'o', "DIR", 0, "Result folder, replaced as a whole (required)",
	  0 },
	{ "workload", 'w', "W[,W...]", 0,
	  "Workloads, each with its settings, which 'v7sbench list' has: name:key=value,... (all, with the settings that show what they are for)",
	  0 },
	{ "processes", OPT_PROCESSES, "N", 0,
	  "Processes for each workload; fewer than 8 give no verdict (10)", 0 },
	{ "quick", OPT_QUICK, NULL, 0, "For a look: 3 processes", 0 },
	{ "full", OPT_FULL, NULL, 0,
	  "30 processes, 2 repetitions, 400 rounds, unless said otherwise", 0 },
	{ "dry-run", OPT_DRY_RUN, NULL, 0,
	  "Print what would be done, in its order, and about how long it takes",
	  0 },
	{ "resume", OPT_RESUME, NULL, 0,
	  "Go on with an interrupted measurement of the same plan", 0 },
	{ "repro", OPT_REPRO, "ROW", 0,
	  "Print the command that measures a row of DIR's summary.csv again, alone: its number from 1, or STRATEGY@WORKLOAD",
	  0 },
	{ "force", OPT_FORCE, NULL, 0,
	  "Publish times of a build that is not fit for them", 0 },
	{ "hyperfine", OPT_HYPERFINE, "PROGRAM", OPTION_ARG_OPTIONAL,
	  "Also time whole processes (hyperfine)", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static void add_workload(void *ctx, struct argp_state *state, const char *text)
{
	struct run_options *opts = ctx;
	struct workload_spec *spec = &opts->workload[opts->nr_workloads];
	char why[TRACE_WHY_SIZE];
	unsigned i;

	if (opts->nr_workloads == MAX_WORKLOADS)
		argp_error(state, "more than %d workloads", MAX_WORKLOADS);
	if (workload_parse(text, spec, why))
		argp_error(state, "%s", why);
	for (i = 0; i < opts->nr_workloads; i++)
		if (!strcmp(opts->workload[i].label, spec->label))
			argp_error(state, "workload '%s' given twice", text);
	opts->nr_workloads++;
}

/* Every workload with each of the settings that it names for this. */
static void add_all(struct run_options *opts, struct argp_state *state)
{
	const struct workload_ops *const *wl;
	char text[ARGS_ITEM_SIZE];

	for (wl = workloads; *wl; wl++) {
		const char *const *settings = (*wl)->bench;

		if (!settings)
			add_workload(opts, state, (*wl)->name);
		for (; settings && *settings; settings++) {
			snprintf(text, sizeof(text), "%s%s%s", (*wl)->name,
				 **settings ? ":" : "", *settings);
			add_workload(opts, state, text);
		}
	}
}

/* What --quick and --full stand for, where nothing else was said. */
static void set_size(struct run_options *opts)
{
	struct run_plan *plan = &opts->plan.plan;

	if (!opts->nr_processes)
		opts->nr_processes = opts->quick  ? QUICK_PROCESSES
				     : opts->full ? FULL_PROCESSES
						  : DEFAULT_PROCESSES;
	if (opts->full && !opts->plan.reps_given)
		plan->nr_reps = FULL_REPS;
	if (opts->full && !opts->slices.rounds_given)
		plan->nr_rounds = FULL_ROUNDS;
	if (plan->nr_reps)
		return;
	plan->nr_rounds = 0;
	opts->nr_processes = 0;
}

static void finish_options(struct run_options *opts, struct argp_state *state)
{
	if (!opts->out && !opts->dry_run)
		argp_error(state, "--out=DIR is required");
	if (opts->quick && opts->full)
		argp_error(state, "--quick or --full?");
	if (opts->dry_run && opts->resume)
		argp_error(state, "--dry-run does nothing: no --resume");
	if (opts->repro && (opts->dry_run || opts->resume))
		argp_error(
			state,
			"--repro measures nothing: no --dry-run or --resume");
	if (!opts->nr_workloads)
		add_all(opts, state);
	set_size(opts);
	slice_options_finish(&opts->slices, state);
}

static error_t parse_mode(int key, char *arg, struct argp_state *state)
{
	struct run_options *opts = state->input;

	switch (key) {
	case OPT_PROCESSES:
		opts->nr_processes = (unsigned)args_number(state, "--processes",
							   arg, 1, PAIRED_MAX);
		break;
	case OPT_QUICK:
		opts->quick = true;
		break;
	case OPT_FULL:
		opts->full = true;
		break;
	case OPT_DRY_RUN:
		opts->dry_run = true;
		break;
	case OPT_RESUME:
		opts->resume = true;
		break;
	case OPT_FORCE:
		opts->force = true;
		break;
	case OPT_REPRO:
		if (!*arg)
			argp_error(state, "--repro: which row?");
		opts->repro = arg;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct run_options *opts = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &opts->plan;
		state->child_inputs[1] = &opts->slices;
		break;
	case 'o':
		opts->out = arg;
		break;
	case 'w':
		args_items(state, "--workload", arg, add_workload, opts);
		break;
	case OPT_HYPERFINE:
		opts->hyperfine = arg && *arg ? arg : "hyperfine";
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument '%s'", arg);
		break;
	case ARGP_KEY_END:
		finish_options(opts, state);
		break;
	default:
		return parse_mode(key, arg, state);
	}
	return 0;
}

void run_options_parse(int argc, char **argv, struct run_options *ret)
{
	const struct argp_child children[] = { plan_children[0],
					       slice_children[0],
					       { NULL, 0, NULL, 0 } };
	const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = "Measures strategies on workloads, by default all on all, with the page table of MediaTek's IOMMUs (--quirk=mtk_ext). Exact figures first; then times, in many processes in random order: --reps and --rounds are of each."
		       "\vExit status: 0; 2 usage; 3 if strategies translate differently though no allocation failed, or something breaks, with the earlier result untouched; on a signal, that signal, with the finished processes kept.",
		.children = children,
	};

	plan_options_init(&ret->plan, DEFAULT_REPS);
	ret->slices.plan = &ret->plan;
	ret->plan.plan.replay.pgtable.quirks = V7S_QUIRK_MTK_EXT |
					       V7S_QUIRK_NO_PERMS;
	ret->plan.plan.replay.pgtable.oas = 35;
	args_parse(&argp, argc, argv, ret);
}
