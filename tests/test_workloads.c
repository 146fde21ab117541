// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workloads: the registry, the counts of each trace, and what the generated
 * ones promise about their tables.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "emit.h"
#include "trace_compare.h"
#include "workload.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define NR_SLOTS 4096
#define ROUND 32
#define NR_ROUNDS 4065

/* In the order of the registry, with settings that make them short. */
static const struct {
	const char *text;
	bool recorded;
	unsigned nr_maps, nr_unmaps, nr_domains, nr_cpus;
} known[] = {
	{ "x86-drm", true, 27776, 6736, 1, 2 },
	{ "arm-drm", true, 6733, 3129, 1, 2 },
	{ "arm-mixed", true, 114688, 84608, 8, 2 },
	{ "x86-mixed", true, 79239, 63719, 8, 2 },
	{ "arm-nvme-aged", true, 77808, 2994, 1, 2 },
	{ "x86-nvme-fresh", true, 6613, 2073, 1, 2 },
	{ "x86-net", true, 34491, 33994, 1, 2 },
	{ "x86-desktop", true, 51325, 6968, 3, 2 },
	{ "arm-desktop", true, 28242, 5716, 3, 2 },
	/* 3 * 2025 and 2 * 4 pages */
	{ "scanout_1080p60", false, 6083, 0, 1, 1 },
	/* 2025 pages, scanout, 10 jobs of 510 + 255 + 256 + 2 */
	{ "boot_splash_then_steady", false, 2025 + 6083 + 10230, 2025 + 50, 1,
	  1 },
	{ "vdec_4k_20ref", false, 150992, 68, 1, 1 },
	/* 12 frames of 87, 338, 765, 3060, 765 and 87 pages */
	{ "vdec_adaptive:switches=5", false, 12 * 5102, 60, 1, 1 },
	/* 6 of 765; 8 of 4007, 4 of 4395, 32 of 16 */
	{ "camera_burst:bursts=2", false, 4590 + 2 * 50148, 88, 1, 1 },
	{ "jpeg_small_churn:jobs=64", false, 65472, 320, 1, 1 },
	{ "compositor_import:windows=20", false, 0, 40, 1, 1 },
	{ "adv_one_4k_per_mb", false, 8192, 4096, 1, 1 },
	{ "adv_frag_pin", false, NR_ROUNDS *ROUND, NR_ROUNDS *(ROUND - 1), 1,
	  1 },
	{ "adv_one_slot", false, 1000, 1000, 1, 1 },
	{ "fragmented_system:seconds=4,rate=10", false, 0, 44 + 200, 1, 4 },
	{ "peak_then_shrink", false, 2048 * 16, 1792, 1, 1 },
	{ "multi_cpu_8:seconds=12,rate=10", false,
	  6083 + 150992 + 4590 + 3 * 50148 + 120 * 1023, 68 + 3 * 44 + 600, 1,
	  8 },
	{ "iova34_mt8192:seconds=4,rate=10,profile=P1", false, 0, 44 + 200, 1,
	  4 },
	{ "table_race", false, 16000, 2000, 1, 8 },
	{ "slots_fill", false, NR_SLOTS, NR_SLOTS, 1, 1 },
	{ "slots_churn", false, 101046, 98954, 1, 1 },
};

static void load_text(const char *text, struct trace *trace)
{
	struct workload_spec spec;
	char why[TRACE_WHY_SIZE] = "";

	*trace = (struct trace){ 0 };
	if (workload_parse(text, &spec, why) ||
	    workload_open(&spec, SIZE_MAX, trace, why))
		fail_msg("%s", why);
}

static void load(const char *name, struct trace *trace)
{
	const struct workload_ops *wl = workload_find(name);
	char why[TRACE_WHY_SIZE] = "";

	assert_non_null(wl);
	if (workload_load(wl, trace, why))
		fail_msg("%s", why);
}

