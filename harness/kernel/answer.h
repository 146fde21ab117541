/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a script is answered, by a real kernel or by our models; the language is
 * described in README.md beside this file.
 */
#ifndef KERNEL_ANSWER_H
#define KERNEL_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#define KERNEL_LABEL 128
#define KERNEL_WHY_SIZE 512

/* From here on p50 is no median but the maximum. */
#define KERNEL_P50_LIMIT 16384

/* The state after so many events. */
struct kernel_point {
	uint64_t events;
	uint64_t ret; /* FNV-1a over the results of all events so far */
	uint64_t allocs, frees, live; /* level-2 tables */
	uint64_t warns;
	int64_t held; /* pages, without level-1 tables */
};

/* A page table at the end, as "hash" of golden vectors has it. */
struct kernel_state {
	uint64_t l1_nonzero, l2_tables, l2_nonzero;
	uint64_t fnv1a64;
};

enum kernel_class {
	KERNEL_ALLOC,
	KERNEL_FREE,
	KERNEL_MAP,
	KERNEL_MAP_TABLE,
	KERNEL_UNMAP,
	KERNEL_UNMAP_TABLE,
	KERNEL_TIMER,
	NR_KERNEL_CLASSES
};

/* "alloc", "free", "map", "map_table", "unmap", "unmap_table", "timer", NULL. */
extern const char *const kernel_class_names[];

struct kernel_cost {
	uint64_t n;		/* calls */
	uint64_t sum, p50, max; /* instructions, of those */
};

/* One run: a trace, a strategy. */
struct kernel_answer {
	char label[KERNEL_LABEL];
	char strategy[KERNEL_LABEL];
	int64_t held_open; /* pages, before the first event */
	struct kernel_point *point;
	size_t nr_points;
	struct kernel_state *state; /* by domain */
	unsigned nr_domains;
	struct kernel_cost cost[NR_KERNEL_CLASSES];
	uint64_t live_closed; /* tables alive after the domains are gone */
	int64_t held_closed;
};

/* What a whole script was answered. */
struct kernel_answers {
	struct kernel_answer *run;
	size_t nr_runs;
	char (*said)[KERNEL_LABEL]; /* by "say" */
	size_t nr_said;
};

void kernel_answer_free(struct kernel_answer *answer);
void kernel_answers_free(struct kernel_answers *answers);

/**
 * kernel_answers_parse() - reads what a kernel answered to runs
 * @name:	stands for the file in messages
 * @text:	untrusted; size bytes
 * @ret:	to be freed; written on success only
 * @why:	KERNEL_WHY_SIZE bytes, on failure "name:line: reason"
 *
 * Answers to golden vectors ("... => ..."), whose lines are compared as text,
 * are refused: they belong in a script of their own.
 *
 * Return: 0; -EINVAL for malformed or incomplete text, a run without its end
 * among that; -EREMOTEIO for an "error" line of the kernel, which is in why;
 * -ENOMEM.
 */
int kernel_answers_parse(const char *name, const char *text, size_t size,
			 struct kernel_answers *ret, char *why);

#endif /* KERNEL_ANSWER_H */
