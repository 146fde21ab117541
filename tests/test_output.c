// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables, colour and progress.
 */
#include "inject.h"
#include "progress.h"
#include "table.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "output_fixture.h"

static struct table *example_table(void)
{
	struct table *t = table_create();

	table_column(t, "strategy", TABLE_LEFT);
	table_column(t, "held KiB", TABLE_RIGHT);
	table_column(t, "note", TABLE_LEFT);
	table_cell(t, "page");
	table_cellf(t, "%d", 4096);
	table_cell(t, "a|b");
	table_cell(t, "page_frag");
	table_cell(t, "12");
	table_highlight(t);
	table_cell(t, NULL);
	return t;
}

static void test_table__text(void **state)
{
	struct table *t = example_table();
	struct memory m;

	(void)state;
	assert_int_equal(table_print(t, TABLE_TEXT, false, open_memory(&m)), 0);
	check_memory(&m, "strategy   held KiB   note\n"
			 "---------  ---------  ----\n"
			 "page           4096   a|b\n"
			 "page_frag        12*  \n");
	assert_int_equal(table_print(t, TABLE_TEXT, true, open_memory(&m)), 0);
	check_memory(&m, "strategy   held KiB   note\n"
			 "---------  ---------  ----\n"
			 "page           4096   a|b\n"
			 "page_frag        \033[1m12*\033[0m  \n");
	table_destroy(t);
	table_destroy(NULL);
}

static void test_table__markdown(void **state)
{
	struct table *t = example_table();
	struct memory m;

	(void)state;
	assert_int_equal(table_print(t, TABLE_MARKDOWN, true, open_memory(&m)),
			 0);
	check_memory(&m, "| strategy | held KiB | note |\n"
			 "|---|--:|---|\n"
			 "| page | 4096 | a\\|b |\n"
			 "| page\\_frag | 12\\* |  |\n");
	table_destroy(t);
}

static void test_table__no_memory(void **state)
{
	FILE *out = tmpfile();
	struct table *t;
	unsigned n;
	int rc;

	(void)state;
	assert_non_null(out);
	for (n = 1;; n++) {
		inject_arm(INJECT_FAIL, n, ENOMEM, n % 2);
		t = example_table();
		rc = table_print(t, TABLE_TEXT, false, out);
		if (inject_disarm() < n)
			break;
		assert_int_equal(rc, -ENOMEM);
		assert_int_equal(ftell(out), 0);
		table_destroy(t);
	}
	assert_int_equal(rc, 0);
	table_destroy(t);
	fclose(out);
	assert_true(n > 15);
}

static void test_table__full_disk(void **state)
{
	FILE *out = fopen("/dev/full", "w");
	struct table *t = example_table();

	(void)state;
	assert_non_null(out);
	setvbuf(out, NULL, _IONBF, 0);
	assert_int_equal(table_print(t, TABLE_TEXT, false, out), -EIO);
	table_destroy(t);
	fclose(out);
}

enum { COLUMN = 1, CELL, MARK };

static void test_table__wrong_calls(void **state)
{
	static const int calls[][4] = { { 0 },
					{ CELL, COLUMN },
					{ COLUMN, CELL, COLUMN },
					{ COLUMN, MARK },
					{ COLUMN, COLUMN, CELL } };
	struct table *t;
	struct memory m;
	size_t i, j;

	(void)state;
	open_memory(&m);
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		t = table_create();
		for (j = 0; j < ARRAY_SIZE(calls[0]); j++) {
			if (calls[i][j] == COLUMN)
				table_column(t, "c", TABLE_LEFT);
			else if (calls[i][j] == CELL)
				table_cell(t, "x");
			else if (calls[i][j] == MARK)
				table_highlight(t);
		}
		assert_int_equal(table_print(t, TABLE_TEXT, false, m.out),
				 -EINVAL);
		table_destroy(t);
	}
	table_column(NULL, "c", TABLE_LEFT);
	table_cell(NULL, "x");
	table_highlight(NULL);
	assert_int_equal(table_print(NULL, TABLE_TEXT, false, m.out), -ENOMEM);
	check_memory(&m, "");
}

static void test_table__control_characters(void **state)
{
	struct table *t = table_create();
	struct memory m;

	(void)state;
	table_column(t, "c\n", TABLE_LEFT);
	table_cell(t, "\033[31mred\x7f");
	assert_int_equal(table_print(t, TABLE_TEXT, true, open_memory(&m)), 0);
	check_memory(&m, "c?\n---------\n?[31mred?\n");
	table_destroy(t);
}

/* Both ends of a terminal; a container may have none to give. */
static void open_terminal(int *ret_master, FILE **ret_slave)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);

	if (master < 0 || access(ptsname(master), F_OK)) {
		print_message("no pseudo-terminal here\n");
		skip();
	}
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	*ret_slave = fopen(ptsname(master), "w");
	assert_non_null(*ret_slave);
	*ret_master = master;
}

