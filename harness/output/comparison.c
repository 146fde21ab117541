// SPDX-License-Identifier: GPL-2.0-only
/*
 * See comparison.h. Not done: significance between two results, costs beyond
 * memory and time of one allocation.
 */
#include "comparison.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mm_types.h"

enum col {
	COL_STRATEGY,
	COL_WORKLOAD,
	COL_RANKED,
	COL_TABLES_PEAK,
	COL_TABLES_END,
	COL_HELD_START,
	COL_HELD_PEAK,
	COL_HELD_END,
	COL_RATIO,
	COL_ALLOC,
	COL_ALLOC_LOW,
	COL_ALLOC_HIGH,
	COL_P99,
	COL_MAP,
	COL_UNMAP,
	COL_FAILURES,
	COL_DIRTY,
	COL_FIRST_DIRTY,
	COL_LEAKED,
	/* Not in every summary: where missing, all empty. */
	COL_THREADS,
	COL_RACES,
	COL_WAITED,
	NR_COLS
};

#define NR_OF_THREADS (NR_COLS - COL_THREADS)

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

/* A summary whose numbers are read: value[row][col], NAN where empty. */
struct figures {
	const struct csv_table *t;
	size_t column[NR_COLS];
	bool has_column[NR_COLS];
	bool threads; /* any row has figures of them */
	double (*value)[NR_COLS];
};

static const char *cell_text(const struct figures *f, size_t row, enum col c)
{
	return csv_cell(f->t, row, f->column[c]);
}

/* Who could not serve the workload has not won it. */
static bool ranked(const struct figures *f, size_t row)
{
	return !strcmp(cell_text(f, row, COL_RANKED), "yes") &&
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
	return 0;
}

static int read_figures(const struct csv_table *t, struct figures *f, char *why)
{
	size_t row;
	int c, err;

	f->t = t;
	err = find_columns(f, why);
	if (err)
		return err;
	f->value = calloc(t->nr_rows + 1, sizeof(*f->value));
	if (!f->value)
		return why_set(why, -ENOMEM, "out of memory");
	for (row = 0; row < t->nr_rows; row++) {
		for (c = COL_TABLES_PEAK; c < NR_COLS; c++) {
			double *v = &f->value[row][c];

			err = -ENODATA;
			if (f->has_column[c])
				err = csv_cell_double(t, row, f->column[c], v);
			if (err == -ENODATA)
				*v = NAN;
			else if (err)
				return why_set(why, -EINVAL,
					       "line %zu: %s is no number",
					       t->line[row], col_name[c]);
		}
		f->threads |= !isnan(f->value[row][COL_THREADS]);
	}
	return 0;
}

/* Rows [first, *end) of the workload that starts at first. */
static size_t block_end(const struct figures *f, size_t first)
{
	size_t row = first;

	while (row < f->t->nr_rows &&
	       !strcmp(cell_text(f, row, COL_WORKLOAD),
		       cell_text(f, first, COL_WORKLOAD)))
		row++;
	return row;
}

/* Lowest value among the ranked rows; NAN if there is none. */
static double lowest(const struct figures *f, size_t first, size_t end,
		     enum col c, double above)
{
	double best = NAN;

	for (; first < end; first++) {
		double v = f->value[first][c];

		if (ranked(f, first) && v > above && !(v >= best))
			best = v;
	}
	return best;
}

/* Row whose interval lies below all others', or -1. */
static int64_t fastest(const struct figures *f, size_t first, size_t end)
{
	double best = lowest(f, first, end, COL_ALLOC, -INFINITY);
	size_t row, winner = end;

	for (row = first; row < end; row++)
		if (ranked(f, row) && f->value[row][COL_ALLOC] == best)
			winner = row;
	if (winner == end || isnan(f->value[winner][COL_ALLOC_HIGH]))
		return -1;
	for (row = first; row < end; row++)
		if (ranked(f, row) && row != winner &&
		    !(f->value[row][COL_ALLOC_LOW] >
		      f->value[winner][COL_ALLOC_HIGH]))
			return -1;
	return (int64_t)winner;
}

static void put_number(struct table *tab, double v, int decimals)
{
	if (isnan(v))
		table_cell(tab, "-");
	else
		table_cellf(tab, "%.*f", decimals, v);
}

