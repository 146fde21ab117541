// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replay of traces that leave the choice of memory to the machine: buffers and
 * tables compete, and failures of the two are told apart.
 */
#include "mm_fixture.h"

#include "survive.h"
#include "system.h"
#include "sampled.h"
#include "split.h"

/* nr frames in two domains; when one more than nr_left are mapped the oldest is
 * unmapped. */
static void add_frames(struct trace *trace, unsigned nr, unsigned nr_left,
		       uint64_t size)
{
	assert_int_equal(trace_domain(trace, "a"), 0);
	assert_int_equal(trace_domain(trace, "b"), 1);
	for (unsigned i = 0; i < 2 * nr; i++) {
		bool map = i % 2 == 0;
		unsigned frame = map ? i / 2 : i / 2 - nr_left;
		const struct trace_event ev = {
			.iova = SZ_16M * (1 + frame % 64 * 2ull),
			.size = size,
			.domain = (uint16_t)(frame % 2),
			.cpu = (uint16_t)(i % 3),
			.type = map ? TRACE_MAP : TRACE_UNMAP,
			.prot = TRACE_PROT_READ | TRACE_PROT_WRITE,
			.flags = map ? TRACE_ANY : 0,
		};

		if (map || i / 2 >= nr_left)
			assert_int_equal(trace_append(trace, &ev), 0);
	}
}

static void replay_memory(const struct replay_config *cfg,
			  const struct trace *trace, const char *strategy,
			  struct memory_result *ret, struct physmem_usage *end)
{
	struct replay_machine m;
	struct l2_spec spec;
	const char *why = "";
	char text[200];

	assert_int_equal(l2_spec_parse(strategy, &spec, text, sizeof(text)), 0);
	assert_int_equal(replay_machine_init(&m, cfg, trace, &spec), 0);
	assert_int_equal(pass_memory(&m, ret, &why), 0);
	physmem_usage(m.pm, end);
	replay_machine_fini(&m);
}

static const struct replay_config config = {
	.profile = &machine_small,
	.pgtable = {
		.ias = 32,
		.oas = 35,
		.pgsizes = V7S_PGSIZES,
		.quirks = V7S_QUIRK_MTK_EXT | V7S_QUIRK_NO_PERMS,
	},
};

/* All end with the same mappings, though not in the same memory; pages of
 * buffers are in no figure of a strategy. */
static void test_buffers_replay__replay(void **state)
{
	static const char *const strategy[] = { "slab_dma32", "page", "null",
						"page_frag" };
	struct memory_result r[ARRAY_SIZE(strategy)] = { 0 };
	struct trace trace = { 0 };

	(void)state;
	add_frames(&trace, 400, 5, 3 * SZ_1M + 5 * SZ_64K + 3 * SZ_4K);
	for (unsigned i = 0; i < ARRAY_SIZE(strategy); i++) {
		struct physmem_usage end;

		replay_memory(&config, &trace, strategy[i], &r[i], &end);
		assert_int_equal(end.pages_free, end.pages_total);
		assert_int_equal(r[i].buffer_failures, 0);
		assert_int_equal(r[i].alloc_failures, 0);
		assert_int_equal(r[i].anomalies, 0);
		assert_int_equal(r[i].l2_allocs, 64);
		assert_int_equal(r[i].buffer_bytes_peak,
				 6 * (3 * SZ_1M + 5 * SZ_64K + 3 * SZ_4K));
		assert_true(r[i].held_bytes_peak < SZ_16M / 2);
		assert_int_equal(r[i].digest, r[0].digest);
		assert_int_equal(r[i].l2_allocs, r[0].l2_allocs);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(strategy); i++)
		memory_result_fini(&r[i]);
	trace_free(&trace);
}

/* Timed passes take as many tables, also where some fail, or end with
 * -EUCLEAN. */
