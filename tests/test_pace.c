// SPDX-License-Identifier: GPL-2.0-only
/*
 * Open loop on a clock of the tests' own, which goes on by 1 ns with each
 * reading, by what an event is told to take, and to where a sleep ends: start,
 * lateness and response of each event come out to the ns. What the host's clock
 * does is asked only as far as it must.
 */
#include "mm_fixture.h"

#include "clock.h"
#include "pace.h"
#include "split_fixture.h"

#define MS 1000000ull
#define FIRST_NS (7 * MS) /* time of the first event */

struct fake {
	struct pace_clock clock;
	struct v7s_probe probe; /* by which an event takes its time */
	uint64_t now_ns;
	uint64_t oversleep_ns;	      /* of each sleep */
	uint64_t jump_at_ns, jump_ns; /* the clock leaps once */
	unsigned nr_sleeps, nr_slow;
	uint64_t slow_ns[8]; /* of the nth event that takes a table */
	volatile sig_atomic_t stop;
	unsigned stop_at_sleep;
};

static uint64_t fake_now(void *ctx)
{
	struct fake *f = ctx;

	f->now_ns++;
	if (f->jump_ns && f->now_ns >= f->jump_at_ns) {
		f->now_ns += f->jump_ns;
		f->jump_ns = 0;
	}
	return f->now_ns;
}

static void fake_sleep_until(void *ctx, uint64_t ns)
{
	struct fake *f = ctx;

	assert_true(ns > f->now_ns);
	assert_true(ns - f->now_ns <= PACE_SLEEP_NS);
	f->now_ns = ns + f->oversleep_ns;
	if (++f->nr_sleeps == f->stop_at_sleep)
		f->stop = 1;
}

static void fake_enter(struct v7s_probe *probe, enum v7s_phase phase)
{
	struct fake *f = container_of(probe, struct fake, probe);

	if (phase == V7S_ALLOC && f->nr_slow < ARRAY_SIZE(f->slow_ns))
		f->now_ns += f->slow_ns[f->nr_slow++];
}

struct bench {
	struct fake fake;
	struct replay_config cfg;
	struct pace_config pace;
	struct trace trace;
	struct l2_spec spec;
	struct replay_machine m;
	struct pace_figures fig;
};

/* An event takes a table of its own at each time. */
static void add_event(struct bench *b, uint64_t time_ns)
{
	const struct trace_event ev = {
		.iova = b->trace.nr_events * SZ_1M,
		.paddr = SZ_1M,
		.size = SZ_4K,
		.time_ns = FIRST_NS + time_ns,
		.type = TRACE_MAP,
		.prot = TRACE_PROT_READ | TRACE_PROT_WRITE,
	};

	assert_int_equal(trace_append(&b->trace, &ev), 0);
}

static void bench_open(struct bench *b, const uint64_t *time_ns, size_t nr)
{
	char why[160];

	*b = (struct bench){ .cfg = { .profile = &machine_small } };
	b->cfg.pgtable = class_trace_pgtable;
	b->cfg.stop = &b->fake.stop;
	b->fake.clock =
		(struct pace_clock){ &b->fake, fake_now, fake_sleep_until };
	b->fake.probe.enter = fake_enter;
	b->fake.now_ns = 1000;
	b->pace = (struct pace_config){
		.speed = 1,
		.limit_ns = UINT64_MAX,
		.clock = &b->fake.clock,
	};
	assert_int_equal(trace_domain(&b->trace, "a"), 0);
	for (size_t i = 0; i < nr; i++)
		add_event(b, time_ns[i]);
	assert_int_equal(l2_spec_parse("page", &b->spec, why, sizeof(why)), 0);
	assert_int_equal(
		replay_machine_init(&b->m, &b->cfg, &b->trace, &b->spec), 0);
	b->m.probe = &b->fake.probe;
	assert_non_null(b->fig.service = latency_create());
	assert_non_null(b->fig.lateness = latency_create());
	assert_non_null(b->fig.response = latency_create());
}

static void bench_close(struct bench *b)
{
	struct physmem_usage usage;

	physmem_usage(b->m.pm, &usage);
	assert_int_equal(usage.pages_free, usage.pages_total);
	replay_machine_fini(&b->m);
	trace_free(&b->trace);
	latency_destroy(b->fig.service);
	latency_destroy(b->fig.lateness);
	latency_destroy(b->fig.response);
}

