// SPDX-License-Identifier: GPL-2.0-only
/*
 * v7sbench survive: the smallest ZONE_DMA32 in which a trace runs to its end,
 * by strategy and state of the memory.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "load.h"
#include "plan_options.h"
#include "progress.h"
#include "ranked.h"
#include "survive_report.h"

#define MAX_TRACES 16
#define MAX_STATES 16
#define MAX_OPTIONS 32 /* shared with replay */

struct options {
	struct plan_options plan;
	enum cli_format format;
	const char *out;
	unsigned nr_traces, nr_states;
	const char *trace[MAX_TRACES];
	struct age_config state[MAX_STATES];
};

enum { OPT_FRAG = 0x500 };

static const struct argp_option options[] = {
	{ "frag", OPT_FRAG, "STATE", 0,
	  "Fragmentation of ZONE_DMA32 as for replay; each state given is tried (fresh, p1, mix:0.9,0.5, p2)",
	  0 },
	{ "format", 'f', "FORMAT", 0, "table, csv or md (table)", 0 },
	{ "out", 'o', "FILE", 0, "Write to FILE, as a whole or not at all", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static void add_state(struct options *opts, struct argp_state *state,
		      const char *text)
{
	struct age_config *age = &opts->state[opts->nr_states];
	unsigned i;

	if (opts->nr_states == MAX_STATES)
		argp_error(state, "--frag: more than %d", MAX_STATES);
	if (age_parse(text, age))
		argp_error(
			state,
			"--frag: '%s' is none of fresh, p1, p2, mix:F8,F4 and unusable:U, shares from 0 to 1",
			text);
	for (i = 0; i < opts->nr_states; i++)
		if (opts->state[i].f8 == age->f8 &&
		    opts->state[i].f4 == age->f4)
			argp_error(state, "--frag: '%s' given twice", text);
	opts->nr_states++;
}

static void add_trace(struct options *opts, struct argp_state *state,
		      const char *text)
{
	unsigned i;

	if (opts->nr_traces == MAX_TRACES)
		argp_error(state, "more than %d traces", MAX_TRACES);
	for (i = 0; i < opts->nr_traces; i++)
		if (!strcmp(opts->trace[i], text))
			argp_error(state, "trace '%s' given twice", text);
	opts->trace[opts->nr_traces++] = text;
}

static void keep_ranked(struct plan_options *plan, struct argp_state *state)
{
	unsigned i, nr = 0;

	for (i = 0; i < plan->plan.nr_specs; i++)
		if (strategy_ranked(&plan->spec[i]))
			plan->spec[nr++] = plan->spec[i];
	if (!nr)
		argp_error(state, "--strategy: none of these is ranked");
	plan->plan.nr_specs = nr;
}

static void set_defaults(struct options *opts, struct argp_state *state)
{
	static const char *const states[] = { "fresh", "p1", "mix:0.9,0.5",
					      "p2" };
	unsigned i;

	keep_ranked(&opts->plan, state);
	if (!opts->nr_traces) {
		add_trace(opts, state, "x86-drm");
		add_trace(opts, state, "arm-mixed");
	}
	if (opts->nr_states)
		return;
	for (i = 0; i < ARRAY_SIZE(states); i++)
		add_state(opts, state, states[i]);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &opts->plan;
		break;
	case OPT_FRAG:
		add_state(opts, state, arg);
		break;
	case 'f':
		if (cli_format_parse(arg, &opts->format) ||
		    opts->format == FORMAT_JSON)
			argp_error(state, "unknown format '%s'", arg);
		break;
	case 'o':
		opts->out = arg;
		break;
	case ARGP_KEY_ARG:
		add_trace(opts, state, arg);
		break;
	case ARGP_KEY_END:
		set_defaults(opts, state);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* Its children are cmd_survive()'s. */
static const struct argp argp_alone = {
	.options = options,
	.parser = parse,
	.args_doc = "[TRACE...]",
	.doc = "Finds the smallest ZONE_DMA32 in which a trace runs without a table that could not be allocated."
	       "\vTRACE is a file, - or the name of a workload (x86-drm and arm-mixed). The machine boots with a zone of that size, makes the domains, and only then is memory fragmented. The size printed will do and a page less will not, both tried; sizes an eighth to a half above and below are tried as well, and those that contradict are counted. Profile and quirks default to small and mtk_ext; strategies that are not ranked are left out. Exit status: 0; 2 for a trace that cannot be used; 3 if something breaks.",
};

struct report {
	FILE *out;
	struct csv_writer csv;
	struct table *table;
	struct progress progress;
};

static int put_row(const struct options *opts, struct report *r,
		   const struct survive_row *row)
{
	if (opts->format == FORMAT_CSV)
		return survive_csv_row(&r->csv, row);
	survive_table_row(r->table, row);
	return 0;
}

static int search_state(const struct options *opts, struct report *r,
			const struct replay_config *cfg,
			const struct trace *trace, const char *workload,
			char *why)
{
	struct survive_row row = { .cfg = cfg, .workload = workload };
	char label[PROGRESS_LABEL];
	unsigned i;
	int err = 0;

	for (i = 0; i < opts->plan.plan.nr_specs && !err; i++) {
		row.spec = &opts->plan.spec[i];
		snprintf(label, sizeof(label), "%s %s", workload,
			 row.spec->label);
		progress_step(&r->progress, label, 1);
		err = survive_least(cfg, trace, row.spec, &row.result, why);
		if (err)
			return err;
		err = put_row(opts, r, &row);
		if (err)
			snprintf(why, TRACE_WHY_SIZE, "%s: %s", workload,
				 strerror(-err));
	}
	return err;
}

/* EXIT_FINE, or the status after a line on stderr. */
static int search_trace(const struct options *opts, struct report *r,
			const char *path)
{
	struct replay_config cfg = opts->plan.plan.replay;
	struct trace trace = { 0 };
	char why[TRACE_WHY_SIZE];
	int err = 0, status = cli_load_trace(path, &opts->plan, &cfg, &trace);
	unsigned i;

	if (status)
		return status;
	for (i = 0; i < opts->nr_states && !err; i++) {
		cfg.age.f8 = opts->state[i].f8;
		cfg.age.f4 = opts->state[i].f4;
		err = search_state(opts, r, &cfg, &trace, cli_trace_name(path),
				   why);
	}
	trace_free(&trace);
	if (err == -EINTR)
		return -EINTR;
	return err ? cli_fail(cli_run_status(err), "%s", why) : EXIT_FINE;
}

static int finish(const struct options *opts, struct report *r)
{
	bool markdown = opts->format == FORMAT_MARKDOWN;
	int err = 0;

	if (opts->format != FORMAT_CSV)
		err = table_print(r->table,
				  markdown ? TABLE_MARKDOWN : TABLE_TEXT, false,
				  r->out);
	return err ? cli_fail(EXIT_FAILED, "%s", strerror(-err)) : EXIT_FINE;
}

static int work(void *ctx, FILE *out)
{
	const struct options *opts = ctx;
	struct report r = { .out = out, .table = table_create() };
	int status = EXIT_FINE;
	unsigned i;

	csv_writer_init(&r.csv, out);
	survive_table_header(r.table);
	if (opts->format == FORMAT_CSV && survive_csv_header(&r.csv))
		status = cli_fail(EXIT_FAILED, "the output cannot be written");
	progress_begin(&r.progress, stderr,
		       opts->nr_traces * opts->nr_states *
			       opts->plan.plan.nr_specs);
	for (i = 0; i < opts->nr_traces && !status; i++)
		status = search_trace(opts, &r, opts->trace[i]);
	progress_end(&r.progress);
	if (!status)
		status = finish(opts, &r);
	table_destroy(r.table);
	return status;
}

int cmd_survive(int argc, char **argv)
{
	static const char *const without[] = { "frag", "dma32", "inject",
					       "reps", "seed",	"threads",
					       NULL };
	static struct options opts;
	struct argp_option picked[MAX_OPTIONS];
	struct argp plan_argp = *plan_children[0].argp, argp = argp_alone;
	const struct argp_child children[] = { { .argp = &plan_argp }, { 0 } };
	struct replay_config *cfg = &opts.plan.plan.replay;
	int status;

	plan_options_init(&opts.plan, 0);
	cfg->profile = machine_profile_find("small");
	plan_options_mediatek(&opts.plan);
	plan_options_pick(without, picked, MAX_OPTIONS);
	plan_argp.options = picked;
	argp.children = children;
	args_parse(&argp, argc, argv, &opts);
	cli_catch_signals();
	status = cli_to_file(opts.out, work, &opts);
	if (status == -EINTR)
		cli_die_of_signal();
	return status;
}
