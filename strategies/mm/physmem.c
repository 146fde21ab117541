// SPDX-License-Identifier: GPL-2.0-only
/*
 * The arena, its struct pages, and a binary buddy allocator per zone.
 *
 * Models mm/page_alloc.c of Linux 6.1 as far as a block's order, zone and
 * address decide: blocks of 2^order pages aligned to their size, the lower
 * half of a split handed out, merging on free up to MAX_ORDER, zone fallback
 * by gfp. Left out: per-CPU page lists, migrate types, watermarks and reserves,
 * reclaim.
 *
 * Cost: alloc and free O(MAX_ORDER) list operations plus one write per page of
 * the block, as prep_compound_page() has.
 * Invariant: each page of RAM is in exactly one block, free (PG_BUDDY on its
 * head) or taken (PG_HEAD, PG_TAIL); see physmem_check().
 * Concurrency: none; one thread at a time.
 */
#include "physmem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "mm_assert.h"
#include "track.h"

TAILQ_HEAD(page_list, page);

#define MAX_BLOCK ((size_t)PAGE_SIZE << MAX_ORDER)

struct free_area {
	struct page_list list;
	uint64_t nr_free; /* blocks */
};

struct physmem {
	struct physmem_map map; /* first: the header's functions rely on it */
	const struct machine_profile *profile;
	unsigned char *mapping; /* the arena, and slack to align it */
	struct free_area zone[NR_ZONES][MAX_ORDER + 1];
	struct physmem_usage usage;
	struct fault_attr *fault;
};

_Static_assert(offsetof(struct physmem, map) == 0, "see physmem_map_of()");

