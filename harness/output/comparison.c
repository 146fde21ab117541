// SPDX-License-Identifier: GPL-2.0-only
/*
 * See comparison.h. Not done: significance between two results: change.h.
 */
#include "comparison.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "comparison_words.h"
#include "figures.h"
#include "mm_types.h"
#include "result.h"

/* Columns of the table that are a column of the summary. */
static const struct {
	enum figure c;
	const char *header;
	double unit;
	int decimals;
	bool lowest; /* mark it */
} shown[] = {
	{ COL_TABLES_PEAK, "tables peak", 1, 0, false },
	{ COL_TABLES_END, "end", 1, 0, false },
	{ COL_HELD_START, "held KiB start", 1024, 0, true },
	{ COL_HELD_PEAK, "peak", 1024, 0, true },
	{ COL_HELD_END, "end", 1024, 0, true },
	{ COL_RATIO, "ratio", 1, 2, true },
	{ COL_ALLOC, "alloc ns", 1, 1, false },
	{ COL_P99, "p99", 1, 0, false },
	{ COL_MAP, "map ns", 1, 0, false },
	{ COL_UNMAP, "unmap ns", 1, 0, false },
	{ COL_FAILURES, "failed", 1, 0, false },
	/* Shown if any row has them. */
	{ COL_THREADS, "threads ns", 1, 1, false },
	{ COL_RACES, "races", 1, 0, false },
	{ COL_WAITED, "waited", 1, 0, false },
};

#define NR_OF_THREADS 3

static const char *const ratio_header[NR_LANE_KINDS] = {
	[LANE_TABLE] = "table time",
	[LANE_EVENT] = "event time",
};

static size_t nr_shown(const struct figures *f)
{
	return ARRAY_SIZE(shown) - (f->threads ? 0 : NR_OF_THREADS);
}

static void put_number(struct table *tab, double v, int decimals)
{
	if (isnan(v))
		table_cell(tab, "-");
	else
		table_cellf(tab, "%.*f", decimals, v);
}

/* "1.034 worse", against the workload's reference, which is 1 outright. */
static void put_ratio(const struct figures *f, size_t row, enum lane_kind kind,
		      struct table *tab)
{
	const char *reference = figures_reference(f, row);
	struct cell_ratio ratio;

	if (!f->ratios[kind])
		return;
	if (*reference &&
	    !strcmp(figures_text(f, row, COL_STRATEGY), reference))
		table_cell(tab, "1");
	else if (figures_ratio(f, row, kind, reference, &ratio))
		table_cellf(tab, "%.3f %s", exp(ratio.r.log_ratio),
			    paired_verdict_names[ratio.verdict]);
	else
		table_cell(tab, "-");
}

static void put_block(const struct figures *f, size_t first, size_t end,
		      struct table *tab)
{
	struct speed s = figures_speed(f, first, end);
	size_t row, i;

	for (row = first; row < end; row++) {
		table_cell(tab, figures_text(f, row, COL_WORKLOAD));
		table_cell(tab, figures_text(f, row, COL_STRATEGY));
		for (i = 0; i < nr_shown(f); i++) {
			double v = f->value[row][shown[i].c];

			put_number(tab, v / shown[i].unit, shown[i].decimals);
			if (!figures_ranked(f, row))
				continue;
			if (shown[i].lowest &&
			    v == figures_lowest(f, first, end, shown[i].c,
						-INFINITY))
				table_highlight(tab);
			if (shown[i].c == COL_ALLOC && !s.slices &&
			    s.answer == SPEED_BEST && row == s.best)
				table_highlight(tab);
		}
		put_ratio(f, row, LANE_TABLE, tab);
		if (s.slices && f->ratios[LANE_TABLE] &&
		    s.answer == SPEED_BEST && row == s.best)
			table_highlight(tab);
		put_ratio(f, row, LANE_EVENT, tab);
	}
}

static struct table *make_table(const struct figures *f)
{
	struct table *tab = table_create();
	size_t i;

