// SPDX-License-Identifier: GPL-2.0-only
/*
 * Figures and goals as text; see selftest_report.h.
 */
#include "selftest_report.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>

#include "csvfile.h"
#include "table.h"

const char *const selftest_columns[] = {
	"test", "figure", "value", "unit", "goal", "met", NULL,
};

void figure_add(struct figures *f, const char *test, const char *name,
		const char *unit, double value)
{
	if (f->nr < FIGURES_MAX)
		f->row[f->nr++] = (struct figure){
			.test = test, .name = name, .unit = unit, .value = value
		};
}

void figure_at_most(struct figures *f, double limit)
{
	f->row[f->nr - 1].goal = GOAL_AT_MOST;
	f->row[f->nr - 1].limit = limit;
}

void figure_at_least(struct figures *f, double limit)
{
	f->row[f->nr - 1].goal = GOAL_AT_LEAST;
	f->row[f->nr - 1].limit = limit;
}

bool figure_met(const struct figure *figure)
{
	double size = fabs(figure->value);

	return figure->goal == GOAL_NONE ||
	       (figure->goal == GOAL_AT_MOST ? size <= figure->limit
					     : size >= figure->limit);
}

static void goal_text(const struct figure *figure, char *ret, size_t size)
{
	*ret = '\0';
	if (figure->goal != GOAL_NONE)
		snprintf(ret, size, "at %s %g",
			 figure->goal == GOAL_AT_MOST ? "most" : "least",
			 figure->limit);
}

static const char *met_text(const struct figure *figure)
{
	return figure->goal == GOAL_NONE ? ""
	       : figure_met(figure)	 ? "yes"
					 : "no";
}

/* Counts and seeds as digits. */
static void put_value(struct csv_writer *w, double value)
{
	if (value >= 0 && value <= 0x1p53 && value == floor(value))
		csv_put_u64(w, (uint64_t)value);
	else
		csv_put_double(w, value);
}

static int write_csv(const struct figures *f, FILE *out)
{
	const char *const *name;
	struct csv_writer w;

	csv_writer_init(&w, out);
	for (name = selftest_columns; *name; name++)
		csv_put_text(&w, *name);
	csv_end_row(&w);
	for (unsigned i = 0; i < f->nr; i++) {
		char goal[64];

		goal_text(&f->row[i], goal, sizeof(goal));
		csv_put_text(&w, f->row[i].test);
		csv_put_text(&w, f->row[i].name);
		put_value(&w, f->row[i].value);
		csv_put_text(&w, f->row[i].unit);
		csv_put_text(&w, goal);
		csv_put_text(&w, met_text(&f->row[i]));
		csv_end_row(&w);
	}
	return w.error;
}

static int write_table(const struct figures *f, enum table_format format,
		       FILE *out)
{
	struct table *t = table_create();

	table_column(t, "test", TABLE_LEFT);
	table_column(t, "figure", TABLE_LEFT);
	table_column(t, "value", TABLE_RIGHT);
	table_column(t, "unit", TABLE_LEFT);
	table_column(t, "goal", TABLE_LEFT);
	table_column(t, "met", TABLE_LEFT);
	for (unsigned i = 0; i < f->nr; i++) {
		char goal[64];

		goal_text(&f->row[i], goal, sizeof(goal));
		table_cell(t, f->row[i].test);
		table_cell(t, f->row[i].name);
		table_cellf(t, "%.4g", f->row[i].value);
		table_cell(t, f->row[i].unit);
		table_cell(t, goal);
		table_cell(t, met_text(&f->row[i]));
	}
	return table_finish(t, format, false, out);
}

static json_t *to_json(const struct figure *figure)
{
	char goal[64];

	goal_text(figure, goal, sizeof(goal));
	return json_pack("{s:s, s:s, s:f, s:s, s:s*, s:o*}", "test",
			 figure->test, "figure", figure->name, "value",
			 figure->value, "unit", figure->unit, "goal",
			 *goal ? goal : NULL, "met",
			 *goal ? json_boolean(figure_met(figure)) : NULL);
}

static int write_json(const struct figures *f, FILE *out)
{
	json_t *list = json_array();
	int err = list ? 0 : -ENOMEM;

	for (unsigned i = 0; i < f->nr && !err; i++)
		if (json_array_append_new(list, to_json(&f->row[i])))
			err = -ENOMEM;
	if (!err &&
	    json_dumpf(list, out, JSON_INDENT(1) | JSON_REAL_PRECISION(10)))
		err = -EIO;
	if (!err)
		fputc('\n', out);
	json_decref(list);
	return err;
}

int figures_write(const struct figures *f, enum figures_format format,
		  FILE *out)
{
	for (unsigned i = 0; i < f->nr; i++)
		if (!isfinite(f->row[i].value))
			return -EINVAL;
	switch (format) {
	case FIGURES_CSV:
		return write_csv(f, out);
	case FIGURES_JSON:
		return write_json(f, out);
	default:
		return write_table(f,
				   format == FIGURES_MARKDOWN ? TABLE_MARKDOWN
							      : TABLE_TEXT,
				   out);
	}
}
