/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What implementations of a strategy share. Nothing outside strategies/
 * includes this.
 *
 * Concurrency: where a struct l2_usage is written, it is the shard of the CPU
 * that calls, or the caller holds the lock it is counted under.
 */
#ifndef L2_INTERNAL_H
#define L2_INTERNAL_H

#include <errno.h>

#include "l2_strategy.h"
#include "physmem.h"
#include "track.h"

#define L2_TABLES_PER_PAGE (PAGE_SIZE / L2_TABLE_SIZE)

/*
 * The counters of an instance, a shard for each CPU, or the first for all if
 * there are no threads. A shard may wrap (a table is freed on another CPU); the
 * sums do not. Zeroed and l2_counts_init() before use.
 */
struct l2_counts {
	unsigned mask; /* of cpu: its shard */
	/* The padding keeps shards of two CPUs on lines of their own wherever
	 * the instance begins. */
	struct {
		struct l2_usage usage;
		char pad[SMP_CACHE_BYTES];
	} shard[PHYSMEM_MAX_CPUS];
};

static inline void l2_counts_init(struct l2_counts *counts,
				  const struct l2_env *env)
{
	counts->mask = env->threads ? PHYSMEM_MAX_CPUS - 1 : 0;
}

/* What cpu counts in. */
static inline struct l2_usage *l2_shard(struct l2_counts *counts, unsigned cpu)
{
	return &counts->shard[cpu & counts->mask].usage;
}

static inline void l2_usage_add(struct l2_usage *sum,
				const struct l2_usage *usage)
{
	unsigned i;

	sum->nr_tables += usage->nr_tables;
	sum->pages_held += usage->pages_held;
	sum->metadata_bytes += usage->metadata_bytes;
	sum->nr_refills += usage->nr_refills;
	sum->nr_fallbacks += usage->nr_fallbacks;
	for (i = 0; i < L2_NR_FAILURES; i++)
		sum->nr_failures[i] += usage->nr_failures[i];
}

static inline void l2_counts_sum(const struct l2_counts *counts,
				 struct l2_usage *ret)
{
	unsigned i;

	*ret = counts->shard[0].usage;
	for (i = 1; i <= counts->mask; i++)
		l2_usage_add(ret, &counts->shard[i].usage);
}

/* Counts a failure; returns its errno. */
static inline int l2_fail(struct l2_usage *usage, enum l2_failure why)
{
	usage->nr_failures[why]++;
	return why == L2_FAIL_EXHAUSTED ? -ENOSPC
	       : why == L2_FAIL_RANGE	? -ERANGE
					: -ENOMEM;
}

/* True where a page table can point: below 4 GiB if DMA32 was asked for. */
static inline bool l2_reachable(const struct l2_env *env, phys_addr_t paddr)
{
	return !(env->zone_gfp & GFP_DMA32) || paddr + L2_TABLE_SIZE <= SZ_4G;
}

/* Adds an attribute; more than L2_MAX_ATTRS are dropped. */
static inline void l2_attr(struct l2_attrs *attrs, const char *name,
			   uint64_t value)
{
	if (attrs->nr == L2_MAX_ATTRS)
		return;
	attrs->row[attrs->nr].name = name;
	attrs->row[attrs->nr++].value = value;
}

/* The attributes that follow from usage. */
static inline void l2_usage_attrs(const struct l2_usage *usage,
				  struct l2_attrs *ret)
{
	l2_attr(ret, "tables", usage->nr_tables);
	l2_attr(ret, "pages_held", usage->pages_held);
	l2_attr(ret, "metadata_bytes", usage->metadata_bytes);
	l2_attr(ret, "refills", usage->nr_refills);
	l2_attr(ret, "order_fallbacks", usage->nr_fallbacks);
}

/* Hands out va, which is at paddr: counts it, and makes it touchable. */
static inline void l2_publish_at(struct l2_usage *usage, void *va,
				 phys_addr_t paddr, struct l2_table *ret)
{
	track_unpoison(va, L2_TABLE_SIZE);
	usage->nr_tables++;
	ret->va = va;
	ret->paddr = paddr;
}

static inline void l2_publish(const struct l2_env *env, struct l2_usage *usage,
			      void *va, struct l2_table *ret)
{
	l2_publish_at(usage, va, physmem_paddr(env->pm, va), ret);
}

/* Takes a table back: nobody may touch it, but for the link. Before it can be
 * handed out again, also by another CPU. */
static inline void l2_retire(struct l2_usage *usage, const void *va)
{
	const char *p = va;

	usage->nr_tables--;
	track_poison(p, L2_LINK_OFFSET);
	track_poison(p + L2_LINK_OFFSET + L2_LINK_SIZE,
		     L2_TABLE_SIZE - L2_LINK_OFFSET - L2_LINK_SIZE);
}

#endif /* L2_INTERNAL_H */