	table_column(tab, "workload", TABLE_LEFT);
	table_column(tab, "strategy", TABLE_LEFT);
	for (i = 0; i < nr_shown(f); i++)
		table_column(tab, shown[i].header, TABLE_RIGHT);
	for (i = 0; i < NR_LANE_KINDS; i++)
		if (f->ratios[i])
			table_column(tab, ratio_header[i], TABLE_LEFT);
	for (i = 0; i < f->t->nr_rows; i = figures_block(f, i))
		put_block(f, i, figures_block(f, i), tab);
	return tab;
}

/* "reference page; " as often as workloads have another. */
static void print_references(const struct figures *f, FILE *out)
{
	const char *before = "";
	size_t row;

	if (!f->ratios[LANE_TABLE] && !f->ratios[LANE_EVENT])
		return;
	fputs("table time (allocations and frees alone) and event time (the whole path) are factors, measured slice by slice beside",
	      out);
	for (row = 0; row < f->t->nr_rows; row = figures_block(f, row)) {
		const char *reference = figures_reference(f, row);

		if (!strcmp(reference, before))
			continue;
		fprintf(out, "%s %s", *before ? "," : "", reference);
		before = reference;
	}
	fputs("; ~: one cannot tell.\n", out);
}

/* The least and the largest floor of a result. */
static void find_floors(const struct result_files *r, int workload,
			double *ret_low, double *ret_high)
{
	size_t row;
	int kind;

	*ret_low = INFINITY;
	*ret_high = -1;
	for (row = 0; r->verdicts && row < r->summary.nr_rows; row++)
		for (kind = 0; kind < NR_LANE_KINDS; kind++) {
			double floor = verdicts_floor(
				r->verdicts,
				csv_cell(&r->summary, row, (size_t)workload),
				(enum lane_kind)kind);

			if (floor < 0)
				continue;
			*ret_low = fmin(*ret_low, floor);
			*ret_high = fmax(*ret_high, floor);
		}
}

/* The largest number in a column, 0 without one. */
static double largest(const struct csv_table *t, const char *name)
{
	int column = csv_table_column(t, name);
	double most = 0, v;
	size_t row;

	for (row = 0; column >= 0 && row < t->nr_rows; row++)
		if (!csv_cell_double(t, row, (size_t)column, &v))
			most = fmax(most, v);
	return most;
}

void comparison_footer(const struct result_files *r, FILE *out)
{
	const json_t *clock = json_object_get(r->json, "clock");
	double processes = largest(&r->summary, "processes"), low, high;
	int workload = csv_table_column(&r->summary, "workload");

	if (!clock || workload < 0)
		return;
	fprintf(out,
		"Measured with a clock that costs %.3g ns a reading, in steps of %.3g ns; ",
		json_number_value(json_object_get(clock, "cost_ns")),
		json_number_value(json_object_get(clock, "quantum_ns")));
	if (processes > 0)
		fprintf(out, "up to %.0f processes, ", processes);
	else
		fputs("one process, ", out);
	fprintf(out, "%.0f repetitions", largest(&r->summary, "reps"));
	find_floors(r, workload, &low, &high);
	if (high >= 0)
		fprintf(out,
			"; better or worse: beyond %g %%, and noise floors of %.2g %% to %.2g %%",
			r->threshold * 100, expm1(low) * 100,
			expm1(high) * 100);
	fputs(".\n", out);
}

int comparison_print(const struct result_files *r, enum table_format format,
		     bool color, FILE *out, char *why)
{
	struct figures f;
	struct table *tab;
	size_t row;
	int err = figures_read(&r->summary, r->verdicts, &f, why);

	if (err)
		return err;
	tab = make_table(&f);
	err = table_print(tab, format, color, out);
	table_destroy(tab);
	if (err) {
		why_errno(why, err, "table");
		goto out_fini;
	}
	fputc('\n', out);
	for (row = 0; row < r->summary.nr_rows; row = figures_block(&f, row))
		comparison_sentence(&f, row, figures_block(&f, row), out);
	print_references(&f, out);
	comparison_footer(r, out);
out_fini:
	figures_fini(&f);
	return err;
}

const char *const comparison_columns[] = {
	"workload",
	"strategy",
	"ranked",
	"held_bytes_peak",
	"least",
	"alloc_ns_mean",
	"fastest",
	"reference",
	"table_ratio",
	"table_ratio_low",
	"table_ratio_high",
	"table_p",
	"table_floor",
	"table_verdict",
	"event_ratio",
	"event_ratio_low",
	"event_ratio_high",
	"event_p",
	"event_floor",
	"event_verdict",
	NULL,
};

