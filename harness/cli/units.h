/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The units of a measurement: one workload in one process each, in one random
 * order over all workloads, which follows from the seed. A unit is this program
 * run again as `v7sbench sample`; what it prints goes to observations.
 *
 * A unit's own seed follows from the plan's, the workload's name and the
 * process, so that a workload measured alone is measured alike.
 *
 * Concurrency: none; one unit at a time.
 */
#ifndef UNITS_H
#define UNITS_H

#include "observations.h"
#include "run_options.h"

struct unit {
	unsigned workload, process; /* from 0; from 1 */
	uint64_t seed;
	bool done;
};

struct units {
	struct unit *unit; /* in their order */
	unsigned nr;
};

/* What the exact pass found of a cell. */
struct exact_cell {
	struct memory_result memory;
	uint64_t check; /* cell_check() */
};

/* 0 or -ENOMEM. */
int units_create(const struct run_options *opts, struct units *ret);
void units_destroy(struct units *u);

unsigned units_nr_done(const struct units *u);

/* NULL if there is no such unit. */
struct unit *units_find(const struct units *u, unsigned workload,
			unsigned process);

/**
 * unit_run() - have a unit measured
 * @ias:	of its workload
 * @exact:	the workload's cells, which it must agree with
 * @why:	OUTPUT_WHY_SIZE bytes, written on failure
 *
 * Return: 0; -EINTR on a signal, with nothing added; -EIO if it fails; -EINVAL
 * if it prints something else than promised, and -EBADMSG if it did something
 * else than the exact pass, with o unusable; -ENOMEM; errors of spawning.
 */
int unit_run(const struct run_options *opts, const struct unit *unit,
	     unsigned ias, const struct exact_cell *exact,
	     struct observations *o, char *why);

/* Has a unit in o as many repetitions as it should, and done what the exact
 * pass did? 0, or -EBADMSG with a line in why. */
int unit_check(const struct run_options *opts, const struct unit *unit,
	       const struct exact_cell *exact, const struct observations *o,
	       char *why);

/* Words, to be freed with words_destroy(). */
struct words {
	char **word; /* NULL at the end */
	unsigned nr;
};

/* The options, as words of their own, that make run or sample measure so:
 * machine, page table, repetitions, rounds. 0 or -ENOMEM. */
int words_of_plan(const struct run_options *opts, const struct run_plan *plan,
		  struct words *ret);
__attribute__((format(printf, 2, 3))) int words_add(struct words *w,
						    const char *format, ...);
void words_destroy(struct words *w);

#endif /* UNITS_H */
