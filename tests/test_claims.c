// SPDX-License-Identifier: GPL-2.0-only
/*
 * What claims are made of: the table's rows are whole, verdicts follow their
 * rule, and errors of the models come out. The figures: test_ledger.py.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "claim_lab.h"

static void test_claims__table(void **state)
{
	const struct claim *c, *d;
	unsigned nr = 0;

	(void)state;
	for (c = claims; c->id; c++, nr++) {
		assert_true(c->text && c->source && c->rule && c->run);
		assert_non_null(c->command[0]);
		assert_ptr_equal(claim_find(c->id), c);
		for (d = claims; d < c; d++)
			assert_string_not_equal(c->id, d->id);
	}
	assert_true(nr >= 11);
	assert_null(claim_find("C0"));
	assert_null(claim_find(""));
}

static bool everywhere, nowhere;

static void run_verdict(struct claim_lab *lab)
{
	lab_figure(lab, 7, "bytes", "of %s", "something");
	lab_verdict(lab, everywhere, nowhere, "%u is less than %u", 3, 4);
}

static void test_claims__verdicts(void **state)
{
	const struct claim claim = { .run = run_verdict };
	struct claim_result r;
	char why[CLAIM_WHY_SIZE];

	(void)state;
	everywhere = true;
	nowhere = false;
	assert_int_equal(claim_run(&claim, NULL, &r, why), 0);
	assert_int_equal(r.verdict, CLAIM_CONFIRMED);
	assert_string_equal(r.condition, "");
	assert_int_equal(r.nr_figures, 1);
	assert_int_equal(r.figure[0].value, 7);
	assert_string_equal(r.figure[0].name, "of something");
	everywhere = false;
	assert_int_equal(claim_run(&claim, NULL, &r, why), 0);
	assert_int_equal(r.verdict, CLAIM_ONLY_IF);
	assert_string_equal(r.condition, "3 is less than 4");
	nowhere = true;
	assert_int_equal(claim_run(&claim, NULL, &r, why), 0);
	assert_int_equal(r.verdict, CLAIM_REFUTED);
	assert_string_equal(r.condition, "");
}

static void run_bad_spec(struct claim_lab *lab)
{
	assert_int_equal(lab_held(lab, "nothing", 1, 1, "0"), 0);
	lab_held(lab, "page", 1, 1, "bad pattern");
}

static void run_bad_pattern(struct claim_lab *lab)
{
	assert_int_equal(lab_held(lab, "page", 1, 1, "pin0"), 0);
}

static void run_failing(struct claim_lab *lab)
{
	assert_int_equal(lab_held(lab, "genalloc:tables=4", 5, 1, "0"), 0);
}

static void run_failing_pattern(struct claim_lab *lab)
{
	assert_false(lab_fails(lab, 34, "genalloc:tables=4096", 4096, "0"));
	assert_true(lab_fails(lab, 34, "genalloc:tables=4096", 4097, "0"));
	assert_int_equal(lab->error, 0);
	assert_false(lab_fails(lab, 32, "page", 1, "pin0"));
}

static void run_bad_workload(struct claim_lab *lab)
{
	assert_int_equal(lab_replay(lab, "nothing", "page")->nr_events, 0);
}

static void run_bad_age(struct claim_lab *lab)
{
	assert_false(lab_survive(lab, "vdec_4k_20ref:profile=P0", "page", "p3")
			     .found);
}

static void run_bad_attr(struct claim_lab *lab)
{
	assert_int_equal(lab_attr(lab, "page", 1, "nothing"), 0);
}

static void run_many_figures(struct claim_lab *lab)
{
	for (unsigned i = 0; i <= CLAIM_MAX_FIGURES; i++)
		lab_figure(lab, i, "bytes", "one of many");
}

static const struct {
	void (*run)(struct claim_lab *lab);
	int error;
	const char *text;
} failing[] = {
	{ run_bad_spec, -EINVAL, "nothing: " },
	{ run_bad_pattern, -EINVAL, "pin0: no pattern" },
	{ run_failing, -ENOSPC, "genalloc:tables=4: an allocation failed" },
	{ run_failing_pattern, -EINVAL, "pin0: no pattern" },
	{ run_bad_workload, -ENOENT, "nothing: unknown workload 'nothing'" },
	{ run_bad_age, -EINVAL, "p3: no state of memory" },
	{ run_bad_attr, -ENOENT, "nothing: No such file or directory" },
	{ run_many_figures, -ENOSPC, "one of many: one figure too many" },
};

/* The first error comes out, with nothing written. */
static void test_claims__errors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(failing); i++) {
		const struct claim claim = { .run = failing[i].run };
		struct claim_result r = { .nr_figures = 77 };
		char why[CLAIM_WHY_SIZE] = "";

		assert_int_equal(claim_run(&claim, NULL, &r, why),
				 failing[i].error);
		if (strncmp(why, failing[i].text, strlen(failing[i].text)))
			fail_msg("'%s' is not '%s'", why, failing[i].text);
		assert_int_equal(r.nr_figures, 77);
	}
}

static void test_claims__stop(void **state)
{
	volatile sig_atomic_t stop = 1;
	struct claim_result r = { .nr_figures = 77 };
	char why[CLAIM_WHY_SIZE];

	(void)state;
	for (const struct claim *c = claims; c->id; c++)
		assert_int_equal(claim_run(c, &stop, &r, why), -EINTR);
	assert_int_equal(r.nr_figures, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_claims__table),
		cmocka_unit_test(test_claims__verdicts),
		cmocka_unit_test(test_claims__errors),
		cmocka_unit_test(test_claims__stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
