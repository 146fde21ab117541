/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The loop of the fast path, as text: the file that includes this may define
 * FAST_FN, what its functions are declared as, and FAST_FITS, FAST_HEX_16,
 * FAST_HEX_PAIR and FAST_BLANK for a kind of machine. Those of any machine are
 * here and in trace_fast_words.h.
 *
 * Cost: no byte is looked at twice, none but digits one at a time; no line end
 * is searched for. Reads at most FAST_SLACK bytes behind a line's start.
 */
#ifndef TRACE_FAST_LINES_H
#define TRACE_FAST_LINES_H

#include "trace_fast.h"
#include "trace_fast_words.h"

/* Longest line taken: shape, domain, keys and numbers. */
_Static_assert(FAST_SHAPE + TRACE_DOMAIN_NAME + 160 < FAST_SLACK, "");

#ifndef FAST_FITS
#define FAST_FITS fast_fits
FAST_FN bool fast_fits(const struct fast_shape *shape, const char *p)
{
	unsigned nr = shape->nr_blocks * FAST_BLOCK;
	uint8_t bad = 0;

	/* No branch in it, so that compilers make vectors of it. */
	for (unsigned i = 0; i < nr; i++) {
		uint8_t x = (uint8_t)(((uint8_t)p[i] - shape->lo[i]) &
				      shape->keep[i]);

		bad |= (uint8_t)((x > shape->span[i]) | (x == shape->avoid[i]));
	}
	return !bad;
}
#endif

FAST_FN uint64_t fast_time(const struct fast_shape *shape, const char *p)
{
	const char *dot = p + shape->dot;
	uint64_t second = fast_word(dot - 8) ^ LINE_BYTES('0');
	uint64_t part = fast_word(dot + 1) ^ LINE_BYTES('0');

	second = second >> (64 - shape->second) << (64 - shape->second);
	if (shape->nano)
		part = fast_decimal(part) * 10 + (uint64_t)(dot[9] - '0');
	else
		part = fast_decimal(part << 16) * 1000;
	return fast_decimal(second) * 1000000000 + part;
}

/* Index of the domain of that name, or as text_domain(). */
FAST_FN int fast_domain(struct text_reader *rd, struct text_fast *fast,
			const char *name, unsigned len)
{
	struct fast_domain *place;
	uint64_t key;

	key = len >= 8 ? fast_word(name + len - 8)
		       : fast_word(name) & ~(UINT64_MAX << 8 * len);
	place = &fast->domain[key * 0x9e3779b97f4a7c15u >>
			      (64 - FAST_DOMAIN_BITS)];
	if (place->key == key && place->len == len + 1 &&
	    (len <= 8 || !memcmp(place->name, name, len)))
		return place->index;
	return fast_new_domain(rd, place, name, len);
}

FAST_FN bool fast_has_shape(const struct fast_shape *shape, const char *p)
{
	/* A map and an unmap mostly differ in length. */
	return fast_half_word(p + shape->len - 4) == fast_half_word("MMU:") &&
	       shape->valid && FAST_FITS(shape, p) &&
	       !is_digit(p[shape->flags]);
}

/* "size=N", and what may follow it; the next line, or NULL. */
FAST_FN const char *fast_size(const char *p, bool map, struct trace_event *ev)
{
	uint64_t unmapped;
	unsigned nr = fast_number(p, &ev->size);

	if (!nr)
		return NULL;
	p += nr;
	if (map) {
		ev->prot = TRACE_PROT_READ | TRACE_PROT_WRITE;
		if (*p == '\n')
			return p + 1;
		if (fast_word(p) == fast_word(" prot=r\n"))
			ev->prot = TRACE_PROT_READ;
		else if (fast_word(p) == fast_word(" prot=w\n"))
			ev->prot = TRACE_PROT_WRITE;
		else
			return NULL;
		return p + 8;
	}
	ev->prot = TRACE_PROT_READ | TRACE_PROT_WRITE;
	if (fast_word(p) != fast_word(" unmappe") ||
	    fast_word(p + 7) != fast_word("ed_size="))
		return NULL;
	nr = fast_number(p + 15, &unmapped);
	if (!nr || unmapped % 4096)
		return NULL;
	p += 15 + nr;
	return *p == '\n' ? p + 1 : NULL;
}

