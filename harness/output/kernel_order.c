// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions of a kernel and of our models; see kernel_order.h.
 *
 * Not done: comparing figures of the two. They are different programs, and
 * instructions are no time: only the order of strategies is compared, and
 * figures of one that are within a hundredth are in no order.
 *
 * Cost: quadratic in rows.
 */
#include "kernel_order.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "table.h"

#define ALIKE 1.01 /* up to that ratio there is no order */

/* What is ranked. */
enum figure { TABLE_OP, EVENT, NR_FIGURES };

static const char *const figure_name[NR_FIGURES] = {
	[TABLE_OP] = "a table",
	[EVENT] = "an event",
};

/* False if there is none. */
static bool figure_of(const struct kernel_insn_row *row, enum figure f,
		      double *ret)
{
	const struct insn_row *r = &row->insn;
	uint64_t sum = f == EVENT ? r->events.instructions
				  : r->table.instructions;
	uint64_t nr = f == EVENT ? r->nr_events : r->nr_table_ops;

	if (!r->counted || !nr || !sum)
		return false;
	*ret = (double)sum / (double)nr;
	return true;
}

static bool same_side(const struct kernel_insn_row *a,
		      const struct kernel_insn_row *b)
{
	return a->is_model == b->is_model &&
	       !strcmp(a->insn.workload, b->insn.workload);
}

/* From 1, of the strategies of a workload on its side; who is alike shares. */
static unsigned rank_of(const struct kernel_report *r,
			const struct kernel_insn_row *row, enum figure f)
{
	double mine = 0, other;
	unsigned rank = 1;

	figure_of(row, f, &mine);
	for (size_t i = 0; i < r->nr_insn; i++)
		if (same_side(&r->insn[i], row) &&
		    figure_of(&r->insn[i], f, &other) && other * ALIKE < mine)
			rank++;
	return rank;
}

/* The model's row for one of the kernel's, or NULL. */
static const struct kernel_insn_row *
model_of(const struct kernel_report *r, const struct kernel_insn_row *kernel)
{
	for (size_t i = 0; i < r->nr_insn; i++)
		if (r->insn[i].is_model &&
		    !strcmp(r->insn[i].insn.workload, kernel->insn.workload) &&
		    !strcmp(r->insn[i].insn.strategy, kernel->insn.strategy))
			return &r->insn[i];
	return NULL;
}

/* Mean of one or two classes, or nothing. */
static void class_cell(const struct kernel_insn_row *row,
		       enum kernel_class first, enum kernel_class last,
		       struct table *t)
{
	uint64_t sum = 0, nr = 0;

	for (unsigned c = first; c <= last; c++) {
		sum += row->cost[c].sum;
		nr += row->cost[c].n;
	}
	if (row->insn.counted && nr)
		table_cellf(t, "%.0f", (double)sum / (double)nr);
	else
		table_cell(t, "");
}

static void figure_cells(const struct kernel_report *r,
			 const struct kernel_insn_row *row, struct table *t)
{
	for (unsigned f = 0; f < NR_FIGURES; f++) {
		double value;

		if (figure_of(row, f, &value)) {
			table_cellf(t, "%.1f", value);
			table_cellf(t, "%u", rank_of(r, row, f));
		} else {
			table_cell(t, row->insn.counted ? "" : "n/a");
			table_cell(t, "");
		}
	}
}

static void figures_row(const struct kernel_report *r,
			const struct kernel_insn_row *row, struct table *t)
{
	table_cell(t, row->insn.workload);
	table_cell(t, row->insn.strategy);
	table_cell(t, row->source);
	class_cell(row, KERNEL_ALLOC, KERNEL_ALLOC, t);
	class_cell(row, KERNEL_FREE, KERNEL_FREE, t);
	class_cell(row, KERNEL_MAP, KERNEL_MAP_TABLE, t);
	class_cell(row, KERNEL_UNMAP, KERNEL_UNMAP_TABLE, t);
	figure_cells(r, row, t);
}

/* The kernel's row, and below it the model's. */
static int write_figures(const struct kernel_report *r, bool markdown,
			 FILE *out)
{
	static const char *const column[] = {
		"alloc",   "free", "map",      "unmap",
		"a table", "rank", "an event", "rank",
	};
	struct table *t = table_create();

	table_column(t, "workload", TABLE_LEFT);
	table_column(t, "strategy", TABLE_LEFT);
	table_column(t, "source", TABLE_LEFT);
	for (unsigned i = 0; i < sizeof(column) / sizeof(*column); i++)
		table_column(t, column[i], TABLE_RIGHT);
	for (size_t i = 0; i < r->nr_insn; i++) {
		const struct kernel_insn_row *model;

		if (r->insn[i].is_model)
			continue;
		figures_row(r, &r->insn[i], t);
		model = model_of(r, &r->insn[i]);
		if (model)
			figures_row(r, model, t);
	}
	return table_finish(t, markdown ? TABLE_MARKDOWN : TABLE_TEXT, false,
			    out);
}

/* Two strategies on a workload: figures of a over those of b. */
struct pair {
	const char *a, *b, *workload;
	double kernel, model;
};

static bool pair_of(const struct kernel_report *r, size_t i, size_t k,
		    enum figure f, struct pair *ret)
{
	const struct kernel_insn_row *a = &r->insn[i], *b = &r->insn[k];
	const struct kernel_insn_row *ma, *mb;
	double ka, kb, va, vb;