static void put_block(const struct figures *f, size_t first, size_t end,
		      struct table *tab)
{
	static const struct {
		enum col c;
		double unit;
		int decimals;
		bool lowest; /* mark it */
	} shown[] = {
		{ COL_TABLES_PEAK, 1, 0, false },
		{ COL_TABLES_END, 1, 0, false },
		{ COL_HELD_START, 1024, 0, true },
		{ COL_HELD_PEAK, 1024, 0, true },
		{ COL_HELD_END, 1024, 0, true },
		{ COL_RATIO, 1, 2, true },
		{ COL_ALLOC, 1, 1, false },
		{ COL_P99, 1, 0, false },
		{ COL_MAP, 1, 0, false },
		{ COL_UNMAP, 1, 0, false },
		{ COL_FAILURES, 1, 0, false },
		/* Shown if any row has them. */
		{ COL_THREADS, 1, 1, false },
		{ COL_RACES, 1, 0, false },
		{ COL_WAITED, 1, 0, false },
	};
	size_t nr_shown = ARRAY_SIZE(shown) - (f->threads ? 0 : NR_OF_THREADS);
	int64_t winner = fastest(f, first, end);
	size_t row, i;

	for (row = first; row < end; row++) {
		table_cell(tab, cell_text(f, row, COL_WORKLOAD));
		table_cell(tab, cell_text(f, row, COL_STRATEGY));
		for (i = 0; i < nr_shown; i++) {
			double v = f->value[row][shown[i].c];

			put_number(tab, v / shown[i].unit, shown[i].decimals);
			if (!ranked(f, row))
				continue;
			if (shown[i].lowest &&
			    v == lowest(f, first, end, shown[i].c, -INFINITY))
				table_highlight(tab);
			if (shown[i].c == COL_ALLOC && (int64_t)row == winner)
				table_highlight(tab);
		}
	}
}

/* "a, b and c": ranked strategies whose value is v. */
static void print_names(const struct figures *f, size_t first, size_t end,
			enum col c, double v, FILE *out)
{
	size_t nr = 0, done = 0, row;

	for (row = first; row < end; row++)
		nr += ranked(f, row) && f->value[row][c] == v;
	for (row = first; row < end; row++) {
		if (!ranked(f, row) || f->value[row][c] != v)
			continue;
		done++;
		if (done > 1)
			fputs(done == nr ? " and " : ", ", out);
		fputs(cell_text(f, row, COL_STRATEGY), out);
	}
	fputs(nr == 1 ? " holds" : " hold", out);
}

/* "3.1 times as much" or, below twice, "12 % more". */
static void print_factor(double better, double worse, const char *times,
			 const char *percent, FILE *out)
{
	if (better <= 0)
		fprintf(out, "%.0f, against nothing", worse);
	else if (worse >= 2 * better)
		fprintf(out, "%.1f times %s", worse / better, times);
	else
		fprintf(out, "%.1f %% %s", 100 * (worse / better - 1), percent);
}

/* First ranked row with that value. */
static size_t row_of(const struct figures *f, size_t first, size_t end,
		     enum col c, double v)
{
	while (first < end && (!ranked(f, first) || f->value[first][c] != v))
		first++;
	return first;
}

static void print_memory(const struct figures *f, size_t first, size_t end,
			 FILE *out)
{
	double best = lowest(f, first, end, COL_HELD_PEAK, -INFINITY);
	double next = lowest(f, first, end, COL_HELD_PEAK, best);

	if (isnan(best)) {
		fputs("nothing to rank", out);
		return;
	}
	print_names(f, first, end, COL_HELD_PEAK, best, out);
	fprintf(out, " least, %.0f KiB at peak", best / 1024);
	if (isnan(next))
		return;
	fprintf(out, " (next, %s, holds ",
		cell_text(f, row_of(f, first, end, COL_HELD_PEAK, next),
			  COL_STRATEGY));
	print_factor(best, next, "as much", "more", out);
	fputc(')', out);
}

/* True for a ranked row that may be as fast as one that ends at high. */
static bool contends(const struct figures *f, size_t row, double high)
{
	return ranked(f, row) && f->value[row][COL_ALLOC_LOW] <= high;
}

/* "a (20.1 ns), b (20.3 ns) or c (20.9 ns)": who may be the fastest. */
static void print_contenders(const struct figures *f, size_t first, size_t end,
			     double high, FILE *out)
{
	size_t nr = 0, done = 0, row;

	for (row = first; row < end; row++)
		nr += contends(f, row, high);
	for (row = first; row < end; row++) {
		if (!contends(f, row, high))
			continue;
		if (done)
			fputs(done + 1 == nr ? " or " : ", ", out);
		done++;
		fprintf(out, "%s (%.1f ns)", cell_text(f, row, COL_STRATEGY),
			f->value[row][COL_ALLOC]);
	}
}

