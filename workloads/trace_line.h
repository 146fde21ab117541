/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines of a trace text: what the two halves of the reader share.
 *
 * A line is [p, end), without its line end; no NUL follows it.
 */
#ifndef TRACE_LINE_H
#define TRACE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Why a line is refused: "key: reason", or the reason alone. */
struct line_error {
	const char *key;
	const char *reason;
};

/* What the lines between the events say. */
struct trace_notes {
	uint64_t nr_other;    /* events of another kind */
	uint64_t nr_lost;     /* marks in the stream */
	uint64_t header_lost; /* header of a trace file */
	uint64_t stats_lost;  /* per_cpu/cpuN/stats */
};

static inline bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	return p;
}

static inline const char *skip_word(const char *p, const char *end)
{
	while (p < end && !is_blank(*p))
		p++;
	return p;
}

/* The end of [start, end) without the blanks at its end. */
static inline const char *trim_end(const char *start, const char *end)
{
	while (end > start && is_blank(end[-1]))
		end--;
	return end;
}

/* The start of the word that ends at end. */
static inline const char *word_start(const char *start, const char *end)
{
	while (end > start && !is_blank(end[-1]))
		end--;
	return end;
}

static inline bool has_prefix(const char *p, const char *end, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(end - p) >= len && !memcmp(p, word, len);
}

/*
 * A decimal or 0x-hex number at *p, which moves behind it. NULL, or what is
 * wrong with it.
 */
const char *line_number(const char **p, const char *end, uint64_t *ret);

/* A time stamp, the whole of [p, end). NULL, or what is wrong with it. */
const char *line_time(const char *p, const char *end, uint64_t *ret);

/*
 * A line without a usable event: a header, a mark of lost events, an event of
 * another kind. False, and why, for one that no recorder writes.
 */
bool line_note(const char *p, const char *end, struct trace_notes *notes,
	       struct line_error *why);

#endif /* TRACE_LINE_H */
