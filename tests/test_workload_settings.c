// SPDX-License-Identifier: GPL-2.0-only
/*
 * What workloads are told and what can go wrong: settings, their ranges, too
 * much asked for, no memory, no file. What they make is in test_workloads.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dma.h"
#include "emit.h"
#include "inject.h"
#include "workload.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *text;
	const char *why; /* its beginning */
} bad[] = {
	{ "", "unknown workload ''; there are x86-drm, arm-drm, " },
	{ "vdec", "unknown workload 'vdec'; there are " },
	{ ":seed=1", "unknown workload ''; there are " },
	{ "x86-drm:seed=1", "x86-drm: a recorded trace has no settings" },
	{ "x86-drm:", "x86-drm: a recorded trace has no settings" },
	{ "adv_one_slot:", "adv_one_slot: '' is no KEY=VALUE" },
	{ "adv_one_slot:seed", "adv_one_slot: 'seed' is no KEY=VALUE" },
	{ "adv_one_slot:=1", "adv_one_slot: '=1' is no KEY=VALUE" },
	{ "adv_one_slot:seed=1,", "adv_one_slot: '' is no KEY=VALUE" },
	{ "adv_one_slot:,seed=1", "adv_one_slot: '' is no KEY=VALUE" },
	{ "adv_one_slot:seed=", "adv_one_slot: seed=: not a decimal number" },
	{ "adv_one_slot:seed=-1",
	  "adv_one_slot: seed=-1: not a decimal number" },
	{ "adv_one_slot:seed=0x1",
	  "adv_one_slot: seed=0x1: not a decimal number" },
	{ "adv_one_slot:seed= 1",
	  "adv_one_slot: seed= 1: not a decimal number" },
	{ "adv_one_slot:seed=1.5",
	  "adv_one_slot: seed=1.5: not a decimal number" },
	{ "adv_one_slot:seed=18446744073709551616",
	  "adv_one_slot: seed=18446744073709551616: 0 to 18446744073709551615" },
	{ "adv_one_slot:seed=1,seed=1", "adv_one_slot: seed is given twice" },
	{ "adv_one_slot:profile=P0",
	  "adv_one_slot: no setting 'profile'; there are seed" },
	{ "table_race:cpus=1", "table_race: cpus=1: 2 to 256" },
	{ "table_race:cpus=257", "table_race: cpus=257: 2 to 256" },
	{ "table_race:cpus=2,cpus=2", "table_race: cpus is given twice" },
	{ "vdec_4k_20ref:frames=0", "vdec_4k_20ref: frames=0: 1 to 64" },
	{ "vdec_4k_20ref:Frames=1",
	  "vdec_4k_20ref: no setting 'Frames'; there are frames, seek, seeks, "
	  "seed, profile, f8, f4" },
	{ "vdec_4k_20ref:profile=p0",
	  "vdec_4k_20ref: profile=p0: none of P0, P1, P2, Pmix, buddy" },
	{ "vdec_4k_20ref:f8=1001", "vdec_4k_20ref: f8=1001: 0 to 1000" },
	{ "vdec_4k_20ref:f8=1,profile=P2",
	  "vdec_4k_20ref: f8 and f4 go with profile=Pmix only" },
};

