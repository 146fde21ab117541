/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is mapped at a moment of a trace: ranges of iova that do not overlap,
 * for each domain, in order. They come and go with the maps and unmaps; what
 * is not mapped takes no memory.
 *
 * Concurrency: none.
 */
#ifndef LIVE_MAP_H
#define LIVE_MAP_H

#include "trace.h"

/* A map event, or what unmaps have left of one. */
struct live_range {
	uint64_t start, last; /* iova, both mapped */
	uint64_t paddr;	      /* of start; means nothing with TRACE_ANY */
	uint64_t map;	      /* which map, of those added; from 0 */
	uint16_t domain;
	uint16_t cpu;
	uint8_t prot;
	uint8_t flags;
};

#define LIVE_SLOT_SHIFT 20 /* an entry of level 1 */

struct live_total {
	uint64_t bytes;
	uint64_t slots; /* of 1 MiB in which something is mapped, by domain */
	uint64_t ranges;
};

struct live_map;

/* An empty one of nr_domains domains. 0 or -ENOMEM. */
int live_map_create(unsigned nr_domains, struct live_map **ret);

/* NULL is fine. */
void live_map_destroy(struct live_map *map);

struct live_total live_map_total(const struct live_map *map);

/* What an event took away. */
struct live_removed {
	uint64_t bytes;
	uint64_t maps; /* how many of them it was in */
	bool cut;      /* part of one of these maps stays */
};

/* Unmaps what of the event's range is mapped. 0 or -ENOMEM, with nothing
 * changed. */
int live_map_remove(struct live_map *map, const struct trace_event *ev,
		    struct live_removed *ret);

/* Maps the event's range, in which nothing may be mapped. 0 or -ENOMEM, with
 * nothing changed. */
int live_map_add(struct live_map *map, const struct trace_event *ev);

typedef int (*live_fn)(void *ctx, const struct live_range *range);

/* Calls fn for each range, by domain and then ascending, until it returns
 * other than 0, which is then returned. */
int live_map_each(const struct live_map *map, live_fn fn, void *ctx);

#endif /* LIVE_MAP_H */
