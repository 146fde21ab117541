// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page allocator: which zone a request may use, how deep, and what it gets.
 *
 * Models get_page_from_freelist() and gfp_to_alloc_flags() of mm/page_alloc.c
 * of Linux 6.1: zones are tried down to the low mark, then down to what the
 * request's gfp allows; per-CPU lists (pcp.c) before free lists (buddy.c); an
 * atomic request of a higher order reserves the pageblock it got for its like.
 * Left out: reclaim and compaction (nothing is freed or moved on behalf of a
 * request, but one that may reclaim drains the per-CPU lists), giving atomic
 * reserves back, ALLOC_NOFRAGMENT, NUMA, and what a real system takes and
 * frees beside us; of 4.20 that a single page never comes from a reserve.
 *
 * Cost: O(1) from a per-CPU list; O(MAX_ORDER) from a free list; one write per
 * page of the block, as prep_compound_page() has.
 * Invariant: see physmem_check().
 * Concurrency: any number of threads, each with CPUs of its own; see zone.h.
 * Marks and free blocks are looked at without a lock, so that a request may
 * find less than it saw, and then goes on to the next zone. Which call of
 * several threads an injected fault hits is up to chance; how many, is not.
 */
#include <errno.h>
#include <stdlib.h>

#include "mm_assert.h"
#include "track.h"
#include "zone.h"

struct request {
	unsigned cpu;
	unsigned order;
	enum zone_type zone; /* highest allowed */
	enum migratetype type;
	unsigned flags; /* enum alloc_flag, for the second try */
};

/* A free block of this order or above that the request may use. */
static bool has_block(const struct zone *zone, unsigned order, unsigned flags)
{
	if (!order)
		return true; /* the mark has said so */
	for (; order <= MAX_ORDER; order++) {
		const struct free_area *area = &zone->area[order];
		unsigned type;

		for (type = 0; type < NR_PCPTYPES; type++)
			if (READ_ONCE(area->list[type].tqh_first))
				return true;
		if (flags & ALLOC_HIGHATOMIC &&
		    READ_ONCE(area->list[MIGRATE_HIGHATOMIC].tqh_first))
			return true;
	}
	return false;
}

/* By value, so that the request stays in registers. */
static __attribute__((noinline)) struct page *
rmqueue_buddy(struct physmem *pm, struct zone *zone, unsigned order,
	      enum migratetype type, unsigned flags)
{
	struct page *page = NULL;

	zone_lock(pm, zone);
	if (flags & ALLOC_HIGHATOMIC)
		page = rmqueue_reserved(pm, zone, order);
	if (!page)
		page = rmqueue(pm, zone, order, type);
	if (!page && flags & ALLOC_NON_BLOCK)
		page = rmqueue_reserved(pm, zone, order);
	zone_unlock(pm, zone);
	return page;
}

static inline struct page *take_from_zone(struct physmem *pm, struct zone *zone,
					  const struct request *req,
					  unsigned flags)
{
	struct page *page = NULL;

	if (pcp_allowed(zone, req->order))
		page = rmqueue_pcplist(pm, zone, req->cpu, req->order,
				       req->type);
	return page ? page
		    : rmqueue_buddy(pm, zone, req->order, req->type, flags);
}

/* Goes down the zones; what is missing says why none could give. */
static inline __attribute__((always_inline)) struct page *
try_zones(struct physmem *pm, const struct request *req, enum watermark mark,
	  unsigned flags, enum page_failure *missing)
{
	int z;

	*missing = PAGE_FAIL_MARK;
	for (z = req->zone; z >= 0; z--) {
		struct zone *zone = &pm->zone[z];
		struct page *page = NULL;

		if (!zone_has_pages(zone, req->order, mark, req->zone, flags))
			continue;
		*missing = PAGE_FAIL_ORDER;
		if (has_block(zone, req->order, flags))
			page = take_from_zone(pm, zone, req, flags);
		if (!page)
			continue;
		if (flags & ALLOC_HIGHATOMIC)
			reserve_highatomic(pm, page);
		return page;
	}
	return NULL;
}

