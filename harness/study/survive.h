/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How little memory below 4 GiB a workload can do with: the smallest
 * ZONE_DMA32 in which a trace runs to its end without a table that could not
 * be allocated.
 *
 * The size is that of struct age_config: the zone that the machine boots with,
 * in which domains are made, and which is fragmented then. It is found by
 * bisection between sizes that were tried, so that the answer serves and a page
 * less does not. More memory need not always be better: where pages lie changes
 * with the size. So sizes on both sides are tried too, and those that
 * contradict are counted.
 *
 * Concurrency: one thread; the stop flag of the config may be set by a signal.
 */
#ifndef SURVIVE_H
#define SURVIVE_H

#include "replay.h"

#define SURVIVE_PROBES 4 /* sizes tried beyond the bisection, on each side */

struct survive_result {
	bool found;	       /* false: not even with a quarter of the
				* profile's zone */
	uint64_t bytes;	       /* of the smallest zone; whole pages */
	uint64_t failed_event; /* from 1, with a page less, or with that quarter
				* if not found; 0: before the first */
	unsigned trials;
	unsigned contradictions; /* smaller ones that serve, larger that do
				  * not, among SURVIVE_PROBES each */
};

/**
 * survive_once() - does a trace run to its end without a failed allocation?
 * @cfg: age.zone_bytes says how large the zone is; 0: untouched
 *
 * A level-1 table or a pool that cannot be had is a failure too, and so is a
 * zone that cannot have so many pages free in that state. Ends at the first.
 *
 * @ret_event: the event that failed, from 1, or 0 for what comes before; if
 *	it fails
 *
 * @why: TRACE_WHY_SIZE bytes, written on failure
 *
 * Return: 0; -ENOMEM of the host; -EINTR; or as trace_cursor_next().
 */
int survive_once(const struct replay_config *cfg, const struct trace *trace,
		 const struct l2_spec *spec, bool *ret, uint64_t *ret_event,
		 char *why);

/* A size, in pages, to try: 0, or as survive_once(). */
typedef int (*survive_try_fn)(void *ctx, uint64_t pages, bool *ret);

/* The search alone, which leaves failed_event 0. Errors are those of try. */
int survive_search(survive_try_fn try, void *ctx, uint64_t max_pages,
		   struct survive_result *ret);

/* Both together. Errors as survive_once(); -EUCLEAN if a size that failed
 * serves when tried again. */
int survive_least(const struct replay_config *cfg, const struct trace *trace,
		  const struct l2_spec *spec, struct survive_result *ret,
		  char *why);

#endif /* SURVIVE_H */
