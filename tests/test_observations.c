// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows of processes: that their order does not matter, that bars are added up,
 * that what is written reads back the same and gives the same cells, and that
 * nothing is taken that is not of the plan.
 */
#include "inject.h"
#include "mm_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "l2_strategy.h"
#include "observations.h"

#define HEADER \
	"source,strategy,workload,process,rep,metric,unit,value,count,versus\n"

static const char *const labels[] = { "w", "x" };

struct fixture {
	struct l2_spec spec[2];
	struct run_plan plan;
	struct observations *o;
	char why[OUTPUT_WHY_SIZE];
};

static void create(struct fixture *f)
{
	*f = (struct fixture){ .plan = { .nr_specs = 2, .nr_reps = 2 } };
	f->plan.spec = f->spec;
	assert_int_equal(l2_spec_parse("page", &f->spec[0], f->why, 64), 0);
	assert_int_equal(l2_spec_parse("null", &f->spec[1], f->why, 64), 0);
	assert_int_equal(observations_create(&f->plan, 3, labels, 2, &f->o), 0);
}

static int add(struct fixture *f, unsigned workload, unsigned process,
	       const char *rows)
{
	struct csv_table t;
	char *text = NULL;
	int err;

	assert_true(asprintf(&text, HEADER "%s", rows) > 0);
	assert_int_equal(csv_table_parse("p", text, strlen(text), &t, f->why),
			 0);
	err = observations_add(f->o, "p", &t, workload, process, f->why);
	csv_table_fini(&t);
	free(text);
	return err;
}

