// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who waits for whom: against a map of single pages, and against the order of
 * every two events that overlap. Then threads that keep to it, each writing
 * without a lock to the pages of its events; and how they end when stopped,
 * refused, or bound to a CPU that is not there.
 */
#include "team_fixture.h"

#include "deps.h"
#include "iommu.h"
#include "team.h"

#define PGSIZES (SZ_4K | SZ_64K | SZ_1M)
#define NR_DOMAINS 2
#define NR_PAGES 1024 /* of a domain: four slots */
#define NR_EVENTS 300
#define NOBODY UINT32_MAX

/* Any events at all: maps over maps, unmaps of nothing, parts of pages. */
static void random_trace(struct trace *trace, uint64_t seed)
{
	uint64_t rng = seed * 7919 + 1;

	*trace = (struct trace){ 0 };
	add_domains(trace, NR_DOMAINS);
	for (unsigned i = 0; i < NR_EVENTS; i++) {
		static const unsigned grains[] = { 1, 1, 4, 16, 256 };
		unsigned grain = grains[rng_below(&rng, ARRAY_SIZE(grains))];
		unsigned page = rng_below(&rng, NR_PAGES / grain) * grain;
		unsigned nr = (1 + rng_below(&rng, 3)) * grain;
		struct trace_event ev;

		if (page + nr > NR_PAGES)
			nr = NR_PAGES - page;
		ev = event_of(rng_below(&rng, 2) ? TRACE_MAP : TRACE_UNMAP,
			      rng_below(&rng, NR_DOMAINS), rng_below(&rng, 16),
			      page * SZ_4K, nr * SZ_4K);
		/* Some maps cannot have large pages. */
		if (ev.type == TRACE_MAP && !rng_below(&rng, 4))
			ev.paddr += SZ_4K;
		add_event(trace, &ev);
	}
}

/* Another way to the same: every page has its last event, and the leaf that
 * the IOMMU core would have put it in. */
struct reference {
	const struct trace *trace;
	const struct deps_config *cfg;
	uint32_t last[NR_DOMAINS][NR_PAGES];
	struct leaf {
		unsigned first, nr; /* pages; 0: not mapped */
	} leaf[NR_DOMAINS][NR_PAGES];
	uint32_t place[NR_EVENTS]; /* among its thread's */
	uint32_t nr_of[PHYSMEM_MAX_CPUS];
	uint32_t known[PHYSMEM_MAX_CPUS][PHYSMEM_MAX_CPUS];
	uint64_t nr_dependent;
};

static void reference_map(struct reference *r, const struct trace_event *ev)
{
	uint64_t done = 0;

	while (done < ev->size) {
		size_t count;
		uint64_t size = iommu_pgsize(PGSIZES, ev->iova + done,
					     ev->paddr + done, ev->size - done,
					     &count);

		for (uint64_t at = 0; at < size * count; at += SZ_4K) {
			uint64_t iova = ev->iova + done + at;

			r->leaf[ev->domain][iova / SZ_4K] = (struct leaf){
				.first = (unsigned)(iova / size * size / SZ_4K),
				.nr = (unsigned)(size / SZ_4K),
			};
		}
		done += size * count;
	}
}

/* Fills need, by thread; the event is then the last on all that it reaches. */
static void reference_event(struct reference *r, uint32_t event,
			    uint32_t need[PHYSMEM_MAX_CPUS])
{
	const struct trace_event *ev = &r->trace->event[event];
	struct leaf *leaf = r->leaf[ev->domain];
	unsigned first = (unsigned)(ev->iova / SZ_4K);
	unsigned end = first + (unsigned)(ev->size / SZ_4K);
	unsigned from = first, to = end;
	unsigned self = deps_thread_of(r->trace, r->cfg, event);
	bool dependent = false;

	if (ev->type == TRACE_UNMAP && leaf[first].nr)
		from = leaf[first].first;
	if (ev->type == TRACE_UNMAP && leaf[end - 1].nr &&
	    leaf[end - 1].first + leaf[end - 1].nr > end)
		to = leaf[end - 1].first + leaf[end - 1].nr;
	memset(need, 0, PHYSMEM_MAX_CPUS * sizeof(*need));
	for (unsigned page = from; page < to; page++) {
		uint32_t *last = &r->last[ev->domain][page];
		unsigned thread;

		if (*last != NOBODY) {
			thread = deps_thread_of(r->trace, r->cfg, *last);
			dependent |= thread != self;
			if (thread != self && need[thread] <= r->place[*last])
				need[thread] = r->place[*last] + 1;
		}
		*last = event;
	}
	r->nr_dependent += dependent;
	memset(&leaf[first], 0, (end - first) * sizeof(*leaf));
	if (ev->type == TRACE_MAP)
		reference_map(r, ev);
	r->place[event] = r->nr_of[self]++;
}

