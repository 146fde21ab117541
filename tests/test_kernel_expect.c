// SPDX-License-Identifier: GPL-2.0-only
/*
 * What our models answer to a run: returns, tables and states worked out by
 * hand, pages against what a real Linux 6.1 held (golden/memory.csv), and all
 * of it against the memory pass.
 */
#include "inject.h"
#include "kernel_fixture.h"
#include "workload.h"

#define NR_SLOTS 4096u
#define FNV_INIT 0xcbf29ce484222325ull
#define FNV_PRIME 0x100000001b3ull

static void expect(const struct kernel_case *c, struct kernel_answer *ret)
{
	char why[KERNEL_WHY_SIZE] = "untouched";

	if (kernel_expect(c, ret, why))
		fail_msg("%s", why);
	assert_string_equal(ret->label, c->label);
	assert_string_equal(ret->strategy, c->spec->ops->name);
	assert_int_equal(ret->nr_domains, c->trace->nr_domains);
	assert_int_equal(ret->live_closed, 0);
	assert_int_equal(ret->held_closed, 0);
	for (size_t i = 0; i < NR_KERNEL_CLASSES; i++)
		assert_int_equal(ret->cost[i].n, 0);
}

static uint64_t fnv1a(const char *text)
{
	uint64_t hash = FNV_INIT;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * FNV_PRIME;
	return hash;
}

/* Each of the results a kernel's driver has, and the points between. */
static void test_expect__by_hand(void **state)
{
	static const int64_t result[] = { 0, -17, SZ_4K, 0, -34, 0, SZ_1M };
	/* An unmap that met a hole is tried again there by the core. */
	static const uint64_t warns[] = { 0, 1, 3, 4, 5, 5, 5 };
	struct l2_spec spec = spec_of("page");
	struct trace trace = new_trace(2);
	struct kernel_case c = {
		.label = "by-hand",
		.spec = &spec,
		.trace = &trace,
		.replay = &replay_plain,
		.every = 1,
	};
	struct kernel_answer a;
	uint64_t ret = FNV_INIT;

	(void)state;
	add_map(&trace, 0, 0, 0x1000, 0x5000, SZ_4K);
	add_map(&trace, 0, 1, 0x1000, 0x6000, SZ_4K);
	/* As far as it is mapped. */
	add_unmap(&trace, 0, 1, 0x1000, 2 * SZ_4K);
	add_unmap(&trace, 0, 0, 0x1000, SZ_4K);
	add_map(&trace, 1, 0, 1ull << 32, 0, SZ_4K);
	add_map(&trace, 1, 0, 0x2000, 0x40000000, SZ_4K);
	add_unmap(&trace, 0, 0, 0, SZ_1M);
	expect(&c, &a);
	assert_int_equal(a.nr_points, ARRAY_SIZE(result));
	for (size_t i = 0; i < ARRAY_SIZE(result); i++) {
		ret = (ret ^ (uint64_t)result[i]) * FNV_PRIME;
		assert_int_equal(a.point[i].events, i + 1);
		assert_int_equal(a.point[i].ret, ret);
		assert_int_equal(a.point[i].warns, warns[i]);
		assert_int_equal(a.point[i].held, a.point[i].live);
	}
	assert_int_equal(a.held_open, 0);
	assert_int_equal(a.point[4].allocs, 1);
	assert_int_equal(a.point[4].frees, 0);
	assert_int_equal(a.point[4].live, 1);
	assert_int_equal(a.point[6].allocs, 2);
	assert_int_equal(a.point[6].frees, 1);
	assert_int_equal(a.point[6].live, 1);
	assert_int_equal(a.state[0].l1_nonzero, 0);
	assert_int_equal(a.state[0].fnv1a64, FNV_INIT);
	assert_int_equal(a.state[1].l1_nonzero, 1);
	assert_int_equal(a.state[1].l2_tables, 1);
	assert_int_equal(a.state[1].l2_nonzero, 1);
	/* As golden/02_basic_multi.txt has that page with prot 3. */
	assert_int_equal(a.state[1].fnv1a64,
			 fnv1a("  L1[0x0000] table+0x001\n"
			       "  L2[0x0000][0x02] 0x40000c72\n"));
	kernel_answer_free(&a);
	trace_free(&trace);
}