static json_t *number(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *factor(bool there, double log_ratio, double less)
{
	return there ? number(ratio_round(exp(log_ratio) - less)) : json_null();
}

/* The names' prefix is that of ratio_metric_names. */
static void put_ratio_members(const struct figures *f, size_t row,
			      enum lane_kind kind, json_t *obj)
{
	const char *const *name =
		&comparison_columns[kind == LANE_TABLE ? 8 : 14];
	struct cell_ratio c = { .measured = false };
	bool there = figures_ratio(f, row, kind, figures_reference(f, row), &c);
	bool ends = there && c.r.has_interval;

	json_object_set_new(obj, *name++, factor(there, c.r.log_ratio, 0));
	json_object_set_new(obj, *name++, factor(ends, c.r.low, 0));
	json_object_set_new(obj, *name++, factor(ends, c.r.high, 0));
	json_object_set_new(obj, *name++,
			    there ? number(p_round(c.r.p)) : json_null());
	json_object_set_new(obj, *name++,
			    factor(there && c.floor >= 0, c.floor, 1));
	json_object_set_new(obj, *name,
			    there ? json_string(paired_verdict_names[c.verdict])
				  : json_null());
}

/* yes, maybe, no; null for who is not ranked or where nobody was timed. */
static json_t *fastest(const struct figures *f, const struct speed *s,
		       size_t row)
{
	if (!figures_ranked(f, row) || s->answer == SPEED_NONE ||
	    s->answer == SPEED_FEW)
		return json_null();
	if (!figures_contends(f, s, row))
		return json_string("no");
	return json_string(s->answer == SPEED_BEST ? "yes" : "maybe");
}

/* NULL without memory: then a member is missing. */
static json_t *make_row(const struct figures *f, const struct speed *s,
			size_t row, size_t first, size_t end)
{
	double held = f->value[row][COL_HELD_PEAK];
	const char *reference = figures_reference(f, row);
	bool ranked = figures_ranked(f, row);
	json_t *obj = json_object();
	const char *const *name = comparison_columns;

	json_object_set_new(obj, *name++,
			    text_to_json(figures_text(f, row, COL_WORKLOAD)));
	json_object_set_new(obj, *name++,
			    text_to_json(figures_text(f, row, COL_STRATEGY)));
	json_object_set_new(obj, *name++, json_string(ranked ? "yes" : "no"));
	json_object_set_new(obj, *name++,
			    isnan(held) ? json_null()
					: json_integer((json_int_t)held));
	json_object_set_new(obj, *name++,
			    !ranked ? json_null()
			    : held == figures_lowest(f, first, end,
						     COL_HELD_PEAK, -INFINITY)
				    ? json_string("yes")
				    : json_string("no"));
	json_object_set_new(obj, *name++, number(f->value[row][COL_ALLOC]));
	json_object_set_new(obj, *name++, fastest(f, s, row));
	json_object_set_new(obj, *name,
			    *reference ? text_to_json(reference) : json_null());
	put_ratio_members(f, row, LANE_TABLE, obj);
	put_ratio_members(f, row, LANE_EVENT, obj);
	if (json_object_size(obj) == ARRAY_SIZE(comparison_columns) - 1)
		return obj;
	json_decref(obj);
	return NULL;
}

int comparison_rows(const struct result_files *r, json_t **ret, char *why)
{
	json_t *list = json_array();
	struct figures f;
	size_t row, first;
	int err = figures_read(&r->summary, r->verdicts, &f, why);

	if (err) {
		json_decref(list);
		return err;
	}
	for (first = 0; first < r->summary.nr_rows;
	     first = figures_block(&f, first)) {
		size_t end = figures_block(&f, first);
		struct speed s = figures_speed(&f, first, end);

		for (row = first; row < end; row++)
			json_array_append_new(list, make_row(&f, &s, row, first,
							     end));
	}
	figures_fini(&f);
	if (!list || json_array_size(list) < r->summary.nr_rows) {
		json_decref(list);
		return why_set(why, -ENOMEM, "out of memory");
	}
	*ret = list;
	return 0;
}
