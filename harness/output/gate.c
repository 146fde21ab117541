// SPDX-License-Identifier: GPL-2.0-only
/*
 * See gate.h. Not done: times, which need both revisions measured in one run.
 * Cost: cells squared, which are few. Invariant: each cell is in the report
 * once, and has been compared or says why not.
 */
#include "gate.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "l2_strategy.h"

#define NO_ROW ((size_t)-1)

const char *const gate_kind_name[GATE_NR_KINDS] = {
	[GATE_MISSING] = "missing", [GATE_NEW] = "new",
	[GATE_WORSE] = "worse",	    [GATE_OTHER] = "different",
	[GATE_BETTER] = "better",
};

const char *const gate_less_is_better[] = {
	"held_bytes_start",
	"held_bytes_peak",
	"held_bytes_end",
	"held_bytes_mean",
	"overhead_ratio_peak",
	"metadata_bytes_peak",
	"alloc_failures",
	"fail_nomem",
	"fail_exhausted",
	"fail_range",
	"page_fail_mark",
	"page_fail_order",
	"page_steals",
	"refills",
	"order_fallbacks",
	"buffer_failures",
	"pageblocks_polluted_peak",
	"pageblocks_polluted_end",
	"pinned_bytes_end",
	"dirty_tables",
	"leaked_bytes",
	"dma_maps",
	"dma_syncs",
	"dma_lines",
	"event_insn",
	"table_insn",
	NULL,
};

/* Columns of insn.csv: counted_by and reason say whether, the first two of the
 * others must be equal, the last two nearly. */
static const char *const insn_needed[] = {
	"strategy",  "workload",   "counted_by", "reason", "events",
	"table_ops", "event_insn", "table_insn", NULL,
};
#define INSN_EXACT 4
#define INSN_NEARLY 6

static const char *get(const struct csv_table *t, size_t row, const char *name)
{
	return csv_cell(t, row, (size_t)csv_table_column(t, name));
}

static int complete(const struct gate_side *s, const char *side, char *why)
{
	const struct csv_table *t = s->summary;
	const struct column *col;
	const char *const *name;

	for (col = columns; col->name; col++)
		if ((col->kind == COLUMN_KEY || col->kind == COLUMN_EXACT) &&
		    csv_table_column(t, col->name) < 0)
			return why_set(why, -EINVAL, "%s: no column '%s'", side,
				       col->name);
	for (name = insn_needed; s->insn && *name; name++)
		if (csv_table_column(s->insn, *name) < 0)
			return why_set(why, -EINVAL,
				       "%s: insn.csv: no column '%s'", side,
				       *name);
	if (!t->nr_rows)
		return why_set(why, -EINVAL, "%s: no cell", side);
	return 0;
}

/* The row of the same cell, or NO_ROW. */
static size_t find_cell(const struct csv_table *t,
			const struct csv_table *other, size_t row)
{
	size_t i;

	for (i = 0; i < t->nr_rows; i++)
		if (!strcmp(get(t, i, "strategy"),
			    get(other, row, "strategy")) &&
		    !strcmp(get(t, i, "workload"), get(other, row, "workload")))
			return i;
	return NO_ROW;
}

static bool built(const char *label)
{
	struct l2_spec spec;
	char why[64];

	return !l2_spec_parse(label, &spec, why, sizeof(why));
}

/* A library's instructions are not all the strategy's. */
static unsigned tolerance_of(const char *label, unsigned tolerance_ppm)
{
	struct l2_spec spec;
	char why[64];

	if (!tolerance_ppm || l2_spec_parse(label, &spec, why, sizeof(why)) ||
	    spec.ops->insn_noise_ppm < tolerance_ppm)
		return tolerance_ppm;
	return spec.ops->insn_noise_ppm;
}

/* What is compared, and what came of it so far. */
struct comparing {
	const struct gate_side *before, *after;
	unsigned tolerance_ppm;
	struct gate_report *r;
	int err;
};

static size_t add_cell(struct comparing *c, const struct csv_table *t,
		       size_t row)
{
	c->r->cell[c->r->nr_cells] = (struct gate_cell){
		.workload = get(t, row, "workload"),
		.strategy = get(t, row, "strategy"),
	};
	return c->r->nr_cells++;
}