/* The values, and no others. Each is below 4096 or the largest. */
static void expect(const struct latency *lat, const uint64_t *value, size_t nr)
{
	uint64_t sum = 0, max = 0;

	assert_int_equal(latency_count(lat), nr);
	for (size_t i = 0; i < nr; i++) {
		assert_true(lat->bucket[latency_index(value[i])] > 0);
		sum += value[i];
		max = value[i] > max ? value[i] : max;
	}
	assert_int_equal(lat->sum_ns, sum);
	assert_int_equal(lat->max_ns, max);
}

#define EXPECT(lat, ...)                               \
	expect(lat, (const uint64_t[]){ __VA_ARGS__ }, \
	       sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))

#define OPEN(b, ...)                                           \
	bench_open(b, (const uint64_t[]){ __VA_ARGS__ },       \
		   sizeof((const uint64_t[]){ __VA_ARGS__ }) / \
			   sizeof(uint64_t))

/* The first begins with the reading behind the start; the others are spun for
 * to the ns; the end is a reading later. */
static void test_pace__on_time(void **state)
{
	struct bench b;

	(void)state;
	OPEN(&b, 0, 1 * MS, 5 * MS, 130 * MS);
	assert_int_equal(pass_pace(&b.m, &b.pace, &b.fig), 0);
	EXPECT(b.fig.lateness, 1, 0, 0, 0);
	EXPECT(b.fig.service, 1, 1, 1, 1);
	EXPECT(b.fig.response, 2, 1, 1, 1);
	assert_int_equal(b.fig.nr_events, 4);
	assert_int_equal(b.fig.nr_late, 0);
	assert_int_equal(b.fig.nr_refused, 0);
	assert_int_equal(b.fig.l2_allocs, 4);
	assert_int_equal(b.fig.replay_ns, 130 * MS + 1);
	/* One each for 1 and 4 ms, three of at most 50 for 125 ms. */
	assert_int_equal(b.fake.nr_sleeps, 5);
	bench_close(&b);
}

/* Ten times as fast, and a tenth. */
static void test_pace__speed(void **state)
{
	struct bench b;

	(void)state;
	OPEN(&b, 0, 10 * MS);
	b.pace.speed = 10;
	assert_int_equal(pass_pace(&b.m, &b.pace, &b.fig), 0);
	assert_int_equal(b.fig.replay_ns, 1 * MS + 1);
	latency_reset(b.fig.lateness);
	b.pace.speed = 0.1;
	assert_int_equal(pass_pace(&b.m, &b.pace, &b.fig), 0);
	assert_int_equal(b.fig.replay_ns, 100 * MS + 1);
	EXPECT(b.fig.lateness, 1, 0);
	bench_close(&b);
}

/*
 * The second takes 2500 ns, and those behind it come every 1000: the wait goes
 * on until it is caught up. In the closed loop nobody waits.
 */
static void test_pace__slow_event(void **state)
{
	struct bench b;

	(void)state;
	OPEN(&b, 0, 10000, 11000, 12000, 13000, 20000);
	b.fake.slow_ns[1] = 2500;
	b.fake.slow_ns[2] = 300;
	assert_int_equal(pass_pace(&b.m, &b.pace, &b.fig), 0);
	/*
	 * 10000 to 12501; the third, due at 11000, starts with the next reading
	 * at 12502 and ends at 12803; the fourth, due at 12000, is 804 late;
	 * the fifth is on time.
	 */
	EXPECT(b.fig.lateness, 1, 0, 1502, 804, 0, 0);
	EXPECT(b.fig.service, 1, 2501, 301, 1, 1, 1);
	EXPECT(b.fig.response, 2, 2501, 1803, 805, 1, 1);
	assert_int_equal(b.fig.nr_late, 0);
	latency_reset(b.fig.service);
	latency_reset(b.fig.lateness);
	b.fake.nr_slow = 0;
	assert_int_equal(pass_closed(&b.m, &b.pace, &b.fig), 0);
	EXPECT(b.fig.service, 1, 2501, 301, 1, 1, 1);
	assert_int_equal(latency_count(b.fig.lateness), 0);
	assert_int_equal(b.fig.nr_events, 6);
	bench_close(&b);
}

