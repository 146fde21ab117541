// SPDX-License-Identifier: GPL-2.0-only
/*
 * Verdicts from samples: what is taken, what is passed over, what is refused
 * and where; both ways round; floors of twins; cells and their columns.
 */
#include "inject.h"
#include "mm_fixture.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "columns.h"
#include "l2_strategy.h"
#include "verdicts.h"

#define HEADER \
	"source,strategy,workload,process,rep,metric,unit,value,count,versus\n"

static int add_text(struct verdicts *v, const char *text, char *why)
{
	struct csv_table t;
	int err;

	assert_int_equal(csv_table_parse("s", text, strlen(text), &t, why), 0);
	err = verdicts_add_table(v, &t, why);
	csv_table_fini(&t);
	return err;
}

/* n processes, about value each. */
static void add(struct verdicts *v, const char *workload, const char *metric,
		const char *a, const char *b, double value, unsigned n)
{
	char why[OUTPUT_WHY_SIZE];
	struct sample s = { "v7sbench", a,	    workload, 0, 0,
			    metric,	RATIO_UNIT, value,    1, b };

	for (s.process = 1; s.process <= n; s.process++) {
		s.value = value + 1e-4 * s.process;
		assert_int_equal(verdicts_add(v, &s, why), 0);
	}
}

static struct verdicts *create(void)
{
	struct verdicts *v;

	assert_int_equal(verdicts_create(PAIRED_THRESHOLD, &v), 0);
	return v;
}

static void test_both_ways(void **state)
{
	struct verdicts *v = create();
	struct cell_ratio up, down;

	(void)state;
	add(v, "w", "table_log_ratio", "a", "b", .2, 12);
	add(v, "w", "table_log_ratio", "a", "a", -.01, 12);
	add(v, "w", "event_log_ratio", "a", "b", -.3, 12);
	add(v, "x", "table_log_ratio", "a", "b", .3, 12);
	assert_int_equal(verdicts_ask(v, "w", LANE_TABLE, "a", "b", &up), 0);
	assert_true(up.measured);
	assert_int_equal(up.r.n, 12);
	assert_int_equal(up.verdict, PAIRED_WORSE);
	assert_true(fabs(up.r.log_ratio - .20065) < 1e-9);
	assert_true(up.floor > .009 && up.floor < .01);
	assert_int_equal(verdicts_ask(v, "w", LANE_TABLE, "b", "a", &down), 0);
	assert_int_equal(down.verdict, PAIRED_BETTER);
	assert_true(down.r.log_ratio == -up.r.log_ratio);
	assert_true(down.r.low == -up.r.high && down.r.high == -up.r.low);
	assert_true(down.r.p == up.r.p && down.floor == up.floor);
	/* The twin of table says nothing of event, that of w nothing of x. */
	assert_int_equal(verdicts_ask(v, "w", LANE_EVENT, "a", "b", &up), 0);
	assert_true(up.r.log_ratio < 0 && up.floor < 0);
	assert_int_equal(up.verdict, PAIRED_UNKNOWN);
	assert_int_equal(verdicts_ask(v, "x", LANE_TABLE, "a", "b", &up), 0);
	assert_true(up.r.p < .01 && up.floor < 0);
	assert_int_equal(up.verdict, PAIRED_UNKNOWN);
	up.verdict = NR_PAIRED_VERDICTS;
	assert_int_equal(verdicts_ask(v, "x", LANE_EVENT, "a", "b", &up),
			 -ENODATA);
	assert_int_equal(verdicts_ask(v, "w", LANE_TABLE, "a", "c", &up),
			 -ENODATA);
	assert_int_equal(verdicts_ask(v, "y", LANE_TABLE, "a", "b", &up),
			 -ENODATA);
	assert_int_equal(up.verdict, NR_PAIRED_VERDICTS);
	verdicts_destroy(v);
	verdicts_destroy(NULL);
}