static void print_speed(const struct figures *f, size_t first, size_t end,
			FILE *out)
{
	int64_t winner = fastest(f, first, end);
	double best = lowest(f, first, end, COL_ALLOC, -INFINITY);
	double next = lowest(f, first, end, COL_ALLOC, best);
	size_t row = row_of(f, first, end, COL_ALLOC, best);

	if (isnan(best)) {
		fputs("speed was not measured", out);
	} else if (isnan(f->value[row][COL_ALLOC_HIGH])) {
		fputs("which allocates fastest one cannot tell from so few repetitions",
		      out);
	} else if (winner < 0) {
		fputs("which allocates fastest one cannot tell: ", out);
		print_contenders(f, first, end, f->value[row][COL_ALLOC_HIGH],
				 out);
	} else {
		fprintf(out, "%s allocates fastest, %.1f ns a table",
			cell_text(f, row, COL_STRATEGY), best);
		if (isnan(next))
			return;
		row = row_of(f, first, end, COL_ALLOC, next);
		fprintf(out, " (next, %s, takes ",
			cell_text(f, row, COL_STRATEGY));
		print_factor(best, next, "as long", "longer", out);
		fputc(')', out);
	}
}

static void print_failures(const struct figures *f, size_t first, size_t end,
			   FILE *out)
{
	for (; first < end; first++) {
		if (isnan(f->value[first][COL_FAILURES]))
			fprintf(out, "; %s could not be built, not ranked",
				cell_text(f, first, COL_STRATEGY));
		if (f->value[first][COL_FAILURES] > 0)
			fprintf(out, "; %s failed %.0f times, not ranked",
				cell_text(f, first, COL_STRATEGY),
				f->value[first][COL_FAILURES]);
	}
}

static void print_defects(const struct figures *f, size_t first, size_t end,
			  FILE *out)
{
	for (; first < end; first++) {
		const double *v = f->value[first];

		if (!(v[COL_DIRTY] > 0) && !(v[COL_LEAKED] > 0))
			continue;
		fprintf(out, "; %s ", cell_text(f, first, COL_STRATEGY));
		if (v[COL_DIRTY] > 0)
			fprintf(out,
				"handed out %.0f dirty table%s, the first at allocation %.0f",
				v[COL_DIRTY], v[COL_DIRTY] > 1 ? "s" : "",
				v[COL_FIRST_DIRTY]);
		if (v[COL_LEAKED] > 0)
			fprintf(out, "%sleaked %.0f KiB at teardown",
				v[COL_DIRTY] > 0 ? ", and " : "",
				v[COL_LEAKED] / 1024);
		fputs(", not ranked", out);
	}
}

static void print_sentence(const struct figures *f, size_t first, size_t end,
			   FILE *out)
{
	fprintf(out, "%s: ", cell_text(f, first, COL_WORKLOAD));
	print_memory(f, first, end, out);
	fputs("; ", out);
	print_speed(f, first, end, out);
	print_failures(f, first, end, out);
	print_defects(f, first, end, out);
	fputs(".\n", out);
}

static struct table *make_table(const struct figures *f)
{
	static const char *const number[] = {
		"tables peak", "end",	   "held KiB start", "peak",
		"end",	       "ratio",	   "alloc ns",	     "p99",
		"map ns",      "unmap ns", "failed",	     "threads ns",
		"races",       "waited",
	};
	struct table *tab = table_create();
	size_t nr = ARRAY_SIZE(number) - (f->threads ? 0 : NR_OF_THREADS), i;

	table_column(tab, "workload", TABLE_LEFT);
	table_column(tab, "strategy", TABLE_LEFT);
	for (i = 0; i < nr; i++)
		table_column(tab, number[i], TABLE_RIGHT);
	for (i = 0; i < f->t->nr_rows; i = block_end(f, i))
		put_block(f, i, block_end(f, i), tab);
	return tab;
}

int comparison_print(const struct csv_table *t, enum table_format format,
		     bool color, FILE *out, char *why)
{
	struct figures f = { 0 };
	struct table *tab;
	size_t row;
	int err = read_figures(t, &f, why);

	if (err)
		goto out_free;
	tab = make_table(&f);
	err = table_print(tab, format, color, out);
	table_destroy(tab);
	if (err) {
		why_errno(why, err, "table");
		goto out_free;
	}
	fputc('\n', out);
	for (row = 0; row < t->nr_rows; row = block_end(&f, row))
		print_sentence(&f, row, block_end(&f, row), out);
out_free:
	free(f.value);
	return err;
}
