// SPDX-License-Identifier: GPL-2.0-only
/*
 * v7sbench compare: a result folder as a table and in words.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "cli.h"
#include "comparison.h"

struct options {
	const char *dir;
	enum cli_format format;
	enum color_when color;
};

enum { OPT_COLOR = 0x200 };

static const struct argp_option options[] = {
	{ "format", 'f', "FORMAT", 0, "table or md (table)", 0 },
	{ "color", OPT_COLOR, "WHEN", 0, "auto, always or never (auto)", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;

	switch (key) {
	case 'f':
		if (cli_format_parse(arg, &opts->format) ||
		    (opts->format != FORMAT_TABLE &&
		     opts->format != FORMAT_MARKDOWN))
			argp_error(state, "--format: '%s' is none of table, md",
				   arg);
		break;
	case OPT_COLOR:
		if (color_parse(arg, &opts->color))
			argp_error(
				state,
				"--color: '%s' is none of auto, always, never",
				arg);
		break;
	case ARGP_KEY_ARG:
		if (opts->dir)
			argp_error(state, "one result at a time, please");
		opts->dir = arg;
		break;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which result folder?");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "DIR",
	.doc = "Prints the result in DIR: a row per strategy and workload with the best values marked, and one sentence per workload.",
};

/* The table does not show what is missing. */
static void warn_if_interrupted(const char *dir)
{
	char path[4096];
	json_t *root;

	snprintf(path, sizeof(path), "%s/result.json", dir);
	root = json_load_file(path, 0, NULL);
	if (json_is_false(json_object_get(root, "complete")))
		cli_warn("%s: interrupted, finished workloads only", dir);
	json_decref(root);
}

int cmd_compare(int argc, char **argv)
{
	struct options opts = { .color = COLOR_AUTO };
	char path[4096], why[OUTPUT_WHY_SIZE];
	struct csv_table t;
	int err;

	args_parse(&argp, argc, argv, &opts);
	snprintf(path, sizeof(path), "%s/summary.csv", opts.dir);
	err = csv_table_read(path, &t, why);
	if (err)
		return cli_fail(cli_input_status(err), "%s", why);
	warn_if_interrupted(opts.dir);
	err = comparison_print(&t,
			       opts.format == FORMAT_MARKDOWN ? TABLE_MARKDOWN
							      : TABLE_TEXT,
			       color_enabled(opts.color, stdout), stdout, why);
	csv_table_fini(&t);
	if (err == -EIO)
		return cli_stdout_failed();
	return err ? cli_fail(cli_input_status(err), "%s: %s", path, why)
		   : EXIT_FINE;
}
