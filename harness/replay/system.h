/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The system a pass runs on; see replay.h. Built anew for each pass.
 */
#ifndef SYSTEM_H
#define SYSTEM_H

#include "buffers.h"
#include "replay.h"

/* Wraps a fresh instance; takes ownership of inner, also on failure. */
typedef int (*wrap_fn)(void *ctx, struct l2_strategy *inner,
		       const struct l2_env *env, struct l2_strategy **ret);

struct system {
	const struct replay_config *cfg;
	unsigned nr_cpus;
	unsigned nr_domains;
	unsigned nr_instances;
	uint64_t paddr_mask; /* rebased addresses: all bits below oas */
	struct l2_strategy **instance;
	struct v7s **table; /* by domain */
	struct physmem *pm;
	struct buffers *buffers; /* if the trace leaves memory to the machine */
	bool threads;		 /* several use it; until its teardown */
	uint64_t tables_leaked;	 /* by its teardown */
	uint64_t pages_leaked;	 /* likewise */
};

/* Level-1 entries: tables that one domain can need. */
static inline unsigned system_max_tables(const struct replay_config *cfg)
{
	return 1u << (cfg->pgtable.ias - 20);
}

/* Bits that addresses keep where they are rebased, else all. */
static inline uint64_t system_paddr_mask(const struct replay_config *cfg)
{
	return cfg->rebase_paddr ? (1ull << cfg->pgtable.oas) - 1 : ~0ull;
}

/* Where what the trace maps to paddr lies. Keeps alignment up to 16M, so that
 * page sizes stay what they were. */
static inline phys_addr_t system_rebase(uint64_t paddr_mask, phys_addr_t paddr,
					uint64_t size)
{
	uint64_t limit = paddr_mask + 1;

	if (!limit)
		return paddr;
	paddr &= paddr_mask;
	while (paddr + size > limit && paddr >= SZ_16M)
		paddr -= SZ_16M;
	return paddr;
}

/* TRACE_PROT_ as IOMMU_. */
static inline int system_prot(const struct trace_event *ev)
{
	return (ev->prot & TRACE_PROT_READ ? IOMMU_READ : 0) |
	       (ev->prot & TRACE_PROT_WRITE ? IOMMU_WRITE : 0);
}

/* wrap may be NULL. 0; -ENOMEM; else what a constructor says. */
int system_create(struct replay_machine *m, wrap_fn wrap, void *ctx,
		  struct system *ret);

/* The same, nothing wrapped, for threads: thread t is simulated CPU t. */
int system_create_threads(struct replay_machine *m, unsigned nr_threads,
			  struct system *ret);

/* Tables first, then instances. What defective ones leak is counted, and given
 * back so that the next pass finds the machine as this one did. */
void system_destroy(struct system *sys);

/* Ends a timed pass that comes to err, with system_destroy(). err; or what went
 * wrong with buffers; or -EUCLEAN if it did not take as many tables as the
 * memory pass, if there was one. */
int system_finish(struct system *sys, const struct replay_machine *m, int err);

/* True now and then, every 1024th i, once the config's stop flag is set. */
bool system_stopped(const struct system *sys, size_t i);

/* Does one event as the IOMMU core would. 0; the error of iommu_map(), or
 * -ENOMEM if there was no memory for what it maps; or -ENOENT for an unmap that
 * met a hole. */
int system_do(const struct system *sys, const struct trace_event *ev);

/* Of a trace that leaves no memory to the machine: what the IOMMU core returns
 * to the driver, of a map 0 or the error, of an unmap the bytes unmapped. */
int64_t system_result(const struct system *sys, const struct trace_event *ev);

/*
 * The same in three parts, to time the second. Before: takes memory for what
 * the event maps, if the machine is to choose it; after: gives back what is no
 * longer mapped. Without such events in the trace, both do nothing.
 */
void system_take(const struct system *sys, const struct trace_event *ev);
int system_call(const struct system *sys, const struct trace_event *ev);
void system_give(const struct system *sys, const struct trace_event *ev,
		 int err);

static inline void system_before(const struct system *sys,
				 const struct trace_event *ev)
{
	if (sys->buffers)
		system_take(sys, ev);
}

static inline void system_after(const struct system *sys,
				const struct trace_event *ev, int err)
{
	if (sys->buffers)
		system_give(sys, ev, err);
}

/* Maps so far whose memory could not be had. */
static inline uint64_t system_buffer_failures(const struct system *sys)
{
	return sys->buffers ? sys->buffers->nr_failures : 0;
}

/* Of a trace that leaves no memory to the machine: system_do() on that
 * simulated CPU, not the trace's. */
int system_do_on(const struct system *sys, const struct trace_event *ev,
		 unsigned cpu);

#endif /* SYSTEM_H */
