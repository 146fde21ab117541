/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Statistics of small samples. Pure functions: the values are not changed and
 * may be in any order. No function gives NaN or infinity, and none takes it.
 *
 * Common returns: 0; -ENODATA if there are too few values (none at all, where
 * nothing else is said); -EINVAL if a value is NaN or infinite; -ENOMEM
 * without memory for a sorted copy. *ret is written on success only.
 *
 * Definitions, for sorted x[0] ... x[n-1]:
 *   mean	sum / n, summed in long double
 *   quantile q	linear between neighbours: h = (n-1)q, i = floor(h), f = h - i,
 *		(1-f) x[i] + f x[i+1]; R's type 7, Python's "inclusive"
 *   median	quantile 1/2
 *   mad	median of |x - median|, not scaled
 *   interval	of the median, from order statistics: see stats_interval()
 */
#ifndef STATS_H
#define STATS_H

#include <stdbool.h>
#include <stddef.h>

#define STATS_CONFIDENCE 0.95 /* intervals cover at least this */
#define STATS_INTERVAL_MIN 6  /* values below which no interval exists */

/* Holds the median of the population with probability coverage, whatever its
 * distribution, if the values are independent. */
struct stats_interval {
	double low;
	double high;
	double coverage; /* exact, at least STATS_CONFIDENCE */
};

struct stats_summary {
	size_t n;
	double min, max;
	double mean;
	double median;
	double mad;
	double q1, q3;
	bool has_interval; /* false below STATS_INTERVAL_MIN values */
	struct stats_interval interval; /* zeros if there is none */
};

/* -ERANGE if the sum does not fit (not where long double is wider). */
int stats_mean(const double *value, size_t n, double *ret);

int stats_median(const double *value, size_t n, double *ret);

/* -ERANGE for q outside 0 ... 1. */
int stats_quantile(const double *value, size_t n, double q, double *ret);

/* -ERANGE if it does not fit. */
int stats_mad(const double *value, size_t n, double *ret);

/**
 * stats_interval() - confidence interval of the median
 *
 * [x_(k), x_(n+1-k)], counted from 1, with the largest k for which
 * P(Binomial(n, 1/2) < k) <= 0.025; it covers 1 - 2 P. Not an approximation.
 *
 * Return: as above; -ENODATA below STATS_INTERVAL_MIN values, for which even
 * the whole range covers less than STATS_CONFIDENCE.
 */
int stats_interval(const double *value, size_t n, struct stats_interval *ret);

/**
 * stats_interval_rank() - the k of stats_interval()
 * @ret_coverage:	1 - 2 P; written on success only
 *
 * O(n) for the first term, to within 1e-12. Return: k >= 1; 0 if n is below
 * STATS_INTERVAL_MIN.
 */
size_t stats_interval_rank(size_t n, double *ret_coverage);

/* Everything at once, from one sorted copy; errors of any of them, but for
 * the interval. */
int stats_summarise(const double *value, size_t n, struct stats_summary *ret);

#endif /* STATS_H */
