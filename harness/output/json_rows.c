// SPDX-License-Identifier: GPL-2.0-only
/*
 * See json_rows.h. Numbers have ten digits, as everywhere in a result.
 */
#include "json_rows.h"

#include "csvfile.h"

static void put(struct csv_writer *w, const json_t *item)
{
	if (json_is_string(item))
		csv_put_text(w, json_string_value(item));
	else if (json_is_number(item))
		csv_put_digits(w, json_number_value(item), 10);
	else
		csv_put_empty(w);
}

int json_rows_csv(const json_t *rows, const char *const *columns, FILE *out)
{
	const char *const *name;
	struct csv_writer w;
	json_t *row;
	size_t i;

	csv_writer_init(&w, out);
	for (name = columns; *name; name++)
		csv_put_text(&w, *name);
	csv_end_row(&w);
	json_array_foreach(rows, i, row)
	{
		for (name = columns; *name; name++)
			put(&w, json_object_get(row, *name));
		csv_end_row(&w);
	}
	return w.error;
}
