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
	place->key = 0;
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

static bool all_digits(const char *p, const char *end)
{
	while (p < end && is_digit(*p))
		p++;
	return p == end;
}

/* "12.345678", the word that ends at end; its start, or NULL. */
static const char *learn_time(struct fast_shape *shape, const char *start,
			      const char *end)
{
	const char *word = word_start(start, end);
	const char *dot = memchr(word, '.', (size_t)(end - word));

	if (!dot || dot == word || dot - word > 8 || dot - start < 8)
		return NULL;
	if (!all_digits(word, dot) || !all_digits(dot + 1, end) ||
	    (end - dot != 7 && end - dot != 10))
		return NULL;
	expect_digits(shape, (size_t)(word - start), (size_t)(dot - start));
	expect_digits(shape, (size_t)(dot + 1 - start), (size_t)(end - start));
	shape->dot = (uint32_t)(dot - start);
	shape->second = (uint32_t)(dot - word) * 8;
	shape->nano = end - dot == 10;
	return word;
}

/* "[001] d..1. ", or without flags, before the time; the place of '[', or
 * NULL. */
static const char *learn_cpu(struct fast_shape *shape, const char *start,
			     const char *time)
{
	const char *end = trim_end(start, time);
	const char *word = word_start(start, end);
	bool has_flags = end > word && end[-1] != ']';
	const char *close = (has_flags ? trim_end(start, word) : end) - 1;
	const char *open = close - 4;

	if (close - start < 6 || *close != ']' || *open != '[' ||
	    !is_blank(open[-1]) || !all_digits(open + 1, close))
		return NULL;
	shape->cpu = (uint32_t)(open + 1 - start);
	shape->flags = (uint32_t)(open - start);
	expect_digits(shape, shape->cpu, shape->cpu + 3);
	if (!has_flags)
		return open;
	if (memchr(word, ']', (size_t)(end - word)) || is_digit(*word))
		return NULL;
	shape->flags = (uint32_t)(word - start);
	/* Too short for "IOMMU:". */
	if (end - word <= 5)
		expect(shape, shape->flags, (size_t)(end - start), '!', 0xff,
		       ']');
	return open;
}

void fast_learn(struct text_fast *fast, const char *start, const char *text,
		const struct trace_event *ev)
{
	struct fast_shape *shape = &fast->shape[ev->type];
	const char *iommu = text - strlen("IOMMU:");
	size_t len = (size_t)(text - start);
	const char *time_end, *time, *cpu;

	shape->valid = false;
	if (!fast->lines || len > FAST_SHAPE ||
	    memchr(start, 'I', (size_t)(iommu - start)))
		return;
	memset(shape->keep, 0, sizeof(shape->keep));
	memset(shape->avoid, 1, sizeof(shape->avoid));
	for (size_t i = 0; i < len; i++)
		expect(shape, i, i + 1, (uint8_t)start[i], (uint8_t)start[i],
		       (uint8_t)(start[i] + 1));
	/* The event's name, the time before it, the cpu before that. */
	time_end = trim_end(start, word_start(start, trim_end(start, iommu)));
	if (time_end == start || time_end[-1] != ':')
		return;
	time = learn_time(shape, start, time_end - 1);
	cpu = time ? learn_cpu(shape, start, time) : NULL;
	if (!cpu)
		return;
	/* The task: anything, but for NUL and the ends of lines. */
	expect(shape, 0, (size_t)(cpu - 1 - start), '\n' + 1, 0xff, 'I');
	shape->len = (uint32_t)len;
	shape->nr_blocks = (uint32_t)(len + FAST_BLOCK - 1) / FAST_BLOCK;
	shape->valid = fast_time(shape, start) == ev->time_ns &&
		       FAST_FITS(shape, start);
}