static void test_color__enabled(void **state)
{
	static const struct {
		const char *no_color, *term;
		bool expected;
	} rows[] = {
		{ NULL, "xterm", true }, { "", "xterm", true },
		{ "1", "xterm", false }, { NULL, "dumb", false },
		{ NULL, NULL, false },
	};
	enum color_when when;
	FILE *slave;
	size_t i;
	int master;

	(void)state;
	open_terminal(&master, &slave);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		unsetenv("NO_COLOR");
		unsetenv("TERM");
		if (rows[i].no_color)
			setenv("NO_COLOR", rows[i].no_color, 1);
		if (rows[i].term)
			setenv("TERM", rows[i].term, 1);
		assert_int_equal(color_enabled(COLOR_AUTO, slave),
				 rows[i].expected);
		assert_true(color_enabled(COLOR_ALWAYS, slave));
		assert_false(color_enabled(COLOR_NEVER, slave));
	}
	fclose(slave);
	close(master);
	assert_int_equal(color_parse("auto", &when), 0);
	assert_int_equal(when, COLOR_AUTO);
	assert_int_equal(color_parse("always", &when), 0);
	assert_int_equal(when, COLOR_ALWAYS);
	assert_int_equal(color_parse("never", &when), 0);
	assert_int_equal(when, COLOR_NEVER);
	assert_int_equal(color_parse("", &when), -EINVAL);
	assert_int_equal(color_parse("maybe", &when), -EINVAL);
}

static void test_progress__format(void **state)
{
	static const struct {
		uint64_t done, total;
		double elapsed_s;
		const char *line;
	} rows[] = {
		{ 0, 4, 9, "[  0%] --:-- left  x" },
		{ 1, 4, 10, "[ 25%] 00:30 left  x" },
		{ 4, 4, 10, "[100%] 00:00 left  x" },
		{ 9, 4, 10, "[100%] 00:00 left  x" },
		{ 1, 1000, 10, "[  0%] 2:46:30 left  x" },
		{ 1, UINT64_MAX, 1e9, "[  0%] 99:59:59 left  x" },
		{ 0, 0, 1, "[  0%] --:-- left  x" },
	};
	struct progress p = { .label = "x" };
	char line[64];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		p.done = rows[i].done;
		p.total = rows[i].total;
		progress_format(&p, (uint64_t)(rows[i].elapsed_s * 1e9), line,
				sizeof(line));
		assert_string_equal(line, rows[i].line);
	}
	progress_format(&p, 0, line, 8);
	assert_string_equal(line, "[  0%] ");
}

static void test_progress__no_terminal(void **state)
{
	struct progress p = { 0 };
	FILE *out = tmpfile();

	(void)state;
	assert_non_null(out);
	progress_step(&p, "before begin", 1);
	progress_begin(&p, out, 2);
	progress_step(&p, "one", 1);
	progress_clear(&p);
	progress_end(&p);
	assert_int_equal(fflush(out), 0);
	assert_int_equal(ftell(out), 0);
	fclose(out);
}

static void test_progress__terminal(void **state)
{
	char seen[8192];
	struct progress p;
	FILE *slave;
	ssize_t got;
	size_t i, n = 0, lines = 0;
	int master;

	(void)state;
	open_terminal(&master, &slave);
	progress_begin(&p, slave, 1000);
	for (i = 0; i < 1000; i++)
		progress_step(&p,
			      "a label that goes on and on, further than "
			      "any label ever should on such a line",
			      1);
	progress_end(&p);
	/* In pieces, and no end is reported while both ends are open. */
	do {
		got = read(master, seen + n, sizeof(seen) - 1 - n);
		assert_true(got > 0);
		n += (size_t)got;
		seen[n] = '\0';
	} while (!strstr(seen, "\r\033[K"));
	/* A thousand steps in no time are one redraw, or a few. */
	for (i = 0; i < n; i++)
		lines += seen[i] == '[' && seen[i + 1] != 'K';
	assert_in_range(lines, 1, 10);
	assert_non_null(strstr(seen, "\r[  0%] --:-- left  a label"));
	assert_true(strcspn(seen + 1, "\033") < 80);
	assert_string_equal(seen + n - 4, "\r\033[K");
	fclose(slave);
	close(master);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table__text),
		cmocka_unit_test(test_table__markdown),
		cmocka_unit_test(test_table__no_memory),
		cmocka_unit_test(test_table__full_disk),
		cmocka_unit_test(test_table__wrong_calls),
		cmocka_unit_test(test_table__control_characters),
		cmocka_unit_test(test_color__enabled),
		cmocka_unit_test(test_progress__format),
		cmocka_unit_test(test_progress__no_terminal),
		cmocka_unit_test(test_progress__terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
