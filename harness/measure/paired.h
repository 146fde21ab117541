/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is A faster than B? Pure functions over paired observations.
 *
 * Slices of A and B stand in pairs; what a pair says is ln(time A / time B), so
 * that the machine's speed, which both had, cancels. A process gives one value,
 * the median over its pairs: layout of memory, caches and branch predictors
 * differ from process to process, and within one all pairs share them. The
 * values of the processes, x[0] ... x[n-1], are what is judged.
 *
 *	estimate	Hodges-Lehmann: median of the n(n+1)/2 Walsh averages
 *			(x[i] + x[j]) / 2, i <= j
 *	p		Wilcoxon's signed-rank test of "symmetric about 0", two
 *			sides, exact: ranks of |x| (means where equal; zeros are
 *			dropped), all 2^n signs equally likely
 *	interval	the Walsh averages that this test does not reject: from
 *			the k-th smallest to the k-th largest, with the largest
 *			k for which P(W < k) <= (1 - STATS_CONFIDENCE) / 2
 *	floor		of a pair of the same thing twice, A/A, measured in the
 *			same run: the end of its interval that is farther from 0
 *
 * A figure is called better or worse only if p <= PAIRED_ALPHA, and the
 * estimate is beyond the practical threshold and beyond the floor. All else is
 * "cannot tell", shown as ~, and never "equal".
 *
 * Cost: O(n^2 log n) for the Walsh averages, O(n^3) for the distribution.
 */
#ifndef PAIRED_H
#define PAIRED_H

#include <stdbool.h>
#include <stddef.h>

#define PAIRED_ALPHA 0.01
#define PAIRED_MIN 8	/* processes; below, p cannot reach PAIRED_ALPHA */
#define PAIRED_MAX 1000 /* processes */
#define PAIRED_THRESHOLD 0.01 /* 1 %: nobody chooses an allocator by less */

enum paired_verdict {
	PAIRED_UNKNOWN, /* cannot tell */
	PAIRED_BETTER,	/* the first takes less time */
	PAIRED_WORSE,	/* more */
	NR_PAIRED_VERDICTS
};

/* "~", "better", "worse", NULL. */
extern const char *const paired_verdict_names[NR_PAIRED_VERDICTS + 1];

struct paired_result {
	size_t n;	  /* processes */
	double log_ratio; /* estimate; above 0: the first takes longer */
	double p;	  /* in (0, 1] */
	bool has_interval;
	double low, high; /* of log_ratio; 0 without interval */
	double coverage;  /* exact if no two |x| are equal */
};

/**
 * paired_judge() - estimate, p and interval of a number of processes' values
 * @x:		n finite values
 * @ret:	written on success only
 *
 * Return: 0; -ENODATA for n = 0; -ERANGE above PAIRED_MAX; -EINVAL for NaN or
 * infinity; -ENOMEM.
 */
int paired_judge(const double *x, size_t n, struct paired_result *ret);

/* The floor that an A/A pair gives; -ENODATA if it has no interval. */
int paired_floor(const struct paired_result *aa, double *ret);

/* threshold as a ratio minus 1, at least 0; floor in ln, at least 0, or
 * negative if there was no A/A pair: then always PAIRED_UNKNOWN. */
enum paired_verdict paired_verdict(const struct paired_result *r,
				   double threshold, double floor);

#endif /* PAIRED_H */
