// SPDX-License-Identifier: GPL-2.0-only
/*
 * JUnit XML; see junit.h. Not here: times of testcases, properties.
 * Cost: cells times differences. Invariant: what is written is well-formed,
 * whatever the names are.
 */
#include "junit.h"

#include <errno.h>
#include <stdlib.h>

#include "gate_report.h"

void junit_put_text(const char *text, FILE *out)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\n':
		case '\t':
		case '\r':
			/* As they are, an attribute would lose them. */
			fprintf(out, "&#%d;", *text);
			break;
		default:
			fputc(*text >= ' ' && *text < 0x7f ? *text : '?', out);
		}
	}
}

static void put_attribute(const char *name, const char *text, FILE *out)
{
	fprintf(out, " %s=\"", name);
	junit_put_text(text, out);
	fputc('"', out);
}

static int put_failure(const struct gate_report *r, size_t cell, FILE *out)
{
	bool first = true;

	for (size_t i = 0; i < r->nr_findings; i++) {
		char *text;

		if (r->finding[i].cell != cell)
			continue;
		text = gate_finding_text(&r->finding[i]);
		if (!text)
			return -ENOMEM;
		if (first) {
			fputs("\n   <failure", out);
			put_attribute("type",
				      gate_kind_name[r->finding[i].kind], out);
			put_attribute("message", text, out);
			fputc('>', out);
		} else {
			fputc('\n', out);
		}
		first = false;
		junit_put_text(text, out);
		free(text);
	}
	fputs("</failure>\n  ", out);
	return 0;
}

static int put_case(const struct gate_report *r, size_t i, FILE *out)
{
	const struct gate_cell *cell = &r->cell[i];
	int err = 0;

	fputs("  <testcase", out);
	put_attribute("classname", cell->workload, out);
	put_attribute("name", cell->strategy, out);
	fputc('>', out);
	if (cell->nr_differences) {
		err = put_failure(r, i, out);
	} else if (cell->skipped) {
		fputs("<skipped", out);
		put_attribute("message", cell->skipped, out);
		fputs("/>", out);
	}
	if (cell->insn_skipped) {
		fputs("<system-out>instructions: n/a because ", out);
		junit_put_text(cell->insn_skipped, out);
		fputs("</system-out>", out);
	}
	fputs("</testcase>\n", out);
	return err;
}

int junit_write(const struct gate_report *r, FILE *out)
{
	size_t failures = 0;
	int err = 0;

	for (size_t i = 0; i < r->nr_cells; i++)
		failures += r->cell[i].nr_differences != 0;
	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<testsuites>\n <testsuite name=\"v7sbench check\" tests=\"%zu\" "
		"failures=\"%zu\" errors=\"0\" skipped=\"%zu\">\n",
		r->nr_cells, failures, r->nr_skipped);
	for (size_t i = 0; i < r->nr_cells && !err; i++)
		err = put_case(r, i, out);
	fputs(" </testsuite>\n</testsuites>\n", out);
	return err ? err : ferror(out) ? -EIO : 0;
}
