// SPDX-License-Identifier: GPL-2.0-only
/*
 * The speeds of a machine; see selftest.h. A virtual CPU whose core another one
 * uses too is slower, for microseconds to minutes.
 *
 * Two means: of all ways to cut the sorted logarithms of the durations in two,
 * the one that leaves the least variance within. The longest hundredth, in
 * which somebody else had the CPU, is left out of that. Durations are put into
 * the nearer part, and stretches of one part counted.
 * Cost: O(n log n). Concurrency: none.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "selftest.h"
#include "stats.h"

#define SLICE_NS 20000
#define BLOCK 4096 /* cleared at once: stays in the nearest cache */

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* How many of the n sorted values the lower part has. */
static size_t cut_in_two(const double *x, size_t n)
{
	double sum = 0, total = 0, best = -1;
	size_t at = n;

	for (size_t i = 0; i < n; i++)
		total += x[i];
	for (size_t i = 1; i < n; i++) {
		double low, high, between;

		sum += x[i - 1];
		low = sum / (double)i;
		high = (total - sum) / (double)(n - i);
		between = (double)i * (double)(n - i) * (high - low) *
			  (high - low);
		if (between > best) {
			best = between;
			at = i;
		}
	}
	return at;
}

/* Median length, in us, of stretches of durations below the limit, or of the
 * others. room: nr doubles. */
static double stretch_us(const uint64_t *ns, size_t nr, double limit,
			 bool slower, double *room)
{
	double sum = 0, median = 0;
	size_t nr_runs = 0;

	for (size_t i = 0; i < nr; i++) {
		if (((double)ns[i] >= limit) == slower)
			sum += (double)ns[i];
		else if (sum > 0) {
			room[nr_runs++] = sum;
			sum = 0;
		}
	}
	if (sum > 0)
		room[nr_runs++] = sum;
	return stats_median(room, nr_runs, &median) ? 0 : median / 1000;
}

static void split(const uint64_t *ns, size_t nr, double *x,
		  struct selftest_modes *ret)
{
	size_t n = nr - nr / 100, at;
	double limit;

	for (size_t i = 0; i < nr; i++)
		x[i] = log(ns[i] ? (double)ns[i] : 1);
	qsort(x, nr, sizeof(*x), ascending);
	at = cut_in_two(x, n);
	ret->ratio = exp(x[at + (n - at) / 2] - x[at / 2]);
	ret->two = ret->ratio >= SELFTEST_MODE_RATIO &&
		   (double)at >= SELFTEST_MODE_SHARE * (double)nr &&
		   (double)(n - at) >= SELFTEST_MODE_SHARE * (double)nr;
	if (!ret->two) {
		*ret = (struct selftest_modes){
			.slice_ns = { exp(x[nr / 2]) },
			.share = { 1 },
			.ratio = 1,
		};
		return;
	}
	limit = exp((x[at - 1] + x[at]) / 2);
	ret->slice_ns[0] = exp(x[at / 2]);
	ret->slice_ns[1] = exp(x[at + (n - at) / 2]);
	ret->share[0] = (double)at / (double)nr;
	ret->share[1] = 1 - ret->share[0];
	for (unsigned i = 0; i < 2; i++)
		ret->run_us[i] = stretch_us(ns, nr, limit, i, x);
}

int selftest_split_modes(const uint64_t *ns, size_t nr,
			 struct selftest_modes *ret)
{
	struct selftest_modes modes = { .two = false };
	double *x;

	if (nr < 2)
		return -ENODATA;
	x = malloc(nr * sizeof(*x));
	if (!x)
		return -ENOMEM;
	split(ns, nr, x, &modes);
	free(x);
	*ret = modes;
	return 0;
}

/* Written between the clearings, so that none is left out. */
static uint64_t clear(volatile char *block, unsigned nr)
{
	uint64_t start = clock_ns();

	while (nr--) {
		memset((char *)block, 0, BLOCK);
		block[nr % BLOCK] = 1;
	}
	return clock_ns() - start;
}

int selftest_modes(uint64_t total_ns, const volatile sig_atomic_t *stop,
		   struct selftest_modes *ret)
{
	size_t nr = total_ns / SLICE_NS + 2, i;
	uint64_t *ns = malloc(nr * sizeof(*ns));
	char *block = malloc(BLOCK);
	int err = ns && block ? 0 : -ENOMEM;
	unsigned blocks = 64;

	if (!err) {
		uint64_t best = UINT64_MAX;

		for (i = 0; i < 100; i++) {
			uint64_t once = clear(block, blocks);

			best = once < best ? once : best;
		}
		blocks = best ? (unsigned)(blocks * SLICE_NS / best) + 1 : 1024;
	}
	for (i = 0; i < nr && !err; i++) {
		ns[i] = clear(block, blocks);
		if (stop && *stop)
			err = -EINTR;
	}
	if (!err)
		err = selftest_split_modes(ns, nr, ret);
	free(block);
	free(ns);
	return err;
}
