/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which strategy holds least, over number of live tables, CPUs and how tables
 * come and go: strategies driven directly, without page table or trace.
 *
 * A point is one number of tables, one number of CPUs and one pattern; all
 * strategies see the same calls there, whatever else is asked for. Each call
 * comes from a CPU drawn anew. Every pattern ends with `tables` alive:
 *	0.1, 1, 10 ...	churn: after the fill, so many replacements for each
 *			table: one drawn at random is freed, another taken
 *	shrinkK		K times as many are taken, then all but `tables` freed,
 *			in random order, so that those that stay lie scattered
 *	groupK		the same, but those that stay were taken in a row
 *	pinK		of each K taken one stays, the others are freed at once
 *
 * Concurrency: one thread; stop may be set by a signal handler.
 */
#ifndef PHASE_H
#define PHASE_H

#include <signal.h>

#include "l2_strategy.h"

enum phase_kind { PHASE_CHURN, PHASE_SHRINK, PHASE_GROUP, PHASE_PIN };

#define PHASE_LABEL_SIZE 16

struct phase_pattern {
	enum phase_kind kind;
	unsigned param;		      /* churn: thousandths; else K */
	char label[PHASE_LABEL_SIZE]; /* as written */
};

#define PHASE_MAX_CHURN 100 /* replacements a table */
#define PHASE_MAX_K 64

/* 0; -EINVAL for a text that is none of the above, or a number above its
 * limit, or with more than three decimals. */
int phase_pattern_parse(const char *text, struct phase_pattern *ret);

struct phase_point {
	unsigned tables;
	unsigned cpus;
	struct phase_pattern pattern;
};

/* Most tables alive at once. */
unsigned phase_most_alive(const struct phase_point *point);

struct phase_grid {
	unsigned max_tables; /* that one domain can need */
	uint64_t seed;
	const unsigned *tables; /* ascending */
	unsigned nr_tables;
	const unsigned *cpus;
	unsigned nr_cpus;
	const struct phase_pattern *pattern;
	unsigned nr_patterns;
	const struct l2_spec *spec;
	unsigned nr_specs;
	const volatile sig_atomic_t *stop; /* may be NULL */
};

enum phase_rank {
	PHASE_UNRANKED, /* it only measures the harness, or has a defect */
	PHASE_FAILED,	/* could not serve the point */
	PHASE_MORE,
	PHASE_TIE, /* holds least, and so does another */
	PHASE_LEAST,
};

/* What one strategy does at one point. */
struct phase_cell {
	uint64_t held_bytes;	  /* in the end */
	uint64_t held_bytes_peak; /* after any call */
	uint64_t metadata_bytes;  /* in the end */
	bool failed;		  /* an allocation did; no figures */
	bool defective;		  /* the strategy, on purpose */
	enum phase_rank rank;
};

/**
 * phase_cell_run() - one strategy at one point
 * @why: static text on -EUCLEAN
 *
 * Return: 0, also if allocations fail; -ENOMEM; -EUCLEAN if check() finds a
 * broken structure or pages are missing after destroy; else what the
 * constructor says.
 */
int phase_cell_run(const struct phase_grid *grid,
		   const struct phase_point *point, const struct l2_spec *spec,
		   struct phase_cell *ret, const char **why);

/**
 * phase_rank() - who holds least in the end?
 *
 * Pages decide. Metadata do not: of some strategies they are counted to the
 * byte, of others they are the kernel's own.
 */
void phase_rank(const struct l2_spec *spec, struct phase_cell *cell,
		unsigned nr);

/* How much more the next holds than those who hold least: 1 means nothing;
 * 0 if there is no next. */
double phase_margin(const struct phase_cell *cell, unsigned nr);

/* One row of cells. Called for each point that is possible, in the order
 * pattern, cpus, tables; not 0 ends the run with that. */
typedef int (*phase_row_fn)(void *ctx, const struct phase_grid *grid,
			    const struct phase_point *point,
			    const struct phase_cell *cell);

/**
 * phase_run() - all points of a grid
 * @why: static text on -EUCLEAN
 *
 * A point with more tables alive than max_tables does not exist and is left
 * out. Return: as phase_cell_run(); -EINTR; what row says.
 */
int phase_run(const struct phase_grid *grid, phase_row_fn row, void *ctx,
	      const char **why);

#endif /* PHASE_H */
