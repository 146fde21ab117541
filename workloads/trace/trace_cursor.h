/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Going through a trace from its first event to its last, in blocks: one block
 * if the events are in memory; else blocks of some thousand, which a thread
 * reads ahead.
 *
 * Memory: some MiB, whatever the length. Concurrency: a trace that is not in
 * memory has one cursor at a time; the cursor is its caller's.
 */
#ifndef TRACE_CURSOR_H
#define TRACE_CURSOR_H

#include "trace.h"

struct trace_cursor;

/* The trace must outlive the cursor. 0; -ENOMEM; -EAGAIN if the host refuses a
 * thread. */
int trace_cursor_open(const struct trace *trace, struct trace_cursor **ret);

/**
 * trace_cursor_next() - the next events
 * @ret:	the first of them; they are the cursor's until the next call
 * @ret_nr:	at least 1; 0 at the end
 *
 * Return: 0, or what went wrong in reading, with trace_cursor_why(); -ESTALE
 * for a source that gives other events than when it was opened, as far as their
 * number and domains tell.
 */
int trace_cursor_next(struct trace_cursor *cur, const struct trace_event **ret,
		      size_t *ret_nr);

/* After an error: "file: reason". */
const char *trace_cursor_why(const struct trace_cursor *cur);

/* Also before the end; NULL is fine. */
void trace_cursor_close(struct trace_cursor *cur);

/*
 * Some events that follow each other; the first is number first of the trace,
 * from 0. While this runs nobody waits for the trace: who measures reads the
 * clock when it begins and when it ends. Not 0 ends the walk.
 */
typedef int (*trace_block_fn)(void *ctx, const struct trace_event *ev,
			      size_t nr, uint64_t first);

/**
 * trace_each() - calls fn for all events of a trace, in order, block by block
 * @why:	TRACE_WHY_SIZE bytes; a reason if the trace cannot be read, else
 *		empty
 *
 * Return: 0; what fn returned; or as trace_cursor_open() and _next().
 */
int trace_each(const struct trace *trace, trace_block_fn fn, void *ctx,
	       char *why);

#endif /* TRACE_CURSOR_H */
