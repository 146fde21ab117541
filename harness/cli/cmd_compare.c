// SPDX-License-Identifier: GPL-2.0-only
/*
 * v7sbench compare: a result folder as a table and in words, or two of them.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "change.h"
#include "cli.h"
#include "comparison.h"
#include "json_rows.h"
#include "likeness.h"

struct options {
	const char *dir[2];
	enum cli_format format;
	enum color_when color;
	bool force;
};

enum { OPT_COLOR = 0x200, OPT_FORCE };

static const struct argp_option options[] = {
	{ "format", 'f', "FORMAT", 0, "table, csv, json or md (table)", 0 },
	{ "color", OPT_COLOR, "WHEN", 0, "auto, always or never (auto)", 0 },
	{ "force", OPT_FORCE, NULL, 0,
	  "Compare two results that are of unlike things", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;

	switch (key) {
	case 'f':
		if (cli_format_parse(arg, &opts->format))
			argp_error(
				state,
				"--format: '%s' is none of table, csv, json, md",
				arg);
		break;
	case OPT_COLOR:
		if (color_parse(arg, &opts->color))
			argp_error(
				state,
				"--color: '%s' is none of auto, always, never",
				arg);
		break;
	case OPT_FORCE:
		opts->force = true;
		break;
	case ARGP_KEY_ARG:
		if (opts->dir[1])
			argp_error(state, "two results at a time, at most");
		opts->dir[opts->dir[0] ? 1 : 0] = arg;
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
	.args_doc = "DIR\nBEFORE AFTER",
	.doc = "Prints the result in DIR: a row per strategy and workload with the best values marked, and one sentence per workload. Or how the result in AFTER differs from that in BEFORE: every exact figure, and times as ratios to a strategy of the same result."
	       "\vExit status: 0, also with differences; 2 usage, unreadable input, or two results of unlike things.",
};

/* The table does not show what is missing. */
static int read_result(const char *dir, struct result_files *ret)
{
	char why[OUTPUT_WHY_SIZE];
	int err = result_read(dir, ret, why);

	if (err)
		return cli_fail(cli_input_status(err), "%s", why);
	if (json_is_false(json_object_get(ret->json, "complete")))
		cli_warn("%s: interrupted, finished workloads only", dir);
	return EXIT_FINE;
}

static enum table_format table_format(const struct options *opts)
{
	return opts->format == FORMAT_MARKDOWN ? TABLE_MARKDOWN : TABLE_TEXT;
}

/* Takes root. */
static int print_json(json_t *root)
{
	int err;

	if (!root)
		return cli_fail(EXIT_FAILED, "out of memory");
	err = json_dumpf(root, stdout,
			 JSON_INDENT(1) | JSON_REAL_PRECISION(10));
	json_decref(root);
	putchar('\n');
	return err ? cli_stdout_failed() : EXIT_FINE;
}

static int print_rows(const struct options *opts, json_t *rows,
		      const char *const *names, json_t *root)
{
	int status;

	if (opts->format == FORMAT_JSON)
		return print_json(root);
	status = json_rows_csv(rows, names, stdout) ? cli_stdout_failed()
						    : EXIT_FINE;
	json_decref(root);
	return status;
}

static int fail_of(int err, const char *dir, const char *why)
{
	if (err == -EIO)
		return cli_stdout_failed();
	return err ? cli_fail(cli_input_status(err), "%s/summary.csv: %s", dir,
			      why)
		   : EXIT_FINE;
}

static int compare_one(const struct options *opts, const struct result_files *r)
{
	const json_t *clock = json_object_get(r->json, "clock");
	char why[OUTPUT_WHY_SIZE];
	json_t *rows;
	int err;

	if (opts->format == FORMAT_TABLE || opts->format == FORMAT_MARKDOWN) {
		err = comparison_print(r, table_format(opts),
				       color_enabled(opts->color, stdout),
				       stdout, why);
		return fail_of(err, opts->dir[0], why);
	}
	err = comparison_rows(r, &rows, why);
	if (err)
		return fail_of(err, opts->dir[0], why);
	return print_rows(opts, rows, comparison_columns,
			  json_pack("{s:f, s:O?, s:o}", "threshold",
				    r->threshold, "clock", clock, "cells",
				    rows));
}

static void tell(void *ctx, const char *line)
{
	(void)ctx;
	cli_warn("%s", line);
}

static int check_likeness(const struct options *opts,
			  const struct result_files *r)
{
	char why[OUTPUT_WHY_SIZE];
	int nr = 0;

	for (unsigned i = 0; i < 2; i++) {
		if (r[i].json || opts->force)
			continue;
		return cli_fail(
			EXIT_USAGE,
			"%s: no result.json to tell what was measured; to compare nevertheless: --force",
			opts->dir[i]);
	}
	if (r[0].json && r[1].json)
		nr = likeness_compare(r[0].json, r[1].json, LIKENESS_ALL, tell,
				      NULL, why);
	if (nr < 0)
		return cli_fail(cli_input_status(nr), "result.json: %s", why);
	if (nr && !opts->force)
		return cli_fail(
			EXIT_USAGE,
			"%s and %s are of unlike things, in %d ways; to compare nevertheless: --force",
			opts->dir[0], opts->dir[1], nr);
	return EXIT_FINE;
}

static int print_change(const struct options *opts, const struct change *c,
			const struct result_files *r)
{
	int err;

	if (opts->format == FORMAT_CSV || opts->format == FORMAT_JSON)
		return print_rows(
			opts, c->rows, change_columns,
			json_pack("{s:f, s:i, s:i, s:i, s:O}", "threshold",
				  r[0].threshold > r[1].threshold
					  ? r[0].threshold
					  : r[1].threshold,
				  "cells", (int)c->nr_cells, "equal",
				  (int)c->nr_equal, "different",
				  (int)c->nr_different, "changes", c->rows));
	err = change_print(c, table_format(opts),
			   color_enabled(opts->color, stdout), stdout);
	if (err == -ENOMEM)
		return cli_fail(EXIT_FAILED, "out of memory");
	if (err)
		return cli_stdout_failed();
	for (unsigned i = 0; i < 2; i++) {
		printf("%s: ", opts->dir[i]);
		comparison_footer(&r[i], stdout);
	}
	puts("Two runs met two moods of the machine: harness/ab measures both revisions in one process and is the sharper tool.");
	return EXIT_FINE;
}

static int compare_two(const struct options *opts, const struct result_files *r)
{
	char why[OUTPUT_WHY_SIZE];
	struct change c;
	int status = check_likeness(opts, r), err;

	if (status)
		return status;
	err = change_find(&r[0], &r[1], &c, why);
	if (err)
		return cli_fail(cli_input_status(err), "%s", why);
	status = print_change(opts, &c, r);
	change_fini(&c);
	return status;
}

int cmd_compare(int argc, char **argv)
{
	struct options opts = { .color = COLOR_AUTO };
	struct result_files r[2] = { 0 };
	int status = EXIT_FINE;
	unsigned nr;

	args_parse(&argp, argc, argv, &opts);
	for (nr = 0; !status && nr < 2 && opts.dir[nr]; nr++)
		status = read_result(opts.dir[nr], &r[nr]);
	if (!status)
		status = nr == 1 ? compare_one(&opts, r)
				 : compare_two(&opts, r);
	result_files_fini(&r[0]);
	result_files_fini(&r[1]);
	return status;
}
