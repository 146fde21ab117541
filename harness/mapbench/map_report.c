// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rows of mapbench as a table and as CSV, and the figures to reach. Nothing
 * here decides a status: times are no tests.
 *
 * Cost: none to speak of. Concurrency: none.
 */
#include <string.h>

#include "mapbench.h"
#include "mm_types.h"

#define MAP_NS 7.0
#define BATCH_NS 0.25
#define EVENT_NS 25.0
#define ITERATION_PART 0.1

const char *map_path_name(enum v7s_path path)
{
	return path == V7S_PATH_BATCH ? "batch" : "kernel";
}

const struct map_row *map_row_find(const struct map_rows *rows,
				   const char *name, const char *path)
{
	for (unsigned i = 0; i < rows->nr; i++)
		if (!strcmp(rows->row[i].name, name) &&
		    !strcmp(rows->row[i].path, path))
			return &rows->row[i];
	return NULL;
}

/* "reached", or by how much not. */
static void verdict(double value, double limit, FILE *out)
{
	if (value <= limit)
		fputs("reached\n", out);
	else
		fprintf(out, "not reached (%.2fx)\n", value / limit);
}

void map_report_table(const struct map_rows *rows, FILE *out)
{
	fprintf(out, "%-30s  %-6s  %-5s  %8s  %9s\n", "", "path", "of a", "ns",
		"prototype");
	for (unsigned i = 0; i < rows->nr; i++) {
		const struct map_row *row = &rows->row[i];

		fprintf(out, "%-30s  %-6s  %-5s  %8.3f", row->name, row->path,
			row->unit, row->ns);
		if (row->figure_ns > 0) {
			fprintf(out, "  %9.2f  ", row->figure_ns);
			verdict(row->ns, row->figure_ns, out);
		} else {
			fputc('\n', out);
		}
	}
}

void map_report_csv(const struct map_rows *rows, FILE *out)
{
	fputs("row,path,unit,ns,prototype_ns\n", out);
	for (unsigned i = 0; i < rows->nr; i++) {
		const struct map_row *row = &rows->row[i];

		fprintf(out, "\"%s\",%s,%s,%.4f,", row->name, row->path,
			row->unit, row->ns);
		if (row->figure_ns > 0)
			fprintf(out, "%.2f", row->figure_ns);
		fputc('\n', out);
	}
}

static void goal(const struct map_rows *rows, const char *name,
		 const char *path, double limit, FILE *out)
{
	const struct map_row *row = map_row_find(rows, name, path);

	if (!row)
		return;
	fprintf(out, "figure to reach: %s, path=%s, at most %.2f ns: %.2f ns, ",
		name, path, limit, row->ns);
	verdict(row->ns, limit, out);
}

void map_report_goals(const struct map_rows *rows, FILE *out)
{
	static const char *const replays[] = { "replay, null",
					       "replay, slab_dma32",
					       "replay, null, scattered",
					       "replay, null, random order" };
	const struct map_row *alone =
		map_row_find(rows, "replay, no calls", "");

	goal(rows, "map 4K, 1 a call", "kernel", MAP_NS, out);
	goal(rows, "map 4K, 256 a call", "batch", BATCH_NS, out);
	for (unsigned i = 0; i < ARRAY_SIZE(replays); i++) {
		const struct map_row *row =
			map_row_find(rows, replays[i], "batch");

		goal(rows, replays[i], "batch", EVENT_NS, out);
		if (!row || !alone)
			continue;
		fprintf(out,
			"figure to reach: %s, path=batch, iteration at most %.0f %% of it: %.0f %%, ",
			replays[i], 100 * ITERATION_PART,
			100 * alone->ns / row->ns);
		verdict(alone->ns, ITERATION_PART * row->ns, out);
	}
}
