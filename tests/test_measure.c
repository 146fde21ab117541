// SPDX-License-Identifier: GPL-2.0-only
/*
 * Histogram, statistics: known answers, and comparison with naive
 * computations on many random inputs. stats_oracle.py does the
 * last in another language.
 */
#include "latency.h"
#include "stats.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Spread over all magnitudes, not only the largest. */
static uint64_t random_ns(uint64_t *state)
{
	uint64_t bits = next_random(state) % 64;

	return next_random(state) >> bits;
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void test_latency__empty(void **state)
{
	struct latency *lat = latency_create();
	struct latency_bar bar;
	uint64_t ns = 77;
	size_t pos = 0;

	(void)state;
	assert_non_null(lat);
	assert_int_equal(latency_count(lat), 0);
	assert_int_equal(lat->max_ns, 0);
	assert_int_equal(lat->sum_ns, 0);
	assert_int_equal(latency_quantile(lat, 5000, &ns), -ENODATA);
	assert_int_equal(latency_quantile(lat, 10001, &ns), -ERANGE);
	assert_int_equal(ns, 77);
	assert_false(latency_next(lat, &pos, &bar));
	latency_destroy(lat);
	latency_destroy(NULL);
}

/* Every bucket's borders map to it, and the buckets leave no gap. */
static void test_latency__buckets(void **state)
{
	struct latency *lat = latency_create();
	struct latency_bar bar;
	uint64_t expected = 0;
	size_t pos = 0, i, swept = 0;

	(void)state;
	assert_non_null(lat);
	for (i = 0; i < LATENCY_BUCKETS; i++)
		lat->bucket[i] = 1;
	lat->max_ns = UINT64_MAX;
	while (latency_next(lat, &pos, &bar)) {
		assert_true(bar.low_ns == expected);
		assert_true(bar.low_ns <= bar.value_ns);
		assert_true(bar.value_ns <= bar.high_ns);
		assert_int_equal(latency_index(bar.low_ns), swept);
		assert_int_equal(latency_index(bar.high_ns), swept);
		assert_int_equal(latency_index(bar.value_ns), swept);
		expected = bar.high_ns + 1;
		swept++;
	}
	assert_true(expected == 0); /* past UINT64_MAX */
	assert_int_equal(swept, LATENCY_BUCKETS);
	latency_destroy(lat);
}

static uint64_t naive_rank(const uint64_t *sorted, size_t n, unsigned permyriad)
{
	size_t rank = 1;

	while (rank * 10000 < n * permyriad)
		rank++;
	return sorted[rank - 1];
}

static double error_of(uint64_t reported, uint64_t exact)
{
	uint64_t diff = reported > exact ? reported - exact : exact - reported;

	return diff ? (double)diff / (double)exact : 0;
}

#define BOUND_RUNS 200
#define BOUND_VALUES 500

/* One random set against an exact sort; the worst error seen is kept. */
static void check_bound(uint64_t *seed, double *worst, size_t *compared)
{
	static const unsigned ps[] = { 0,    1,	   100,	 2500, 5000,
				       9000, 9900, 9990, 9999, 10000 };
	struct latency *lat = latency_create();
	uint64_t value[BOUND_VALUES], got, exact;
	size_t i, n = 1 + next_random(seed) % BOUND_VALUES;
	double error;

	assert_non_null(lat);
	for (i = 0; i < n; i++) {
		value[i] = random_ns(seed);
		latency_add(lat, value[i]);
	}
	qsort(value, n, sizeof(value[0]), compare_u64);
	assert_int_equal(latency_count(lat), n);
	assert_true(lat->max_ns == value[n - 1]);
	for (i = 0; i < ARRAY_SIZE(ps); i++) {
		assert_int_equal(latency_quantile(lat, ps[i], &got), 0);
		exact = naive_rank(value, n, ps[i]);
		error = error_of(got, exact);
		assert_true(error <= LATENCY_ERROR_BOUND);
		if (exact < LATENCY_EXACT || ps[i] == 10000)
			assert_true(got == exact);
		*worst = error > *worst ? error : *worst;
		(*compared)++;
	}
	latency_destroy(lat);
}

static void test_latency__error_bound(void **state)
{
	uint64_t seed = 0x123456789abcdefull;
	double worst = 0;
	size_t i, compared = 0;

	(void)state;
	for (i = 0; i < BOUND_RUNS; i++)
		check_bound(&seed, &worst, &compared);
	assert_int_equal(compared, BOUND_RUNS * 10);
	/* The bound is near what happens, or the test would prove little. */
	assert_true(worst > LATENCY_ERROR_BOUND / 2);
}

#define TAIL_RUNS 40
#define TAIL_VALUES 20000

/* As latencies come: most alike, a tail over some octaves. */
static uint64_t tailed_ns(uint64_t *state)
{
	uint64_t u = next_random(state) % 1000000 + 1;

	return 60 + next_random(state) % 40 + 3000000000u / (u * u);
}

/*
 * The percentiles that are published, from so many values that none is the
 * largest, against an exact sort; and the bound is what comes of the first
 * value of an octave.
 */
static void test_latency__tail(void **state)
{
	static const unsigned ps[] = { 5000, 9000, 9900, 9990 };
	static uint64_t value[TAIL_VALUES];
	uint64_t seed = 0xfedcba987654321ull, got, above = 0;
	struct latency *lat = latency_create();
	double worst = 0;

	(void)state;
	assert_non_null(lat);
	for (size_t run = 0; run < TAIL_RUNS; run++) {
		size_t n = 2000 + next_random(&seed) % (TAIL_VALUES - 2000);

		latency_reset(lat);
		for (size_t i = 0; i < n; i++) {
			value[i] = run % 2 ? tailed_ns(&seed)
					   : random_ns(&seed);
			latency_add(lat, value[i]);
		}
		qsort(value, n, sizeof(value[0]), compare_u64);
		for (size_t i = 0; i < ARRAY_SIZE(ps); i++) {
			uint64_t exact = naive_rank(value, n, ps[i]);
			double error;

			assert_true(latency_enough(lat, ps[i]));
			assert_true(exact < lat->max_ns);
			assert_int_equal(latency_quantile(lat, ps[i], &got), 0);
			error = error_of(got, exact);
			assert_true(error <= LATENCY_ERROR_BOUND);
			above += exact >= LATENCY_EXACT;
			worst = error > worst ? error : worst;
		}
	}
	assert_true(above >= TAIL_RUNS);
	assert_true(worst > LATENCY_ERROR_BOUND / 2);
	for (unsigned octave = LATENCY_EXACT_SHIFT; octave < 63; octave++) {
		uint64_t first = (uint64_t)1 << octave;

		latency_reset(lat);
		latency_add(lat, first);
		latency_add(lat, 2 * first);
		assert_int_equal(latency_quantile(lat, 5000, &got), 0);
		assert_true(error_of(got, first) == LATENCY_ERROR_BOUND);
	}
	latency_destroy(lat);
}

static void test_latency__enough(void **state)
{
	static const struct {
		unsigned permyriad;
		uint64_t least;
	} rows[] = { { 0, 1 },	    { 5000, 2 },    { 9000, 10 },
		     { 9900, 100 }, { 9990, 1000 }, { 9999, 10000 },
		     { 6667, 4 },   { 10000, 1 } };
	struct latency *lat = latency_create();

	(void)state;
	assert_non_null(lat);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		latency_reset(lat);
		lat->bucket[0] = rows[i].least - 1;
		assert_false(latency_enough(lat, rows[i].permyriad));
		lat->bucket[0]++;
		assert_true(latency_enough(lat, rows[i].permyriad));
		lat->bucket[0] = UINT64_MAX;
		assert_true(latency_enough(lat, rows[i].permyriad));
	}
	latency_destroy(lat);
}

