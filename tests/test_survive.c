// SPDX-License-Identifier: GPL-2.0-only
/*
 * The search for the smallest zone: on functions whose answer is known, on
 * ones that are not monotonic, and on the models.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "physmem.h"
#include "survive.h"
#include "workload.h"

/* Serves from least on, but for the sizes [odd, odd + nr_odd). */
struct made_up {
	uint64_t least, odd, nr_odd;
	unsigned nr_calls;
	unsigned fail_at;
	bool tried_least, tried_below;
};

static int try_made_up(void *ctx, uint64_t pages, bool *ret)
{
	struct made_up *m = ctx;

	assert_true(pages > 0);
	if (++m->nr_calls == m->fail_at)
		return -EINTR;
	*ret = pages >= m->least;
	if (pages >= m->odd && pages < m->odd + m->nr_odd)
		*ret = !*ret;
	m->tried_least |= pages == m->least;
	m->tried_below |= pages == m->least - 1;
	return 0;
}

static void test_survive__finds(void **state)
{
	(void)state;
	for (uint64_t least = 1; least < 3000; least += 1 + least / 7) {
		struct made_up m = { .least = least };
		struct survive_result r;

		assert_int_equal(survive_search(try_made_up, &m, 2999, &r), 0);
		assert_true(r.found);
		assert_int_equal(r.bytes, least * PAGE_SIZE);
		assert_int_equal(r.contradictions, 0);
		assert_int_equal(r.trials, m.nr_calls);
		assert_true(m.tried_least);
		assert_true(m.tried_below || least == 1);
	}
}

static void test_survive__none(void **state)
{
	struct made_up m = { .least = 5001 };
	struct survive_result r;

	(void)state;
	assert_int_equal(survive_search(try_made_up, &m, 5000, &r), 0);
	assert_false(r.found);
	assert_int_equal(r.bytes, 0);
	m = (struct made_up){ .least = 5000 };
	assert_int_equal(survive_search(try_made_up, &m, 5000, &r), 0);
	assert_int_equal(r.bytes, 5000 * PAGE_SIZE);
	m = (struct made_up){ .least = 2 };
	assert_int_equal(survive_search(try_made_up, &m, 1, &r), 0);
	assert_false(r.found);
}

/* A hole above the answer, an island below it. */
static void test_survive__contradictions(void **state)
{
	struct made_up above = { .least = 800, .odd = 1000, .nr_odd = 1 };
	struct made_up below = { .least = 800, .odd = 699, .nr_odd = 1 };
	struct survive_result r;

	(void)state;
	assert_int_equal(survive_search(try_made_up, &above, 9999, &r), 0);
	assert_int_equal(r.bytes, 800 * PAGE_SIZE);
	assert_int_equal(r.contradictions, 1);
	assert_int_equal(survive_search(try_made_up, &below, 9999, &r), 0);
	assert_int_equal(r.bytes, 800 * PAGE_SIZE);
	assert_int_equal(r.contradictions, 1);
}

static void test_survive__errors(void **state)
{
	struct made_up whole = { .least = 800 };
	struct survive_result r = { .trials = 77 }, all;

	(void)state;
	assert_int_equal(survive_search(try_made_up, &whole, 9999, &all), 0);
	assert_true(all.trials > 15);
	for (unsigned n = 1; n <= all.trials; n++) {
		struct made_up m = { .least = 800, .fail_at = n };

		assert_int_equal(survive_search(try_made_up, &m, 9999, &r),
				 -EINTR);
		assert_int_equal(m.nr_calls, n);
		assert_int_equal(r.trials, 77);
	}
}

/* 4096 tables of a page each, a level-1 table, and the marks of the zone. */
static void test_survive__models(void **state)
{
	struct replay_config cfg = {
		.profile = machine_profile_find("small"),
		.pgtable = { .ias = 32, .oas = 32, .pgsizes = V7S_PGSIZES },
	};
	const uint64_t pages = 4096 + 4;
	struct survive_result r;
	struct trace trace;
	struct l2_spec spec;
	uint64_t event;
	char why[TRACE_WHY_SIZE];
	bool served;

	(void)state;
	assert_int_equal(workload_load(workload_find("adv_one_4k_per_mb"),
				       &trace, why),
			 0);
	assert_int_equal(l2_spec_parse("page", &spec, why, sizeof(why)), 0);
	assert_int_equal(survive_least(&cfg, &trace, &spec, &r, why), 0);
	assert_true(r.found);
	assert_true(r.bytes >= pages * PAGE_SIZE);
	assert_true(r.bytes < 2 * pages * PAGE_SIZE);
	assert_true(r.failed_event > 1 && r.failed_event <= 4096);

	cfg.age.zone_bytes = r.bytes;
	assert_int_equal(
		survive_once(&cfg, &trace, &spec, &served, &event, why), 0);
	assert_true(served);
	cfg.age.zone_bytes -= PAGE_SIZE;
	assert_int_equal(
		survive_once(&cfg, &trace, &spec, &served, &event, why), 0);
	assert_false(served);
	assert_int_equal(event, r.failed_event);

	/* A pool too small, and a machine too small for its pool. */
	assert_int_equal(l2_spec_parse("genalloc:tables=256", &spec, why,
				       sizeof(why)),
			 0);
	assert_int_equal(survive_least(&cfg, &trace, &spec, &r, why), 0);
	assert_false(r.found);
	assert_int_equal(r.failed_event, 257);
	cfg.age.zone_bytes = 64 * PAGE_SIZE;
	assert_int_equal(
		survive_once(&cfg, &trace, &spec, &served, &event, why), 0);
	assert_false(served);
	assert_int_equal(event, 0);
	trace_free(&trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_survive__finds),
		cmocka_unit_test(test_survive__none),
		cmocka_unit_test(test_survive__contradictions),
		cmocka_unit_test(test_survive__errors),
		cmocka_unit_test(test_survive__models),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
