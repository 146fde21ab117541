// SPDX-License-Identifier: GPL-2.0-only
/*
 * What two revisions' values become: verdicts, counts, sentence, columns.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ab_ci.h"
#include "mm_types.h"

#define N 12

static struct ab_judgement judgement(double head, double noise)
{
	double x[N], aa[N];
	struct ab_judgement ret;

	for (unsigned i = 0; i < N; i++) {
		double sign = i % 2 ? 1 : -1;

		x[i] = head + sign * noise * (1 + i) / N;
		aa[i] = sign * noise * (1 + i) / N;
	}
	assert_int_equal(ab_judge(x, aa, N, 0.01, &ret), 0);
	return ret;
}

static struct ab_row row(double head, double noise)
{
	return (struct ab_row){
		.strategy = "page",
		.workload = "x86-drm",
		.metric = "event",
		.measured = true,
		.first = judgement(head, noise),
	};
}

static void test_judge(void **state)
{
	const double bad[2] = { 0, NAN };
	struct ab_judgement j;

	(void)state;
	j = judgement(0.05, 0.001);
	assert_int_equal(j.verdict, PAIRED_WORSE);
	assert_true(fabs(j.head.log_ratio - 0.05) < 0.001);
	assert_true(j.floor > 0 && j.floor < 0.002);
	assert_int_equal(judgement(-0.05, 0.001).verdict, PAIRED_BETTER);
	/* Within the threshold; within what base says of itself. */
	assert_int_equal(judgement(0.005, 0.001).verdict, PAIRED_UNKNOWN);
	assert_int_equal(judgement(0.05, 0.2).verdict, PAIRED_UNKNOWN);
	assert_int_equal(ab_judge(bad, bad, 2, 0.01, &j), -EINVAL);
	assert_int_equal(ab_judge(bad, bad, 0, 0.01, &j), -ENODATA);
	/* Too few for an interval: no floor, no verdict. */
	assert_int_equal(
		ab_judge((double[]){ 1 }, (double[]){ 0 }, 1, 0.01, &j), 0);
	assert_true(j.floor < 0);
	assert_int_equal(j.verdict, PAIRED_UNKNOWN);
}

static void test_once_is_not_enough(void **state)
{
	struct ab_row r = row(0.05, 0.001);

	(void)state;
	assert_int_equal(ab_verdict(&r), PAIRED_UNKNOWN);
	assert_true(ab_inconclusive(&r, 0.01));
	r.asked_again = true;
	r.again = judgement(0.001, 0.002);
	assert_int_equal(ab_verdict(&r), PAIRED_UNKNOWN);
	assert_true(ab_inconclusive(&r, 0.01));
	r.again = judgement(-0.05, 0.001);
	assert_int_equal(ab_verdict(&r), PAIRED_UNKNOWN);
	r.again = judgement(0.04, 0.001);
	assert_int_equal(ab_verdict(&r), PAIRED_WORSE);
	assert_false(ab_inconclusive(&r, 0.01));
}

static void test_inconclusive(void **state)
{
	struct ab_row r = row(0, 0.001);

	(void)state;
	assert_false(ab_inconclusive(&r, 0.01));
	assert_true(ab_inconclusive(&r, 0));
	r = row(0, 0.1);
	assert_true(ab_inconclusive(&r, 0.01));
	/* Faster, if anything. */
	r = row(-0.2, 0.1);
	assert_false(ab_inconclusive(&r, 0.01));
	r = row(0, 0.001);
	r.first.head.has_interval = false;
	assert_true(ab_inconclusive(&r, 0.01));
	r.measured = false;
	assert_false(ab_inconclusive(&r, 0.01));
	assert_int_equal(ab_verdict(&r), PAIRED_UNKNOWN);
}

typedef int (*write_fn)(const struct ab_row *row, unsigned nr,
			const struct ab_summary *sum, FILE *out);

static int sentence(const struct ab_row *r, unsigned nr,
		    const struct ab_summary *sum, FILE *out)
{
	ab_sentence(r, nr, sum, out);
	return 0;
}

static int csv(const struct ab_row *r, unsigned nr,
	       const struct ab_summary *sum, FILE *out)
{
	(void)sum;
	return ab_write_csv(r, nr, out);
}

static int table(const struct ab_row *r, unsigned nr,
		 const struct ab_summary *sum, FILE *out)
{
	(void)sum;
	return ab_write_table(r, nr, TABLE_MARKDOWN, out);
}

static char *text_of(write_fn write, const struct ab_row *r, unsigned nr)
{
	struct ab_summary sum = { .threshold = 0.01,
				  .base = "old",
				  .head = "new" };
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	ab_summarise(r, nr, &sum);
	assert_int_equal(sum.nr_measured + sum.nr_not_measured, nr);
	assert_int_equal(write(r, nr, &sum, f), 0);
	fclose(f);
	return text;
}

static void says(write_fn write, const struct ab_row *r, unsigned nr,
		 const char *expected)
{
	char *text = text_of(write, r, nr);

	assert_string_equal(text, expected);
	free(text);
}

