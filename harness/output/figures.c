// SPDX-License-Identifier: GPL-2.0-only
/*
 * See figures.h. Not done: significance of anything but times of allocation.
 * Cost: strategies of a workload squared, which are few.
 */
#include "figures.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const col_name[NR_COLS] = {
	[COL_STRATEGY] = "strategy",
	[COL_WORKLOAD] = "workload",
	[COL_RANKED] = "ranked",
	[COL_TABLES_PEAK] = "l2_tables_peak",
	[COL_TABLES_END] = "l2_tables_end",
	[COL_HELD_START] = "held_bytes_start",
	[COL_HELD_PEAK] = "held_bytes_peak",
	[COL_HELD_END] = "held_bytes_end",
	[COL_RATIO] = "overhead_ratio_peak",
	[COL_ALLOC] = "alloc_ns_mean",
	[COL_ALLOC_LOW] = "alloc_ns_mean_low",
	[COL_ALLOC_HIGH] = "alloc_ns_mean_high",
	[COL_P99] = "alloc_ns_p99",
	[COL_MAP] = "map_ns_mean",
	[COL_UNMAP] = "unmap_ns_mean",
	[COL_FAILURES] = "alloc_failures",
	[COL_DIRTY] = "dirty_tables",
	[COL_FIRST_DIRTY] = "first_dirty_alloc",
	[COL_LEAKED] = "leaked_bytes",
	[COL_THREADS] = "threads_event_ns_mean",
	[COL_RACES] = "lost_races",
	[COL_WAITED] = "waited_events",
};

const char *figures_text(const struct figures *f, size_t row, enum figure c)
{
	return csv_cell(f->t, row, f->column[c]);
}

bool figures_ranked(const struct figures *f, size_t row)
{
	return !strcmp(figures_text(f, row, COL_RANKED), "yes") &&
	       f->value[row][COL_FAILURES] == 0;
}

static int find_columns(struct figures *f, char *why)
{
	int c;

	for (c = 0; c < NR_COLS; c++) {
		int at = csv_table_column(f->t, col_name[c]);

		if (at < 0 && c < COL_THREADS)
			return why_set(why, -EINVAL, "no column '%s'",
				       col_name[c]);
		f->has_column[c] = at >= 0;
		f->column[c] = (size_t)at;
	}
	f->reference = csv_table_column(f->t, "reference");
	return 0;
}

static int read_row(struct figures *f, size_t row, char *why)
{
	int c, err;

	for (c = COL_TABLES_PEAK; c < NR_COLS; c++) {
		double *v = &f->value[row][c];

		err = -ENODATA;
		if (f->has_column[c])
			err = csv_cell_double(f->t, row, f->column[c], v);
		if (err == -ENODATA)
			*v = NAN;
		else if (err == -ENOMEM)
			return why_set(why, err, "out of memory");
		else if (err)
			return why_set(why, -EINVAL,
				       "line %zu: %s is no number",
				       f->t->line[row], col_name[c]);
	}
	f->threads |= !isnan(f->value[row][COL_THREADS]);
	return 0;
}

static void find_ratios(struct figures *f)
{
	struct cell_ratio ratio;
	size_t row;
	int kind;

	for (row = 0; row < f->t->nr_rows; row++)
		for (kind = 0; kind < NR_LANE_KINDS; kind++)
			f->ratios[kind] |= figures_ratio(
				f, row, (enum lane_kind)kind,
				figures_reference(f, row), &ratio);
}

int figures_read(const struct csv_table *summary, const struct verdicts *v,
		 struct figures *ret, char *why)
{
	struct figures f = { .t = summary, .verdicts = v };
	size_t row;
	int err = find_columns(&f, why);

	if (err)
		return err;
	f.value = calloc(summary->nr_rows + 1, sizeof(*f.value));
	if (!f.value)
		return why_set(why, -ENOMEM, "out of memory");
	for (row = 0; !err && row < summary->nr_rows; row++)
		err = read_row(&f, row, why);
	if (err) {
		free(f.value);
		return err;
	}
	find_ratios(&f);
	*ret = f;
	return 0;
}

void figures_fini(struct figures *f)
{
	free(f->value);
	f->value = NULL;
}

