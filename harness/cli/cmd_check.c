// SPDX-License-Identifier: GPL-2.0-only
/*
 * v7sbench check: the gate. Exact columns of a result against the baseline.
 */
#include <stdio.h>

#include "cli.h"
#include "gate.h"

struct options {
	const char *baseline;
	const char *dir;
	bool update;
};

static const struct argp_option options[] = {
	{ "baseline", 'b', "DIR", 0, "Folder of the baseline (required)", 0 },
	{ "update", 'u', NULL, 0, "Make the result the new baseline", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;

	switch (key) {
	case 'b':
		opts->baseline = arg;
		break;
	case 'u':
		opts->update = true;
		break;
	case ARGP_KEY_ARG:
		if (opts->dir)
			argp_error(state, "one result at a time, please");
		opts->dir = arg;
		break;
	case ARGP_KEY_END:
		if (!opts->baseline)
			argp_error(state, "--baseline=DIR is required");
		if (!opts->dir)
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
	.doc = "Compares the exact columns of the result in DIR with a baseline."
	       "\vExit status: 0 equal; 1 different; 2 usage or unreadable input.",
};

static int read_summary(const char *dir, struct csv_table *ret)
{
	char path[4096], why[OUTPUT_WHY_SIZE];
	int err;

	snprintf(path, sizeof(path), "%s/summary.csv", dir);
	err = csv_table_read(path, ret, why);
	return err ? cli_fail(cli_input_status(err), "%s", why) : EXIT_FINE;
}

static int compare(const struct csv_table *before,
		   const struct csv_table *after)
{
	struct gate_result r;
	char why[OUTPUT_WHY_SIZE];

	if (gate_compare(before, after, stdout, &r, why))
		return cli_fail(EXIT_USAGE, "%s", why);
	printf("%u cells compared, %u differences, %u skipped (strategy not built)\n",
	       r.nr_cells, r.nr_differences, r.nr_skipped);
	return r.nr_differences ? EXIT_REGRESSION : EXIT_FINE;
}

static int write_baseline(void *ctx, FILE *out)
{
	const struct csv_table *after = ctx;

	if (gate_write_baseline(after, out))
		return cli_fail(EXIT_FAILED, "the baseline cannot be written");
	return EXIT_FINE;
}

static int update(struct csv_table *after, const char *baseline)
{
	char path[4096];
	int status;

	snprintf(path, sizeof(path), "%s/summary.csv", baseline);
	status = cli_to_file(path, write_baseline, after);
	if (!status)
		fprintf(stderr, "v7sbench: %s renewed, %zu cells\n", path,
			after->nr_rows);
	return status;
}

int cmd_check(int argc, char **argv)
{
	struct options opts = { .update = false };
	struct csv_table before = { 0 }, after = { 0 };
	int status;

	args_parse(&argp, argc, argv, &opts);
	status = read_summary(opts.dir, &after);
	if (!status && opts.update)
		status = update(&after, opts.baseline);
	else if (!status)
		status = read_summary(opts.baseline, &before);
	if (!status && !opts.update)
		status = compare(&before, &after);
	csv_table_fini(&before);
	csv_table_fini(&after);
	return status;
}
