/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The text of golden vectors, for conform.c; its numbers are also those of a
 * real kernel's answers.
 */
#ifndef CONFORM_TEXT_H
#define CONFORM_TEXT_H

#include <stdbool.h>

#include "conform.h"

struct conform_text {
	const char *name;	/* of the file, for messages */
	const char *next, *end; /* not read yet */
	unsigned line;		/* number of the line below, from 1 */
	char line_text[CONFORM_TEXT];
	char *input, *expected; /* its halves; expected may be NULL */
	struct conform_result *ret;
	char *why;
};

/* Writes why with file and line; returns err. */
__attribute__((format(printf, 3, 4))) int
conform_fail(struct conform_text *text, int err, const char *format, ...);

/* Notes the difference; returns -EBADMSG. */
int conform_differ(struct conform_text *text, const char *expected,
		   const char *got);

/*
 * 1 and line_text, without trailing blanks; 0 at the end of the file; -EINVAL.
 * A comment, which may be longer than other lines, becomes an empty line.
 */
int conform_next_line(struct conform_text *text);

/* Cuts the line at "=>". */
void conform_cut_line(struct conform_text *text);

/* Decimal or 0x-hex, nothing else. */
bool conform_number(const char *word, uint64_t *ret);

/* Every field of expected must be in got with the same value: 0, else what
 * conform_differ() or conform_fail() return. */
int conform_compare(struct conform_text *text, const char *expected,
		    const char *got);

#endif /* CONFORM_TEXT_H */
