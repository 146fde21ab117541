// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel's judgement for people: who agrees by CPUs and strategy, and each
 * difference in words; see kernel_report.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "kernel_order.h"
#include "table.h"

/* Rows of the same CPUs and strategy. */
struct group {
	size_t nr_cases, nr_points, nr_agree, nr_none;
};

static bool same_group(const struct kernel_row *a, const struct kernel_row *b)
{
	return a->nr_cpus == b->nr_cpus && !strcmp(a->strategy, b->strategy);
}

static struct group group_of(const struct kernel_report *r, size_t first)
{
	struct group g = { 0 };

	for (size_t i = first; i < r->nr_rows; i++) {
		const struct kernel_row *row = &r->row[i];

		if (!same_group(row, &r->row[first]))
			continue;
		g.nr_cases++;
		if (*row->reason)
			g.nr_none++;
		else
			g.nr_points += row->agreement.nr_points;
		if (!*row->reason && row->agreement.verdict == KERNEL_AGREE)
			g.nr_agree++;
	}
	return g;
}

static bool is_first_of_group(const struct kernel_report *r, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (same_group(&r->row[k], &r->row[i]))
			return false;
	return true;
}

static int write_agreement(const struct kernel_report *r, bool markdown,
			   FILE *out)
{
	struct table *t = table_create();

	table_column(t, "CPUs", TABLE_RIGHT);
	table_column(t, "strategy", TABLE_LEFT);
	table_column(t, "cases", TABLE_RIGHT);
	table_column(t, "points", TABLE_RIGHT);
	table_column(t, "agreeing", TABLE_RIGHT);
	table_column(t, "verdict", TABLE_LEFT);
	for (size_t i = 0; i < r->nr_rows; i++) {
		struct group g;

		if (!is_first_of_group(r, i))
			continue;
		g = group_of(r, i);
		table_cellf(t, "%u", r->row[i].nr_cpus);
		table_cell(t, r->row[i].strategy);
		table_cellf(t, "%zu", g.nr_cases);
		table_cellf(t, "%zu", g.nr_points);
		table_cellf(t, "%zu", g.nr_agree);
		table_cell(t, g.nr_agree == g.nr_cases ? "agree"
			      : g.nr_none	       ? "not all compared"
						       : "differs");
	}
	return table_finish(t, markdown ? TABLE_MARKDOWN : TABLE_TEXT, false,
			    out);
}

static void tell_row(const struct kernel_row *row, FILE *out)
{
	const struct kernel_agreement *a = &row->agreement;

	if (!*row->reason && a->verdict == KERNEL_AGREE)
		return;
	fprintf(out, "%s, %s, %u CPU%s: ", row->workload, row->strategy,
		row->nr_cpus, row->nr_cpus > 1 ? "s" : "");
	if (*row->reason)
		fprintf(out, "not compared: %s\n", row->reason);
	else
		fprintf(out, "%s: %s\n", kernel_verdict_names[a->verdict],
			a->what);
}

static void tell_vectors(const struct kernel_report *r, FILE *out)
{
	uint64_t nr_lines = 0;
	size_t nr_agree = 0;

	if (!r->nr_vectors)
		return;
	for (size_t i = 0; i < r->nr_vectors; i++) {
		const struct kernel_vector_row *v = &r->vector[i];

		nr_lines += v->nr_lines;
		if (!*v->differ && !*v->reason)
			nr_agree++;
		else
			fprintf(out, "%s, %s: %s%s\n", v->file, v->strategy,
				*v->reason ? "not compared: " : "",
				*v->reason ? v->reason : v->differ);
	}
	fprintf(out,
		"golden vectors: %zu of %zu files times strategies agree, %" PRIu64
		" lines\n",
		nr_agree, r->nr_vectors, nr_lines);
}

int kernel_report_write(const struct kernel_report *r, bool markdown, FILE *out)
{
	int err = r->nr_rows ? write_agreement(r, markdown, out) : 0;

	if (r->nr_rows)
		fputc('\n', out);
	for (size_t i = 0; i < r->nr_rows; i++)
		tell_row(&r->row[i], out);
	if (r->nr_selftests)
		fprintf(out, "the driver's self test: passed in %u boots\n",
			r->nr_selftests);
	tell_vectors(r, out);
	if (r->nr_insn && !err)
		err = kernel_order_write(r, markdown, out);
	return err ? err : ferror(out) ? -EIO : 0;
}
