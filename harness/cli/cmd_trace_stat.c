// SPDX-License-Identifier: GPL-2.0-only
/*
 * v7sbench trace stat: what a trace is like, and what is wrong with it.
 */
#include <errno.h>

#include "cli_trace.h"
#include "load.h"
#include "trace_input.h"
#include "trace_report.h"

enum { OPT_COLOR = 0x710 };

struct options {
	struct take_options take;
	enum cli_format format;
	enum color_when color;
	const char *trace;
};

static const struct argp_option options[] = {
	{ "format", 'f', "FORMAT", 0, "table, csv, json or md (table)", 0 },
	{ "color", OPT_COLOR, "WHEN", 0, "auto, always or never (auto)", 0 },
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
	case 'f':
		if (cli_format_parse(arg, &opts->format))
			argp_error(state, "unknown format '%s'", arg);
		break;
	case OPT_COLOR:
		if (color_parse(arg, &opts->color))
			argp_error(state, "--color: '%s'", arg);
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
	.doc = "Says what a trace is like: a file, - for stdin, or the name of a workload."
	       "\vExit status: 0, whatever is wrong in the trace; 2 for a trace that cannot be used.",
	.children = children,
};

static int print(const struct options *opts, const struct trace_report *report)
{
	json_t *json;
	int err;

	if (opts->format == FORMAT_CSV) {
		err = trace_report_write(report, stdout);
	} else if (opts->format == FORMAT_JSON) {
		json = trace_report_to_json(report);
		err = -ENOMEM;
		if (json)
			err = json_dumpf(json, stdout, JSON_INDENT(1)) ? -EIO
								       : 0;
		json_decref(json);
		if (!err)
			putchar('\n');
	} else {
		err = trace_report_print(report,
					 opts->format == FORMAT_MARKDOWN
						 ? TABLE_MARKDOWN
						 : TABLE_TEXT,
					 color_enabled(opts->color, stdout),
					 stdout);
	}
	if (err == -ENOMEM)
		return cli_fail(EXIT_FAILED, "out of memory");
	return err ? cli_stdout_failed() : EXIT_FINE;
}

int cmd_trace_stat(int argc, char **argv)
{
	struct options opts = { .color = COLOR_AUTO };
	struct trace trace = { 0 };
	struct trace_stat stat;
	int status;

	args_parse(&argp, argc, argv, &opts);
	status = trace_input_open(opts.trace, &opts.take, &trace);
	if (status)
		return status;
	status = trace_input_stat(&trace, &stat);
	if (!status) {
		const struct trace_report report = { cli_trace_name(opts.trace),
						     &trace, &stat };

		if (trace_stat_ambiguous(&trace, &stat))
			trace_input_ambiguous(opts.trace,
					      stat.first_over_live_line,
					      stat.maps_over_live);
		status = print(&opts, &report);
	}
	trace_free(&trace);
	return status;
}