static double change_of(const char *was, const char *is)
{
	char *end_was, *end_is;
	double a = strtod(was, &end_was), b = strtod(is, &end_is);

	if (!*was || !*is || *end_was || *end_is)
		return NAN;
	if (a == b)
		return 0;
	return a != 0 ? b / a - 1 : INFINITY;
}

static enum gate_kind kind_of(const char *column, double change)
{
	const char *const *name;

	for (name = gate_less_is_better; *name; name++)
		if (!strcmp(*name, column) && !isnan(change))
			return change > 0 ? GATE_WORSE : GATE_BETTER;
	return GATE_OTHER;
}

static void add_finding(struct comparing *c, struct gate_finding f)
{
	struct gate_report *r = c->r;

	if (r->nr_findings == r->max_findings) {
		size_t max = r->max_findings ? 2 * r->max_findings : 64;
		void *more = reallocarray(r->finding, max, sizeof(f));

		if (!more) {
			c->err = -ENOMEM;
			return;
		}
		r->finding = more;
		r->max_findings = max;
	}
	r->finding[r->nr_findings++] = f;
	r->nr_by[f.kind]++;
	r->cell[f.cell].nr_differences++;
}

static void add_difference(struct comparing *c, size_t cell, const char *column,
			   const char *was, const char *is)
{
	double change = change_of(was, is);

	add_finding(c, (struct gate_finding){
			       .kind = kind_of(column, change),
			       .cell = cell,
			       .column = column,
			       .was = was,
			       .is = is,
			       .change = change,
		       });
}

static void add_lone_cell(struct comparing *c, size_t cell, enum gate_kind kind)
{
	add_finding(c, (struct gate_finding){
			       .kind = kind,
			       .cell = cell,
			       .column = "",
			       .was = "",
			       .is = "",
			       .change = NAN,
		       });
}

static bool near(const char *was, const char *is, unsigned tolerance_ppm)
{
	double a = strtod(was, NULL), b = strtod(is, NULL);

	/* Whole numbers below 2^53 / 10^6: exact. */
	return fabs(b - a) * 1e6 <= a * tolerance_ppm;
}

/* Who counted, once for all cells: they hardly differ in it. */
static const char *unlike(struct comparing *c, const char *was, const char *is)
{
	struct gate_report *r = c->r;

	if (!r->unlike &&
	    asprintf(&r->unlike,
		     "the baseline was counted by %s, the result by %s", was,
		     is) < 0) {
		r->unlike = NULL;
		c->err = -ENOMEM;
	}
	return r->unlike;
}

static const char *why_not_insn(struct comparing *c, size_t was, size_t is)
{
	const struct csv_table *b = c->before->insn, *a = c->after->insn;
	const char *const *name;

	if (!b)
		return "the baseline has no insn.csv";
	if (!a)
		return "the result has no insn.csv";
	if (was == NO_ROW)
		return "the baseline has no count of it";
	if (is == NO_ROW)
		return "the result has no count of it";
	if (*get(a, is, "reason"))
		return get(a, is, "reason");
	if (*get(b, was, "reason"))
		return get(b, was, "reason");
	if (strcmp(get(b, was, "counted_by"), get(a, is, "counted_by")))
		return unlike(c, get(b, was, "counted_by"),
			      get(a, is, "counted_by"));
	for (name = insn_needed + INSN_EXACT; name < insn_needed + INSN_NEARLY;
	     name++)
		if (strcmp(get(b, was, *name), get(a, is, *name)))
			return "another number of operations was counted";
	return NULL;
}

static void compare_insn(struct comparing *c, size_t cell, size_t before_row)
{
	const struct csv_table *b = c->before->insn, *a = c->after->insn;
	const struct csv_table *key = c->before->summary;
	size_t was = b ? find_cell(b, key, before_row) : NO_ROW;
	size_t is = a ? find_cell(a, key, before_row) : NO_ROW;
	const char *reason = why_not_insn(c, was, is);
	unsigned tolerance_ppm =
		tolerance_of(c->r->cell[cell].strategy, c->tolerance_ppm);
	const char *const *name;

	c->r->cell[cell].insn_skipped = reason;
	if (reason || c->err) {
		c->r->nr_insn_skipped++;
		return;
	}
	c->r->nr_insn++;
	for (name = insn_needed + INSN_NEARLY; *name; name++)
		if (!near(get(b, was, *name), get(a, is, *name), tolerance_ppm))
			add_difference(c, cell, *name, get(b, was, *name),
				       get(a, is, *name));
}