static char *written(const struct observations *o)
{
	struct csv_writer w;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	csv_writer_init(&w, out);
	assert_int_equal(samples_put_header(&w), 0);
	assert_int_equal(observations_write(o, &w), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

static const char *const process_rows[] = {
	"v7sbench,page,w,1,1,event_ns_mean,ns,5,1,\n"
	"v7sbench,page,w,1,2,event_ns_mean,ns,9,1,\n"
	"v7sbench,page,w,1,0,map_ns,ns,10,3,\n"
	"v7sbench,page,w,1,0,map_ns,ns,12,1,\n"
	"v7sbench,page,w,1,0,clock_quantum_ns,ns,10,1,\n"
	"v7sbench,page,w,1,0,table_log_ratio,ln,0.25,1,null\n"
	"v7sbench,page,w,1,0,table_log_ratio,ln,-0.01,1,page\n",

	"v7sbench,page,w,1,2,event_ns_mean,ns,30,1,\n"
	"v7sbench,page,w,1,1,event_ns_mean,ns,20,1,\n"
	"v7sbench,page,w,1,0,map_ns,ns,12,4,\n"
	"v7sbench,page,w,1,0,map_ns,ns,7,1,\n"
	"v7sbench,page,w,1,0,clock_quantum_ns,ns,20,1,\n"
	"v7sbench,page,w,1,0,table_log_ratio,ln,0.5,1,null\n",

	"v7sbench,page,w,1,1,event_ns_mean,ns,1,1,\n"
	"v7sbench,page,w,1,2,event_ns_mean,ns,2,1,\n"
	"v7sbench,null,w,1,1,event_ns_mean,ns,99,1,\n"
	"v7sbench,page,w,1,0,threads_failures,1,4,1,\n",
};

static void fill(struct fixture *f, const unsigned *order)
{
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(
			add(f, 0, order[i] + 1, process_rows[order[i]]), 0);
}

static void check_cell(const struct fixture *f)
{
	struct run_cell *cell = calloc(1, sizeof(*cell));
	static const double median[] = { 7, 25, 1.5 };
	struct latency_bar bar;
	size_t pos = 0;

	assert_non_null(cell);
	assert_int_equal(run_cell_init(cell, &f->plan, &f->spec[0], "w"), 0);
	assert_int_equal(observations_fill(f->o, 0, 0, cell), 0);
	assert_int_equal(cell->nr_processes, 3);
	assert_int_equal(cell->event_ns.nr, 3);
	for (unsigned i = 0; i < 3; i++)
		assert_true(cell->event_ns.value[i] == median[i]);
	assert_int_equal(latency_count(cell->map_lat), 9);
	assert_true(latency_next(cell->map_lat, &pos, &bar));
	assert_true(bar.value_ns == 7 && bar.count == 1);
	assert_true(latency_next(cell->map_lat, &pos, &bar));
	assert_true(bar.value_ns == 10 && bar.count == 3);
	assert_true(latency_next(cell->map_lat, &pos, &bar));
	assert_true(bar.value_ns == 12 && bar.count == 5);
	assert_true(cell->quantum_ns == 20);
	assert_int_equal(cell->threads.failures, 4);
	run_cell_fini(cell);
	free(cell);
}

static void test_order(void **state)
{
	static const unsigned order[][3] = { { 0, 1, 2 },
					     { 2, 1, 0 },
					     { 1, 2, 0 } };
	char *first = NULL;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(order); i++) {
		struct fixture f;
		char *text;

		create(&f);
		fill(&f, order[i]);
		check_cell(&f);
		text = written(f.o);
		if (first)
			assert_string_equal(text, first);
		else
			first = strdup(text);
		free(text);
		observations_destroy(f.o);
	}
	assert_non_null(strstr(first, ",page,w,0,0,map_ns,ns,12,5,\n"));
	free(first);
}

static void test_read_back(void **state)
{
	static const unsigned order[] = { 0, 1, 2 };
	struct fixture f, again;
	struct csv_table t;
	char *text, *second;

	(void)state;
	create(&f);
	create(&again);
	fill(&f, order);
	text = written(f.o);
	assert_int_equal(csv_table_parse("s", text, strlen(text), &t, f.why),
			 0);
	assert_int_equal(observations_read(again.o, "s", &t, f.why), 0);
	csv_table_fini(&t);
	second = written(again.o);
	assert_string_equal(text, second);
	check_cell(&again);
	free(text);
	free(second);
	observations_destroy(f.o);
	observations_destroy(again.o);
}

static void test_of(void **state)
{
	static const unsigned order[] = { 0, 1, 2 };
	struct fixture f;

	(void)state;
	create(&f);
	fill(&f, order);
	assert_int_equal(observations_of(f.o, 0, 0, OBSERVATIONS_ALONE,
					 "event_ns_mean", 0, NULL, NULL),
			 6);
	assert_int_equal(observations_of(f.o, 0, 0, OBSERVATIONS_ALONE,
					 "event_ns_mean", 2, NULL, NULL),
			 2);
	assert_int_equal(observations_of(f.o, 0, 0, 1, "table_log_ratio", 0,
					 NULL, NULL),
			 2);
	assert_int_equal(observations_of(f.o, 0, 0, 0, "table_log_ratio", 0,
					 NULL, NULL),
			 1);
	assert_int_equal(observations_of(f.o, 1, 0, OBSERVATIONS_ALONE,
					 "event_ns_mean", 0, NULL, NULL),
			 0);
	observations_destroy(f.o);
}

static void test_refused(void **state)
{
	static const char *const bad[][2] = {
		{ "v7sbench,other,w,1,1,event_ns_mean,ns,5,1,\n", "'other'" },
		{ "v7sbench,page,x,1,1,event_ns_mean,ns,5,1,\n", "'x'" },
		{ "v7sbench,page,w,1,1,other_ns,ns,5,1,\n", "'other_ns'" },
		{ "v7sbench,page,w,1,1,event_ns_mean,us,5,1,\n", "unit" },
		{ "v7sbench,page,w,1,1,event_ns_mean,ns,5,2,\n", "count" },
		{ "v7sbench,page,w,1,1,event_ns_mean,ns,5,0,\n", "count" },
		{ "v7sbench,page,w,1,0,event_ns_mean,ns,5,1,\n", "repetition" },
		{ "v7sbench,page,w,1,1001,event_ns_mean,ns,5,1,\n",
		  "repetition" },
		{ "v7sbench,page,w,1,1,event_ns_mean,ns,5,1,null\n", "versus" },
		{ "v7sbench,page,w,1,0,table_log_ratio,ln,5,1,\n", "versus" },
		{ "v7sbench,page,w,1,0,table_log_ratio,ln,5,1,x\n", "versus" },
		{ "v7sbench,page,w,1,0,map_ns,ns,-5,1,\n", "bar" },
		{ "v7sbench,page,w,1,0,map_ns,ns,5.5,1,\n", "bar" },
		{ "v7sbench,page,w,1,1,map_ns,ns,5,1,\n", "bar" },
		{ "v7sbench,page,w,1,0,map_ns,ns,1e300,1,\n", "bar" },
		{ "v7sbench,page,w,1,0,map_ns,ns,5,0,\n", "count" },
		{ "v7sbench,page,w,1,0,threads_failures,1,-4,1,\n", "value" },
		{ "v7sbench,page,w,1,1,event_ns_mean,ns,,1,\n", "value" },
		{ "hyperfine,page,w,1,1,event_ns_mean,ns,5,1,\n", "source" },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		struct fixture f;

		create(&f);
		assert_int_equal(add(&f, 0, 1, bad[i][0]), -EINVAL);
		assert_memory_equal(f.why, "p:2: ", 5);
		if (!strstr(f.why, bad[i][1]))
			fail_msg("'%s' says nothing of %s", f.why, bad[i][1]);
		observations_destroy(f.o);
	}
}

static void test_twice(void **state)
{
	struct fixture f;

	(void)state;
	create(&f);
	assert_int_equal(add(&f, 0, 2, process_rows[0]), 0);
	assert_int_equal(add(&f, 0, 2, process_rows[1]), -EINVAL);
	assert_non_null(strstr(f.why, "process 2, twice"));
	observations_destroy(f.o);
}

static void test_no_memory(void **state)
{
	unsigned nth, failed = 0;

	(void)state;
	for (nth = 1; nth < 400; nth++) {
		struct csv_table t;
		struct fixture f;
		char text[1024];
		int err;

		create(&f);
		snprintf(text, sizeof(text), HEADER "%s", process_rows[0]);
		assert_int_equal(
			csv_table_parse("p", text, strlen(text), &t, f.why), 0);
		inject_arm(INJECT_FAIL, nth, ENOMEM, 0);
		err = observations_add(f.o, "p", &t, 0, 1, f.why);
		inject_disarm();
		csv_table_fini(&t);
		observations_destroy(f.o);
		if (!err)
			break;
		/* Without a locale numbers cannot be read. */
		assert_true(err == -ENOMEM || err == -EINVAL);
		failed += err == -ENOMEM;
	}
	assert_true(failed > 0 && nth < 400);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order), cmocka_unit_test(test_read_back),
		cmocka_unit_test(test_of),    cmocka_unit_test(test_refused),
		cmocka_unit_test(test_twice), cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
