// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fast path of trace text: its choice, its shapes, and its loop for any
 * machine. See trace_fast.h.
 *
 * What makes a shape right: no 'I' can stand before the "IOMMU:" that the
 * general parser has found, so that it would find the same; no ']' behind the
 * cpu's, and a blank before its '[', so that it would take the same digits; the
 * words that it goes by begin and end with the same blanks. Lines of other
 * forms (no cpu in brackets, a clock that counts, the latency format) have no
 * shape.
 *
 * Cost of a shape: some hundred cycles, once for each line that the fast path
 * did not take.
 */
#include "trace_fast.h"

#include <errno.h>

#include "trace_fast_lines.h"

int fast_lines_portable(struct text_reader *rd, struct text_fast *fast,
			const char **at, const char *end)
{
	return fast_lines(rd, fast, at, end);
}

void fast_init(struct text_fast *fast, enum text_path path)
{
	memset(fast, 0, sizeof(*fast));
	fast->shape[TRACE_MAP].len = 4;
	fast->shape[TRACE_UNMAP].len = 4;
	if (path == TEXT_GENERAL)
		return;
	fast->lines = fast_lines_portable;
#ifdef __x86_64__
	if (path == TEXT_AUTO && __builtin_cpu_supports("avx2") &&
	    __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2"))
		fast->lines = fast_lines_avx2;
#endif
}

int fast_new_domain(struct text_reader *rd, struct fast_domain *place,
		    const char *name, size_t len)
{
	int index;

	/* Which is the general parser's to refuse. */
	if (memchr(name, '\0', len))
		return -EINVAL;
	index = text_domain(rd, name, len);
	if (index < 0)
		return index;
	memset(place->name, 0, sizeof(place->name));
	memcpy(place->name, name, len);
	place->key = fast_word(place->name + (len >= 8 ? len - 8 : 0));
	place->len = (uint32_t)len + 1;
	place->index = (uint16_t)index;
	return index;
}

/* What bytes of a shape may be. */
static void expect(struct fast_shape *shape, size_t from, size_t to, uint8_t lo,
		   uint8_t hi, uint8_t avoid)
{
	for (size_t i = from; i < to; i++) {
		shape->lo[i] = lo;
		shape->keep[i] = 0xff;
		shape->span[i] = (uint8_t)(hi - lo);
		shape->avoid[i] = (uint8_t)(avoid - lo);
	}
}

static void expect_digits(struct fast_shape *shape, size_t from, size_t to)
{
	expect(shape, from, to, '0', '9', ' ');
}

/* The places of what matters in a line, in its order. */
struct places {
	const char *open; /* '[' of the cpu */
	const char *flags, *flags_end;
	const char *time, *dot, *time_end;
	const char *end; /* behind "IOMMU:" */
};

/* "12.345678" or with nine decimals, the word that ends at time_end. */
static bool find_time(const char *start, struct places *at)
{
	const char *end = at->time_end;

	at->time = word_start(start, end);
	at->dot = memchr(at->time, '.', (size_t)(end - at->time));
	if (!at->dot || at->dot == at->time || at->dot - at->time > 8 ||
	    at->dot - start < 8)
		return false;
	return (end - at->dot == 7 || end - at->dot == 10) &&
	       all_digits(at->time, at->dot) && all_digits(at->dot + 1, end);
}

/* "[001] d..1. ", or without flags, before the time. */
static bool find_cpu(const char *start, struct places *at)
{
	const char *end = trim_end(start, at->time);
	const char *word = word_start(start, end);
	bool has_flags = end > word && end[-1] != ']';

	if (has_flags)
		end = trim_end(start, word);
	/* A blank at least, and "[001]". */
	if (end - start < 6 || end[-1] != ']' || end[-5] != '[' ||
	    !is_blank(end[-6]) || !all_digits(end - 4, end - 1))
		return false;
	at->open = end - 5;
	at->flags = at->flags_end = at->open;
	if (!has_flags)
		return true;
	at->flags = word;
	at->flags_end = trim_end(start, at->time);
	return !is_digit(*word) &&
	       !memchr(word, ']', (size_t)(at->flags_end - word));
}

static bool find_places(const char *start, const char *text, struct places *at)
{
	const char *p = text - strlen("IOMMU:");

	if (text - start > FAST_SHAPE)
		return false;
	/* The event's name, the time before it, the cpu before that. */
	p = trim_end(start, word_start(start, trim_end(start, p)));
	if (p == start || p[-1] != ':')
		return false;
	at->time_end = p - 1;
	at->end = text;
	return find_time(start, at) && find_cpu(start, at);
}

static void make_shape(struct fast_shape *shape, const char *start,
		       const struct places *at)
{
	size_t len = (size_t)(at->end - start);
	size_t open = (size_t)(at->open - start);
	size_t flags = (size_t)(at->flags - start);
	size_t flags_end = (size_t)(at->flags_end - start);
	size_t dot = (size_t)(at->dot - start);

	memset(shape->keep, 0, sizeof(shape->keep));
	memset(shape->avoid, 1, sizeof(shape->avoid));
	for (size_t i = 0; i < len; i++)
		expect(shape, i, i + 1, (uint8_t)start[i], (uint8_t)start[i],
		       (uint8_t)(start[i] + 1));
	/* The task, but for a blank: anything, but for NUL and ends of lines. */
	expect(shape, 0, open - 1, '\n' + 1, 0xff, 'I');
	expect_digits(shape, open + 1, open + 4);
	/* Too short for "IOMMU:". */
	if (flags_end - flags <= 5)
		expect(shape, flags, flags_end, '!', 0xff, ']');
	expect_digits(shape, (size_t)(at->time - start), dot);
	expect_digits(shape, dot + 1, (size_t)(at->time_end - start));
	shape->len = (uint32_t)len;
	shape->nr_blocks = (uint32_t)(len + FAST_BLOCK - 1) / FAST_BLOCK;
	shape->cpu = (uint32_t)open + 1;
	shape->flags = (uint32_t)flags;
	shape->dot = (uint32_t)dot;
	shape->second = (uint32_t)(at->dot - at->time) * 8;
	shape->nano = at->time_end - at->dot == 10;
}

void fast_learn(struct text_fast *fast, const char *start, const char *text,
		const struct trace_event *ev)
{
	struct fast_shape *shape = &fast->shape[ev->type];
	struct places at;

	if (!fast->lines || !find_places(start, text, &at))
		return;
	make_shape(shape, start, &at);
	shape->valid = fast_time(shape, start) == ev->time_ns &&
		       FAST_FITS(shape, start);
}
