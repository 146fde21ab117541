// SPDX-License-Identifier: GPL-2.0-only
/*
 * See samples.h. Numbers are written with 9 digits, which is more than a clock
 * gives, and read back as what was written.
 */
#include "samples.h"

#include <errno.h>
#include <string.h>

#include "mm_types.h"

enum {
	SOURCE,
	STRATEGY,
	WORKLOAD,
	PROCESS,
	REP,
	METRIC,
	UNIT,
	VALUE,
	COUNT,
	VERSUS,
	NR_COLUMNS
};

const char *const sample_columns[] = {
	[SOURCE] = "source",   [STRATEGY] = "strategy", [WORKLOAD] = "workload",
	[PROCESS] = "process", [REP] = "rep",		[METRIC] = "metric",
	[UNIT] = "unit",       [VALUE] = "value",	[COUNT] = "count",
	[VERSUS] = "versus",   [NR_COLUMNS] = NULL,
};

_Static_assert(ARRAY_SIZE(((struct sample_index *)0)->column) == NR_COLUMNS,
	       "one index for each column");

int samples_put_header(struct csv_writer *w)
{
	for (unsigned c = 0; c < NR_COLUMNS; c++)
		csv_put_text(w, sample_columns[c]);
	return csv_end_row(w);
}

int samples_put(struct csv_writer *w, const struct sample *s)
{
	csv_put_text(w, s->source);
	csv_put_text(w, s->strategy);
	csv_put_text(w, s->workload);
	csv_put_u64(w, s->process);
	csv_put_u64(w, s->rep);
	csv_put_text(w, s->metric);
	csv_put_text(w, s->unit);
	csv_put_digits(w, s->value, 9);
	csv_put_u64(w, s->count);
	csv_put_text(w, s->versus);
	return csv_end_row(w);
}

int samples_columns(const struct csv_table *t, struct sample_index *ret,
		    char *why)
{
	for (unsigned c = 0; c < NR_COLUMNS; c++) {
		int at = csv_table_column(t, sample_columns[c]);

		if (at < 0)
			return why_set(why, -EINVAL, "no column '%s'",
				       sample_columns[c]);
		ret->column[c] = (size_t)at;
	}
	return 0;
}

static int bad_number(const struct csv_table *t, size_t row, unsigned c,
		      char *why)
{
	return why_set(why, -EINVAL, "line %zu: %s is no number", t->line[row],
		       sample_columns[c]);
}

int samples_get(const struct csv_table *t, const struct sample_index *index,
		size_t row, struct sample *ret, char *why)
{
	struct sample s = { 0 };
	const struct {
		unsigned c;
		const char **text;
	} texts[] = {
		{ SOURCE, &s.source },	   { STRATEGY, &s.strategy },
		{ WORKLOAD, &s.workload }, { METRIC, &s.metric },
		{ UNIT, &s.unit },	   { VERSUS, &s.versus },
	};
	const unsigned whole[] = { PROCESS, REP, COUNT };
	double number[ARRAY_SIZE(whole)];

	for (unsigned i = 0; i < ARRAY_SIZE(texts); i++)
		*texts[i].text = csv_cell(t, row, index->column[texts[i].c]);
	if (csv_cell_double(t, row, index->column[VALUE], &s.value))
		return bad_number(t, row, VALUE, why);
	for (unsigned i = 0; i < ARRAY_SIZE(whole); i++) {
		double most = whole[i] == COUNT ? 0x1p53 : 0x1p32 - 1;

		if (csv_cell_double(t, row, index->column[whole[i]],
				    &number[i]) ||
		    !(number[i] >= 0 && number[i] <= most) ||
		    number[i] != (double)(uint64_t)number[i])
			return bad_number(t, row, whole[i], why);
	}
	s.process = (unsigned)number[0];
	s.rep = (unsigned)number[1];
	s.count = (uint64_t)number[2];
	*ret = s;
	return 0;
}
