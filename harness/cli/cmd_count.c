// SPDX-License-Identifier: GPL-2.0-only
/*
 * v7sbench count: the process that `v7sbench insn` has watched. Not in the list
 * of commands: nobody else calls it.
 *
 * One workload, its first events, on each strategy in turn: calls of the
 * functions that count_pass.h names. Prints a row a strategy. Reads no clock,
 * and starts no thread unless the trace is long.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "count_pass.h"
#include "csvfile.h"
#include "insn_job.h"
#include "load.h"
#include "trace.h"

struct options {
	struct plan_options plan;
	const char *workload;
	size_t nr_events;
	bool perf;    /* else somebody watches */
	bool classes; /* and tells functions apart */
};

enum { OPT_EVENTS = 0x200, OPT_TOOL, OPT_CLASSES };

static const struct argp_option options[] = {
	{ "events", OPT_EVENTS, "N", 0, "Events at most", 0 },
	{ "tool", OPT_TOOL, "TOOL", 0,
	  "perf: this process reads the counters; callgrind: it is watched",
	  0 },
	{ "classes", OPT_CLASSES, NULL, 0, "Once more, by class", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &opts->plan;
		break;
	case OPT_EVENTS:
		opts->nr_events = (size_t)args_number(state, "--events", arg, 1,
						      INSN_MAX_EVENTS);
		break;
	case OPT_TOOL:
		opts->perf = args_word(state, "--tool", arg, insn_tool_names) ==
			     INSN_PERF;
		break;
	case OPT_CLASSES:
		opts->classes = true;
		break;
	case ARGP_KEY_ARG:
		if (opts->workload)
			argp_error(state, "one workload at a time, please");
		opts->workload = arg;
		break;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which workload?");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "WORKLOAD",
	.doc = "The process that 'v7sbench insn' has watched.",
	.children = plan_children,
};

const char *const insn_worker_columns[] = {
	"strategy",   "built",		"events",
	"table_ops",  "event_insn",	"event_branches",
	"table_insn", "table_branches", NULL,
};

static void put_row(struct csv_writer *w, const char *strategy,
		    const struct count_result *r)
{
	csv_put_text(w, strategy);
	csv_put_u64(w, r->built);
	csv_put_u64(w, r->nr_events);
	csv_put_u64(w, r->nr_table_ops);
	csv_put_u64(w, r->events.instructions);
	csv_put_u64(w, r->events.branches);
	csv_put_u64(w, r->table.instructions);
	csv_put_u64(w, r->table.branches);
	csv_end_row(w);
}

static int count_one(const struct options *opts, const struct l2_spec *spec,
		     const struct trace *trace, const struct counter *counter,
		     struct csv_writer *w)
{
	struct replay_machine m;
	struct count_result r;
	int err = replay_machine_init(&m, &opts->plan.plan.replay, trace, spec);

	if (!err)
		err = pass_count(&m, counter, opts->classes, &r);
	replay_machine_fini(&m);
	if (!err)
		put_row(w, spec->label, &r);
	if (err == -EAGAIN)
		return cli_fail(EXIT_FAILED,
				"the counters are shared with somebody else");
	if (err)
		return cli_fail(cli_run_status(err), "%s on %s: %s",
				spec->label, opts->workload, strerror(-err));
	return EXIT_FINE;
}

static int count_all(const struct options *opts, const struct trace *trace)
{
	const char *const *name;
	struct csv_writer w;
	struct counter counter;
	char why[COUNTER_WHY_SIZE];
	int status = EXIT_FINE;

	if (opts->perf && counter_open(&counter, why))
		return cli_fail(EXIT_FAILED, "%s", why);
	csv_writer_init(&w, stdout);
	for (name = insn_worker_columns; *name; name++)
		csv_put_text(&w, *name);
	csv_end_row(&w);
	for (unsigned i = 0; i < opts->plan.plan.nr_specs && !status; i++)
		status = count_one(opts, &opts->plan.spec[i], trace,
				   opts->perf ? &counter : NULL, &w);
	if (opts->perf)
		counter_close(&counter);
	return w.error ? cli_stdout_failed() : status;
}

int cmd_count(int argc, char **argv)
{
	struct options opts = { .nr_events = INSN_EVENTS };
	struct trace whole, head;
	char why[TRACE_WHY_SIZE];
	int err, status;

	plan_options_init(&opts.plan, 0);
	args_parse(&argp, argc, argv, &opts);
	status = cli_load_trace(opts.workload, &opts.plan,
				&opts.plan.plan.replay, &whole);
	if (status)
		return status;
	cli_catch_signals();
	err = count_head(&whole, opts.nr_events, &head, why);
	trace_free(&whole);
	if (err)
		return cli_fail(cli_run_status(err), "%s",
				*why ? why : strerror(-err));
	status = count_all(&opts, &head);
	trace_free(&head);
	if (cli_stop)
		cli_die_of_signal();
	return status;
}
