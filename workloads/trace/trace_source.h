/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the events of a trace come from: a text, a binary file, a generator.
 * A source can be read from its start as often as one likes, gives the same
 * events each time, and holds none of them.
 *
 * A source writes into room that a sink gives it, so that reading copies
 * nothing; a sink is memory (trace.c), a queue of blocks (trace_cursor.c), a
 * filter before another sink (trace_take.c).
 *
 * Concurrency: a source has one reader at a time, on any thread.
 */
#ifndef TRACE_SOURCE_H
#define TRACE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

struct trace;
struct trace_event;

#define TRACE_WHY_SIZE 512

/* Room for events: [from, at) are written, [at, end) can be; end > at. */
struct trace_sink {
	struct trace_event *from, *at, *end;
	/* Takes what was written and makes room, at least for one. 0, or a
	 * negative errno, which ends the reading and is what it returns. */
	int (*take)(struct trace_sink *sink);
};

/* Which lines are events, where tracepoints and kprobes of the same calls are
 * in one text. */
enum trace_take {
	TRACE_AUTO,   /* tracepoints, or kprobes if there are no others */
	TRACE_POINTS, /* tracepoints only */
	TRACE_PROBES, /* kprobes only */
	TRACE_JOIN,   /* tracepoints, with the domain of the kprobe that each
		       * belongs to */
};

struct trace_source {
	const struct trace_source_ops *ops;
	const char *name; /* of the file, in messages; lives as long as this */
	enum trace_take take; /* TRACE_AUTO until someone knows better */
};

struct trace_source_ops {
	/*
	 * Writes all events into sink, calling take() when there is no room
	 * and once after the last. With TRACE_POINTS or TRACE_PROBES others
	 * are left out, else those of kprobes have the flag TRACE_PROBE. Into
	 * info, which is empty, go the names of domains, in the order of the
	 * events given, nr_lost, nr_other, nr_points and nr_probes; other
	 * counts are the sink's. Returns as trace_open(); a reading without
	 * an event is no error.
	 */
	int (*read)(struct trace_source *src, struct trace *info,
		    struct trace_sink *sink, char *why);
	void (*close)(struct trace_source *src); /* frees src too */
};

/**
 * trace_source_file() - a file
 * @path:	"-" is stdin, which is copied to a file without a name
 * @why:	TRACE_WHY_SIZE bytes; on failure "file: reason"
 *
 * What it is, text or trace.dat, plain or compressed by zstd, xz or gzip, its
 * content tells, never its name.
 *
 * Return: 0; -EINVAL for what is no trace; -ENOTSUP if this build lacks the
 * library; -ENOMEM; else the errno of opening or reading.
 */
int trace_source_file(const char *path, struct trace_source **ret, char *why);

/* Text in memory, which must outlive the source; above 4 GiB reading refuses
 * it. 0 or -ENOMEM. */
int trace_source_text(const char *name, const char *text, size_t size,
		      struct trace_source **ret);

/* As src->ops->read(), but with TRACE_JOIN each event is a tracepoint's and has
 * its kprobe's domain; info->unjoined_ counts what could not be joined. */
int trace_source_read(struct trace_source *src, struct trace *info,
		      struct trace_sink *sink, char *why);

/* NULL is fine. */
void trace_source_close(struct trace_source *src);

#endif /* TRACE_SOURCE_H */