/* Each known one in its place, and no other. */
static void test_workloads__registry(void **state)
{
	size_t nr = 0;

	(void)state;
	for (; workloads[nr]; nr++) {
		const struct workload_ops *wl = workloads[nr];

		assert_true(nr < ARRAY_SIZE(known));
		assert_memory_equal(wl->name, known[nr].text,
				    strcspn(known[nr].text, ":"));
		assert_ptr_equal(workload_find(wl->name), wl);
		assert_true(*wl->summary && *wl->provenance);
		assert_int_equal(wl->file != NULL, known[nr].recorded);
		assert_int_equal(wl->generate == NULL, known[nr].recorded);
		assert_true(wl->file ? !wl->expected : *wl->expected != 0);
	}
	assert_int_equal(nr, ARRAY_SIZE(known));
	assert_null(workload_find("none"));
	assert_null(workload_find(""));
}

static void test_workloads__counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct trace trace;

		load_text(known[i].text, &trace);
		if ((known[i].nr_maps && trace.nr_maps != known[i].nr_maps) ||
		    trace.nr_unmaps != known[i].nr_unmaps)
			fail_msg("%s: %llu maps, %llu unmaps", known[i].text,
				 (unsigned long long)trace.nr_maps,
				 (unsigned long long)trace.nr_unmaps);
		assert_int_equal(trace.nr_events,
				 trace.nr_maps + trace.nr_unmaps);
		assert_int_equal(trace.nr_domains, known[i].nr_domains);
		assert_int_equal(trace.nr_cpus, known[i].nr_cpus);
		assert_int_equal(trace.nr_lost, 0);
		assert_int_equal(trace.nr_other, 0);
		assert_true(trace.iova_end <=
			    (strncmp(known[i].text, "iova34", 6)
				     ? 0x100000000
				     : 0x300000000));
		trace_free(&trace);
	}
}

static void test_workloads__round_trip(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct trace trace;

		load_text(known[i].text, &trace);
		assert_round_trip(&trace);
		trace_free(&trace);
	}
}

#define NR_IOVA (0x300000000 >> 12)
#define NR_PHYS (0xc0000000 >> 12)
#define PHYS_BASE 0x40000000

/* What is mapped where: physical page + 1, by page of iova. */
struct world {
	uint32_t *at;
	uint8_t *users; /* maps of each physical page */
	uint8_t max_users;
};

static void world_map(struct world *w, const struct trace_event *ev)
{
	uint64_t iova = ev->iova >> 12, page = (ev->paddr - PHYS_BASE) >> 12;

	assert_true(ev->paddr >= PHYS_BASE);
	for (uint64_t i = 0; i < ev->size >> 12; i++) {
		assert_true(iova + i < NR_IOVA && page + i < NR_PHYS);
		assert_int_equal(w->at[iova + i], 0);
		w->at[iova + i] = (uint32_t)(page + i) + 1;
		if (++w->users[page + i] > w->max_users)
			w->max_users = w->users[page + i];
	}
}

/* Returns how many pages were mapped. */
static uint64_t world_unmap(struct world *w, const struct trace_event *ev)
{
	uint64_t iova = ev->iova >> 12, nr = 0;

	for (uint64_t i = 0; i < ev->size >> 12; i++) {
		uint32_t page = w->at[iova + i];

		if (!page)
			continue;
		nr++;
		w->at[iova + i] = 0;
		w->users[page - 1]--;
	}
	return nr;
}

/*
 * Time that never goes back. No iova is mapped twice, no page is in two
 * buffers, but for the compositor's, which are imported twice. Where the DMA
 * API is below, an unmap finds all that it names mapped.
 */
static void check_world(const char *text, struct world *w)
{
	uint64_t last_ns = 0;
	struct trace trace;
	struct workload_spec spec;
	char why[TRACE_WHY_SIZE];

	assert_int_equal(workload_parse(text, &spec, why), 0);
	load_text(text, &trace);
	memset(w->at, 0, NR_IOVA * sizeof(*w->at));
	memset(w->users, 0, NR_PHYS);
	w->max_users = 0;
	for (size_t n = 0; n < trace.nr_events; n++) {
		const struct trace_event *ev = &trace.event[n];

		assert_true(ev->time_ns >= last_ns && ev->line == n + 1);
		last_ns = ev->time_ns;
		assert_true(ev->domain == 0 && ev->prot == 3 && !ev->flags);
		assert_true(ev->iova % 4096 == 0 && ev->paddr % 4096 == 0);
		assert_true(ev->type == TRACE_MAP || !ev->paddr);
		if (ev->type == TRACE_MAP)
			world_map(w, ev);
		else if (spec.ops->chunked)
			assert_true(world_unmap(w, ev) == ev->size >> 12);
		else
			assert_true(world_unmap(w, ev) >= 1);
	}
	assert_int_equal(w->max_users, strncmp(text, "compositor", 10) ? 1 : 2);
	trace_free(&trace);
}

