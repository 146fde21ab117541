// SPDX-License-Identifier: GPL-2.0-only
/*
 * How threads of a replay start and end: bound to CPUs of the host in turn, all
 * before the first event, and timed until the last. The order they keep, and
 * what is said where they cannot be bound, is test_deps.c's.
 */
#include "team_fixture.h"

#include "clock.h"
#include "team.h"

#define PGSIZES (SZ_4K | SZ_64K | SZ_1M)

/* What threads see of each other's start, and when they were at work. */
struct start {
	unsigned nr_bound, nr_early;
	unsigned nr_on[8]; /* threads, by CPU */
	uint64_t begin_ns[3], end_ns[3];
};

static struct start start;

/* Who is bound to CPU 6 is late; others would begin meanwhile. */
static int bind_slowly(const cpu_set_t *set)
{
	unsigned cpu = CPU_ISSET(6, set) ? 6 : 1;

	if (CPU_COUNT(set) == 1 && CPU_ISSET(cpu, set))
		__atomic_add_fetch(&start.nr_on[cpu], 1, __ATOMIC_RELAXED);
	if (cpu == 6)
		usleep(20000);
	__atomic_add_fetch(&start.nr_bound, 1, __ATOMIC_RELAXED);
	return 0;
}

/* The first thread is done long before the second. */
static void see_start(void *ctx, unsigned thread, uint32_t event)
{
	struct start *s = ctx;

	(void)event;
	s->begin_ns[thread] = clock_ns();
	if (__atomic_load_n(&s->nr_bound, __ATOMIC_RELAXED) < 3)
		__atomic_add_fetch(&s->nr_early, 1, __ATOMIC_RELAXED);
	if (thread == 1)
		usleep(5000);
	s->end_ns[thread] = clock_ns();
}

/* Bound in turn; no event before the last thread is there; and the time is
 * that from the first event to the end of the last. */
static void test_team__threads_begin_together(void **state)
{
	const struct deps_config cfg = { .nr_threads = 3,
					 .deal = DEAL_CPU,
					 .pgsizes = PGSIZES };
	struct team_env env = { .fn = see_start, .ctx = &start };
	struct team_result result;
	struct trace trace = { 0 };
	struct deps *deps;
	cpu_set_t host;

	(void)state;
	watchdog();
	add_domains(&trace, 1);
	for (unsigned i = 0; i < 3; i++) {
		struct trace_event ev =
			event_of(TRACE_MAP, 0, i, i * SZ_1M, SZ_4K);

		add_event(&trace, &ev);
	}
	CPU_ZERO(&host);
	CPU_SET(1, &host);
	CPU_SET(6, &host);
	env.host = &host;
	start = (struct start){ 0 };
	bind_thread = bind_slowly;
	assert_int_equal(deps_create(&trace, &cfg, &deps), 0);
	assert_int_equal(team_run(deps, &env, &result), 0);
	bind_thread = NULL;
	assert_int_equal(start.nr_bound, 3);
	assert_int_equal(start.nr_early, 0);
	assert_int_equal(start.nr_on[1], 2);
	assert_int_equal(start.nr_on[6], 1);
	assert_int_equal(result.nr_host_cpus, 2);
	for (unsigned i = 0; i < 9; i++)
		assert_true(start.begin_ns[i / 3] + result.wall_ns >=
			    start.end_ns[i % 3]);
	deps_destroy(deps);
	trace_free(&trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_team__threads_begin_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
