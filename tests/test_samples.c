// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a run writes of classes of events and their phases: each class of a
 * trace that has them all is in samples.csv, with as many events as there are
 * and the phases it may have; columns are medians of what stands there; what
 * was seen too seldom, or would be wrong, is not there.
 */
#include "mm_fixture.h"

#include <math.h>
#include <stdio.h>

#include "columns.h"
#include "csvfile.h"
#include "environment.h"
#include "cell_samples.h"
#include "result.h"
#include "split_fixture.h"

#define SLOTS 40u
#define REPS 3u

struct files {
	char dir[32];
	struct csv_table samples, summary;
	unsigned nr_looked_at; /* metrics */
};

static void run(struct files *f, const struct class_trace *t,
		const char *const *strategy, unsigned nr)
{
	struct run_plan plan = {
		.replay = { .profile = &machine_small,
			    .pgtable = class_trace_pgtable },
		.nr_specs = nr,
		.nr_reps = REPS,
		.seed = 1,
	};
	struct run_cell *cells = calloc(nr, sizeof(*cells));
	char *argv[] = { (char[]){ "run" }, NULL };
	char why[RUN_WHY_SIZE], path[128];
	struct l2_spec spec[4];
	struct clock_info clock;
	struct environment env;
	const struct run_env run_env = { .clock = &clock };
	const struct result_meta meta = {
		.plan = &plan,
		.clock = &clock,
		.env = &env,
		.argv = argv,
		.complete = true,
	};
	struct result *res;

	assert_true(nr <= ARRAY_SIZE(spec));
	assert_non_null(cells);
	plan.spec = spec;
	for (unsigned i = 0; i < nr; i++)
		assert_int_equal(l2_spec_parse(strategy[i], &spec[i], why,
					       sizeof(why)),
				 0);
	clock_calibrate(&clock);
	environment_read(&env);
	strcpy(f->dir, "/tmp/test-samples-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(path, sizeof(path), "%s/r", f->dir);
	if (run_workload(&plan, "w", &t->trace, &run_env, cells, why))
		fail_msg("%s", why);
	assert_int_equal(result_open(path, &res, why), 0);
	assert_int_equal(result_add(res, cells, nr), 0);
	for (unsigned i = 0; i < nr; i++)
		assert_int_equal(
			cell_samples_put(result_samples(res), &cells[i]), 0);
	assert_int_equal(result_commit(res, &meta, why), 0);
	for (unsigned i = 0; i < nr; i++)
		run_cell_fini(&cells[i]);
	free(cells);
	snprintf(path, sizeof(path), "%s/r/samples.csv", f->dir);
	assert_int_equal(csv_table_read(path, &f->samples, why), 0);
	snprintf(path, sizeof(path), "%s/r/summary.csv", f->dir);
	assert_int_equal(csv_table_read(path, &f->summary, why), 0);
}

static void fini(struct files *f)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", f->dir);
	assert_int_equal(system(command), 0);
	csv_table_fini(&f->samples);
	csv_table_fini(&f->summary);
}

static size_t column(const struct csv_table *t, const char *name)
{
	int at = csv_table_column(t, name);

	if (at < 0)
		fail_msg("no column %s", name);
	return (size_t)at;
}

/* A strategy's samples of a metric. */
struct metric {
	uint64_t nr_events;	 /* of single ones */
	unsigned nr_reps;	 /* of means */
	double value[8], median; /* of means */
};

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static struct metric metric_of(struct files *f, const char *strategy,
			       const char *name)
{
	const struct csv_table *t = &f->samples;
	size_t at_strategy = column(t, "strategy"), at_rep = column(t, "rep");
	size_t at_name = column(t, "metric"), at_value = column(t, "value");
	size_t at_count = column(t, "count");
	struct metric m = { 0 };

	for (size_t row = 0; row < t->nr_rows; row++) {
		if (strcmp(csv_cell(t, row, at_strategy), strategy) ||
		    strcmp(csv_cell(t, row, at_name), name))
			continue;
		if (!strcmp(csv_cell(t, row, at_rep), "0")) {
			m.nr_events +=
				strtoull(csv_cell(t, row, at_count), NULL, 10);
			continue;
		}
		assert_true(m.nr_reps < ARRAY_SIZE(m.value));
		assert_int_equal(csv_cell_double(t, row, at_value,
						 &m.value[m.nr_reps++]),
				 0);
	}
	qsort(m.value, m.nr_reps, sizeof(*m.value), compare);
	m.median = m.value[m.nr_reps / 2];
	f->nr_looked_at++;
	return m;
}