static void compare_cell(struct comparing *c, size_t cell, size_t row,
			 size_t other)
{
	const struct column *col;

	c->r->nr_compared++;
	for (col = columns; col->name; col++) {
		const char *was, *is;

		if (col->kind != COLUMN_EXACT)
			continue;
		was = get(c->before->summary, row, col->name);
		is = get(c->after->summary, other, col->name);
		if (strcmp(was, is))
			add_difference(c, cell, col->name, was, is);
	}
	compare_insn(c, cell, row);
}

static void compare_all(struct comparing *c)
{
	const struct csv_table *before = c->before->summary;
	const struct csv_table *after = c->after->summary;

	for (size_t row = 0; row < before->nr_rows; row++) {
		size_t other = find_cell(after, before, row);
		size_t cell = add_cell(c, before, row);

		if (other != NO_ROW) {
			compare_cell(c, cell, row, other);
		} else if (built(get(before, row, "strategy"))) {
			add_lone_cell(c, cell, GATE_MISSING);
		} else {
			c->r->nr_skipped++;
			c->r->cell[cell].skipped = "strategy not built";
		}
	}
	for (size_t row = 0; row < after->nr_rows; row++)
		if (find_cell(before, after, row) == NO_ROW)
			add_lone_cell(c, add_cell(c, after, row), GATE_NEW);
}

static int worst_first(const void *a, const void *b)
{
	const struct gate_finding *x = a, *y = b;
	double dx = fabs(x->change), dy = fabs(y->change);

	if (x->kind != y->kind)
		return (x->kind > y->kind) - (x->kind < y->kind);
	if (!isnan(dx) && !isnan(dy) && dx != dy)
		return dx < dy ? 1 : -1;
	if (isnan(dx) != isnan(dy))
		return isnan(dx) ? 1 : -1;
	if (x->cell != y->cell)
		return (x->cell > y->cell) - (x->cell < y->cell);
	return strcmp(x->column, y->column);
}

int gate_compare(const struct gate_side *before, const struct gate_side *after,
		 unsigned tolerance_ppm, struct gate_report *ret, char *why)
{
	struct gate_report r = { .nr_cells = 0 };
	struct comparing c = { before, after, tolerance_ppm, &r, 0 };
	int err = complete(before, "baseline", why);

	if (!err)
		err = complete(after, "result", why);
	if (err)
		return err;
	r.cell = calloc(before->summary->nr_rows + after->summary->nr_rows,
			sizeof(*r.cell));
	if (!r.cell)
		return why_set(why, -ENOMEM, "out of memory");
	compare_all(&c);
	if (c.err)
		err = why_set(why, c.err, "out of memory");
	else if (!r.nr_compared)
		err = why_set(why, -EINVAL, "no cell in common");
	if (err) {
		gate_report_fini(&r);
		return err;
	}
	if (r.nr_findings)
		qsort(r.finding, r.nr_findings, sizeof(*r.finding),
		      worst_first);
	*ret = r;
	return 0;
}

void gate_report_fini(struct gate_report *r)
{
	free(r->cell);
	free(r->finding);
	free(r->unlike);
	*r = (struct gate_report){ .nr_cells = 0 };
}

int gate_write_baseline(const struct csv_table *summary, FILE *out)
{
	const struct column *col;
	struct csv_writer w;
	size_t row;

	csv_writer_init(&w, out);
	for (col = columns; col->name; col++)
		if (col->kind <= COLUMN_EXACT)
			csv_put_text(&w, col->name);
	csv_end_row(&w);
	for (row = 0; row < summary->nr_rows; row++) {
		for (col = columns; col->name; col++)
			if (col->kind <= COLUMN_EXACT)
				csv_put_text(&w, get(summary, row, col->name));
		csv_end_row(&w);
	}
	return w.error;
}

int gate_write_insn(const struct csv_table *insn, size_t *ret_nr, FILE *out)
{
	const char *const *name;
	struct csv_writer w;

	*ret_nr = 0;
	csv_writer_init(&w, out);
	for (name = insn_needed; *name; name++)
		csv_put_text(&w, *name);
	csv_end_row(&w);
	for (size_t row = 0; row < insn->nr_rows; row++) {
		if (*get(insn, row, "reason"))
			continue;
		for (name = insn_needed; *name; name++)
			csv_put_text(&w, get(insn, row, *name));
		csv_end_row(&w);
		++*ret_nr;
	}
	return w.error;
}
