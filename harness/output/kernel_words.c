// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel's judgement for people: who agrees by CPUs and strategy, each
 * difference in words, instructions side by side and where they put
 * strategies in another order; see kernel_report.h.
 *
 * Not done: comparing figures of the two. They are different programs, and
 * instructions are no time: only the order of strategies is compared.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "kernel_report.h"
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

static int print_and_destroy(struct table *t, bool markdown, FILE *out)
{
	int err = table_print(t, markdown ? TABLE_MARKDOWN : TABLE_TEXT, false,
			      out);

	table_destroy(t);
	return err;
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
	return print_and_destroy(t, markdown, out);
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

/* What is ranked. */
enum figure { TABLE_OP, EVENT, NR_FIGURES };

static const char *const figure_name[NR_FIGURES] = {
	[TABLE_OP] = "instructions a table",
	[EVENT] = "instructions an event",
};

/* False if there is none. */
static bool figure_of(const struct kernel_insn_row *row, enum figure f,
		      double *ret)
{
	const struct insn_row *r = &row->insn;
	uint64_t sum = f == EVENT ? r->events.instructions
				  : r->table.instructions;
	uint64_t nr = f == EVENT ? r->nr_events : r->nr_table_ops;

	if (!r->counted || !nr)
		return false;
	*ret = (double)sum / (double)nr;
	return true;
}

/* A tick comes more likely into a long event: without those it interrupted, a
 * mean is too small, and the more so the longer they are. */
static bool is_biased(const struct kernel_insn_row *row, enum figure f)
{
	uint64_t nr = 0;

	for (unsigned c = KERNEL_MAP; c <= KERNEL_UNMAP_TABLE; c++)
		nr += row->cost[c].interrupted;
	return f == EVENT && row->classes && nr;
}

static bool same_side(const struct kernel_insn_row *a,
		      const struct kernel_insn_row *b)
{
	return a->classes == b->classes &&
	       !strcmp(a->insn.workload, b->insn.workload);
}

/* From 1, of the strategies of a workload on its side. */
static unsigned rank_of(const struct kernel_report *r,
			const struct kernel_insn_row *row, enum figure f)
{
	double mine = 0, other;
	unsigned rank = 1;

	figure_of(row, f, &mine);
	for (size_t i = 0; i < r->nr_insn; i++)
		if (same_side(&r->insn[i], row) &&
		    figure_of(&r->insn[i], f, &other) && other < mine)
			rank++;
	return rank;
}

/* The model's row for one of the kernel's, or NULL. */
static const struct kernel_insn_row *
model_of(const struct kernel_report *r, const struct kernel_insn_row *kernel)
{
	for (size_t i = 0; i < r->nr_insn; i++)
		if (!r->insn[i].classes &&
		    !strcmp(r->insn[i].insn.workload, kernel->insn.workload) &&
		    !strcmp(r->insn[i].insn.strategy, kernel->insn.strategy))
			return &r->insn[i];
	return NULL;
}

static void cost_cells(const struct kernel_report *r,
		       const struct kernel_insn_row *row, struct table *t)
{
	for (unsigned f = 0; f < NR_FIGURES; f++) {
		double value;

		if (row && figure_of(row, f, &value)) {
			table_cellf(t, "%.1f", value);
			if (is_biased(row, f))
				table_highlight(t);
			table_cellf(t, "%u", rank_of(r, row, f));
		} else {
			table_cell(t, row && row->insn.counted ? "" : "n/a");
			table_cell(t, "");
		}
	}
}

static int write_cost(const struct kernel_report *r, bool markdown, FILE *out)
{
	static const char *const column[] = {
		"kernel: a table", "rank", "an event", "rank",
		"model: a table",  "rank", "an event", "rank",
	};
	struct table *t = table_create();

	table_column(t, "workload", TABLE_LEFT);
	table_column(t, "strategy", TABLE_LEFT);
	for (unsigned i = 0; i < 4 * NR_FIGURES; i++)
		table_column(t, column[i], TABLE_RIGHT);
	for (size_t i = 0; i < r->nr_insn; i++) {
		const struct kernel_insn_row *row = &r->insn[i];

		if (!row->classes)
			continue;
		table_cell(t, row->insn.workload);
		table_cell(t, row->insn.strategy);
		cost_cells(r, row, t);
		cost_cells(r, model_of(r, row), t);
	}
	return print_and_destroy(t, markdown, out);
}

/* A pair of strategies on a workload. */
struct pair {
	const struct kernel_insn_row *a, *b; /* the kernel's rows */
	double kernel_a, kernel_b, model_a, model_b;
};

static bool pair_of(const struct kernel_report *r, size_t i, size_t k,
		    enum figure f, struct pair *ret)
{
	const struct kernel_insn_row *ma, *mb;

	ret->a = &r->insn[i];
	ret->b = &r->insn[k];
	if (!ret->a->classes || !same_side(ret->a, ret->b))
		return false;
	ma = model_of(r, ret->a);
	mb = model_of(r, ret->b);
	return ma && mb && figure_of(ret->a, f, &ret->kernel_a) &&
	       figure_of(ret->b, f, &ret->kernel_b) &&
	       figure_of(ma, f, &ret->model_a) &&
	       figure_of(mb, f, &ret->model_b);
}

static bool same_order(const struct pair *p)
{
	return (p->kernel_a < p->kernel_b) == (p->model_a < p->model_b) &&
	       (p->kernel_a > p->kernel_b) == (p->model_a > p->model_b);
}

static void tell_side(const char *side, const struct pair *p, double a,
		      double b, FILE *out)
{
	const char *name_a = p->a->insn.strategy, *name_b = p->b->insn.strategy;

	fprintf(out, "%s %s %s %s, %.1f / %.1f", side, a <= b ? name_a : name_b,
		a == b ? "beside" : "before", a <= b ? name_b : name_a,
		a <= b ? a : b, a <= b ? b : a);
}

static void tell_pair(const struct pair *p, enum figure f, FILE *out)
{
	fprintf(out, "%s, %s: ", p->a->insn.workload, figure_name[f]);
	tell_side("the model has", p, p->model_a, p->model_b, out);
	tell_side("; the kernel", p, p->kernel_a, p->kernel_b, out);
	fputc('\n', out);
}

static void tell_order(const struct kernel_report *r, enum figure f, FILE *out)
{
	size_t nr = 0, nr_same = 0, nr_biased = 0;
	struct pair p;

	for (size_t i = 0; i < r->nr_insn; i++) {
		for (size_t k = i + 1; k < r->nr_insn; k++) {
			if (!pair_of(r, i, k, f, &p))
				continue;
			if (is_biased(p.a, f) || is_biased(p.b, f)) {
				nr_biased++;
				continue;
			}
			nr++;
			if (same_order(&p))
				nr_same++;
			else
				tell_pair(&p, f, out);
		}
	}
	if (nr)
		fprintf(out,
			"%s: %zu of %zu pairs of strategies in the same order\n",
			figure_name[f], nr_same, nr);
	if (nr_biased)
		fprintf(out,
			"%s: %zu pairs not compared: a timer tick interrupted events (*), which are left out of the mean\n",
			figure_name[f], nr_biased);
}

static void tell_uncounted(const struct kernel_report *r, FILE *out)
{
	for (size_t i = 0; i < r->nr_insn; i++)
		if (!r->insn[i].insn.counted)
			fprintf(out, "%s %s %s: n/a: %s\n", r->insn[i].source,
				r->insn[i].insn.workload,
				r->insn[i].insn.strategy,
				r->insn[i].insn.reason);
}

static int tell_cost(const struct kernel_report *r, bool markdown, FILE *out)
{
	int err;

	fputc('\n', out);
	err = write_cost(r, markdown, out);
	fputs("\nInstructions are no time, and model and kernel are different programs: only the order of strategies is compared.\n",
	      out);
	for (unsigned f = 0; f < NR_FIGURES; f++)
		tell_order(r, f, out);
	tell_uncounted(r, out);
	return err;
}

int kernel_report_write(const struct kernel_report *r, bool markdown, FILE *out)
{
	int err = r->nr_rows ? write_agreement(r, markdown, out) : 0;

	if (r->nr_rows)
		fputc('\n', out);
	for (size_t i = 0; i < r->nr_rows; i++)
		tell_row(&r->row[i], out);
	tell_vectors(r, out);
	if (r->nr_insn && !err)
		err = tell_cost(r, markdown, out);
	return err ? err : ferror(out) ? -EIO : 0;
}