static void test_buffers_replay__passes(void **state)
{
	struct replay_config cfg = config;
	struct latency *lat = latency_create(), *by_class[NR_EVENT_CLASSES];
	struct latency *const none[V7S_NR_PHASES] = { NULL };
	struct phase_timing p[NR_EVENT_CLASSES];
	struct latency *const by_type[] = { lat, lat };
	struct prng rng = { 1 };
	struct sampled_timing s;
	struct event_timing e;
	struct mean_timing t[2];
	struct memory_result r = { 0 };
	struct trace trace = { 0 };
	struct replay_machine m;
	struct l2_spec spec;
	const char *why = "";
	char text[200];
	double ns;

	(void)state;
	for (unsigned c = 0; c < NR_EVENT_CLASSES; c++)
		by_class[c] = lat;
	add_frames(&trace, 300, 26, 5 * SZ_1M + SZ_4K);
	assert_int_equal(l2_spec_parse("page", &spec, text, sizeof(text)), 0);
	assert_int_equal(replay_machine_init(&m, &cfg, &trace, &spec), 0);
	assert_int_equal(pass_memory(&m, &r, &why), 0);
	assert_true(r.alloc_failures + r.buffer_failures > 0);
	assert_true(r.l2_allocs > 0);
	assert_int_equal(pass_alloc(&m, 0, lat), 0);
	assert_int_equal(pass_event(&m, 0, by_type, by_class, &e), 0);
	assert_int_equal(pass_phases(&m, 0, none, p), 0);
	assert_int_equal(pass_sampled(&m, 0, &rng, &s), 0);
	assert_int_equal(pass_table(&m, 0, &t[0], &t[1]), 0);
	assert_int_equal(pass_runs(&m, 0, &t[0], &t[1]), 0);
	assert_int_equal(t[0].nr, trace.nr_maps);
	assert_int_equal(t[1].nr, trace.nr_unmaps);
	assert_int_equal(pass_batch(&m, &ns), 0);
	latency_destroy(lat);
	memory_result_fini(&r);
	replay_machine_fini(&m);
	trace_free(&trace);
}

static const struct machine_profile only_dma32 = {
	.name = "only_dma32",
	.plain = true,
	.nr_cpus = 1,
	.nr_ranges = 1,
	.range = { { SZ_4G - 4 * SZ_16M, SZ_4G, ZONE_DMA32 } },
};

/* Buffers beside tables, so that their memory depends on the strategy: the
 * digest does not. */
static void test_buffers_replay__digest(void **state)
{
	static const char *const strategy[] = { "page", "slab_dma32" };
	struct memory_result r[ARRAY_SIZE(strategy)] = { 0 };
	struct replay_config cfg = config;
	struct trace trace = { 0 };

	(void)state;
	cfg.profile = &only_dma32;
	add_frames(&trace, 40, 5, SZ_64K + 3 * SZ_4K);
	for (unsigned i = 0; i < ARRAY_SIZE(strategy); i++) {
		struct physmem_usage end;

		replay_memory(&cfg, &trace, strategy[i], &r[i], &end);
		assert_int_equal(r[i].buffer_failures, 0);
		assert_int_equal(r[i].alloc_failures, 0);
	}
	assert_int_equal(r[0].digest, r[1].digest);
	for (unsigned i = 0; i < ARRAY_SIZE(strategy); i++)
		memory_result_fini(&r[i]);
	trace_free(&trace);
}

static struct trace_event map_any(uint64_t iova, uint64_t size)
{
	return (struct trace_event){
		.iova = iova,
		.size = size,
		.prot = TRACE_PROT_READ | TRACE_PROT_WRITE,
		.flags = TRACE_ANY,
	};
}

static void add_events(struct trace *trace, const struct trace_event *ev,
		       unsigned nr)
{
	assert_int_equal(trace_domain(trace, ""), 0);
	for (unsigned i = 0; i < nr; i++)
		assert_int_equal(trace_append(trace, &ev[i]), 0);
}

/* Pageblocks that buffers take from others are not the tables' doing; each
 * timed map has its own buffer, here only the second with a table. */
static void test_buffers_replay__two_maps(void **state)
{
	const struct trace_event ev[] = { map_any(SZ_16M, 8 * SZ_1M),
					  map_any(2 * SZ_16M, SZ_4K) };
	struct machine_profile profile = only_dma32;
	struct replay_config cfg = config;
	struct memory_result r = { 0 };
	struct mean_timing map, unmap;
	struct trace trace = { 0 };
	struct physmem_usage end;
	struct replay_machine m;
	struct l2_spec spec;
	const char *why = "";
	char text[200];

	(void)state;
	profile.plain = false;
	cfg.profile = &profile;
	add_events(&trace, ev, 1);
	replay_memory(&cfg, &trace, "page", &r, &end);
	assert_int_equal(r.l2_allocs, 0);
	assert_int_equal(r.buffer_bytes_peak, 8 * SZ_1M);
	/* One for level 1. */
	assert_int_equal(r.steals, 1);
	assert_true(end.nr_steals > 1);
	memory_result_fini(&r);
	assert_int_equal(trace_append(&trace, &ev[1]), 0);
	assert_int_equal(l2_spec_parse("page", &spec, text, sizeof(text)), 0);
	assert_int_equal(replay_machine_init(&m, &cfg, &trace, &spec), 0);
	assert_int_equal(pass_memory(&m, &r, &why), 0);
	assert_int_equal(r.l2_allocs, 1);
	assert_int_equal(pass_runs(&m, 0, &map, &unmap), 0);
	assert_int_equal(map.nr, 2);
	memory_result_fini(&r);
	replay_machine_fini(&m);
	trace_free(&trace);
}

