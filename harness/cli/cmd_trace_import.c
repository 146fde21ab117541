// SPDX-License-Identifier: GPL-2.0-only
/*
 * v7sbench trace import: a trace as it was recorded becomes text in the one
 * form that this program writes. What would mislead a replay is refused.
 */
#include <inttypes.h>

#include "cli_trace.h"
#include "trace_input.h"

enum { OPT_ACCEPT_LOST = 0x720, OPT_ACCEPT_AMBIGUOUS };

struct options {
	struct take_options take;
	bool accept_lost, accept_ambiguous;
	const char *out;
	const char *trace;
};

static const struct argp_option options[] = {
	{ "accept-lost", OPT_ACCEPT_LOST, NULL, 0,
	  "Take a trace of which the recorder lost events", 0 },
	{ "accept-ambiguous", OPT_ACCEPT_AMBIGUOUS, NULL, 0,
	  "Take a trace of several domains that are not told apart", 0 },
	{ "out", 'o', "FILE", 0,
	  "Write to FILE, as a whole or not at all; compressed if it ends in .zst",
	  0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static const struct argp_child children[] = {
	{ &take_argp, 0, NULL, 0 },
	{ NULL, 0, NULL, 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &opts->take;
		break;
	case OPT_ACCEPT_LOST:
		opts->accept_lost = true;
		break;
	case OPT_ACCEPT_AMBIGUOUS:
		opts->accept_ambiguous = true;
		break;
	case 'o':
		opts->out = arg;
		break;
	case ARGP_KEY_ARG:
		if (opts->trace)
			argp_error(state, "one trace at a time, please");
		opts->trace = arg;
		break;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which trace?");
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
	.doc = "Reads a trace as recorders write it and writes it as plain text: a file, - for stdin, or the name of a workload."
	       "\vExit status: 0; 2 for a trace that cannot be used, or is refused: then nothing is written.",
	.children = children,
};

static void say_what_was_read(const char *name, const struct trace *trace)
{
	fprintf(stderr,
		"v7sbench: %s: %zu events (%" PRIu64 " maps, %" PRIu64
		" unmaps) in %u domains; %" PRIu64 " other events, %" PRIu64
		" lost",
		name, trace->nr_events, trace->nr_maps, trace->nr_unmaps,
		trace->nr_domains, trace->nr_other, trace->nr_lost);
	if (trace->nr_probes)
		fprintf(stderr,
			"; %" PRIu64 " tracepoints, %" PRIu64
			" kprobes; not joined: %" PRIu64 " and %" PRIu64,
			trace->nr_points, trace->nr_probes,
			trace->unjoined_points, trace->unjoined_probes);
	fputc('\n', stderr);
}

/* EXIT_FINE if a replay may trust the trace. */
static int judge(const struct options *opts, const struct trace *trace)
{
	struct trace_stat stat;
	int status;

	if (trace->nr_lost && !opts->accept_lost)
		return cli_fail(EXIT_USAGE,
				"%s: the recorder lost %" PRIu64
				" events; --accept-lost takes what is left",
				opts->trace, trace->nr_lost);
	status = trace_input_stat(trace, &stat);
	if (status || !trace_stat_ambiguous(trace, &stat))
		return status;
	if (!opts->accept_ambiguous)
		return trace_input_refuse_ambiguous(opts->trace,
						    stat.first_over_live_line,
						    stat.maps_over_live,
						    "--accept-ambiguous");
	trace_input_ambiguous(opts->trace, stat.first_over_live_line,
			      stat.maps_over_live);
	return EXIT_FINE;
}

int cmd_trace_import(int argc, char **argv)
{
	struct options opts = { 0 };
	struct trace trace = { 0 };
	int status;

	args_parse(&argp, argc, argv, &opts);
	status = trace_input_open(opts.trace, &opts.take, &trace);
	if (status)
		return status;
	say_what_was_read(opts.trace, &trace);
	status = judge(&opts, &trace);
	if (!status)
		status = trace_output(opts.trace, &trace, opts.out);
	trace_free(&trace);
	return status;
}
