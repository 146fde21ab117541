/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Times subjects beside each other, slice by slice, in one process.
 *
 * A subject has two lanes, which stand at different places of the same cycle. A
 * round times one slice of every lane, a few microseconds to 100: in that time
 * a shared machine has one speed, most often. All subjects do the same
 * operations on lane 0 and the same on lane 1.
 *
 *	order of a round, for a permutation p drawn anew:
 *	    lane 0 of p[0], lane 1 of p[n-1], lane 0 of p[1], lane 1 of p[n-2],
 *	or with the lanes exchanged, by a coin
 *
 * So no two slices in a row do the same operations (the second would find the
 * branch predictor taught), a drift that is linear in time falls on all alike,
 * and nobody has a fixed place. What a round says of a subject is the mean of
 * the logarithms of its two slices; what it says of a pair, the difference.
 * Lanes go back to the start of their cycle between rounds, all of a place in
 * the same one.
 *
 * Concurrency: none.
 */
#ifndef SLICES_H
#define SLICES_H

#include "lane.h"

#define SLICES_MAX_SUBJECTS 66 /* strategies of a plan, and twins */
#define SLICES_STEP 4 /* operations between two readings when cutting */

struct slices_config {
	unsigned nr_rounds; /* > 0 */
	uint64_t slice_ns; /* of the first subject; that of others is as long as
			    * it takes them */
	uint64_t seed;	   /* of order and places */
	uint64_t (*clock)(void *ctx); /* ns; NULL: clock_ns() */
	void *ctx;
};

struct slices {
	unsigned nr_subjects, nr_rounds;
	double *log_ns;	    /* [round][subject] */
	uint64_t slice_ops; /* operations of a slice, at most */
	double slice_ns;    /* median over all */
};

/**
 * slices_measure() - nr_rounds rounds over nr subjects
 * @lane:	[subject][0 and 1], at the start of their cycles, all with the
 *		same length and work; left anywhere
 * @nr:		1 ... SLICES_MAX_SUBJECTS
 * @ret:	written on success only; slices_fini() it
 *
 * Walks a cycle of each lane first, which warms up; by the times of the
 * first one it is cut. Lanes that had other numbers of cycles before are not
 * alike: each leaves a heap in another order.
 *
 * Return: 0; -ENOMEM; -EINVAL if lanes differ in length or work, or for numbers
 * out of range; -ENODATA if a cycle is too short for two places (an event lane
 * of a trace of a few microseconds); what rewind() says; -EINTR once *stop (may
 * be NULL) is set.
 */
int slices_measure(struct lane *(*lane)[2], unsigned nr,
		   const struct slices_config *cfg, const volatile int *stop,
		   struct slices *ret);

void slices_fini(struct slices *s);

/* Median over the rounds of ln(time a / time b). 0 or -ENOMEM. */
int slices_log_ratio(const struct slices *s, unsigned a, unsigned b,
		     double *ret);

/* Whose slice it is. */
struct slice_turn {
	uint16_t subject;
	uint8_t lane;
};

struct prng;

/* The order of a round: 2 * nr turns. */
void slices_order(struct prng *rng, unsigned nr, struct slice_turn *ret);

/**
 * slices_cut() - where slices end
 * @ns:		time of each of nr steps
 * @ret_end:	room for nr numbers: of steps up to the end of each slice, the
 *		last nr itself
 *
 * A slice ends with the step that fills it; what is left at the end and is no
 * half slice belongs to the last one.
 *
 * Return: their number; 0 for nr = 0.
 */
size_t slices_cut(const uint64_t *ns, size_t nr, uint64_t slice_ns,
		  size_t *ret_end);

#endif /* SLICES_H */
