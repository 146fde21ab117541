// SPDX-License-Identifier: GPL-2.0-only
/*
 * See ab_print.h. Files come before stdout, which may be a pipe that nobody
 * reads.
 */
#include "ab_print.h"

#include <string.h>

#include "ab_ci.h"
#include "github_summary.h"

struct found {
	const struct ab_row *row;
	unsigned nr;
	const struct ab_summary *sum;
};

static int write_junit(void *ctx, FILE *out)
{
	const struct found *f = ctx;

	return ab_write_junit(f->row, f->nr, f->sum, out)
		       ? cli_fail(EXIT_FAILED, "JUnit: cannot be written")
		       : EXIT_FINE;
}

static int write_markdown(void *ctx, FILE *out)
{
	const struct found *f = ctx;
	int err = ab_write_table(f->row, f->nr, TABLE_MARKDOWN, out);

	fputc('\n', out);
	ab_sentence(f->row, f->nr, f->sum, out);
	return err;
}

static int write_stdout(enum cli_format format, const struct found *f)
{
	switch (format) {
	case FORMAT_CSV:
		return ab_write_csv(f->row, f->nr, stdout);
	case FORMAT_JSON:
		return ab_write_json(f->row, f->nr, f->sum, stdout);
	case FORMAT_MARKDOWN:
		return ab_write_table(f->row, f->nr, TABLE_MARKDOWN, stdout);
	default:
		return ab_write_table(f->row, f->nr, TABLE_TEXT, stdout);
	}
}

int ab_print(const struct ab_print *how, const struct ab_row *row, unsigned nr,
	     const struct ab_summary *sum)
{
	bool apart = how->format == FORMAT_CSV || how->format == FORMAT_JSON;
	struct found found = { row, nr, sum };
	int status = EXIT_FINE, err;

	if (how->junit)
		status = cli_to_file(how->junit, write_junit, &found);
	if (!status && how->github)
		status = github_summary("v7sbench ab", write_markdown, &found);
	if (status)
		return status;
	if (how->github && ab_annotate(row, nr, sum, stdout))
		return cli_stdout_failed();
	err = write_stdout(how->format, &found);
	if (err)
		return cli_fail(EXIT_FAILED, "%s", strerror(-err));
	for (unsigned i = 0; i < nr; i++)
		if (!row[i].measured)
			cli_warn(
				"%s, %s, %s: not measured: too short, or nothing that can go round and round",
				row[i].workload, row[i].strategy,
				row[i].metric);
	if (!apart)
		putchar('\n');
	ab_sentence(row, nr, sum, apart ? stderr : stdout);
	return EXIT_FINE;
}
