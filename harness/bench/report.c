// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rows as a table and as CSV; see report.h. Figures to reach: goals.c.
 *
 * Cost: none to speak of. Concurrency: none.
 */
#include "report.h"

#include <inttypes.h>

static bool has_figures(const struct subject *row, unsigned zeroed)
{
	return zeroed ? row->zeroed : row->plain;
}

static void print_ns(const struct figures *f, const struct subject *row,
		     unsigned n, unsigned zeroed, FILE *out)
{
	for (unsigned p = 0; p < NR_PATTERNS; p++)
		if (has_figures(row, zeroed))
			fprintf(out, "  %7.1f", f->ns[n][zeroed][p]);
		else
			fprintf(out, "  %7s", "");
}

void report_table(const struct subjects *s, const struct figures *f, FILE *out)
{
	fprintf(out, "ns per alloc + free, %u tables\n%-24s", s->nr_tables, "");
	fprintf(out, "  %-34s  %-34s\n%-24s", "as they come", "zeroed", "");
	for (unsigned i = 0; i < 2 * NR_PATTERNS; i++)
		fprintf(out, "  %7s", pattern_name[i % NR_PATTERNS]);
	fprintf(out, "  held/payload\n");
	for (unsigned n = 0; n < s->nr; n++) {
		const struct subject *row = &s->row[n];

		fprintf(out, "%-24s", row->name);
		print_ns(f, row, n, 0, out);
		print_ns(f, row, n, 1, out);
		if (f->payload_bytes[n])
			fprintf(out, "  %12.3f",
				(double)f->held_bytes[n] /
					(double)f->payload_bytes[n]);
		if (f->nr_misaligned[n])
			fprintf(out, "  %u misaligned", f->nr_misaligned[n]);
		fputc('\n', out);
	}
}

static const char *const kind_name[SUBJECT_NR_KINDS] = {
	[SUBJECT_LOOP] = "loop",     [SUBJECT_FLOOR] = "floor",
	[SUBJECT_LIST] = "direct",   [SUBJECT_STRATEGY] = "strategy",
	[SUBJECT_GUARD] = "guarded", [SUBJECT_PEER] = "peer",
};

void report_csv(const struct subjects *s, const struct figures *f, FILE *out)
{
	fputs("subject,kind,zeroed", out);
	for (unsigned p = 0; p < NR_PATTERNS; p++)
		fprintf(out, ",%s_ns", pattern_name[p]);
	fputs(",held_bytes,payload_bytes,misaligned\n", out);
	for (unsigned n = 0; n < s->nr; n++)
		for (unsigned zeroed = 0; zeroed < 2; zeroed++) {
			const struct subject *row = &s->row[n];

			if (!has_figures(row, zeroed))
				continue;
			fprintf(out, "\"%s\",%s,%u", row->name,
				kind_name[row->kind], zeroed);
			for (unsigned p = 0; p < NR_PATTERNS; p++)
				fprintf(out, ",%.3f", f->ns[n][zeroed][p]);
			if (f->payload_bytes[n])
				fprintf(out, ",%" PRIu64 ",%" PRIu64 ",%u\n",
					f->held_bytes[n], f->payload_bytes[n],
					f->nr_misaligned[n]);
			else
				fputs(",,,\n", out);
		}
}
