// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target of the CSV reader: any bytes are a table or are refused with a
 * reason; a table is equal after it was written and read again, and each of
 * its numbers is the same after it was formatted.
 */
#include "fuzz_target.h"

#include <errno.h>
#include <string.h>

#include "csvfile.h"

static void check_table(const struct csv_table *t)
{
	CHECK(t->nr_columns && t->text);
	for (size_t i = 0; i < t->nr_columns; i++)
		CHECK(csv_table_column(t, t->name[i]) == (int)i);
	for (size_t i = 0; i < t->nr_rows; i++)
		CHECK(t->line[i] > (i ? t->line[i - 1] : 1));
	CHECK(csv_table_column(t, "") == -ENOENT);
}

/* A number is the same after it was formatted. */
static void check_number(const struct csv_table *t, size_t row, size_t column)
{
	double real = -1, again = -1;
	int real_err = csv_cell_double(t, row, column, &real);
	struct csv_table one = { .nr_columns = 1, .nr_rows = 1 };
	char text[CSV_DOUBLE_SIZE];
	const char *cell = text;

	CHECK(!*csv_cell(t, row, column) == (real_err == -ENODATA));
	if (real_err)
		CHECK(real_err == -EINVAL || real_err == -ERANGE ||
		      real_err == -ENODATA);
	if (real_err)
		return;
	CHECK(!csv_format_double(real, text));
	CHECK(strlen(text) < CSV_DOUBLE_SIZE);
	one.cell = &cell;
	CHECK(!csv_cell_double(&one, 0, 0, &again));
	CHECK(again == real);
}

static void write_table(const struct csv_table *t, FILE *out)
{
	struct csv_writer w;

	csv_writer_init(&w, out);
	for (size_t i = 0; i < t->nr_columns; i++)
		CHECK(!csv_put_text(&w, t->name[i]));
	CHECK(!csv_end_row(&w));
	for (size_t row = 0; row < t->nr_rows; row++) {
		for (size_t i = 0; i < t->nr_columns; i++)
			CHECK(!csv_put_text(&w, csv_cell(t, row, i)));
		CHECK(!csv_end_row(&w));
	}
}

static void check_equal(const struct csv_table *a, const struct csv_table *b)
{
	CHECK(a->nr_columns == b->nr_columns && a->nr_rows == b->nr_rows);
	for (size_t i = 0; i < a->nr_columns; i++)
		CHECK(!strcmp(a->name[i], b->name[i]));
	for (size_t i = 0; i < a->nr_columns * a->nr_rows; i++)
		CHECK(!strcmp(a->cell[i], b->cell[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct csv_table table = { 0 }, again = { 0 };
	char why[OUTPUT_WHY_SIZE] = "";
	char *text = NULL;
	size_t text_size = 0;
	FILE *out;
	int err;

	err = csv_table_parse("f", data, size, &table, why);
	if (err) {
		CHECK(err == -EINVAL && !memcmp(why, "f:", 2));
		CHECK(!table.name && !table.cell && !table.text);
		return 0;
	}
	check_table(&table);
	for (size_t row = 0; row < table.nr_rows; row++)
		for (size_t i = 0; i < table.nr_columns; i++)
			check_number(&table, row, i);
	out = open_memstream(&text, &text_size);
	CHECK(out);
	write_table(&table, out);
	CHECK(!fclose(out));
	CHECK(!csv_table_parse("f", text, text_size, &again, why));
	check_equal(&table, &again);
	free(text);
	csv_table_fini(&again);
	csv_table_fini(&table);
	return 0;
}
