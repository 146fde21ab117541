// SPDX-License-Identifier: GPL-2.0-only
/*
 * CSV: fields to text and back.
 *
 * Cutting text into fields is libcsv's, in strict mode and without its
 * trimming of blanks; here are the table around it, line numbers, numbers, and
 * the refusal of what libcsv would let pass.
 * Not here: other separators, encodings, types, streaming of tables.
 * Cost: a table holds its file once, 8 bytes a cell and 8 a row.
 * Invariant: every row of a table has nr_columns cells; a number is written
 * so that it reads back equal, in any locale.
 */
#include "csvfile.h"

#include <csv.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void csv_writer_init(struct csv_writer *w, FILE *out)
{
	*w = (struct csv_writer){ .out = out };
}

static int fail(struct csv_writer *w, int err)
{
	if (!w->error)
		w->error = err;
	return w->error;
}

/* Asked at once, or its errno is lost. */
static int check_stream(struct csv_writer *w)
{
	if (!ferror(w->out))
		return 0;
	return fail(w, errno ? -errno : -EIO);
}

static const char byte_order_mark[] = "\xef\xbb\xbf";

static bool needs_quotes(const char *text)
{
	/* A reader would take the mark for that of the file. */
	return text[strcspn(text, ",\"\r\n")] != '\0' ||
	       !strncmp(text, byte_order_mark, 3);
}

static void put_quoted(FILE *out, const char *text)
{
	putc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			putc('"', out);
		putc(*text, out);
	}
	putc('"', out);
}

int csv_put_text(struct csv_writer *w, const char *text)
{
	if (w->error)
		return w->error;
	if (w->nr_columns && w->column == w->nr_columns)
		return fail(w, -EINVAL);
	errno = 0;
	if (w->column++)
		putc(',', w->out);
	if (!text)
		text = "";
	/* A row of one empty field would be a blank line, which is none. */
	if (needs_quotes(text) || (!*text && w->nr_columns == 1))
		put_quoted(w->out, text);
	else
		fputs(text, w->out);
	return check_stream(w);
}

int csv_put_empty(struct csv_writer *w)
{
	return csv_put_text(w, "");
}

int csv_put_u64(struct csv_writer *w, uint64_t value)
{
	char text[CSV_DOUBLE_SIZE];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	return csv_put_text(w, text);
}

/* %.<digits>g in the C locale; 0 digits: as few as read back equal. */
static int format_digits(double value, int digits, char *ret)
{
	int first = digits ? digits : 1, last = digits ? digits : 17;
	locale_t c, before;

	if (!isfinite(value))
		return -EINVAL;
	c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (!c)
		return -ENOMEM;
	before = uselocale(c);
	/* Most need 15 or more, whole numbers few: do not try each. */
	if (!digits && snprintf(ret, CSV_DOUBLE_SIZE, "%.15g", value) > 0 &&
	    strtod(ret, NULL) != value)
		first = 16;
	for (; first <= last; first++) {
		snprintf(ret, CSV_DOUBLE_SIZE, "%.*g", first, value);
		if (strtod(ret, NULL) == value)
			break;
	}
	uselocale(before);
	freelocale(c);
	return 0;
}

int csv_format_double(double value, char *ret)
{
	return format_digits(value, 0, ret);
}

int csv_put_double(struct csv_writer *w, double value)
{
	return csv_put_digits(w, value, 0);
}

int csv_put_digits(struct csv_writer *w, double value, int digits)
{
	char text[CSV_DOUBLE_SIZE];
	int rc;

	if (w->error)
		return w->error;
	if (digits < 0 || digits > 17)
		return fail(w, -EINVAL);
	rc = format_digits(value, digits, text);
	return rc ? fail(w, rc) : csv_put_text(w, text);
}

int csv_end_row(struct csv_writer *w)
{
	if (w->error)
		return w->error;
	if (!w->column || (w->nr_columns && w->column != w->nr_columns))
		return fail(w, -EINVAL);
	w->nr_columns = w->column;
	w->column = 0;
	errno = 0;
	putc('\n', w->out);
	return check_stream(w);
}

