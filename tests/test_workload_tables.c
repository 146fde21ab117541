// SPDX-License-Identifier: GPL-2.0-only
/*
 * Level-2 tables of each generated workload, by profile, beside the figures
 * that were worked out on paper before there were generators. Where the two
 * differ the row says why; what is asserted is what the replay finds.
 *
 * Most differences are one: the paper counts tables of what is mapped, a page
 * table also has those that nothing is mapped by any more. `empty` is how many
 * of these there are at the end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dma.h"
#include "replay.h"
#include "workload.h"

struct row {
	const char *text;
	const char *paper; /* peak, or what is said instead; NULL: nothing */
	uint64_t peak, end, empty, allocs, frees;
};

static const struct row rows[] = {
	/* W1 */
	{ "scanout_1080p60:profile=P0", "4", 4, 4, 0, 4, 0 },
	{ "scanout_1080p60:profile=P1", "25", 25, 25, 0, 25, 0 },
	{ "scanout_1080p60:profile=P2", "25", 25, 25, 0, 25, 0 },
	/* W2: 8 of the splash, 25 of the display, 4 of the encoder, whose
	 * commands use the splash's. The splash is mapped page by page in
	 * fresh memory too. Empty at the end: the splash's and the tails of
	 * the encoder's planes, the second of which has no whole MiB. */
	{ "boot_splash_then_steady:profile=P0", NULL, 14, 14, 10, 14, 0 },
	{ "boot_splash_then_steady:profile=P1", "+8", 37, 35, 10, 55, 20 },
	{ "boot_splash_then_steady:profile=P2", "+8", 37, 35, 10, 55, 20 },
	/* W3: 236 of 296 are whole MiBs, which a seek frees. */
	{ "vdec_4k_20ref:profile=P0", "60", 60, 60, 0, 60, 0 },
	{ "vdec_4k_20ref:profile=P1", "296", 296, 296, 0, 532, 236 },
	{ "vdec_4k_20ref:profile=P2", "296", 296, 296, 0, 532, 236 },
	{ "vdec_4k_20ref:profile=P2,seeks=3", "296", 296, 296, 0, 1004, 708 },
	/* W4: 144 of 2160p, and 5 of smaller frames in MiBs that it leaves
	 * out: 16 MiB apart, each frame takes 12. */
	{ "vdec_adaptive:profile=P0,switches=5", "small", 28, 28, 22, 48, 20 },
	{ "vdec_adaptive:profile=P1", "144", 149, 28, 22, 7708, 7680 },
	{ "vdec_adaptive:profile=P2,switches=5", "144", 149, 28, 22, 220, 192 },
	/* W5 */
	{ "camera_burst:profile=P0", "20", 20, 20, 14, 20, 0 },
	{ "camera_burst:profile=P1", "220", 220, 32, 14, 1912, 1880 },
	{ "camera_burst:profile=P2,bursts=2", "220", 220, 32, 14, 408, 376 },
	/* W6: two a job, and three that stay. */
	{ "jpeg_small_churn:profile=P0", "5", 3, 3, 3, 3, 0 },
	{ "jpeg_small_churn:profile=P1", "5, 2 a job", 5, 3, 3, 24003, 24000 },
	{ "jpeg_small_churn:profile=P2,jobs=500", "5, 2 a job", 5, 3, 3, 1003,
	  1000 },
	/* W7: 48 and, at first 298, at the end 292 are those of what is mapped.
	 */
	{ "compositor_import:profile=P0", "48", 122, 110, 62, 1042, 932 },
	{ "compositor_import:profile=P1", "300", 372, 354, 62, 10796, 10442 },
	{ "compositor_import:profile=P2,windows=0", "300", 298, 298, 0, 298,
	  0 },
	/* W8, W9 */
	{ "adv_one_4k_per_mb", "4096, never freed", 4096, 4096, 0, 4096, 0 },
	{ "adv_frag_pin", "at most 4096, 4065 kept", 4096, 4065, 0, 4065 * 32,
	  4065 * 31 },
	{ "adv_one_slot", NULL, 1, 0, 0, 1000, 1000 },
	/* W10: 4 + 60 + 20 + 3 and 25 + 296 + 220 + 5, and 2 more: the encoder
	 * finds its iova elsewhere while the camera has a burst, and leaves
	 * tables of tails behind. */
	{ "fragmented_system:profile=P0", NULL, 89, 89, 20, 89, 0 },
	{ "fragmented_system:profile=P2,rate=10,seconds=12", NULL, 548, 358, 20,
	  1398, 1040 },
	{ "fragmented_system:rate=10,seconds=12", NULL, 417, 229, 20, 879,
	  650 },
	/* W11: a whole MiB leaves as one, and with its table. */
	{ "peak_then_shrink:profile=P0", NULL, 0, 0, 0, 0, 0 },
	{ "peak_then_shrink:keep=2", "2048, then 1024", 2048, 1024, 0, 2048,
	  1024 },
	{ "peak_then_shrink:keep=4", "2048, then 512", 2048, 512, 0, 2048,
	  1536 },
	{ "peak_then_shrink:keep=8", "2048, then 256", 2048, 256, 0, 2048,
	  1792 },
	{ "peak_then_shrink:keep=16", "2048, then 128", 2048, 128, 0, 2048,
	  1920 },
	{ "peak_then_shrink:keep=32", "2048, then 64", 2048, 64, 0, 2048,
	  1984 },
	{ "peak_then_shrink:profile=P2,slots=512", NULL, 512, 64, 0, 512, 448 },
	/* W12: the same, and small ranges of iova stay with 8 CPUs. */
	{ "multi_cpu_8:profile=P0", NULL, 101, 101, 32, 101, 0 },
	{ "multi_cpu_8:profile=P1", NULL, 560, 370, 32, 9546, 9176 },
	/* W13: as W10, and 1 more where devices there share a MiB. */
	{ "iova34_mt8192:profile=P0", NULL, 90, 90, 20, 90, 0 },
	{ "iova34_mt8192:profile=P1", NULL, 549, 359, 20, 9535, 9176 },
	/* W14: by one thread nobody loses. */
	{ "table_race", "1 a slot", 1, 0, 0, 2000, 2000 },
	/* A table a slot; 2092 are what a real kernel had (tests/golden). */
	{ "slots_fill", "4096, then none", 4096, 0, 0, 4096, 4096 },
	{ "slots_churn", NULL, 2152, 2092, 0, 101046, 98954 },
};

