/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where generators put their events.
 *
 * Concurrency: one thread.
 */
#ifndef EMIT_H
#define EMIT_H

#include "trace.h"

struct emitter {
	struct trace *info;
	struct trace_sink *sink;
	uint64_t nr, nr_maps; /* so far */
	const char *why; /* what an error is, if its number does not say it */
};

/* Index of a domain for events to come. Negative as trace_domain(). */
int emit_domain(struct emitter *out, const char *name);

/*
 * One event; its line is its number. The domain must be one of emit_domain().
 * 0, or what the sink says: the generator returns it at once.
 */
int emit(struct emitter *out, const struct trace_event *ev);

#endif /* EMIT_H */
