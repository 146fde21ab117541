// SPDX-License-Identifier: GPL-2.0-only
/*
 * The loop over blocks that all passes have in common; see walk.h.
 *
 * Cost: one call a block. Concurrency: a thread of the cursor's may read ahead.
 */
#include "walk.h"

#include <stdio.h>
#include <string.h>

#include "trace_cursor.h"

int walk_trace(struct replay_machine *m, walk_fn fn, void *ctx)
{
	const struct trace_event *ev;
	struct trace_cursor *cur;
	uint64_t first = 0;
	size_t nr;
	int err = trace_cursor_open(m->trace, &cur);

	m->why[0] = '\0';
	if (err) {
		snprintf(m->why, sizeof(m->why), "reading ahead: %s",
			 strerror(-err));
		return err;
	}
	for (;; first += nr) {
		err = trace_cursor_next(cur, &ev, &nr);
		if (err)
			snprintf(m->why, sizeof(m->why), "%s",
				 trace_cursor_why(cur));
		else if (nr)
			err = fn(ctx, ev, nr, first);
		if (err || !nr)
			break;
	}
	trace_cursor_close(cur);
	return err;
}
