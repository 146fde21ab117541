// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opening a trace: one reading of its source, into memory as long as it is
 * short, and only counted from there on.
 *
 * Cost: that of the source, and a count per event. Invariant: a trace is
 * returned only if its source could be read to the end; what is in memory is
 * all of it or nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"

#define FIRST_ROOM ((size_t)1024)
#define SCRATCH ((size_t)1024) /* once nothing is kept any more */

struct memory_sink {
	struct trace_sink base;
	struct trace *trace;
	size_t keep;
	size_t room; /* of trace->event */
	bool full;   /* nothing is kept */
};

static void make_current(struct memory_sink *ms, size_t from, size_t end)
{
	ms->base.from = ms->base.at = ms->trace->event + from;
	ms->base.end = ms->trace->event + end;
}

static int resize(struct memory_sink *ms, size_t room)
{
	void *grown =
		reallocarray(ms->trace->event, room, sizeof(*ms->trace->event));

	if (!grown)
		return -ENOMEM;
	ms->trace->event = grown;
	ms->room = room;
	return 0;
}

/* One event too many is enough to know. */
static size_t more_room(const struct memory_sink *ms)
{
	return ms->room > ms->keep / 2 ? ms->keep + 1 : ms->room * 2;
}

static int take(struct trace_sink *sink)
{
	struct memory_sink *ms = (struct memory_sink *)sink;
	struct trace *trace = ms->trace;
	int err = 0;

	trace_count(trace, sink->from, (size_t)(sink->at - sink->from));
	if (!ms->full && trace->nr_events > ms->keep) {
		ms->full = true;
		err = resize(ms, SCRATCH);
	} else if (!ms->full && trace->nr_events == ms->room) {
		err = resize(ms, more_room(ms));
	}
	if (err)
		return err;
	make_current(ms, ms->full ? 0 : trace->nr_events, ms->room);
	return 0;
}

/* One reading. *ret is empty before, and after a failure. */
static int read_once(struct trace_source *src, size_t keep, struct trace *ret,
		     char *why)
{
	struct memory_sink ms = {
		.base.take = take,
		.trace = ret,
		.keep = keep,
	};
	int err = resize(&ms, FIRST_ROOM);

	if (err) {
		snprintf(why, TRACE_WHY_SIZE, "%s: %s", src->name,
			 strerror(ENOMEM));
		return err;
	}
	make_current(&ms, 0, ms.room);
	err = trace_source_read(src, ret, &ms.base, why);
	if (err) {
		trace_free(ret);
	} else if (ms.full) {
		free(ret->event);
		ret->event = NULL;
	}
	return err;
}

/* Which of the two kinds of lines it is to be, now that they are counted. */
static int settle(struct trace_source *src, size_t keep, struct trace *trace,
		  char *why)
{
	src->take = trace->nr_points ? TRACE_POINTS : TRACE_PROBES;
	if (trace->nr_points && trace->nr_probes) {
		trace_free(trace);
		return read_once(src, keep, trace, why);
	}
	for (size_t i = 0; trace->event && i < trace->nr_events; i++)
		trace->event[i].flags &= (uint8_t)~TRACE_PROBE;
	return 0;
}

int trace_open(struct trace_source *src, size_t keep, struct trace *ret,
	       char *why)
{
	struct trace trace = { 0 };
	int err = read_once(src, keep, &trace, why);

	if (!err && src->take == TRACE_AUTO)
		err = settle(src, keep, &trace, why);
	if (!err && !trace.nr_events) {
		snprintf(why, TRACE_WHY_SIZE, "%s: no map or unmap event",
			 src->name);
		err = -EINVAL;
	}
	if (err) {
		trace_free(&trace);
		trace_source_close(src);
		return err;
	}
	if (trace.event) {
		trace_source_close(src);
		src = NULL;
	}
	trace.source = src;
	*ret = trace;
	return 0;
}

int trace_load(const char *path, struct trace *ret, char *why)
{
	struct trace_source *src;
	int err = trace_source_file(path, &src, why);

	return err ? err : trace_open(src, SIZE_MAX, ret, why);
}

int trace_parse(const char *name, const char *text, size_t size,
		struct trace *ret, char *why)
{
	struct trace_source *src;
	int err = trace_source_text(name, text, size, &src);

	if (err) {
		snprintf(why, TRACE_WHY_SIZE, "%s: %s", name, strerror(-err));
		return err;
	}
	return trace_open(src, SIZE_MAX, ret, why);
}