static void test_floor(void **state)
{
	struct verdicts *v = create();
	struct cell_ratio c;

	(void)state;
	assert_true(verdicts_floor(v, "w", LANE_TABLE) < 0);
	add(v, "w", "table_log_ratio", "a", "b", .2, 12);
	/* Too few for an interval: no floor, no verdict. */
	add(v, "w", "table_log_ratio", "b", "b", .001, 5);
	assert_true(verdicts_floor(v, "w", LANE_TABLE) < 0);
	add(v, "w", "table_log_ratio", "c", "c", .001, 12);
	assert_int_equal(verdicts_ask(v, "w", LANE_TABLE, "a", "b", &c), 0);
	assert_int_equal(c.verdict, PAIRED_WORSE);
	/* The largest of twins counts. */
	add(v, "w", "table_log_ratio", "a", "a", -.25, 12);
	assert_int_equal(verdicts_ask(v, "w", LANE_TABLE, "a", "b", &c), 0);
	assert_int_equal(c.verdict, PAIRED_UNKNOWN);
	assert_true(c.floor > .24);
	/* Nothing is beyond its own floor. */
	assert_int_equal(verdicts_ask(v, "w", LANE_TABLE, "a", "a", &c), 0);
	assert_int_equal(c.verdict, PAIRED_UNKNOWN);
	verdicts_destroy(v);
}

static void test_threshold(void **state)
{
	struct verdicts *v;
	struct cell_ratio c;

	(void)state;
	assert_int_equal(verdicts_create(.5, &v), 0);
	add(v, "w", "table_log_ratio", "a", "b", .3, 12);
	add(v, "w", "table_log_ratio", "a", "c", .5, 12);
	add(v, "w", "table_log_ratio", "a", "a", 0, 12);
	assert_int_equal(verdicts_ask(v, "w", LANE_TABLE, "a", "b", &c), 0);
	assert_int_equal(c.verdict, PAIRED_UNKNOWN);
	assert_int_equal(verdicts_ask(v, "w", LANE_TABLE, "a", "c", &c), 0);
	assert_int_equal(c.verdict, PAIRED_WORSE);
	verdicts_destroy(v);
}

static void test_table(void **state)
{
	static const char text[] = HEADER
		"v7sbench,a,w,1,1,alloc_ns_mean,ns,5,1,\n"
		"v7sbench,a,w,1,0,table_log_ratio,ln,0.25,1,b\n"
		"v7sbench,a,w,1,0,other_log_ratio,x,0.25,7,b\n"
		"v7sbench,a,w,1,0,event_log_ratio,ln,0.5,1,b\n"
		"v7sbench,a,w,2,0,table_log_ratio,ln,0.75,1,b\n"
		"v7sbench,a,w,2,0,table_log_ratio,ns,1,9,\n";
	static const struct {
		const char *row, *why;
	} bad[] = {
		{ "v7sbench,a,w,2,0,table_log_ratio,ln,1,1,b\n",
		  "line 2: table_log_ratio a versus b: process 2 twice" },
		{ "\nv7sbench,a,w,0,0,table_log_ratio,ln,1,1,b\n",
		  "line 3: table_log_ratio is no one value of one process" },
		{ "v7sbench,a,w,3,0,event_log_ratio,ln,1,2,b\n",
		  "line 2: event_log_ratio is no one value of one process" },
		{ "v7sbench,a,w,3,0,table_log_ratio,ns,1,1,b\n",
		  "line 2: table_log_ratio in 'ns', not ln" },
		{ "v7sbench,a,w,3,0,table_log_ratio,ln,x,1,b\n",
		  "line 2: value is no number" },
	};
	char why[OUTPUT_WHY_SIZE], broken[512];
	struct verdicts *v = create();
	struct cell_ratio c;

	(void)state;
	assert_int_equal(add_text(v, text, why), 0);
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		snprintf(broken, sizeof(broken), HEADER "%s", bad[i].row);
		assert_int_equal(add_text(v, broken, why), -EINVAL);
		assert_string_equal(why, bad[i].why);
	}
	assert_int_equal(add_text(v, "a,b\n1,2\n", why), -EINVAL);
	assert_string_equal(why, "no column 'source'");
	assert_int_equal(verdicts_ask(v, "w", LANE_TABLE, "a", "b", &c), 0);
	assert_int_equal(c.r.n, 2);
	assert_true(c.r.log_ratio == .5);
	assert_int_equal(verdicts_ask(v, "w", LANE_EVENT, "a", "b", &c), 0);
	assert_int_equal(c.r.n, 1);
	verdicts_destroy(v);
}

static void test_many(void **state)
{
	struct sample s = { "v7sbench", "a",
			    "w",	PAIRED_MAX + 1,
			    0,		"table_log_ratio",
			    RATIO_UNIT, 0,
			    1,		"b" };
	struct verdicts *v = create();
	char why[OUTPUT_WHY_SIZE];

	(void)state;
	add(v, "w", "table_log_ratio", "a", "b", 0, PAIRED_MAX);
	assert_int_equal(verdicts_add(v, &s, why), -ERANGE);
	verdicts_destroy(v);
}