/* The steps and waits of deps, one event after the other. */
static void compare(const struct trace *trace, const struct deps_config *cfg,
		    const struct deps *deps)
{
	struct reference *r = calloc(1, sizeof(*r));
	uint32_t next_wait[PHYSMEM_MAX_CPUS] = { 0 };

	assert_non_null(r);
	r->trace = trace;
	r->cfg = cfg;
	memset(r->last, 0xff, sizeof(r->last));
	for (uint32_t i = 0; i < trace->nr_events; i++) {
		unsigned self = deps_thread_of(trace, cfg, i);
		const struct deps_thread *t = &deps->thread[self];
		uint32_t need[PHYSMEM_MAX_CPUS], nr = 0;
		const struct deps_step *step;

		reference_event(r, i, need);
		step = &t->step[r->place[i]];
		assert_int_equal(step->event, i);
		for (unsigned k = 0; k < cfg->nr_threads; k++) {
			const struct deps_wait *wait;

			if (need[k] <= r->known[self][k])
				continue;
			r->known[self][k] = need[k];
			wait = &t->wait[next_wait[self] + nr++];
			assert_int_equal(wait->thread, k);
			assert_int_equal(wait->done, need[k]);
		}
		assert_int_equal(step->nr_waits, nr);
		next_wait[self] += nr;
	}
	for (unsigned k = 0; k < cfg->nr_threads; k++) {
		assert_int_equal(deps->thread[k].nr_steps, r->nr_of[k]);
		assert_int_equal(deps->thread[k].nr_waits, next_wait[k]);
	}
	assert_int_equal(deps->nr_dependent, r->nr_dependent);
	free(r);
}

static bool overlap(const struct trace_event *a, const struct trace_event *b)
{
	return a->domain == b->domain && a->iova < b->iova + b->size &&
	       b->iova < a->iova + a->size;
}

/*
 * What is done before each event by its thread's order and its waits, followed
 * to the end. Returns how many pairs had to be in order across threads.
 */
static unsigned check_order(const struct trace *trace,
			    const struct deps_config *cfg,
			    const struct deps *deps)
{
	static uint32_t before[NR_EVENTS][8]; /* by thread: so many are done */
	uint32_t place[NR_EVENTS], nr_of[8] = { 0 }, next_wait[8] = { 0 };
	unsigned nr_pairs = 0;

	assert_true(cfg->nr_threads <= 8);
	for (uint32_t j = 0; j < trace->nr_events; j++) {
		unsigned self = deps_thread_of(trace, cfg, j);
		const struct deps_thread *t = &deps->thread[self];
		uint32_t nr_waits;

		place[j] = nr_of[self]++;
		memset(before[j], 0, sizeof(before[j]));
		if (place[j])
			memcpy(before[j], before[t->step[place[j] - 1].event],
			       sizeof(before[j]));
		before[j][self] = place[j];
		nr_waits = t->step[place[j]].nr_waits;
		for (; nr_waits; nr_waits--) {
			const struct deps_wait *wait =
				&t->wait[next_wait[self]++];
			uint32_t i = deps->thread[wait->thread]
					     .step[wait->done - 1]
					     .event;

			assert_true(i < j); /* so there is no deadlock */
			for (unsigned k = 0; k < cfg->nr_threads; k++)
				if (before[i][k] > before[j][k])
					before[j][k] = before[i][k];
			if (before[j][wait->thread] < wait->done)
				before[j][wait->thread] = wait->done;
		}
		for (uint32_t i = 0; i < j; i++) {
			unsigned other = deps_thread_of(trace, cfg, i);

			if (!overlap(&trace->event[i], &trace->event[j]))
				continue;
			assert_true(before[j][other] > place[i]);
			nr_pairs += other != self;
		}
	}
	return nr_pairs;
}

static const unsigned thread_numbers[] = { 1, 2, 3, 4, 7 };

