// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rows: each reads the whole text once, through trace_source_file() into a
 * sink that adds up, or by another program. What a row has read is compared
 * with what was written.
 *
 * Cost: a second a round with 256 MiB, most of it mawk's. Invariant: no figure
 * without its check. A program's time has its start in it, a ms.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "program.h"
#include "stats.h"
#include "textbench.h"
#include "trace.h"
#include "trace_reader.h"

struct bench;

struct cell {
	const char *name;
	int (*run)(struct bench *b, const struct cell *cell);
	enum text_path path;
	const char *argv[5];
	uint64_t want; /* the first number that it prints */
	uint64_t size, nr_events;
	double *ns; /* [round] */
};

struct bench {
	const struct text_plan *plan;
	struct text_files files;
	struct cell cell[MAX_ROWS];
	unsigned nr;
	struct text_rows *rows;
	struct trace names;
	char *why;
	size_t why_size;
};

struct adding_sink {
	struct trace_sink base;
	uint64_t nr_events, map_bytes;
};

static int add_up(struct trace_sink *sink)
{
	struct adding_sink *sum = (struct adding_sink *)sink;

	for (const struct trace_event *ev = sink->from; ev < sink->at; ev++)
		sum->map_bytes += ev->type == TRACE_MAP ? ev->size : 0;
	sum->nr_events += (uint64_t)(sink->at - sink->from);
	sink->at = sink->from;
	return 0;
}

static int fail(struct bench *b, const char *what, int err)
{
	snprintf(b->why, b->why_size, "%s: %s", what, strerror(-err));
	return err;
}

static int read_file(struct bench *b, const struct cell *cell, const char *path,
		     struct adding_sink *sum)
{
	struct text_tuning tuning = { .path = cell->path };
	struct trace_event event[1024];
	struct trace info = { 0 };
	struct trace_source *src;
	char why[TRACE_WHY_SIZE];
	int err;

	sum->base = (struct trace_sink){ event, event, event + 1024, add_up };
	err = trace_source_file(path, &src, why);
	if (!err) {
		text_source_tune(src, &tuning);
		err = trace_source_read(src, &info, &sum->base, why);
		trace_source_close(src);
		trace_free(&info);
	}
	if (err)
		snprintf(b->why, b->why_size, "%s: %s", cell->name, why);
	return err;
}

static int run_reader(struct bench *b, const struct cell *cell)
{
	struct adding_sink sum = { .nr_events = 0 };
	int err = read_file(b, cell, cell->argv[0], &sum);

	if (err)
		return err;
	if (sum.nr_events == b->files.nr_events &&
	    sum.map_bytes == b->files.map_bytes)
		return 0;
	snprintf(b->why, b->why_size, "%s: other events", cell->name);
	return -EUCLEAN;
}

/* Of any file: how many events it has is what it says. */
static int run_dat(struct bench *b, const struct cell *cell)
{
	struct adding_sink sum = { .nr_events = 0 };

	return read_file(b, cell, cell->argv[0], &sum);
}

static int run_program(struct bench *b, const struct cell *cell)
{
	int err = program_run(cell->argv, -1);

	return err ? fail(b, cell->name, err) : 0;
}

static int run_writer(struct bench *b, const struct cell *cell)
{
	struct trace_event *event = calloc(BLOCK_EVENTS, sizeof(*event));
	FILE *out = fopen("/dev/null", "w");
	int err = event && out ? 0 : -ENOMEM;
	uint64_t ignored = 0;

	if (!err)
		text_block(b->plan->seed, 0, event, &ignored);
	for (uint64_t nr = 0; !err && nr < cell->nr_events; nr += BLOCK_EVENTS)
		err = trace_write_events(&b->names, event, BLOCK_EVENTS, out);
	if (out)
		fclose(out);
	free(event);
	return err ? fail(b, cell->name, err) : 0;
}

static struct cell *add_cell(struct bench *b, const char *name,
			     int (*run)(struct bench *, const struct cell *))
{
	struct cell *cell = &b->cell[b->nr++];

	cell->name = name;
	cell->run = run;
	cell->size = b->files.size;
	cell->nr_events = b->files.nr_events;
	return cell;
}

static void add_reader(struct bench *b, const char *name, const char *path,
		       enum text_path how)
{
	struct cell *cell = add_cell(b, name, run_reader);

	cell->argv[0] = path;
	cell->path = how;
}

static void leave_out(struct bench *b, const char *name, int err)
{
	snprintf(b->rows->missing[b->rows->nr_missing++],
		 sizeof(b->rows->missing[0]), "left out: %s: %s", name,
		 err == -ENOENT ? "not installed" : strerror(-err));
}

