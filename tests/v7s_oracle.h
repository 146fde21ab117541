/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What Linux 6.1's page table does, told without a page table: one record per
 * 4K of address space, and per 1M whether there is a level-2 table. Knows what
 * each call must return, change, allocate and free, 6.1's defects included.
 *
 * Only two windows of the address space exist, one at each end.
 */
#ifndef V7S_ORACLE_H
#define V7S_ORACLE_H

#include "v7s_walker.h"

#define WINDOW_SLOTS 32u /* of 1M */
#define NR_SLOTS (2 * WINDOW_SLOTS)
#define SLOT_PAGES 256u
#define NR_PAGES (NR_SLOTS * SLOT_PAGES)

enum event {
	EV_MAP,
	EV_MAP_EXISTS,
	EV_MAP_NOMEM,
	EV_MAP_INVALID,
	EV_MAP_RANGE,
	EV_UNMAP,
	EV_UNMAP_HOLE,
	EV_UNMAP_RANGE,
	EV_SPLIT_64K,
	EV_SPLIT_1M,
	EV_SPLIT_16M,
	EV_SPLIT_NOMEM,
	EV_SECOND_TRY,
	EV_BLOCK_OVER_TABLE,
	EV_TABLE_UNMAPPED,
	EV_WRAPPED,
	NR_EVENTS
};

struct oracle {
	struct v7s_config cfg;
	struct found page[NR_PAGES];
	bool has_table[NR_SLOTS];
	struct v7s_stats stats; /* l2_failures is not kept */
	uint64_t fail_in;	/* allocations until one fails; 0 never */
	uint64_t event[NR_EVENTS];
};

struct call {
	bool unmap;
	uint64_t iova;
	uint64_t paddr;
	uint64_t pgsize;
	uint64_t pgcount;
	int prot;
};

/* Record of an iova, which must lie in a window, whatever its high bits. */
unsigned page_index(const struct oracle *o, uint64_t iova);

/* The iova of a record. */
uint64_t page_iova(const struct oracle *o, unsigned page);

/* The errno that a map call must return, and the bytes it must map. */
int oracle_map(struct oracle *o, const struct call *c, uint64_t *ret_mapped);

/* The bytes that an unmap call must return. */
uint64_t oracle_unmap(struct oracle *o, const struct call *c);

#endif /* V7S_ORACLE_H */
