// SPDX-License-Identifier: GPL-2.0-only
/*
 * See comparison_words.h. Not done: costs beyond memory and time of one
 * allocation.
 */
#include "comparison_words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* "a, b and c": ranked strategies whose value is v. */
static void print_names(const struct figures *f, size_t first, size_t end,
			enum figure c, double v, FILE *out)
{
	size_t nr = 0, done = 0, row;

	for (row = first; row < end; row++)
		nr += figures_ranked(f, row) && f->value[row][c] == v;
	for (row = first; row < end; row++) {
		if (!figures_ranked(f, row) || f->value[row][c] != v)
			continue;
		done++;
		if (done > 1)
			fputs(done == nr ? " and " : ", ", out);
		fputs(figures_text(f, row, COL_STRATEGY), out);
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
		     enum figure c, double v)
{
	while (first < end &&
	       (!figures_ranked(f, first) || f->value[first][c] != v))
		first++;
	return first;
}

static void print_memory(const struct figures *f, size_t first, size_t end,
			 FILE *out)
{
	double best = figures_lowest(f, first, end, COL_HELD_PEAK, -INFINITY);
	double next = figures_lowest(f, first, end, COL_HELD_PEAK, best);

	if (isnan(best)) {
		fputs("nothing to rank", out);
		return;
	}
	print_names(f, first, end, COL_HELD_PEAK, best, out);
	fprintf(out, " least, %.0f KiB at peak", best / 1024);
	if (isnan(next))
		return;
	fprintf(out, " (next, %s, holds ",
		figures_text(f, row_of(f, first, end, COL_HELD_PEAK, next),
			     COL_STRATEGY));
	print_factor(best, next, "as much", "more", out);
	fputc(')', out);
}

/* What is judged. */
static const char *what(const struct speed *s)
{
	return s->slices ? "allocates and frees fastest" : "allocates fastest";
}

/* "a (20.1 ns)". Slices take allocations and frees, with no time of their own.
 */
static void print_timed(const struct figures *f, const struct speed *s,
			size_t row, FILE *out)
{
	double ns = f->value[row][COL_ALLOC];

	fputs(figures_text(f, row, COL_STRATEGY), out);
	if (!s->slices && !isnan(ns))
		fprintf(out, " (%.1f ns)", ns);
}

/* "a (20.1 ns), b (20.3 ns) or c (20.9 ns)": who may be the fastest. */
static void print_contenders(const struct figures *f, const struct speed *s,
			     size_t first, size_t end, FILE *out)
{
	size_t nr = 0, done = 0, row;

	for (row = first; row < end; row++)
		nr += figures_contends(f, s, row);
	for (row = first; row < end; row++) {
		if (!figures_contends(f, s, row))
			continue;
		if (done)
			fputs(done + 1 == nr ? " or " : ", ", out);
		done++;
		print_timed(f, s, row, out);
	}
}

/* How many times as long the next one takes: by slices measured beside the
 * best, else by the means. NAN if there is none. */
static double next_after(const struct figures *f, const struct speed *s,
			 size_t first, size_t end, size_t *ret_row)
{
	const char *best = figures_text(f, s->best, COL_STRATEGY);
	double factor = NAN;

	for (; first < end; first++) {
		double own = f->value[first][COL_ALLOC] /
			     f->value[s->best][COL_ALLOC];
		struct cell_ratio ratio;

		if (first == s->best || !figures_ranked(f, first))
			continue;
		if (s->slices &&
		    figures_ratio(f, first, LANE_TABLE, best, &ratio))
			own = exp(ratio.r.log_ratio);
		if (own >= factor || isnan(own))
			continue;
		factor = own;
		*ret_row = first;
	}
	return factor;
}

static void print_best(const struct figures *f, const struct speed *s,
		       size_t first, size_t end, FILE *out)
{
	double ns = f->value[s->best][COL_ALLOC], factor;
	size_t next = s->best;

	fprintf(out, "%s %s", figures_text(f, s->best, COL_STRATEGY), what(s));
	if (!s->slices)
		fprintf(out, ", %.1f ns a table", ns);
	factor = next_after(f, s, first, end, &next);
	if (isnan(factor))
		return;
	fprintf(out, " (next, %s, takes ", figures_text(f, next, COL_STRATEGY));
	print_factor(1, factor, "as long", "longer", out);
	fputc(')', out);
}

static void print_speed(const struct figures *f, size_t first, size_t end,
			FILE *out)
{
	struct speed s = figures_speed(f, first, end);

	switch (s.answer) {
	case SPEED_NONE:
		fputs("speed was not measured", out);
		break;
	case SPEED_FEW:
		fputs("which allocates fastest one cannot tell from so few repetitions",
		      out);
		break;
	case SPEED_OPEN:
		fprintf(out, "which %s one cannot tell: ", what(&s));
		print_contenders(f, &s, first, end, out);
		break;
	case SPEED_BEST:
		print_best(f, &s, first, end, out);
		break;
	}
}

static void print_failures(const struct figures *f, size_t first, size_t end,
			   FILE *out)
{
	for (; first < end; first++) {
		if (isnan(f->value[first][COL_FAILURES]))
			fprintf(out, "; %s could not be built, not ranked",
				figures_text(f, first, COL_STRATEGY));
		if (f->value[first][COL_FAILURES] > 0)
			fprintf(out, "; %s failed %.0f times, not ranked",
				figures_text(f, first, COL_STRATEGY),
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
		fprintf(out, "; %s ", figures_text(f, first, COL_STRATEGY));
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

void comparison_sentence(const struct figures *f, size_t first, size_t end,
			 FILE *out)
{
	fprintf(out, "%s: ", figures_text(f, first, COL_WORKLOAD));
	print_memory(f, first, end, out);
	fputs("; ", out);
	print_speed(f, first, end, out);
	print_failures(f, first, end, out);
	print_defects(f, first, end, out);
	fputs(".\n", out);
}
