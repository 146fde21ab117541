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

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emit.h"
#include "trace_compare.h"
#include "workload.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define NR_SLOTS 4096
#define ROUND 32
#define NR_ROUNDS 4065

static const struct {
	const char *name;
	bool recorded;
	unsigned nr_maps, nr_unmaps, nr_domains, nr_cpus;
} known[] = {
	{ "x86-drm", true, 27776, 6736, 1, 2 },
	{ "arm-drm", true, 6733, 3129, 1, 2 },
	{ "arm-mixed", true, 114688, 84608, 8, 2 },
	{ "x86-mixed", true, 79239, 63719, 8, 2 },
	{ "arm-nvme-aged", true, 77808, 2994, 1, 2 },
	{ "adv_one_4k_per_mb", false, 8192, 4096, 1, 1 },
	{ "adv_frag_pin", false, NR_ROUNDS *ROUND, NR_ROUNDS *(ROUND - 1), 1,
	  1 },
	{ "adv_one_slot", false, 1000, 1000, 1, 1 },
	{ "vdec_fresh", false, 3632, 68, 1, 1 },
	{ "vdec_fragmented", false, 150992, 68, 1, 1 },
	{ "jpeg_churn", false, 65488, 320, 1, 1 },
};

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
		assert_string_equal(wl->name, known[nr].name);
		assert_ptr_equal(workload_find(wl->name), wl);
		assert_true(*wl->summary && *wl->provenance);
		assert_int_equal(wl->file != NULL, known[nr].recorded);
		assert_int_equal(wl->generate == NULL, known[nr].recorded);
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

		load(known[i].name, &trace);
		if (trace.nr_maps != known[i].nr_maps ||
		    trace.nr_unmaps != known[i].nr_unmaps)
			fail_msg("%s: other events", known[i].name);
		assert_int_equal(trace.nr_events,
				 known[i].nr_maps + known[i].nr_unmaps);
		assert_int_equal(trace.nr_domains, known[i].nr_domains);
		assert_int_equal(trace.nr_cpus, known[i].nr_cpus);
		assert_int_equal(trace.nr_lost, 0);
		assert_int_equal(trace.nr_other, 0);
		assert_true(trace.iova_end <= 0x100000000);
		trace_free(&trace);
	}
}

static void test_workloads__round_trip(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct trace trace;

		load(known[i].name, &trace);
		assert_round_trip(&trace);
		trace_free(&trace);
	}
}

/* Time that never goes back, 32-bit memory, one cpu. */
static void test_workloads__synthetic(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct trace trace;

		if (known[i].recorded)
			continue;
		load(known[i].name, &trace);
		for (size_t n = 0; n < trace.nr_events; n++) {
			const struct trace_event *ev = &trace.event[n];

			assert_true(ev->time_ns == n * 1000);
			assert_true(ev->cpu == 0 && ev->domain == 0);
			assert_true(ev->prot == 3);
			assert_true(ev->iova % 4096 == 0 &&
				    ev->paddr % 4096 == 0);
			assert_true(ev->type == TRACE_UNMAP
					    ? !ev->paddr
					    : ev->paddr >= 0x40000000);
		}
		assert_true(trace.paddr_end <= 0x100000000);
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

/* Both decoders map the same iova ranges twice, in chunks that physical memory
 * allows: aligned to their size, or single pages without a neighbour. */
static void test_workloads__vdec(void **state)
{
	struct trace fresh, fragmented;
	uint64_t bytes[2] = { 0 };

	(void)state;
	load("vdec_fresh", &fresh);
	load("vdec_fragmented", &fragmented);
	for (size_t n = 0; n < fresh.nr_events; n++) {
		const struct trace_event *ev = &fresh.event[n];

		if (ev->type == TRACE_UNMAP)
			continue;
		assert_true(ev->size == 4096 || ev->size == 65536 ||
			    ev->size == 1 << 20);
		assert_true(ev->paddr % ev->size == 0);
		assert_true(ev->iova % ev->size == 0);
		bytes[0] += ev->size;
	}
	for (size_t n = 0; n < fragmented.nr_events; n++) {
		const struct trace_event *ev = &fragmented.event[n];

		if (ev->type == TRACE_UNMAP)
			continue;
		assert_true(ev->size == 4096);
		assert_true(!n || ev->paddr != ev[-1].paddr + 4096);
		bytes[1] += ev->size;
	}
	assert_true(bytes[0] == bytes[1]);
	assert_true(bytes[0] ==
		    2 * (20 * (8355840ull + 4177920 + 2088960) + 8 * 2097152));
	assert_true(fresh.iova_end == fragmented.iova_end);
	trace_free(&fresh);
	trace_free(&fragmented);
}

static int fail_to_generate(const struct workload_config *cfg,
			    struct emitter *out)
{
	const struct trace_event ev = { .size = 4096 };

	(void)cfg;
	assert_int_equal(emit(out, &ev), 0);
	return -ENOMEM;
}

static void test_workloads__failures(void **state)
{
	static const struct workload_ops lost = { .file = "none.txt" };
	static const struct workload_ops broken = {
		.name = "broken",
		.generate = fail_to_generate,
	};
	struct workload_ops long_name = { 0 };
	char name[5000], why[TRACE_WHY_SIZE];
	struct trace trace = { .nr_events = 77 };

	(void)state;
	assert_int_equal(workload_load(&broken, &trace, why), -ENOMEM);
	assert_string_equal(why, "broken: Cannot allocate memory");
	assert_int_equal(setenv("V7SBENCH_TRACES", "/nowhere", 1), 0);
	assert_string_equal(workload_dir(), "/nowhere");
	assert_int_equal(workload_load(&lost, &trace, why), -ENOENT);
	assert_string_equal(why,
			    "/nowhere/none.txt: No such file or directory");
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	long_name.file = name;
	assert_int_equal(workload_load(&long_name, &trace, why), -ENAMETOOLONG);
	assert_int_equal(setenv("V7SBENCH_TRACES", "", 1), 0);
	assert_string_not_equal(workload_dir(), "");
	assert_int_equal(unsetenv("V7SBENCH_TRACES"), 0);
	assert_string_not_equal(workload_dir(), "/nowhere");
	assert_int_equal(trace.nr_events, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_workloads__registry),
		cmocka_unit_test(test_workloads__counts),
		cmocka_unit_test(test_workloads__round_trip),
		cmocka_unit_test(test_workloads__synthetic),
		cmocka_unit_test(test_workloads__one_4k_per_mb),
		cmocka_unit_test(test_workloads__frag_pin),
		cmocka_unit_test(test_workloads__vdec),
		cmocka_unit_test(test_workloads__failures),
	};

	unsetenv("V7SBENCH_TRACES");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