static void test_latency__quantile_known(void **state)
{
	static const struct {
		unsigned permyriad;
		uint64_t ns;
	} rows[] = { { 0, 1 },	  { 1, 1 },	{ 1000, 1 },
		     { 1001, 2 }, { 5000, 5 },	{ 5001, 6 },
		     { 9000, 9 }, { 9001, 10 }, { 10000, 10 } };
	struct latency *lat = latency_create();
	uint64_t ns;
	size_t i;

	(void)state;
	assert_non_null(lat);
	for (i = 10; i >= 1; i--)
		latency_add(lat, i);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(latency_quantile(lat, rows[i].permyriad, &ns),
				 0);
		assert_int_equal(ns, rows[i].ns);
	}
	assert_int_equal(lat->sum_ns, 55);
	latency_reset(lat);
	assert_int_equal(latency_count(lat), 0);
	latency_destroy(lat);
}

static void test_latency__huge_values(void **state)
{
	struct latency *lat = latency_create();
	uint64_t ns;

	(void)state;
	assert_non_null(lat);
	latency_add(lat, UINT64_MAX);
	assert_int_equal(latency_quantile(lat, 5000, &ns), 0);
	assert_true(ns == UINT64_MAX);
	latency_add(lat, (uint64_t)1 << 63);
	assert_true(lat->sum_ns == UINT64_MAX);
	assert_int_equal(latency_quantile(lat, 5000, &ns), 0);
	assert_true(error_of(ns, (uint64_t)1 << 63) <= LATENCY_ERROR_BOUND);
	latency_destroy(lat);
}

