// SPDX-License-Identifier: GPL-2.0-only
/*
 * v7sbench trace gen: a workload as trace text, for other tools and for
 * `replay -`. Options are settings in other words, and become such.
 *
 * Memory: some MiB, whatever the length.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli_trace.h"
#include "trace_input.h"
#include "workload.h"

struct options {
	char text[2 * WORKLOAD_LABEL_SIZE]; /* of the workload, with settings */
	char settings[WORKLOAD_LABEL_SIZE]; /* of options, each after a comma */
	bool given;
	struct workload_spec spec;
	const char *out;
};

enum { OPT_SEED = 0x200, OPT_FRAG, OPT_PROFILE };

static const struct argp_option options[] = {
	{ "seed", OPT_SEED, "N", 0, "Another course of what is random (1)", 0 },
	{ "profile", OPT_PROFILE, "P", 0,
	  "What memory buffers are made of: P0, P1, P2, Pmix or buddy (see 'v7sbench list workloads')",
	  0 },
	{ "frag", OPT_FRAG, "F8[,F4]", 0,
	  "Profile Pmix: of a thousand tries to get 1 MiB so many fail, and of 64 KiB (250,50)",
	  0 },
	{ "out", 'o', "FILE", 0,
	  "Write to FILE, as a whole or not at all; compressed if it ends in .zst",
	  0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

__attribute__((format(printf, 3, 4))) static void
add_setting(struct options *opts, struct argp_state *state, const char *fmt,
	    ...)
{
	size_t len = strlen(opts->settings);
	size_t room = sizeof(opts->settings) - len;
	va_list args;
	int more;

	va_start(args, fmt);
	more = vsnprintf(opts->settings + len, room, fmt, args);
	va_end(args);
	if (more < 0 || (size_t)more >= room)
		argp_error(state, "settings are too long");
}

static void add_frag(struct options *opts, struct argp_state *state,
		     const char *arg)
{
	int len = (int)strcspn(arg, ",");

	add_setting(opts, state, ",f8=%.*s", len, arg);
	if (arg[len])
		add_setting(opts, state, ",f4=%s", arg + len + 1);
}

static void add_workload(struct options *opts, struct argp_state *state,
			 const char *arg)
{
	int len;

	if (opts->given)
		argp_error(state, "one workload at a time, please");
	opts->given = true;
	len = snprintf(opts->text, WORKLOAD_LABEL_SIZE, "%s", arg);
	if (len >= WORKLOAD_LABEL_SIZE)
		argp_error(state, "workload of more than %d characters",
			   WORKLOAD_LABEL_SIZE - 1);
}

static void finish(struct options *opts, struct argp_state *state)
{
	char why[TRACE_WHY_SIZE];
	size_t len = strlen(opts->text);

	if (!opts->given)
		argp_error(state, "which workload?");
	strcpy(opts->text + len, opts->settings);
	if (*opts->settings && !strchr(opts->text, ':'))
		opts->text[len] = ':';
	if (workload_parse(opts->text, &opts->spec, why))
		argp_error(state, "%s", why);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;

	switch (key) {
	case OPT_SEED:
		add_setting(opts, state, ",seed=%s", arg);
		break;
	case OPT_PROFILE:
		add_setting(opts, state, ",profile=%s", arg);
		break;
	case OPT_FRAG:
		add_frag(opts, state, arg);
		break;
	case 'o':
		opts->out = arg;
		break;
	case ARGP_KEY_ARG:
		add_workload(opts, state, arg);
		break;
	case ARGP_KEY_END:
		finish(opts, state);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "WORKLOAD[:KEY=VALUE,...]",
	.doc = "Prints the events of a workload as trace text."
	       "\vExit status: 0; 2 usage; 3 if the output cannot be written.",
};

int cmd_trace_gen(int argc, char **argv)
{
	struct options opts = { .given = false };
	struct trace trace = { 0 };
	char why[TRACE_WHY_SIZE];
	int err, status;

	args_parse(&argp, argc, argv, &opts);
	err = workload_open(&opts.spec, TRACE_KEEP_EVENTS, &trace, why);
	if (err)
		return cli_fail(cli_input_status(err), "%s", why);
	status = trace_output(opts.spec.label, &trace, opts.out);
	trace_free(&trace);
	return status;
}
