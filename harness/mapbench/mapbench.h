/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What mapbench measures: calls of the page table, and replays of events, on
 * both paths, beside loops that do nothing else.
 *
 * As in allocbench, a cell is timed in slices of some microseconds; each round
 * visits all cells once in a random order of its own; a figure is a low
 * quantile over the rounds. Nothing is subtracted: the clock is in a slice,
 * which makes 0.006 ns a page.
 *
 * Concurrency: one thread.
 */
#ifndef MAPBENCH_H
#define MAPBENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "v7s_config.h"

#define MAX_ROWS 48
#define ROW_NAME 48

struct map_row {
	char name[ROW_NAME];
	const char *path; /* "kernel", "batch"; "" where there is none */
	const char *unit; /* "page": 4 KiB; or "event" */
	double ns;
	double figure_ns; /* what a prototype took; 0: unknown */
};

struct map_rows {
	unsigned nr;
	struct map_row row[MAX_ROWS];
};

struct map_plan {
	unsigned nr_slices; /* of each cell */
	unsigned nr_rounds; /* of replays */
	uint32_t nr_events; /* of a replay */
	uint64_t seed;	    /* not 0 */
};

/* "kernel" or "batch". */
const char *map_path_name(enum v7s_path path);

/* Row of that name and path, or NULL. */
const struct map_row *map_row_find(const struct map_rows *rows,
				   const char *name, const char *path);

/**
 * map_measure() - rows for calls of map_pages and unmap_pages, per 4 KiB page
 * @rows:	rows are added; undefined on failure
 * @ret_why:	on failure, what broke (size why_size)
 *
 * Tables are there already, in the caches, and empty. Return: 0; -ENOMEM;
 * -EUCLEAN if a call did not do all it was asked for.
 */
int map_measure(const struct map_plan *plan, struct map_rows *rows,
		char *ret_why, size_t why_size);

/* The same for replays of events of REPLAY_PAGES pages each, per event.
 * -EUCLEAN also if the paths end with different tables or counters. */
#define REPLAY_PAGES 26u
int replay_measure(const struct map_plan *plan, struct map_rows *rows,
		   char *ret_why, size_t why_size);

/* For people; or a line per row, for programs. */
void map_report_table(const struct map_rows *rows, FILE *out);
void map_report_csv(const struct map_rows *rows, FILE *out);

/* One line per figure to reach, computed from the rows and nothing else. */
void map_report_goals(const struct map_rows *rows, FILE *out);

#endif /* MAPBENCH_H */
