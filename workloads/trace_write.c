// SPDX-License-Identifier: GPL-2.0-only
/*
 * The writer of trace text, in the form of ftrace's trace_pipe with the name
 * of the domain behind "IOMMU:".
 *
 * Lost events are written as one mark in front, so that they are not lost a
 * second time. Not kept: events of another kind, and numbers of domains that
 * were not named in the order of their first use.
 *
 * Cost: one fprintf() per event. Invariant: each event is one line that
 * trace_parse() reads back to an equal event.
 */
#include "trace.h"

#include <errno.h>
#include <inttypes.h>

#include "trace_cursor.h"

#define NS_PER_SECOND 1000000000u
#define PRIADDR "0x%016" PRIx64

static const char *const prot_text[] = {
	[0] = " prot=0x0",
	[TRACE_PROT_READ] = " prot=r",
	[TRACE_PROT_WRITE] = " prot=w",
	[TRACE_PROT_READ | TRACE_PROT_WRITE] = "",
};

/* Microseconds as the kernel prints them, or all of the digits. */
static int write_prefix(const struct trace_event *ev, FILE *out)
{
	uint64_t second = ev->time_ns / NS_PER_SECOND;
	unsigned ns = (unsigned)(ev->time_ns % NS_PER_SECOND);

	return fprintf(out,
		       "           <...>-0       [%03u] ..... %5" PRIu64
		       ".%0*u: ",
		       ev->cpu, second, ns % 1000 ? 9 : 6,
		       ns % 1000 ? ns : ns / 1000);
}

static int write_event(const struct trace_event *ev, const char *domain,
		       FILE *out)
{
	if (write_prefix(ev, out) < 0)
		return -1;
	if (ev->type == TRACE_UNMAP)
		return fprintf(out,
			       "unmap: IOMMU:%s iova=" PRIADDR " - " PRIADDR
			       " size=%" PRIu64 " unmapped_size=%" PRIu64 "\n",
			       domain, ev->iova, ev->iova + ev->size, ev->size,
			       ev->size);
	return fprintf(out,
		       "map: IOMMU:%s iova=" PRIADDR " - " PRIADDR
		       " paddr=" PRIADDR " size=%" PRIu64 "%s\n",
		       domain, ev->iova, ev->iova + ev->size, ev->paddr,
		       ev->size, prot_text[ev->prot & 3]);
}

int trace_write_events(const struct trace *trace, const struct trace_event *ev,
		       size_t nr, FILE *out)
{
	for (; nr; nr--, ev++)
		if (write_event(ev, trace->domain[ev->domain], out) < 0)
			return -EIO;
	return 0;
}

int trace_write(const struct trace *trace, FILE *out)
{
	const struct trace_event *ev;
	struct trace_cursor *cur;
	size_t nr;
	int err;

	if (trace->nr_lost && fprintf(out, "CPU:0 [LOST %" PRIu64 " EVENTS]\n",
				      trace->nr_lost) < 0)
		return -EIO;
	err = trace_cursor_open(trace, &cur);
	if (err)
		return err;
	do {
		err = trace_cursor_next(cur, &ev, &nr);
		if (!err)
			err = trace_write_events(trace, ev, nr, out);
	} while (!err && nr);
	trace_cursor_close(cur);
	return err;
}
