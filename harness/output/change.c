// SPDX-License-Identifier: GPL-2.0-only
/*
 * See change.h. Cost: cells squared, which are few.
 * Invariant: each exact figure of a cell in both is equal or different.
 */
#include "change.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "columns.h"
#include "result.h"

#define NO_ROW ((size_t)-1)
#define BASE "null"

const char *const change_columns[] = {
	"workload", "strategy", "figure", "kind",  "against", "was", "is",
	"change",   "low",	"high",	  "floor", "verdict", NULL,
};

static const char *get(const struct csv_table *t, size_t row, const char *name)
{
	return csv_cell(t, row, (size_t)csv_table_column(t, name));
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

/* Takes value. */
static void set(struct change *c, json_t *obj, const char *name, json_t *value)
{
	if (json_object_set_new(obj, name, value))
		c->no_memory = true;
}

/* A row whose other members are null. NULL without memory. */
static json_t *add_row(struct change *c, const struct csv_table *t, size_t row,
		       const char *figure, const char *kind)
{
	const char *const *name;
	json_t *obj = json_object();

	for (name = change_columns; *name; name++)
		set(c, obj, *name, json_null());
	set(c, obj, "workload", text_to_json(get(t, row, "workload")));
	set(c, obj, "strategy", text_to_json(get(t, row, "strategy")));
	set(c, obj, "figure", json_string(figure));
	set(c, obj, "kind", json_string(kind));
	if (!json_array_append_new(c->rows, obj))
		return obj;
	c->no_memory = true;
	return NULL;
}

static void add_exact(struct change *c, const struct csv_table *t, size_t row,
		      const char *figure, const char *was, const char *is)
{
	json_t *obj = add_row(c, t, row, figure, "exact");

	set(c, obj, "was", text_to_json(was));
	set(c, obj, "is", text_to_json(is));
	set(c, obj, "verdict", json_string("differs"));
}

static void compare_exact(struct change *c, const struct csv_table *before,
			  size_t row, const struct csv_table *after,
			  size_t other)
{
	const struct column *col;

	for (col = columns; col->name; col++) {
		const char *was, *is;

		if (col->kind != COLUMN_EXACT ||
		    csv_table_column(before, col->name) < 0 ||
		    csv_table_column(after, col->name) < 0)
			continue;
		was = get(before, row, col->name);
		is = get(after, other, col->name);
		if (!strcmp(was, is)) {
			c->nr_equal++;
			continue;
		}
		c->nr_different++;
		add_exact(c, before, row, col->name, was, is);
	}
}

/* A strategy's ratio to one of the same result, or false. */
static bool ask(const struct result_files *r, const char *workload,
		enum lane_kind kind, const char *strategy, const char *base,
		struct cell_ratio *ret)
{
	return *base && strcmp(strategy, base) &&
	       !verdicts_ask(r->verdicts, workload, kind, strategy, base, ret);
}

static const char *reference_of(const struct csv_table *t, size_t row)
{
	return csv_table_column(t, "reference") < 0 ? ""
						    : get(t, row, "reference");
}

static enum paired_verdict judge(const struct cell_ratio *was,
				 const struct cell_ratio *is, double threshold)
{
	double change = is->r.log_ratio - was->r.log_ratio;

	if (!was->r.has_interval || !is->r.has_interval || was->floor < 0 ||
	    is->floor < 0 || !(fabs(change) > log1p(threshold)) ||
	    !(fabs(change) > fmax(was->floor, is->floor)))
		return PAIRED_UNKNOWN;
	if (is->r.low > was->r.high)
		return PAIRED_WORSE;
	return is->r.high < was->r.low ? PAIRED_BETTER : PAIRED_UNKNOWN;
}

static void set_factor(struct change *c, json_t *obj, const char *name,
		       double log_ratio, double less)
{
	double x = ratio_round(exp(log_ratio) - less);

	if (isfinite(x))
		set(c, obj, name, json_real(x));
}

static void add_time(struct change *c, const struct csv_table *t, size_t row,
		     enum lane_kind kind, const char *base,
		     const struct cell_ratio *was, const struct cell_ratio *is,
		     enum paired_verdict verdict)
{
	static const char *const name[NR_LANE_KINDS] = {
		[LANE_TABLE] = "table_ratio",
		[LANE_EVENT] = "event_ratio",
	};
	json_t *obj = add_row(c, t, row, name[kind], "timed");

	set(c, obj, "against", text_to_json(base));
	set_factor(c, obj, "was", was->r.log_ratio, 0);
	set_factor(c, obj, "is", is->r.log_ratio, 0);
	set_factor(c, obj, "change", is->r.log_ratio - was->r.log_ratio, 0);
	if (was->r.has_interval && is->r.has_interval) {
		set_factor(c, obj, "low", is->r.low - was->r.high, 0);
		set_factor(c, obj, "high", is->r.high - was->r.low, 0);
	}
	if (was->floor >= 0 && is->floor >= 0)
		set_factor(c, obj, "floor", fmax(was->floor, is->floor), 1);
	set(c, obj, "verdict", json_string(paired_verdict_names[verdict]));
	c->nr_verdicts[verdict]++;
}

static void compare_times(struct change *c, const struct result_files *before,
			  size_t row, const struct result_files *after,
			  size_t other)
{
	const char *workload = get(&before->summary, row, "workload");
	const char *strategy = get(&before->summary, row, "strategy");
	const char *reference = reference_of(&before->summary, row);
	double threshold = fmax(before->threshold, after->threshold);
	int kind;

	if (!strcmp(strategy, BASE))
		return;
	if (strcmp(reference, reference_of(&after->summary, other)))
		reference = "";
	for (kind = 0; kind < NR_LANE_KINDS; kind++) {
		const char *const base[] = { BASE, reference };
		enum lane_kind k = (enum lane_kind)kind;
		struct cell_ratio was, is;

		for (unsigned i = 0; i < 2; i++) {
			if (!ask(before, workload, k, strategy, base[i],
				 &was) ||
			    !ask(after, workload, k, strategy, base[i], &is))
				continue;
			add_time(c, &before->summary, row, k, base[i], &was,
				 &is, judge(&was, &is, threshold));
			break;
		}
	}
}

static void count_columns(struct change *c, const struct csv_table *before,
			  const struct csv_table *after)
{
	const struct column *col;

	for (col = columns; col->name; col++)
		c->nr_columns +=
			col->kind == COLUMN_EXACT &&
			(csv_table_column(before, col->name) < 0) !=
				(csv_table_column(after, col->name) < 0);
}

/* Cells of t that the other has not. */
static void add_missing(struct change *c, const struct csv_table *t,
			const struct csv_table *other, unsigned side)
{
	size_t row;

	for (row = 0; row < t->nr_rows; row++) {
		if (find_cell(other, t, row) != NO_ROW)
			continue;
		c->nr_only[side]++;
		add_exact(c, t, row, "cell", side ? "" : "there",
			  side ? "there" : "");
	}
}

static void compare_all(struct change *c, const struct result_files *before,
			const struct result_files *after)
{
	const struct csv_table *was = &before->summary, *is = &after->summary;
	size_t row;

	count_columns(c, was, is);
	add_missing(c, was, is, 0);
	add_missing(c, is, was, 1);
	for (row = 0; row < was->nr_rows; row++) {
		size_t other = find_cell(is, was, row);

		if (other == NO_ROW)
			continue;
		c->nr_cells++;
		compare_exact(c, was, row, is, other);
		compare_times(c, before, row, after, other);
	}
}

int change_find(const struct result_files *before,
		const struct result_files *after, struct change *ret, char *why)
{
	struct change c = { .nr_cells = 0 };
	int err = 0;

	c.rows = json_array();
	c.no_memory = !c.rows;
	compare_all(&c, before, after);
	if (!c.nr_cells)
		err = why_set(why, -EINVAL, "no cell in common");
	else if (c.no_memory)
		err = why_set(why, -ENOMEM, "out of memory");
	if (err)
		change_fini(&c);
	else
		*ret = c;
	return err;
}

void change_fini(struct change *c)
{
	json_decref(c->rows);
	c->rows = NULL;
}

static void put_member(struct table *tab, const json_t *row, const char *name)
{
	const json_t *item = json_object_get(row, name);

	if (json_is_real(item))
		table_cellf(tab, "%.4f", json_real_value(item));
	else if (json_is_string(item) && *json_string_value(item))
		table_cell(tab, json_string_value(item));
	else
		table_cell(tab, "-");
}

/* Rows of a kind; nothing if there are none. */
static int print_kind(const struct change *c, const char *kind,
		      const char *const *name, enum table_format format,
		      bool color, FILE *out)
{
	struct table *tab = table_create();
	json_t *row;
	size_t i, nr = 0;
	int err = 0;

	for (i = 0; name[i]; i++)
		table_column(tab, name[i], i < 3 ? TABLE_LEFT : TABLE_RIGHT);
	json_array_foreach(c->rows, i, row)
	{
		const char *is =
			json_string_value(json_object_get(row, "kind"));

		if (!is || strcmp(is, kind))
			continue;
		for (const char *const *n = name; *n; n++)
			put_member(tab, row, *n);
		nr++;
	}
	if (nr || !tab)
		err = table_print(tab, format, color, out);
	if (nr)
		fputc('\n', out);
	table_destroy(tab);
	return err;
}

static void print_counts(const struct change *c, FILE *out)
{
	const unsigned *v = c->nr_verdicts;

	fprintf(out,
		"%u cells in both, %u only before, %u only after; of their exact figures %u are equal, %u differ",
		c->nr_cells, c->nr_only[0], c->nr_only[1], c->nr_equal,
		c->nr_different);
	if (c->nr_columns)
		fprintf(out, "; %u columns are in one result only",
			c->nr_columns);
	fputs(".\n", out);
	if (v[PAIRED_UNKNOWN] + v[PAIRED_BETTER] + v[PAIRED_WORSE])
		fprintf(out,
			"Of times, %u are better, %u worse, of %u one cannot tell.\n",
			v[PAIRED_BETTER], v[PAIRED_WORSE], v[PAIRED_UNKNOWN]);
	else
		fputs("No times that can be compared: both results need slices against a strategy that both have.\n",
		      out);
}

int change_print(const struct change *c, enum table_format format, bool color,
		 FILE *out)
{
	static const char *const exact[] = { "workload", "strategy", "figure",
					     "was",	 "is",	     NULL };
	static const char *const timed[] = {
		"workload", "strategy", "figure", "against", "was",	"is",
		"change",   "low",	"high",	  "floor",   "verdict", NULL,
	};
	int err = print_kind(c, "exact", exact, format, color, out);

	if (!err)
		err = print_kind(c, "timed", timed, format, color, out);
	if (!err)
		print_counts(c, out);
	return err;
}
