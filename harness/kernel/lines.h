/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text cut into lines, for answers and vectors alike. It is untrusted: a line
 * may be of any length and hold any byte, NUL too.
 */
#ifndef KERNEL_LINES_H
#define KERNEL_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* A line where it stands in the text, without its '\n'. */
struct line {
	const char *text;
	size_t len;
};

struct lines {
	const char *next, *end; /* not read yet */
	unsigned nr;		/* of the last line, from 1 */
};

static inline struct lines lines_of(const char *text, size_t size)
{
	return (struct lines){ text, text + size, 0 };
}

/* False at the end of the text. */
static inline bool lines_next(struct lines *lines, struct line *ret)
{
	size_t left = (size_t)(lines->end - lines->next);
	const char *stop;

	if (!left)
		return false;
	stop = memchr(lines->next, '\n', left);
	ret->text = lines->next;
	ret->len = stop ? (size_t)(stop - lines->next) : left;
	lines->next += ret->len + (stop ? 1 : 0);
	lines->nr++;
	return true;
}

static inline bool line_starts(const struct line *line, const char *word)
{
	size_t len = strlen(word);

	return line->len >= len && !memcmp(line->text, word, len);
}

#endif /* KERNEL_LINES_H */
