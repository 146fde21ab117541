// SPDX-License-Identifier: GPL-2.0-only
/*
 * Judges paired observations; definitions are in the header.
 *
 * Not here: normal approximations, tables, outlier removal. No value is ever
 * left out but zeros from the test, as Wilcoxon did.
 * Cost: as in the header; a thousand values take about a second.
 * Invariant: any order of the values gives the same bits, and values with all
 * signs turned give the same bits with signs turned.
 */
#include "paired.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "stats.h"

const char *const paired_verdict_names[NR_PAIRED_VERDICTS + 1] = {
	[PAIRED_UNKNOWN] = "~",
	[PAIRED_BETTER] = "better",
	[PAIRED_WORSE] = "worse",
};

static int compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int compare_magnitude(const void *a, const void *b)
{
	double x = fabs(*(const double *)a), y = fabs(*(const double *)b);

	return (x > y) - (x < y);
}

/*
 * P(W = w) for w in 0 ... most, where W adds up each of n ranks with
 * probability 1/2. Up to 53 ranks these are exact: multiples of 2^-n.
 */
static int distribution(const size_t *rank, size_t n, size_t most, double **ret)
{
	double *p = calloc(most + 1, sizeof(*p));
	size_t reached = 0, i, w;

	if (!p)
		return -ENOMEM;
	p[0] = 1;
	for (i = 0; i < n; i++) {
		size_t r = rank[i];

		reached = reached + r < most ? reached + r : most;
		for (w = reached; w >= r; w--)
			p[w] = (p[w] + p[w - r]) / 2;
		for (w = r < most + 1 ? r : most + 1; w-- > 0;)
			p[w] /= 2;
	}
	*ret = p;
	return 0;
}

/* Twice the ranks of |x|, so that means of ranks are whole. x is sorted by
 * |x|. Returns the smaller of what positive and negative values add up to. */
static size_t double_ranks(const double *x, size_t n, size_t *rank)
{
	size_t sum[2] = { 0, 0 }, i, end;

	for (i = 0; i < n; i = end) {
		for (end = i + 1; end < n && fabs(x[end]) == fabs(x[i]);)
			end++;
		for (size_t j = i; j < end; j++) {
			rank[j] = i + 1 + end;
			sum[x[j] > 0] += rank[j];
		}
	}
	return sum[0] < sum[1] ? sum[0] : sum[1];
}

/* x is sorted by |x| and holds no zero. */
static int signed_rank(const double *x, size_t n, double *ret)
{
	size_t *rank = calloc(n + 1, sizeof(*rank));
	double *p, tail = 0;
	size_t least, w;
	int err;

	if (!rank)
		return -ENOMEM;
	least = double_ranks(x, n, rank);
	err = distribution(rank, n, least, &p);
	free(rank);
	if (err)
		return err;
	for (w = 0; w <= least; w++)
		tail += p[w];
	free(p);
	*ret = 2 * tail < 1 ? 2 * tail : 1;
	return 0;
}

/* The k of the interval, 0 if there is none. */
static int interval_rank(size_t n, size_t *ret, double *ret_coverage)
{
	const double most_tail = (1 - STATS_CONFIDENCE) / 2;
	size_t most = n * (n + 1) / 4, k = 0, i;
	size_t *rank = calloc(n, sizeof(*rank));
	double *p, tail = 0;
	int err;

	if (!rank)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		rank[i] = i + 1;
	err = distribution(rank, n, most, &p);
	free(rank);
	if (err)
		return err;
	for (; k <= most && tail + p[k] <= most_tail; k++)
		tail += p[k];
	free(p);
	*ret = k;
	*ret_coverage = 1 - 2 * tail;
	return 0;
}

/* x is sorted. */
static int estimate(const double *x, struct paired_result *ret)
{
	size_t n = ret->n, nr = n * (n + 1) / 2, at = 0, k, i, j;
	double *walsh = calloc(nr, sizeof(*walsh));
	double coverage;
	int err;

	if (!walsh)
		return -ENOMEM;
	err = interval_rank(n, &k, &coverage);
	if (err)
		goto out_free;
	/* Halved first: the sum of two finite numbers need not be one. */
	for (i = 0; i < n; i++)
		for (j = i; j < n; j++)
			walsh[at++] = x[i] / 2 + x[j] / 2;
	qsort(walsh, nr, sizeof(*walsh), compare_double);
	ret->log_ratio = walsh[(nr - 1) / 2] / 2 + walsh[nr / 2] / 2;
	if (k) {
		ret->has_interval = true;
		ret->low = walsh[k - 1];
		ret->high = walsh[nr - k];
		ret->coverage = coverage;
	}
out_free:
	free(walsh);
	return err;
}

int paired_judge(const double *x, size_t n, struct paired_result *ret)
{
	struct paired_result r = { .n = n };
	size_t i, nr_zero = 0;
	double *copy;
	int err;

	if (!n)
		return -ENODATA;
	if (n > PAIRED_MAX)
		return -ERANGE;
	for (i = 0; i < n; i++) {
		if (!isfinite(x[i]))
			return -EINVAL;
		nr_zero += x[i] == 0;
	}
	copy = calloc(n, sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	memcpy(copy, x, n * sizeof(*copy));
	qsort(copy, n, sizeof(*copy), compare_double);
	err = estimate(copy, &r);
	qsort(copy, n, sizeof(*copy), compare_magnitude);
	if (!err)
		err = signed_rank(copy + nr_zero, n - nr_zero, &r.p);
	free(copy);
	if (!err)
		*ret = r;
	return err;
}

int paired_floor(const struct paired_result *aa, double *ret)
{
	if (!aa->has_interval)
		return -ENODATA;
	*ret = fmax(fabs(aa->low), fabs(aa->high));
	return 0;
}

enum paired_verdict paired_verdict(const struct paired_result *r,
				   double threshold, double floor)
{
	double size = fabs(r->log_ratio);

	/* Not turned round: a NaN must end here too. */
	if (!(floor >= 0 && r->p <= PAIRED_ALPHA && size > floor &&
	      size > log1p(threshold)))
		return PAIRED_UNKNOWN;
	return r->log_ratio < 0 ? PAIRED_BETTER : PAIRED_WORSE;
}
