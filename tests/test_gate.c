// SPDX-License-Identifier: GPL-2.0-only
/*
 * The gate: which differences it finds, in which order and how near
 * instructions must be, and that what it writes for other programs cannot be
 * broken by a name. And rows of instruction counts.
 */
#include "gate.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <cmocka.h>

#include "columns.h"
#include "gate_report.h"
#include "l2_strategy.h"
#include "github.h"
#include "insn.h"
#include "junit.h"
#include "output_fixture.h"

#define INSN_HEADER \
	"strategy,workload,counted_by,reason,events,table_ops,event_insn,table_insn\n"

static void parse(const char *text, struct csv_table *ret)
{
	char why[OUTPUT_WHY_SIZE] = "";

	if (csv_table_parse("test", text, strlen(text), ret, why))
		fail_msg("%s", why);
}

/* A row: strategy and workload, and the one column that is not "1". */
struct row {
	const char *strategy, *workload;
	const char *column, *value;
};

static void make_summary(const struct row *row, size_t nr,
			 struct csv_table *ret)
{
	const struct column *col;
	struct memory m;
	struct csv_writer w;

	csv_writer_init(&w, open_memory(&m));
	for (col = columns; col->name; col++)
		if (col->kind <= COLUMN_EXACT)
			csv_put_text(&w, col->name);
	csv_end_row(&w);
	for (; nr; nr--, row++) {
		for (col = columns; col->name; col++) {
			if (col->kind > COLUMN_EXACT)
				continue;
			if (!strcmp(col->name, "strategy"))
				csv_put_text(&w, row->strategy);
			else if (!strcmp(col->name, "workload"))
				csv_put_text(&w, row->workload);
			else if (row->column && !strcmp(col->name, row->column))
				csv_put_text(&w, row->value);
			else
				csv_put_text(&w, "1");
		}
		csv_end_row(&w);
	}
	assert_int_equal(w.error, 0);
	assert_int_equal(fclose(m.out), 0);
	parse(m.text, ret);
	free(m.text);
}

static const struct row page = { "page", "w", NULL, NULL };

/* One cell on both sides, with these counts. */
static void compare_insn(const char *before, const char *after, unsigned ppm,
			 struct gate_report *ret)
{
	struct csv_table summary, was = { 0 }, is = { 0 };
	const struct gate_side b = { &summary, before ? &was : NULL };
	const struct gate_side a = { &summary, after ? &is : NULL };
	char text[1000], why[OUTPUT_WHY_SIZE];

	make_summary(&page, 1, &summary);
	if (before) {
		snprintf(text, sizeof(text), INSN_HEADER "%s", before);
		parse(text, &was);
	}
	if (after) {
		snprintf(text, sizeof(text), INSN_HEADER "%s", after);
		parse(text, &is);
	}
	assert_int_equal(gate_compare(&b, &a, ppm, ret, why), 0);
	/* Texts of the tables are not to be looked at any more. */
	csv_table_fini(&summary);
	csv_table_fini(&was);
	csv_table_fini(&is);
}

