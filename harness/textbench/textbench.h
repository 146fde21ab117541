/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What textbench measures: the reader of trace text on each of its paths, and
 * the writer, beside programs that read the same file. Each round visits all
 * rows once; a figure is a low quantile over the rounds. The text has no name
 * in the file system, so that no signal leaves it behind.
 *
 * Concurrency: one thread, and a program at a time.
 */
#ifndef TEXTBENCH_H
#define TEXTBENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct text_plan {
	unsigned mib; /* of text */
	unsigned nr_rounds;
	uint64_t seed;	 /* not 0 */
	const char *dat; /* a trace.dat file, or NULL */
};

#define FILE_PATH 64

/* The text, plain and packed, and what is in it. */
struct text_files {
	int plain, zstd;	    /* descriptors */
	char plain_path[FILE_PATH]; /* also for other programs */
	char zstd_path[FILE_PATH];
	uint64_t size; /* bytes of the plain one */
	uint64_t nr_events;
	uint64_t map_bytes; /* sum of the sizes of maps */
};

/* 0, or a negative errno. */
int text_files_make(const struct text_plan *plan, struct text_files *ret);
void text_files_drop(struct text_files *files);

/* A file without a name in $TMPDIR or /tmp; its descriptor, or negative. */
int nameless_file(void);

/* Block nr of events; what it maps is added up in *map_bytes. */
#define BLOCK_EVENTS 16384u
#define NR_DOMAINS 8u
struct trace_event;
void text_block(uint64_t seed, uint64_t nr, struct trace_event *event,
		uint64_t *map_bytes);

/**
 * program_run() - a program, found by PATH, to its end
 * @argv:	ends with NULL
 * @out:	where its output goes: a descriptor, or -1: nowhere
 *
 * Return: 0; -ENOENT if there is none; -EIO if it failed; else a negative
 * errno.
 */
int program_run(const char *const *argv, int out);

/* The first number in what it prints, and how many lines that is. */
int program_ask(const char *const *argv, uint64_t *ret_number,
		uint64_t *ret_lines);

#define MAX_ROWS 16

struct text_row {
	const char *name;
	uint64_t size;	    /* bytes of text; 0: not of the text */
	uint64_t nr_events; /* a line each, in the text */
	double ns;	    /* of all of it */
};

struct text_rows {
	unsigned nr;
	struct text_row row[MAX_ROWS];
	unsigned nr_missing;
	char missing[MAX_ROWS][160]; /* a line on each peer left out */
};

/* Written on success only. 0; a negative errno with ret_why, -EUCLEAN if a row
 * did not read what was written. */
int text_measure(const struct text_plan *plan, struct text_rows *ret,
		 char *ret_why, size_t why_size);

const struct text_row *text_row_find(const struct text_rows *rows,
				     const char *name);

void text_report_table(const struct text_rows *rows, FILE *out);
void text_report_csv(const struct text_rows *rows, FILE *out);

/* One line per figure to reach, computed from the rows and nothing else. */
void text_report_goals(const struct text_rows *rows, FILE *out);

#endif /* TEXTBENCH_H */
