// SPDX-License-Identifier: GPL-2.0-only
/*
 * v7sbench trace gen: a workload as trace text on stdout, for other tools and
 * for `replay -`.
 */
#include <stdio.h>
#include <string.h>

#include "cli_trace.h"
#include "trace_input.h"
#include "workload.h"

static error_t parse(int key, char *arg, struct argp_state *state)
{
	const struct workload_ops **wl = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (state->arg_num)
			argp_error(state, "one workload at a time, please");
		*wl = workload_find(arg);
		if (!*wl)
			argp_error(
				state,
				"unknown workload '%s' (see 'v7sbench list')",
				arg);
		break;
	case ARGP_KEY_END:
		if (!*wl)
			argp_error(state, "which workload?");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.parser = parse,
	.args_doc = "WORKLOAD",
	.doc = "Prints the events of a workload as trace text.",
};

int cmd_trace_gen(int argc, char **argv)
{
	const struct workload_ops *wl = NULL;
	struct trace trace = { 0 };
	char why[TRACE_WHY_SIZE];
	int err, status;

	args_parse(&argp, argc, argv, &wl);
	err = workload_load(wl, &trace, why);
	if (err)
		return cli_fail(cli_input_status(err), "%s", why);
	status = trace_output(wl->name, &trace, NULL);
	trace_free(&trace);
	return status;
}
