// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is known of the machine and the build: from a /proc and a /sys made up,
 * from the real ones, from none; what is refused and what is warned of.
 */
#include "environment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static void put_file(const char *root, const char *path, const char *text)
{
	char full[512];
	char *slash;
	FILE *out;

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (slash = full + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(full, 0777);
		*slash = '/';
	}
	out = fopen(full, "w");
	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
}

#define CPU "/sys/devices/system/cpu"

static void test_environment__fake_root(void **state)
{
	static const char *const files[][2] = {
		{ "/proc/cpuinfo", "processor\t: 0\nmodel name\t: A  CPU\t\x01 "
				   "of some\xc3\xa9 kind \nmodel name\t: B\n" },
		{ "/proc/loadavg", "0.25 0.50 0.75 1/2 3\n" },
		{ "/proc/sys/kernel/randomize_va_space", "1\n" },
		{ CPU "/cpu0/cpufreq/scaling_governor", "performance\n" },
		{ CPU "/intel_pstate/no_turbo", "1\n" },
		{ CPU "/smt/control", "notsupported\n" },
	};
	char root[] = "/tmp/test-measure-XXXXXX", command[64];
	struct environment env;
	size_t i;

	(void)state;
	assert_non_null(mkdtemp(root));
	for (i = 0; i < ARRAY_SIZE(files); i++)
		put_file(root, files[i][0], files[i][1]);
	environment_read_below(root, &env);
	assert_string_equal(env.cpu_model, "A  CPU?? of some?? kind");
	assert_string_equal(env.load_1min, "0.25");
	assert_string_equal(env.governor, "performance");
	assert_string_equal(env.turbo, "off");
	assert_string_equal(env.smt, "notsupported");
	assert_string_equal(env.clocksource, "unknown");
	assert_true(!strcmp(env.aslr, "partial") || !strcmp(env.aslr, "off"));
	put_file(root, "/proc/cpuinfo",
		 "CPU implementer : 0x41\nCPU part\t: 0xd0c\n");
	put_file(root, "/proc/loadavg", "");
	environment_read_below(root, &env);
	assert_string_equal(env.cpu_model, "implementer 0x41 part 0xd0c");
	assert_string_equal(env.load_1min, "unknown");
	snprintf(command, sizeof(command), "rm -r %s", root);
	assert_int_equal(system(command), 0);
}

static void check_text(void *ctx, const char *name, const char *text)
{
	size_t *seen = ctx;

	assert_true(strlen(name) > 0);
	assert_in_range(strlen(text), 1, ENVIRONMENT_TEXT - 1);
	assert_null(strchr(text, '\n'));
	(*seen)++;
}

static void test_environment__real_and_none(void **state)
{
	struct environment env;
	size_t seen = 0;

	(void)state;
	environment_read(&env);
	environment_each(&env, check_text, &seen);
	/* Every member is a text: none may be missing from the walk. */
	assert_int_equal(seen, sizeof(env) / ENVIRONMENT_TEXT);
	assert_string_not_equal(env.machine, "unknown");
	assert_string_not_equal(env.kernel, "unknown");
	assert_string_not_equal(env.compiler, "unknown");
	environment_read_below("/nonexistent", &env);
	assert_string_equal(env.cpu_model, "unknown");
	assert_string_equal(env.governor, "unknown");
	assert_string_equal(env.turbo, "unknown");
	assert_string_equal(env.load_1min, "unknown");
}

static void test_environment__unfit(void **state)
{
	struct environment env;

	(void)state;
	environment_read(&env);
	strcpy(env.sanitize, "address");
	assert_string_equal(environment_unfit(&env), "built with a sanitizer");
	strcpy(env.sanitize, "none");
	strcpy(env.assert_level, "1");
	assert_string_equal(environment_unfit(&env), "built with assertions");
}

static void count_line(void *ctx, const char *text)
{
	assert_non_null(text);
	assert_null(strchr(text, '\n'));
	++*(unsigned *)ctx;
}

static void test_environment__warn(void **state)
{
	static const struct {
		const char *load, *cpus, *governor, *turbo;
		unsigned nr;
	} row[] = {
		{ "0.50", "2", "performance", "off", 0 },
		{ "2.00", "2", "unknown", "unknown", 0 },
		{ "2.01", "2", "unknown", "unknown", 1 },
		{ "9.00", "unknown", "performance", "off", 0 },
		{ "unknown", "2", "unknown", "off", 0 },
		{ "0.00", "1", "powersave", "off", 1 },
		{ "0.00", "1", "mixed", "on", 2 },
		{ "1.50", "1", "schedutil", "on", 3 },
	};
	struct environment env;

	(void)state;
	environment_read(&env);
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		unsigned nr = 0;

		strcpy(env.load_1min, row[i].load);
		strcpy(env.cpus_online, row[i].cpus);
		strcpy(env.governor, row[i].governor);
		strcpy(env.turbo, row[i].turbo);
		environment_warn(&env, count_line, &nr);
		assert_int_equal(nr, row[i].nr);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_environment__fake_root),
		cmocka_unit_test(test_environment__real_and_none),
		cmocka_unit_test(test_environment__unfit),
		cmocka_unit_test(test_environment__warn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
