// SPDX-License-Identifier: GPL-2.0-only
/*
 * v7sbench selftest: measures the measuring, on the machine it runs on.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "environment.h"
#include "load.h"
#include "physmem.h"
#include "selftest_run.h"

/* A comparison takes about 1.5 s with these. */
#define DEFAULT_COMPARISONS 100
#define DEFAULT_PROCESSES 20
#define DEFAULT_ROUNDS 300
#define DEFAULT_SLICE_US 20

struct options {
	struct selftest_options run;
	enum figures_format format;
	const char *csv;
	bool strict, quick, force;
};

enum {
	OPT_COMPARISONS = 0x600,
	OPT_PROCESSES,
	OPT_ROUNDS,
	OPT_SLICE,
	OPT_PERCENT,
	OPT_METRIC,
	OPT_SEED,
	OPT_CSV,
	OPT_STRICT,
	OPT_QUICK,
	OPT_FORCE,
	OPT_WORKER,
	OPT_DELAY,
};

static const struct argp_option options[] = {
	{ "comparisons", OPT_COMPARISONS, "N", 0,
	  "Comparisons of aa and of planted (100)", 0 },
	{ "processes", OPT_PROCESSES, "N", 0,
	  "Processes of a comparison, and of order (20)", 0 },
	{ "rounds", OPT_ROUNDS, "N", 0, "Rounds of slices in a process (300)",
	  0 },
	{ "slice", OPT_SLICE, "US", 0, "Length of a slice (20)", 0 },
	{ "percent", OPT_PERCENT, "P", 0,
	  "How much slower head is made for planted (2)", 0 },
	{ "strategy", 's', "S", 0, "Strategy, with its options (slab_dma32)",
	  0 },
	{ "workload", 'w', "TRACE", 0, "Workload or trace (x86-drm)", 0 },
	{ "metric", OPT_METRIC, "M", 0,
	  "table (allocations and frees) or event (table)", 0 },
	{ "seed", OPT_SEED, "N", 0, "For orders and places (1)", 0 },
	{ "quick", OPT_QUICK, NULL, 0,
	  "5 comparisons of 8 processes, to see that it works", 0 },
	{ "format", 'f', "FORMAT", 0, "table, csv, json or md (table)", 0 },
	{ "csv", OPT_CSV, "FILE", 0,
	  "Also write CSV to FILE, as a whole or not at all", 0 },
	{ "strict", OPT_STRICT, NULL, 0, "Status 4 if a goal is missed", 0 },
	{ "force", OPT_FORCE, NULL, 0,
	  "Measure with a build that is not fit for it: no optimisation, assertions, a sanitizer",
	  0 },
	{ "worker", OPT_WORKER, "WORK", OPTION_HIDDEN, NULL, 0 },
	{ "delay", OPT_DELAY, "N", OPTION_HIDDEN, NULL, 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static void set_format(struct options *opts, struct argp_state *state,
		       const char *text)
{
	static const enum figures_format to[] = {
		[FORMAT_TABLE] = FIGURES_TEXT,
		[FORMAT_CSV] = FIGURES_CSV,
		[FORMAT_JSON] = FIGURES_JSON,
		[FORMAT_MARKDOWN] = FIGURES_MARKDOWN,
	};
	enum cli_format format;

	if (cli_format_parse(text, &format))
		argp_error(state, "unknown format '%s'", text);
	else
		opts->format = to[format];
}

static double percent(struct argp_state *state, const char *text)
{
	char *end;
	double ret = strtod(text, &end);

	if (end == text || *end || !(ret >= 0 && ret <= 1000))
		argp_error(state, "--percent: '%s' is no number from 0 to 1000",
			   text);
	return ret;
}

static void add_test(struct options *opts, struct argp_state *state,
		     const char *text)
{
	unsigned test = args_word(state, "TEST", text, selftest_names);

	if (opts->run.test[test])
		argp_error(state, "test '%s' given twice", text);
	opts->run.test[test] = true;
}

static void set_defaults(struct options *opts, struct argp_state *state)
{
	struct selftest_options *run = &opts->run;
	bool any = false;

	plan_options_add_specs(&run->plan, state, run->strategy);
	if (run->plan.plan.nr_specs != 1)
		argp_error(state, "--strategy: one, not '%s'", run->strategy);
	if (!run->nr_comparisons)
		run->nr_comparisons = opts->quick ? 5 : DEFAULT_COMPARISONS;
	if (!run->nr_processes)
		run->nr_processes = opts->quick ? PAIRED_MIN
						: DEFAULT_PROCESSES;
	for (unsigned i = 0; i < NR_SELFTESTS; i++)
		any = any || run->test[i];
	for (unsigned i = 0; i < NR_SELFTESTS && !any; i++)
		run->test[i] = run->metric == LANE_TABLE || i != TEST_PLANTED;
	if (run->test[TEST_PLANTED] && run->metric != LANE_TABLE)
		argp_error(state,
			   "planted: a delay is of tables: no --metric=event");
}

static error_t parse_number(int key, char *arg, struct argp_state *state)
{
	struct selftest_options *run = &((struct options *)state->input)->run;

	switch (key) {
	case OPT_COMPARISONS:
		run->nr_comparisons = (unsigned)args_number(
			state, "--comparisons", arg, 1, 100000);
		break;
	case OPT_PROCESSES:
		run->nr_processes = (unsigned)args_number(
			state, "--processes", arg, PAIRED_MIN, PAIRED_MAX);
		break;
	case OPT_ROUNDS:
		run->nr_rounds = (unsigned)args_number(state, "--rounds", arg,
						       1, 1000000);
		break;
	case OPT_SLICE:
		run->slice_us = (unsigned)args_number(state, "--slice", arg, 1,
						      1000000);
		break;
	case OPT_DELAY:
		run->delay = args_number(state, "--delay", arg, 0, UINT32_MAX);
		break;
	case OPT_SEED:
		/* A figure of the report, and so exact in a double. */
		run->seed = args_number(state, "--seed", arg, 0, 1ull << 53);
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
	case OPT_PERCENT:
		opts->run.percent = percent(state, arg);
		break;
	case 's':
		opts->run.strategy = arg;
		break;
	case 'w':
		opts->run.workload = arg;
		break;
	case OPT_METRIC:
		opts->run.metric =
			args_word(state, "--metric", arg, lane_kind_names);
		break;
	case OPT_QUICK:
		opts->quick = true;
		break;
	case 'f':
		set_format(opts, state, arg);
		break;
	case OPT_CSV:
		opts->csv = arg;
		break;
	case OPT_STRICT:
		opts->strict = true;
		break;
	case OPT_FORCE:
		opts->force = true;
		break;
	case OPT_WORKER:
		opts->run.worker =
			(int)args_word(state, "--worker", arg, selftest_works);
		break;
	case ARGP_KEY_ARG:
		add_test(opts, state, arg);
		break;
	case ARGP_KEY_END:
		set_defaults(opts, state);
		break;
	default:
		return parse_number(key, arg, state);
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[TEST...]",
	.doc = "Measures the measuring, on this machine."
	       "\vTESTs, by default all: aa compares a strategy with itself, judged as results are; planted with itself made slower, and has a byte more per table found by the gate; order tells what running second does to a slice; modes what speeds the machine has. A goal that is missed is said on stderr. Exit status: 0, goals met or not; 2 usage; 3 if something breaks; 4 with --strict if a goal is missed.",
};

struct session {
	const struct options *opts;
	struct figures figures;
};

static int write_figures(const struct figures *figures,
			 enum figures_format format, FILE *out)
{
	int err = figures_write(figures, format, out);

	if (err && out == stdout)
		return cli_stdout_failed();
	return err ? cli_fail(EXIT_FAILED, "selftest: %s", strerror(-err))
		   : EXIT_FINE;
}

/* out: of --csv, or stdout without that, to which nothing is written yet. */
static int measure(void *ctx, FILE *out)
{
	struct session *s = ctx;
	int status = selftest_run(&s->opts->run, &s->figures);

	if (status || !s->opts->csv)
		return status;
	return write_figures(&s->figures, FIGURES_CSV, out);
}

static int report(const struct session *s)
{
	const struct figure *f = s->figures.row;
	int status = write_figures(&s->figures, s->opts->format, stdout);
	bool missed = false;

	for (unsigned i = 0; i < s->figures.nr && !status; i++, f++) {
		if (figure_met(f))
			continue;
		cli_warn("%s: %s is %g %s, to be at %s %g", f->test, f->name,
			 f->value, f->unit,
			 f->goal == GOAL_AT_MOST ? "most" : "least", f->limit);
		missed = true;
	}
	if (!status && missed && s->opts->strict)
		status = EXIT_INCONCLUSIVE;
	return status;
}

static int check_fit(const struct options *opts)
{
	struct environment env;
	const char *unfit;

	environment_read(&env);
	unfit = environment_unfit(&env);
	if (unfit && !opts->force)
		return cli_fail(
			EXIT_USAGE,
			"%s: nothing is to be learned from its times (--force)",
			unfit);
	if (unfit)
		cli_warn("times from this build mean little: %s", unfit);
	return EXIT_FINE;
}

int cmd_selftest(int argc, char **argv)
{
	static struct options opts;
	static struct session session = { .opts = &opts };
	struct replay_config *cfg = &opts.run.plan.plan.replay;
	struct trace trace;
	int status;

	plan_options_init(&opts.run.plan, 0);
	cfg->profile = machine_profile_find("small");
	cfg->pgtable.quirks = V7S_QUIRK_MTK_EXT | V7S_QUIRK_NO_PERMS;
	cfg->pgtable.oas = 35;
	opts.run.plan.default_ias = cfg->pgtable.ias;
	opts.run.strategy = "slab_dma32";
	opts.run.workload = "x86-drm";
	opts.run.nr_rounds = DEFAULT_ROUNDS;
	opts.run.slice_us = DEFAULT_SLICE_US;
	opts.run.percent = 2;
	opts.run.seed = 1;
	opts.run.worker = -1;
	args_parse(&argp, argc, argv, &opts);
	if (opts.run.worker >= 0)
		return selftest_worker(&opts.run);
	/* What cannot be used is said before the first process. */
	status = check_fit(&opts);
	if (status)
		return status;
	status = cli_load_trace(opts.run.workload, &opts.run.plan, cfg, &trace);
	if (status)
		return status;
	trace_free(&trace);
	cli_catch_signals();
	status = cli_to_file(opts.csv, measure, &session);
	if (!status)
		status = report(&session);
	if (status == -EINTR)
		cli_die_of_signal();
	return status;
}
