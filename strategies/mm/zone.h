/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the page allocator share: physmem.c owns the arena,
 * page_alloc.c answers requests from the lists of pcp.c and buddy.c within the
 * marks of zone.c, ager.c makes memory old. Nobody else includes this.
 *
 * Who may touch what, if there are threads:
 *	zone->lock	free lists, their counters, types of pageblocks, and of a
 *			page all but taken while it has PG_BUDDY
 *	pcp->lock	lists of a CPU, and the pages on them; taken before
 *			zone->lock. Contended by a drain only
 *	the owner	all of its block, and physmem_cpu of the CPU it runs on
 * A zone's counters, heads of its free lists and types of pageblocks are looked
 * at without the lock, as in the kernel; so are flags, to_head and movable of
 * somebody's block by a holder of the lock, who acts on nothing but PG_BUDDY,
 * which only a holder sets and clears. These are read with READ_ONCE(), and
 * written with WRITE_ONCE() by whoever is not kept apart from such a reader.
 */
#ifndef ZONE_H
#define ZONE_H

#include "mm_lock.h"
#include "physmem_addr.h"

#define READ_ONCE(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, value) __atomic_store_n(&(x), value, __ATOMIC_RELAXED)

TAILQ_HEAD(page_list, page);

struct free_area {
	struct page_list list[NR_MIGRATETYPES];
	uint64_t nr_free; /* blocks, of all types */
};

/* Free pages that one CPU keeps of one zone. */
struct per_cpu_pages {
	_Alignas(SMP_CACHE_BYTES) struct mm_lock lock;
	uint32_t count; /* pages */
	uint32_t free_factor;
	struct zone *zone;
	struct page_list list[(PCP_MAX_ORDER + 1) * NR_PCPTYPES];
};

enum watermark { WMARK_MIN, WMARK_LOW, WMARK_HIGH, NR_WMARK };

struct zone {
	/* All that a request reads is on this line and at nr_free. */
	_Alignas(SMP_CACHE_BYTES) uint64_t watermark[NR_WMARK];
	uint64_t lowmem_reserve[NR_ZONES]; /* by zone of the request */
	uint32_t pcp_batch;		   /* 0: no per-CPU lists */
	uint32_t pcp_high;
	uint32_t pcp_max_order;
	uint32_t pcp_doublings; /* of a drain, at most */

	_Alignas(SMP_CACHE_BYTES) struct mm_lock lock;
	uint64_t managed; /* pages */
	uint64_t nr_free; /* pages on free lists; those of CPUs not counted */
	uint64_t nr_highatomic;
	uint64_t nr_steals; /* blocks taken from another type */
	struct free_area area[MAX_ORDER + 1];
	struct per_cpu_pages pcp[PHYSMEM_MAX_CPUS];
};

/* What one CPU counts. */
struct physmem_cpu {
	/* Freed there less taken there, and in one of them what was free at
	 * first: wraps, the sum does not. */
	_Alignas(SMP_CACHE_BYTES) uint64_t pages_free;
	uint64_t nr_allocs;
	uint64_t nr_failures_by[NR_PAGE_FAILURES];
	uint64_t nr_pcp_missed;
};

struct physmem {
	struct physmem_map map; /* first: the header's functions rely on it */
	const struct machine_profile *profile;
	uint8_t *block_type;  /* enum migratetype, one per pageblock */
	uint8_t *block_taken; /* with TRACK_ASAN: was a page of it ever? */
	struct fault_attr *fault;
	unsigned char *mapping; /* the arena, and slack to align it */
	unsigned nr_cpus;
	uint64_t nr_hog; /* pages of ZONE_DMA32 that an ager has */
	uint64_t pages_total;
	struct zone zone[NR_ZONES];
	struct physmem_cpu cpu[PHYSMEM_MAX_CPUS];
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
		unusable += READ_ONCE(zone->nr_highatomic);
	if (alloc_flags & ALLOC_MIN_RESERVE) {
		min -= min / 2;
		if (alloc_flags & ALLOC_NON_BLOCK)
			min -= min / 4;
	}
	return READ_ONCE(zone->nr_free) >
	       unusable + min + zone->lowmem_reserve[request];
}

static inline void zone_lock(struct physmem *pm, struct zone *zone)
{
	mm_lock(&zone->lock, pm->map.threads);
}

static inline void zone_unlock(struct physmem *pm, struct zone *zone)
{
	mm_unlock(&zone->lock, pm->map.threads);
}

/* buddy.c. Free lists: which block, of which type. zone->nr_free follows. All
 * want the zone locked, or nobody else at work, but for those that say so. */

/* Adds a block at the head, or as at boot at the tail. Counts no page. */
void add_to_free_list(struct physmem *pm, struct page *page, unsigned order,
		      enum migratetype type, bool tail);

/* Takes a block of this type, or steals one; NULL if there is none. */
struct page *rmqueue(struct physmem *pm, struct zone *zone, unsigned order,
		     enum migratetype type);

/* Takes one from the atomic reserves, or NULL. */
struct page *rmqueue_reserved(struct physmem *pm, struct zone *zone,
			      unsigned order);

/* Keeps the rest of page's block for requests like the one that got it. Locks
 * the zone. */
void reserve_highatomic(struct physmem *pm, struct page *page);

/* Puts a block back among those of a type, and merges. */
void __free_one_page(struct physmem *pm, struct page *page, unsigned order,
		     enum migratetype type);

/* The same, among those of its pageblock's type. Locks the zone. */
void free_one_page(struct physmem *pm, struct page *page, unsigned order);

/* Takes a free block off its list, whole; no pageblock changes its type. */
void unlist_free_page(struct physmem *pm, struct page *page);

/* The free buddy of a block of this order, or NULL. */
struct page *find_buddy(const struct physmem *pm, const struct page *page,
			unsigned order);

/* pcp.c. Per-CPU lists before them. They lock what they need. */
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
	return READ_ONCE(pm->block_type[pageblock_index(pm, page)]);
}

static inline void set_page_flags(struct page *page, enum page_flag flags)
{
	WRITE_ONCE(page->flags, (uint8_t)flags);
}

/* Free pages that can be had from any list: exact with nobody else at work. */
static inline uint64_t pages_free_sum(const struct physmem *pm)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < PHYSMEM_MAX_CPUS; i++)
		sum += pm->cpu[i].pages_free;
	return sum;
}

static inline struct zone *zone_of(struct physmem *pm, const struct page *page)
{
	return &pm->zone[page->zone];
}

#endif /* ZONE_H */
