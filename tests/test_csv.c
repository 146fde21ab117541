// SPDX-License-Identifier: GPL-2.0-only
/*
 * CSV: what is written, what is refused, and that nothing is lost between.
 */
#include "csvfile.h"
#include "inject.h"
#include "outfile.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "output_fixture.h"

/* A string with its length: texts here hold NUL. */
#define TEXT(s) s, sizeof(s) - 1

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void test_csv__written_exactly(void **state)
{
	struct csv_writer w;
	struct memory m;

	(void)state;
	csv_writer_init(&w, open_memory(&m));
	csv_put_text(&w, "plain");
	csv_put_text(&w, "a,b");
	csv_put_text(&w, "say \"x\"");
	csv_put_text(&w, "two\nlines");
	assert_int_equal(csv_end_row(&w), 0);
	csv_put_u64(&w, UINT64_MAX);
	csv_put_text(&w, "-9223372036854775808");
	csv_put_double(&w, 0.1);
	csv_put_digits(&w, 2.0 / 3, 3);
	assert_int_equal(csv_end_row(&w), 0);
	csv_put_empty(&w);
	csv_put_text(&w, NULL);
	csv_put_text(&w, " blank ");
	csv_put_text(&w, "cr\r");
	assert_int_equal(csv_end_row(&w), 0);
	check_memory(&m, "plain,\"a,b\",\"say \"\"x\"\"\",\"two\nlines\"\n"
			 "18446744073709551615,-9223372036854775808,0.1,"
			 "0.667\n,, blank ,\"cr\r\"\n");
}

static void test_csv__format_double(void **state)
{
	static const struct {
		double value;
		const char *text;
	} rows[] = {
		{ 0, "0" },
		{ -1, "-1" },
		{ 0.1, "0.1" },
		{ 1.0 / 3, "0.3333333333333333" },
		{ 1e22, "1e+22" },
		{ 1e15, "1e+15" },
		{ 123456, "123456" },
		{ 5e-324, "5e-324" },
		{ 0.30000000000000004, "0.30000000000000004" },
		{ 1.7976931348623157e308, "1.7976931348623157e+308" },
	};
	char text[CSV_DOUBLE_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(csv_format_double(rows[i].value, text), 0);
		assert_string_equal(text, rows[i].text);
	}
	assert_int_equal(csv_format_double((double)NAN, text), -EINVAL);
	assert_int_equal(csv_format_double((double)INFINITY, text), -EINVAL);
}

static void test_csv__writer_refuses(void **state)
{
	static const double bad[] = { NAN, INFINITY, -INFINITY };
	struct csv_writer w;
	struct memory m;
	size_t i;

	(void)state;
	open_memory(&m);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		csv_writer_init(&w, m.out);
		assert_int_equal(csv_put_double(&w, bad[i]), -EINVAL);
		assert_int_equal(csv_put_text(&w, "later"), -EINVAL);
		assert_int_equal(csv_end_row(&w), -EINVAL);
		csv_writer_init(&w, m.out);
		assert_int_equal(csv_put_digits(&w, bad[i], 3), -EINVAL);
	}
	csv_writer_init(&w, m.out);
	assert_int_equal(csv_put_digits(&w, 1, 18), -EINVAL);
	csv_writer_init(&w, m.out);
	assert_int_equal(csv_end_row(&w), -EINVAL);
	check_memory(&m, "");
}

static void test_csv__writer_ragged(void **state)
{
	struct csv_writer w;
	struct memory m;

	(void)state;
	csv_writer_init(&w, open_memory(&m));
	csv_put_text(&w, "a");
	csv_put_text(&w, "b");
	assert_int_equal(csv_end_row(&w), 0);
	assert_int_equal(csv_put_u64(&w, 1), 0);
	assert_int_equal(csv_end_row(&w), -EINVAL);
	w.error = 0;
	assert_int_equal(csv_put_u64(&w, 2), 0);
	assert_int_equal(csv_put_u64(&w, 3), -EINVAL);
	fclose(m.out);
	free(m.text);
}

static void test_csv__full_disk(void **state)
{
	FILE *out = fopen("/dev/full", "w");
	struct csv_writer w;
	size_t i;

	(void)state;
	assert_non_null(out);
	csv_writer_init(&w, out);
	for (i = 0; i < 100000 && !w.error; i++) {
		csv_put_text(&w, "some text");
		csv_end_row(&w);
	}
	assert_int_equal(w.error, -ENOSPC);
	assert_int_equal(outfile_flush(out), -EIO);
	fclose(out);
	out = fopen("/dev/full", "w");
	assert_non_null(out);
	fputs("little", out);
	assert_int_equal(outfile_flush(out), -ENOSPC);
	/* What closing alone would say. */
	assert_int_equal(fclose(out), 0);
}