/* What libcsv's callbacks fill. */
struct build {
	struct csv_table t;
	const char *file;
	char *why;
	size_t text_used; /* of t.text, which holds the whole file */
	size_t nr_cells;  /* header included until it is taken off */
	size_t max_cells;
	size_t max_rows;
	size_t line;	   /* being fed */
	size_t row_line;   /* where the row at work starts */
	size_t row_start;  /* its first cell */
	size_t ended_line; /* where the row before ended; 0: there is none */
	bool in_row;
	int error;
};

/* The array with room for need elements, or NULL, and it is as before. */
static void *grow(void *array, size_t size, size_t need, size_t *max)
{
	size_t want = *max ? 2 * *max : 64;

	if (need <= *max)
		return array;
	array = reallocarray(array, want, size);
	if (array)
		*max = want;
	return array;
}

static void on_field(void *text, size_t len, void *ctx)
{
	struct build *b = ctx;
	char *copy = b->t.text + b->text_used;
	const char **more;

	if (b->error)
		return;
	more = grow(b->t.cell, sizeof(*more), b->nr_cells + 1, &b->max_cells);
	if (!more) {
		b->error = why_errno(b->why, -ENOMEM, "%s", b->file);
		return;
	}
	b->t.cell = more;
	/* Fits: each field stood before a separator or line end, whose place
	 * its NUL takes. */
	if (len)
		memcpy(copy, text, len);
	copy[len] = '\0';
	b->text_used += len + 1;
	b->t.cell[b->nr_cells++] = copy;
}

static int check_names(struct build *b)
{
	size_t i, j;

	for (i = 0; i < b->t.nr_columns; i++) {
		if (!*b->t.name[i])
			return why_set(b->why, -EINVAL,
				       "%s:%zu: column %zu has no name",
				       b->file, b->row_line, i + 1);
		for (j = 0; j < i; j++)
			if (!strcmp(b->t.name[i], b->t.name[j]))
				return why_set(b->why, -EINVAL,
					       "%s:%zu: duplicate column '%s'",
					       b->file, b->row_line,
					       b->t.name[i]);
	}
	return 0;
}

/* The first row becomes the header; cells start anew behind it. */
static int take_header(struct build *b)
{
	b->t.name = b->t.cell;
	b->t.nr_columns = b->nr_cells;
	b->t.cell = NULL;
	b->nr_cells = 0;
	b->max_cells = 0;
	return check_names(b);
}

static int take_row(struct build *b)
{
	size_t fields = b->nr_cells - b->row_start;
	size_t *more;

	if (fields != b->t.nr_columns)
		return why_set(b->why, -EINVAL,
			       "%s:%zu: %zu fields, but the header has %zu",
			       b->file, b->row_line, fields, b->t.nr_columns);
	more = grow(b->t.line, sizeof(*more), b->t.nr_rows + 1, &b->max_rows);
	if (!more)
		return why_errno(b->why, -ENOMEM, "%s", b->file);
	b->t.line = more;
	b->t.line[b->t.nr_rows++] = b->row_line;
	b->row_start = b->nr_cells;
	return 0;
}

static void on_row(int end, void *ctx)
{
	struct build *b = ctx;

	(void)end;
	b->in_row = false;
	if (b->error)
		return;
	/* libcsv ends a row at any carriage return; then a second row ends on
	 * this line. */
	if (b->ended_line == b->line) {
		b->error = why_set(b->why, -EINVAL,
				   "%s:%zu: carriage return inside a line",
				   b->file, b->line);
		return;
	}
	b->ended_line = b->line;
	b->error = b->t.name ? take_row(b) : take_header(b);
}

static int parse_error(struct build *b, struct csv_parser *parser)
{
	if (csv_error(parser) == CSV_EPARSE)
		return why_set(b->why, -EINVAL, "%s:%zu: stray quote", b->file,
			       b->row_line);
	return why_errno(b->why, -ENOMEM, "%s", b->file);
}

static bool is_blank(const char *text, const char *end)
{
	while (text < end && (*text == '\n' || *text == '\r'))
		text++;
	return text == end;
}

