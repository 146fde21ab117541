/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a trace is like: how large its maps and unmaps are, what is mapped over
 * time, and what in it cannot have been so. The page table is not asked: how
 * many level-2 tables it takes is for a replay to say.
 */
#ifndef TRACE_STAT_H
#define TRACE_STAT_H

#include "live_map.h"

#define TRACE_STAT_SIZES 64 /* powers of two */
#define TRACE_STAT_POINTS                                  \
	24 /* at most; at least half as many, if there are \
	    * as many events */

enum trace_stat_page { STAT_4K, STAT_64K, STAT_1M, STAT_16M, NR_STAT_PAGES };

struct trace_stat_point {
	uint64_t events;  /* done */
	uint64_t time_ns; /* of the last of them, from the trace's first */
	struct live_total live;
};

/* Of one type of event. */
struct trace_stat_type {
	uint64_t bytes;
	uint64_t size[TRACE_STAT_SIZES]; /* [n]: 2^n up to twice that */
	uint64_t page[NR_STAT_PAGES];	 /* pages of that size, as the IOMMU
					  * core chooses; not of TRACE_ANY */
};

struct trace_stat {
	struct trace_stat_type map, unmap;
	uint64_t duration_ns; /* last time minus first, whatever their order */

	struct live_total peak; /* each its own */
	struct live_total end;

	uint64_t merging_unmaps; /* unmaps of several maps at once */
	uint64_t merged_most;	 /* maps in one of them, at most */
	uint64_t part_unmaps;	 /* unmaps that leave part of a map mapped */

	/* What cannot be, in one domain. */
	uint64_t maps_over_live;
	uint64_t unmaps_of_nothing;
	uint64_t unmaps_of_less; /* something, but not all, was mapped */
	uint32_t first_over_live_line;

	struct trace_stat_point point[TRACE_STAT_POINTS];
	unsigned nr_points;
};

/**
 * trace_stat_run() - one pass over a trace
 * @why:	TRACE_WHY_SIZE bytes; on failure "file: reason" or a reason
 *
 * A map over a live iova replaces what was mapped; an unmap of what is mapped
 * in part unmaps that part, behind a hole as well.
 *
 * Return: 0; -ENOMEM; -EAGAIN; else as trace_cursor_next().
 */
int trace_stat_run(const struct trace *trace, struct trace_stat *ret,
		   char *why);

static inline uint64_t trace_stat_anomalies(const struct trace_stat *stat)
{
	return stat->maps_over_live + stat->unmaps_of_nothing +
	       stat->unmaps_of_less;
}

/* Maps over live iovas, in a trace that names no domain: it seems to be of
 * several, which nobody can tell apart. */
bool trace_stat_ambiguous(const struct trace *trace,
			  const struct trace_stat *stat);

#endif /* TRACE_STAT_H */