static void test_csv__malformed(void **state)
{
	static const struct {
		const char *text;
		size_t size;
		const char *why;
	} rows[] = {
		{ TEXT(""), "t: no header" },
		{ TEXT("\n\r\n\n"), "t: no header" },
		{ TEXT("\xef\xbb\xbf"), "t:1: the last line has no end: "
					"cut off?" },
		{ TEXT("a,b"), "t:1: the last line has no end: cut off?" },
		{ TEXT("a,b\n1,2\n3,4"), "t:3: the last line has no end: "
					 "cut off?" },
		{ TEXT("a,b\n1\n"), "t:2: 1 fields, but the header has 2" },
		{ TEXT("a,b\n1,2\n\n1,2,3\n"), "t:4: 3 fields, but the header "
					       "has 2" },
		{ TEXT("a,b\n\"x\ny\",2\n1\n"), "t:4: 1 fields, but the header "
						"has 2" },
		{ TEXT("a,b,a\n"), "t:1: duplicate column 'a'" },
		{ TEXT("a,,b\n"), "t:1: column 2 has no name" },
		{ TEXT("a,b,\n"), "t:1: column 3 has no name" },
		{ TEXT("a\nx\0y\n"), "t:2: NUL byte" },
		{ TEXT("\0"), "t:1: NUL byte" },
		{ TEXT("a\n1\n\"x\n2\n"), "t:3: quote without end" },
		{ TEXT("a\r\"x\n"), "t:1: quote without end" },
		{ TEXT("a,b\r1,2\n"), "t:1: carriage return inside a line" },
		{ TEXT("a\n1\n2\r3\n"), "t:3: carriage return inside a line" },
		{ TEXT("a\nx\"y\n"), "t:2: stray quote" },
		{ TEXT("a\n\"x\"y\n"), "t:2: stray quote" },
		{ TEXT("a\n\"x\" \n"), "t:2: stray quote" },
	};
	struct csv_table t = { 0 };
	char why[OUTPUT_WHY_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(csv_table_parse("t", rows[i].text,
						 rows[i].size, &t, why),
				 -EINVAL);
		assert_string_equal(why, rows[i].why);
		assert_null(t.cell);
	}
}

/* Whatever a file is cut down to is refused, or is a shorter table. */
static void test_csv__cut_anywhere(void **state)
{
	static const char text[] = "a,b\n1,\"x\n\"\"y\"\r\n\n3,4\n";
	char why[OUTPUT_WHY_SIZE];
	size_t cut, taken = 0, refused = 0;
	struct csv_table t;

	(void)state;
	for (cut = 0; cut < sizeof(text); cut++) {
		if (csv_table_parse("t", text, cut, &t, why)) {
			refused++;
			continue;
		}
		assert_int_equal(t.nr_columns, 2);
		assert_true(text[cut - 1] == '\n');
		taken++;
		csv_table_fini(&t);
	}
	assert_int_equal(taken, 4);
	assert_int_equal(refused, sizeof(text) - 4);
}

static void test_csv__read(void **state)
{
	static const char text[] = "\xef\xbb\xbfname,x,n\r\n"
				   " a ,1.5,7\n\n"
				   "\"b,\"\"\nc\",,\r\n"
				   "-,0x10,-1\n"
				   "-,inf,18446744073709551616\n"
				   "-,1e999,1.0\n"
				   "-,1.5 ,18446744073709551615\n"
				   "-,-2.5e-3,12a\n";
	static const int rc[] = { 0,	   -ENODATA, -EINVAL, -EINVAL,
				  -ERANGE, -EINVAL,  0 };
	char why[OUTPUT_WHY_SIZE];
	struct csv_table t;
	double x = 0;
	size_t i;

	(void)state;
	assert_int_equal(csv_table_parse("t", TEXT(text), &t, why), 0);
	assert_int_equal(t.nr_columns, 3);
	assert_int_equal(t.nr_rows, ARRAY_SIZE(rc));
	assert_int_equal(csv_table_column(&t, "name"), 0);
	assert_int_equal(csv_table_column(&t, "n"), 2);
	assert_int_equal(csv_table_column(&t, "absent"), -ENOENT);
	assert_string_equal(csv_cell(&t, 0, 0), " a ");
	assert_string_equal(csv_cell(&t, 1, 0), "b,\"\nc");
	assert_int_equal(t.line[0], 2);
	assert_int_equal(t.line[1], 4);
	assert_int_equal(t.line[2], 6);
	for (i = 0; i < t.nr_rows; i++) {
		assert_int_equal(csv_cell_double(&t, i, 1, &x), rc[i]);
	}
	assert_true(x == -2.5e-3);
	csv_table_fini(&t);
	csv_table_fini(&t);
}