/* None is left out, each does a reading to start and one to end. */
static void test_pace__catches_up(void **state)
{
	uint64_t time_ns[100];
	struct bench b;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(time_ns); i++)
		time_ns[i] = i * 100;
	bench_open(&b, time_ns, ARRAY_SIZE(time_ns));
	b.fake.slow_ns[0] = 1 * MS;
	assert_int_equal(pass_pace(&b.m, &b.pace, &b.fig), 0);
	assert_int_equal(b.fig.nr_events, 100);
	assert_int_equal(b.fig.nr_late, 99);
	/* The second waits for the first. */
	assert_int_equal(b.fig.lateness->max_ns, 1 * MS + 3 - 100);
	assert_int_equal(b.fig.replay_ns, 1 * MS + 200);
	bench_close(&b);
}

/* Times go back; deadlines do not, and neither does time. */
static void test_pace__backwards(void **state)
{
	struct bench b;

	(void)state;
	OPEN(&b, 0, 10000, 4000, 9000, 20000);
	assert_int_equal(pass_pace(&b.m, &b.pace, &b.fig), 0);
	/* Three at 10000: at 10000, 10002 and 10004. */
	EXPECT(b.fig.lateness, 1, 0, 2, 4, 0);
	assert_int_equal(b.fig.replay_ns, 20001);
	bench_close(&b);
}

/* The clock leaps while it is waited for: what it leapt over is late, the rest
 * comes at its time. */
static void test_pace__leap(void **state)
{
	struct bench b;

	(void)state;
	OPEN(&b, 0, 50000, 60000, 1000000);
	b.fake.jump_at_ns = 1000 + 30000;
	b.fake.jump_ns = 70000;
	assert_int_equal(pass_pace(&b.m, &b.pace, &b.fig), 0);
	/* Start is 1001; the reading that was to be 31000 is 101000. */
	EXPECT(b.fig.lateness, 1, 49999, 40001, 0);
	assert_int_equal(b.fig.nr_late, 2);
	bench_close(&b);
}

/* Who sleeps too long starts late, and the next at its time. */
static void test_pace__oversleeps(void **state)
{
	struct bench b;

	(void)state;
	OPEN(&b, 0, 5 * MS, 5 * MS + 20000, 6 * MS);
	b.fake.oversleep_ns = PACE_SPIN_NS + 10000;
	assert_int_equal(pass_pace(&b.m, &b.pace, &b.fig), 0);
	/* The sleep to 200 us before ends 10 us behind, and is seen a reading
	 * later, 1 ns; likewise the last. */
	EXPECT(b.fig.lateness, 1, 10001, 0, 10001);
	assert_int_equal(b.fig.nr_late, 2);
	bench_close(&b);
}

static void test_pace__cost_of_the_clock(void **state)
{
	struct bench b;

	(void)state;
	OPEN(&b, 0, 10000, 11000);
	b.pace.clock_cost_ns = 20.4;
	b.fake.slow_ns[1] = 119;
	assert_int_equal(pass_pace(&b.m, &b.pace, &b.fig), 0);
	EXPECT(b.fig.service, 0, 100, 0);
	EXPECT(b.fig.response, 1, 100, 0);
	bench_close(&b);
}

static void test_pace__limit(void **state)
{
	struct pace_span span;
	char why[TRACE_WHY_SIZE];
	struct bench b;

	(void)state;
	/* The fourth is within it by its own time, but behind the third. */
	OPEN(&b, 0, 10000, 20001, 15000, 30000);
	assert_int_equal(pace_span(&b.trace, UINT64_MAX, &span, why), 0);
	assert_int_equal(span.nr_events, 5);
	assert_int_equal(span.trace_ns, 30000);
	assert_int_equal(pace_span(&b.trace, 20000, &span, why), 0);
	assert_int_equal(span.nr_events, 2);
	assert_int_equal(span.trace_ns, 10000);
	b.pace.limit_ns = 10000;
	assert_int_equal(pass_pace(&b.m, &b.pace, &b.fig), 0);
	assert_int_equal(b.fig.nr_events, 2);
	b.pace.limit_ns = 20000;
	assert_int_equal(pass_pace(&b.m, &b.pace, &b.fig), 0);
	assert_int_equal(b.fig.nr_events, 2);
	assert_int_equal(b.fig.l2_allocs, 2);
	assert_int_equal(pass_closed(&b.m, &b.pace, &b.fig), 0);
	assert_int_equal(b.fig.nr_events, 2);
	bench_close(&b);
}

