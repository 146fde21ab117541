// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes a result the baseline; see check.h.
 *
 * Each file is replaced whole, summary.csv the last. Not done: all of them in
 * one step, since the folder has files of others. Invariant: what is written
 * was told before.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "gate_report.h"
#include "likeness.h"

/* What is to be written. */
struct renewal {
	const struct check_side *after;
	bool summary, insn, environment;
	size_t nr_insn;
};

static int write_summary(void *ctx, FILE *out)
{
	const struct renewal *r = ctx;

	if (gate_write_baseline(&r->after->summary, out))
		return cli_fail(EXIT_FAILED, "the baseline cannot be written");
	return EXIT_FINE;
}

static int write_insn(void *ctx, FILE *out)
{
	struct renewal *r = ctx;

	if (gate_write_insn(&r->after->insn, &r->nr_insn, out))
		return cli_fail(EXIT_FAILED, "the baseline cannot be written");
	return EXIT_FINE;
}

static int write_environment(void *ctx, FILE *out)
{
	const struct renewal *r = ctx;

	if (json_dumpf(r->after->likeness, out,
		       JSON_INDENT(1) | JSON_SORT_KEYS) ||
	    fputc('\n', out) == EOF)
		return cli_fail(EXIT_FAILED, "the baseline cannot be written");
	return EXIT_FINE;
}

static int put_file(const char *dir, const char *name,
		    int (*write)(void *, FILE *), struct renewal *r)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return cli_to_file(path, write, r);
}

static void print_line(void *ctx, const char *line)
{
	(void)ctx;
	printf("  %s\n", line);
}

static bool any_counted(const struct check_side *side)
{
	int column = side->has_insn ? csv_table_column(&side->insn, "reason")
				    : -ENOENT;

	for (size_t row = 0; column >= 0 && row < side->insn.nr_rows; row++)
		if (!*csv_cell(&side->insn, row, (size_t)column))
			return true;
	return false;
}

static bool insn_differs(const struct gate_report *report)
{
	for (size_t i = 0; i < report->nr_findings; i++) {
		const char *column = report->finding[i].column;

		if (!*column || strstr(column, "_insn"))
			return true;
	}
	return report->nr_insn_skipped;
}

static bool summary_differs(const struct gate_report *report)
{
	for (size_t i = 0; i < report->nr_findings; i++)
		if (!strstr(report->finding[i].column, "_insn"))
			return true;
	return false;
}

/* Tells what differs, and finds out what to write. */
static int compare(const struct check_side *before, struct renewal *r)
{
	const struct check_side *after = r->after;
	const struct gate_side was = { &before->summary, before->has_insn
								 ? &before->insn
								 : NULL };
	const struct gate_side is = { &after->summary, any_counted(after)
							       ? &after->insn
							       : NULL };
	struct gate_report report;
	char why[OUTPUT_WHY_SIZE];
	int nr = 1;

	/* Without tolerance: the baseline is to be what is. */
	if (gate_compare(&was, &is, 0, &report, why))
		return cli_fail(EXIT_USAGE, "%s", why);
	if (gate_print_differences(&report, stdout)) {
		gate_report_fini(&report);
		return cli_stdout_failed();
	}
	if (before->likeness)
		nr = likeness_compare(before->likeness, after->likeness,
				      LIKENESS_EXACT, print_line, NULL, why);
	r->environment = nr != 0;
	r->summary = summary_differs(&report);
	r->insn = is.insn && insn_differs(&report);
	if (report.nr_skipped && r->summary)
		cli_warn(
			"%zu cells of strategies that this build lacks leave the baseline",
			report.nr_skipped);
	if (before->has_insn && !is.insn)
		cli_warn("%s/insn.csv stays: nothing was counted", before->dir);
	gate_report_fini(&report);
	return nr < 0 ? cli_fail(EXIT_USAGE, "%s", why) : EXIT_FINE;
}

static int write_all(struct renewal *r, const char *dir)
{
	int status = EXIT_FINE;

	if (r->insn)
		status = put_file(dir, "insn.csv", write_insn, r);
	if (!status && r->environment)
		status =
			put_file(dir, "environment.json", write_environment, r);
	if (!status && r->summary)
		status = put_file(dir, "summary.csv", write_summary, r);
	if (!status)
		fprintf(stderr, "v7sbench: %s renewed:%s%s%s\n", dir,
			r->summary ? " summary.csv" : "",
			r->insn ? " insn.csv" : "",
			r->environment ? " environment.json" : "");
	return status;
}

int check_update(const struct check_side *after, const char *dir, bool dry_run)
{
	struct renewal r = { .after = after };
	struct check_side before = { .dir = dir };
	char path[4096];
	int status;

	if (!after->likeness)
		return cli_fail(EXIT_USAGE, "%s/result.json: %s", after->dir,
				strerror(ENOENT));
	if (after->is_interrupted)
		return cli_fail(EXIT_USAGE,
				"%s: interrupted, finished workloads only",
				after->dir);
	snprintf(path, sizeof(path), "%s/summary.csv", dir);
	if (access(path, F_OK)) {
		printf("new baseline: %zu cells\n", after->summary.nr_rows);
		r.summary = r.environment = true;
		r.insn = any_counted(after);
	} else {
		status = check_read(dir, &before);
		if (!status)
			status = compare(&before, &r);
		check_side_fini(&before);
		if (status)
			return status;
	}
	if (!r.summary && !r.insn && !r.environment)
		puts("nothing changed, nothing written");
	else if (dry_run)
		puts("nothing written (--dry-run)");
	else
		return write_all(&r, dir);
	return EXIT_FINE;
}