static void test_workloads__world(void **state)
{
	static const char *const profile[] = { "P0", "P1", "P2", "Pmix" };
	struct world w = {
		.at = calloc(NR_IOVA, sizeof(*w.at)),
		.users = calloc(NR_PHYS, 1),
	};
	unsigned nr = 0;

	(void)state;
	assert_true(w.at && w.users);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		bool chunked, settings = strchr(known[i].text, ':');

		if (known[i].recorded)
			continue;
		check_world(known[i].text, &w);
		nr++;
		chunked = !strstr(known[i].text, "adv_") &&
			  !strstr(known[i].text, "race") &&
			  !strstr(known[i].text, "slots_") &&
			  !strstr(known[i].text, "profile");
		for (unsigned p = 0; chunked && p < 4; p++, nr++) {
			char text[128];

			snprintf(text, sizeof(text), "%s%cprofile=%s",
				 known[i].text, settings ? ',' : ':',
				 profile[p]);
			check_world(text, &w);
		}
	}
	assert_int_equal(nr, 57);
	free(w.at);
	free(w.users);
}

/* The same again, and with another seed another. */
static void test_workloads__seed(void **state)
{
	static const char *const texts[][3] = {
		{ "camera_burst:bursts=1,profile=Pmix", "seed=1", "seed=2" },
		{ "compositor_import:windows=5,profile=P1", "seed=1",
		  "seed=18446744073709551615" },
		{ "multi_cpu_8:seconds=1,rate=5,profile=P1", "seed=1",
		  "seed=0" },
		{ "vdec_4k_20ref:profile=Pmix", "f8=250,f4=50", "f8=300" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct trace trace[3];
		char text[WORKLOAD_LABEL_SIZE];

		load_text(texts[i][0], &trace[0]);
		for (unsigned k = 1; k < 3; k++) {
			snprintf(text, sizeof(text), "%s,%s", texts[i][0],
				 texts[i][k]);
			load_text(text, &trace[k]);
		}
		assert_true(traces_equal(&trace[0], &trace[1]));
		assert_false(traces_equal(&trace[0], &trace[2]));
		for (unsigned k = 0; k < 3; k++)
			trace_free(&trace[k]);
	}
}

/* Each buffer is one map of memory that nobody has chosen yet. */
static void test_workloads__buddy(void **state)
{
	struct trace trace;

	(void)state;
	load_text("vdec_4k_20ref:profile=buddy", &trace);
	assert_int_equal(trace.nr_maps, 2 * 68);
	assert_int_equal(trace.nr_any, 2 * 68);
	assert_int_equal(trace.nr_unmaps, 68);
	trace_free(&trace);
}

/* What `run` takes is good, and short. */
static void test_workloads__bench(void **state)
{
	unsigned nr = 0;
	uint64_t nr_events = 0;

	(void)state;
	for (size_t i = 0; workloads[i]; i++) {
		const char *const *set = workloads[i]->bench;

		for (; set && *set; set++, nr++) {
			char text[WORKLOAD_LABEL_SIZE];
			struct trace trace;

			snprintf(text, sizeof(text), "%s:%s",
				 workloads[i]->name, *set);
			load_text(text, &trace);
			nr_events += trace.nr_events;
			trace_free(&trace);
		}
		if (!set && workloads[i]->generate) {
			struct trace trace;

			load(workloads[i]->name, &trace);
			nr_events += trace.nr_events;
			trace_free(&trace);
		}
	}
	assert_int_equal(nr, 11);
	assert_in_range(nr_events, 1000000, 1500000);
}

/* A time stamp each microsecond, one cpu, pages of memory in their order. */
static void test_workloads__synthetic(void **state)
{
	static const char *const names[] = { "adv_one_4k_per_mb",
					     "adv_frag_pin", "adv_one_slot" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		uint64_t nr_maps = 0;
		struct trace trace;

		load(names[i], &trace);
		for (size_t n = 0; n < trace.nr_events; n++) {
			const struct trace_event *ev = &trace.event[n];

			assert_true(ev->time_ns == n * 1000 && !ev->cpu);
			if (ev->type == TRACE_MAP)
				assert_true(ev->paddr ==
					    PHYS_BASE +
						    nr_maps++ % NR_PHYS * 4096);
		}
		trace_free(&trace);
	}
}

static void test_workloads__one_4k_per_mb(void **state)
{
	struct trace trace;

	(void)state;
	load("adv_one_4k_per_mb", &trace);
	for (size_t n = 0; n < trace.nr_events; n++) {
		const struct trace_event *ev = &trace.event[n];

		assert_true(ev->iova == (uint64_t)(n % NR_SLOTS) << 20);
		assert_true(ev->size == 4096);
		assert_true(ev->type ==
			    (n / NR_SLOTS == 1 ? TRACE_UNMAP : TRACE_MAP));
	}
	trace_free(&trace);
}

/*
 * A round takes 32 free slots and frees all but its first; in the end 4065
 * are taken.
 */
static void test_workloads__frag_pin(void **state)
{
	bool taken[NR_SLOTS] = { false };
	unsigned nr_taken = 0;
	struct trace trace;

	(void)state;
	load("adv_frag_pin", &trace);
	for (size_t n = 0; n < trace.nr_events; n++) {
		const struct trace_event *ev = &trace.event[n];
		size_t at = n % (2 * ROUND - 1);
		bool map = at < ROUND;
		uint64_t slot = ev->iova >> 20;

		assert_true(ev->type == (map ? TRACE_MAP : TRACE_UNMAP));
		assert_true(ev->size == (map ? 4096 : 1 << 20));
		assert_true(ev->iova % (1 << 20) == 0);
		assert_true(taken[slot] == !map);
		taken[slot] = map;
		nr_taken += map ? 1 : -1u;
		if (at == 0)
			assert_int_equal(nr_taken, n / (2 * ROUND - 1) + 1);
		if (!map)
			assert_true(ev->iova ==
				    trace.event[n - ROUND + 1].iova);
	}
	assert_int_equal(nr_taken, NR_ROUNDS);
	trace_free(&trace);
}

/* Both map the same iova ranges twice: in blocks of 1 MiB, 64 KiB and 4 KiB
 * that follow each other, or in single pages without a neighbour. */
static void test_workloads__vdec(void **state)
{
	struct trace fresh, fragmented;
	uint64_t bytes[2] = { 0 };

	(void)state;
	load_text("vdec_4k_20ref:profile=P0", &fresh);
	load_text("vdec_4k_20ref:profile=P2", &fragmented);
	for (size_t n = 0; n < fresh.nr_events; n++) {
		const struct trace_event *ev = &fresh.event[n];
		uint64_t align = ev->size >= 1 << 20 ? 1 << 20
				 : ev->size >= 65536 ? 65536
						     : 4096;

		if (ev->type == TRACE_UNMAP)
			continue;
		assert_true(ev->paddr % align == 0);
		assert_true(ev->iova % align == 0);
		bytes[0] += ev->size;
	}
	for (size_t n = 0; n < fragmented.nr_events; n++) {
		const struct trace_event *ev = &fragmented.event[n];

		if (ev->type == TRACE_UNMAP)
			continue;
		assert_true(ev->size == 4096);
		assert_true(!n || ev->iova != ev[-1].iova + 4096 ||
			    ev->paddr != ev[-1].paddr + 4096);
		bytes[1] += ev->size;
	}
	assert_true(bytes[0] == bytes[1]);
	assert_true(bytes[0] ==
		    2 * (20 * (8355840ull + 4177920 + 2088960) + 8 * 2097152));
	assert_true(fresh.iova_end == fragmented.iova_end);
	trace_free(&fresh);
	trace_free(&fragmented);
}

#define MS 1000000ull

/* When devices get busy, after a rest. */
static void test_workloads__times(void **state)
{
	static const struct {
		const char *text;
		unsigned nr;
		uint64_t at_ns[7];
	} courses[] = {
		/* Splash, its end, display, two jobs. */
		{ "boot_splash_then_steady:jobs=2,profile=P0",
		  7,
		  { 0, 1000 * MS, 2000 * MS, 3000 * MS, 3500 * MS, 4000 * MS,
		    4500 * MS } },
		{ "vdec_4k_20ref:seek=3,seeks=2,profile=P0",
		  3,
		  { 0, 3000 * MS, 6000 * MS } },
		{ "vdec_adaptive:switches=2,profile=P0",
		  3,
		  { 0, 5000 * MS, 10000 * MS } },
		{ "camera_burst:bursts=2,interval=3,profile=P0",
		  5,
		  { 0, 1500 * MS, 3000 * MS, 4500 * MS, 6000 * MS } },
		{ "jpeg_small_churn:jobs=2,rate=3,profile=P0",
		  4,
		  { 0, 166666666, 333333333, 499999999 } },
		{ "peak_then_shrink:slots=8,profile=P0", 2, { 0, 1000 * MS } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(courses); i++) {
		uint64_t last_ns = 0;
		struct trace trace;
		unsigned nr = 0;

		load_text(courses[i].text, &trace);
		for (size_t n = 0; n < trace.nr_events; n++) {
			uint64_t ns = trace.event[n].time_ns;

			if (!n || ns - last_ns > MS) {
				assert_true(nr < courses[i].nr);
				assert_int_equal(ns, courses[i].at_ns[nr++]);
			}
			last_ns = ns;
		}
		assert_int_equal(nr, courses[i].nr);
		trace_free(&trace);
	}
}

/* The buffer of the encoder itself comes first, and stays. */
static void test_workloads__device(void **state)
{
	struct trace trace;

	(void)state;
	load_text("jpeg_small_churn:jobs=2,device=100,profile=P0", &trace);
	assert_true(trace.event[0].size == 100 << 10);
	assert_int_equal(trace.nr_unmaps, 2 * 5);
	for (size_t n = 1; n < trace.nr_events; n++)
		assert_true(trace.event[n].iova != trace.event[0].iova);
	trace_free(&trace);
}

/* Of each three buffers the first stays. */
static void test_workloads__peak(void **state)
{
	static const unsigned freed[] = { 1, 2, 4, 5, 7 };
	struct trace trace;

	(void)state;
	load_text("peak_then_shrink:slots=8,keep=3,profile=P0", &trace);
	assert_int_equal(trace.nr_maps, 8);
	assert_int_equal(trace.nr_unmaps, ARRAY_SIZE(freed));
	for (size_t i = 0; i < ARRAY_SIZE(freed); i++)
		assert_true(trace.event[8 + i].iova ==
			    trace.event[freed[i]].iova);
	trace_free(&trace);
}

/* A page of its own for each CPU, another MiB each round. */
static void test_workloads__race(void **state)
{
	struct trace trace;

	(void)state;
	load_text("table_race:cpus=3,rounds=4100", &trace);
	assert_int_equal(trace.nr_events, 4100 * 4);
	for (size_t n = 0; n < trace.nr_events; n++) {
		const struct trace_event *ev = &trace.event[n];
		uint64_t base = (uint64_t)(n / 4 % NR_SLOTS) << 20;
		unsigned cpu = n % 4;

		if (cpu == 3) {
			assert_true(ev->type == TRACE_UNMAP && !ev->cpu &&
				    ev->iova == base && ev->size == 1 << 20);
			continue;
		}
		assert_true(ev->type == TRACE_MAP && ev->cpu == cpu &&
			    ev->iova == base + cpu * 4096 && ev->size == 4096);
		assert_true(n < 4 || ev->paddr != ev[-4].paddr);
	}
	trace_free(&trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_workloads__registry),
		cmocka_unit_test(test_workloads__counts),
		cmocka_unit_test(test_workloads__round_trip),
		cmocka_unit_test(test_workloads__synthetic),
		cmocka_unit_test(test_workloads__world),
		cmocka_unit_test(test_workloads__seed),
		cmocka_unit_test(test_workloads__buddy),
		cmocka_unit_test(test_workloads__bench),
		cmocka_unit_test(test_workloads__one_4k_per_mb),
		cmocka_unit_test(test_workloads__frag_pin),
		cmocka_unit_test(test_workloads__vdec),
		cmocka_unit_test(test_workloads__times),
		cmocka_unit_test(test_workloads__device),
		cmocka_unit_test(test_workloads__peak),
		cmocka_unit_test(test_workloads__race),
	};

	unsetenv("V7SBENCH_TRACES");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