/* Behind a hole an unmap unmaps nothing; a map of other memory over a table of
 * pages unmaps them; and who ends a pass is told of a host without memory. */
static void test_buffers_replay__what_goes_back(void **state)
{
	const struct trace_event ev[] = {
		map_any(0, 4 * SZ_4K),
		map_any(6 * SZ_4K, SZ_4K),
		{ .size = 8 * SZ_4K, .type = TRACE_UNMAP },
		{ .size = SZ_1M, .paddr = SZ_16M, .prot = TRACE_PROT_READ },
	};
	static const uint64_t pages[] = { 4, 5, 1, 0 };
	struct trace trace = { 0 };
	struct replay_machine m;
	struct l2_spec spec;
	struct system sys;
	char text[200];

	(void)state;
	add_events(&trace, ev, ARRAY_SIZE(ev));
	assert_int_equal(l2_spec_parse("page", &spec, text, sizeof(text)), 0);
	assert_int_equal(replay_machine_init(&m, &config, &trace, &spec), 0);
	assert_int_equal(system_create(&m, NULL, NULL, &sys), 0);
	for (unsigned i = 0; i < ARRAY_SIZE(ev); i++) {
		assert_int_equal(system_do(&sys, &ev[i]), i == 2 ? -ENOENT : 0);
		assert_int_equal(sys.buffers->pages, pages[i]);
	}
	sys.buffers->error = -ENOMEM;
	assert_int_equal(system_finish(&sys, &m, 0), -ENOMEM);
	replay_machine_fini(&m);
	trace_free(&trace);
}

/* One buffer takes all that the zone has but for nr_left pages; the page mapped
 * after it needs a table. */
static void fill(struct trace *trace, unsigned nr_left)
{
	/* Of 64 MiB, less a level-1 table. */
	struct trace_event ev = {
		.iova = 0x10000000,
		.size = 4ull * SZ_16M - 4 * SZ_4K - nr_left * SZ_4K,
		.prot = TRACE_PROT_READ | TRACE_PROT_WRITE,
		.flags = TRACE_ANY,
	};

	assert_int_equal(trace_domain(trace, "a"), 0);
	assert_int_equal(trace_append(trace, &ev), 0);
	ev.iova = 0x80000000;
	ev.paddr = 0x40000000;
	ev.size = SZ_4K;
	ev.flags = 0;
	assert_int_equal(trace_append(trace, &ev), 0);
}

static void test_buffers_replay__compete_with_tables(void **state)
{
	static const struct {
		unsigned left; /* pages */
		unsigned alloc_failures, buffer_failures;
	} zone[] = {
		{ 10, 0, 0 }, /* the buffer's own table, and the other */
		{ 0, 1, 0 },  /* the former fails: the buffer goes back */
	};
	struct replay_config cfg = config;

	(void)state;
	cfg.profile = &only_dma32;
	for (unsigned i = 0; i < ARRAY_SIZE(zone); i++) {
		struct memory_result r = { 0 };
		struct physmem_usage end;
		struct trace trace = { 0 };

		fill(&trace, zone[i].left);
		replay_memory(&cfg, &trace, "slab_dma32", &r, &end);
		assert_int_equal(r.alloc_failures, zone[i].alloc_failures);
		assert_int_equal(r.buffer_failures, zone[i].buffer_failures);
		assert_int_equal(r.anomalies, 0);
		assert_int_equal(end.pages_free, end.pages_total);
		memory_result_fini(&r);
		trace_free(&trace);
	}
}

/* A page in each of nr MiB, in memory of others: nr tables. */
static void add_imports(struct trace *trace, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++) {
		const struct trace_event ev = {
			.iova = SZ_4G / 2 + (uint64_t)i * SZ_1M,
			.paddr = 0x40000000,
			.size = SZ_4K,
			.prot = TRACE_PROT_READ,
		};

		assert_int_equal(trace_append(trace, &ev), 0);
	}
}