static void test_deps__against_pages_and_pairs(void **state)
{
	unsigned nr_pairs = 0;

	(void)state;
	for (unsigned seed = 0; seed < SCALED(100); seed++) {
		struct trace trace;

		watchdog();
		random_trace(&trace, seed);
		for (unsigned i = 0; i < ARRAY_SIZE(thread_numbers) * NR_DEALS;
		     i++) {
			struct deps_config cfg = {
				.nr_threads = thread_numbers[i / NR_DEALS],
				.deal = i % NR_DEALS,
				.pgsizes = PGSIZES,
			};
			struct deps *deps;

			assert_int_equal(deps_create(&trace, &cfg, &deps), 0);
			compare(&trace, &cfg, deps);
			nr_pairs += check_order(&trace, &cfg, deps);
			if (cfg.nr_threads == 1 || cfg.deal == DEAL_DOMAIN)
				assert_int_equal(deps->nr_dependent, 0);
			deps_destroy(deps);
		}
		trace_free(&trace);
	}
	assert_true(nr_pairs > SCALED(1000000));
}

static void test_deps__deal(void **state)
{
	struct trace_event ev = event_of(TRACE_MAP, 0, 9, 0, SZ_4K);
	struct deps_config cfg = { .nr_threads = 4 };
	struct trace trace = { 0 };

	(void)state;
	add_domains(&trace, 7);
	for (unsigned i = 0; i < 300; i++) {
		ev.domain = 6;
		add_event(&trace, &ev);
	}
	assert_int_equal(deps_thread_of(&trace, &cfg, 63), 0);
	assert_int_equal(deps_thread_of(&trace, &cfg, 64), 1);
	assert_int_equal(deps_thread_of(&trace, &cfg, 255), 3);
	assert_int_equal(deps_thread_of(&trace, &cfg, 256), 0);
	cfg.deal = DEAL_DOMAIN;
	assert_int_equal(deps_thread_of(&trace, &cfg, 299), 2);
	cfg.deal = DEAL_CPU;
	assert_int_equal(deps_thread_of(&trace, &cfg, 299), 1);
	trace_free(&trace);
}

/* The top of 64 bits, which no page table has, and a second map of it. */
static void test_deps__top_of_address_space(void **state)
{
	struct trace_event ev =
		event_of(TRACE_MAP, 0, 0, ~(SZ_4K - 1ull), SZ_4K);
	struct deps_config cfg = { .nr_threads = 2,
				   .deal = DEAL_CPU,
				   .pgsizes = PGSIZES };
	struct trace trace = { 0 };
	struct deps *deps;

	(void)state;
	add_domains(&trace, 1);
	add_event(&trace, &ev);
	ev.cpu = 1;
	ev.type = TRACE_UNMAP;
	add_event(&trace, &ev);
	assert_int_equal(deps_create(&trace, &cfg, &deps), 0);
	assert_int_equal(deps->nr_dependent, 1);
	assert_int_equal(deps->thread[1].nr_waits, 1);
	deps_destroy(deps);
	trace_free(&trace);
}

/*
 * What threads leave behind. Pages are no atomics: ThreadSanitizer tells of
 * any two events on a page that nothing has put in order.
 */
struct record {
	const struct trace *trace;
	const struct deps_config *cfg;
	uint32_t ticks; /* atomic: of begins and ends of events */
	uint32_t *begin, *end;
	uint32_t page[NR_DOMAINS][NR_PAGES]; /* number of events there */
	unsigned linger;
	bool strangers; /* an event was done by another's thread */
};

static void record_event(void *ctx, unsigned thread, uint32_t event)
{
	struct record *r = ctx;
	const struct trace_event *ev = &r->trace->event[event];
	uint32_t *page = &r->page[ev->domain][ev->iova / SZ_4K];

	r->begin[event] = __atomic_add_fetch(&r->ticks, 1, __ATOMIC_RELAXED);
	if (thread != deps_thread_of(r->trace, r->cfg, event))
		__atomic_store_n(&r->strangers, true, __ATOMIC_RELAXED);
	for (uint64_t i = 0; i < ev->size / SZ_4K; i++)
		page[i]++;
	for (volatile unsigned i = 0; i < r->linger; i++)
		;
	r->end[event] = __atomic_add_fetch(&r->ticks, 1, __ATOMIC_RELAXED);
}

static struct record *new_record(const struct trace *trace,
				 const struct deps_config *cfg)
{
	struct record *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	r->trace = trace;
	r->cfg = cfg;
	r->begin = calloc(trace->nr_events, sizeof(*r->begin));
	r->end = calloc(trace->nr_events, sizeof(*r->end));
	assert_true(r->begin && r->end);
	return r;
}