/* Line by line, since libcsv does not count them. */
static int feed(struct build *b, struct csv_parser *parser, const char *text,
		size_t size)
{
	const char *end = text + size, *next;

	for (; text < end; text = next) {
		next = (const char *)memchr(text, '\n', end - text) + 1;
		b->line++;
		if (!b->in_row)
			b->row_line = b->line;
		b->in_row = b->in_row || !is_blank(text, next);
		if (csv_parse(parser, text, next - text, on_field, on_row, b) !=
		    (size_t)(next - text))
			return parse_error(b, parser);
		if (b->error)
			return b->error;
	}
	if (csv_fini(parser, on_field, on_row, b))
		return why_set(b->why, -EINVAL, "%s:%zu: quote without end",
			       b->file, b->row_line);
	if (!b->t.name)
		return why_set(b->why, -EINVAL, "%s: no header", b->file);
	return 0;
}

static size_t line_of(const char *text, const char *at)
{
	size_t line = 1;

	for (; text < at; text++)
		line += *text == '\n';
	return line;
}

/* What libcsv would take without a word. */
static int check_text(const char *name, const char *text, size_t size,
		      char *why)
{
	const char *nul = size ? memchr(text, '\0', size) : NULL;

	if (size > CSV_MAX_BYTES)
		return why_set(why, -EFBIG, "%s: larger than %u MiB", name,
			       CSV_MAX_BYTES >> 20);
	if (nul)
		return why_set(why, -EINVAL, "%s:%zu: NUL byte", name,
			       line_of(text, nul));
	if (size && text[size - 1] != '\n')
		return why_set(why, -EINVAL,
			       "%s:%zu: the last line has no end: cut off?",
			       name, line_of(text, text + size));
	return 0;
}

static int no_blank(unsigned char c)
{
	(void)c;
	return 0;
}

int csv_table_parse(const char *name, const void *text, size_t size,
		    struct csv_table *ret, char *why)
{
	struct build b = { .file = name, .why = why };
	struct csv_parser parser;
	const char *start = text;
	int rc = check_text(name, text, size, why);

	if (rc)
		return rc;
	if (size >= 3 && !memcmp(start, byte_order_mark, 3)) {
		start += 3;
		size -= 3;
	}
	b.t.text = malloc(size + 1);
	if (!b.t.text)
		return why_errno(why, -ENOMEM, "%s", name);
	csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI);
	csv_set_space_func(&parser, no_blank);
	rc = feed(&b, &parser, start, size);
	csv_free(&parser);
	if (rc)
		csv_table_fini(&b.t);
	else
		*ret = b.t;
	return rc;
}

void csv_table_fini(struct csv_table *t)
{
	free(t->name);
	free(t->cell);
	free(t->line);
	free(t->text);
	*t = (struct csv_table){ 0 };
}

/* All of fd, to a buffer that the caller frees also on failure. A pipe has no
 * size, so the limit is checked on the way. */
static int read_all(int fd, char **ret, size_t *ret_size)
{
	size_t max = 0;
	ssize_t n;
	char *more;

	do {
		more = grow(*ret, 1, *ret_size + 1, &max);
		if (!more)
			return -ENOMEM;
		*ret = more;
		n = read(fd, more + *ret_size, max - *ret_size);
		if (n < 0 && errno != EINTR)
			return -errno;
		*ret_size += n > 0 ? (size_t)n : 0;
	} while (n && *ret_size <= CSV_MAX_BYTES);
	return 0;
}

int csv_table_read(const char *path, struct csv_table *ret, char *why)
{
	char *text = NULL;
	size_t size = 0;
	int rc, fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return why_errno(why, -errno, "%s", path);
	rc = read_all(fd, &text, &size);
	close(fd);
	if (rc)
		why_errno(why, rc, "%s", path);
	else
		rc = csv_table_parse(path, text, size, ret, why);
	free(text);
	return rc;
}

int csv_table_column(const struct csv_table *t, const char *name)
{
	size_t i;

	for (i = 0; i < t->nr_columns; i++)
		if (!strcmp(t->name[i], name))
			return (int)i;
	return -ENOENT;
}

int csv_cell_double(const struct csv_table *t, size_t row, size_t column,
		    double *ret)
{
	const char *text = csv_cell(t, row, column);
	locale_t c;
	double value;
	char *end;

	if (!*text)
		return -ENODATA;
	if (text[strspn(text, "+-0123456789.eE")])
		return -EINVAL;
	c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (!c)
		return -ENOMEM;
	value = strtod_l(text, &end, c);
	freelocale(c);
	if (*end || end == text)
		return -EINVAL;
	if (!isfinite(value))
		return -ERANGE;
	*ret = value;
	return 0;
}
