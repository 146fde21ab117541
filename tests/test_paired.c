// SPDX-License-Identifier: GPL-2.0-only
/*
 * Paired judgements against published figures, and their rules at the borders.
 * All else about numbers: paired_oracle.py.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "paired.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static void assert_near(double value, double expected, double epsilon)
{
	assert_true(fabs(value - expected) <= epsilon);
}

static struct paired_result judge(const double *x, size_t n)
{
	struct paired_result r;

	assert_int_equal(paired_judge(x, n, &r), 0);
	assert_int_equal(r.n, n);
	assert_true(r.p > 0 && r.p <= 1);
	return r;
}

/* 1 ... n, negative those whose ranks add up to minus. */
static struct paired_result judge_ranks(size_t n, size_t minus)
{
	double x[100];

	for (size_t i = n; i > 0; i--) {
		bool down = minus >= i;

		minus -= down ? i : 0;
		x[i - 1] = down ? -(double)i : (double)i;
	}
	assert_int_equal(minus, 0);
	return judge(x, n);
}

/* P(W <= w) as tables of the signed-rank statistic have it, to four places. */
static void test_published(void **state)
{
	static const struct {
		size_t n, w;
		double p;
	} row[] = {
		{ 5, 0, .0313 },   { 5, 1, .0625 },   { 6, 0, .0156 },
		{ 6, 2, .0469 },   { 7, 2, .0234 },   { 8, 3, .0195 },
		{ 8, 5, .0391 },   { 9, 5, .0195 },   { 9, 8, .0488 },
		{ 10, 8, .0244 },  { 10, 10, .0420 }, { 12, 13, .0212 },
		{ 12, 17, .0461 }, { 15, 25, .0240 }, { 15, 30, .0473 },
		{ 20, 52, .0242 }, { 20, 60, .0487 },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		double p = judge_ranks(row[i].n, row[i].w).p / 2;

		assert_true(fabs(p - row[i].p) <= .00005001);
	}
	assert_near(judge_ranks(8, 0).p, 2. / 256, 0);
	assert_near(judge_ranks(7, 0).p, 2. / 128, 0);
	assert_near(judge_ranks(10, 8).p, 50. / 1024, 0);
	assert_true(judge_ranks(PAIRED_MIN, 0).p <= PAIRED_ALPHA);
	assert_true(judge_ranks(PAIRED_MIN - 1, 0).p > PAIRED_ALPHA);
}

/* Hollander and Wolfe, Nonparametric Statistical Methods, 1973, p. 29: a scale
 * of depression before and after; what R's wilcox.test() says of it. */
static void test_depression(void **state)
{
	static const double before[] = { 1.83, 0.50, 1.62, 2.48, 1.68,
					 1.88, 1.55, 3.06, 1.30 };
	static const double after[] = { 0.878, 0.647, 0.598, 2.05, 1.06,
					1.29,  1.06,  3.14,  1.29 };
	double x[ARRAY_SIZE(before)];
	struct paired_result r;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(x); i++)
		x[i] = before[i] - after[i];
	r = judge(x, ARRAY_SIZE(x));
	assert_near(r.p, .0390625, 0);
	assert_near(r.log_ratio, .46, 1e-12);
	assert_true(r.has_interval);
	assert_near(r.low, .01, 1e-12);
	assert_near(r.high, .786, 1e-12);
	assert_near(r.coverage, 1 - 20. / 512, 0);
}