static void replay(const struct workload_spec *wl, struct memory_result *ret)
{
	struct replay_config cfg = {
		.profile = machine_profile_find("mt8173"),
		.nr_cpus = 8,
		.pgtable = {
			.ias = 32,
			.oas = 35,
			.quirks = V7S_QUIRK_MTK_EXT | V7S_QUIRK_NO_PERMS,
			.pgsizes = V7S_PGSIZES,
		},
	};
	struct trace trace = { 0 };
	struct replay_machine m;
	const char *reason = "";
	struct l2_spec spec;
	char why[TRACE_WHY_SIZE];

	if (workload_open(wl, SIZE_MAX, &trace, why))
		fail_msg("%s", why);
	if (trace.iova_end > SZ_4G)
		cfg.pgtable.ias = 34;
	if (l2_spec_parse("pte_frag", &spec, why, sizeof(why)))
		fail_msg("%s", why);
	assert_int_equal(replay_machine_init(&m, &cfg, &trace, &spec), 0);
	memset(ret, 0, sizeof(*ret));
	if (pass_memory(&m, ret, &reason))
		fail_msg("%s: %s", wl->label, reason);
	assert_int_equal(ret->anomalies, 0);
	assert_int_equal(ret->alloc_failures, 0);
	assert_int_equal(ret->reports, 0);
	replay_machine_fini(&m);
	trace_free(&trace);
}

static unsigned differs(const char *text, const char *what, uint64_t expected,
			uint64_t found)
{
	if (expected == found)
		return 0;
	print_error("%s: %s %llu, not %llu\n", text, what,
		    (unsigned long long)found, (unsigned long long)expected);
	return 1;
}

static void test_workload_tables__rows(void **state)
{
	unsigned nr_wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		char why[TRACE_WHY_SIZE];
		struct memory_result m;
		struct workload_spec wl;

		if (workload_parse(row->text, &wl, why))
			fail_msg("%s", why);
		replay(&wl, &m);
		nr_wrong +=
			differs(row->text, "peak", row->peak, m.l2_tables_peak);
		nr_wrong +=
			differs(row->text, "end", row->end, m.l2_tables_end);
		nr_wrong += differs(row->text, "empty", row->empty,
				    m.empty_tables_end);
		nr_wrong += differs(row->text, "allocations", row->allocs,
				    m.l2_allocs);
		nr_wrong += differs(row->text, "frees", row->frees, m.l2_frees);
		memory_result_fini(&m);
	}
	assert_int_equal(nr_wrong, 0);
}

