/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace dealt out to threads: which events are whose, and what each has to
 * wait for.
 *
 * Each thread does its events in the order of the trace. An event may begin
 * when every earlier one of its domain is done whose iova range overlaps its
 * own. No other order is kept.
 *
 * Is that enough for the page table? Two events that overlap nowhere meet in
 * three places only:
 *	- in the level-2 table of a slot that both have a part of. It is freed
 *	  only where a call unmaps the whole slot or maps a block over it, and
 *	  such an event overlaps all others of the slot.
 *	- in an empty slot of which both map a part. Then one of them loses a
 *	  race; the same table is linked in the end.
 *	- in a page of 64K, 1M or 16M of which both unmap a part: who comes
 *	  first decides what sizes it is split into. So an unmap counts as if it
 *	  reached to the ends of the pages that it cuts.
 * So a trace without anomalies ends with the same translations and the same
 * tables as on one thread. One with anomalies need not: what an unmap cuts is
 * computed as if every map had worked.
 *
 * No deadlock: of the events not done take the first in the trace. Its thread
 * has done all before it, and so is at it; all that it waits for lies before
 * it and is done; so it can run.
 *
 * Concurrency: made by one thread, then read only.
 */
#ifndef DEPS_H
#define DEPS_H

#include "physmem.h"
#include "trace.h"

/* Who does an event. */
enum deal {
	DEAL_SLICE,  /* runs of DEAL_SLICE_EVENTS go round the threads */
	DEAL_DOMAIN, /* thread = domain modulo their number */
	DEAL_CPU,    /* thread = CPU of the trace modulo their number */
	NR_DEALS
};

#define DEAL_SLICE_EVENTS 64

/* "slice", "domain", "cpu", NULL. */
extern const char *const deal_name[NR_DEALS + 1];

/* How a trace is dealt out. */
struct deps_config {
	unsigned nr_threads; /* 1 to PHYSMEM_MAX_CPUS */
	enum deal deal;
	uint64_t pgsizes; /* that maps are made of, by the IOMMU core's rule */
};

/* Until that thread has done so many of its events. */
struct deps_wait {
	uint32_t thread;
	uint32_t done;
};

/* An event of a thread, and how many of the thread's waits come before it. */
struct deps_step {
	uint32_t event;
	uint32_t nr_waits;
};

struct deps_thread {
	struct deps_step *step;
	uint32_t nr_steps;
	struct deps_wait *wait; /* of its steps, one after the other */
	uint32_t nr_waits;
};

struct deps {
	const struct trace *trace;
	unsigned nr_threads;
	uint64_t nr_dependent; /* events with a page that an event of another
				* thread was at last; some need no wait, since
				* their thread has waited for that before */
	struct deps_thread thread[];
};

/* Number of the thread that does an event. */
unsigned deps_thread_of(const struct trace *trace,
			const struct deps_config *cfg, size_t event);

/**
 * deps_create() - deal out, and find out who waits for whom
 * @trace:	must outlive the result
 *
 * Waits are few: for each event and other thread at most one, for the latest
 * of that thread's events, and none that is implied by what the event's own
 * thread has waited for before.
 *
 * Return: 0; -ENOMEM, also for a trace of 2^32 events; -EINVAL for one that is
 * not in memory.
 */
int deps_create(const struct trace *trace, const struct deps_config *cfg,
		struct deps **ret);

/* NULL is fine. */
void deps_destroy(struct deps *deps);

#endif /* DEPS_H */