size_t figures_block(const struct figures *f, size_t first)
{
	size_t row = first;

	while (row < f->t->nr_rows &&
	       !strcmp(figures_text(f, row, COL_WORKLOAD),
		       figures_text(f, first, COL_WORKLOAD)))
		row++;
	return row;
}

double figures_lowest(const struct figures *f, size_t first, size_t end,
		      enum figure c, double above)
{
	double best = NAN;

	for (; first < end; first++) {
		double v = f->value[first][c];

		if (figures_ranked(f, first) && v > above && !(v >= best))
			best = v;
	}
	return best;
}

const char *figures_reference(const struct figures *f, size_t first)
{
	return f->reference < 0 ? ""
				: csv_cell(f->t, first, (size_t)f->reference);
}

bool figures_ratio(const struct figures *f, size_t row, enum lane_kind kind,
		   const char *versus, struct cell_ratio *ret)
{
	return f->verdicts &&
	       !verdicts_ask(f->verdicts, figures_text(f, row, COL_WORKLOAD),
			     kind, figures_text(f, row, COL_STRATEGY), versus,
			     ret);
}

/* Against another row; measured is false if that was not. */
static struct cell_ratio beside(const struct figures *f, size_t row,
				size_t other)
{
	struct cell_ratio ratio = { .measured = false };

	figures_ratio(f, row, LANE_TABLE, figures_text(f, other, COL_STRATEGY),
		      &ratio);
	return ratio;
}

/* Over how many ranked rows a ranked row is better; nr_measured counts up. */
static size_t nr_beaten(const struct figures *f, size_t row, size_t first,
			size_t end, size_t *nr_measured)
{
	size_t nr = 0;

	for (; first < end; first++) {
		struct cell_ratio ratio;

		if (first == row || !figures_ranked(f, first))
			continue;
		ratio = beside(f, row, first);
		*nr_measured += ratio.measured;
		nr += ratio.measured && ratio.verdict == PAIRED_BETTER;
	}
	return nr;
}

static bool alone(const struct figures *f, const struct speed *s, size_t first,
		  size_t end)
{
	for (; first < end; first++)
		if (first != s->best && figures_contends(f, s, first))
			return false;
	return true;
}

static struct speed speed_of_slices(const struct figures *f, size_t first,
				    size_t end)
{
	struct speed s = { .answer = SPEED_NONE, .slices = true };
	size_t row, nr_measured = 0, most = 0;

	for (row = first; row < end; row++) {
		size_t nr;

		if (!figures_ranked(f, row))
			continue;
		nr = nr_beaten(f, row, first, end, &nr_measured);
		if (s.answer == SPEED_NONE || nr > most) {
			s.answer = SPEED_OPEN;
			s.best = row;
			most = nr;
		}
	}
	if (!nr_measured)
		return (struct speed){ .answer = SPEED_NONE };
	if (alone(f, &s, first, end))
		s.answer = SPEED_BEST;
	return s;
}

static struct speed speed_of_intervals(const struct figures *f, size_t first,
				       size_t end)
{
	double best = figures_lowest(f, first, end, COL_ALLOC, -INFINITY);
	struct speed s = { .answer = SPEED_NONE, .best = first };

	if (isnan(best))
		return s;
	while (!figures_ranked(f, s.best) ||
	       f->value[s.best][COL_ALLOC] != best)
		s.best++;
	s.answer = isnan(f->value[s.best][COL_ALLOC_HIGH]) ? SPEED_FEW
							   : SPEED_OPEN;
	if (s.answer == SPEED_OPEN && alone(f, &s, first, end))
		s.answer = SPEED_BEST;
	return s;
}

struct speed figures_speed(const struct figures *f, size_t first, size_t end)
{
	struct speed s = speed_of_slices(f, first, end);

	return s.answer == SPEED_NONE ? speed_of_intervals(f, first, end) : s;
}

bool figures_contends(const struct figures *f, const struct speed *s,
		      size_t row)
{
	struct cell_ratio ratio;

	if (!figures_ranked(f, row) || s->answer == SPEED_NONE ||
	    s->answer == SPEED_FEW)
		return false;
	if (row == s->best)
		return true;
	if (!s->slices)
		return !(f->value[row][COL_ALLOC_LOW] >
			 f->value[s->best][COL_ALLOC_HIGH]);
	ratio = beside(f, s->best, row);
	return !ratio.measured || ratio.verdict != PAIRED_BETTER;
}