/* Each generated workload has a row. */
static void test_workload_tables__all(void **state)
{
	(void)state;
	for (size_t w = 0; workloads[w]; w++) {
		bool found = workloads[w]->file;

		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			found |= !strncmp(rows[i].text, workloads[w]->name,
					  strlen(workloads[w]->name));
		if (!found)
			fail_msg("%s has no row", workloads[w]->name);
	}
}

/* The highest peak of the rows of a workload, on fresh memory or not. */
static uint64_t highest(const struct workload_ops *wl, bool fresh)
{
	size_t len = strlen(wl->name);
	uint64_t peak = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strncmp(rows[i].text, wl->name, len) &&
		    !strstr(rows[i].text, "profile=P0") == !fresh &&
		    rows[i].peak > peak)
			peak = rows[i].peak;
	return peak;
}

/* What `list workloads` says to expect is what the rows say. */
static void test_workload_tables__expected(void **state)
{
	unsigned nr = 0;

	(void)state;
	for (size_t w = 0; workloads[w]; w++) {
		const struct workload_ops *wl = workloads[w];
		unsigned fresh = 0, others = 0;

		if (wl->file)
			continue;
		if (wl->chunked)
			assert_int_equal(sscanf(wl->expected,
						"P0 %u, P1 and P2 %u", &fresh,
						&others),
					 2);
		else
			assert_int_equal(sscanf(wl->expected, "%u", &others),
					 1);
		nr += differs(wl->name, "P0", highest(wl, true), fresh);
		nr += differs(wl->name, "others", highest(wl, false), others);
	}
	assert_int_equal(nr, 0);
}

enum { SIZE };

static int one_buffer(const struct workload_config *cfg, struct emitter *out)
{
	const struct dma_config how = { cfg->profile, cfg->seed, 1 };
	struct dma_buf *buf;
	struct dma *dma;

	assert_int_equal(emit_domain(out, ""), 0);
	assert_int_equal(dma_create(out, &how, &dma), 0);
	assert_int_equal(dma_space(dma, 0, 0, SZ_4G), 0);
	assert_int_equal(dma_alloc(dma, 0, 0, cfg->value[SIZE], &buf), 0);
	assert_null(dma_check(dma));
	dma_destroy(dma);
	return 0;
}

/* Tables of a buffer that begins at a whole MiB. */
static const struct {
	const char *name;
	uint64_t size;
	unsigned p0, p2; /* P1 as P2 */
} buffers[] = {
	{ "1080p XRGB8888", 1920 * 1080 * 4, 1, 8 },
	{ "1366x768 XRGB", 1366 * 768 * 4, 1, 5 },
	{ "2160p XRGB8888", 3840 * 2160 * 4, 1, 32 },
	{ "1080p NV12", 1920 * 1088 * 3 / 2, 1, 3 },
	{ "2160p Y", 3840 * 2176, 1, 8 },
	{ "2160p C", 3840 * 2176 / 2, 1, 4 },
	{ "13 MP RAW10", 4208 * 3120 * 10 / 8, 1, 16 },
	{ "12 MP NV12", 4000 * 3000 * 3 / 2, 1, 18 },
	{ "MTK camera 1440x1080 NV21", 2408448, 1, 3 },
	{ "1 MB bitstream", 1 << 20, 0, 1 },
	{ "64 KB command", 65536, 1, 1 },
	{ "4 KB command", 4096, 1, 1 },
};

static void test_workload_tables__buffers(void **state)
{
	static const struct workload_ops ops = {
		.name = "buffer",
		.generate = one_buffer,
	};
	unsigned nr_wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++)
		for (int id = DMA_P0; id <= DMA_P2; id++) {
			struct memory_result m;
			struct workload_spec wl;

			workload_defaults(&ops, &wl);
			wl.config.value[SIZE] = buffers[i].size;
			wl.config.profile.id = (enum dma_profile_id)id;
			replay(&wl, &m);
			nr_wrong += differs(
				buffers[i].name, dma_profile_names[id],
				id == DMA_P0 ? buffers[i].p0 : buffers[i].p2,
				m.l2_tables_peak);
			memory_result_fini(&m);
		}
	assert_int_equal(nr_wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_workload_tables__rows),
		cmocka_unit_test(test_workload_tables__all),
		cmocka_unit_test(test_workload_tables__expected),
		cmocka_unit_test(test_workload_tables__buffers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
