// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows of phase.csv and the table of winners; see phase_report.h. Not done:
 * figures, which plots/phase.gp draws.
 */
#include "phase_report.h"

#include <string.h>

const char *const phase_columns[] = {
	"tables",	   "cpus",	     "churn", "strategy", "held_bytes",
	"held_bytes_peak", "metadata_bytes", "best",  NULL,
};

int phase_csv_header(struct csv_writer *w)
{
	const char *const *name;

	for (name = phase_columns; *name; name++)
		csv_put_text(w, *name);
	return csv_end_row(w);
}

/* How many hold least, if this is one of them: more than 1 is a tie. */
static void put_best(struct csv_writer *w, const struct phase_cell *cell,
		     unsigned nr, unsigned i)
{
	unsigned nr_least = 0;

	if (cell[i].rank == PHASE_UNRANKED || cell[i].rank == PHASE_FAILED) {
		csv_put_empty(w);
		return;
	}
	while (nr)
		nr_least += cell[--nr].rank >= PHASE_TIE;
	csv_put_u64(w, cell[i].rank >= PHASE_TIE ? nr_least : 0);
}

int phase_csv_row(void *writer, const struct phase_grid *grid,
		  const struct phase_point *point,
		  const struct phase_cell *cell)
{
	struct csv_writer *w = writer;
	unsigned i;
	int err = 0;

	for (i = 0; i < grid->nr_specs && !err; i++) {
		const struct phase_cell *c = &cell[i];

		csv_put_u64(w, point->tables);
		csv_put_u64(w, point->cpus);
		csv_put_text(w, point->pattern.label);
		csv_put_text(w, grid->spec[i].label);
		if (c->failed) {
			csv_put_empty(w);
			csv_put_empty(w);
			csv_put_empty(w);
		} else {
			csv_put_u64(w, c->held_bytes);
			csv_put_u64(w, c->held_bytes_peak);
			csv_put_u64(w, c->metadata_bytes);
		}
		put_best(w, cell, grid->nr_specs, i);
		err = csv_end_row(w);
	}
	return err;
}

/* "a", "a = b": equal signs, since a tie is an answer. */
static void put_names(const struct phase_winners *w)
{
	char text[256] = "none";
	size_t len = 0;
	unsigned i;

	for (i = 0; i < w->grid->nr_specs && len < sizeof(text); i++)
		if (w->who >> i & 1)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
						"%s%s", len ? " = " : "",
						w->grid->spec[i].label);
	table_cell(w->table, text);
}

static void put_range(struct table *t, uint64_t first, uint64_t last)
{
	if (first == last)
		table_cellf(t, "%llu", (unsigned long long)first);
	else
		table_cellf(t, "%llu-%llu", (unsigned long long)first,
			    (unsigned long long)last);
}

static void put_margin(const struct phase_winners *w)
{
	if (!(w->margin_high > 0))
		table_cell(w->table, "");
	else if (w->margin_high - w->margin_low < 0.005)
		table_cellf(w->table, "%.2f", w->margin_low);
	else
		table_cellf(w->table, "%.2f-%.2f", w->margin_low,
			    w->margin_high);
}

static void close_line(struct phase_winners *w)
{
	if (!w->open)
		return;
	table_cell(w->table, w->first.pattern.label);
	put_range(w->table, w->first.cpus, w->first.cpus);
	put_range(w->table, w->first.tables, w->last.tables);
	put_names(w);
	put_range(w->table, w->held_first / 1024, w->held_last / 1024);
	put_margin(w);
	w->open = false;
}

static void open_line(struct phase_winners *w, const struct phase_point *point)
{
	if (!w->grid->nr_specs)
		return;
	w->first = *point;
	w->margin_low = 1e300;
	w->margin_high = 0;
	w->open = true;
}

static bool same_line(const struct phase_winners *w,
		      const struct phase_point *point, uint64_t who)
{
	return w->open && w->who == who && w->first.cpus == point->cpus &&
	       !strcmp(w->first.pattern.label, point->pattern.label);
}

static void begin_table(struct phase_winners *w, const struct phase_grid *grid)
{
	w->grid = grid;
	table_column(w->table, "churn", TABLE_LEFT);
	table_column(w->table, "cpus", TABLE_RIGHT);
	table_column(w->table, "tables", TABLE_RIGHT);
	table_column(w->table, "holds least", TABLE_LEFT);
	table_column(w->table, "KiB", TABLE_RIGHT);
	table_column(w->table, "next, times", TABLE_RIGHT);
}

int phase_winners_row(void *winners, const struct phase_grid *grid,
		      const struct phase_point *point,
		      const struct phase_cell *cell)
{
	struct phase_winners *w = winners;
	double margin = phase_margin(cell, grid->nr_specs);
	uint64_t who = 0, held = 0;
	unsigned i;

	if (!w->grid)
		begin_table(w, grid);
	for (i = 0; i < grid->nr_specs; i++) {
		if (cell[i].rank < PHASE_TIE)
			continue;
		who |= 1ull << i;
		held = cell[i].held_bytes;
	}
	if (!same_line(w, point, who)) {
		close_line(w);
		open_line(w, point);
		w->who = who;
		w->held_first = held;
	}
	w->last = *point;
	w->held_last = held;
	/* 0: every rival failed, or there is none. */
	if (margin > 0 && margin < w->margin_low)
		w->margin_low = margin;
	if (margin > w->margin_high)
		w->margin_high = margin;
	return 0;
}

int phase_winners_print(struct phase_winners *w, enum table_format format,
			FILE *out)
{
	close_line(w);
	return table_print(w->table, format, false, out);
}