/* What is behind the domain; the next line, or NULL. */
FAST_FN const char *fast_keys(const char *p, bool map, struct trace_event *ev)
{
	uint64_t end = 0;
	bool has_end;

	if (fast_word(p) != fast_word(" iova=0x"))
		return NULL;
	has_end = fast_half_word(p + 24) == fast_half_word(" - 0");
	if (has_end) {
		if (p[28] != 'x' ||
		    !FAST_HEX_PAIR(p + 8, p + 29, &ev->iova, &end))
			return NULL;
		p += 45;
	} else {
		if (!FAST_HEX_16(p + 8, &ev->iova))
			return NULL;
		p += 24;
	}
	ev->paddr = 0;
	ev->flags = 0;
	if (map && fast_word(p) == fast_word(" paddr=0") && p[8] == 'x') {
		if (!FAST_HEX_16(p + 9, &ev->paddr))
			return NULL;
		p += 25;
	} else if (map) {
		if (fast_word(p) != fast_word(" paddr=a") ||
		    fast_half_word(p + 7) != fast_half_word("any "))
			return NULL;
		ev->flags = TRACE_ANY;
		p += 10;
	}
	if (fast_half_word(p) != fast_half_word(" siz") || p[4] != 'e' ||
	    p[5] != '=')
		return NULL;
	p = fast_size(p + 6, map, ev);
	if (!p || (ev->iova | ev->paddr | ev->size) % 4096 || !ev->size ||
	    ev->size - 1 > UINT64_MAX - ev->iova ||
	    ev->size - 1 > UINT64_MAX - ev->paddr ||
	    (has_end && end != ev->iova + ev->size))
		return NULL;
	return p;
}

/* One line into *ret; the next, or NULL for what it does not take. */
FAST_FN const char *fast_line(struct text_reader *rd, struct text_fast *fast,
			      const char *start, struct trace_event *ret)
{
	const struct fast_shape *shape = &fast->shape[TRACE_MAP];
	struct trace_event ev;
	const char *p, *next;
	unsigned len;
	bool map;
	int domain;

	map = fast_has_shape(shape, start);
	if (!map)
		shape = &fast->shape[TRACE_UNMAP];
	if (!map && !fast_has_shape(shape, start))
		return NULL;
	p = start + shape->len;
	len = FAST_BLANK(p);
	if (len == FAST_BLOCK)
		return NULL;
	next = fast_keys(p + len, map, &ev);
	if (!next)
		return NULL;
	domain = fast_domain(rd, fast, p, len);
	if (domain < 0)
		return NULL;
	ret->iova = ev.iova;
	ret->paddr = ev.paddr;
	ret->size = ev.size;
	ret->time_ns = fast_time(shape, start);
	ret->domain = (uint16_t)domain;
	p = start + shape->cpu;
	ret->cpu = (uint16_t)(p[0] * 100 + p[1] * 10 + p[2] - '0' * 111);
	ret->type = map ? TRACE_MAP : TRACE_UNMAP;
	ret->prot = ev.prot;
	ret->flags = ev.flags;
	return next;
}

FAST_FN int fast_lines(struct text_reader *rd, struct text_fast *fast,
		       const char **at, const char *end)
{
	struct trace_sink *sink = rd->sink;
	uint32_t line = rd->line;
	const char *p = *at;
	int err = 0;

	while (!err && p < end && line < UINT32_MAX) {
		const char *next = fast_line(rd, fast, p, sink->at);

		if (!next)
			break;
		p = next;
		sink->at->line = ++line;
		if (++sink->at == sink->end)
			err = sink->take(sink);
	}
	rd->nr_points += line - rd->line;
	rd->nr_fast += line - rd->line;
	rd->line = line;
	*at = p;
	return err;
}

#endif /* TRACE_FAST_LINES_H */
