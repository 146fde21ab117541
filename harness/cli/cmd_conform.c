// SPDX-License-Identifier: GPL-2.0-only
/*
 * v7sbench conform: golden vectors of the real driver on our page table.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "conform.h"
#include "l2_strategy.h"
#include "pgtable_options.h"

struct options {
	struct l2_spec spec;
	struct v7s_config pgtable;
	int status;
};

static const struct argp_option options[] = {
	{ "strategy", 's', "S", 0, "Strategy for the tables (slab_dma32)", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static int conform_one(const struct options *opts, const char *path)
{
	struct conform_result r;
	char why[CONFORM_WHY_SIZE];
	int err = conform_file(path, &opts->spec, &opts->pgtable, &r, why);

	if (err == -EBADMSG)
		return cli_fail(EXIT_FAILED, "%s:%u: expected '%s', got '%s'",
				path, r.line, r.expected, r.got);
	if (err)
		return cli_fail(cli_input_status(err), "%s", why);
	if (!r.nr_results)
		return cli_fail(EXIT_USAGE, "%s: no result to compare", path);
	printf("%s: %" PRIu64 " operations, %" PRIu64 " results equal\n", path,
	       r.nr_ops, r.nr_results);
	return EXIT_FINE;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;
	char why[200];
	int status;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &opts->pgtable;
		break;
	case 's':
		if (l2_spec_parse(arg, &opts->spec, why, sizeof(why)))
			argp_error(state, "%s", why);
		break;
	case ARGP_KEY_ARG:
		/* All files are tried; the worst status counts. */
		status = conform_one(opts, arg);
		if (status > opts->status)
			opts->status = status;
		break;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which files?");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "FILE...",
	.doc = "Replays golden vectors, plain or .zst, and compares every result with that of the real driver of Linux 6.1."
	       "\vThose were recorded from 6.1 with a walker that sees the caches; files of tests/diff name the options they are for. Exit status: 0 all equal; 2 unreadable or malformed file; 3 a difference.",
	.children = pgtable_driver_children,
};

int cmd_conform(int argc, char **argv)
{
	struct options opts = { .status = EXIT_FINE };
	char why[200];

	if (l2_spec_parse("slab_dma32", &opts.spec, why, sizeof(why)))
		return cli_fail(EXIT_FAILED, "%s", why);
	args_parse(&argp, argc, argv, &opts);
	return opts.status;
}
