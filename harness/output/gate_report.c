// SPDX-License-Identifier: GPL-2.0-only
/*
 * Formats of what the gate found; see gate_report.h. Not here: JUnit, GitHub.
 *
 * Invariant: all formats tell the same differences in the same order.
 */
#include "gate_report.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

const char *const gate_columns[] = {
	"kind", "workload",	"strategy", "column", "was",
	"is",	"change_ratio", "reason",   NULL,
};

static const char *const heading[GATE_NR_KINDS] = {
	[GATE_MISSING] = "missing in the result",
	[GATE_NEW] = "not in the baseline",
	[GATE_WORSE] = "worse",
	[GATE_OTHER] = "different",
	[GATE_BETTER] = "better: renew the baseline",
};

bool gate_inconclusive(const struct gate_report *r)
{
	return !r->nr_findings && (r->nr_skipped || r->nr_insn_skipped);
}

static const char *shown(const char *text)
{
	return *text ? text : "empty";
}

char *gate_finding_text(const struct gate_finding *f)
{
	char change[40] = "", *text;

	if (isinf(f->change))
		snprintf(change, sizeof(change), " (from 0)");
	else if (!isnan(f->change))
		snprintf(change, sizeof(change), " (%+.2f %%)",
			 100 * f->change);
	if (!*f->column)
		text = strdup(f->kind == GATE_MISSING
				      ? "cell only in the baseline"
				      : "cell only in the result");
	else if (asprintf(&text, "%s was %s, is %s%s", f->column, shown(f->was),
			  shown(f->is), change) < 0)
		text = NULL;
	return text;
}

/* A reason, and how many cells have it. */
struct reasons {
	const char *text;
	size_t nr;
	size_t next; /* cell to look at for the next one */
};

static bool same_reason(const struct gate_cell *cell, const char *reason)
{
	return cell->insn_skipped && !strcmp(cell->insn_skipped, reason);
}

/* The next reason why instructions were not compared. */
static bool next_reason(const struct gate_report *r, struct reasons *it)
{
	for (; it->next < r->nr_cells; it->next++) {
		const char *reason = r->cell[it->next].insn_skipped;
		size_t i = 0;

		while (reason && !same_reason(&r->cell[i], reason))
			i++;
		if (!reason || i < it->next)
			continue;
		it->text = reason;
		for (it->nr = 0; i < r->nr_cells; i++)
			it->nr += same_reason(&r->cell[i], reason);
		it->next++;
		return true;
	}
	return false;
}

static const char *s_of(size_t nr)
{
	return nr == 1 ? "" : "s";
}

char *gate_verdict_text(const struct gate_report *r)
{
	struct reasons it = { .next = 0 };
	char *text = NULL, *worst;
	bool insn = next_reason(r, &it);
	int len;

	if (!r->nr_findings) {
		len = asprintf(
			&text,
			"%s: %zu cells as in the baseline, instructions %s%s",
			gate_inconclusive(r) ? "equal as far as compared"
					     : "equal",
			r->nr_compared, insn ? "n/a because " : "too",
			insn ? it.text : "");
		return len < 0 ? NULL : text;
	}
	if (r->nr_by[GATE_BETTER] == r->nr_findings) {
		len = asprintf(
			&text,
			"better: %zu figure%s, nothing worse: renew the baseline",
			r->nr_findings, s_of(r->nr_findings));
		return len < 0 ? NULL : text;
	}
	worst = gate_finding_text(&r->finding[0]);
	if (!worst)
		return NULL;
	len = asprintf(&text, "%zu difference%s, the first: %s %s: %s",
		       r->nr_findings, s_of(r->nr_findings),
		       r->cell[r->finding[0].cell].workload,
		       r->cell[r->finding[0].cell].strategy, worst);
	free(worst);
	return len < 0 ? NULL : text;
}

int gate_print_differences(const struct gate_report *r, FILE *out)
{
	enum gate_kind kind = GATE_NR_KINDS;
	struct reasons it = { .next = 0 };

	for (size_t i = 0; i < r->nr_findings; i++) {
		const struct gate_finding *f = &r->finding[i];
		char *text = gate_finding_text(f);

		if (!text)
			return -ENOMEM;
		if (f->kind != kind)
			fprintf(out, "%s:\n", heading[f->kind]);
		kind = f->kind;
		fprintf(out, "  %s %s: %s\n", r->cell[f->cell].workload,
			r->cell[f->cell].strategy, text);
		free(text);
	}
	fprintf(out,
		"%zu cells compared, %zu differences, %zu skipped (strategy not built)\n",
		r->nr_compared, r->nr_findings, r->nr_skipped);
	if (r->nr_insn)
		fprintf(out, "instructions of %zu cells compared\n",
			r->nr_insn);
	while (next_reason(r, &it))
		fprintf(out, "instructions of %zu cells: n/a because %s\n",
			it.nr, it.text);
	return ferror(out) ? -EIO : 0;
}

static int print_text(const struct gate_report *r, FILE *out)
{
	int err = gate_print_differences(r, out);
	char *verdict;

	if (err)
		return err;
	verdict = gate_verdict_text(r);
	if (!verdict)
		return -ENOMEM;
	fprintf(out, "verdict: %s\n", verdict);
	free(verdict);
	return ferror(out) ? -EIO : 0;
}

