// SPDX-License-Identifier: GPL-2.0-only
/*
 * v7sbench ab: is one build of this program slower than another? harness/ab
 * makes the modules of both.
 *
 * The default workloads are those where a slowdown shows and a process is
 * short: one in which every map takes a table, one that maps and unmaps
 * hundreds of pages to a table, and a recorded one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ab_print.h"
#include "ab_run.h"
#include "ab_worker.h"
#include "environment.h"
#include "load.h"
#include "outfile.h"
#include "ranked.h"
#include "samples.h"
#include "workload.h"

#define AB_PROCESSES 20
#define AB_ROUNDS 300
#define MAX_TRACES 256
#define MAX_OPTIONS 64 /* of a plan */

static const char *const default_workloads[] = {
	"adv_one_4k_per_mb",
	"jpeg_small_churn:jobs=64",
	"x86-drm",
};

struct options {
	struct plan_options plan;
	char *trace[MAX_TRACES];
	unsigned nr_traces;
	const char *file[NR_AB_SIDES]; /* of the twin: this is a worker */
	const char *name[NR_AB_SIDES]; /* revisions; NULL: what they say */
	bool metric[NR_LANE_KINDS], metric_given, strategy_given;
	unsigned nr_processes, nr_rounds;
	double threshold;
	struct ab_print print;
	bool full, strict;
	const char *out;
};

enum {
	OPT_BASE = 0x200,
	OPT_HEAD,
	OPT_BASE_NAME,
	OPT_HEAD_NAME,
	OPT_WORKER,
	OPT_METRIC,
	OPT_PROCESSES,
	OPT_ROUNDS,
	OPT_THRESHOLD,
	OPT_FULL,
	OPT_STRICT,
	OPT_GITHUB,
	OPT_JUNIT,
};

