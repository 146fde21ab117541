// SPDX-License-Identifier: GPL-2.0-only
/*
 * v7sbench trace cat: traces as text, one after the other, as they are.
 *
 * All are read before the first is written, so that one that cannot be used
 * costs no half of an output.
 */
#include <stdlib.h>

#include "cli_trace.h"
#include "trace_input.h"

struct options {
	char **trace;
	unsigned nr;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_ARGS:
		opts->trace = state->argv + state->next;
		opts->nr = (unsigned)(state->argc - state->next);
		break;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which traces?");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.parser = parse,
	.args_doc = "TRACE...",
	.doc = "Prints traces as text, one after the other, with their time stamps: files, - for stdin, or names of workloads.",
};

int cmd_trace_cat(int argc, char **argv)
{
	struct options opts = { 0 };
	struct trace *trace;
	unsigned i, nr = 0;
	int status = EXIT_FINE;

	args_parse(&argp, argc, argv, &opts);
	trace = calloc(opts.nr, sizeof(*trace));
	if (!trace)
		return cli_fail(EXIT_FAILED, "out of memory");
	while (!status && nr < opts.nr) {
		status = trace_input_open(opts.trace[nr], NULL, &trace[nr]);
		nr += !status;
	}
	for (i = 0; !status && i < nr; i++)
		status = trace_output(opts.trace[i], &trace[i], NULL);
	for (i = 0; i < nr; i++)
		trace_free(&trace[i]);
	free(trace);
	return status;
}