/* A trace without a unit; one whose times are so large that nothing holds. */
static void test_pace__times(void **state)
{
	struct pace_span span = { .nr_events = 77 };
	char why[TRACE_WHY_SIZE];
	struct bench b;

	(void)state;
	OPEN(&b, 0, UINT64_MAX - FIRST_NS);
	b.pace.speed = PACE_MIN_SPEED;
	b.fake.stop_at_sleep = 3;
	assert_int_equal(pass_pace(&b.m, &b.pace, &b.fig), -EINTR);
	assert_int_equal(b.fake.nr_sleeps, 3);
	assert_int_equal(b.fig.nr_events, 0);
	b.trace.nr_no_unit = 1;
	assert_int_equal(pace_span(&b.trace, UINT64_MAX, &span, why), -EINVAL);
	assert_non_null(strstr(why, "some events have no time"));
	assert_int_equal(span.nr_events, 77);
	bench_close(&b);
}

static void test_pace__stop(void **state)
{
	struct bench b;

	(void)state;
	OPEN(&b, 0, 1000 * MS);
	b.fake.stop_at_sleep = 2;
	assert_int_equal(pass_pace(&b.m, &b.pace, &b.fig), -EINTR);
	assert_int_equal(b.fake.nr_sleeps, 2);
	assert_int_equal(pass_closed(&b.m, &b.pace, &b.fig), -EINTR);
	bench_close(&b);
}

/* Refused events and failed tables are the same in both loops, and counted. */
static void test_pace__refused(void **state)
{
	char why[160];
	struct bench b;

	(void)state;
	OPEN(&b, 0, 1, 2, 3, 4, 5);
	b.trace.event[1].iova = 0; /* mapped already */
	replay_machine_fini(&b.m);
	assert_int_equal(l2_spec_parse("genalloc:tables=4", &b.spec, why,
				       sizeof(why)),
			 0);
	assert_int_equal(replay_machine_init(&b.m, &b.cfg, &b.trace, &b.spec),
			 0);
	assert_int_equal(pass_closed(&b.m, &b.pace, &b.fig), 0);
	assert_int_equal(b.fig.nr_refused, 2);
	assert_int_equal(pass_pace(&b.m, &b.pace, &b.fig), 0);
	assert_int_equal(b.fig.nr_events, 6);
	assert_int_equal(b.fig.nr_refused, 2);
	assert_int_equal(b.fig.l2_allocs, 4);
	assert_int_equal(b.fig.l2_failures, 1);
	bench_close(&b);
}

/* That of the host: no event before its time. */
static void test_pace__host(void **state)
{
	uint64_t time_ns[50], before;
	struct bench b;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(time_ns); i++)
		time_ns[i] = i * MS;
	bench_open(&b, time_ns, ARRAY_SIZE(time_ns));
	b.m.probe = NULL;
	b.pace.clock = &pace_host_clock;
	before = clock_ns();
	assert_int_equal(pass_pace(&b.m, &b.pace, &b.fig), 0);
	assert_true(clock_ns() - before >= 49 * MS);
	assert_true(b.fig.replay_ns >= 49 * MS);
	assert_int_equal(latency_count(b.fig.response), 50);
	assert_true(b.fig.response->sum_ns ==
		    b.fig.lateness->sum_ns + b.fig.service->sum_ns);
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pace__on_time),
		cmocka_unit_test(test_pace__speed),
		cmocka_unit_test(test_pace__slow_event),
		cmocka_unit_test(test_pace__catches_up),
		cmocka_unit_test(test_pace__backwards),
		cmocka_unit_test(test_pace__leap),
		cmocka_unit_test(test_pace__oversleeps),
		cmocka_unit_test(test_pace__cost_of_the_clock),
		cmocka_unit_test(test_pace__limit),
		cmocka_unit_test(test_pace__times),
		cmocka_unit_test(test_pace__stop),
		cmocka_unit_test(test_pace__refused),
		cmocka_unit_test(test_pace__host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