static void put_cell(struct csv_writer *w, const char *kind,
		     const struct gate_cell *cell)
{
	csv_put_text(w, kind);
	csv_put_text(w, cell->workload);
	csv_put_text(w, cell->strategy);
}

static void put_finding(struct csv_writer *w, const struct gate_report *r,
			const struct gate_finding *f)
{
	put_cell(w, gate_kind_name[f->kind], &r->cell[f->cell]);
	csv_put_text(w, f->column);
	csv_put_text(w, f->was);
	csv_put_text(w, f->is);
	if (isfinite(f->change))
		csv_put_digits(w, f->change, 6);
	else
		csv_put_empty(w);
	csv_put_empty(w);
	csv_end_row(w);
}

static void put_skipped(struct csv_writer *w, const struct gate_cell *cell)
{
	const char *reason = cell->skipped ? cell->skipped : cell->insn_skipped;

	if (!reason)
		return;
	put_cell(w, "skipped", cell);
	csv_put_text(w, cell->skipped ? "" : "event_insn");
	for (int i = 0; i < 3; i++)
		csv_put_empty(w);
	csv_put_text(w, reason);
	csv_end_row(w);
}

static int print_csv(const struct gate_report *r, FILE *out)
{
	const char *const *name;
	struct csv_writer w;

	csv_writer_init(&w, out);
	for (name = gate_columns; *name; name++)
		csv_put_text(&w, *name);
	csv_end_row(&w);
	for (size_t i = 0; i < r->nr_findings; i++)
		put_finding(&w, r, &r->finding[i]);
	for (size_t i = 0; i < r->nr_cells; i++)
		put_skipped(&w, &r->cell[i]);
	return w.error;
}

static int print_markdown(const struct gate_report *r, FILE *out)
{
	char *verdict = gate_verdict_text(r);
	struct table *t;
	int err = 0;

	if (!verdict)
		return -ENOMEM;
	fprintf(out, "**%s**\n\n", verdict);
	free(verdict);
	if (!r->nr_findings)
		return ferror(out) ? -EIO : 0;
	t = table_create();
	table_column(t, "", TABLE_LEFT);
	table_column(t, "workload", TABLE_LEFT);
	table_column(t, "strategy", TABLE_LEFT);
	table_column(t, "difference", TABLE_LEFT);
	for (size_t i = 0; i < r->nr_findings && !err; i++) {
		const struct gate_finding *f = &r->finding[i];
		char *text = gate_finding_text(f);

		table_cell(t, gate_kind_name[f->kind]);
		table_cell(t, r->cell[f->cell].workload);
		table_cell(t, r->cell[f->cell].strategy);
		table_cell(t, text);
		err = text ? 0 : -ENOMEM;
		free(text);
	}
	if (!err)
		err = table_print(t, TABLE_MARKDOWN, false, out);
	table_destroy(t);
	return err;
}

static json_t *text_or_null(const char *text)
{
	return text && *text ? json_string(text) : json_null();
}

static json_t *finding_json(const struct gate_report *r,
			    const struct gate_finding *f)
{
	return json_pack(
		"{s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "kind",
		gate_kind_name[f->kind], "workload", r->cell[f->cell].workload,
		"strategy", r->cell[f->cell].strategy, "column",
		text_or_null(f->column), "was", text_or_null(f->was), "is",
		text_or_null(f->is), "change_ratio",
		isfinite(f->change) ? json_real(f->change) : json_null());
}

static json_t *skipped_json(const struct gate_cell *cell)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "workload", cell->workload,
			 "strategy", cell->strategy, "what",
			 cell->skipped ? "cell" : "instructions", "reason",
			 cell->skipped ? cell->skipped : cell->insn_skipped);
}

static int print_json(const struct gate_report *r, FILE *out)
{
	json_t *findings = json_array(), *skipped = json_array(), *root;
	char *verdict = gate_verdict_text(r);
	int err = verdict ? 0 : -ENOMEM;

	for (size_t i = 0; i < r->nr_findings && !err; i++)
		if (json_array_append_new(findings,
					  finding_json(r, &r->finding[i])))
			err = -ENOMEM;
	for (size_t i = 0; i < r->nr_cells && !err; i++)
		if ((r->cell[i].skipped || r->cell[i].insn_skipped) &&
		    json_array_append_new(skipped, skipped_json(&r->cell[i])))
			err = -ENOMEM;
	root = json_pack("{s:s*, s:I, s:I, s:o, s:o}", "verdict", verdict,
			 "cells_compared", (json_int_t)r->nr_compared,
			 "instructions_compared", (json_int_t)r->nr_insn,
			 "differences", findings, "skipped", skipped);
	if (!root)
		err = -ENOMEM;
	else if (!err && (json_dumpf(root, out, JSON_INDENT(1)) ||
			  fputc('\n', out) == EOF))
		err = -EIO;
	json_decref(root);
	free(verdict);
	return err;
}

int gate_print(const struct gate_report *r, enum gate_format format, FILE *out)
{
	switch (format) {
	case GATE_CSV:
		return print_csv(r, out);
	case GATE_MARKDOWN:
		return print_markdown(r, out);
	case GATE_JSON:
		return print_json(r, out);
	default:
		return print_text(r, out);
	}
}
