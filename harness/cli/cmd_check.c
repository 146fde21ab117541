// SPDX-License-Identifier: GPL-2.0-only
/*
 * v7sbench check: the gate. Exact columns of a result, and instructions where
 * they were counted, against the baseline.
 */
#include <stdio.h>

#include "check.h"
#include "gate_report.h"
#include "github.h"
#include "github_summary.h"
#include "junit.h"
#include "likeness.h"

struct options {
	const char *baseline;
	const char *dir;
	const char *junit;
	enum cli_format format;
	bool update, dry_run;
	bool github;
	bool strict, force;
};

enum { OPT_JUNIT = 0x200, OPT_GITHUB, OPT_STRICT, OPT_FORCE, OPT_DRY_RUN };

static const struct argp_option options[] = {
	{ "baseline", 'b', "DIR", 0, "Folder of the baseline (required)", 0 },
	{ "format", 'f', "FORMAT", 0, "table, csv, md or json (table)", 0 },
	{ "junit", OPT_JUNIT, "FILE", 0,
	  "Also write JUnit XML, a testcase per cell", 0 },
	{ "github", OPT_GITHUB, NULL, 0,
	  "Also print workflow commands of GitHub Actions, and append a summary to the file that GITHUB_STEP_SUMMARY names",
	  0 },
	{ "strict", OPT_STRICT, NULL, 0,
	  "Status 4 if nothing differs, but not all could be compared", 0 },
	{ "force", OPT_FORCE, NULL, 0,
	  "Compare also what is not of the same models or options", 0 },
	{ "update", 'u', NULL, 0,
	  "Make the result the new baseline, telling what changes", 0 },
	{ "dry-run", OPT_DRY_RUN, NULL, 0, "With --update: only tell", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static void finish_options(const struct options *opts, struct argp_state *state)
{
	if (!opts->baseline)
		argp_error(state, "--baseline=DIR is required");
	if (!opts->dir)
		argp_error(state, "which result folder?");
	if (opts->dry_run && !opts->update)
		argp_error(state, "--dry-run goes with --update");
	if (opts->update && (opts->junit || opts->github || opts->strict))
		argp_error(
			state,
			"--update compares nothing: no --junit, --github, --strict");
	if (opts->update && opts->format != FORMAT_TABLE)
		argp_error(state, "--update tells in words: no --format");
	if (opts->github && opts->format != FORMAT_TABLE)
		argp_error(state,
			   "--github prints commands on stdout: no --format");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;

	switch (key) {
	case 'b':
		opts->baseline = arg;
		break;
	case 'f':
		if (cli_format_parse(arg, &opts->format))
			argp_error(state, "unknown format '%s'", arg);
		break;
	case 'u':
		opts->update = true;
		break;
	case OPT_JUNIT:
		opts->junit = arg;
		break;
	case OPT_GITHUB:
		opts->github = true;
		break;
	case OPT_STRICT:
		opts->strict = true;
		break;
	case OPT_FORCE:
		opts->force = true;
		break;
	case OPT_DRY_RUN:
		opts->dry_run = true;
		break;
	case ARGP_KEY_ARG:
		if (opts->dir)
			argp_error(state, "one result at a time, please");
		opts->dir = arg;
		break;
	case ARGP_KEY_END:
		finish_options(opts, state);
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
	.doc = "Compares the exact columns of the result in DIR with a baseline, and instructions within 0.1 %, if one tool and one build counted both."
	       "\vExit status: 0 equal; 1 different, also for the better: then renew the baseline; 2 usage, unreadable input, or results that are not alike; 3 something cannot be written; 4 with --strict: equal, but not all could be compared; on a signal, that signal.",
};

static void print_unlike(void *ctx, const char *line)
{
	const struct options *opts = ctx;

	if (opts->force)
		cli_warn("not alike: %s", line);
	else
		cli_fail(EXIT_USAGE, "not alike: %s", line);
}

/* *ret_known: both tell what they are of. */
static int check_likeness(struct options *opts, const struct check_side *before,
			  const struct check_side *after, bool *ret_known)
{
	const struct check_side *mute = !before->likeness  ? before
					: !after->likeness ? after
							   : NULL;
	char why[OUTPUT_WHY_SIZE];
	int nr;

	*ret_known = !mute && !after->is_interrupted;
	if (after->is_interrupted)
		cli_warn("%s: interrupted, finished workloads only",
			 after->dir);
	if (mute) {
		cli_warn("%s does not tell what it was made with", mute->dir);
		return EXIT_FINE;
	}
	nr = likeness_compare(before->likeness, after->likeness, LIKENESS_EXACT,
			      print_unlike, opts, why);
	if (nr < 0)
		return cli_fail(cli_input_status(nr), "%s", why);
	if (nr && !opts->force)
		return cli_fail(
			EXIT_USAGE,
			"%s and %s cannot be compared (--force compares nevertheless)",
			before->dir, after->dir);
	return EXIT_FINE;
}

static int write_junit(void *ctx, FILE *out)
{
	return junit_write(ctx, out)
		       ? cli_fail(EXIT_FAILED, "JUnit: cannot be written")
		       : EXIT_FINE;
}

static int write_markdown(void *ctx, FILE *out)
{
	return gate_print(ctx, GATE_MARKDOWN, out);
}

static int report_all(const struct options *opts, struct gate_report *report)
{
	static const enum gate_format format[] = {
		[FORMAT_TABLE] = GATE_TEXT,
		[FORMAT_CSV] = GATE_CSV,
		[FORMAT_JSON] = GATE_JSON,
		[FORMAT_MARKDOWN] = GATE_MARKDOWN,
	};
	int status = EXIT_FINE;

	/* First of all: stdout may be a pipe that nobody reads. */
	if (opts->junit)
		status = cli_to_file(opts->junit, write_junit, report);
	if (!status && opts->github)
		status = github_summary("v7sbench check", write_markdown,
					report);
	if (status)
		return status;
	if (opts->github && github_annotate(report, stdout))
		return cli_stdout_failed();
	return gate_print(report, format[opts->format], stdout)
		       ? cli_stdout_failed()
		       : EXIT_FINE;
}

static int compare(struct options *opts, const struct check_side *before,
		   const struct check_side *after)
{
	const struct gate_side was = { &before->summary, before->has_insn
								 ? &before->insn
								 : NULL };
	const struct gate_side is = { &after->summary,
				      after->has_insn ? &after->insn : NULL };
	struct gate_report report;
	char why[OUTPUT_WHY_SIZE];
	bool known;
	int status = check_likeness(opts, before, after, &known), err;

	if (status)
		return status;
	err = gate_compare(&was, &is, GATE_TOLERANCE_PPM, &report, why);
	if (err)
		return cli_fail(cli_input_status(err), "%s", why);
	status = report_all(opts, &report);
	if (!status && report.nr_findings)
		status = EXIT_REGRESSION;
	else if (!status && opts->strict &&
		 (!known || gate_inconclusive(&report)))
		status = EXIT_INCONCLUSIVE;
	gate_report_fini(&report);
	return status;
}

int cmd_check(int argc, char **argv)
{
	struct options opts = { .update = false };
	struct check_side before = { .dir = NULL }, after = { .dir = NULL };
	int status;

	args_parse(&argp, argc, argv, &opts);
	status = check_read(opts.dir, &after);
	if (!status && opts.update)
		status = check_update(&after, opts.baseline, opts.dry_run);
	else if (!status)
		status = check_read(opts.baseline, &before);
	if (!status && !opts.update)
		status = compare(&opts, &before, &after);
	check_side_fini(&before);
	check_side_fini(&after);
	return status;
}
