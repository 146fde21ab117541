// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rows of textbench as a table and as CSV, and the figures to reach.
 * Nothing here decides a status: times are no tests.
 *
 * Cost: none to speak of. Concurrency: none.
 */
#include <string.h>

#include "textbench.h"

#define SIMD_GB_S 2.0
#define PORTABLE_GB_S 0.8
#define PART_OF_WC 0.5
#define WRITER_M_EVENTS_S 5.0

const struct text_row *text_row_find(const struct text_rows *rows,
				     const char *name)
{
	for (unsigned i = 0; i < rows->nr; i++)
		if (!strcmp(rows->row[i].name, name))
			return &rows->row[i];
	return NULL;
}

static double gb_per_s(const struct text_row *row)
{
	return (double)row->size / row->ns;
}

static double m_events_per_s(const struct text_row *row)
{
	return (double)row->nr_events * 1e3 / row->ns;
}

void text_report_table(const struct text_rows *rows, FILE *out)
{
	fprintf(out, "%-20s  %8s  %9s  %10s\n", "", "GB/s", "ns a line",
		"M events/s");
	for (unsigned i = 0; i < rows->nr; i++) {
		const struct text_row *row = &rows->row[i];

		if (row->size)
			fprintf(out, "%-20s  %8.2f  %9.1f  %10.2f\n", row->name,
				gb_per_s(row), row->ns / (double)row->nr_events,
				m_events_per_s(row));
		else
			fprintf(out, "%-20s  %8s  %9s  %10.2f\n", row->name, "",
				"", m_events_per_s(row));
	}
	for (unsigned i = 0; i < rows->nr_missing; i++)
		fprintf(out, "%s\n", rows->missing[i]);
}

void text_report_csv(const struct text_rows *rows, FILE *out)
{
	fputs("row,gb_per_s,ns_per_line,million_events_per_s\n", out);
	for (unsigned i = 0; i < rows->nr; i++) {
		const struct text_row *row = &rows->row[i];

		fprintf(out, "\"%s\",", row->name);
		if (row->size)
			fprintf(out, "%.4f,%.3f,", gb_per_s(row),
				row->ns / (double)row->nr_events);
		else
			fputs(",,", out);
		fprintf(out, "%.4f\n", m_events_per_s(row));
	}
}

/* "reached", or by how much not. */
static void goal(const char *what, double limit, double value, const char *unit,
		 FILE *out)
{
	fprintf(out, "figure to reach: %s %.2f %s: %.2f %s, ", what, limit,
		unit, value, unit);
	if (value >= limit)
		fputs("reached\n", out);
	else
		fprintf(out, "not reached (%.2fx)\n", value / limit);
}

void text_report_goals(const struct text_rows *rows, FILE *out)
{
	const struct text_row *simd = text_row_find(rows, "reader, SIMD");
	const struct text_row *portable =
		text_row_find(rows, "reader, portable");
	const struct text_row *writer = text_row_find(rows, "writer");
	const struct text_row *wc = text_row_find(rows, "wc -l");

	if (simd)
		goal("reader, SIMD, at least", SIMD_GB_S, gb_per_s(simd),
		     "GB/s", out);
	if (portable)
		goal("reader, portable, at least", PORTABLE_GB_S,
		     gb_per_s(portable), "GB/s", out);
	if (simd && wc)
		goal("reader, SIMD, at least half of wc -l,",
		     PART_OF_WC * gb_per_s(wc), gb_per_s(simd), "GB/s", out);
	else
		fputs("figure to reach: reader, SIMD, at least half of wc -l: not measured\n",
		      out);
	if (writer)
		goal("writer, at least", WRITER_M_EVENTS_S,
		     m_events_per_s(writer), "M events/s", out);
}