static void test_sentence(void **state)
{
	struct ab_row r[5] = {
		row(0, 0.0001),	  row(-0.05, 0.001),   row(0.05, 0.001),
		row(0.0, 0.0001), row(0.0953, 0.0001),
	};

	(void)state;
	says(sentence, r, 1,
	     "no regression found: new against old in 1 figure.\n");
	says(sentence, r, 2,
	     "no regression found: new against old in 2 figures; faster in 1.\n");
	r[2].asked_again = true;
	r[2].again = judgement(0, 0.001);
	says(sentence, r, 3,
	     "no regression found: new against old in 3 figures; faster in 1; 1 looked slower once and was not found again; in 1 a slowdown beyond 1 % is not ruled out.\n");
	r[3].measured = false;
	says(sentence, &r[3], 1,
	     "no regression found: new against old in 0 figures; 1 could not be measured.\n");
	r[2].again = r[2].first;
	r[4].asked_again = true;
	r[4].again = judgement(0.0862, 0.0001);
	r[4].strategy = "genalloc";
	says(sentence, r, 5,
	     "regression confirmed: new is slower than old in 2 of 4 figures, most in genalloc, x86-drm, event: 1.100 times, found again 1.090 times; faster in 1; 1 could not be measured.\n");
}

static void test_csv(void **state)
{
	struct ab_row r[2] = { row(0, 0), row(0, 0) };
	struct csv_table t;
	char why[OUTPUT_WHY_SIZE], *text;
	unsigned i;

	(void)state;
	r[1].measured = false;
	r[0].first = judgement(0.0953, 0.0001);
	r[0].asked_again = true;
	r[0].again = r[0].first;
	text = text_of(csv, r, 2);
	assert_int_equal(csv_table_parse("ab", text, strlen(text), &t, why), 0);
	free(text);
	assert_int_equal(t.nr_rows, 2);
	for (i = 0; ab_columns[i]; i++)
		assert_string_equal(t.name[i], ab_columns[i]);
	assert_int_equal(t.nr_columns, i);
	assert_string_equal(csv_cell(&t, 0, i - 1), "worse");
	assert_string_equal(csv_cell(&t, 1, i - 1), "-");
	assert_int_equal(atoi(csv_cell(&t, 0, 3)), N);
	assert_true(fabs(atof(csv_cell(&t, 0, 4)) - 1.1) < 0.001);
	for (i = 3; i < t.nr_columns - 1; i++) {
		assert_string_not_equal(csv_cell(&t, 0, i), "");
		assert_string_equal(csv_cell(&t, 1, i), "");
	}
	csv_table_fini(&t);
}

static void test_ci(void **state)
{
	struct ab_row r[14] = { row(0, 0.0001), row(0.05, 0.001), row(0, 0) };
	char *text;
	unsigned i, nr = 0;

	(void)state;
	r[2].measured = false;
	r[2].strategy = "<a&\"b'>,c:d%";
	says(ab_write_junit, r, 3,
	     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	     "<testsuites>\n <testsuite name=\"v7sbench ab\" tests=\"3\" failures=\"0\" errors=\"0\" skipped=\"1\">\n"
	     "  <testcase classname=\"x86-drm\" name=\"page event\"></testcase>\n"
	     "  <testcase classname=\"x86-drm\" name=\"page event\"><system-out>cannot tell: a slowdown beyond 1 % is not ruled out</system-out></testcase>\n"
	     "  <testcase classname=\"x86-drm\" name=\"&lt;a&amp;&quot;b'&gt;,c:d% event\"><skipped message=\"could not be measured\"/></testcase>\n"
	     " </testsuite>\n</testsuites>\n");
	says(ab_annotate, r, 3, "");
	for (i = 0; i < 14; i++) {
		r[i] = row(0.0953, 0.0001);
		r[i].asked_again = true;
		r[i].again = judgement(0.0862, 0.0001);
	}
	r[0].strategy = "a:b,c%";
	text = text_of(ab_annotate, r, 14);
	for (char *at = text; (at = strstr(at, "::error title=")); at++)
		nr++;
	assert_int_equal(nr, 10);
	assert_ptr_equal(
		strstr(text,
		       "::error title=slower%3A a%3Ab%2Cc%25 on x86-drm%2C event::head takes 1.100 times as long as base ("),
		text);
	assert_non_null(strstr(
		text,
		"\n::notice title=v7sbench ab::4 more slowdowns, 14 in all\n"));
	free(text);
}

static void test_json_and_table(void **state)
{
	struct ab_row r[2] = { row(0.0953, 0.0001), row(0, 0.001) };
	json_t *root, *figures;
	json_error_t error;
	char *text;

	(void)state;
	r[0].asked_again = true;
	r[0].again = r[0].first;
	text = text_of(ab_write_json, r, 2);
	root = json_loads(text, 0, &error);
	assert_non_null(root);
	free(text);
	figures = json_object_get(root, "figures");
	assert_int_equal(json_array_size(figures), 2);
	assert_true(json_is_true(json_object_get(root, "regression")));
	assert_string_equal(json_string_value(json_object_get(root, "head")),
			    "new");
	figures = json_array_get(figures, 1);
	assert_int_equal(
		json_integer_value(json_object_get(figures, "processes")), N);
	assert_true(json_is_null(json_object_get(figures, "again_p")));
	assert_string_equal(
		json_string_value(json_object_get(figures, "verdict")), "~");
	json_decref(root);
	text = text_of(table, r, 2);
	assert_non_null(strstr(text, "| worse"));
	assert_non_null(strstr(text, "| ~"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_once_is_not_enough),
		cmocka_unit_test(test_inconclusive),
		cmocka_unit_test(test_sentence),
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_ci),
		cmocka_unit_test(test_json_and_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
