// SPDX-License-Identifier: GPL-2.0-only
/*
 * Likeness of results: each thing that counts is named when it differs, with
 * its class alone; what does not count is not; a likeness is one of itself.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "likeness.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output_fixture.h"

static const char result[] =
	"{'schema_version': 2, 'complete': true,"
	" 'environment': {'cpu_model': 'A', 'machine': 'x86_64',"
	"  'cpus_online': '2', 'kernel': 'Linux 6', 'load_1min': '0.1',"
	"  'git': 'abc', 'compiler': 'gcc 12', 'cflags': '-O3',"
	"  'sanitize': 'none', 'assert_level': '0'},"
	" 'plan': {'seed': 1, 'strategies': ["
	"  {'label': 'page', 'summary': 's', 'models': 'm61'},"
	"  {'label': 'null', 'models': 'nothing'}]},"
	" 'cells': ["
	"  {'strategy': 'page', 'workload': 'v', 'ias': 32, 'kernel': '6.1',"
	"   'held_bytes_peak': 4096},"
	"  {'strategy': 'null', 'workload': 'v', 'ias': 32, 'kernel': '6.1'},"
	"  {'strategy': 'page', 'workload': 'w', 'ias': 34, 'kernel': '6.1'}]}";

/* The result with one text in place of another. */
static json_t *changed(const char *from, const char *to)
{
	const char *at = strstr(result, from);
	char text[2048], *p;
	json_t *root;

	assert_non_null(at);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - result), result, to,
		 at + strlen(from));
	for (p = text; *p; p++)
		if (*p == '\'')
			*p = '"';
	root = json_loads(text, 0, NULL);
	assert_non_null(root);
	return root;
}

static void note(void *ctx, const char *line)
{
	struct memory *m = ctx;

	fprintf(m->out, "%s\n", line);
}

static int compare(const json_t *a, const json_t *b, unsigned classes,
		   const char *lines)
{
	char why[OUTPUT_WHY_SIZE];
	struct memory m;
	int nr;

	open_memory(&m);
	nr = likeness_compare(a, b, classes, note, &m, why);
	check_memory(&m, lines);
	return nr;
}

static void test_each(void **state)
{
	static const struct {
		const char *from, *to, *line;
		enum likeness_class class;
	} row[] = {
		{ "version': 2", "version': 1", "schema_version was 2, is 1\n",
		  LIKENESS_SCHEMA },
		{ "'A'", "'B'", "cpu_model was A, is B\n", LIKENESS_MACHINE },
		{ "x86_64", "arm64", "machine was x86_64, is arm64\n",
		  LIKENESS_MACHINE },
		{ "online': '2'", "online': '4'", "cpus_online was 2, is 4\n",
		  LIKENESS_MACHINE },
		{ "gcc 12", "clang 14", "compiler was gcc 12, is clang 14\n",
		  LIKENESS_PROGRAM },
		{ "-O3", "-O0", "cflags was -O3, is -O0\n", LIKENESS_PROGRAM },
		{ "'none'", "'address'", "sanitize was none, is address\n",
		  LIKENESS_PROGRAM },
		{ "level': '0'", "level': '2'", "assert_level was 0, is 2\n",
		  LIKENESS_PROGRAM },
		{ ", 'assert_level': '0'", "",
		  "assert_level was 0, is not told\n", LIKENESS_PROGRAM },
		{ "m61", "m62", "what page models was m61, is m62\n",
		  LIKENESS_MODEL },
		{ "'ias': 34", "'ias': 32", "ias was 34, is 32 with w\n",
		  LIKENESS_MODEL },
		{ "'kernel': '6.1'", "'kernel': '4.20'",
		  "kernel was 6.1, is 4.20 with v\n", LIKENESS_MODEL },
		{ "'ias': 34", "'ias': [1]",
		  "ias was 34, is something else with w\n", LIKENESS_MODEL },
	};
	json_t *base = changed("'A'", "'A'");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		json_t *other = changed(row[i].from, row[i].to);
		unsigned class = 1u << row[i].class;

		assert_int_equal(
			compare(base, other, LIKENESS_ALL, row[i].line), 1);
		assert_int_equal(compare(base, other, class, row[i].line), 1);
		assert_int_equal(
			compare(base, other, LIKENESS_ALL & ~class, ""), 0);
		json_decref(other);
	}
	json_decref(base);
}

static void test_alike(void **state)
{
	static const char *const from[] = { "abc",    "0.1", "Linux 6",
					    "4096",   "'s'", "'seed': 1",
					    "'page'", "'v'", "true" };
	static const char *const to[] = { "abd",    "9",   "Linux 7",
					  "8192",   "'t'", "'seed': 2",
					  "'slow'", "'u'", "false" };
	json_t *base = changed("'A'", "'A'");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(from); i++) {
		json_t *other = changed(from[i], to[i]);

		assert_int_equal(compare(base, other, LIKENESS_ALL, ""), 0);
		json_decref(other);
	}
	json_decref(base);
}

static void test_kept(void **state)
{
	json_t *base = changed("'A'", "'A'"), *kept, *again;
	json_t *other = changed("m61", "m62");
	char why[OUTPUT_WHY_SIZE];

	(void)state;
	assert_int_equal(likeness_of(base, &kept, why), 0);
	assert_null(json_object_get(kept, "cells"));
	assert_int_equal(likeness_of(kept, &again, why), 0);
	assert_true(json_equal(kept, again));
	assert_int_equal(compare(kept, base, LIKENESS_ALL, ""), 0);
	assert_int_equal(compare(base, kept, LIKENESS_ALL, ""), 0);
	assert_int_equal(compare(kept, other, LIKENESS_EXACT,
				 "what page models was m61, is m62\n"),
			 1);
	json_decref(again);
	json_decref(kept);
	json_decref(other);
	json_decref(base);
}

static void test_refused(void **state)
{
	json_t *base = changed("'A'", "'A'"), *kept = NULL;
	json_t *array = json_array(), *empty = json_object();
	json_t *text = changed("version': 2", "version': '2'");
	json_t *bare = changed("'environment'", "'other'");
	json_t *const bad[] = { array, empty, text, bare };
	char why[OUTPUT_WHY_SIZE];
	struct memory m;

	(void)state;
	open_memory(&m);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const char *reason = bad[i] == bare
					     ? "no object 'environment'"
					     : "no number 'schema_version'";

		assert_int_equal(likeness_of(bad[i], &kept, why), -EINVAL);
		assert_string_equal(why, reason);
		assert_int_equal(likeness_compare(bad[i], base, LIKENESS_ALL,
						  note, &m, why),
				 -EINVAL);
		assert_int_equal(likeness_compare(base, bad[i], LIKENESS_ALL,
						  note, &m, why),
				 -EINVAL);
		json_decref(bad[i]);
	}
	assert_null(kept);
	json_decref(base);
	check_memory(&m, "");
}

static void test_long(void **state)
{
	json_t *base = changed("'A'", "'A'"), *other;
	char text[1024], why[OUTPUT_WHY_SIZE];
	struct memory m;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[0] = text[sizeof(text) - 2] = '\'';
	text[sizeof(text) - 1] = '\0';
	other = changed("'gcc 12'", text);
	open_memory(&m);
	assert_int_equal(
		likeness_compare(base, other, LIKENESS_ALL, note, &m, why), 1);
	assert_int_equal(fclose(m.out), 0);
	assert_true(m.size < 512);
	free(m.text);
	json_decref(other);
	json_decref(base);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each), cmocka_unit_test(test_alike),
		cmocka_unit_test(test_kept), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
