// SPDX-License-Identifier: GPL-2.0-only
/*
 * What goes wrong with threads is said: tables that fail to be allocated, other
 * translations than on one thread, state that is broken, pages that are lost.
 */
#include "team_fixture.h"

#include "replay.h"
#include "run.h"

#define RACERS 4

/* Null with one of its operations replaced. */
static struct l2_strategy_ops broken;

static int create_broken(const struct l2_env *env, const uint64_t *value,
			 struct l2_strategy **ret)
{
	int err = l2_strategy_find("null")->create(env, value, ret);

	if (!err)
		(*ret)->ops = &broken;
	return err;
}

static int finds_fault(const struct l2_strategy *l2, const char **ret_why)
{
	(void)l2;
	*ret_why = "as it should be seen";
	return -EUCLEAN;
}

static void keeps_pages(struct l2_strategy *l2)
{
	free(l2);
}

/* A run of one strategy on four threads, each event by the CPU it names. */
static int run_one(const struct trace *trace, const struct l2_spec *spec,
		   struct run_cell *ret_cell, char *why)
{
	struct clock_info clock = { .quantum_ns = 1 };
	struct run_env env = { .clock = &clock };
	struct run_plan plan = {
		.replay = { .profile = &machine_small,
			    .threads = { .nr = 4, .deal = DEAL_CPU } },
		.spec = spec,
		.nr_specs = 1,
		.nr_reps = 2,
	};

	watchdog();
	plan.replay.pgtable = (struct v7s_config){
		.ias = 32,
		.oas = 32,
		.pgsizes = V7S_PGSIZES,
	};
	memset(ret_cell, 0, sizeof(*ret_cell));
	return run_workload(&plan, "made", trace, &env, ret_cell, why);
}

/* A page in each of nr slots, by four CPUs in turn. */
static void one_page_a_slot(struct trace *trace, unsigned nr)
{
	*trace = (struct trace){ 0 };
	add_domains(trace, 1);
	for (unsigned i = 0; i < nr; i++) {
		struct trace_event ev =
			event_of(TRACE_MAP, 0, i % RACERS, i * SZ_1M, SZ_4K);

		add_event(trace, &ev);
	}
}

/* Failures with threads are counted; then ends are not compared. */
static void test_threads_run__failures(void **state)
{
	struct run_cell cell;
	struct trace trace;
	struct l2_spec spec;
	char why[RUN_WHY_SIZE];

	(void)state;
	one_page_a_slot(&trace, 64);
	assert_int_equal(
		l2_spec_parse("genalloc:tables=4", &spec, why, sizeof(why)), 0);
	if (run_one(&trace, &spec, &cell, why))
		fail_msg("%s", why);
	assert_int_equal(cell.memory.alloc_failures, 60);
	assert_int_equal(cell.threads.failures, 60);
	run_cell_fini(&cell);
	trace_free(&trace);
}

/* With threads, tables that are said to be clear have a page in them. */
static int create_lying(const struct l2_env *env, const uint64_t *value,
			struct l2_strategy **ret)
{
	int err = create_broken(env, value, ret);

	if (!err)
		(*ret)->zeroes = env->threads;
	return err;
}

static int alloc_lying(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
		       struct l2_table *ret)
{
	int err = l2_strategy_find("null")->alloc(l2, cpu, gfp, ret);

	if (!err && l2->zeroes) {
		clear_memory(ret->va, L2_TABLE_SIZE);
		((uint32_t *)ret->va)[100] = 0x40000002;
	}
	return err;
}

static void test_threads_run__run_that_differs(void **state)
{
	struct l2_spec spec = { .ops = &broken, .label = "liar" };
	char why[RUN_WHY_SIZE];
	struct run_cell cell;
	struct trace trace;

	(void)state;
	one_page_a_slot(&trace, 64);
	broken = *l2_strategy_find("null");
	broken.create = create_broken;
	if (run_one(&trace, &spec, &cell, why))
		fail_msg("%s", why);
	run_cell_fini(&cell);
	broken.create = create_lying;
	broken.alloc = alloc_lying;
	assert_int_equal(run_one(&trace, &spec, &cell, why), -EBADMSG);
	assert_string_equal(
		why,
		"liar on made: 4 threads: other translations than on one thread");
	run_cell_fini(&cell);
	trace_free(&trace);
}

static void expect_broken(struct replay_machine *m, const struct deps *deps,
			  const char *words)
{
	struct threads_result r;
	const char *reason = "";

	watchdog();
	assert_int_equal(pass_threads(m, deps, &r, &reason), -EUCLEAN);
	assert_string_equal(reason, words);
	assert_false(physmem_threads(m->pm));
}

/* What is wrong when all threads are through makes the pass fail. */
static void test_threads_run__faults_are_seen(void **state)
{
	const struct replay_config cfg = {
		.profile = &machine_small,
		.pgtable = { .ias = 32, .oas = 32, .pgsizes = V7S_PGSIZES },
	};
	const struct deps_config how = { .nr_threads = 2,
					 .deal = DEAL_CPU,
					 .pgsizes = V7S_PGSIZES };
	struct l2_spec spec = { .ops = &broken, .label = "broken" };
	struct replay_machine m = { 0 };
	struct trace trace;
	struct deps *deps;

	(void)state;
	one_page_a_slot(&trace, 64);
	assert_int_equal(deps_create(&trace, &how, &deps), 0);
	assert_int_equal(replay_machine_init(&m, &cfg, &trace, &spec), 0);
	broken = *l2_strategy_find("null");
	broken.create = create_broken;
	broken.check = finds_fault;
	expect_broken(&m, deps, "as it should be seen");
	assert_int_equal(physmem_reclaim(m.pm), 0);
	broken.check = l2_strategy_find("null")->check;
	broken.destroy = keeps_pages;
	expect_broken(&m, deps, "pages missing after teardown");
	assert_true(physmem_reclaim(m.pm) > 0);
	replay_machine_fini(&m);
	deps_destroy(deps);
	trace_free(&trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads_run__failures),
		cmocka_unit_test(test_threads_run__run_that_differs),
		cmocka_unit_test(test_threads_run__faults_are_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
