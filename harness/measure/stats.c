// SPDX-License-Identifier: GPL-2.0-only
/*
 * Statistics of small samples; definitions are in the header.
 *
 * Not here: tests of hypotheses, outlier removal, weights. No value is ever
 * left out.
 * Cost: one sorted copy a call, O(n log n); the mean needs none.
 * Invariant: a result is finite, or there is an error and no result.
 */
#include "stats.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int check(const double *value, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!isfinite(value[i]))
			return -EINVAL;
	return n ? 0 : -ENODATA;
}

static int compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int sorted_copy(const double *value, size_t n, double **ret)
{
	double *copy;
	int rc = check(value, n);

	if (rc)
		return rc;
	copy = calloc(n, sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	memcpy(copy, value, n * sizeof(*copy));
	qsort(copy, n, sizeof(*copy), compare_double);
	*ret = copy;
	return 0;
}

static double sorted_quantile(const double *sorted, size_t n, double q)
{
	double h = (double)(n - 1) * q;
	size_t i = (size_t)h;
	double f = h - (double)i;

	/* Equal neighbours come first, so that rounding of the weights never
	 * leaves the range of the values. */
	if (i + 1 >= n || sorted[i] == sorted[i + 1])
		return sorted[i < n ? i : n - 1];
	return (1 - f) * sorted[i] + f * sorted[i + 1];
}

/* Distances overwrite the values. Halved, since the distance of two finite
 * doubles need not be one. */
static int mad_in_place(double *sorted, size_t n, double *ret)
{
	double median = sorted_quantile(sorted, n, 0.5);
	double mad;
	size_t i;

	for (i = 0; i < n; i++)
		sorted[i] = fabs(sorted[i] / 2 - median / 2);
	qsort(sorted, n, sizeof(*sorted), compare_double);
	mad = 2 * sorted_quantile(sorted, n, 0.5);
	if (!isfinite(mad))
		return -ERANGE;
	*ret = mad;
	return 0;
}

int stats_mean(const double *value, size_t n, double *ret)
{
	long double sum = 0;
	double mean;
	size_t i;
	int rc = check(value, n);

	if (rc)
		return rc;
	for (i = 0; i < n; i++)
		sum += value[i];
	mean = (double)(sum / (long double)n);
	if (!isfinite(mean))
		return -ERANGE;
	*ret = mean;
	return 0;
}

int stats_quantile(const double *value, size_t n, double q, double *ret)
{
	double *sorted;
	int rc;

	if (!(q >= 0 && q <= 1))
		return -ERANGE;
	rc = sorted_copy(value, n, &sorted);
	if (rc)
		return rc;
	*ret = sorted_quantile(sorted, n, q);
	free(sorted);
	return 0;
}

int stats_median(const double *value, size_t n, double *ret)
{
	return stats_quantile(value, n, 0.5, ret);
}

int stats_mad(const double *value, size_t n, double *ret)
{
	double *sorted;
	int rc = sorted_copy(value, n, &sorted);

	if (rc)
		return rc;
	rc = mad_in_place(sorted, n, ret);
	free(sorted);
	return rc;
}

/*
 * P(B = floor(n/2)) of B ~ Binomial(n, 1/2), and P(B <= floor((n-1)/2)).
 * The lower half is known by symmetry, so the tail below is what remains of
 * it after taking terms off: short sums, and no power of 2 that underflows.
 */
static long double central_term(size_t n, long double *ret_below)
{
	long double term = 1;
	size_t m = n / 2, i;

	for (i = 1; i <= m; i++)
		term *= (2 * (long double)i - 1) / (2 * (long double)i);
	if (n % 2) {
		term *= (long double)n / (2 * ((long double)m + 1));
		*ret_below = 0.5L - term;
	} else {
		*ret_below = (1 - term) / 2;
	}
	return term;
}

size_t stats_interval_rank(size_t n, double *ret_coverage)
{
	const long double tail = (1 - (long double)STATS_CONFIDENCE) / 2;
	long double term, below; /* P(B = k), P(B < k) */
	size_t k = n / 2;

	if (n < STATS_INTERVAL_MIN)
		return 0;
	term = central_term(n, &below);
	while (k > 0 && below > tail) {
		term *= (long double)k / (long double)(n - k + 1);
		below -= term;
		k--;
	}
	*ret_coverage = (double)(1 - 2 * below);
	return k;
}

static int sorted_interval(const double *sorted, size_t n,
			   struct stats_interval *ret)
{
	double coverage;
	size_t k = stats_interval_rank(n, &coverage);

	if (!k)
		return -ENODATA;
	ret->low = sorted[k - 1];
	ret->high = sorted[n - k];
	ret->coverage = coverage;
	return 0;
}

int stats_interval(const double *value, size_t n, struct stats_interval *ret)
{
	double *sorted;
	int rc = sorted_copy(value, n, &sorted);

	if (rc)
		return rc;
	rc = sorted_interval(sorted, n, ret);
	free(sorted);
	return rc;
}

int stats_summarise(const double *value, size_t n, struct stats_summary *ret)
{
	struct stats_summary sum = { .n = n };
	double *sorted;
	int rc = sorted_copy(value, n, &sorted);

	if (rc)
		return rc;
	sum.min = sorted[0];
	sum.max = sorted[n - 1];
	sum.median = sorted_quantile(sorted, n, 0.5);
	sum.q1 = sorted_quantile(sorted, n, 0.25);
	sum.q3 = sorted_quantile(sorted, n, 0.75);
	sum.has_interval = !sorted_interval(sorted, n, &sum.interval);
	rc = stats_mean(value, n, &sum.mean);
	if (!rc)
		rc = mad_in_place(sorted, n, &sum.mad);
	if (!rc)
		*ret = sum;
	free(sorted);
	return rc;
}
