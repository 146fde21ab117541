// SPDX-License-Identifier: GPL-2.0-only
/*
 * v7sbench replay: one trace, a summary on stdout.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"
#include "plan_options.h"
#include "progress.h"
#include "replay_print.h"
#include "trace_input.h"

#define DEFAULT_REPS 7

struct options {
	struct plan_options plan;
	struct replay_print print;
	bool strict;
	bool bare;
	const char *trace;
};

enum { OPT_STRICT = 0x200, OPT_BARE, OPT_COLOR, OPT_SLABINFO };

static const struct argp_option options[] = {
	{ "format", 'f', "FORMAT", 0, "table, csv, json or md (table)", 0 },
	{ "color", OPT_COLOR, "WHEN", 0, "auto, always or never (auto)", 0 },
	{ "strict", OPT_STRICT, NULL, 0,
	  "Refuse a trace with events that the kernel would refuse", 0 },
	{ "bare", OPT_BARE, NULL, 0,
	  "Replay once without accounting or clock and print nothing: to be timed from outside",
	  0 },
	{ "slabinfo", OPT_SLABINFO, NULL, 0,
	  "Time nothing, and print what each instance says of itself at the end, as in /sys/kernel/slab, instead of the summary",
	  0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static void refuse_conflicts(const struct options *opts,
			     struct argp_state *state)
{
	if (opts->bare && opts->strict)
		argp_error(state, "--bare looks at no event: no --strict");
	if (opts->bare && opts->print.slabinfo)
		argp_error(state, "--bare prints nothing: no --slabinfo");
	if (opts->bare && opts->plan.reps_given)
		argp_error(state, "--bare replays once: no --reps");
	if (opts->bare && opts->plan.plan.replay.threads.nr)
		argp_error(state, "--bare replays on one thread: no --threads");
	if (opts->print.slabinfo && opts->plan.plan.replay.threads.nr)
		argp_error(state, "--slabinfo times nothing: no --threads");
	if (opts->print.slabinfo && opts->plan.reps_given)
		argp_error(state, "--slabinfo times nothing: no --reps");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &opts->plan;
		break;
	case 'f':
		if (cli_format_parse(arg, &opts->print.format))
			argp_error(state, "unknown format '%s'", arg);
		break;
	case OPT_COLOR:
		if (color_parse(arg, &opts->print.color))
			argp_error(state, "--color: '%s'", arg);
		break;
	case OPT_STRICT:
		opts->strict = true;
		break;
	case OPT_BARE:
		opts->bare = true;
		break;
	case OPT_SLABINFO:
		opts->print.slabinfo = true;
		break;
	case ARGP_KEY_ARG:
		if (opts->trace)
			argp_error(state, "one trace at a time, please");
		opts->trace = arg;
		break;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which trace?");
		break;
	case ARGP_KEY_END:
		refuse_conflicts(opts, state);
		if (opts->print.slabinfo)
			opts->plan.plan.nr_reps = 0;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "TRACE",
	.doc = "Replays one trace: a file, - for stdin, or a workload with its settings (name:key=value,...)."
	       "\vExit status: 0; 2 for a trace that cannot be used; 3 if strategies translate differently though no allocation failed, or something breaks.",
	.children = plan_children,
};

/* A defective strategy's are its own, in the main. */
static uint64_t anomalies_of(const struct run_cell *cell)
{
	return cell->memory.defective ? 0 : cell->memory.anomalies;
}

/* Anomalies are the trace's; a cell with failures has not seen them all. */
static int look_at_anomalies(const struct options *opts,
			     const struct trace *trace,
			     const struct run_cell *cell)
{
	const struct memory_result *m = &cell->memory;
	const char *what = m->first_anomaly_is_map
				   ? "map over a live iova"
				   : "unmap of what is not all mapped";

	if (!anomalies_of(cell))
		return EXIT_FINE;
	if (opts->strict)
		return cli_fail(EXIT_USAGE, "%s:%u: %s (--strict)", opts->trace,
				m->first_anomaly_line, what);
	if (m->maps_over_live && trace_names_no_domain(trace))
		trace_input_ambiguous(opts->trace, m->first_over_live_line,
				      m->maps_over_live);
	cli_warn("%s:%u: %s; %llu such events, done as the kernel would",
		 opts->trace, m->first_anomaly_line, what,
		 (unsigned long long)m->anomalies);
	return EXIT_FINE;
}

