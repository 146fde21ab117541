/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timing of subjects, interleaved.
 *
 * A cell is one subject, plain or with zeroing, under one pattern. Each round
 * visits all cells of a phase once, in a random order of its own, and times one
 * slice of each: a few microseconds up to some ten, so that most slices lie
 * within one of the two speeds of a shared machine; sequences of slots differ
 * from slice to slice. What takes longer is cut into segments that are timed one
 * by one. Before each slice the same work runs once untimed, for the caches. A
 * cell's figure is the sum over its segments of a low quantile over the rounds.
 *
 * Not subtracted: the loop, which is a row of its own, and the clock, which
 * costs less than 1 % of a slice.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "subject.h"

enum pattern {
	PATTERN_PAIR,	/* one table, allocated and freed */
	PATTERN_BATCH,	/* all, freed in the order of allocation */
	PATTERN_RANDOM, /* all, freed in random order */
	PATTERN_CHURN,	/* half of all alive, slots toggled at random */
	NR_PATTERNS
};

extern const char *const pattern_name[NR_PATTERNS];

/* Indexed as the subjects. Without a figure (the row has no such loops): 0. */
struct figures {
	/* per alloc + free */
	double ns[MAX_SUBJECTS][2][NR_PATTERNS]; /* [1]: zeroed */
	/* at the end of the churn that the golden memory figures use */
	uint64_t held_bytes[MAX_SUBJECTS];
	uint64_t payload_bytes[MAX_SUBJECTS];
	unsigned nr_misaligned[MAX_SUBJECTS]; /* handed out in it */
};

struct measure_plan {
	unsigned nr_slices; /* of each cell */
	uint64_t seed;
};

/**
 * measure() - check all subjects, then time them
 * @ret:	written on success only
 * @ret_why:	on failure, what broke (size why_size)
 *
 * Return: 0; -EUCLEAN if a strategy of ours breaks its contract; -ENOMEM, also
 * if any subject refuses a table.
 */
int measure(struct subjects *s, const struct measure_plan *plan,
	    struct figures *ret, char *ret_why, size_t why_size);

/* The untimed part of it: 200000 toggles, footprint and misaligned tables. Of a
 * strategy on its second heap, which it leaves half full, its tables in table;
 * of a library in a child. Returns as above; -EIO if that child is lost. */
int churn_footprint(const struct subjects *s, unsigned nr,
		    struct l2_table *table, struct figures *figures,
		    char *ret_why, size_t why_size);

#endif /* BENCH_MEASURE_H */
