// SPDX-License-Identifier: GPL-2.0-only
/*
 * What compare is made of, without memory at any place: an error, or all that
 * there is to say. What it says is judged in test_cli_compare.py.
 */
#include "inject.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "comparison.h"
#include "json_rows.h"
#include "likeness.h"
#include "output_fixture.h"

#define NR_PROCESSES 8

static const char header[] =
	"strategy,workload,ranked,reference,l2_tables_peak,l2_tables_end,"
	"held_bytes_start,held_bytes_peak,held_bytes_end,overhead_ratio_peak,"
	"alloc_ns_mean,alloc_ns_mean_low,alloc_ns_mean_high,alloc_ns_p99,"
	"map_ns_mean,unmap_ns_mean,alloc_failures,dirty_tables,"
	"first_dirty_alloc,leaked_bytes\n";

static const char environment[] =
	"{\"schema_version\": 2, \"environment\": {\"compiler\": \"%s\"},"
	" \"plan\": {\"strategies\": [{\"label\": \"a\", \"models\": \"m\"}]},"
	" \"cells\": [{\"workload\": \"w\", \"ias\": 32}]}";

static void add(struct verdicts *v, const char *a, const char *b, double log)
{
	struct sample s = { .strategy = a,
			    .workload = "w",
			    .metric = "table_log_ratio",
			    .unit = RATIO_UNIT,
			    .count = 1,
			    .versus = b };
	char why[OUTPUT_WHY_SIZE];

	for (s.process = 1; s.process <= NR_PROCESSES; s.process++) {
		s.value = log + 1e-4 * s.process;
		assert_int_equal(verdicts_add(v, &s, why), 0);
	}
}

/* Strategy a takes e^log as long as null; held differs with it. */
static struct result_files example(double log, const char *compiler)
{
	struct result_files r = { .threshold = PAIRED_THRESHOLD };
	char text[2048], why[OUTPUT_WHY_SIZE];

	snprintf(text, sizeof(text),
		 "%sa,w,yes,b,4,4,0,%.0f,8,1,5,4,6,7,8,9,0,0,,0\n"
		 "b,w,yes,b,4,4,0,4096,8,1,5,4,6,7,8,9,0,0,,0\n"
		 "null,w,no,b,4,4,0,4096,8,1,5,4,6,7,8,9,0,0,,0\n",
		 header, 4096 + log * 4096);
	assert_int_equal(
		csv_table_parse("s", text, strlen(text), &r.summary, why), 0);
	snprintf(text, sizeof(text), environment, compiler);
	r.json = json_loads(text, 0, NULL);
	assert_non_null(r.json);
	assert_int_equal(verdicts_create(r.threshold, &r.verdicts), 0);
	add(r.verdicts, "a", "null", log);
	add(r.verdicts, "a", "b", log - .25);
	add(r.verdicts, "b", "null", .25);
	add(r.verdicts, "b", "b", 0);
	assert_int_equal(verdicts_judge(r.verdicts), 0);
	return r;
}

/* jansson's memory: the nth call fails, and all after it. */
static struct {
	unsigned calls, fail;
} json_memory;

static void *json_malloc(size_t size)
{
	json_memory.calls++;
	return json_memory.fail && json_memory.calls >= json_memory.fail
		       ? NULL
		       : malloc(size);
}

/* Runs what until nothing fails: our memory, if it takes any, and jansson's. */
static void sweep(int (*what)(void *ctx), void *ctx)
{
	unsigned n, fired;
	int err = -ENOMEM;

	for (n = 1;; n++) {
		inject_arm(INJECT_FAIL, n, ENOMEM, true);
		err = what(ctx);
		fired = inject_disarm();
		if (fired < n)
			break;
		assert_true(!err || err == -ENOMEM);
	}
	assert_int_equal(err, 0);
	for (n = 1;; n++) {
		json_memory.calls = 0;
		json_memory.fail = n;
		err = what(ctx);
		json_memory.fail = 0;
		if (json_memory.calls < n)
			break;
		assert_int_equal(err, -ENOMEM);
	}
	assert_int_equal(err, 0);
	assert_true(n > 10);
}