static void *map_lazily(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static uint64_t page_index(const struct physmem *pm, const struct page *page)
{
	return (uint64_t)(page - pm->map.page);
}

/* Index of a page's buddy: the pfn, not the index in the arena, decides. */
static uint64_t buddy_index(const struct physmem *pm, uint64_t index,
			    unsigned order)
{
	uint64_t first = pm->map.start >> PAGE_SHIFT;

	return ((index + first) ^ (1ull << order)) - first;
}

static void add_free(struct physmem *pm, struct page *page, unsigned order)
{
	struct free_area *area = &pm->zone[page->zone][order];

	page->flags = PG_BUDDY;
	page->order = (uint8_t)order;
	TAILQ_INSERT_HEAD(&area->list, page, buddy);
	area->nr_free++;
}

static void del_free(struct physmem *pm, struct page *page)
{
	struct free_area *area = &pm->zone[page->zone][page->order];

	TAILQ_REMOVE(&area->list, page, buddy);
	area->nr_free--;
	page->flags = 0;
}

/* Hands a range to the free lists in the largest aligned blocks. */
static void add_range(struct physmem *pm, const struct machine_range *range)
{
	uint64_t pfn = range->start >> PAGE_SHIFT;
	uint64_t end = range->end >> PAGE_SHIFT;
	uint64_t first = pm->map.start >> PAGE_SHIFT;

	while (pfn < end) {
		unsigned order = MAX_ORDER;
		struct page *page = &pm->map.page[pfn - first];
		struct free_area *area;

		while ((pfn & ((1ull << order) - 1)) ||
		       pfn + (1ull << order) > end)
			order--;
		page->zone = (uint8_t)range->zone;
		page->flags = PG_BUDDY;
		page->order = (uint8_t)order;
		area = &pm->zone[range->zone][order];
		/* At the tail, so that low addresses go first, as at boot. */
		TAILQ_INSERT_TAIL(&area->list, page, buddy);
		area->nr_free++;
		pfn += 1ull << order;
		pm->usage.pages_total += 1ull << order;
	}
}

int physmem_create(const struct machine_profile *profile, struct physmem **ret)
{
	struct physmem *pm = calloc(1, sizeof(*pm));
	unsigned i, order;

	if (!pm)
		return -ENOMEM;
	pm->profile = profile;
	pm->map.start = profile->range[0].start;
	pm->map.nr_pages =
		(profile->range[profile->nr_ranges - 1].end - pm->map.start) >>
		PAGE_SHIFT;
	pm->mapping = map_lazily((pm->map.nr_pages << PAGE_SHIFT) + MAX_BLOCK);
	pm->map.page = map_lazily(pm->map.nr_pages * sizeof(*pm->map.page));
	if (!pm->mapping || !pm->map.page) {
		physmem_destroy(pm);
		return -ENOMEM;
	}
	/* Aligned as their paddr is: users of blocks rely on it. */
	pm->map.arena =
		pm->mapping +
		((pm->map.start - (uintptr_t)pm->mapping) & (MAX_BLOCK - 1));
	for (i = 0; i < NR_ZONES; i++)
		for (order = 0; order <= MAX_ORDER; order++)
			TAILQ_INIT(&pm->zone[i][order].list);
	for (i = 0; i < profile->nr_ranges; i++)
		add_range(pm, &profile->range[i]);
	pm->usage.pages_free = pm->usage.pages_total;
	*ret = pm;
	return 0;
}

void physmem_destroy(struct physmem *pm)
{
	if (!pm)
		return;
	if (pm->mapping) {
		/* The next mapping at this address must start clean. */
		track_unpoison(pm->map.arena, pm->map.nr_pages << PAGE_SHIFT);
		munmap(pm->mapping,
		       (pm->map.nr_pages << PAGE_SHIFT) + MAX_BLOCK);
	}
	if (pm->map.page)
		munmap(pm->map.page, pm->map.nr_pages * sizeof(*pm->map.page));
	free(pm);
}

const struct machine_profile *physmem_profile(const struct physmem *pm)
{
	return pm->profile;
}

static struct page *take_from_zone(struct physmem *pm, unsigned zone,
				   unsigned order)
{
	struct page *page = NULL;
	unsigned have;

	for (have = order; have <= MAX_ORDER; have++) {
		page = TAILQ_FIRST(&pm->zone[zone][have].list);
		if (page)
			break;
	}
	if (!page)
		return NULL;
	del_free(pm, page);
	while (have > order) {
		struct page *upper;

		have--;
		upper = page + (1ull << have);
		upper->zone = page->zone;
		add_free(pm, upper, have);
	}
	return page;
}

static void make_compound(struct page *page, unsigned order)
{
	uint32_t i;

	page->flags = PG_HEAD;
	page->order = (uint8_t)order;
	page->taken++;
	for (i = 1; i < 1u << order; i++) {
		page[i].flags = PG_TAIL;
		page[i].to_head = i;
		page[i].zone = page->zone;
		page[i].taken++;
	}
}

int physmem_alloc_pages(struct physmem *pm, unsigned cpu, gfp_t gfp,
			unsigned order, struct page **ret_page)
{
	int zone = gfp & GFP_DMA     ? ZONE_DMA
		   : gfp & GFP_DMA32 ? ZONE_DMA32
				     : ZONE_NORMAL;
	struct page *page = NULL;

	(void)cpu; /* per-CPU lists come between here and the zone */
	if (order > MAX_ORDER)
		return -EINVAL;
	if (!fault_should_fail(pm->fault))
		for (; zone >= 0 && !page; zone--)
			page = take_from_zone(pm, (unsigned)zone, order);
	if (!page) {
		pm->usage.nr_failures++;
		return -ENOMEM;
	}
	make_compound(page, order);
	pm->usage.pages_free -= 1ull << order;
	pm->usage.nr_allocs++;
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
	uint64_t index = page_index(pm, page);
	uint32_t i;

	(void)cpu;
	/* Always on: a wrong free corrupts what every figure rests on. */
	if (index >= pm->map.nr_pages || page->flags != PG_HEAD ||
	    page->order != order)
		abort();
	track_poison(physmem_page_va(pm, page), (size_t)PAGE_SIZE << order);
	for (i = 0; i < 1u << order; i++)
		page[i].flags = 0;
	pm->usage.pages_free += 1ull << order;
	while (order < MAX_ORDER) {
		uint64_t other = buddy_index(pm, index, order);
		struct page *buddy;

		if (other >= pm->map.nr_pages)
			break;
		buddy = &pm->map.page[other];
		if (buddy->flags != PG_BUDDY || buddy->order != order ||
		    buddy->zone != page->zone)
			break;
		del_free(pm, buddy);
		if (other < index) {
			index = other;
			page = buddy;
		}
		order++;
	}
	add_free(pm, page, order);
}

void physmem_set_fault(struct physmem *pm, struct fault_attr *fault)
{
	pm->fault = fault;
}

void physmem_usage(const struct physmem *pm, struct physmem_usage *ret)
{
	*ret = pm->usage;
}

void physmem_free_area(const struct physmem *pm, enum zone_type zone,
		       uint64_t *ret)
{
	unsigned order;

	for (order = 0; order <= MAX_ORDER; order++)
		ret[order] = pm->zone[zone][order].nr_free;
}

/* Checks the block headed by page; returns its pages, 0 if a rule is broken. */
static uint64_t check_block(const struct physmem *pm, const struct page *page,
			    const struct machine_range *range,
			    const char **ret_why)
{
	uint64_t index = page_index(pm, page), other;
	uint64_t pfn = index + (pm->map.start >> PAGE_SHIFT);
	uint64_t nr = 1ull << page->order;

	*ret_why = "block head with wrong zone, order or alignment";
	if (page->zone != range->zone || page->order > MAX_ORDER ||
	    (pfn & (nr - 1)) || pfn + nr > range->end >> PAGE_SHIFT)
		return 0;
	if (page->flags == PG_HEAD) {
		*ret_why = "tail page that does not know its head";
		for (other = 1; other < nr; other++)
			if (page[other].flags != PG_TAIL ||
			    page[other].to_head != other)
				return 0;
		return nr;
	}
	*ret_why = "page that heads no block";
	if (page->flags != PG_BUDDY)
		return 0;
	*ret_why = "two free buddies left unmerged";
	other = buddy_index(pm, index, page->order);
	if (page->order < MAX_ORDER && other < pm->map.nr_pages &&
	    pm->map.page[other].flags == PG_BUDDY &&
	    pm->map.page[other].order == page->order &&
	    pm->map.page[other].zone == page->zone)
		return 0;
	return nr;
}

static int check_ranges(const struct physmem *pm, const char **ret_why)
{
	uint64_t nr_free[NR_ZONES][MAX_ORDER + 1] = { { 0 } };
	uint64_t pages_free = 0;
	unsigned i, order;

	for (i = 0; i < pm->profile->nr_ranges; i++) {
		const struct machine_range *range = &pm->profile->range[i];
		const struct page *page = physmem_page(pm, range->start);
		uint64_t left = (range->end - range->start) >> PAGE_SHIFT;

		while (left) {
			uint64_t nr = check_block(pm, page, range, ret_why);

			if (!nr)
				return -EUCLEAN;
			if (page->flags == PG_BUDDY) {
				nr_free[page->zone][page->order]++;
				pages_free += nr;
			}
			page += nr;
			left -= nr;
		}
	}
	*ret_why = "free pages do not add up";
	if (pages_free != pm->usage.pages_free)
		return -EUCLEAN;
	for (i = 0; i < NR_ZONES; i++)
		for (order = 0; order <= MAX_ORDER; order++)
			if (nr_free[i][order] != pm->zone[i][order].nr_free)
				return -EUCLEAN;
	return 0;
}

int physmem_check(const struct physmem *pm, const char **ret_why)
{
	const char *why;
	unsigned i, order;
	int ret = check_ranges(pm, &why);

	for (i = 0; i < NR_ZONES && !ret; i++)
		for (order = 0; order <= MAX_ORDER && !ret; order++) {
			const struct free_area *area = &pm->zone[i][order];
			const struct page *page;
			uint64_t nr = 0;

			TAILQ_FOREACH(page, &area->list, buddy)
				nr++;
			why = "free list and its counter disagree";
			if (nr != area->nr_free)
				ret = -EUCLEAN;
		}
	if (ret)
		*ret_why = why;
	return ret;
}

bool physmem_owns(const struct physmem *pm, const void *va)
{
	const unsigned char *p = va;

	return p >= pm->map.arena &&
	       p < pm->map.arena + (pm->map.nr_pages << PAGE_SHIFT);
}

bool physmem_valid(const struct physmem *pm, phys_addr_t paddr)
{
	unsigned i;

	for (i = 0; i < pm->profile->nr_ranges; i++)
		if (paddr >= pm->profile->range[i].start &&
		    paddr < pm->profile->range[i].end)
			return true;
	return false;
}
