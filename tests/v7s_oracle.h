/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What Linux's page table does, told without a page table: one record per 4K
 * of address space, and per 1M whether there is a level-2 table. Knows what
 * each call must return, change, allocate, free, flush and sync in 4.20, 6.1
 * and 6.13, with their defects or with splits corrected or off.
 *
 * Only two windows of the address space exist, one at each end. Calls of
 * several pages are calls of one page, one after the other: path=batch, which
 * does runs at once, must not differ but in how often it syncs, and must sync
 * each run of plain entries at least once.
 */
#ifndef V7S_ORACLE_H
#define V7S_ORACLE_H

#include "v7s_walker.h"

#define WINDOW_SLOTS 32u /* of 1M */
#define NR_SLOTS (2 * WINDOW_SLOTS)
#define SLOT_PAGES 256u
#define NR_PAGES (NR_SLOTS * SLOT_PAGES)
#define MIN_IOVA_BITS 26u /* both windows */

enum event {
	EV_MAP,
	EV_MAP_EXISTS,
	EV_MAP_NOMEM,
	EV_MAP_INVALID,
	EV_MAP_RANGE,
	EV_MAP_NOTHING, /* 4.20: neither READ nor WRITE */
	EV_MAP_FLUSH,	/* TLBI_ON_MAP */
	EV_UNMAP,
	EV_UNMAP_HOLE,
	EV_UNMAP_RANGE,
	EV_SPLIT_64K,
	EV_SPLIT_1M,
	EV_SPLIT_16M,
	EV_SPLIT_NOMEM,
	EV_SPLIT_REFUSED,
	EV_SECOND_TRY,
	EV_BLOCK_OVER_TABLE,
	EV_TABLE_UNMAPPED,
	EV_OVER_TOP, /* of the address space, by a run that began below */
	NR_EVENTS
};

/* Entries of one table that a batch may have written and synced at once. */
struct oracle_run {
	unsigned first, nr;
	uint64_t high; /* bits of paddr that are the same for all */
};

struct oracle {
	struct v7s_config cfg;
	enum v7s_split split; /* what cfg asks for in its kernel */
	bool coherent;
	bool batch;
	unsigned iova_bits, paddr_bits; /* that a call may use */
	struct found page[NR_PAGES];
	bool has_table[NR_SLOTS];
	struct v7s_stats stats; /* but for the causes of l2_failures */
	/* The fewest that are right; those of stats are the most. */
	uint64_t min_dma_syncs, min_dma_lines;
	struct oracle_run run;
	uint64_t fail_in; /* allocations until one fails; 0: none will */
	uint64_t event[NR_EVENTS];
};

struct call {
	bool unmap;
	uint64_t iova;
	uint64_t paddr;
	uint64_t pgsize;
	uint64_t pgcount;
	int prot;
	unsigned cpu;
	uint64_t fail_in; /* which of its allocations fails, from 1; 0: none */
};

/* An empty table of a valid configuration, all else zero. */
void oracle_init(struct oracle *o, const struct v7s_config *cfg);

/* Whether v7s_create() must take a configuration; the oracle itself needs
 * MIN_IOVA_BITS. */
bool oracle_config_valid(const struct v7s_config *cfg);

/* Bits of an iova that choose an entry. */
unsigned oracle_iova_bits(const struct v7s_config *cfg);

/* Record of an iova, which must lie in a window, whatever its high bits. */
unsigned page_index(const struct oracle *o, uint64_t iova);

/* The iova of a record. */
uint64_t page_iova(const struct oracle *o, unsigned page);

/*
 * The errno that a map call must return, and the bytes it must map. Behind it,
 * as behind oracle_unmap(), o->fail_in is 0 unless the call made fewer
 * allocations than call.fail_in.
 */
int oracle_map(struct oracle *o, const struct call *c, uint64_t *ret_mapped);

/* The bytes that an unmap call must return. */
uint64_t oracle_unmap(struct oracle *o, const struct call *c);

/* Name of the first counter that is not what it may be, and both values; NULL
 * if all are right. */
const char *oracle_counts_differ(const struct oracle *o,
				 const struct v7s_stats *got, uint64_t *ret_got,
				 uint64_t *ret_want);

const char *event_name(enum event event);

#endif /* V7S_ORACLE_H */