static void test_expect__points(void **state)
{
	static const struct {
		uint64_t nr_events, every;
		size_t nr_points;
		uint64_t last;
	} rows[] = {
		{ 0, 1, 10, 10 }, { 0, 5, 2, 10 },  { 0, 3, 4, 10 },
		{ 0, 10, 1, 10 }, { 0, 11, 1, 10 }, { 7, 3, 3, 7 },
		{ 6, 3, 2, 6 },	  { 1, 9, 1, 1 },   { 99, 4, 3, 10 },
	};
	struct l2_spec spec = spec_of("pte_frag");
	struct trace trace = new_trace(1);
	struct kernel_case c = {
		.label = "points",
		.spec = &spec,
		.trace = &trace,
		.replay = &replay_plain,
	};

	(void)state;
	for (unsigned i = 0; i < 10; i++)
		add_map(&trace, 0, i, i * SZ_1M, 0, SZ_4K);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct kernel_answer a;

		c.nr_events = rows[i].nr_events;
		c.every = rows[i].every;
		expect(&c, &a);
		assert_int_equal(a.nr_points, rows[i].nr_points);
		assert_int_equal(a.point[a.nr_points - 1].events, rows[i].last);
		assert_int_equal(a.point[a.nr_points - 1].live, rows[i].last);
		for (size_t k = 0; k + 1 < a.nr_points; k++)
			assert_int_equal(a.point[k].events,
					 (k + 1) * rows[i].every);
		kernel_answer_free(&a);
	}
	trace_free(&trace);
}

static void toggle(struct trace *trace, bool *live, unsigned slot)
{
	if (live[slot])
		add_unmap(trace, 0, 0, (uint64_t)slot << 20, SZ_1M);
	else
		add_map(trace, 0, 0, (uint64_t)slot << 20,
			(uint64_t)slot << PAGE_SHIFT, SZ_4K);
	live[slot] = !live[slot];
}

/* The steps of test_memory_golden.c that are events; whether all of the
 * pattern were. */
static bool add_pattern(struct trace *trace, const char *pattern)
{
	uint64_t x = 0x9E3779B97F4A7C15ull;
	bool live[NR_SLOTS] = { 0 };
	char steps[64], *step, *save;
	unsigned n;

	snprintf(steps, sizeof(steps), "%s", pattern);
	for (step = strtok_r(steps, "+", &save); step;
	     step = strtok_r(NULL, "+", &save)) {
		bool fill = !strcmp(step, "fill");
		unsigned keep = 0;

		if (sscanf(step, "churn%u", &n) == 1) {
			while (n--)
				toggle(trace, live, rng_below(&x, NR_SLOTS));
			continue;
		}
		if (!fill && strcmp(step, "freeall") &&
		    sscanf(step, "keep%u", &keep) != 1)
			return false;
		for (unsigned i = 0; i < NR_SLOTS; i++)
			if (live[i] != fill && (!keep || i % keep))
				toggle(trace, live, i);
	}
	return true;
}

static void check_figures(const struct trace *trace, const char *strategy,
			  unsigned nr_cpus, uint64_t live, int64_t held)
{
	struct replay_config replay = replay_plain;
	struct l2_spec spec = spec_of(strategy);
	struct kernel_case c = {
		.label = "golden",
		.spec = &spec,
		.trace = trace,
		.replay = &replay,
		.every = 5000,
	};
	struct kernel_answer a;
	const struct kernel_point *end;

	replay.nr_cpus = nr_cpus;
	expect(&c, &a);
	end = &a.point[a.nr_points - 1];
	assert_int_equal(a.held_open, strcmp(strategy, "genalloc") ? 0 : 1024);
	assert_int_equal(end->events, trace->nr_events);
	assert_int_equal(end->live, live);
	assert_int_equal(end->allocs - end->frees, live);
	assert_int_equal(a.state[0].l2_tables, live);
	assert_int_equal(end->held, held);
	kernel_answer_free(&a);
}

/* A row; and what needs no kernel to be known: page has one page a table,
 * pte_frag four tables a page where none was freed. */
static unsigned check_row(const char *pattern, const char *cpus,
			  const char *strategy, uint64_t live, int64_t held)
{
	static const unsigned any[] = { 1, 2, 4, 8 };
	bool all = !strcmp(cpus, "any");
	struct trace trace = new_trace(1);
	unsigned nr = 0;

	if (add_pattern(&trace, pattern) && trace.nr_events) {
		for (; nr < (all ? 4 : 1); nr++)
			check_figures(&trace, strategy,
				      all ? any[nr] : (unsigned)atoi(cpus),
				      live, held);
		if (!strcmp(strategy, "genalloc")) {
			check_figures(&trace, "page", 4, live, (int64_t)live);
			nr++;
		}
		if (!strcmp(pattern, "fill")) {
			check_figures(&trace, "pte_frag", 4, live,
				      (int64_t)live / 4);
			nr++;
		}
	}
	trace_free(&trace);
	return nr;
}

