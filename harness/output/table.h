/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Aligned tables of text, for a terminal or as markdown, and the question
 * whether to use colour.
 *
 * Calling sequence: table_create(); table_column() for each column; then the
 * cells, row by row, the rows ending by themselves; table_print();
 * table_destroy(). The first error sticks and table_print() returns it, so
 * nothing before needs checking.
 *
 * Cells are ASCII; control characters are shown as '?'. They are copied.
 */
#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>
#include <stdio.h>

enum table_align { TABLE_LEFT, TABLE_RIGHT };
enum table_format { TABLE_TEXT, TABLE_MARKDOWN };

struct table;

/* NULL without memory, which the other calls take. */
struct table *table_create(void);

/* NULL is fine. */
void table_destroy(struct table *t);

/* Error: a column after the first cell. */
void table_column(struct table *t, const char *header, enum table_align align);

/* The next cell. NULL is an empty one. Error: there is no column. */
void table_cell(struct table *t, const char *text);

__attribute__((format(printf, 2, 3))) void table_cellf(struct table *t,
						       const char *format, ...);

/* Marks the cell put last: a '*' behind it, and bold where colour is on.
 * Error: there is no cell. */
void table_highlight(struct table *t);

/**
 * table_print() - print header and rows
 * @color:	bold as escape sequences; TABLE_TEXT only
 *
 * Return: 0; -EINVAL for a wrong call before, no column, or a last row that
 * is not full; -ENOMEM; -EIO if the stream says so. The caller flushes.
 */
int table_print(const struct table *t, enum table_format format, bool color,
		FILE *out);

/* table_print(), then table_destroy(). */
int table_finish(struct table *t, enum table_format format, bool color,
		 FILE *out);

enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* The argument of --color: 0, or -EINVAL if it is none of auto, always and
 * never. */
int color_parse(const char *text, enum color_when *ret);

/* COLOR_AUTO means: a terminal, NO_COLOR unset or empty, and TERM set and not
 * "dumb". */
bool color_enabled(enum color_when when, FILE *out);

#endif /* TABLE_H */