static void test_interval(void **state)
{
	static const double coverage[] = { [6] = 1 - 2. / 64,
					   [7] = 1 - 6. / 128,
					   [8] = 1 - 10. / 256,
					   [10] = 1 - 50. / 1024 };

	(void)state;
	for (size_t n = 1; n <= 5; n++) {
		struct paired_result r = judge_ranks(n, 0);

		assert_false(r.has_interval);
		assert_near(r.low, 0, 0);
		assert_near(r.high, 0, 0);
		assert_near(r.coverage, 0, 0);
	}
	for (size_t n = 6; n < ARRAY_SIZE(coverage); n++) {
		struct paired_result r = judge_ranks(n, 0);

		assert_true(r.has_interval);
		if (coverage[n] > 0)
			assert_near(r.coverage, coverage[n], 0);
	}
	/* k = 1: from the least average to the largest. */
	assert_near(judge_ranks(6, 0).low, 1, 0);
	assert_near(judge_ranks(6, 0).high, 6, 0);
	/* k = 3: averages of 1 ... 7 begin 1, 1.5, 2, 2. */
	assert_near(judge_ranks(7, 0).low, 2, 0);
	assert_near(judge_ranks(7, 0).high, 6, 0);
}

static void test_ties_and_zeros(void **state)
{
	/* Ranks 1.5 1.5 3: of 8 sums 0 1.5 1.5 3 3 4.5 4.5 6. */
	static const double tied[] = { -1, 1, 2 };
	/* Ranks 2 2 2: two of eight as far out. */
	static const double alike[] = { 5, 5, 5 };
	static const double zeros[] = { 0, 3, 0, 4, -0.0, 5 };
	static const double nothing[] = { 0, -0.0, 0, 0, 0, 0 };
	struct paired_result r;

	(void)state;
	assert_near(judge(tied, 3).p, 6. / 8, 0);
	assert_near(judge(alike, 3).p, 2. / 8, 0);
	assert_near(judge(alike, 3).log_ratio, 5, 0);
	r = judge(zeros, 6);
	assert_near(r.p, 2. / 8, 0);
	/* The 21 averages: six 0, three each 1.5 2 2.5, 3 3.5 4 4 4.5 5. */
	assert_near(r.log_ratio, 2, 0);
	assert_near(r.low, 0, 0);
	assert_near(r.high, 5, 0);
	r = judge(nothing, 6);
	assert_near(r.p, 1, 0);
	assert_near(r.log_ratio, 0, 0);
	assert_true(r.has_interval);
	assert_int_equal(paired_verdict(&r, 0, 0), PAIRED_UNKNOWN);
}

static void test_one(void **state)
{
	static const double up = 2.5, zero = 0;
	struct paired_result r = judge(&up, 1);

	(void)state;
	assert_near(r.p, 1, 0);
	assert_near(r.log_ratio, 2.5, 0);
	assert_false(r.has_interval);
	assert_near(judge(&zero, 1).p, 1, 0);
}

static uint64_t next(uint64_t *s)
{
	*s = *s * 6364136223846793005u + 1442695040888963407u;
	return *s >> 33;
}

static void assert_same(struct paired_result a, struct paired_result b,
			double sign)
{
	assert_near(a.p, b.p, 0);
	assert_near(a.coverage, b.coverage, 0);
	assert_near(a.log_ratio, sign * b.log_ratio, 0);
	assert_near(a.low, sign > 0 ? b.low : -b.high, 0);
	assert_near(a.high, sign > 0 ? b.high : -b.low, 0);
}

static void test_signs_and_order(void **state)
{
	uint64_t seed = 7;

	(void)state;
	for (size_t n = 1; n <= 40; n++) {
		double x[40], turned[40];
		struct paired_result r;

		for (size_t i = 0; i < n; i++) {
			x[i] = ((double)next(&seed) - 0x1p30) / 0x1p32;
			if (n % 3 == 0)
				x[i] = round(x[i] * 8);
			turned[i] = -x[i];
		}
		r = judge(x, n);
		assert_same(judge(turned, n), r, -1);
		for (size_t i = n; i > 1; i--) {
			size_t j = next(&seed) % i;
			double was = x[j];

			x[j] = x[i - 1];
			x[i - 1] = was;
		}
		assert_same(judge(x, n), r, 1);
	}
}