static struct value value_of(const struct run_cell *cell, const char *name)
{
	const struct column *col = columns;

	while (col->name && strcmp(col->name, name))
		col++;
	assert_non_null(col->name);
	return column_value(col, cell);
}

static void assert_number(const struct run_cell *cell, const char *name,
			  double number)
{
	struct value v = value_of(cell, name);

	assert_int_equal(v.type, VALUE_DOUBLE);
	assert_true(fabs(v.number - number) < 1e-9);
}

static void test_fill(void **state)
{
	static const char *const empty[] = {
		"event_ratio", "event_ratio_low", "event_ratio_high",
		"event_p",     "event_floor",	  "event_verdict",
	};
	struct l2_spec spec[3];
	struct run_plan plan = { .spec = spec, .nr_specs = 3 };
	struct run_cell *cell = calloc(3, sizeof(*cell));
	struct verdicts *v = create();
	char why[256];

	(void)state;
	assert_non_null(cell);
	for (unsigned i = 0; i < 3; i++) {
		static const char *const label[] = { "page", "page_frag",
						     "null" };

		assert_int_equal(
			l2_spec_parse(label[i], &spec[i], why, sizeof(why)), 0);
		cell[i].spec = &spec[i];
		cell[i].plan = &plan;
		cell[i].workload = "w";
		cell[i].memory.built = true;
	}
	cell[1].nr_processes = 20;
	add(v, "w", "table_log_ratio", "page", "page_frag", log(2), 10);
	add(v, "w", "table_log_ratio", "page", "page", 0, 10);
	assert_int_equal(verdicts_fill(v, cell, 3, "page"), 0);
	assert_number(&cell[1], "table_ratio", .4997);
	assert_number(&cell[1], "table_ratio_low", .4996);
	assert_number(&cell[1], "table_ratio_high", .4999);
	assert_number(&cell[1], "table_p", .00195);
	assert_number(&cell[1], "table_floor", .0008);
	assert_string_equal(value_of(&cell[1], "table_verdict").text, "better");
	assert_string_equal(value_of(&cell[1], "reference").text, "page");
	assert_int_equal(value_of(&cell[1], "processes").u64, 20);
	assert_number(&cell[0], "table_ratio", 1.0006);
	assert_string_equal(value_of(&cell[0], "table_verdict").text, "~");
	assert_int_equal(value_of(&cell[0], "processes").u64, 10);
	assert_false(cell[2].ratio[LANE_TABLE].measured);
	assert_int_equal(value_of(&cell[2], "table_ratio").type, VALUE_EMPTY);
	assert_int_equal(value_of(&cell[2], "processes").type, VALUE_EMPTY);
	for (unsigned i = 0; i < ARRAY_SIZE(empty); i++)
		assert_int_equal(value_of(&cell[1], empty[i]).type,
				 VALUE_EMPTY);
	cell[1].memory.built = false;
	assert_int_equal(value_of(&cell[1], "table_ratio").type, VALUE_EMPTY);
	free(cell);
	verdicts_destroy(v);
}

static int run_injected(unsigned n)
{
	struct sample s = { "v7sbench",	       "a",	   "w", 1, 0,
			    "table_log_ratio", RATIO_UNIT, 0,	1, "b" };
	char why[OUTPUT_WHY_SIZE];
	struct cell_ratio c;
	struct verdicts *v;
	int err;

	inject_arm(INJECT_FAIL, n, ENOMEM, false);
	err = verdicts_create(0, &v);
	if (err)
		return err;
	err = verdicts_add(v, &s, why);
	s.process = 2;
	if (!err)
		err = verdicts_add(v, &s, why);
	if (!err)
		err = verdicts_ask(v, "w", LANE_TABLE, "b", "a", &c);
	verdicts_destroy(v);
	return err;
}

static void test_no_memory(void **state)
{
	unsigned n, fired;

	(void)state;
	for (n = 1;; n++) {
		int err = run_injected(n);

		fired = inject_disarm();
		if (fired < n)
			break;
		assert_int_equal(err, -ENOMEM);
	}
	assert_true(n > 10);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_ways), cmocka_unit_test(test_floor),
		cmocka_unit_test(test_threshold), cmocka_unit_test(test_table),
		cmocka_unit_test(test_many),	  cmocka_unit_test(test_fill),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