/* Bars added to another histogram give the same bars, whatever came apart. */
static void test_latency__folded(void **state)
{
	struct latency *all = latency_create(), *sum = latency_create();
	struct latency *part[3];
	struct latency_bar a, b;
	uint64_t seed = 88172645463325252ull;
	size_t pos, at = 0, nr = 0;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(part); i++)
		part[i] = latency_create();
	for (unsigned i = 0; i < 30000; i++) {
		uint64_t ns = random_ns(&seed) >> 30;

		latency_add(all, ns);
		latency_add(part[i % ARRAY_SIZE(part)], ns);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(part); i++) {
		for (pos = 0; latency_next(part[i], &pos, &a);)
			latency_add_many(sum, a.value_ns, a.count);
		latency_destroy(part[i]);
	}
	assert_true(latency_count(sum) == 30000);
	for (pos = 0; latency_next(all, &pos, &a); nr++) {
		assert_true(latency_next(sum, &at, &b));
		assert_true(a.low_ns == b.low_ns && a.count == b.count);
		if (a.high_ns < all->max_ns)
			assert_true(a.value_ns == b.value_ns);
	}
	assert_false(latency_next(sum, &at, &b));
	assert_true(nr > 1000);
	latency_add_many(sum, 7, 0);
	assert_true(latency_count(sum) == 30000);
	latency_add_many(sum, UINT64_MAX, 2);
	assert_true(sum->sum_ns == UINT64_MAX && sum->max_ns == UINT64_MAX);
	latency_destroy(all);
	latency_destroy(sum);
}

static void test_latency__publish(void **state)
{
	static const struct {
		uint64_t ns;
		double quantum_ns;
		int rc;
	} rows[] = {
		{ 50, 10, 0 },
		{ 49, 10, -EDOM },
		{ 5, 1, 0 },
		{ 4, 1, -EDOM },
		{ 0, 1, -EDOM },
		{ 50, 0, -EINVAL },
		{ 50, -1, -EINVAL },
		{ 50, (double)NAN, -EINVAL },
		{ 1u << 20, 1e9, -EDOM },
	};
	struct latency *lat = latency_create();
	uint64_t ns;
	size_t i;

	(void)state;
	assert_non_null(lat);
	assert_int_equal(latency_publish(lat, 5000, 10, &ns), -ENODATA);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		latency_reset(lat);
		latency_add(lat, rows[i].ns);
		ns = 1;
		assert_int_equal(latency_publish(lat, 5000, rows[i].quantum_ns,
						 &ns),
				 rows[i].rc);
		assert_int_equal(ns, rows[i].rc ? 1 : rows[i].ns);
	}
	latency_destroy(lat);
}

