/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CSV as RFC 4180 has it, with LF: a writer that cannot write a wrong number,
 * and a reader that names file and line. Not called csv.h because libcsv,
 * which cuts the text into fields, owns that name.
 *
 * Calling sequence of the writer: csv_writer_init(); for the header and each
 * row one csv_put_*() a field, then csv_end_row(). The header sets the number
 * of fields. The first error sticks: later calls do nothing and return it, so
 * checking csv_end_row() is enough. A row in error is already partly in the
 * stream: throw the file away.
 *
 * Numbers do not depend on the locale.
 */
#ifndef CSVFILE_H
#define CSVFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "why.h"

struct csv_writer {
	FILE *out;	   /* not owned */
	size_t nr_columns; /* 0 until the header's end */
	size_t column;	   /* fields in this row so far */
	int error;	   /* 0 or the first error */
};

void csv_writer_init(struct csv_writer *w, FILE *out);

/*
 * Each puts one field. Return: 0 or the first error: -EINVAL for a field too
 * many, or a double that is NaN or infinite; the stream's errno, or -EIO.
 */
int csv_put_text(struct csv_writer *w, const char *text); /* NULL: empty */
int csv_put_u64(struct csv_writer *w, uint64_t value);
int csv_put_double(struct csv_writer *w, double value); /* csv_format_double */
int csv_put_digits(struct csv_writer *w, double value, int digits); /* %.Ng */
int csv_put_empty(struct csv_writer *w); /* not measured */

/* Return: 0 or the first error: also -EINVAL for a field too few or none. */
int csv_end_row(struct csv_writer *w);

#define CSV_DOUBLE_SIZE 32

/* The shortest decimal that reads back as the same double, with a '.' in any
 * locale, in CSV_DOUBLE_SIZE bytes. 0 or -EINVAL for NaN and infinity. */
int csv_format_double(double value, char *ret);

/* A whole file in memory. Read its members, do not write them. */
struct csv_table {
	size_t nr_columns;
	size_t nr_rows;	   /* without the header; may be 0 */
	const char **name; /* of each column: not empty, no two alike */
	const char **cell; /* row by row; "" where empty */
	size_t *line;	   /* where each row starts, from 1, for messages */
	char *text;
};

#define CSV_MAX_BYTES (64u << 20)

/**
 * csv_table_read() - read a file
 * @ret:	written on success only; csv_table_fini() it
 * @why:	on failure "file:line: reason", or "file: reason" where no line
 *		is to blame
 *
 * Takes LF and CRLF, a UTF-8 byte order mark, blank lines (skipped), and any
 * columns in any order. Blanks around a field belong to it.
 *
 * Return: 0; -EINVAL for text that is no table: no header, a column without a
 * name or named twice, a row with more or fewer fields than the header, a NUL
 * byte, a stray or open quote, a last line without its end (a file cut off);
 * -EFBIG above CSV_MAX_BYTES; -ENOMEM; else the errno of open or read.
 */
int csv_table_read(const char *path, struct csv_table *ret, char *why);

/* The same from memory; name stands for the file in messages. */
int csv_table_parse(const char *name, const void *text, size_t size,
		    struct csv_table *ret, char *why);

/* Frees and clears; a zeroed struct is fine. */
void csv_table_fini(struct csv_table *t);

/* Index of the column of that name, or -ENOENT. */
int csv_table_column(const struct csv_table *t, const char *name);

/* row < nr_rows and column < nr_columns, by contract. */
static inline const char *csv_cell(const struct csv_table *t, size_t row,
				   size_t column)
{
	return t->cell[row * t->nr_columns + column];
}

/*
 * A cell as a number. Return: 0; -ENODATA if empty (not measured); -EINVAL if
 * it is no decimal number (hex, inf and nan are none) or has anything before
 * or after it; -ERANGE if it does not fit.
 */
int csv_cell_double(const struct csv_table *t, size_t row, size_t column,
		    double *ret);

#endif /* CSVFILE_H */