static void test_csv__read_files(void **state)
{
	static const struct {
		const char *path;
		int rc;
		const char *why;
	} rows[] = {
		{ "/nonexistent", -ENOENT,
		  "/nonexistent: No such file or directory" },
		{ "/tmp", -EISDIR, "/tmp: Is a directory" },
		{ "/dev/null", -EINVAL, "/dev/null: no header" },
		{ "/dev/zero", -EFBIG, "/dev/zero: larger than 64 MiB" },
	};
	char why[OUTPUT_WHY_SIZE];
	struct csv_table t;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(csv_table_read(rows[i].path, &t, why),
				 rows[i].rc);
		assert_string_equal(why, rows[i].why);
	}
}

#define TRIP_ROWS 2000

static void write_trip(FILE *out, const struct csv_table *t)
{
	struct csv_writer w;
	double value = 0;
	size_t i, j;

	csv_writer_init(&w, out);
	for (i = 0; i < t->nr_columns; i++)
		csv_put_text(&w, t->name[i]);
	assert_int_equal(csv_end_row(&w), 0);
	for (i = 0; i < t->nr_rows; i++) {
		for (j = 0; j < t->nr_columns; j++)
			if (csv_cell_double(t, i, j, &value))
				csv_put_text(&w, csv_cell(t, i, j));
			else
				csv_put_double(&w, value);
		assert_int_equal(csv_end_row(&w), 0);
	}
}

static void write_random(FILE *out, double *value, uint64_t seed)
{
	static const char *const odd[] = { "",	   ",", "\"",	"\n",
					   "\r\n", " ", "\xff", "a,\"b\"\n" };
	struct csv_writer w;
	uint64_t bits;
	size_t i;

	csv_writer_init(&w, out);
	csv_put_text(&w, "odd,\"name\"\n");
	csv_put_text(&w, "value");
	csv_end_row(&w);
	for (i = 0; i < TRIP_ROWS; i++) {
		do {
			bits = next_random(&seed);
			memcpy(&value[i], &bits, sizeof(bits));
		} while (!isfinite(value[i]));
		csv_put_text(&w, odd[i % ARRAY_SIZE(odd)]);
		csv_put_double(&w, value[i]);
		assert_int_equal(csv_end_row(&w), 0);
	}
}

static void check_round_trip(void)
{
	double value[TRIP_ROWS], back;
	char why[OUTPUT_WHY_SIZE];
	struct csv_table t;
	struct memory first, second;
	size_t i;

	write_random(open_memory(&first), value, 0xfeedbeef);
	fclose(first.out);
	assert_int_equal(csv_table_parse("t", first.text, first.size, &t, why),
			 0);
	assert_int_equal(t.nr_rows, TRIP_ROWS);
	for (i = 0; i < t.nr_rows; i++) {
		assert_int_equal(csv_cell_double(&t, i, 1, &back), 0);
		assert_memory_equal(&back, &value[i], sizeof(back));
	}
	write_trip(open_memory(&second), &t);
	check_memory(&second, first.text);
	free(first.text);
	csv_table_fini(&t);
}

static void test_csv__round_trip(void **state)
{
	(void)state;
	check_round_trip();
}

/* One column: an empty cell must not become a blank line. */
static void test_csv__round_trip_one_column(void **state)
{
	char why[OUTPUT_WHY_SIZE];
	struct csv_writer w;
	struct csv_table t;
	struct memory m;

	(void)state;
	csv_writer_init(&w, open_memory(&m));
	csv_put_text(&w, "only");
	csv_end_row(&w);
	csv_put_empty(&w);
	assert_int_equal(csv_end_row(&w), 0);
	fclose(m.out);
	assert_int_equal(csv_table_parse("t", m.text, m.size, &t, why), 0);
	assert_int_equal(t.nr_rows, 1);
	assert_string_equal(csv_cell(&t, 0, 0), "");
	csv_table_fini(&t);
	free(m.text);
}

/* A locale with a decimal comma in glibc's own format, since few test
 * machines have one installed. */