/* A program that prints a number, which must be the one that is wanted. */
static int add_program(struct bench *b, const char *name,
		       const char *const *argv, uint64_t want)
{
	uint64_t number, nr_lines;
	struct cell *cell;
	int err = program_ask(argv, &number, &nr_lines);

	if (err) {
		leave_out(b, name, err);
		return 0;
	}
	if (number != want) {
		snprintf(b->why, b->why_size, "%s: another number", name);
		return -EUCLEAN;
	}
	cell = add_cell(b, name, run_program);
	memcpy(cell->argv, argv, sizeof(cell->argv));
	return 0;
}

static int add_dat(struct bench *b)
{
	const char *const argv[5] = { "trace-cmd", "report", "-i",
				      b->plan->dat };
	struct adding_sink sum = { .nr_events = 0 };
	uint64_t number, nr_lines;
	struct cell *cell;
	int err;

	cell = add_cell(b, "reader, trace.dat", run_dat);
	cell->argv[0] = b->plan->dat;
	err = read_file(b, cell, b->plan->dat, &sum);
	if (err == -ENOTSUP) {
		leave_out(b, cell->name, err);
		b->nr--;
	} else if (err) {
		return err;
	}
	cell->size = 0;
	cell->nr_events = sum.nr_events;
	err = program_ask(argv, &number, &nr_lines);
	if (err) {
		leave_out(b, "trace-cmd report", err);
		return 0;
	}
	cell = add_cell(b, "trace-cmd report", run_program);
	memcpy(cell->argv, argv, sizeof(cell->argv));
	cell->size = 0;
	cell->nr_events = nr_lines;
	return 0;
}

static int add_cells(struct bench *b)
{
	const char *const wc[5] = { "wc", "-l", b->files.plain_path };
	const char *const mawk[5] = {
		"mawk",
		"/ map: IOMMU:/ { split($0, a, \"size=\"); s += a[2] } END { printf \"%.0f\\n\", s }",
		b->files.plain_path
	};
	int err;

	add_reader(b, "reader, SIMD", b->files.plain_path, TEXT_AUTO);
	add_reader(b, "reader, portable", b->files.plain_path, TEXT_PORTABLE);
	add_reader(b, "reader, general", b->files.plain_path, TEXT_GENERAL);
	add_reader(b, "reader, of zstd", b->files.zstd_path, TEXT_AUTO);
	add_cell(b, "writer", run_writer);
	err = add_program(b, "wc -l", wc, b->files.nr_events);
	if (!err)
		err = add_program(b, "mawk", mawk, b->files.map_bytes);
	if (!err && b->plan->dat)
		err = add_dat(b);
	for (unsigned i = 0; i < b->nr && !err; i++) {
		b->cell[i].ns = calloc(b->plan->nr_rounds, sizeof(double));
		if (!b->cell[i].ns)
			err = fail(b, "times", -ENOMEM);
	}
	for (unsigned i = 0; i < NR_DOMAINS && !err; i++) {
		char name[] = { 'd', (char)('0' + i), '\0' };
		int index = trace_domain(&b->names, name);

		err = index < 0 ? fail(b, "names", index) : 0;
	}
	return err;
}

/* The first round is for the caches. */
static int run_rounds(struct bench *b)
{
	for (unsigned round = 0; round <= b->plan->nr_rounds; round++) {
		for (unsigned i = 0; i < b->nr; i++) {
			struct cell *cell = &b->cell[i];
			uint64_t start = clock_ns();
			int err = cell->run(b, cell);

			if (err)
				return err;
			if (round)
				cell->ns[round - 1] =
					(double)(clock_ns() - start);
		}
	}
	return 0;
}

static int sum_up(struct bench *b, struct text_rows *rows)
{
	int err = 0;

	for (unsigned i = 0; i < b->nr && !err; i++) {
		const struct cell *cell = &b->cell[i];
		struct text_row *row = &rows->row[rows->nr++];

		row->name = cell->name;
		row->size = cell->size;
		row->nr_events = cell->nr_events;
		err = stats_quantile(cell->ns, b->plan->nr_rounds, LOW_QUANTILE,
				     &row->ns);
	}
	return err ? fail(b, "times", err) : 0;
}

int text_measure(const struct text_plan *plan, struct text_rows *ret,
		 char *ret_why, size_t why_size)
{
	struct text_rows rows = { 0 };
	struct bench b = {
		.plan = plan,
		.rows = &rows,
		.why = ret_why,
		.why_size = why_size,
	};
	int err;

	err = text_files_make(plan, &b.files);
	if (err)
		return fail(&b, "the text in $TMPDIR or /tmp", err);
	err = add_cells(&b);
	if (!err)
		err = run_rounds(&b);
	if (!err)
		err = sum_up(&b, &rows);
	for (unsigned i = 0; i < b.nr; i++)
		free(b.cell[i].ns);
	trace_free(&b.names);
	text_files_drop(&b.files);
	if (!err)
		*ret = rows;
	return err;
}
