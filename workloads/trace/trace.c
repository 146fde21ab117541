// SPDX-License-Identifier: GPL-2.0-only
/*
 * The container of a trace: events in order, names of domains, and counts
 * that follow from both.
 *
 * The events are not checked against each other: a map over a live iova or an
 * unmap of nothing is for the replayer to judge.
 *
 * Cost: amortised constant per event; a domain is found by looking at all.
 * Invariant: the arrays have room for a power of two of entries, at least
 * FIRST_ROOM, so that the number of entries alone tells when they are full.
 */
#include "trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 64

/* Makes room for entry nr of an array. */
static int make_room(void **array, size_t nr, size_t entry_size)
{
	void *grown;

	if (nr && (nr < FIRST_ROOM || (nr & (nr - 1))))
		return 0;
	grown = reallocarray(*array, nr ? nr * 2 : FIRST_ROOM, entry_size);
	if (!grown)
		return -ENOMEM;
	*array = grown;
	return 0;
}

/* The end of a range; the end of the 64-bit space counts as its last byte. */
static uint64_t range_end(uint64_t start, uint64_t size)
{
	return size > UINT64_MAX - start ? UINT64_MAX : start + size;
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

void trace_count(struct trace *trace, const struct trace_event *ev, size_t nr)
{
	for (; nr; nr--, ev++) {
		trace->nr_events++;
		trace->nr_no_unit += !!(ev->flags & TRACE_NO_UNIT);
		trace->iova_end =
			max_u64(trace->iova_end, range_end(ev->iova, ev->size));
		if (trace->nr_cpus <= ev->cpu)
			trace->nr_cpus = ev->cpu + 1u;
		if (ev->type == TRACE_UNMAP) {
			trace->nr_unmaps++;
			continue;
		}
		trace->nr_maps++;
		trace->nr_any += ev->flags & TRACE_ANY;
		trace->paddr_end = max_u64(trace->paddr_end,
					   range_end(ev->paddr, ev->size));
	}
}

int trace_append(struct trace *trace, const struct trace_event *ev)
{
	void *array = trace->event;
	int err;

	err = make_room(&array, trace->nr_events, sizeof(*ev));
	if (err)
		return err;
	trace->event = array;
	trace->event[trace->nr_events] = *ev;
	trace_count(trace, ev, 1);
	return 0;
}

/* What one word of the text can hold. */
static bool name_is_valid(const char *name)
{
	size_t len = strlen(name);

	if (len >= TRACE_DOMAIN_NAME || !strncmp(name, "iova=", 5))
		return false;
	for (size_t i = 0; i < len; i++)
		if ((uint8_t)name[i] <= ' ' || name[i] == 0x7f)
			return false;
	return true;
}

int trace_domain(struct trace *trace, const char *name)
{
	void *array = trace->domain;
	unsigned nr = trace->nr_domains;
	int err;

	if (!name_is_valid(name))
		return -EINVAL;
	for (unsigned i = 0; i < nr; i++)
		if (!strcmp(trace->domain[i], name))
			return (int)i;
	if (nr == TRACE_MAX_DOMAINS)
		return -ENOSPC;
	err = make_room(&array, nr, sizeof(trace->domain[0]));
	if (err)
		return err;
	trace->domain = array;
	/* Zeroes to the end, so that names can be compared as memory. */
	strncpy(trace->domain[nr], name, TRACE_DOMAIN_NAME - 1);
	trace->domain[nr][TRACE_DOMAIN_NAME - 1] = '\0';
	trace->nr_domains++;
	return (int)nr;
}

void trace_source_close(struct trace_source *src)
{
	if (src)
		src->ops->close(src);
}

void trace_free(struct trace *trace)
{
	trace_source_close(trace->source);
	free(trace->event);
	free(trace->domain);
	memset(trace, 0, sizeof(*trace));
}