static void test_instructions_within_a_thousandth(void **state)
{
	static const struct {
		const char *was, *is;
		unsigned nr_worse, nr_better;
	} step[] = {
		{ "1000000", "1000000", 0, 0 },
		{ "1000000", "1001000", 0, 0 },
		{ "1000000", "1001001", 1, 0 },
		{ "1000000", "999000", 0, 0 },
		{ "1000000", "998999", 0, 1 },
		{ "1000", "1001", 0, 0 },
		{ "1000", "1002", 1, 0 },
		{ "999", "1000", 1, 0 },
		{ "0", "0", 0, 0 },
		{ "0", "1", 1, 0 },
		{ "123456789012000", "123580245801012", 0, 0 },
		{ "123456789012000", "123580245801013", 1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(step); i++) {
		/* Each of the two columns by itself. */
		for (unsigned k = 0; k < 2; k++) {
			struct gate_report r;
			char was[200], is[200];

			snprintf(was, sizeof(was), "page,w,tool,,5,4,%s,%s\n",
				 k ? "77" : step[i].was,
				 k ? step[i].was : "77");
			snprintf(is, sizeof(is), "page,w,tool,,5,4,%s,%s\n",
				 k ? "77" : step[i].is, k ? step[i].is : "77");
			compare_insn(was, is, GATE_TOLERANCE_PPM, &r);
			assert_int_equal(r.nr_by[GATE_WORSE], step[i].nr_worse);
			assert_int_equal(r.nr_by[GATE_BETTER],
					 step[i].nr_better);
			assert_int_equal(r.nr_findings,
					 step[i].nr_worse + step[i].nr_better);
			assert_int_equal(r.nr_insn, 1);
			assert_int_equal(r.nr_insn_skipped, 0);
			assert_false(gate_inconclusive(&r));
			if (r.nr_findings)
				assert_string_equal(r.finding[0].column,
						    k ? "table_insn"
						      : "event_insn");
			gate_report_fini(&r);
		}
	}
}

/* A library's may differ more, unless nothing may. */
static void test_instructions_of_a_library(void **state)
{
	const struct row row = { "jemalloc", "w", NULL, NULL };
	struct csv_table summary, was, is;
	const struct gate_side b = { &summary, &was }, a = { &summary, &is };
	char why[OUTPUT_WHY_SIZE];
	struct gate_report r;
	struct l2_spec spec;

	(void)state;
	if (l2_spec_parse(row.strategy, &spec, why, sizeof(why)))
		skip();
	assert_int_equal(spec.ops->insn_noise_ppm, 10000);
	make_summary(&row, 1, &summary);
	parse(INSN_HEADER "jemalloc,w,t,,5,4,1000000,100000\n", &was);
	parse(INSN_HEADER "jemalloc,w,t,,5,4,1010000,101001\n", &is);
	assert_int_equal(gate_compare(&b, &a, GATE_TOLERANCE_PPM, &r, why), 0);
	assert_int_equal(r.nr_findings, 1);
	assert_string_equal(r.finding[0].column, "table_insn");
	gate_report_fini(&r);
	assert_int_equal(gate_compare(&b, &a, 0, &r, why), 0);
	assert_int_equal(r.nr_findings, 2);
	gate_report_fini(&r);
	csv_table_fini(&summary);
	csv_table_fini(&was);
	csv_table_fini(&is);
}

static void test_no_tolerance(void **state)
{
	struct gate_report r;

	(void)state;
	compare_insn("page,w,t,,5,4,1000000,7\n", "page,w,t,,5,4,1000001,7\n",
		     0, &r);
	assert_int_equal(r.nr_by[GATE_WORSE], 1);
	gate_report_fini(&r);
}

static void test_instructions_of_one_tool_only(void **state)
{
	static const struct {
		const char *was, *is, *reason;
	} pair[] = {
		{ NULL, "page,w,a,,5,4,9,9\n", "the baseline has no insn.csv" },
		{ "page,w,a,,5,4,9,9\n", NULL, "the result has no insn.csv" },
		{ "null,w,a,,5,4,9,9\n", "page,w,a,,5,4,9,9\n",
		  "the baseline has no count of it" },
		{ "page,w,a,,5,4,9,9\n", "page,x,a,,5,4,9,9\n",
		  "the result has no count of it" },
		{ "page,w,a,,5,4,9,9\n", "page,w,b,,5,4,9000,9\n",
		  "the baseline was counted by a, the result by b" },
		{ "page,w,a,,5,4,9,9\n", "page,w,a,,6,4,9000,9\n",
		  "another number of operations was counted" },
		{ "page,w,a,,5,4,9,9\n", "page,w,a,,5,3,9000,9\n",
		  "another number of operations was counted" },
		{ "page,w,a,,5,4,9,9\n", "page,w,,no valgrind,,,,\n",
		  "no valgrind" },
		{ "page,w,,no valgrind,,,,\n", "page,w,a,,5,4,9,9\n",
		  "no valgrind" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pair); i++) {
		struct gate_report r;

		compare_insn(pair[i].was, pair[i].is, GATE_TOLERANCE_PPM, &r);
		assert_int_equal(r.nr_findings, 0);
		assert_int_equal(r.nr_insn, 0);
		assert_int_equal(r.nr_insn_skipped, 1);
		assert_true(gate_inconclusive(&r));
		/* Those that are the gate's own text. */
		if (!strstr(pair[i].reason, "valgrind"))
			assert_string_equal(r.cell[0].insn_skipped,
					    pair[i].reason);
		gate_report_fini(&r);
	}
}

static void test_worst_first(void **state)
{
	static const struct row was[] = {
		{ "page", "same", NULL, NULL },
		{ "page", "less", "held_bytes_peak", "100" },
		{ "page", "more", "held_bytes_peak", "100" },
		{ "page", "much", "held_bytes_peak", "100" },
		{ "page", "digest", "digest", "abc" },
		{ "page", "zero", "alloc_failures", "0" },
		{ "page", "empty", "first_dirty_alloc", "" },
		{ "page", "events", "events", "10" },
		{ "page", "gone", NULL, NULL },
		{ "not_built", "gone", NULL, NULL },
	};
	static const struct row is[] = {
		{ "page", "fresh", NULL, NULL },
		{ "page", "events", "events", "9" },
		{ "page", "empty", NULL, NULL },
		{ "page", "zero", "alloc_failures", "3" },
		{ "page", "digest", "digest", "abd" },
		{ "page", "much", "held_bytes_peak", "200" },
		{ "page", "more", "held_bytes_peak", "101" },
		{ "page", "less", "held_bytes_peak", "50" },
		{ "page", "same", NULL, NULL },
	};
	static const char *const order[] = {
		"gone cell only in the baseline",
		"fresh cell only in the result",
		"zero alloc_failures was 0, is 3 (from 0)",
		"much held_bytes_peak was 100, is 200 (+100.00 %)",
		"more held_bytes_peak was 100, is 101 (+1.00 %)",
		"events events was 10, is 9 (-10.00 %)",
		"digest digest was abc, is abd",
		"empty first_dirty_alloc was empty, is 1",
		"less held_bytes_peak was 100, is 50 (-50.00 %)",
	};
	struct csv_table before, after;
	const struct gate_side b = { &before, NULL }, a = { &after, NULL };
	char why[OUTPUT_WHY_SIZE];
	struct gate_report r;

	(void)state;
	make_summary(was, ARRAY_SIZE(was), &before);
	make_summary(is, ARRAY_SIZE(is), &after);
	assert_int_equal(gate_compare(&b, &a, 0, &r, why), 0);
	assert_int_equal(r.nr_findings, ARRAY_SIZE(order));
	assert_int_equal(r.nr_compared, 8);
	assert_int_equal(r.nr_skipped, 1);
	assert_int_equal(r.nr_cells, 11);
	for (size_t i = 0; i < r.nr_findings; i++) {
		char *text = gate_finding_text(&r.finding[i]), line[200];

		snprintf(line, sizeof(line), "%s %s",
			 r.cell[r.finding[i].cell].workload, text);
		assert_string_equal(line, order[i]);
		free(text);
	}
	gate_report_fini(&r);
	csv_table_fini(&before);
	csv_table_fini(&after);
}

static void test_what_is_missing_is_named(void **state)
{
	struct csv_table summary, other, insn;
	const struct gate_side good = { &summary, NULL };
	const struct gate_side lone = { &other, NULL };
	const struct gate_side bad = { &summary, &insn };
	char why[OUTPUT_WHY_SIZE];
	struct gate_report r;

	(void)state;
	make_summary(&page, 1, &summary);
	parse("strategy,workload\npage,w\n", &other);
	assert_int_equal(gate_compare(&good, &lone, 0, &r, why), -EINVAL);
	assert_string_equal(why, "result: no column 'events'");
	assert_int_equal(gate_compare(&lone, &good, 0, &r, why), -EINVAL);
	assert_string_equal(why, "baseline: no column 'events'");
	parse("strategy,workload\npage,w\n", &insn);
	assert_int_equal(gate_compare(&bad, &good, 0, &r, why), -EINVAL);
	assert_string_equal(why, "baseline: insn.csv: no column 'counted_by'");
	csv_table_fini(&other);
	make_summary(&(struct row){ "page", "x", NULL, NULL }, 1, &other);
	assert_int_equal(gate_compare(&good, &lone, 0, &r, why), -EINVAL);
	assert_string_equal(why, "no cell in common");
	csv_table_fini(&other);
	csv_table_fini(&insn);
	csv_table_fini(&summary);
}

/* A name that is no column would be compared with nothing. */
static void test_less_is_better_names_columns(void **state)
{
	unsigned nr = 0;

	(void)state;
	for (const char *const *name = gate_less_is_better; *name; name++) {
		const struct column *col = columns;

		while (col->name && strcmp(col->name, *name))
			col++;
		if (!strstr(*name, "_insn")) {
			assert_non_null(col->name);
			assert_int_equal(col->kind, COLUMN_EXACT);
			nr++;
		}
	}
	assert_true(nr > 10);
}

static void test_names_cannot_break_a_format(void **state)
{
	struct memory m;

	(void)state;
	junit_put_text("a<b>&\"c\n\t\r\x01\xc3\xa9]]>'", open_memory(&m));
	check_memory(&m, "a&lt;b&gt;&amp;&quot;c&#10;&#9;&#13;???]]&gt;'");
	github_put_message("50 %: a,b\r\n::error::x", open_memory(&m));
	check_memory(&m, "50 %25: a,b%0D%0A::error::x");
	github_put_property("50 %: a,b\r\n::", open_memory(&m));
	check_memory(&m, "50 %25%3A a%2Cb%0D%0A%3A%3A");
}

static void test_annotations_are_few(void **state)
{
	(void)state;
	for (unsigned nr = 9; nr < 13; nr++) {
		struct gate_cell cell = { "w", "s", nr, NULL, NULL };
		struct gate_finding finding[13];
		struct gate_report r = { .cell = &cell,
					 .nr_cells = 1,
					 .finding = finding,
					 .nr_findings = nr };
		unsigned errors = 0, notices = 0;
		struct memory m;
		char *line, *rest;

		for (unsigned i = 0; i < nr; i++)
			finding[i] = (struct gate_finding){ GATE_OTHER, 0,
							    "events",	"1",
							    "2",	NAN };
		assert_int_equal(github_annotate(&r, open_memory(&m)), 0);
		assert_int_equal(fclose(m.out), 0);
		rest = m.text;
		while ((line = strsep(&rest, "\n"))) {
			errors += !strncmp(line, "::error title=", 14);
			notices += !strncmp(line, "::notice title=", 15);
		}
		assert_int_equal(errors, nr < 10 ? nr : 10);
		assert_int_equal(notices, nr > 10);
		free(m.text);
	}
}

static void test_dumps_of_callgrind(void **state)
{
	static const struct {
		const char *text;
		int err;
		uint64_t instructions, branches;
	} dump[] = {
		{ "events: Ir\ntotals: 12\n", 0, 12, 0 },
		{ "a\nevents: Ir Bc Bcm Bi Bim\nsummary: 0\ntotals: 100 20 3 4 1\n",
		  0, 100, 24 },
		{ "events: Bi  Ir Bc\ntotals: 4 100 20\n", 0, 100, 24 },
		{ "events: Irx Ir\ntotals: 7 8\n", 0, 8, 0 },
		{ "events: Ir Bc\ntotals: 100\n", 0, 100, 0 },
		{ "events: Ir\n", -EINVAL, 0, 0 },
		{ "totals: 5\n", -EINVAL, 0, 0 },
		{ "events: Ir\ntotals: 0\n", -EINVAL, 0, 0 },
		{ "events: Ir\ntotals: x\n", -EINVAL, 0, 0 },
		{ "", -EINVAL, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(dump); i++) {
		struct insn_count count = { 0, 0 };

		assert_int_equal(insn_read_dump(dump[i].text, &count),
				 dump[i].err);
		if (dump[i].err)
			continue;
		assert_int_equal(count.instructions, dump[i].instructions);
		assert_int_equal(count.branches, dump[i].branches);
	}
}

static void test_calls_in_a_dump(void **state)
{
	static const char head[] = "events: Ir Bc\n";
	static const char first[] = "fn=loop\n7 3 1\ncfi=a.c\ncfn=map\n"
				    "calls=2 40\n7 50 6\n";
	static const char more[] = "cfn=map_table\ncalls=1 50\n8 900 6\n"
				   "cfn=map\ncalls=3 40\n9 70\n";
	static const struct {
		const char *text[3];
		int err;
		uint64_t n, instructions;
	} dump[] = {
		{ { head, first, more }, 0, 5, 120 },
		{ { head, more }, 0, 3, 70 },
		{ { "events: Bc Ir\n", first }, 0, 2, 6 },
		{ { head }, 0, 0, 0 },
		{ { first }, -EINVAL, 0, 0 },
		{ { head, "cfn=map" }, 0, 0, 0 },
		{ { head, "cfn=map\n" }, -EINVAL, 0, 0 },
		{ { head, "cfn=map\ncalls=2 40\n" }, -EINVAL, 0, 0 },
		{ { head, "cfn=map\ncalls=2 40\n7\n" }, -EINVAL, 0, 0 },
		{ { head, "cfn=map\n7 50\n7 50\n" }, -EINVAL, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(dump); i++) {
		struct insn_calls calls = { 1, 1 };
		char text[400] = "";

		for (unsigned k = 0; k < 3 && dump[i].text[k]; k++)
			strcat(text, dump[i].text[k]);
		assert_int_equal(insn_read_calls(text, "map", &calls),
				 dump[i].err);
		assert_int_equal(calls.n, dump[i].err ? 1 : dump[i].n);
		assert_int_equal(calls.instructions,
				 dump[i].err ? 1 : dump[i].instructions);
	}
}

static void test_rows_of_counts(void **state)
{
	const struct insn_row row[] = {
		{ .strategy = "a",
		  .workload = "w",
		  .counted = true,
		  .nr_events = 4,
		  .events = { 10, 2 },
		  .table = { 3, 1 },
		  .tool = "perf",
		  .counted_by = "perf; gcc",
		  .reason = "" },
		{ .strategy = "b",
		  .workload = "w",
		  .tool = "",
		  .counted_by = "",
		  .reason = "no, nothing" },
	};
	struct memory m;

	(void)state;
	assert_int_equal(insn_write_csv(row, 2, open_memory(&m)), 0);
	check_memory(
		&m,
		"strategy,workload,events,table_ops,event_insn,event_branches,table_insn,table_branches,event_insn_mean,event_branches_mean,table_insn_mean,table_branches_mean,tool,counted_by,reason\n"
		"a,w,4,0,10,2,3,1,2.5,0.5,,,perf,perf; gcc,\n"
		"b,w,,,,,,,,,,,,,\"no, nothing\"\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_instructions_within_a_thousandth),
		cmocka_unit_test(test_no_tolerance),
		cmocka_unit_test(test_instructions_of_a_library),
		cmocka_unit_test(test_instructions_of_one_tool_only),
		cmocka_unit_test(test_worst_first),
		cmocka_unit_test(test_what_is_missing_is_named),
		cmocka_unit_test(test_less_is_better_names_columns),
		cmocka_unit_test(test_names_cannot_break_a_format),
		cmocka_unit_test(test_annotations_are_few),
		cmocka_unit_test(test_dumps_of_callgrind),
		cmocka_unit_test(test_calls_in_a_dump),
		cmocka_unit_test(test_rows_of_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