static void test_expect__golden(void **state)
{
	char path[4096], line[160], pattern[64], cpus[8], strategy[16];
	const char *dir = getenv("TEST_DATA");
	unsigned long long live;
	long long held;
	unsigned nr = 0;
	FILE *in;

	(void)state;
	snprintf(path, sizeof(path), "%s/golden/memory.csv", dir ? dir : ".");
	in = fopen(path, "r");
	assert_non_null(in);
	assert_non_null(fgets(line, sizeof(line), in));
	while (fgets(line, sizeof(line), in)) {
		assert_int_equal(sscanf(line,
					"%63[^,],%7[^,],%15[^,],%llu,%lld",
					pattern, cpus, strategy, &live, &held),
				 5);
		nr += check_row(pattern, cpus, strategy, live, held);
	}
	fclose(in);
	assert_true(nr >= 60);
}

static struct trace head_of(const char *workload, size_t nr)
{
	struct workload_spec spec;
	char why[TRACE_WHY_SIZE];
	struct trace whole, head;

	if (workload_parse(workload, &spec, why) ||
	    workload_open(&spec, SIZE_MAX, &whole, why))
		fail_msg("%s", why);
	assert_int_equal(whole.nr_any, 0);
	head = new_trace(whole.nr_domains);
	for (size_t i = 0; i < nr && i < whole.nr_events; i++)
		add(&head, &whole.event[i]);
	trace_free(&whole);
	return head;
}

/* The exact pass, which goes another way, finds the same. */
static void check_memory_pass(const struct trace *trace, const char *strategy,
			      unsigned nr_cpus)
{
	struct replay_config cfg = replay_mtk;
	struct l2_spec spec = spec_of(strategy);
	struct kernel_case c = {
		.label = "workload",
		.spec = &spec,
		.trace = trace,
		.replay = &cfg,
		.every = 1,
	};
	const struct kernel_point *end;
	struct replay_machine m;
	struct memory_result r;
	struct kernel_answer a;
	const char *why;
	uint64_t live = 0;
	int64_t peak;

	cfg.nr_cpus = nr_cpus;
	cfg.profile = machine_profile_find(KERNEL_MACHINE);
	expect(&c, &a);
	peak = a.held_open;
	for (size_t i = 0; i < a.nr_points; i++) {
		if (a.point[i].held > peak)
			peak = a.point[i].held;
		if (a.point[i].live > live)
			live = a.point[i].live;
	}
	end = &a.point[a.nr_points - 1];
	assert_int_equal(replay_machine_init(&m, &cfg, trace, &spec), 0);
	assert_int_equal(pass_memory(&m, &r, &why), 0);
	assert_int_equal(end->events, r.nr_events);
	assert_int_equal(end->allocs, r.l2_allocs);
	assert_int_equal(end->frees, r.l2_frees);
	assert_int_equal(end->live, r.l2_tables_end);
	assert_int_equal(end->warns, r.pgtable.warns);
	assert_int_equal(live, r.l2_tables_peak);
	assert_int_equal(a.held_open * PAGE_SIZE, r.held_bytes_start);
	assert_int_equal(end->held * PAGE_SIZE, r.held_bytes_end);
	assert_int_equal(peak * PAGE_SIZE, r.held_bytes_peak);
	assert_true(end->allocs > 0);
	memory_result_fini(&r);
	replay_machine_fini(&m);
	kernel_answer_free(&a);
}

static void test_expect__memory_pass(void **state)
{
	static const char *const names[] = {
		"adv_frag_pin",
		"multi_cpu_8",
		"peak_then_shrink:slots=500,keep=3,profile=P2",
		"vdec_4k_20ref:frames=4,profile=P2",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct trace trace = head_of(names[i], 4000);

		for (unsigned k = 0; kernel_strategies[k]; k++)
			check_memory_pass(&trace, kernel_strategies[k],
					  1u << (k + i) % 4);
		trace_free(&trace);
	}
}

