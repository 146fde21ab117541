/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a struct v7s is made of, for v7s.c and v7s_walk.c alone.
 */
#ifndef V7S_TABLE_H
#define V7S_TABLE_H

#include "v7s_pte.h"

struct page;

/*
 * Invariant: an entry of l1 of type table points to an l2_table that is alive
 * in env.l2, and no other entry points to the same one.
 *
 * Synchronization: l1 and the level-2 entries by atomic loads and stores, new
 * tables by compare-exchange. The rest is for one thread.
 */
struct v7s {
	uint32_t *l1;
	uintptr_t va_offset; /* va = paddr + va_offset, for all of RAM */
	uint64_t l1_index_mask;
	struct v7s_config cfg;
	struct v7s_stats stats;
	struct v7s_env env;
	struct page *l1_page;
	unsigned l1_order;
	struct v7s_regs regs;
};

static inline uint32_t v7s_read(const uint32_t *ptep)
{
	return __atomic_load_n(ptep, __ATOMIC_ACQUIRE);
}

static inline unsigned v7s_l1_index(const struct v7s *table, uint64_t iova)
{
	return (unsigned)(iova >> V7S_L1_SHIFT & table->l1_index_mask);
}

static inline unsigned v7s_l2_index(uint64_t iova)
{
	return iova >> V7S_L2_SHIFT & (V7S_L2_ENTRIES - 1);
}

/* The entries of the l2_table that a level-1 descriptor points to. */
static inline uint32_t *v7s_l2(const struct v7s *table, uint32_t pte)
{
	phys_addr_t paddr = v7s_table_paddr(pte, table->cfg.quirks);

	return (uint32_t *)(uintptr_t)(paddr + table->va_offset);
}

#endif /* V7S_TABLE_H */
