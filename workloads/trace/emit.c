// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events of generators on their way to a sink. Cost: one copy.
 */
#include "emit.h"

int emit_domain(struct emitter *out, const char *name)
{
	return trace_domain(out->info, name);
}

int emit(struct emitter *out, const struct trace_event *ev)
{
	struct trace_sink *sink = out->sink;

	*sink->at = *ev;
	sink->at->line = (uint32_t)++out->nr;
	sink->at++;
	out->nr_maps += ev->type == TRACE_MAP;
	return sink->at == sink->end ? sink->take(sink) : 0;
}