static const struct argp_option options[] = {
	{ "base", OPT_BASE, "FILE", 0, "Module of the revision to compare with",
	  0 },
	{ "head", OPT_HEAD, "FILE", 0, "Module of the revision in question",
	  0 },
	{ "base-name", OPT_BASE_NAME, "TEXT", 0,
	  "What to call them (the revision in the file)", 0 },
	{ "head-name", OPT_HEAD_NAME, "TEXT", 0, NULL, 0 },
	{ "worker", OPT_WORKER, "FILE", OPTION_HIDDEN, NULL, 0 },
	{ "workload", 'w', "W[,W...]", 0,
	  "Workloads with their settings, or files (adv_one_4k_per_mb,jpeg_small_churn:jobs=64,x86-drm)",
	  0 },
	{ "full", OPT_FULL, NULL, 0, "All workloads that 'v7sbench run' takes",
	  0 },
	{ "metric", OPT_METRIC, "METRIC", 0,
	  "table (allocations and frees alone) or event (the whole path); may be repeated (both)",
	  0 },
	{ "processes", OPT_PROCESSES, "N", 0,
	  "For each strategy and workload, at least 8 (20)", 0 },
	{ "rounds", OPT_ROUNDS, "N", 0, "In each process (300)", 0 },
	{ "threshold", OPT_THRESHOLD, "PERCENT", 0,
	  "A smaller difference does not matter (1)", 0 },
	{ "strict", OPT_STRICT, NULL, 0,
	  "Status 4 if a slowdown beyond the threshold is not ruled out", 0 },
	{ "format", 'f', "FORMAT", 0, "table, csv, json or md (table)", 0 },
	{ "junit", OPT_JUNIT, "FILE", 0, "Also write JUnit XML to FILE", 0 },
	{ "github", OPT_GITHUB, NULL, 0,
	  "Also print annotations for GitHub Actions, and append to its job summary",
	  0 },
	{ "out", 'o', "FILE", 0, "Also write each process's values to a file",
	  0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static void add_trace(void *ctx, struct argp_state *state, const char *text)
{
	struct options *opts = ctx;
	unsigned i;

	if (opts->nr_traces == MAX_TRACES)
		argp_error(state, "more than %d workloads", MAX_TRACES);
	for (i = 0; i < opts->nr_traces; i++)
		if (!strcmp(opts->trace[i], text))
			argp_error(state, "workload '%s' given twice", text);
	opts->trace[opts->nr_traces] = strdup(text);
	if (!opts->trace[opts->nr_traces++])
		argp_failure(state, EXIT_FAILED, ENOMEM, "%s", text);
}

static void add_all(struct options *opts, struct argp_state *state)
{
	char text[ARGS_ITEM_SIZE];

	for (unsigned i = 0; workloads[i]; i++) {
		const char *const *bench = workloads[i]->bench;

		if (!bench)
			add_trace(opts, state, workloads[i]->name);
		for (; bench && *bench; bench++) {
			snprintf(text, sizeof(text), "%s%s%s",
				 workloads[i]->name, **bench ? ":" : "",
				 *bench);
			add_trace(opts, state, text);
		}
	}
}

static double parse_percent(struct argp_state *state, const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (!*text || *end || strspn(text, "0123456789.") != strlen(text) ||
	    value > 1000)
		argp_error(state,
			   "--threshold: '%s' is no percentage from 0 to 1000",
			   text);
	return value / 100;
}

static void keep_ranked(struct plan_options *plan)
{
	unsigned i, nr = 0;

	for (i = 0; i < plan->plan.nr_specs; i++)
		if (strategy_ranked(&plan->spec[i]))
			plan->spec[nr++] = plan->spec[i];
	plan->plan.nr_specs = nr;
}

static void finish_options(struct options *opts, struct argp_state *state)
{
	unsigned i;

	if (!opts->file[AB_BASE] || !opts->file[AB_HEAD])
		argp_error(state, "--base=FILE and --head=FILE are required");
	if (opts->print.github && opts->print.format != FORMAT_TABLE)
		argp_error(state,
			   "--github prints commands on stdout: no --format");
	if (opts->full && opts->nr_traces)
		argp_error(state, "--full: not with --workload");
	if (opts->full)
		add_all(opts, state);
	for (i = 0; !opts->full && !opts->file[AB_TWIN] &&
		    i < ARRAY_SIZE(default_workloads) && opts->nr_traces <= i;
	     i++)
		add_trace(opts, state, default_workloads[i]);
	for (i = 0; i < NR_LANE_KINDS && !opts->metric_given; i++)
		opts->metric[i] = true;
	if (!opts->strategy_given)
		keep_ranked(&opts->plan);
}

static error_t parse_number(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;

	switch (key) {
	case OPT_PROCESSES:
		opts->nr_processes = (unsigned)args_number(
			state, "--processes", arg, PAIRED_MIN, PAIRED_MAX);
		break;
	case OPT_ROUNDS:
		opts->nr_rounds = (unsigned)args_number(state, "--rounds", arg,
							1, MAX_ROUNDS);
		break;
	case OPT_THRESHOLD:
		opts->threshold = parse_percent(state, arg);
		break;
	case OPT_METRIC:
		opts->metric[args_word(state, "--metric", arg, lane_kind_names)] =
			true;
		opts->metric_given = true;
		break;
	case OPT_FULL:
		opts->full = true;
		break;
	case OPT_STRICT:
		opts->strict = true;
		break;
	case OPT_GITHUB:
		opts->print.github = true;
		break;
	case OPT_JUNIT:
		opts->print.junit = arg;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &opts->plan;
		break;
	case OPT_BASE:
		opts->file[AB_BASE] = arg;
		break;
	case OPT_HEAD:
		opts->file[AB_HEAD] = arg;
		break;
	case OPT_WORKER:
		opts->file[AB_TWIN] = arg;
		break;
	case OPT_BASE_NAME:
		opts->name[AB_BASE] = arg;
		break;
	case OPT_HEAD_NAME:
		opts->name[AB_HEAD] = arg;
		break;
	case 'w':
		args_items(state, "--workload", arg, add_trace, opts);
		break;
	case 'f':
		if (cli_format_parse(arg, &opts->print.format))
			argp_error(state, "unknown format '%s'", arg);
		break;
	case 'o':
		opts->out = arg;
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument '%s'", arg);
		break;
	case ARGP_KEY_NO_ARGS:
		/* Before those that were not given are filled in. */
		opts->strategy_given = opts->plan.plan.nr_specs;
		break;
	case ARGP_KEY_END:
		finish_options(opts, state);
		break;
	default:
		return parse_number(key, arg, state);
	}
	return 0;
}

static const struct argp argp_alone = {
	.options = options,
	.parser = parse,
	.doc = "Measures two builds of this program beside each other, slice by slice in the same processes: is head slower than base? 'harness/ab REV' builds both."
	       "\vWorse is what is slower beyond the threshold and beyond the noise (base against itself), with p <= 0.01, and found so again by processes of its own. ~ is: cannot tell. Exit status: 0; 1 regression confirmed; 2 usage; 3 modules that cannot be compared, or a process failed; 4 inconclusive (--strict); on a signal, that signal.",
};

static void parse_options(struct options *opts, int argc, char **argv)
{
	static const char *const without[] = { "inject", "reps", "threads",
					       NULL };
	struct argp_option picked[MAX_OPTIONS];
	struct argp plan_argp = *plan_children[0].argp, argp = argp_alone;
	const struct argp_child children[] = { { .argp = &plan_argp }, { 0 } };

	plan_options_init(&opts->plan, 0);
	plan_options_mediatek(&opts->plan);
	opts->nr_processes = AB_PROCESSES;
	opts->nr_rounds = AB_ROUNDS;
	opts->threshold = PAIRED_THRESHOLD;
	plan_options_pick(without, picked, MAX_OPTIONS);
	plan_argp.options = picked;
	argp.children = children;
	args_parse(&argp, argc, argv, opts);
}

/* The options of the plan that are not the default: a base that has fewer of
 * them may understand. 0 or -ENOMEM. */
static int plan_words(const struct plan_options *opts, struct words *ret)
{
	static struct plan_options plain;
	char *text = plan_options_format(opts, &opts->plan), *without;
	char *next, *save = NULL;
	int err = 0;

	plan_options_init(&plain, 0);
	plan_options_mediatek(&plain);
	without = plan_options_format(&plain, &plain.plan);
	if (!text || !without)
		err = -ENOMEM;
	for (next = err ? NULL : strtok_r(text, " ", &save); next && !err;
	     next = strtok_r(NULL, " ", &save)) {
		const char *at = strstr(without, next);

		if (!at || !strchr(" ", at[strlen(next)]))
			err = words_add(ret, "%s", next);
	}
	free(text);
	free(without);
	return err;
}

/* What the modules are, and why they cannot be compared. EXIT_FINE, or the
 * status after a line on stderr. */
static int check_modules(struct options *opts,
			 char path[NR_AB_SIDES][AB_PATH_SIZE])
{
	const struct lane_module *m[NR_AB_SIDES];
	char why[OUTPUT_WHY_SIZE];
	unsigned side;
	int err = 0;

	for (side = 0; side < NR_AB_SIDES && !err; side++)
		err = ab_image(opts->file[side == AB_TWIN ? AB_BASE : side],
			       path[side], why);
	for (side = 0; side < AB_TWIN && !err; side++) {
		err = ab_module_load(path[side], opts->file[side], &m[side],
				     why);
		if (!err && !opts->name[side])
			opts->name[side] = m[side]->revision;
	}
	if (err)
		return cli_fail(EXIT_FAILED, "%s", why);
	for (side = 0; side < AB_TWIN; side++)
		if (m[side]->abi != LANE_ABI)
			return cli_fail(
				EXIT_FAILED,
				"base %s has lanes of form %u, head %s of form %u; this program knows form %u: they cannot be measured beside each other",
				opts->name[AB_BASE], m[AB_BASE]->abi,
				opts->name[AB_HEAD], m[AB_HEAD]->abi, LANE_ABI);
	if (strcmp(m[AB_BASE]->build, m[AB_HEAD]->build))
		cli_warn("built differently: base %s: %s; head %s: %s",
			 opts->name[AB_BASE], m[AB_BASE]->build,
			 opts->name[AB_HEAD], m[AB_HEAD]->build);
	return EXIT_FINE;
}

/* Bad ones end it before anything is measured. */
static int check_traces(const struct options *opts)
{
	unsigned i;
	int status = EXIT_FINE;

	for (i = 0; i < opts->nr_traces && !status; i++) {
		struct replay_config cfg = opts->plan.plan.replay;
		struct trace trace;

		status = cli_load_trace(opts->trace[i], &opts->plan, &cfg,
					&trace);
		if (!status)
			trace_free(&trace);
	}
	return status;
}

static void warn_unfit(void)
{
	struct environment env;

	environment_read(&env);
	if (environment_unfit(&env))
		cli_warn("times from this build mean little: %s",
			 environment_unfit(&env));
}

static int judge(const struct options *opts, const struct ab_cell *cell,
		 unsigned nr)
{
	struct ab_summary sum = {
		.threshold = opts->threshold,
		.base = opts->name[AB_BASE],
		.head = opts->name[AB_HEAD],
	};
	struct ab_row *row = calloc((size_t)nr * NR_LANE_KINDS, sizeof(*row));
	unsigned nr_rows = 0, i, k;
	int status;

	if (!row)
		return cli_fail(EXIT_FAILED, "out of memory");
	for (i = 0; i < nr; i++)
		for (k = 0; k < NR_LANE_KINDS; k++)
			if (opts->metric[k])
				row[nr_rows++] = cell[i].row[k];
	ab_summarise(row, nr_rows, &sum);
	status = ab_print(&opts->print, row, nr_rows, &sum);
	free(row);
	if (status)
		return status;
	if (sum.nr_worse)
		return EXIT_REGRESSION;
	if (!sum.nr_measured)
		return cli_fail(EXIT_FAILED, "nothing could be measured");
	return opts->strict && sum.nr_inconclusive ? EXIT_INCONCLUSIVE
						   : EXIT_FINE;
}

static int measure(const struct options *opts, const struct ab_config *cfg)
{
	unsigned nr_specs = opts->plan.plan.nr_specs, nr = 0, i, k;
	struct ab_cell *cell =
		calloc((size_t)nr_specs * opts->nr_traces, sizeof(*cell));
	char why[OUTPUT_WHY_SIZE];
	int err, status;

	if (!cell)
		return cli_fail(EXIT_FAILED, "out of memory");
	for (i = 0; i < opts->nr_traces; i++) {
		for (k = 0; k < nr_specs; k++) {
			cell[nr].workload = opts->trace[i];
			cell[nr++].strategy = opts->plan.spec[k].label;
		}
	}
	err = ab_run(cfg, cell, nr, why);
	if (err == -EINTR)
		status = -EINTR;
	else
		status = err ? cli_fail(EXIT_FAILED, "%s", why)
			     : judge(opts, cell, nr);
	free(cell);
	return status;
}

/* With the file of --out, which is refused before anything is measured. */
static int measure_to_file(const struct options *opts, struct ab_config *cfg)
{
	struct csv_writer samples;
	struct outfile *of = NULL;
	char why[OUTPUT_WHY_SIZE];
	int status;

	if (opts->out) {
		if (outfile_open(opts->out, &of, why))
			return cli_fail(EXIT_FAILED, "%s", why);
		csv_writer_init(&samples, outfile_stream(of));
		samples_put_header(&samples);
		cfg->samples = &samples;
	}
	status = measure(opts, cfg);
	if (status == -EINTR || status == EXIT_FAILED)
		outfile_abort(of);
	else if (of && outfile_commit(of, why))
		status = cli_fail(EXIT_FAILED, "%s", why);
	return status;
}

static int compare(struct options *opts, const struct words *words)
{
	char path[NR_AB_SIDES][AB_PATH_SIZE];
	struct progress progress = { 0 };
	struct ab_config cfg = {
		.path = { path[AB_BASE], path[AB_HEAD], path[AB_TWIN] },
		.options = words,
		.nr_processes = opts->nr_processes,
		.nr_rounds = opts->nr_rounds,
		.seed = opts->plan.plan.seed,
		.threshold = opts->threshold,
		.progress = &progress,
	};
	int status;

	memcpy(cfg.metric, opts->metric, sizeof(cfg.metric));
	cli_catch_signals();
	warn_unfit();
	status = check_modules(opts, path);
	if (!status)
		status = check_traces(opts);
	if (!status)
		status = measure_to_file(opts, &cfg);
	if (status == -EINTR)
		cli_die_of_signal();
	return status;
}

static int work(const struct options *opts, const struct words *words)
{
	struct ab_work work = {
		.path = { opts->file[AB_BASE], opts->file[AB_HEAD],
			  opts->file[AB_TWIN] },
		.strategy = opts->plan.spec[0].label,
		.workload = opts->trace[0],
		.options = words,
		.nr_rounds = opts->nr_rounds,
		.seed = opts->plan.plan.seed,
	};

	memcpy(work.metric, opts->metric, sizeof(work.metric));
	if (!work.workload)
		return cli_fail(EXIT_USAGE, "--worker: which workload?");
	return ab_worker(&work);
}

int cmd_ab(int argc, char **argv)
{
	static struct options opts;
	struct words words = { 0 };
	int status;

	parse_options(&opts, argc, argv);
	if (plan_words(&opts.plan, &words))
		status = cli_fail(EXIT_FAILED, "out of memory");
	else
		status = opts.file[AB_TWIN] ? work(&opts, &words)
					    : compare(&opts, &words);
	words_destroy(&words);
	while (opts.nr_traces)
		free(opts.trace[--opts.nr_traces]);
	return status;
}