static void test_stats__known(void **state)
{
	static const struct {
		double value[6];
		size_t n;
		double mean, median, mad, q1, q3;
	} rows[] = {
		{ { 7 }, 1, 7, 7, 0, 7, 7 },
		{ { 3, 1 }, 2, 2, 2, 1, 1.5, 2.5 },
		{ { 5, 5, 5, 5 }, 4, 5, 5, 0, 5, 5 },
		{ { 9, 1, 2 }, 3, 4, 2, 1, 1.5, 5.5 },
		{ { 4, 1, 3, 2 }, 4, 2.5, 2.5, 1, 1.75, 3.25 },
		{ { -1, -3, -2 }, 3, -2, -2, 1, -2.5, -1.5 },
		{ { 0x1p63, 0, 0 }, 3, 0x1p63 / 3, 0, 0, 0, 0x1p62 },
		{ { 1e308, 1e308, 1e308 }, 3, 1e308, 1e308, 0, 1e308, 1e308 },
	};
	struct stats_summary sum;
	double median;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(
			stats_summarise(rows[i].value, rows[i].n, &sum), 0);
		assert_int_equal(sum.n, rows[i].n);
		assert_true(sum.mean == rows[i].mean);
		assert_true(sum.median == rows[i].median);
		assert_true(sum.mad == rows[i].mad);
		assert_true(sum.q1 == rows[i].q1);
		assert_true(sum.q3 == rows[i].q3);
		assert_false(sum.has_interval);
		assert_int_equal(
			stats_median(rows[i].value, rows[i].n, &median), 0);
		assert_true(median == sum.median);
	}
}

static void test_stats__refused(void **state)
{
	static const double bad[][3] = { { 1, NAN, 2 },
					 { INFINITY, 1, 2 },
					 { 1, 2, -INFINITY } };
	static const double one = 1;
	static const double wide[] = { -1.7e308, -1.7e308, 1.7e308, 1.7e308 };
	struct stats_interval interval;
	struct stats_summary sum;
	double x = 77;
	size_t i;

	(void)state;
	assert_int_equal(stats_mean(NULL, 0, &x), -ENODATA);
	assert_int_equal(stats_median(NULL, 0, &x), -ENODATA);
	assert_int_equal(stats_mad(NULL, 0, &x), -ENODATA);
	assert_int_equal(stats_interval(NULL, 0, &interval), -ENODATA);
	assert_int_equal(stats_summarise(NULL, 0, &sum), -ENODATA);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(stats_mean(bad[i], 3, &x), -EINVAL);
		assert_int_equal(stats_median(bad[i], 3, &x), -EINVAL);
		assert_int_equal(stats_mad(bad[i], 3, &x), -EINVAL);
		assert_int_equal(stats_interval(bad[i], 3, &interval), -EINVAL);
		assert_int_equal(stats_summarise(bad[i], 3, &sum), -EINVAL);
	}
	assert_int_equal(stats_quantile(&one, 1, -0.1, &x), -ERANGE);
	assert_int_equal(stats_quantile(&one, 1, 1.1, &x), -ERANGE);
	assert_int_equal(stats_quantile(&one, 1, (double)NAN, &x), -ERANGE);
	assert_true(x == 77);
	assert_int_equal(stats_mad(wide, 4, &x), 0);
	assert_true(x == 1.7e308);
}