static bool make_comma_locale(const char *dir)
{
	static const struct {
		uint32_t magic, nr, offset[6];
		char text[4];
		uint32_t point, separator;
	} numeric = { 0x20031115 ^ LC_NUMERIC,
		      6,
		      { 32, 33, 33, 36, 40, 33 },
		      ",",
		      ',',
		      0 };
	char path[128];
	FILE *out;

	snprintf(path, sizeof(path), "%s/de_DE", dir);
	mkdir(path, 0777);
	snprintf(path, sizeof(path), "%s/de_DE/LC_NUMERIC", dir);
	out = fopen(path, "w");
	assert_non_null(out);
	fwrite(&numeric, sizeof(numeric), 1, out);
	assert_int_equal(fclose(out), 0);
	setenv("LOCPATH", dir, 1);
	return setlocale(LC_NUMERIC, "de_DE") != NULL;
}

static void test_csv__locale(void **state)
{
	char dir[] = "/tmp/test-output-XXXXXX", command[64], comma[8];
	bool found = setlocale(LC_NUMERIC, "de_DE.UTF-8") != NULL;

	(void)state;
	assert_non_null(mkdtemp(dir));
	if (!found)
		found = make_comma_locale(dir);
	if (found) {
		snprintf(comma, sizeof(comma), "%.1f", 0.5);
		assert_string_equal(comma, "0,5");
		check_round_trip();
		test_csv__written_exactly(state);
		test_csv__format_double(state);
		test_csv__read(state);
	}
	setlocale(LC_NUMERIC, "C");
	unsetenv("LOCPATH");
	snprintf(command, sizeof(command), "rm -r %s", dir);
	assert_int_equal(system(command), 0);
	if (!found)
		skip();
}

/* Each allocation of reading fails once, then for good. */
static void test_csv__no_memory(void **state)
{
	char text[4096], why[OUTPUT_WHY_SIZE];
	struct csv_table t = { 0 };
	unsigned n, swept = 0;
	double x = 0;
	int rc, forever;
	size_t i;

	(void)state;
	memcpy(text, "a,b\n", 4);
	for (i = 4; i < sizeof(text); i += 4)
		memcpy(text + i, "1,2\n", 4);
	for (forever = 0; forever < 2; forever++) {
		csv_table_fini(&t);
		for (n = 1;; n++, swept++) {
			inject_arm(INJECT_FAIL, n, ENOMEM, forever);
			rc = csv_table_parse("t", text, sizeof(text), &t, why);
			if (inject_disarm() < n)
				break;
			assert_int_equal(rc, -ENOMEM);
			assert_string_equal(why, "t: Cannot allocate memory");
			assert_null(t.cell);
		}
	}
	assert_int_equal(t.nr_rows, sizeof(text) / 4 - 1);
	inject_arm(INJECT_FAIL, 1, ENOMEM, 0);
	assert_int_equal(csv_format_double(1, text), -ENOMEM);
	inject_arm(INJECT_FAIL, 1, ENOMEM, 0);
	assert_int_equal(csv_cell_double(&t, 0, 0, &x), -ENOMEM);
	inject_disarm();
	csv_table_fini(&t);
	assert_true(swept >= 14);
}

static void test_csv__read_fails(void **state)
{
	char path[] = "/tmp/test-csv-XXXXXX", why[OUTPUT_WHY_SIZE];
	int fd = mkstemp(path), rc;
	struct csv_table t;
	unsigned n, failed = 0;

	(void)state;
	assert_int_equal(write(fd, "a\n1\n", 4), 4);
	close(fd);
	for (n = 1;; n++) {
		inject_arm(INJECT_FAIL, n, EIO, 0);
		rc = csv_table_read(path, &t, why);
		if (inject_disarm() < n)
			break;
		assert_int_equal(strncmp(why, path, strlen(path)), 0);
		assert_true(rc < 0);
		failed++;
	}
	csv_table_fini(&t);
	assert_true(failed >= 6);
	for (n = 1; n <= failed; n++) {
		inject_arm(INJECT_FAIL, n, EINTR, 0);
		rc = csv_table_read(path, &t, why);
		inject_disarm();
		if (!strcmp(inject_hit(), "read"))
			assert_int_equal(rc, 0);
		if (!rc)
			csv_table_fini(&t);
	}
	unlink(path);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csv__written_exactly),
		cmocka_unit_test(test_csv__format_double),
		cmocka_unit_test(test_csv__writer_refuses),
		cmocka_unit_test(test_csv__writer_ragged),
		cmocka_unit_test(test_csv__full_disk),
		cmocka_unit_test(test_csv__malformed),
		cmocka_unit_test(test_csv__cut_anywhere),
		cmocka_unit_test(test_csv__read),
		cmocka_unit_test(test_csv__read_files),
		cmocka_unit_test(test_csv__no_memory),
		cmocka_unit_test(test_csv__read_fails),
		cmocka_unit_test(test_csv__round_trip),
		cmocka_unit_test(test_csv__round_trip_one_column),
		cmocka_unit_test(test_csv__locale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