static void free_record(struct record *r)
{
	free(r->begin);
	free(r->end);
	free(r);
}

/* Each event was done once, and after all earlier ones that it overlaps. */
static unsigned check_record(const struct record *r)
{
	const struct trace *trace = r->trace;
	uint32_t page[NR_DOMAINS][NR_PAGES] = { 0 };
	unsigned nr_pairs = 0;

	assert_false(r->strangers);
	assert_int_equal(r->ticks, 2 * trace->nr_events);
	for (uint32_t j = 0; j < trace->nr_events; j++) {
		const struct trace_event *ev = &trace->event[j];

		for (uint64_t i = 0; i < ev->size / SZ_4K; i++)
			page[ev->domain][ev->iova / SZ_4K + i]++;
		for (uint32_t i = 0; i < j; i++) {
			if (!overlap(&trace->event[i], ev))
				continue;
			assert_true(r->end[i] < r->begin[j]);
			nr_pairs++;
		}
	}
	assert_memory_equal(page, r->page, sizeof(page));
	return nr_pairs;
}

static void test_deps__threads_keep_the_order(void **state)
{
	unsigned nr_pairs = 0;

	(void)state;
	for (unsigned seed = 0; seed < SCALED(60); seed++) {
		struct trace trace;

		random_trace(&trace, 1000 + seed);
		for (unsigned i = 0; i < ARRAY_SIZE(thread_numbers) * NR_DEALS;
		     i++) {
			struct deps_config cfg = {
				.nr_threads = thread_numbers[i / NR_DEALS],
				.deal = i % NR_DEALS,
				.pgsizes = PGSIZES,
			};
			struct record *r = new_record(&trace, &cfg);
			struct team_env env = { .fn = record_event, .ctx = r };
			struct team_result result;
			struct deps *deps;

			watchdog();
			assert_int_equal(deps_create(&trace, &cfg, &deps), 0);
			assert_int_equal(team_run(deps, &env, &result), 0);
			assert_true(result.nr_waited <= deps->nr_dependent);
			assert_int_equal(result.nr_host_cpus, 0);
			nr_pairs += check_record(r);
			deps_destroy(deps);
			free_record(r);
		}
		trace_free(&trace);
	}
	assert_true(nr_pairs > SCALED(1000000));
}

/* nr events on one page, by two CPUs in turn. */
static void ping_pong(struct trace *trace, unsigned nr)
{
	*trace = (struct trace){ 0 };
	add_domains(trace, 1);
	for (unsigned i = 0; i < nr; i++) {
		struct trace_event ev =
			event_of(i & 1 ? TRACE_UNMAP : TRACE_MAP, 0, i & 1,
				 SZ_1M, SZ_4K);

		add_event(trace, &ev);
	}
}

static const struct deps_config by_cpu = {
	.nr_threads = 2,
	.deal = DEAL_CPU,
	.pgsizes = PGSIZES,
};

/* All but the first wait for the one before, and mostly find it not done. */
static void test_deps__waits_are_counted(void **state)
{
	struct team_env env = { .fn = record_event };
	struct team_result result;
	struct trace trace;
	struct deps *deps;
	struct record *r;

	(void)state;
	watchdog();
	ping_pong(&trace, SCALED(5000));
	r = new_record(&trace, &by_cpu);
	r->linger = 1000;
	env.ctx = r;
	assert_int_equal(deps_create(&trace, &by_cpu, &deps), 0);
	assert_int_equal(deps->nr_dependent, trace.nr_events - 1);
	assert_int_equal(deps->thread[0].nr_waits + deps->thread[1].nr_waits,
			 trace.nr_events - 1);
	assert_int_equal(team_run(deps, &env, &result), 0);
	assert_true(result.nr_waited > 0);
	assert_true(result.nr_waited < trace.nr_events);
	assert_true(result.wall_ns > 0);
	check_record(r);
	deps_destroy(deps);
	free_record(r);
	trace_free(&trace);
}

struct stopper {
	volatile sig_atomic_t stop;
	uint32_t at; /* event during which stop is set */
	uint32_t nr_done;
};

static void stop_at(void *ctx, unsigned thread, uint32_t event)
{
	struct stopper *s = ctx;

	(void)thread;
	__atomic_add_fetch(&s->nr_done, 1, __ATOMIC_RELAXED);
	if (event == s->at)
		__atomic_store_n(&s->stop, SIGINT, __ATOMIC_RELAXED);
}

