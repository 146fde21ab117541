// SPDX-License-Identifier: GPL-2.0-only
/*
 * The clock: what calibration makes of given readings, and of the real ones.
 */
#include "clock.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static void test_clock__info_from(void **state)
{
	static const struct {
		uint64_t reading[6];
		size_t nr;
		int rc;
		double quantum_ns, cost_ns;
	} rows[] = {
		{ { 10, 20, 40, 60, 90, 91 }, 6, 0, 81 / 5.0 / 5, 81 / 5.0 },
		{ { 0, 20, 50, 70, 100 }, 5, 0, 10, 25 },
		{ { 7, 7, 7, 17, 17, 17 }, 6, 0, 10, 2 },
		{ { 1, 31 }, 2, 0, 30, 30 },
		{ { 5, 5, 5 }, 3, -ENODATA, 0, 0 },
		{ { 5, 4 }, 2, -EINVAL, 0, 0 },
		{ { 5 }, 1, -EINVAL, 0, 0 },
	};
	struct clock_info info;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		info = (struct clock_info){ 0, 0 };
		assert_int_equal(clock_info_from(rows[i].reading, rows[i].nr,
						 &info),
				 rows[i].rc);
		assert_true(info.quantum_ns == rows[i].quantum_ns);
		assert_true(info.cost_ns == rows[i].cost_ns);
	}
}

/* 20 and 30 all the time, and now and then whatever an interrupt leaves. */
static void test_clock__interrupted_readings(void **state)
{
	enum { NR = 2001 };
	uint64_t reading[NR] = { 0 };
	struct clock_info info;

	(void)state;
	for (size_t i = 1; i < NR; i++)
		reading[i] = reading[i - 1] + (i % 3 ? 20 : 30) + !(i % 17) +
			     (i % 400 ? 0 : 7000 + i);
	assert_int_equal(clock_info_from(reading, NR, &info), 0);
	assert_true(info.quantum_ns == 10);
	assert_true(info.cost_ns > 23 && info.cost_ns < 24);
}

/* Every ns between 20 and 39: the cost of a reading is what limits. */
static void test_clock__fine_steps(void **state)
{
	enum { NR = 2001 };
	uint64_t reading[NR] = { 0 };
	struct clock_info info;

	(void)state;
	for (size_t i = 1; i < NR; i++)
		reading[i] = reading[i - 1] + 20 + i % 20;
	assert_int_equal(clock_info_from(reading, NR, &info), 0);
	assert_true(info.quantum_ns == info.cost_ns / CLOCK_COST_QUANTA);
}

static void test_clock__calibrate(void **state)
{
	struct clock_info info = { -1, -1 };
	uint64_t before, after;

	(void)state;
	before = clock_ns();
	clock_calibrate(&info);
	after = clock_ns();
	assert_true(after > before);
	assert_true(info.quantum_ns >= 1);
	assert_true(info.cost_ns >= 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clock__info_from),
		cmocka_unit_test(test_clock__interrupted_readings),
		cmocka_unit_test(test_clock__fine_steps),
		cmocka_unit_test(test_clock__calibrate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