/* Tables that fail in a zone of 16 MiB, after buffers of nr_buffers MiB. */
static struct memory_result after_buffers(unsigned oas, unsigned nr_buffers)
{
	struct replay_config cfg = config;
	struct memory_result r = { 0 };
	struct physmem_usage end;
	struct trace trace = { 0 };

	cfg.profile = machine_profile_find("small");
	cfg.age.zone_bytes = SZ_16M;
	cfg.pgtable.oas = oas;
	cfg.pgtable.quirks = oas > 32 ? config.pgtable.quirks : 0;
	add_frames(&trace, nr_buffers, nr_buffers, SZ_1M);
	add_imports(&trace, 2000);
	replay_memory(&cfg, &trace, "slab_dma32", &r, &end);
	assert_int_equal(end.pages_free, end.pages_total);
	memory_result_fini(&r);
	trace_free(&trace);
	return r;
}

static void test_buffers_replay__fill_a_zone(void **state)
{
	struct memory_result r = after_buffers(32, 1);

	(void)state;
	assert_int_equal(r.alloc_failures + r.buffer_failures, 0);
	/* Buffers of an IOMMU that reaches nothing else. */
	r = after_buffers(32, 60);
	assert_true(r.buffer_failures > 40);
	assert_true(r.alloc_failures > 0);
	/* Buffers from anywhere: the kernel's reserve for GFP_DMA32 is kept. */
	r = after_buffers(35, 60);
	assert_int_equal(r.alloc_failures + r.buffer_failures, 0);
}

static void test_buffers_replay__failures_are_told_apart(void **state)
{
	struct replay_config cfg = config;
	struct memory_result r = { 0 };
	struct physmem_usage end;
	struct trace trace = { 0 };
	struct trace_event ev;

	(void)state;
	cfg.profile = &only_dma32;
	fill(&trace, 10);
	trace.event[0].size += 100 * SZ_4K;
	ev = trace.event[0];
	ev.type = TRACE_UNMAP;
	ev.flags = 0;
	assert_int_equal(trace_append(&trace, &ev), 0);
	replay_memory(&cfg, &trace, "slab_dma32", &r, &end);
	assert_int_equal(r.buffer_failures, 1);
	assert_int_equal(r.buffer_bytes_peak, 0);
	assert_int_equal(r.alloc_failures, 0);
	assert_int_equal(r.l2_allocs, 1);
	/* The unmap of what was never mapped is no fault of the trace. */
	assert_int_equal(r.anomalies, 0);
	for (unsigned i = 0; i < NR_PAGE_FAILURES; i++)
		assert_int_equal(r.page_failures[i], 0);
	assert_int_equal(end.pages_free, end.pages_total);
	memory_result_fini(&r);
	trace_free(&trace);
}

static void test_buffers_replay__no_threads(void **state)
{
	struct replay_config cfg = config;
	struct trace trace = { 0 };
	char why[REPLAY_WHY_SIZE];

	(void)state;
	add_frames(&trace, 4, 2, SZ_1M);
	assert_int_equal(replay_fits(&cfg, &trace, why), 0);
	cfg.threads.nr = 1;
	assert_int_equal(replay_fits(&cfg, &trace, why), -ERANGE);
	assert_non_null(strstr(why, "no --threads"));
	trace_free(&trace);
}

/* A zone in which the buffers do not fit does not do. */
static void test_buffers_replay__survive(void **state)
{
	struct replay_config cfg = config;
	struct survive_result r;
	struct trace trace = { 0 };
	struct l2_spec spec;
	char why[TRACE_WHY_SIZE];

	(void)state;
	cfg.profile = &only_dma32;
	add_frames(&trace, 10, 3, SZ_1M);
	assert_int_equal(l2_spec_parse("page", &spec, why, sizeof(why)), 0);
	assert_int_equal(survive_least(&cfg, &trace, &spec, &r, why), 0);
	assert_true(r.found);
	assert_true(r.bytes > 4 * SZ_1M);
	assert_true(r.failed_event > 0);
	trace_free(&trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buffers_replay__replay),
		cmocka_unit_test(test_buffers_replay__passes),
		cmocka_unit_test(test_buffers_replay__digest),
		cmocka_unit_test(test_buffers_replay__two_maps),
		cmocka_unit_test(test_buffers_replay__what_goes_back),
		cmocka_unit_test(test_buffers_replay__compete_with_tables),
		cmocka_unit_test(test_buffers_replay__fill_a_zone),
		cmocka_unit_test(test_buffers_replay__failures_are_told_apart),
		cmocka_unit_test(test_buffers_replay__no_threads),
		cmocka_unit_test(test_buffers_replay__survive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