/* Thread 0 stops in the middle; thread 1 waits for an event at its end. */
static void test_deps__stop_ends_those_that_wait(void **state)
{
	struct trace_event ev = event_of(TRACE_MAP, 0, 0, 0, SZ_4K);
	struct stopper s = { .at = 3000 };
	struct team_env env = { .fn = stop_at, .ctx = &s, .stop = &s.stop };
	struct team_result result;
	struct trace trace = { 0 };
	struct deps *deps;

	(void)state;
	watchdog();
	add_domains(&trace, 1);
	for (unsigned i = 0; i < 10000; i++, ev.iova += SZ_4K)
		add_event(&trace, &ev);
	ev = event_of(TRACE_UNMAP, 0, 1, 0, ev.iova);
	add_event(&trace, &ev);
	assert_int_equal(deps_create(&trace, &by_cpu, &deps), 0);
	assert_int_equal(team_run(deps, &env, &result), -EINTR);
	/* 3001, and on to where it looks again */
	assert_int_equal(s.nr_done, 3072);
	s = (struct stopper){ .at = NOBODY, .stop = SIGINT };
	assert_int_equal(team_run(deps, &env, &result), -EINTR);
	assert_int_equal(s.nr_done, 0);
	s = (struct stopper){ .at = NOBODY };
	assert_int_equal(team_run(deps, &env, &result), 0);
	assert_int_equal(s.nr_done, 10001);
	deps_destroy(deps);
	trace_free(&trace);
}

/* Whichever thread is refused, no event is done, and the others end. */
static void test_deps__thread_refused(void **state)
{
	struct deps_config cfg = { .nr_threads = 4, .pgsizes = PGSIZES };
	struct stopper s = { .at = NOBODY };
	struct team_env env = { .fn = stop_at, .ctx = &s };
	struct team_result result;
	struct trace trace;
	struct deps *deps;

	(void)state;
	watchdog();
	ping_pong(&trace, 1000);
	assert_int_equal(deps_create(&trace, &cfg, &deps), 0);
	for (unsigned nr = 0; nr < 4; nr++) {
		creates_left = nr;
		assert_int_equal(team_run(deps, &env, &result), -EAGAIN);
		assert_int_equal(s.nr_done, 0);
	}
	creates_left = UINT32_MAX;
	assert_int_equal(team_run(deps, &env, &result), 0);
	assert_int_equal(s.nr_done, 1000);
	deps_destroy(deps);
	trace_free(&trace);
}

/* Where binding is refused the work is done all the same, and it is said. */
static void test_deps__binding(void **state)
{
	struct deps_config cfg = { .nr_threads = 3, .pgsizes = PGSIZES };
	struct stopper s = { .at = NOBODY };
	cpu_set_t host;
	struct team_env env = { .host = &host, .fn = stop_at, .ctx = &s };
	struct team_result result;
	struct trace trace;
	struct deps *deps;

	(void)state;
	watchdog();
	ping_pong(&trace, 1000);
	assert_int_equal(deps_create(&trace, &cfg, &deps), 0);
	CPU_ZERO(&host);
	assert_int_equal(team_run(deps, &env, &result), 0);
	assert_int_equal(result.nr_host_cpus, 0);
	assert_int_equal(result.bind_error, 0);
	CPU_SET(CPU_SETSIZE - 1, &host);
	assert_int_equal(team_run(deps, &env, &result), 0);
	assert_int_equal(result.nr_host_cpus, 0);
	assert_int_equal(result.bind_error, -EINVAL);
	assert_int_equal(sched_getaffinity(0, sizeof(host), &host), 0);
	assert_int_equal(team_run(deps, &env, &result), 0);
	assert_int_equal(result.bind_error, 0);
	assert_int_equal(result.nr_host_cpus,
			 CPU_COUNT(&host) < 3 ? CPU_COUNT(&host) : 3);
	assert_int_equal(s.nr_done, 3000);
	deps_destroy(deps);
	trace_free(&trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deps__against_pages_and_pairs),
		cmocka_unit_test(test_deps__deal),
		cmocka_unit_test(test_deps__top_of_address_space),
		cmocka_unit_test(test_deps__threads_keep_the_order),
		cmocka_unit_test(test_deps__waits_are_counted),
		cmocka_unit_test(test_deps__stop_ends_those_that_wait),
		cmocka_unit_test(test_deps__thread_refused),
		cmocka_unit_test(test_deps__binding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
