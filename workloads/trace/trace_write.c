// SPDX-License-Identifier: GPL-2.0-only
/*
 * The writer of trace text, in the form of ftrace's trace_pipe with the name
 * of the domain behind "IOMMU:".
 *
 * Lost events are written as one mark in front, so that they are not lost a
 * second time. Not kept: events of another kind, and numbers of domains that
 * were not named in the order of their first use.
 *
 * Cost: some ten ns per event, digits being made in a buffer of its own, and a
 * copy into the stream's. Invariant: each event is one line that trace_parse()
 * reads back to an equal event.
 */
#include "trace.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "trace_cursor.h"

#define NS_PER_SECOND 1000000000u
#define BUFFER 16384u
/* Texts between numbers, seven numbers of up to 20 digits, and a name. */
#define LINE_MAX_SIZE 512u

static const char *const prot_text[] = {
	[0] = " prot=0x0",
	[TRACE_PROT_READ] = " prot=r",
	[TRACE_PROT_WRITE] = " prot=w",
	[TRACE_PROT_READ | TRACE_PROT_WRITE] = "",
};

/* These write at p and return the end of it. */

static inline char *put_text(char *p, const char *text)
{
	size_t len = strlen(text);

	memcpy(p, text, len);
	return p + len;
}

/* At least width characters, with pad in front. */
static char *put_decimal(char *p, uint64_t number, unsigned width, char pad)
{
	char digits[20];
	unsigned nr = 0;

	do {
		digits[nr++] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	for (; width > nr; width--)
		*p++ = pad;
	while (nr)
		*p++ = digits[--nr];
	return p;
}

/* The digits of half a word, the first as the lowest byte. */
static uint64_t hex_8(uint32_t number)
{
	uint64_t x = number, letter;

	x = (x << 16 | x) & 0x0000ffff0000ffffu;
	x = (x << 8 | x) & 0x00ff00ff00ff00ffu;
	x = (x << 4 | x) & 0x0f0f0f0f0f0f0f0fu;
	/* 1 in each byte that is 10 or more. */
	letter = (x + 0x0606060606060606u) >> 4 & 0x0101010101010101u;
	return htobe64(x + 0x3030303030303030u + letter * ('a' - '0' - 10));
}

static inline char *put_address(char *p, uint64_t number)
{
	uint64_t high = hex_8((uint32_t)(number >> 32));
	uint64_t low = hex_8((uint32_t)number);

	memcpy(p, "0x", 2);
	memcpy(p + 2, &high, sizeof(high));
	memcpy(p + 10, &low, sizeof(low));
	return p + 18;
}

/* Microseconds as the kernel prints them, or all of the digits; a count as it
 * is. */
static char *put_prefix(char *p, const struct trace_event *ev)
{
	unsigned ns = (unsigned)(ev->time_ns % NS_PER_SECOND);

	p = put_text(p, "           <...>-0       [");
	p = put_decimal(p, ev->cpu, 3, '0');
	p = put_text(p, "] ..... ");
	if (ev->flags & TRACE_NO_UNIT)
		return put_text(put_decimal(p, ev->time_ns, 12, ' '), ": ");
	p = put_decimal(p, ev->time_ns / NS_PER_SECOND, 5, ' ');
	*p++ = '.';
	if (ns % 1000)
		p = put_decimal(p, ns, 9, '0');
	else
		p = put_decimal(p, ns / 1000, 6, '0');
	return put_text(p, ": ");
}

static char *put_event(char *p, const struct trace_event *ev,
		       const char *domain)
{
	bool map = ev->type == TRACE_MAP;

	p = put_prefix(p, ev);
	p = put_text(p, map ? "map: IOMMU:" : "unmap: IOMMU:");
	p = put_text(p, domain);
	p = put_text(p, " iova=");
	p = put_address(p, ev->iova);
	p = put_text(p, " - ");
	p = put_address(p, ev->iova + ev->size);
	if (map && ev->flags & TRACE_ANY) {
		p = put_text(p, " paddr=any");
	} else if (map) {
		p = put_text(p, " paddr=");
		p = put_address(p, ev->paddr);
	}
	p = put_text(p, " size=");
	p = put_decimal(p, ev->size, 0, ' ');
	if (map) {
		p = put_text(p, prot_text[ev->prot & 3]);
	} else {
		p = put_text(p, " unmapped_size=");
		p = put_decimal(p, ev->size, 0, ' ');
	}
	*p++ = '\n';
	return p;
}

int trace_write_events(const struct trace *trace, const struct trace_event *ev,
		       size_t nr, FILE *out)
{
	char buf[BUFFER + LINE_MAX_SIZE];
	char *p = buf;

	for (size_t i = 0; i < nr; i++) {
		p = put_event(p, &ev[i], trace->domain[ev[i].domain]);
		if (p < buf + BUFFER && i + 1 < nr)
			continue;
		if (fwrite(buf, 1, (size_t)(p - buf), out) != (size_t)(p - buf))
			return -EIO;
		p = buf;
	}
	return 0;
}

int trace_write_lost(const struct trace *trace, FILE *out)
{
	if (trace->nr_lost && fprintf(out, "CPU:0 [LOST %" PRIu64 " EVENTS]\n",
				      trace->nr_lost) < 0)
		return -EIO;
	return 0;
}

struct writing {
	const struct trace *trace;
	FILE *out;
};

static int write_block(void *ctx, const struct trace_event *ev, size_t nr,
		       uint64_t first)
{
	const struct writing *w = ctx;

	(void)first;
	return trace_write_events(w->trace, ev, nr, w->out);
}

int trace_write(const struct trace *trace, FILE *out, char *why)
{
	struct writing w = { trace, out };

	*why = '\0';
	if (trace_write_lost(trace, out))
		return -EIO;
	return trace_each(trace, write_block, &w, why);
}