static struct request make_request(const struct physmem *pm, unsigned cpu,
				   gfp_t gfp, unsigned order)
{
	struct request req = {
		.cpu = cpu,
		.order = order,
		.zone = gfp & GFP_DMA	  ? ZONE_DMA
			: gfp & GFP_DMA32 ? ZONE_DMA32
					  : ZONE_NORMAL,
		.type = pm->profile->plain	  ? MIGRATE_UNMOVABLE
			: gfp & __GFP_MOVABLE	  ? MIGRATE_MOVABLE
			: gfp & __GFP_RECLAIMABLE ? MIGRATE_RECLAIMABLE
						  : MIGRATE_UNMOVABLE,
	};

	if (gfp & __GFP_HIGH)
		req.flags |= ALLOC_MIN_RESERVE;
	if (!(gfp & (__GFP_DIRECT_RECLAIM | __GFP_NOMEMALLOC))) {
		req.flags |= ALLOC_NON_BLOCK;
		if (order && gfp & __GFP_HIGH)
			req.flags |= ALLOC_HIGHATOMIC;
	}
	return req;
}

/* No zone could give within its low mark. */
static __attribute__((noinline)) struct page *
alloc_slowpath(struct physmem *pm, const struct request *req, gfp_t gfp,
	       enum page_failure *missing)
{
	unsigned flags = pm->profile->plain ? 0 : req->flags;
	struct page *page = try_zones(pm, req, WMARK_MIN, flags, missing);

	if (!page && gfp & __GFP_DIRECT_RECLAIM) {
		drain_all_pages(pm);
		page = try_zones(pm, req, WMARK_MIN, flags, missing);
	}
	return page;
}

static inline struct page *get_pages(struct physmem *pm,
				     const struct request *req, gfp_t gfp,
				     enum page_failure *missing)
{
	struct page *page = try_zones(pm, req, WMARK_LOW, 0, missing);

	return page ? page : alloc_slowpath(pm, req, gfp, missing);
}

static void make_compound(struct page *page, unsigned order, bool movable)
{
	uint32_t i;

	set_page_flags(page, PG_HEAD);
	page->order = (uint8_t)order;
	WRITE_ONCE(page->movable, movable);
	page->taken++;
	for (i = 1; i < 1u << order; i++) {
		set_page_flags(&page[i], PG_TAIL);
		WRITE_ONCE(page[i].to_head, i);
		page[i].zone = page->zone;
		page[i].taken++;
	}
}

/* physmem_destroy() need not look at the others' pages. */
static void mark_blocks_taken(struct physmem *pm, const struct page *page,
			      unsigned order)
{
#ifdef TRACK_ASAN
	const struct page *last = page + (1u << order) - 1;

	pm->block_taken[pageblock_index(pm, page)] = 1;
	pm->block_taken[pageblock_index(pm, last)] = 1;
#else
	(void)pm;
	(void)page;
	(void)order;
#endif
}

int physmem_alloc_pages(struct physmem *pm, unsigned cpu, gfp_t gfp,
			unsigned order, struct page **ret_page)
{
	enum page_failure missing = PAGE_FAIL_INJECTED;
	struct request req = make_request(pm, cpu, gfp, order);
	struct page *page = NULL;

	mm_assert(cpu < PHYSMEM_MAX_CPUS);
	if (order > MAX_ORDER)
		return -EINVAL;
	if ((pm->fault && order < pm->fault->min_order) ||
	    !fault_should_fail(pm->fault))
		page = get_pages(pm, &req, gfp, &missing);
	if (!page) {
		pm->cpu[cpu].nr_failures_by[missing]++;
		return -ENOMEM;
	}
	make_compound(page, order, gfp & __GFP_MOVABLE);
	mark_blocks_taken(pm, page, order);
	pm->cpu[cpu].pages_free -= 1ull << order;
	pm->cpu[cpu].nr_allocs++;
	track_unpoison(physmem_page_va(pm, page), (size_t)PAGE_SIZE << order);
	if (gfp & __GFP_ZERO)
		clear_memory(physmem_page_va(pm, page),
			     (size_t)PAGE_SIZE << order);
	*ret_page = page;
	return 0;
}

void physmem_free_pages(struct physmem *pm, unsigned cpu, struct page *page,
			unsigned order)
{
	uint32_t i;

	/* Always on: a wrong free corrupts what every figure rests on. */
	if (page_index(pm, page) >= pm->map.nr_pages ||
	    page->flags != PG_HEAD || page->order != order)
		abort();
	track_poison(physmem_page_va(pm, page), (size_t)PAGE_SIZE << order);
	for (i = 0; i < 1u << order; i++)
		set_page_flags(&page[i], 0);
	pm->cpu[cpu].pages_free += 1ull << order;
	if (pcp_allowed(zone_of(pm, page), order))
		free_to_pcplist(pm, cpu, page, order);
	else
		free_one_page(pm, page, order);
}
