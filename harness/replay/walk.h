/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Going through the trace of a machine, block by block: trace_cursor.h for
 * passes.
 */
#ifndef WALK_H
#define WALK_H

#include "replay.h"

/*
 * Some events that follow each other; the first is number first of the trace,
 * from 0. While this runs nobody waits for the trace: who measures reads the
 * clock when it begins and when it ends. Not 0 ends the walk.
 */
typedef int (*walk_fn)(void *ctx, const struct trace_event *ev, size_t nr,
		       uint64_t first);

/**
 * walk_trace() - calls fn for all events of the trace, in order
 *
 * A trace in memory is one call.
 *
 * Return: 0; what fn returned; or why the trace cannot be read, with the reason
 * in m->why, which is empty otherwise.
 */
int walk_trace(struct replay_machine *m, walk_fn fn, void *ctx);

#endif /* WALK_H */
