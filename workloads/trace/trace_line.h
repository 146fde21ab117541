/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines of a trace text: what the parts of the reader know of them.
 *
 * A line is [p, end), without its line end; no NUL follows it.
 */
#ifndef TRACE_LINE_H
#define TRACE_LINE_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Why a line is refused: "key: reason", or the reason alone. */
struct line_error {
	const char *key;
	const char *reason;
	bool final; /* more of the line would not change it */
};

/* A kprobe that may be one on the functions behind map and unmap. */
struct line_probe {
	const char *name; /* of the event, with its group; NULL: there is none */
	const char *text; /* behind the function's bracket */
	bool grouped;	  /* there is a group */
	bool unmap;
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

static inline bool all_digits(const char *p, const char *end)
{
	while (p < end && is_digit(*p))
		p++;
	return p == end;
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

#define LINE_BYTES(x) (0x0101010101010101u * (uint64_t)(x))

/*
 * Eight hex digits at once: the first is the top byte of a word, and each byte
 * goes from its character to its value without a carry into the next.
 */
static inline bool line_hex_8(const char *p, uint64_t *ret)
{
	uint64_t text, letter, value;

	memcpy(&text, p, sizeof(text));
	text = be64toh(text);
	letter = text >> 6 & LINE_BYTES(1);
	if (((text & LINE_BYTES(0xf0)) | letter * 0x20) !=
	    LINE_BYTES(0x30) + letter * 0x30)
		return false;
	value = (text & LINE_BYTES(0x0f)) + letter * 9;
	/* 10 to 15 for letters, 0 to 9 for others, or it was no digit. */
	if (value & LINE_BYTES(0xf0) ||
	    ((value + LINE_BYTES(6)) >> 4 & LINE_BYTES(1)) != letter)
		return false;
	value = (value | value >> 4) & 0x00ff00ff00ff00ffu;
	value = (value | value >> 8) & 0x0000ffff0000ffffu;
	*ret = (value | value >> 16) & UINT32_MAX;
	return true;
}

/*
 * A decimal or 0x-hex number at *p, which moves behind it. NULL, or what is
 * wrong with it.
 */
const char *line_number(const char **p, const char *end, uint64_t *ret);

/* A time stamp, the whole of [p, end). NULL, or what is wrong with it. */
const char *line_time(const char *p, const char *end, uint64_t *ret);

/* What may stand behind the time: "(+899)" of trace-cmd report --ts-diff, and
 * the period of perf script. */
bool is_time_extra(const char *p, const char *end);

/*
 * A line without a tracepoint of ours: a header, a mark of lost events, an
 * event of another kind, or else a probe, which is counted nowhere. False, and
 * why, for one that no recorder writes.
 */
bool line_note(const char *p, const char *end, struct trace_notes *notes,
	       struct line_probe *ret_probe, struct line_error *why);

#endif /* TRACE_LINE_H */
