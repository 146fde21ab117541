// SPDX-License-Identifier: GPL-2.0-only
/*
 * Joining tracepoints and kprobes of the same calls, which is what is done
 * with the events of a source before they reach a sink.
 *
 * Cost: none where nothing is joined.
 */
#include <errno.h>

#include "trace.h"

int trace_source_read(struct trace_source *src, struct trace *info,
		      struct trace_sink *sink, char *why)
{
	return src->ops->read(src, info, sink, why);
}

void trace_source_close(struct trace_source *src)
{
	if (src)
		src->ops->close(src);
}