static int report(const struct options *opts, const struct run_cell *cells,
		  const struct trace *trace)
{
	unsigned nr = opts->plan.plan.nr_specs;
	char why[RUN_WHY_SIZE];
	bool said_unbound = false;
	unsigned best = 0, i;
	int status;

	for (i = 0; i < nr; i++)
		plan_warn_of_refusals(&cells[i]);
	for (i = 0; i < nr; i++)
		if (anomalies_of(&cells[i]) > anomalies_of(&cells[best]))
			best = i;
	status = look_at_anomalies(opts, trace, &cells[best]);
	/* The sentence below a table of figures says it too. */
	if (opts->print.slabinfo || opts->print.format == FORMAT_CSV ||
	    opts->print.format == FORMAT_JSON)
		plan_warn_of_cells(cells, nr);
	plan_warn_of_threads(cells, nr, &said_unbound);
	if (!status)
		status = replay_print(&opts->print, cells, nr, trace);
	if (!status && run_same_digest(cells, nr, why))
		status = cli_fail(EXIT_FAILED, "%s", why);
	return status;
}

static void on_step(void *ctx, const char *what, uint64_t weight)
{
	progress_step(ctx, what, weight);
}

static int replay_all(const struct options *opts, const struct trace *trace)
{
	const struct run_plan *plan = &opts->plan.plan;
	struct run_cell *cells = calloc(plan->nr_specs, sizeof(*cells));
	struct progress progress;
	const struct run_observer observer = { &progress, on_step };
	struct clock_info clock;
	const struct run_env env = { &clock, &observer, NULL };
	char why[RUN_WHY_SIZE];
	unsigned i;
	int err, status;

	if (!cells)
		return cli_fail(EXIT_FAILED, "out of memory");
	clock_calibrate(&clock);
	progress_begin(&progress, stderr, run_weight(plan, trace));
	err = run_workload(plan, cli_trace_name(opts->trace), trace, &env,
			   cells, why);
	progress_end(&progress);
	if (err == -EINTR)
		cli_die_of_signal();
	status = err ? cli_fail(cli_run_status(err), "%s", why)
		     : report(opts, cells, trace);
	for (i = 0; i < plan->nr_specs; i++)
		run_cell_fini(&cells[i]);
	free(cells);
	return status;
}

static int replay_bare(const struct options *opts, const struct trace *trace)
{
	const struct run_plan *plan = &opts->plan.plan;
	unsigned i;

	for (i = 0; i < plan->nr_specs; i++) {
		struct replay_machine m;
		double ns;
		int err = replay_machine_init(&m, &plan->replay, trace,
					      &plan->spec[i]);

		if (!err)
			err = pass_batch(&m, &ns);
		replay_machine_fini(&m);
		if (err == -EINTR)
			cli_die_of_signal();
		if (err && *m.why)
			return cli_fail(cli_run_status(err), "%s", m.why);
		if (err)
			return cli_fail(EXIT_FAILED, "%s: %s",
					plan->spec[i].label, strerror(-err));
	}
	return EXIT_FINE;
}

static void warn_of_trace(const struct options *opts, const struct trace *trace)
{
	unsigned nr_cpus = replay_nr_cpus(&opts->plan.plan.replay);

	if (trace->nr_cpus > nr_cpus)
		cli_warn("%s: %u CPUs in the trace, folded onto %u (--cpus)",
			 opts->trace, trace->nr_cpus, nr_cpus);
}

int cmd_replay(int argc, char **argv)
{
	struct options opts = { .print.color = COLOR_AUTO };
	struct trace trace = { 0 };
	int status;

	plan_options_init(&opts.plan, DEFAULT_REPS);
	args_parse(&argp, argc, argv, &opts);
	status = cli_load_trace(opts.trace, &opts.plan, &opts.plan.plan.replay,
				&trace);
	if (status)
		return status;
	/* Not before: reading does not look whether one came. */
	cli_catch_signals();
	warn_of_trace(&opts, &trace);
	status = opts.bare ? replay_bare(&opts, &trace)
			   : replay_all(&opts, &trace);
	trace_free(&trace);
	return status;
}