static void test_limits(void **state)
{
	struct paired_result r = { .n = 77 };
	double x[] = { 1, INFINITY }, huge[] = { 1.7e308, 1.7e308, -1.7e308 };
	double *many = calloc(PAIRED_MAX + 1, sizeof(*many));

	(void)state;
	assert_non_null(many);
	for (size_t i = 0; i <= PAIRED_MAX; i++)
		many[i] = (double)i + 1;
	assert_int_equal(paired_judge(x, 0, &r), -ENODATA);
	assert_int_equal(paired_judge(x, 2, &r), -EINVAL);
	x[1] = NAN;
	assert_int_equal(paired_judge(x, 2, &r), -EINVAL);
	assert_int_equal(paired_judge(many, PAIRED_MAX + 1, &r), -ERANGE);
	assert_int_equal(r.n, 77);
	assert_int_equal(paired_judge(many, PAIRED_MAX, &r), 0);
	assert_near(r.p, 0x1p-999, 0);
	assert_near(r.log_ratio, (PAIRED_MAX + 1) / 2., 0);
	assert_true(r.coverage >= .95 && r.coverage < .9501);
	free(many);
	assert_true(isfinite(judge(huge, 3).log_ratio));
}

static void test_floor(void **state)
{
	struct paired_result r = { .low = -.03, .high = .02 };
	double floor = 7;

	(void)state;
	assert_int_equal(paired_floor(&r, &floor), -ENODATA);
	assert_near(floor, 7, 0);
	r.has_interval = true;
	assert_int_equal(paired_floor(&r, &floor), 0);
	assert_near(floor, .03, 0);
	r.high = .04;
	assert_int_equal(paired_floor(&r, &floor), 0);
	assert_near(floor, .04, 0);
	r.low = .01;
	assert_int_equal(paired_floor(&r, &floor), 0);
	assert_near(floor, .04, 0);
}

static enum paired_verdict verdict(double log_ratio, double p, double threshold,
				   double floor)
{
	struct paired_result r = { .n = 20, .log_ratio = log_ratio, .p = p };

	return paired_verdict(&r, threshold, floor);
}

static void test_verdict(void **state)
{
	const double limit = log1p(PAIRED_THRESHOLD);
	const double over = nextafter(limit, 1), low = PAIRED_ALPHA;

	(void)state;
	assert_int_equal(verdict(over, low, .01, 0), PAIRED_WORSE);
	assert_int_equal(verdict(-over, low, .01, 0), PAIRED_BETTER);
	assert_int_equal(verdict(limit, low, .01, 0), PAIRED_UNKNOWN);
	assert_int_equal(verdict(-limit, low, .01, 0), PAIRED_UNKNOWN);
	assert_int_equal(verdict(over, nextafter(low, 1), .01, 0),
			 PAIRED_UNKNOWN);
	assert_int_equal(verdict(over, low, .01, over), PAIRED_UNKNOWN);
	assert_int_equal(verdict(over, low, .01, limit), PAIRED_WORSE);
	assert_int_equal(verdict(over, low, .01, -1), PAIRED_UNKNOWN);
	assert_int_equal(verdict(over, low, .01, NAN), PAIRED_UNKNOWN);
	assert_int_equal(verdict(5, low, NAN, 0), PAIRED_UNKNOWN);
	assert_int_equal(verdict(5, low, 0, 0), PAIRED_WORSE);
	assert_int_equal(verdict(0, low, 0, 0), PAIRED_UNKNOWN);
	for (unsigned v = 0; v < NR_PAIRED_VERDICTS; v++)
		assert_non_null(paired_verdict_names[v]);
	assert_null(paired_verdict_names[NR_PAIRED_VERDICTS]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published),
		cmocka_unit_test(test_depression),
		cmocka_unit_test(test_interval),
		cmocka_unit_test(test_ties_and_zeros),
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_signs_and_order),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_floor),
		cmocka_unit_test(test_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
