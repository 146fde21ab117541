// SPDX-License-Identifier: GPL-2.0-only
/*
 * Aligned tables. Cells are kept until printing, since the widest one sets
 * the width of its column.
 *
 * Not here: wrapping, cells over several columns, characters wider or longer
 * than a byte.
 * Cost: one allocation a cell. Invariant: cells stand row by row,
 * nr_columns each; only the last row may be short.
 */
#include "table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CELL_SIZE 256 /* of a formatted cell */

struct cell {
	char *text;
	bool highlight;
};

struct column {
	char *header;
	enum table_align align;
	bool has_mark; /* a cell is highlighted: all leave room for the mark */
	size_t width;
};

struct table {
	struct column *column;
	size_t nr_columns;
	struct cell *cell;
	size_t nr_cells;
	size_t max_cells;
	int error;
};

struct table *table_create(void)
{
	return calloc(1, sizeof(struct table));
}

void table_destroy(struct table *t)
{
	size_t i;

	if (!t)
		return;
	for (i = 0; i < t->nr_columns; i++)
		free(t->column[i].header);
	for (i = 0; i < t->nr_cells; i++)
		free(t->cell[i].text);
	free(t->column);
	free(t->cell);
	free(t);
}

static char *copy_printable(const char *text)
{
	char *copy = strdup(text ? text : ""), *at;

	for (at = copy; at && *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	return copy;
}

static void widen(struct column *column, const char *text)
{
	size_t len = strlen(text);

	if (len > column->width)
		column->width = len;
}

void table_column(struct table *t, const char *header, enum table_align align)
{
	struct column *more;
	char *copy;

	if (!t || t->error)
		return;
	if (t->nr_cells) {
		t->error = -EINVAL;
		return;
	}
	copy = copy_printable(header);
	more = reallocarray(t->column, t->nr_columns + 1, sizeof(*more));
	if (more)
		t->column = more;
	if (!copy || !more) {
		free(copy);
		t->error = -ENOMEM;
		return;
	}
	more[t->nr_columns] = (struct column){ .header = copy, .align = align };
	widen(&more[t->nr_columns++], copy);
}

static struct cell *new_cell(struct table *t)
{
	size_t max = t->max_cells ? 2 * t->max_cells : 64;
	struct cell *more;

	if (t->nr_cells < t->max_cells)
		return &t->cell[t->nr_cells];
	more = reallocarray(t->cell, max, sizeof(*more));
	if (!more)
		return NULL;
	t->cell = more;
	t->max_cells = max;
	return &more[t->nr_cells];
}

void table_cell(struct table *t, const char *text)
{
	struct cell *cell;
	char *copy;

	if (!t || t->error)
		return;
	if (!t->nr_columns) {
		t->error = -EINVAL;
		return;
	}
	copy = copy_printable(text);
	cell = new_cell(t);
	if (!copy || !cell) {
		free(copy);
		t->error = -ENOMEM;
		return;
	}
	*cell = (struct cell){ .text = copy };
	widen(&t->column[t->nr_cells++ % t->nr_columns], copy);
}

void table_cellf(struct table *t, const char *format, ...)
{
	char text[CELL_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	table_cell(t, text);
}

void table_highlight(struct table *t)
{
	if (!t || t->error)
		return;
	if (!t->nr_cells) {
		t->error = -EINVAL;
		return;
	}
	t->cell[t->nr_cells - 1].highlight = true;
	t->column[(t->nr_cells - 1) % t->nr_columns].has_mark = true;
}

static void put_blanks(size_t nr, FILE *out)
{
	while (nr--)
		putc(' ', out);
}

/* One cell at its width; the mark has a place of its own behind the text, so
 * that figures stay in line. */
static void put_text_cell(const struct column *column, const struct cell *cell,
			  bool color, bool last, FILE *out)
{
	size_t blanks = column->width - strlen(cell->text);
	bool bold = color && cell->highlight;
	const char *mark = cell->highlight ? "*" : column->has_mark ? " " : "";

	if (last && !cell->highlight)
		mark = "";
	if (column->align == TABLE_RIGHT)
		put_blanks(blanks, out);
	fprintf(out, "%s%s%s%s", bold ? "\033[1m" : "", cell->text, mark,
		bold ? "\033[0m" : "");
	if (column->align == TABLE_LEFT && !last)
		put_blanks(blanks, out);
	if (!last)
		fputs("  ", out);
}

static void put_text_row(const struct table *t, const struct cell *row,
			 bool color, FILE *out)
{
	size_t i;

	for (i = 0; i < t->nr_columns; i++)
		put_text_cell(&t->column[i], &row[i], color,
			      i + 1 == t->nr_columns, out);
	putc('\n', out);
}

static void put_text_rule(const struct table *t, FILE *out)
{
	size_t i, j;

	for (i = 0; i < t->nr_columns; i++) {
		for (j = 0; j < t->column[i].width + t->column[i].has_mark; j++)
			putc('-', out);
		fputs(i + 1 == t->nr_columns ? "\n" : "  ", out);
	}
}

static void put_markdown_cell(const struct cell *cell, FILE *out)
{
	const char *at;

	for (at = cell->text; *at; at++) {
		if (strchr("|*_`\\<", *at))
			putc('\\', out);
		putc(*at, out);
	}
	if (cell->highlight)
		fputs("\\*", out);
}

static void put_markdown_row(const struct table *t, const struct cell *row,
			     FILE *out)
{
	size_t i;

	for (i = 0; i < t->nr_columns; i++) {
		fputs(i ? " | " : "| ", out);
		put_markdown_cell(&row[i], out);
	}
	fputs(" |\n", out);
}

static void put_markdown_rule(const struct table *t, FILE *out)
{
	size_t i;

	for (i = 0; i < t->nr_columns; i++)
		fputs(t->column[i].align == TABLE_RIGHT ? "|--:" : "|---", out);
	fputs("|\n", out);
}

static int check_complete(const struct table *t)
{
	if (!t)
		return -ENOMEM;
	if (t->error)
		return t->error;
	if (!t->nr_columns || t->nr_cells % t->nr_columns)
		return -EINVAL;
	return 0;
}

int table_print(const struct table *t, enum table_format format, bool color,
		FILE *out)
{
	struct cell *header;
	size_t i;
	int rc = check_complete(t);

	if (rc)
		return rc;
	header = calloc(t->nr_columns, sizeof(*header));
	if (!header)
		return -ENOMEM;
	for (i = 0; i < t->nr_columns; i++)
		header[i].text = t->column[i].header;
	if (format == TABLE_MARKDOWN) {
		put_markdown_row(t, header, out);
		put_markdown_rule(t, out);
	} else {
		put_text_row(t, header, false, out);
		put_text_rule(t, out);
	}
	for (i = 0; i < t->nr_cells; i += t->nr_columns)
		if (format == TABLE_MARKDOWN)
			put_markdown_row(t, &t->cell[i], out);
		else
			put_text_row(t, &t->cell[i], color, out);
	free(header);
	return ferror(out) ? -EIO : 0;
}

int table_finish(struct table *t, enum table_format format, bool color,
		 FILE *out)
{
	int err = table_print(t, format, color, out);

	table_destroy(t);
	return err;
}

int color_parse(const char *text, enum color_when *ret)
{
	static const char *const word[] = {
		[COLOR_AUTO] = "auto",
		[COLOR_ALWAYS] = "always",
		[COLOR_NEVER] = "never",
	};
	unsigned i;

	for (i = 0; i < sizeof(word) / sizeof(word[0]); i++) {
		if (strcmp(text, word[i]))
			continue;
		*ret = (enum color_when)i;
		return 0;
	}
	return -EINVAL;
}

bool color_enabled(enum color_when when, FILE *out)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (when != COLOR_AUTO)
		return when == COLOR_ALWAYS;
	if (no_color && *no_color)
		return false;
	return term && strcmp(term, "dumb") && isatty(fileno(out));
}
