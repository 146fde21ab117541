/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random sequences of calls for the differential engine: what they run on, and
 * the calls. The same seed gives the same sequence for ever; nothing but the
 * oracle's state decides what comes next.
 */
#ifndef DIFF_RANDOM_H
#define DIFF_RANDOM_H

#include "diff_engine.h"

/* Calls that a table lives for. A seed of more has several, one after the
 * other, each of another kind. */
#define DIFF_TABLE_OPS 20000u

#define DIFF_ANY (-1)

/* Which cases a run may meet; DIFF_ANY stands for each in its turn. */
struct diff_sweep {
	int kernel;		    /* enum v7s_kernel */
	int split;		    /* enum v7s_split */
	int path;		    /* enum v7s_path */
	int walker;		    /* enum v7s_walker; flush only if fixed */
	const struct l2_spec *spec; /* NULL: all that are no baseline */
	int (*plant)(struct l2_strategy *inner, struct l2_strategy **ret);
};

extern const struct diff_sweep diff_sweep_all;

/* The index-th case. As many in a row as diff_nr_cases() says hold each
 * combination of kernel, split, path and walker. */
void diff_case_of(const struct diff_sweep *sweep, uint64_t index,
		  struct diff_case *ret);
unsigned diff_nr_cases(const struct diff_sweep *sweep);

/* Calls that were made on a case, for diff_minimize.h. */
struct diff_sequence {
	struct diff_case c;
	struct call *call; /* malloc() memory, of nr_max */
	size_t nr, nr_max;
};

/**
 * diff_random() - one table's life
 * @rng:	state of the generator, from any number on
 * @seq:	case in it, and room for nr_max calls, which are made
 * @event:	added to
 * @ret_found:	written on a difference; the last call of seq shows it
 *
 * Return: 0 equal; 1 a difference; else as diff_open().
 */
int diff_random(uint64_t *rng, struct diff_sequence *seq, uint64_t *event,
		struct diff_found *ret_found);

/**
 * diff_seed() - nr_ops calls that a seed stands for, on tables enough for them
 * @seq:	for seq->call, with room for DIFF_TABLE_OPS calls; holds the
 *		failing sequence on a difference
 * @ret_ops:	written always: calls made
 *
 * Return: as diff_random().
 */
int diff_seed(const struct diff_sweep *sweep, uint64_t seed, uint64_t nr_ops,
	      struct diff_sequence *seq, uint64_t *event, uint64_t *ret_ops,
	      struct diff_found *ret_found);

#endif /* DIFF_RANDOM_H */