static int find_change(void *ctx)
{
	struct result_files *r = ctx;
	char why[OUTPUT_WHY_SIZE];
	struct change c;
	int err = change_find(&r[0], &r[1], &c, why);

	if (err)
		return err;
	assert_int_equal(c.nr_cells, 3);
	assert_int_equal(c.nr_different, 1);
	assert_int_equal(json_array_size(c.rows), 3);
	change_fini(&c);
	return 0;
}

static void test_change(void **state)
{
	struct result_files r[] = { example(.5, "gcc"), example(1, "gcc") };
	struct change c;
	char why[OUTPUT_WHY_SIZE];
	struct memory m;

	(void)state;
	sweep(find_change, r);
	assert_int_equal(change_find(&r[0], &r[1], &c, why), 0);
	assert_int_equal(c.nr_verdicts[PAIRED_WORSE], 1);
	assert_int_equal(c.nr_verdicts[PAIRED_UNKNOWN], 1);
	assert_int_equal(json_rows_csv(c.rows, change_columns, open_memory(&m)),
			 0);
	check_memory(&m, "workload,strategy,figure,kind,against,was,is,change,"
			 "low,high,floor,verdict\n"
			 "w,a,held_bytes_peak,exact,,6144,8192,,,,,differs\n"
			 "w,a,table_ratio,timed,null,1.6495,2.7195,1.6487,"
			 "1.6479,1.6495,0.0007,worse\n"
			 "w,b,table_ratio,timed,null,1.2846,1.2846,1,0.9995,"
			 "1.0005,0.0007,~\n");
	change_fini(&c);
	result_files_fini(&r[0]);
	result_files_fini(&r[1]);
}

static int make_rows(void *ctx)
{
	char why[OUTPUT_WHY_SIZE];
	json_t *rows;
	int err = comparison_rows(ctx, &rows, why);

	if (err)
		return err;
	assert_int_equal(json_array_size(rows), 3);
	json_decref(rows);
	return 0;
}

static void test_rows(void **state)
{
	struct result_files r = example(.5, "gcc");

	(void)state;
	sweep(make_rows, &r);
	result_files_fini(&r);
}

static void count(void *ctx, const char *line)
{
	assert_string_equal(line, "compiler was gcc, is clang");
	++*(int *)ctx;
}

static int compare_likeness(void *ctx)
{
	struct result_files *r = ctx;
	char why[OUTPUT_WHY_SIZE];
	int nr = 0;
	int got = likeness_compare(r[0].json, r[1].json, LIKENESS_ALL, count,
				   &nr, why);

	if (got < 0)
		return got;
	assert_int_equal(got, 1);
	assert_int_equal(nr, 1);
	return 0;
}

static void test_likeness(void **state)
{
	struct result_files r[] = { example(.5, "gcc"), example(.5, "clang") };

	(void)state;
	for (json_memory.fail = 1;; json_memory.fail++) {
		int err;

		json_memory.calls = 0;
		err = compare_likeness(r);
		if (json_memory.calls < json_memory.fail) {
			assert_int_equal(err, 0);
			break;
		}
		assert_int_equal(err, -ENOMEM);
	}
	assert_true(json_memory.fail > 10);
	json_memory.fail = 0;
	result_files_fini(&r[0]);
	result_files_fini(&r[1]);
}

static void test_full_disk(void **state)
{
	struct result_files r[] = { example(.5, "gcc"), example(1, "gcc") };
	FILE *out = fopen("/dev/full", "w");
	char why[OUTPUT_WHY_SIZE];
	struct change c;

	(void)state;
	assert_non_null(out);
	setvbuf(out, NULL, _IONBF, 0);
	assert_int_equal(comparison_print(&r[0], TABLE_TEXT, false, out, why),
			 -EIO);
	assert_int_equal(change_find(&r[0], &r[1], &c, why), 0);
	assert_int_equal(change_print(&c, TABLE_TEXT, false, out), -EIO);
	assert_true(json_rows_csv(c.rows, change_columns, out) < 0);
	change_fini(&c);
	fclose(out);
	result_files_fini(&r[0]);
	result_files_fini(&r[1]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_likeness),
		cmocka_unit_test(test_full_disk),
	};

	json_set_alloc_funcs(json_malloc, free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