/* What the case does not name is as a kernel of 6.1 has it. */
static void test_expect__only_what_the_case_says(void **state)
{
	struct replay_config replay = replay_mtk;
	struct trace trace = head_of("adv_one_slot", 500);
	struct l2_spec spec = spec_of("slab_dma32");
	struct kernel_case c = {
		.label = "x",
		.spec = &spec,
		.trace = &trace,
		.replay = &replay,
		.every = 100,
	};
	struct kernel_answer a, b;
	struct kernel_agreement agreement;
	char why[KERNEL_WHY_SIZE];

	(void)state;
	expect(&c, &a);
	replay.profile = &machine_small;
	replay.pgtable.kernel = V7S_KERNEL_6_13;
	replay.pgtable.split = V7S_SPLIT_OFF;
	replay.pgtable.path = V7S_PATH_BATCH;
	replay.pgtable.walker = V7S_NONCOHERENT;
	replay.share = SHARE_NONE;
	replay.faults.unfit.nth = 1;
	expect(&c, &b);
	assert_int_equal(kernel_agree(&a, &b, &agreement, why), 0);
	assert_int_equal(agreement.verdict, KERNEL_AGREE);
	kernel_answer_free(&a);
	kernel_answer_free(&b);
	trace_free(&trace);
}

static void test_expect__fails(void **state)
{
	volatile sig_atomic_t stop = 1;
	struct replay_config replay = replay_mtk;
	struct trace trace = head_of("adv_one_slot", 500);
	struct l2_spec spec = spec_of("page");
	struct kernel_case c = {
		.label = "x",
		.spec = &spec,
		.trace = &trace,
		.replay = &replay,
		.every = 10,
	};
	struct kernel_answer a, untouched;
	char why[KERNEL_WHY_SIZE];

	(void)state;
	memset(&a, 0xa5, sizeof(a));
	untouched = a;
	replay.stop = &stop;
	assert_int_equal(kernel_expect(&c, &a, why), -EINTR);
	assert_string_equal(why, "x: Interrupted system call");
	replay.stop = NULL;
	replay.pgtable.oas = 36;
	assert_int_equal(kernel_expect(&c, &a, why), -EINVAL);
	assert_string_equal(why, "our models, x: Invalid argument");
	assert_memory_equal(&a, &untouched, sizeof(a));
	trace_free(&trace);
}

/* A pool of 16 MiB for each domain, taken when it is made. */
static void test_expect__no_room(void **state)
{
	struct trace trace = new_trace(200);
	struct l2_spec spec = spec_of("genalloc");
	struct kernel_case c = {
		.label = "x",
		.spec = &spec,
		.trace = &trace,
		.replay = &replay_mtk,
		.every = 10,
	};
	struct kernel_answer a;
	char why[KERNEL_WHY_SIZE];

	(void)state;
	add_map(&trace, 199, 0, 0, 0, SZ_4K);
	assert_int_equal(kernel_expect(&c, &a, why), -ENOSPC);
	assert_string_equal(
		why,
		"x: 200 domains with genalloc do not fit in the memory of x86-6g");
	trace.nr_domains = 100;
	trace.event[0].domain = 99;
	expect(&c, &a);
	assert_int_equal(a.held_open, 100 * (16 << 20) / PAGE_SIZE);
	assert_int_equal(a.state[99].l2_tables, 1);
	kernel_answer_free(&a);
	trace_free(&trace);
}

static void test_expect__no_memory(void **state)
{
	struct trace trace = head_of("adv_one_slot", 300);
	struct l2_spec spec = spec_of("slab_dma32");
	struct kernel_case c = {
		.label = "x",
		.spec = &spec,
		.trace = &trace,
		.replay = &replay_plain,
		.every = 10,
	};
	char why[KERNEL_WHY_SIZE];
	struct kernel_answer a;
	unsigned nr = 0;
	int err = -ENOMEM;

	(void)state;
	while (err) {
		inject_arm(INJECT_FAIL, ++nr, ENOMEM, 0);
		err = kernel_expect(&c, &a, why);
		inject_disarm();
		if (!err)
			continue;
		assert_int_equal(err, -ENOMEM);
		assert_non_null(strstr(why, ": Cannot allocate memory"));
		assert_true(nr < 100);
	}
	kernel_answer_free(&a);
	assert_true(nr > 8);
	trace_free(&trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expect__by_hand),
		cmocka_unit_test(test_expect__points),
		cmocka_unit_test(test_expect__golden),
		cmocka_unit_test(test_expect__memory_pass),
		cmocka_unit_test(test_expect__only_what_the_case_says),
		cmocka_unit_test(test_expect__fails),
		cmocka_unit_test(test_expect__no_room),
		cmocka_unit_test(test_expect__no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