	if (a->is_model || !same_side(a, b))
		return false;
	ma = model_of(r, a);
	mb = model_of(r, b);
	if (!ma || !mb || !figure_of(a, f, &ka) || !figure_of(b, f, &kb) ||
	    !figure_of(ma, f, &va) || !figure_of(mb, f, &vb))
		return false;
	*ret = (struct pair){
		.a = a->insn.strategy,
		.b = b->insn.strategy,
		.workload = a->insn.workload,
		.kernel = ka / kb,
		.model = va / vb,
	};
	return true;
}

/* -1 or 1 who is before whom, 0 if nobody is. */
static int order_of(double ratio)
{
	return ratio > ALIKE ? 1 : ratio * ALIKE < 1 ? -1 : 0;
}

/* By how much both are sure that it is the other way. */
static double contrast(const struct pair *p)
{
	return fmin(fabs(log(p->kernel)), fabs(log(p->model)));
}

/* Two strategies on all workloads. */
struct orders {
	size_t nr_same, nr_other, nr_alike;
	struct pair clearest; /* of the others */
};

static void add_pair(struct orders *o, const struct pair *p)
{
	int kernel = order_of(p->kernel), model = order_of(p->model);

	if (!kernel || !model) {
		o->nr_alike++;
	} else if (kernel == model) {
		o->nr_same++;
	} else {
		if (!o->nr_other++ || contrast(p) > contrast(&o->clearest))
			o->clearest = *p;
	}
}

/* All pairs of these two strategies. */
static struct orders orders_of(const struct kernel_report *r, enum figure f,
			       const struct pair *of)
{
	struct orders o = { 0 };
	struct pair p;

	for (size_t i = 0; i < r->nr_insn; i++)
		for (size_t k = i + 1; k < r->nr_insn; k++)
			if (pair_of(r, i, k, f, &p) && !strcmp(p.a, of->a) &&
			    !strcmp(p.b, of->b))
				add_pair(&o, &p);
	return o;
}

/* Strategies stand in the same order on every workload: those of the first one
 * are all pairs. */
static bool is_first_workload(const struct kernel_report *r, size_t i)
{
	return same_side(&r->insn[0], &r->insn[i]) ||
	       (r->insn[0].is_model &&
		!strcmp(r->insn[0].insn.workload, r->insn[i].insn.workload));
}

static void order_row(const struct orders *o, const struct pair *of,
		      enum figure f, struct table *t)
{
	table_cell(t, figure_name[f]);
	table_cellf(t, "%s, %s", of->a, of->b);
	table_cellf(t, "%zu", o->nr_same);
	table_cellf(t, "%zu", o->nr_other);
	table_cellf(t, "%zu", o->nr_alike);
	if (!o->nr_other) {
		table_cell(t, "");
		return;
	}
	table_cellf(t, "%s: kernel %.2f, model %.2f", o->clearest.workload,
		    o->clearest.kernel, o->clearest.model);
}

/* Adds a row for each two strategies; returns how many pairs there were. */
static size_t order_rows(const struct kernel_report *r, enum figure f,
			 struct table *t, size_t *ret_same)
{
	size_t nr = 0;
	struct pair of;

	*ret_same = 0;
	for (size_t i = 0; i < r->nr_insn; i++) {
		for (size_t k = i + 1; k < r->nr_insn; k++) {
			struct orders o;

			if (!is_first_workload(r, i) ||
			    !pair_of(r, i, k, f, &of))
				continue;
			o = orders_of(r, f, &of);
			order_row(&o, &of, f, t);
			nr += o.nr_same + o.nr_other;
			*ret_same += o.nr_same;
		}
	}
	return nr;
}

static int write_orders(const struct kernel_report *r, bool markdown, FILE *out)
{
	size_t nr[NR_FIGURES], nr_same[NR_FIGURES];
	struct table *t = table_create();
	int err;

	table_column(t, "instructions", TABLE_LEFT);
	table_column(t, "strategies", TABLE_LEFT);
	table_column(t, "same order", TABLE_RIGHT);
	table_column(t, "other", TABLE_RIGHT);
	table_column(t, "alike", TABLE_RIGHT);
	table_column(t, "clearest other: first over second", TABLE_LEFT);
	for (unsigned f = 0; f < NR_FIGURES; f++)
		nr[f] = order_rows(r, f, t, &nr_same[f]);
	err = table_finish(t, markdown ? TABLE_MARKDOWN : TABLE_TEXT, false,
			   out);
	fputc('\n', out);
	for (unsigned f = 0; f < NR_FIGURES; f++)
		if (nr[f])
			fprintf(out,
				"instructions %s: %zu of %zu pairs of strategies in the same order\n",
				figure_name[f], nr_same[f], nr[f]);
	return err;
}

static bool has_pairs(const struct kernel_report *r)
{
	struct pair p;

	for (size_t i = 0; i < r->nr_insn; i++)
		for (size_t k = i + 1; k < r->nr_insn; k++)
			if (pair_of(r, i, k, TABLE_OP, &p))
				return true;
	return false;
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

int kernel_order_write(const struct kernel_report *r, bool markdown, FILE *out)
{
	int err;

	fputc('\n', out);
	err = write_figures(r, markdown, out);
	fputs("\nInstructions are no time, and model and kernel are different programs: only the order of strategies is compared.\n",
	      out);
	if (!err && has_pairs(r)) {
		fputc('\n', out);
		err = write_orders(r, markdown, out);
	}
	tell_uncounted(r, out);
	return err;
}
