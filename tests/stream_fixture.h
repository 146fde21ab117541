/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace whose source is made by rule, and can be told to go wrong: to fail in
 * the middle, to give more or fewer events, or other domains, than before.
 */
#ifndef STREAM_FIXTURE_H
#define STREAM_FIXTURE_H

#include "mm_fixture.h"

#include <stdlib.h>

#include "trace.h"

/* One page mapped and its MiB unmapped, again and again: a table comes and goes
 * with each pair. */
struct made_source {
	struct trace_source base;
	uint64_t nr_events;
	unsigned nr_domains;
	unsigned nr_readings; /* begun so far */
	/* From that reading on, from 1; 0: never: */
	unsigned bad_reading;
	uint64_t fail_at; /* with err, before that event; if err */
	int err;
	uint64_t bad_nr_events;
	unsigned bad_nr_domains;
	char first_domain; /* 'a' before */
};

static inline void make_event(struct trace_event *ev, uint64_t i,
			      unsigned nr_domains)
{
	bool map = i % 2 == 0;

	*ev = (struct trace_event){
		.iova = 0x80000000 + (i / 2 % 16) * SZ_1M,
		.paddr = map ? 0x40000000 : 0,
		.size = map ? SZ_4K : SZ_1M,
		.time_ns = 1000 + i,
		.line = (uint32_t)i + 1,
		.domain = (uint16_t)(i / 2 % nr_domains),
		.cpu = (uint16_t)(i / 64 % 4),
		.type = map ? TRACE_MAP : TRACE_UNMAP,
		.prot = TRACE_PROT_READ | TRACE_PROT_WRITE,
	};
}

static inline int made_read(struct trace_source *src, struct trace *info,
			    struct trace_sink *sink, char *why)
{
	struct made_source *made = (struct made_source *)src;
	bool bad = ++made->nr_readings >= made->bad_reading &&
		   made->bad_reading;
	uint64_t nr = bad ? made->bad_nr_events : made->nr_events;
	unsigned domains = bad ? made->bad_nr_domains : made->nr_domains;

	info->nr_points = nr;
	for (uint64_t i = 0; i < nr; i++) {
		char name[2] = { bad ? made->first_domain : 'a', 0 };
		int err = 0;

		if (bad && made->err && i == made->fail_at) {
			snprintf(why, TRACE_WHY_SIZE, "made: out of order");
			return made->err;
		}
		name[0] = (char)(name[0] + i / 2 % domains);
		if (i < 2 * domains)
			trace_domain(info, name);
		make_event(sink->at++, i, domains);
		if (sink->at == sink->end)
			err = sink->take(sink);
		if (err)
			return err;
	}
	return sink->take(sink);
}

static inline void made_close(struct trace_source *src)
{
	free(src);
}

/* The source is the trace's; it stays as it is told to be while that lives. */
static inline struct made_source *open_made(uint64_t nr_events,
					    unsigned nr_domains, size_t keep,
					    struct trace *ret)
{
	static const struct trace_source_ops ops = { made_read, made_close };
	struct made_source *made = calloc(1, sizeof(*made));
	char why[TRACE_WHY_SIZE];

	assert_non_null(made);
	*made = (struct made_source){
		.base = { &ops, "made", TRACE_POINTS },
		.nr_events = nr_events,
		.nr_domains = nr_domains,
		.bad_nr_events = nr_events,
		.bad_nr_domains = nr_domains,
		.first_domain = 'a',
	};
	assert_int_equal(trace_open(&made->base, keep, ret, why), 0);
	assert_int_equal(ret->nr_events, nr_events);
	return nr_events > keep ? made : NULL;
}

#endif /* STREAM_FIXTURE_H */