static void test_workload_settings__bad_settings(void **state)
{
	struct workload_spec spec = { .ops = NULL };
	char why[TRACE_WHY_SIZE], text[300];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		int err = workload_parse(bad[i].text, &spec, why);

		assert_int_equal(err, strncmp(bad[i].why, "unknown", 7)
					      ? -EINVAL
					      : -ENOENT);
		if (strncmp(why, bad[i].why, strlen(bad[i].why)))
			fail_msg("'%s' is not '%s'", why, bad[i].why);
		assert_null(strchr(why, '\n'));
	}
	memset(text, '1', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(workload_parse(text, &spec, why), -ENOENT);
	memcpy(text, "adv_one_slot:seed=", 18);
	assert_int_equal(workload_parse(text, &spec, why), -EINVAL);
	assert_non_null(strstr(why, "more than"));
	/* adv_one_slot:seed=0...01 */
	memset(text, '0', sizeof(text));
	memcpy(text, "adv_one_slot:seed=", 18);
	text[WORKLOAD_LABEL_SIZE - 1] = '1';
	text[WORKLOAD_LABEL_SIZE] = '\0';
	assert_int_equal(workload_parse(text, &spec, why), -EINVAL);
	assert_string_equal(
		why, "adv_one_slot: settings of more than 115 characters");
	assert_null(spec.ops);
	text[WORKLOAD_LABEL_SIZE - 2] = '1';
	text[WORKLOAD_LABEL_SIZE - 1] = '\0';
	assert_int_equal(workload_parse(text, &spec, why), 0);
	assert_int_equal(spec.config.seed, 1);
	assert_string_equal(spec.label, text);
}

static void test_workload_settings__good_settings(void **state)
{
	struct workload_spec spec;
	char why[TRACE_WHY_SIZE];

	(void)state;
	assert_int_equal(workload_parse("vdec_4k_20ref", &spec, why), 0);
	assert_string_equal(spec.label, "vdec_4k_20ref");
	assert_ptr_equal(spec.ops, workload_find("vdec_4k_20ref"));
	assert_int_equal(spec.config.seed, 1);
	assert_int_equal(spec.config.profile.id, DMA_P2);
	assert_int_equal(spec.config.value[0], 20);
	assert_int_equal(
		workload_parse("vdec_4k_20ref:seek=5,frames=12,seed=0,f4=0",
			       &spec, why),
		0);
	assert_string_equal(spec.label,
			    "vdec_4k_20ref:seek=5,frames=12,seed=0,f4=0");
	assert_int_equal(spec.config.value[0], 12);
	assert_int_equal(spec.config.value[1], 5);
	assert_int_equal(spec.config.value[2], 1);
	assert_int_equal(spec.config.seed, 0);
	assert_int_equal(spec.config.profile.id, DMA_PMIX);
	assert_int_equal(spec.config.profile.f8, 250);
	assert_int_equal(spec.config.profile.f4, 0);
	assert_int_equal(
		workload_parse("camera_burst:profile=buddy", &spec, why), 0);
	assert_int_equal(spec.config.profile.id, DMA_BUDDY);
}

/* Each parameter's default lies in its range, and both its ends are taken. */
static void test_workload_settings__ranges(void **state)
{
	unsigned nr = 0;

	(void)state;
	for (size_t i = 0; workloads[i]; i++) {
		const struct workload_param *p = workloads[i]->param;
		unsigned k;

		for (k = 0; p && p[k].key; k++, nr++) {
			const uint64_t end[] = { p[k].min, p[k].def, p[k].max };

			assert_true(p[k].min <= p[k].def &&
				    p[k].def <= p[k].max && *p[k].what);
			for (unsigned e = 0; e < 3; e++) {
				struct workload_spec spec;
				char text[128], why[TRACE_WHY_SIZE];

				snprintf(text, sizeof(text), "%s:%s=%llu",
					 workloads[i]->name, p[k].key,
					 (unsigned long long)end[e]);
				if (workload_parse(text, &spec, why))
					fail_msg("%s", why);
				assert_true(spec.config.value[k] == end[e]);
			}
		}
		assert_true(k <= WORKLOAD_MAX_PARAMS);
	}
	assert_int_equal(nr, 29);
}

