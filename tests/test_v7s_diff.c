// SPDX-License-Identifier: GPL-2.0-only
/*
 * Differential test of the page table: long random sequences of calls against
 * the flat oracle, over every kernel, split mode, path and walker; and the test
 * of that test, which must find planted defects and say so in few lines.
 */
#include <stdio.h>
#include <stdlib.h>

#include "conform.h"
#include "diff_golden.h"
#include "diff_minimize.h"
#include "v7s_fixture.h"

#define NR_SEEDS 10
#define NR_OPS 100000

/* Sums over all seeds; below these the test has not tested. */
static const uint64_t event_min[NR_EVENTS] = {
	[EV_MAP] = 100000,	    [EV_MAP_EXISTS] = 20000,
	[EV_MAP_NOMEM] = 500,	    [EV_MAP_INVALID] = 1000,
	[EV_MAP_RANGE] = 1000,	    [EV_UNMAP] = 100000,
	[EV_UNMAP_HOLE] = 20000,    [EV_UNMAP_RANGE] = 1000,
	[EV_SPLIT_64K] = 5000,	    [EV_SPLIT_1M] = 5000,
	[EV_SPLIT_16M] = 500,	    [EV_SPLIT_NOMEM] = 100,
	[EV_SECOND_TRY] = 300,	    [EV_BLOCK_OVER_TABLE] = 3000,
	[EV_TABLE_UNMAPPED] = 3000, [EV_OVER_TOP] = 100,
};

static struct diff_sequence sequence_new(void)
{
	struct diff_sequence seq = { .nr_max = DIFF_TABLE_OPS };

	seq.call = calloc(seq.nr_max, sizeof(*seq.call));
	assert_non_null(seq.call);
	return seq;
}

static void test_v7s_diff__random_calls(void **state)
{
	struct diff_sequence seq = sequence_new();
	uint64_t event[NR_EVENTS] = { 0 };
	struct diff_found found;
	uint64_t nr_ops;

	(void)state;
	for (unsigned seed = 0; seed < NR_SEEDS; seed++) {
		if (diff_seed(&diff_sweep_all, seed, NR_OPS, &seq, event,
			      &nr_ops, &found))
			fail_msg("seed %u call %zu: %s", seed, seq.nr,
				 found.what);
		assert_int_equal(nr_ops, NR_OPS);
	}
	for (enum event i = 0; i < NR_EVENTS; i++)
		if (event[i] < event_min[i])
			fail_msg("%s was seen %llu times only", event_name(i),
				 (unsigned long long)event[i]);
	free(seq.call);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_v7s_diff__random_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