/* Pascal's triangle, halved at each row: every probability by itself. */
static size_t naive_rank_of_interval(size_t n, double *ret_coverage)
{
	double p[130] = { 1 }, below = 0;
	size_t i, j, k = 0;

	for (i = 1; i <= n; i++)
		for (j = i + 1; j-- > 0;)
			p[j] = (p[j] + (j ? p[j - 1] : 0)) / 2;
	while (below + p[k] <= 0.025)
		below += p[k++];
	*ret_coverage = 1 - 2 * below;
	return k;
}

static void test_stats__interval_rank(void **state)
{
	/* Tables of the sign test, 5 % two-sided. */
	static const size_t known[][2] = { { 5, 0 },   { 6, 1 },  { 8, 1 },
					   { 9, 2 },   { 11, 2 }, { 12, 3 },
					   { 20, 6 },  { 25, 8 }, { 50, 18 },
					   { 100, 40 } };
	double got, naive;
	size_t n, i, swept = 0;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(known); i++)
		assert_int_equal(stats_interval_rank(known[i][0], &got),
				 known[i][1]);
	for (n = 0; n < 6; n++)
		assert_int_equal(stats_interval_rank(n, &got), 0);
	for (n = 6; n < 130; n++, swept++) {
		assert_int_equal(stats_interval_rank(n, &got),
				 naive_rank_of_interval(n, &naive));
		assert_true(fabs(got - naive) < 1e-12);
		assert_true(got >= STATS_CONFIDENCE);
	}
	assert_int_equal(swept, 124);
	/* Far above where 2^-n underflows: n/2 - 0.98 sqrt(n). */
	assert_int_equal(stats_interval_rank(1000000, &got), 499020);
	assert_true(got >= STATS_CONFIDENCE && got < 0.951);
}

static void test_stats__interval(void **state)
{
	static const double value[] = { 6, 5, 4, 3, 2, 1, 9, 8, 7 };
	struct stats_interval interval;
	struct stats_summary sum;

	(void)state;
	assert_int_equal(stats_interval(value, 5, &interval), -ENODATA);
	assert_int_equal(stats_interval(value, 6, &interval), 0);
	assert_true(interval.low == 1 && interval.high == 6);
	assert_true(interval.coverage == 1 - 2.0 / 64);
	assert_int_equal(stats_summarise(value, 9, &sum), 0);
	assert_true(sum.has_interval);
	assert_true(sum.interval.low == 2 && sum.interval.high == 8);
	assert_true(sum.interval.coverage == 1 - 2 * 10.0 / 512);
	assert_true(sum.min == 1 && sum.max == 9);
}

/* What the interval promises: how often it holds the true median. */
static void test_stats__interval_coverage(void **state)
{
	struct stats_interval interval;
	uint64_t seed = 99;
	double value[15];
	unsigned i, j, held = 0;

	(void)state;
	for (i = 0; i < 4000; i++) {
		for (j = 0; j < ARRAY_SIZE(value); j++)
			value[j] = (double)(next_random(&seed) >> 11);
		assert_int_equal(stats_interval(value, 15, &interval), 0);
		held += interval.low <= 0x1p52 && 0x1p52 <= interval.high;
	}
	/* 0.9648 expected; 5 standard deviations are 0.0146. */
	assert_in_range(held, 3800, 3918);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_latency__empty),
		cmocka_unit_test(test_latency__buckets),
		cmocka_unit_test(test_latency__error_bound),
		cmocka_unit_test(test_latency__tail),
		cmocka_unit_test(test_latency__enough),
		cmocka_unit_test(test_latency__quantile_known),
		cmocka_unit_test(test_latency__huge_values),
		cmocka_unit_test(test_latency__folded),
		cmocka_unit_test(test_latency__publish),
		cmocka_unit_test(test_stats__known),
		cmocka_unit_test(test_stats__refused),
		cmocka_unit_test(test_stats__interval_rank),
		cmocka_unit_test(test_stats__interval),
		cmocka_unit_test(test_stats__interval_coverage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
