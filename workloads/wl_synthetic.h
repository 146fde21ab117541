/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events of generated workloads: one domain without a name, cpu 0, a time
 * stamp each microsecond, and pages of memory handed out in ascending order
 * unless they are chosen.
 */
#ifndef WL_SYNTHETIC_H
#define WL_SYNTHETIC_H

#include "emit.h"
#include "sizes.h"

#define NR_SLOTS 4096u /* of 1 MiB in 4 GiB of iova space */

/* Physical pages come from here to the end of 32 bits, then again. */
#define SYNTHETIC_PADDR ((uint64_t)0x40000000)
#define SYNTHETIC_PAGES (((uint64_t)0x100000000 - SYNTHETIC_PADDR) / SZ_4K)

static inline int synthetic_put(struct emitter *out, struct trace_event ev)
{
	ev.time_ns = out->nr * 1000;
	ev.prot = TRACE_PROT_READ | TRACE_PROT_WRITE;
	return emit(out, &ev);
}

static inline int synthetic_append(struct emitter *out, enum trace_type type,
				   uint64_t iova, uint64_t size)
{
	struct trace_event ev = {
		.iova = iova,
		.size = size,
		.type = (uint8_t)type,
	};

	if (type == TRACE_MAP)
		ev.paddr = SYNTHETIC_PADDR +
			   out->nr_maps % SYNTHETIC_PAGES * SZ_4K;
	return synthetic_put(out, ev);
}

#endif /* WL_SYNTHETIC_H */
