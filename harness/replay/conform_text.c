// SPDX-License-Identifier: GPL-2.0-only
/*
 * The text of golden vectors: lines, fields, numbers, and the comparison of a
 * recorded result with ours.
 *
 * Models nothing; the format is that of conform.h. Does not know operations.
 * Cost: linear in the text. Invariant: next is at the start of a line or at
 * end. Concurrency: none shared.
 */
#include "conform_text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int conform_fail(struct conform_text *text, int err, const char *format, ...)
{
	va_list args;
	int used;

	used = snprintf(text->why, CONFORM_WHY_SIZE, "%s:%u: ", text->name,
			text->line);
	if (used < 0 || used >= CONFORM_WHY_SIZE)
		return err;
	va_start(args, format);
	vsnprintf(text->why + used, CONFORM_WHY_SIZE - (size_t)used, format,
		  args);
	va_end(args);
	return err;
}

int conform_differ(struct conform_text *text, const char *expected,
		   const char *got)
{
	text->ret->line = text->line;
	snprintf(text->ret->expected, CONFORM_TEXT, "%s", expected);
	snprintf(text->ret->got, CONFORM_TEXT, "%s", got);
	return conform_fail(text, -EBADMSG,
			    "expected \"%.200s\", got \"%.200s\"", expected,
			    got);
}

int conform_next_line(struct conform_text *text)
{
	const char *start = text->next;
	const char *stop;
	size_t len;

	if (start == text->end)
		return 0;
	text->line++;
	stop = memchr(start, '\n', (size_t)(text->end - start));
	text->next = stop ? stop + 1 : text->end;
	len = (size_t)((stop ? stop : text->end) - start);
	if (memchr(start, '\0', len))
		return conform_fail(text, -EINVAL, "NUL in the line");
	while (len && strchr(" \t\r", start[len - 1]))
		len--;
	if (len && *start == '#')
		len = 0;
	if (len >= CONFORM_TEXT)
		return conform_fail(text, -EINVAL, "line is too long");
	memcpy(text->line_text, start, len);
	text->line_text[len] = '\0';
	return 1;
}

void conform_cut_line(struct conform_text *text)
{
	char *arrow = strstr(text->line_text, "=>");

	text->input = text->line_text;
	text->expected = NULL;
	if (!arrow)
		return;
	*arrow = '\0';
	text->expected = arrow + 2;
	text->expected += strspn(text->expected, " ");
}

bool conform_number(const char *word, uint64_t *ret)
{
	bool hex = word[0] == '0' && (word[1] == 'x' || word[1] == 'X');
	const char *digits = hex ? word + 2 : word;
	const char *set = hex ? "0123456789abcdefABCDEF" : "0123456789";
	unsigned long long value;

	if (!*digits || digits[strspn(digits, set)])
		return false;
	errno = 0;
	value = strtoull(digits, NULL, hex ? 16 : 10);
	if (errno)
		return false;
	*ret = value;
	return true;
}

static bool same_value(const char *a, const char *b)
{
	uint64_t x, y;

	if (conform_number(a, &x) && conform_number(b, &y))
		return x == y;
	return !strcmp(a, b);
}

/* True if text, blank-separated fields, has one equal to field. */
static bool has_field(const char *text, const char *field)
{
	const char *equals = strchr(field, '=');
	size_t key = equals ? (size_t)(equals - field) + 1 : strlen(field);
	char copy[CONFORM_TEXT];
	char *save, *word;

	snprintf(copy, sizeof(copy), "%s", text);
	word = strtok_r(copy, " ", &save);
	for (; word; word = strtok_r(NULL, " ", &save)) {
		if (!equals && !strcmp(word, field))
			return true;
		if (equals && !strncmp(word, field, key))
			return same_value(word + key, field + key);
	}
	return false;
}

int conform_compare(struct conform_text *text, const char *expected,
		    const char *got)
{
	char copy[CONFORM_TEXT];
	char *save, *word;

	snprintf(copy, sizeof(copy), "%s", expected);
	word = strtok_r(copy, " ", &save);
	if (!word)
		return conform_fail(text, -EINVAL, "no result after =>");
	for (; word; word = strtok_r(NULL, " ", &save))
		if (!has_field(got, word))
			return conform_differ(text, expected, got);
	text->ret->nr_results++;
	return 0;
}
