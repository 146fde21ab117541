// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows of instruction counts; see insn.h.
 *
 * Not here: counting. Invariant: a row that was not counted has a reason and
 * no figure but how many operations there would have been.
 */
#include "insn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

const char *const insn_columns[] = { INSN_COLUMNS, NULL };

static void put_count(struct csv_writer *w, const struct insn_row *row,
		      uint64_t count)
{
	if (row->counted)
		csv_put_u64(w, count);
	else
		csv_put_empty(w);
}

static void put_mean(struct csv_writer *w, const struct insn_row *row,
		     uint64_t count, uint64_t nr)
{
	if (row->counted && nr)
		csv_put_digits(w, (double)count / (double)nr, 10);
	else
		csv_put_empty(w);
}

static int put_row(struct csv_writer *w, const struct insn_row *row)
{
	csv_put_text(w, row->strategy);
	csv_put_text(w, row->workload);
	put_count(w, row, row->nr_events);
	put_count(w, row, row->nr_table_ops);
	put_count(w, row, row->events.instructions);
	put_count(w, row, row->events.branches);
	put_count(w, row, row->table.instructions);
	put_count(w, row, row->table.branches);
	put_mean(w, row, row->events.instructions, row->nr_events);
	put_mean(w, row, row->events.branches, row->nr_events);
	put_mean(w, row, row->table.instructions, row->nr_table_ops);
	put_mean(w, row, row->table.branches, row->nr_table_ops);
	csv_put_text(w, row->tool);
	csv_put_text(w, row->counted_by);
	csv_put_text(w, row->reason);
	return csv_end_row(w);
}

int insn_write_csv(const struct insn_row *row, size_t nr, FILE *out)
{
	const char *const *name;
	struct csv_writer w;

	csv_writer_init(&w, out);
	for (name = insn_columns; *name; name++)
		csv_put_text(&w, *name);
	csv_end_row(&w);
	for (; nr; nr--, row++)
		put_row(&w, row);
	return w.error;
}

static void mean_cell(struct table *t, const struct insn_row *row,
		      uint64_t count, uint64_t nr)
{
	if (row->counted && nr)
		table_cellf(t, "%.1f", (double)count / (double)nr);
	else
		table_cell(t, row->counted ? "" : "n/a");
}

static void table_row(struct table *t, const struct insn_row *row)
{
	table_cell(t, row->workload);
	table_cell(t, row->strategy);
	mean_cell(t, row, row->events.instructions, row->nr_events);
	mean_cell(t, row, row->events.branches, row->nr_events);
	mean_cell(t, row, row->table.instructions, row->nr_table_ops);
	mean_cell(t, row, row->table.branches, row->nr_table_ops);
}

int insn_write_table(const struct insn_row *row, size_t nr, bool markdown,
		     FILE *out)
{
	struct table *t = table_create();
	int err;

	table_column(t, "workload", TABLE_LEFT);
	table_column(t, "strategy", TABLE_LEFT);
	table_column(t, "instructions an event", TABLE_RIGHT);
	table_column(t, "branches", TABLE_RIGHT);
	table_column(t, "instructions a table", TABLE_RIGHT);
	table_column(t, "branches", TABLE_RIGHT);
	for (size_t i = 0; i < nr; i++)
		table_row(t, &row[i]);
	err = table_finish(t, markdown ? TABLE_MARKDOWN : TABLE_TEXT, false,
			   out);
	for (size_t i = 0; i < nr && !err; i++)
		if (!row[i].counted)
			fprintf(out, "%s %s: n/a: %s\n", row[i].workload,
				row[i].strategy, row[i].reason);
	return err ? err : ferror(out) ? -EIO : 0;
}

static json_t *count_json(bool counted, uint64_t count)
{
	return counted ? json_integer((json_int_t)count) : json_null();
}

json_t *insn_row_json(const struct insn_row *row)
{
	bool branches = row->counted && !row->no_branches;

	return json_pack(
		"{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:s}",
		"strategy", row->strategy, "workload", row->workload, "events",
		count_json(row->counted, row->nr_events), "table_ops",
		count_json(row->counted, row->nr_table_ops), "event_insn",
		count_json(row->counted, row->events.instructions),
		"event_branches", count_json(branches, row->events.branches),
		"table_insn", count_json(row->counted, row->table.instructions),
		"table_branches", count_json(branches, row->table.branches),
		"tool", row->tool, "counted_by", row->counted_by, "reason",
		row->reason);
}

int insn_write_json(const struct insn_row *row, size_t nr, FILE *out)
{
	json_t *list = json_array();
	int err = list ? 0 : -ENOMEM;

	for (size_t i = 0; i < nr && !err; i++)
		if (json_array_append_new(list, insn_row_json(&row[i])))
			err = -ENOMEM;
	if (!err &&
	    (json_dumpf(list, out, JSON_INDENT(1)) || fputc('\n', out) == EOF))
		err = -EIO;
	json_decref(list);
	return err;
}

/* What follows key at the start of a line, or NULL. */
static const char *find_line(const char *text, const char *key)
{
	size_t len = strlen(key);

	while (text && strncmp(text, key, len)) {
		text = strchr(text, '\n');
		if (text)
			text++;
	}
	return text ? text + len : NULL;
}

/* The number at the place of event among the totals: 0 if it is not there. */
static uint64_t total_of(const char *events, const char *totals,
			 const char *event)
{
	size_t len = strlen(event);

	for (;;) {
		events += strspn(events, " ");
		totals += strspn(totals, " ");
		if (!*events || *events == '\n' || *totals < '0' ||
		    *totals > '9')
			return 0;
		if (!strncmp(events, event, len) && strspn(events + len, " \n"))
			return strtoull(totals, NULL, 10);
		events += strcspn(events, " \n");
		totals += strspn(totals, "0123456789");
	}
}

int insn_read_dump(const char *text, struct insn_count *ret)
{
	const char *events = find_line(text, "events:");
	const char *totals = find_line(text, "totals:");

	if (!events || !totals)
		return -EINVAL;
	ret->instructions = total_of(events, totals, "Ir");
	ret->branches =
		total_of(events, totals, "Bc") + total_of(events, totals, "Bi");
	return ret->instructions ? 0 : -EINVAL;
}

static const char *next_line(const char *text)
{
	text = strchr(text, '\n');
	return text ? text + 1 : NULL;
}

/* Is it just this name? */
static bool is_line(const char *text, const char *line)
{
	size_t len = strlen(line);

	return !strncmp(text, line, len) && text[len] == '\n';
}

/* From "cfn=" to the next: "calls=N LINE", and a line with LINE and costs. */
static int add_calls(const char *events, const char *text,
		     struct insn_calls *ret)
{
	const char *calls = next_line(text);
	const char *cost = calls ? next_line(calls) : NULL;
	uint64_t took;

	if (!cost || strncmp(calls, "calls=", 6) != 0)
		return -EINVAL;
	cost += strcspn(cost, " \n");
	took = total_of(events, cost, "Ir");
	ret->n += strtoull(calls + 6, NULL, 10);
	ret->instructions += took;
	return took ? 0 : -EINVAL;
}

int insn_read_calls(const char *text, const char *function,
		    struct insn_calls *ret)
{
	const char *events = find_line(text, "events:");
	struct insn_calls sum = { 0 };
	int err = events ? 0 : -EINVAL;

	for (; text && !err; text = next_line(text))
		if (!strncmp(text, "cfn=", 4) && is_line(text + 4, function))
			err = add_calls(events, text, &sum);
	if (!err)
		*ret = sum;
	return err;
}
