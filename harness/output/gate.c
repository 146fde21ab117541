// SPDX-License-Identifier: GPL-2.0-only
/*
 * See gate.h. Not done: times, which need both revisions measured in one run.
 * Cost: cells squared, which are few.
 */
#include "gate.h"

#include <errno.h>
#include <string.h>

#include "columns.h"
#include "l2_strategy.h"

#define NO_ROW ((size_t)-1)

static const char *get(const struct csv_table *t, size_t row, const char *name)
{
	return csv_cell(t, row, (size_t)csv_table_column(t, name));
}

static int complete(const struct csv_table *t, const char *side, char *why)
{
	const struct column *col;

	for (col = columns; col->name; col++)
		if ((col->kind == COLUMN_KEY || col->kind == COLUMN_EXACT) &&
		    csv_table_column(t, col->name) < 0)
			return why_set(why, -EINVAL, "%s: no column '%s'", side,
				       col->name);
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

static void missing(const struct csv_table *t, size_t row, const char *side,
		    FILE *out)
{
	fprintf(out, "%s %s: cell only in the %s\n", get(t, row, "workload"),
		get(t, row, "strategy"), side);
}

static void compare_cell(const struct csv_table *before, size_t row,
			 const struct csv_table *after, size_t other, FILE *out,
			 struct gate_result *ret)
{
	const struct column *col;

	ret->nr_cells++;
	for (col = columns; col->name; col++) {
		const char *was, *is;

		if (col->kind != COLUMN_EXACT)
			continue;
		was = get(before, row, col->name);
		is = get(after, other, col->name);
		if (!strcmp(was, is))
			continue;
		ret->nr_differences++;
		fprintf(out, "%s %s: %s was %s, is %s\n",
			get(before, row, "workload"),
			get(before, row, "strategy"), col->name,
			*was ? was : "empty", *is ? is : "empty");
	}
}

int gate_compare(const struct csv_table *before, const struct csv_table *after,
		 FILE *out, struct gate_result *ret, char *why)
{
	size_t row, other;
	int err = complete(before, "baseline", why);

	if (!err)
		err = complete(after, "result", why);
	if (err)
		return err;
	*ret = (struct gate_result){ 0 };
	for (row = 0; row < before->nr_rows; row++) {
		other = find_cell(after, before, row);
		if (other != NO_ROW) {
			compare_cell(before, row, after, other, out, ret);
		} else if (built(get(before, row, "strategy"))) {
			ret->nr_differences++;
			missing(before, row, "baseline", out);
		} else {
			ret->nr_skipped++;
		}
	}
	for (row = 0; row < after->nr_rows; row++) {
		if (find_cell(before, after, row) != NO_ROW)
			continue;
		ret->nr_differences++;
		missing(after, row, "result", out);
	}
	if (!ret->nr_cells)
		return why_set(why, -EINVAL, "no cell in common");
	return 0;
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