static struct metric metric(struct files *f, const char *strategy,
			    unsigned event_class, const char *rest)
{
	char name[64];

	snprintf(name, sizeof(name), "%s_%s", event_class_name[event_class],
		 rest);
	return metric_of(f, strategy, name);
}

/* NAN if empty. */
static double figure(const struct files *f, size_t row, const char *name)
{
	double value = NAN;

	if (csv_cell_double(&f->summary, row, column(&f->summary, name),
			    &value) == -ENODATA)
		return NAN;
	return value;
}

static void check_class(struct files *f, const char *strategy, unsigned c,
			uint64_t nr_events)
{
	unsigned phases = event_class_phases[c];

	assert_int_equal(metric(f, strategy, c, "ns").nr_events,
			 REPS * nr_events);
	assert_int_equal(metric(f, strategy, c, "ns_mean").nr_reps, REPS);
	assert_int_equal(metric(f, strategy, c, "probed_ns_mean").nr_reps,
			 REPS);
	for (unsigned p = 0; p < V7S_NR_PHASES; p++) {
		bool has = phases >> p & 1;
		struct metric m;
		char rest[32];

		snprintf(rest, sizeof(rest), "%s_ns_mean", phase_name[p]);
		m = metric(f, strategy, c, rest);
		assert_int_equal(m.nr_reps, has ? REPS : 0);
		assert_true(m.value[0] >= 0);
		snprintf(rest, sizeof(rest), "%s_ns", phase_name[p]);
		m = metric(f, strategy, c, rest);
		assert_int_equal(m.nr_events,
				 has && c == MAP_NEW ? REPS * nr_events : 0);
	}
}

static void check_columns(struct files *f, const char *strategy, size_t row)
{
	static const char *const name[] = {
		"map_existing_ns_mean",	    "map_new_ns_mean",
		"map_new_walk_ns_mean",	    "map_new_alloc_ns_mean",
		"map_new_zero_ns_mean",	    "map_new_install_ns_mean",
		"map_new_fill_ns_mean",	    "unmap_free_ns_mean",
		"unmap_free_clear_ns_mean", "unmap_free_flush_ns_mean",
		"unmap_free_free_ns_mean",
	};
	double probe = metric(f, strategy, MAP_NEW, "probed_ns_mean").median -
		       metric(f, strategy, MAP_NEW, "ns_mean").median;

	/* Samples have six digits, columns two behind the point. */
	for (size_t i = 0; i < ARRAY_SIZE(name); i++) {
		double median = metric_of(f, strategy, name[i]).median;

		assert_true(fabs(figure(f, row, name[i]) - median) <=
			    0.006 + median * 1e-5);
	}
	assert_true(fabs(figure(f, row, "probe_ns_mean") - probe) <=
		    0.006 + fabs(probe) * 1e-5 +
			    figure(f, row, "map_new_ns_mean") * 1e-5);
}

static void test_samples__every_class(void **state)
{
	static const char *const strategy[] = { "page", "slab_dma32",
						"genalloc" };
	struct files f = { .nr_looked_at = 0 };
	struct class_trace t;

	(void)state;
	class_trace_init(&t, SLOTS);
	run(&f, &t, strategy, 3);
	assert_int_equal(f.summary.nr_rows, 3);
	for (size_t i = 0; i < ARRAY_SIZE(strategy); i++) {
		for (unsigned c = 0; c < NR_EVENT_CLASSES; c++) {
			assert_true(t.expected[c] >= CLASS_MEAN_MIN);
			check_class(&f, strategy[i], c, t.expected[c]);
		}
		check_columns(&f, strategy[i], i);
		/* Refused ones included. */
		assert_int_equal(metric_of(&f, strategy[i], "map_ns").nr_events,
				 REPS * t.expected_maps);
	}
	assert_true(f.nr_looked_at >= 3 * 6 * 19);
	fini(&f);
	trace_free(&t.trace);
}

