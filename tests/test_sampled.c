// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sampled pass: which events are timed, that their mean is that of all of
 * them, and that the pass does what the others do. Durations are made up where
 * they are compared; of the clock nothing is asked but that it goes on.
 */
#include "mm_fixture.h"

#include <math.h>

#include "sampled.h"
#include "split_fixture.h"

#define GROUPS 20000u

/* One of each group, at each place about as often. */
static void test_sampled__places(void **state)
{
	struct sampler s = { .rng.state = 1 };
	unsigned at[SAMPLE_EVERY] = { 0 };
	uint64_t event = 0;

	(void)state;
	for (unsigned group = 0; group < GROUPS; group++) {
		event += sampler_skip(&s);
		assert_int_equal(event / SAMPLE_EVERY, group);
		at[event % SAMPLE_EVERY]++;
		event++;
	}
	for (unsigned i = 0; i < SAMPLE_EVERY; i++) {
		double mean = (double)GROUPS / SAMPLE_EVERY;

		/* Six standard deviations. */
		assert_true(fabs(at[i] - mean) < 6 * sqrt(mean));
	}
}

/* A clock that each event moves on by what duration says. */
typedef uint64_t (*duration_fn)(uint64_t event);

static uint64_t every_64th(uint64_t event)
{
	return event % 64 == 5 ? 6400 : 0;
}

static uint64_t every_16th(uint64_t event)
{
	return event % 16 ? 10 : 1000;
}

static uint64_t seven_in_turn(uint64_t event)
{
	return 20 + event % 7 * 30;
}

static uint64_t slower_and_slower(uint64_t event)
{
	return event / 100;
}

/* Events behind the last whole group are slow. */
#define NR_EVENTS (GROUPS * SAMPLE_EVERY + SAMPLE_EVERY / 2)

static void check_mean(duration_fn duration, uint64_t seed)
{
	struct sampler s = { .rng.state = seed };
	uint64_t skip = sampler_skip(&s);
	double sum = 0, squares = 0, timed = 0, mean, error;
	uint64_t nr = 0;

	for (uint64_t event = 0; event < NR_EVENTS; event++) {
		double ns = (double)duration(event);

		sum += ns;
		squares += ns * ns;
		if (skip--)
			continue;
		timed += ns;
		nr++;
		skip = sampler_skip(&s);
	}
	mean = sum / NR_EVENTS;
	/* What independent draws would differ by; groups only help. */
	error = sqrt((squares / NR_EVENTS - mean * mean) / (double)nr);
	assert_true(nr >= GROUPS && nr <= GROUPS + 1);
	assert_true(fabs(timed / (double)nr - mean) < 5 * error);
}

static void test_sampled__mean(void **state)
{
	static const duration_fn all[] = { every_64th, every_16th,
					   seven_in_turn, slower_and_slower };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		for (uint64_t seed = 1; seed <= 10; seed++)
			check_mean(all[i], seed);
}

struct bench {
	struct replay_config cfg;
	struct class_trace t;
	struct l2_spec spec;
	struct replay_machine m;
	struct memory_result r;
};

static void bench_open(struct bench *b, const char *strategy, unsigned slots)
{
	const char *broken = "";
	char why[160];

	*b = (struct bench){ .cfg = { .profile = &machine_small } };
	b->cfg.pgtable = class_trace_pgtable;
	class_trace_init(&b->t, slots);
	assert_int_equal(l2_spec_parse(strategy, &b->spec, why, sizeof(why)),
			 0);
	assert_int_equal(
		replay_machine_init(&b->m, &b->cfg, &b->t.trace, &b->spec), 0);
	assert_int_equal(pass_memory(&b->m, &b->r, &broken), 0);
}

static void bench_close(struct bench *b)
{
	struct physmem_usage usage;

	physmem_usage(b->m.pm, &usage);
	assert_int_equal(usage.pages_free, usage.pages_total);
	memory_result_fini(&b->r);
	replay_machine_fini(&b->m);
	trace_free(&b->t.trace);
}

/* pass_sampled() fails if it did not take the tables of the memory pass. */
static void test_sampled__pass(void **state)
{
	const struct l2_strategy_ops *const *ops;
	unsigned nr = 0;

	(void)state;
	for (ops = l2_strategies; *ops; ops++, nr++) {
		struct prng rng = { .state = 7 };
		uint64_t nr_groups, timed = 0;
		struct bench b;

		bench_open(&b, (*ops)->name, 40);
		assert_true(b.r.l2_allocs > 40);
		nr_groups = b.t.trace.nr_events / SAMPLE_EVERY;
		assert_true(nr_groups >= 10);
		for (unsigned i = 0; i < 20; i++) {
			struct sampled_timing t;
			uint64_t before = rng.state;

			assert_int_equal(pass_sampled(&b.m, 0, &rng, &t), 0);
			assert_true(rng.state != before);
			assert_true(t.event.nr <= nr_groups + 1);
			assert_true(t.replay_ns_mean > 0);
			timed += t.event.nr;
		}
		assert_true(timed >= 20 * nr_groups);
		bench_close(&b);
	}
	assert_true(nr >= 6);
}

static void test_sampled__cost_and_stop(void **state)
{
	volatile sig_atomic_t stop = 0;
	struct prng rng = { .state = 7 };
	struct sampled_timing t;
	struct bench b;

	(void)state;
	bench_open(&b, "slab_dma32", 40);
	b.cfg.stop = &stop;
	assert_int_equal(pass_sampled(&b.m, 1e12, &rng, &t), 0);
	assert_true(t.event.nr > 0 && t.event.mean_ns == 0);
	stop = 1;
	assert_int_equal(pass_sampled(&b.m, 0, &rng, &t), -EINTR);
	bench_close(&b);
}

/* Fewer events than a group: one may be timed, or none. */
static void test_sampled__short(void **state)
{
	struct prng rng = { .state = 7 };
	struct bench b;
	uint64_t timed = 0;

	(void)state;
	bench_open(&b, "page", 0);
	assert_true(b.t.trace.nr_events < SAMPLE_EVERY);
	for (unsigned i = 0; i < 2000; i++) {
		struct sampled_timing t;

		assert_int_equal(pass_sampled(&b.m, 0, &rng, &t), 0);
		assert_true(t.event.nr <= 1);
		timed += t.event.nr;
	}
	/* 4 of 64 events, 125 of 2000 passes. */
	assert_true(timed > 60 && timed < 200);
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sampled__places),
		cmocka_unit_test(test_sampled__mean),
		cmocka_unit_test(test_sampled__pass),
		cmocka_unit_test(test_sampled__cost_and_stop),
		cmocka_unit_test(test_sampled__short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
