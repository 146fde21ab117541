/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Traces compared, and written and read back. Include after cmocka.h.
 */
#ifndef TRACE_COMPARE_H
#define TRACE_COMPARE_H

#include <stdio.h>
#include <stdlib.h>

#include "trace.h"

/* All but the line. */
static inline bool events_equal(const struct trace_event *a,
				const struct trace_event *b)
{
	return a->iova == b->iova && a->paddr == b->paddr &&
	       a->size == b->size && a->time_ns == b->time_ns &&
	       a->domain == b->domain && a->cpu == b->cpu &&
	       a->type == b->type && a->prot == b->prot && a->flags == b->flags;
}

static inline bool traces_equal(const struct trace *a, const struct trace *b)
{
	if (a->nr_events != b->nr_events || a->nr_domains != b->nr_domains ||
	    a->nr_maps != b->nr_maps || a->nr_unmaps != b->nr_unmaps ||
	    a->nr_lost != b->nr_lost || a->paddr_end != b->paddr_end ||
	    a->iova_end != b->iova_end || a->nr_cpus != b->nr_cpus)
		return false;
	for (size_t i = 0; i < a->nr_events; i++)
		if (!events_equal(&a->event[i], &b->event[i]))
			return false;
	for (unsigned i = 0; i < a->nr_domains; i++)
		if (strcmp(a->domain[i], b->domain[i]))
			return false;
	return true;
}

static inline void assert_round_trip(const struct trace *trace)
{
	struct trace again = { 0 };
	char why[TRACE_WHY_SIZE] = "";
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(trace_write(trace, out, why), 0);
	assert_int_equal(fclose(out), 0);
	if (trace_parse("written", text, size, &again, why))
		fail_msg("%s", why);
	assert_true(traces_equal(trace, &again));
	trace_free(&again);
	free(text);
}

#endif /* TRACE_COMPARE_H */