/* How long the longest is: time stamps must not wrap around. */
static void test_workload_settings__longest(void **state)
{
	static const struct {
		const char *name, *count, *seconds;
	} pairs[] = {
		{ "vdec_4k_20ref", "seeks", "seek" },
		{ "vdec_adaptive", "switches", "period" },
		{ "camera_burst", "bursts", "interval" },
	};
	unsigned nr = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		const struct workload_ops *wl = workload_find(pairs[i].name);
		uint64_t ns = 1000000000;

		assert_non_null(wl);
		for (unsigned k = 0; wl->param[k].key; k++)
			if (!strcmp(wl->param[k].key, pairs[i].count) ||
			    !strcmp(wl->param[k].key, pairs[i].seconds)) {
				assert_true(wl->param[k].max < UINT64_MAX / ns);
				ns *= wl->param[k].max;
				nr++;
			}
	}
	assert_int_equal(nr, 2 * ARRAY_SIZE(pairs));
}

/* Each allocation fails once: nothing is lost, and nothing comes out. */
static void test_workload_settings__no_memory(void **state)
{
	static const char *const texts[] = {
		"multi_cpu_8:seconds=1,rate=2,profile=P0",
		"boot_splash_then_steady:jobs=1,profile=P0",
		"vdec_adaptive:switches=1,profile=P1",
		"compositor_import:windows=1,profile=P0",
		"peak_then_shrink:slots=3,keep=2",
		"table_race:rounds=2",
	};
	unsigned nr_failed = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		for (unsigned n = 1;; n++) {
			struct trace trace = { .nr_events = 77 };
			struct workload_spec spec;
			char why[TRACE_WHY_SIZE];
			int err;

			assert_int_equal(workload_parse(texts[i], &spec, why),
					 0);
			inject_arm(INJECT_FAIL, n, ENOMEM, 0);
			err = workload_open(&spec, SIZE_MAX, &trace, why);
			if (inject_disarm() < n) {
				assert_int_equal(err, 0);
				trace_free(&trace);
				break;
			}
			/* A full magazine is not replaced then, no more. */
			assert_true(!err || err == -ENOMEM);
			nr_failed += err != 0;
			if (err)
				assert_int_equal(trace.nr_events, 77);
			else
				trace_free(&trace);
		}
	assert_true(nr_failed > 1000);
}

static int take_too_much(const struct workload_config *cfg, struct emitter *out)
{
	const struct dma_config how = { cfg->profile, cfg->seed, 1 };
	struct dma_buf *buf;
	struct dma *dma;
	int err;

	assert_int_equal(emit_domain(out, ""), 0);
	assert_int_equal(dma_create(out, &how, &dma), 0);
	assert_int_equal(dma_space(dma, 0, 0, 0x100000000), 0);
	do {
		err = dma_alloc(dma, 0, 0, 1 << 20, &buf);
	} while (!err);
	dma_destroy(dma);
	return err;
}

/* More than there is room for is said, and nothing comes out. */
static void test_workload_settings__too_large(void **state)
{
	static const struct workload_ops ops = {
		.name = "large",
		.generate = take_too_much,
	};
	struct trace trace = { .nr_events = 77 };
	char why[TRACE_WHY_SIZE];

	(void)state;
	assert_int_equal(workload_load(&ops, &trace, why), -ENOSPC);
	assert_string_equal(why, "large: buffers exceed 3 GiB of memory");
	assert_int_equal(trace.nr_events, 77);
}

static int fail_to_generate(const struct workload_config *cfg,
			    struct emitter *out)
{
	const struct trace_event ev = { .size = 4096 };

	(void)cfg;
	assert_int_equal(emit(out, &ev), 0);
	return -ENOMEM;
}

static void test_workload_settings__failures(void **state)
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
		cmocka_unit_test(test_workload_settings__bad_settings),
		cmocka_unit_test(test_workload_settings__good_settings),
		cmocka_unit_test(test_workload_settings__ranges),
		cmocka_unit_test(test_workload_settings__longest),
		cmocka_unit_test(test_workload_settings__no_memory),
		cmocka_unit_test(test_workload_settings__too_large),
		cmocka_unit_test(test_workload_settings__failures),
	};

	unsetenv("V7SBENCH_TRACES");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