static void test_samples__defective(void **state)
{
	static const char *const strategy[] = { "page_frag:mode=v3" };
	struct files f = { .nr_looked_at = 0 };
	struct class_trace t;

	(void)state;
	class_trace_init(&t, SLOTS);
	run(&f, &t, strategy, 1);
	assert_true(metric(&f, *strategy, MAP_NEW, "ns").nr_events > 0);
	for (unsigned c = 0; c < NR_EVENT_CLASSES; c++)
		assert_int_equal(
			metric(&f, *strategy, c, "probed_ns_mean").nr_reps, 0);
	assert_int_equal(metric(&f, *strategy, MAP_NEW, "zero_ns").nr_events,
			 0);
	assert_true(isnan(figure(&f, 0, "map_new_zero_ns_mean")));
	assert_true(isnan(figure(&f, 0, "probe_ns_mean")));
	assert_false(isnan(figure(&f, 0, "map_new_ns_mean")));
	fini(&f);
	trace_free(&t.trace);
}

static void expect_column(const struct run_cell *cell, const char *name,
			  double expected)
{
	const struct column *col = columns;
	struct value v;

	while (col->name && strcmp(col->name, name))
		col++;
	assert_non_null(col->name);
	v = column_value(col, cell);
	if (isnan(expected))
		assert_int_equal(v.type, VALUE_EMPTY);
	else if (v.type == VALUE_U64)
		assert_true((double)v.u64 == expected);
	else
		assert_true(v.type == VALUE_DOUBLE && v.number == expected);
}

/* Each column of the threads pass has its own figure; without it, none. */
static void test_samples__columns_of_threads(void **state)
{
	struct run_plan plan = { .replay.threads = { .nr = 4,
						     .deal = DEAL_DOMAIN } };
	struct run_cell cell = {
		.plan = &plan,
		.memory.built = true,
		.threads = { .event_ns = { .nr = 3, .value = { 9, 7, 8 } },
			     .lost_races = { .nr = 3, .value = { 3, 1, 2 } },
			     .waited = { .nr = 3, .value = { 40, 60, 50 } },
			     .failures = 11,
			     .dependent = 70,
			     .nr_host_cpus = 2 },
	};
	static const struct {
		const char *name;
		double value;
	} rows[] = {
		{ "threads_event_ns_mean", 8 }, { "lost_races", 2 },
		{ "waited_events", 50 },	{ "threads_failures", 11 },
		{ "dependent_events", 70 },	{ "threads_host_cpus", 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		expect_column(&cell, rows[i].name, rows[i].value);
	plan.replay.threads.nr = 0;
	memset(&cell.threads, 0, sizeof(cell.threads));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		expect_column(&cell, rows[i].name, NAN);
}

/* Seen too seldom for a mean: the single events are there nevertheless. */
static void test_samples__too_few(void **state)
{
	static const char *const strategy[] = { "page" };
	struct files f = { .nr_looked_at = 0 };
	struct class_trace t;

	(void)state;
	class_trace_init(&t, 13);
	run(&f, &t, strategy, 1);
	for (unsigned c = 0; c < NR_EVENT_CLASSES; c++) {
		bool enough = t.expected[c] >= CLASS_MEAN_MIN;

		assert_int_equal(metric(&f, "page", c, "ns").nr_events,
				 REPS * t.expected[c]);
		assert_int_equal(metric(&f, "page", c, "ns_mean").nr_reps,
				 enough ? REPS : 0);
		assert_int_equal(
			metric(&f, "page", c, "probed_ns_mean").nr_reps,
			enough ? REPS : 0);
	}
	assert_true(t.expected[MAP_OVER] < CLASS_MEAN_MIN);
	assert_true(t.expected[MAP_EXISTING] >= CLASS_MEAN_MIN);
	fini(&f);
	trace_free(&t.trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples__every_class),
		cmocka_unit_test(test_samples__defective),
		cmocka_unit_test(test_samples__too_few),
		cmocka_unit_test(test_samples__columns_of_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
