/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the page allocator share: physmem.c owns the arena,
 * page_alloc.c answers requests from the lists of pcp.c and buddy.c within the
 * marks of zone.c, ager.c makes memory old. Nobody else includes this.
 */
#ifndef ZONE_H
#define ZONE_H

#include "physmem_addr.h"

TAILQ_HEAD(page_list, page);

struct free_area {
	struct page_list list[NR_MIGRATETYPES];
	uint64_t nr_free; /* blocks, of all types */
};

/* Free pages that one CPU keeps of one zone. */
struct per_cpu_pages {
	struct page_list list[(PCP_MAX_ORDER + 1) * NR_PCPTYPES];
	uint32_t count; /* pages */
	uint32_t free_factor;
};

enum watermark { WMARK_MIN, WMARK_LOW, WMARK_HIGH, NR_WMARK };

struct zone {
	uint64_t managed; /* pages */
	uint64_t nr_free; /* pages on free lists; those of CPUs not counted */
	uint64_t nr_highatomic;
	uint64_t watermark[NR_WMARK];
	uint64_t lowmem_reserve[NR_ZONES]; /* by zone of the request */
	uint32_t pcp_batch;		   /* 0: no per-CPU lists */
	uint32_t pcp_high;
	uint32_t pcp_max_order;
	uint32_t pcp_doublings; /* of a drain, at most */
	struct free_area area[MAX_ORDER + 1];
	struct per_cpu_pages pcp[PHYSMEM_MAX_CPUS];
};

struct physmem {
	struct physmem_map map; /* first: the header's functions rely on it */
	const struct machine_profile *profile;
	unsigned char *mapping; /* the arena, and slack to align it */
	uint8_t *block_type;	/* enum migratetype, one per pageblock */
	unsigned nr_cpus;
	uint64_t nr_hog; /* pages of ZONE_DMA32 that an ager has */
	struct zone zone[NR_ZONES];
	struct physmem_usage usage;
	struct fault_attr *fault;
};

_Static_assert(offsetof(struct physmem, map) == 0, "see physmem_map_of()");

/* Sets marks, reserves and sizes of per-CPU lists from what zones manage. */
void zones_setup(struct physmem *pm);

/* The part of __zone_watermark_ok() that counts pages; how: alloc flags. */
enum alloc_flag {
	ALLOC_MIN_RESERVE = 1 << 0, /* __GFP_HIGH: half of the minimum */
	ALLOC_NON_BLOCK = 1 << 1,   /* cannot reclaim: another quarter */
	ALLOC_HIGHATOMIC = 1 << 2,  /* may use and make such reserves */
};
#define ALLOC_RESERVES (ALLOC_MIN_RESERVE | ALLOC_NON_BLOCK)

static inline bool zone_has_pages(const struct zone *zone, unsigned order,
				  enum watermark mark, enum zone_type request,
				  unsigned alloc_flags)
{
	uint64_t min = zone->watermark[mark];
	uint64_t unusable = (1ull << order) - 1;

	if (!(alloc_flags & ALLOC_RESERVES))
		unusable += zone->nr_highatomic;
	if (alloc_flags & ALLOC_MIN_RESERVE) {
		min -= min / 2;
		if (alloc_flags & ALLOC_NON_BLOCK)
			min -= min / 4;
	}
	return zone->nr_free > unusable + min + zone->lowmem_reserve[request];
}

/* buddy.c. Free lists: which block, of which type. zone->nr_free follows. */

/* Adds a block at the head, or as at boot at the tail. Counts no page. */
void add_to_free_list(struct physmem *pm, struct page *page, unsigned order,
		      enum migratetype type, bool tail);

/* Takes a block of this type, or steals one; NULL if there is none. */
struct page *rmqueue(struct physmem *pm, struct zone *zone, unsigned order,
		     enum migratetype type);

/* Takes one from the atomic reserves, or NULL. */
struct page *rmqueue_reserved(struct physmem *pm, struct zone *zone,
			      unsigned order);

/* Keeps the rest of page's block for requests like the one that got it. */
void reserve_highatomic(struct physmem *pm, struct page *page);

/* Puts a block back among those of a type, and merges. */
void free_one_page(struct physmem *pm, struct page *page, unsigned order,
		   enum migratetype type);

/* Takes a free block off its list, whole; no pageblock changes its type. */
void unlist_free_page(struct physmem *pm, struct page *page);

/* The free buddy of a block of this order, or NULL. */
struct page *find_buddy(const struct physmem *pm, const struct page *page,
			unsigned order);

/* pcp.c. Per-CPU lists before them. */
static inline bool pcp_allowed(const struct zone *zone, unsigned order)
{
	return zone->pcp_batch && order <= zone->pcp_max_order;
}

struct page *rmqueue_pcplist(struct physmem *pm, struct zone *zone,
			     unsigned cpu, unsigned order,
			     enum migratetype type);
void free_to_pcplist(struct physmem *pm, unsigned cpu, struct page *page,
		     unsigned order);
void drain_all_pages(struct physmem *pm);

static inline uint64_t page_index(const struct physmem *pm,
				  const struct page *page)
{
	return (uint64_t)(page - pm->map.page);
}

/* Pageblocks are aligned in the machine, not in the arena. */
static inline uint64_t pageblock_index(const struct physmem *pm,
				       const struct page *page)
{
	uint64_t first = pm->map.start >> PAGE_SHIFT;

	return ((first + page_index(pm, page)) >> PAGEBLOCK_ORDER) -
	       (first >> PAGEBLOCK_ORDER);
}

static inline enum migratetype type_of_block(const struct physmem *pm,
					     const struct page *page)
{
	return pm->block_type[pageblock_index(pm, page)];
}

static inline struct zone *zone_of(struct physmem *pm, const struct page *page)
{
	return &pm->zone[page->zone];
}

#endif /* ZONE_H */
