// SPDX-License-Identifier: GPL-2.0-only
/*
 * See ab_ci.h. Not here: times of testcases.
 * Invariant: what is written is well-formed, whatever the names are.
 */
#include "ab_ci.h"

#include <errno.h>
#include <math.h>

#include "github.h"
#include "junit.h"

#define TEXT_SIZE 256

/* "head takes 1.104 times as long as base (1.081 to 1.127), found again 1.1" */
static void slower_text(const struct ab_row *row, char *ret)
{
	const struct paired_result *r = &row->first.head;

	snprintf(
		ret, TEXT_SIZE,
		"head takes %.3f times as long as base (%.3f to %.3f), found again: %.3f times",
		exp(r->log_ratio), exp(r->low), exp(r->high),
		exp(row->again.head.log_ratio));
}

static void put_attribute(const char *name, const char *text, FILE *out)
{
	fprintf(out, " %s=\"", name);
	junit_put_text(text, out);
	fputc('"', out);
}

static void put_case(const struct ab_row *row, double threshold, FILE *out)
{
	char text[TEXT_SIZE];

	snprintf(text, sizeof(text), "%s %s", row->strategy, row->metric);
	fputs("  <testcase", out);
	put_attribute("classname", row->workload, out);
	put_attribute("name", text, out);
	fputc('>', out);
	if (!row->measured) {
		fputs("<skipped message=\"could not be measured\"/>", out);
	} else if (ab_verdict(row) == PAIRED_WORSE) {
		slower_text(row, text);
		fputs("<failure type=\"slower\"", out);
		put_attribute("message", text, out);
		fputs("/>", out);
	} else if (ab_inconclusive(row, threshold)) {
		fprintf(out,
			"<system-out>cannot tell: a slowdown beyond %g %% is not ruled out</system-out>",
			threshold * 100);
	}
	fputs("</testcase>\n", out);
}

int ab_write_junit(const struct ab_row *row, unsigned nr,
		   const struct ab_summary *sum, FILE *out)
{
	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<testsuites>\n <testsuite name=\"v7sbench ab\" tests=\"%u\" failures=\"%u\" errors=\"0\" skipped=\"%u\">\n",
		nr, sum->nr_worse, sum->nr_not_measured);
	for (unsigned i = 0; i < nr; i++)
		put_case(&row[i], sum->threshold, out);
	fputs(" </testsuite>\n</testsuites>\n", out);
	return ferror(out) ? -EIO : 0;
}

int ab_annotate(const struct ab_row *row, unsigned nr,
		const struct ab_summary *sum, FILE *out)
{
	char title[TEXT_SIZE], text[TEXT_SIZE];
	unsigned nr_put = 0;

	for (unsigned i = 0; i < nr && nr_put < GITHUB_ANNOTATIONS; i++) {
		if (ab_verdict(&row[i]) != PAIRED_WORSE)
			continue;
		snprintf(title, sizeof(title), "slower: %s on %s, %s",
			 row[i].strategy, row[i].workload, row[i].metric);
		slower_text(&row[i], text);
		fputs("::error title=", out);
		github_put_property(title, out);
		fputs("::", out);
		github_put_message(text, out);
		fputc('\n', out);
		nr_put++;
	}
	/* Of another kind, or it would be the eleventh. */
	if (nr_put < sum->nr_worse)
		fprintf(out,
			"::notice title=v7sbench ab::%u more slowdowns, %u in all\n",
			sum->nr_worse - nr_put, sum->nr_worse);
	return ferror(out) ? -EIO : 0;
}
