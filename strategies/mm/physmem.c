// SPDX-License-Identifier: GPL-2.0-only
/*
 * The arena: one host mapping for all of a machine's RAM, a struct page for
 * each page, and the arithmetic between addresses, pointers and pages.
 *
 * Models what the kernel's memory map is to the page allocator: all memory
 * free at first, in the largest aligned blocks, low addresses first, every
 * pageblock movable. Left out: what firmware and boot take; page tables.
 *
 * Cost: creation touches one struct page per block; the arithmetic is O(1).
 * Invariant: va - paddr is one multiple of the largest block's size.
 * Concurrency: nobody else at work, but for the arithmetic. Counters are kept
 * by CPU (page_alloc.c) and by zone, and summed up here.
 */
#include "zone.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "mm_assert.h"
#include "track.h"

#define MAX_BLOCK ((size_t)PAGE_SIZE << MAX_ORDER)

static void *map_lazily(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
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

		while ((pfn & ((1ull << order) - 1)) ||
		       pfn + (1ull << order) > end)
			order--;
		page->zone = (uint8_t)range->zone;
		add_to_free_list(pm, page, order, pm->block_type[0], true);
		pfn += 1ull << order;
		pm->zone[range->zone].managed += 1ull << order;
	}
}

/* Empty lists, and one type for every pageblock. */
static void reset_lists(struct physmem *pm)
{
	unsigned z, i, type;

	/* Without grouping by mobility nothing is movable. */
	memset(pm->block_type,
	       pm->profile->plain ? MIGRATE_UNMOVABLE : MIGRATE_MOVABLE,
	       (pm->map.nr_pages >> PAGEBLOCK_ORDER) + 2);
	for (z = 0; z < NR_ZONES; z++) {
		struct zone *zone = &pm->zone[z];

		zone->nr_highatomic = 0;
		for (i = 0; i <= MAX_ORDER; i++) {
			zone->area[i].nr_free = 0;
			for (type = 0; type < NR_MIGRATETYPES; type++)
				TAILQ_INIT(&zone->area[i].list[type]);
		}
		for (i = 0; i < PHYSMEM_MAX_CPUS; i++)
			for (type = 0; type < ARRAY_SIZE(zone->pcp->list);
			     type++)
				TAILQ_INIT(&zone->pcp[i].list[type]);
		for (i = 0; i < PHYSMEM_MAX_CPUS; i++) {
			zone->pcp[i].count = zone->pcp[i].free_factor = 0;
			zone->pcp[i].zone = zone;
		}
	}
}

static void reset_counters(struct physmem *pm, uint64_t pages_free)
{
	unsigned z;

	memset(pm->cpu, 0, sizeof(pm->cpu));
	pm->cpu[0].pages_free = pages_free;
	for (z = 0; z < NR_ZONES; z++)
		pm->zone[z].nr_steals = 0;
}

static void free_all_memory(struct physmem *pm)
{
	const struct machine_profile *profile = pm->profile;
	unsigned i;

	reset_lists(pm);
	pm->pages_total = 0;
	for (i = 0; i < NR_ZONES; i++)
		pm->zone[i].managed = 0;
	for (i = 0; i < profile->nr_ranges; i++)
		add_range(pm, &profile->range[i]);
	for (i = 0; i < NR_ZONES; i++) {
		pm->zone[i].nr_free = pm->zone[i].managed;
		pm->pages_total += pm->zone[i].managed;
	}
	reset_counters(pm, pm->pages_total);
}

/* As at creation, whatever the pages of the hog's zone are now. */
static void take_from_hog(struct physmem *pm)
{
	const struct machine_profile *profile = pm->profile;
	unsigned i;

	for (i = 0; i < profile->nr_ranges; i++) {
		const struct machine_range *range = &profile->range[i];
		struct page *page = physmem_page(pm, range->start);
		uint64_t left = (range->end - range->start) >> PAGE_SHIFT;

		for (; left; left--)
			(page++)->flags = 0;
	}
	pm->nr_hog = 0;
	free_all_memory(pm);
}

/* Reserved pageblocks did not merge with their neighbours; now they may. */
static void merge_reserved(struct physmem *pm, struct page *page)
{
	struct page *buddy = find_buddy(pm, page, page->order);

	if (page->order < MAX_ORDER && buddy > page) {
		buddy->flags = 0;
		page->order++;
	}
}

/* Puts all blocks back on the lists, in the order of addresses. */
static void relist(struct physmem *pm)
{
	const struct machine_profile *profile = pm->profile;
	unsigned i;

	drain_all_pages(pm);
	reset_lists(pm);
	for (i = 0; i < profile->nr_ranges; i++) {
		const struct machine_range *range = &profile->range[i];
		struct page *page = physmem_page(pm, range->start);
		struct page *end =
			page + ((range->end - range->start) >> PAGE_SHIFT);

		for (; page < end; page += 1ull << page->order) {
			if (page->flags != PG_BUDDY)
				continue;
			merge_reserved(pm, page);
			add_to_free_list(pm, page, page->order,
					 pm->block_type[0], true);
		}
	}
}

void physmem_settle(struct physmem *pm)
{
	if (pm->nr_hog)
		take_from_hog(pm);
	else
		relist(pm);
	zones_setup(pm);
	reset_counters(pm, pages_free_sum(pm));
}

int physmem_create(const struct machine_profile *profile, struct physmem **ret)
{
	struct physmem *pm = aligned_alloc(SMP_CACHE_BYTES, sizeof(*pm));

	if (!pm)
		return -ENOMEM;
	memset(pm, 0, sizeof(*pm));
	pm->profile = profile;
	pm->map.start = profile->range[0].start;
	pm->map.nr_pages =
		(profile->range[profile->nr_ranges - 1].end - pm->map.start) >>
		PAGE_SHIFT;
	pm->mapping = map_lazily((pm->map.nr_pages << PAGE_SHIFT) + MAX_BLOCK);
	pm->map.page = map_lazily(pm->map.nr_pages * sizeof(*pm->map.page));
	pm->block_type = calloc((pm->map.nr_pages >> PAGEBLOCK_ORDER) + 2, 1);
	pm->block_taken = calloc((pm->map.nr_pages >> PAGEBLOCK_ORDER) + 2, 1);
	if (!pm->mapping || !pm->map.page || !pm->block_type ||
	    !pm->block_taken) {
		physmem_destroy(pm);
		return -ENOMEM;
	}
	/* Aligned as their paddr is: users of blocks rely on it. */
	pm->map.arena =
		pm->mapping +
		((pm->map.start - (uintptr_t)pm->mapping) & (MAX_BLOCK - 1));
	free_all_memory(pm);
	physmem_set_nr_cpus(pm, profile->nr_cpus);
	*ret = pm;
	return 0;
}

void physmem_set_nr_cpus(struct physmem *pm, unsigned nr_cpus)
{
	mm_assert(nr_cpus && nr_cpus <= PHYSMEM_MAX_CPUS);
	pm->nr_cpus = nr_cpus;
	zones_setup(pm);
}

#ifdef TRACK_ASAN
static uint64_t next_pageblock(const struct physmem *pm, uint64_t index)
{
	uint64_t first = pm->map.start >> PAGE_SHIFT;

	return ((first + index) | ((1u << PAGEBLOCK_ORDER) - 1)) + 1 - first;
}

/* The next mapping at these addresses must start clean. Page by page, because
 * AddressSanitizer writes a byte for each eight of what it is told. */
static void unpoison_taken(const struct physmem *pm)
{
	const struct page *page = pm->map.page;
	uint64_t i = 0;

	while (i < pm->map.nr_pages) {
		if (!pm->block_taken[pageblock_index(pm, &page[i])]) {
			i = next_pageblock(pm, i);
			continue;
		}
		if (page[i].taken)
			track_unpoison(physmem_page_va(pm, &page[i]),
				       PAGE_SIZE);
		i++;
	}
}
#else
static void unpoison_taken(const struct physmem *pm)
{
	(void)pm;
}
#endif

void physmem_set_threads(struct physmem *pm, bool threads)
{
	pm->map.threads = threads;
}

void physmem_destroy(struct physmem *pm)
{
	if (!pm)
		return;
	if (pm->mapping && pm->map.page && pm->block_taken)
		unpoison_taken(pm);
	if (pm->mapping)
		munmap(pm->mapping,
		       (pm->map.nr_pages << PAGE_SHIFT) + MAX_BLOCK);
	if (pm->map.page)
		munmap(pm->map.page, pm->map.nr_pages * sizeof(*pm->map.page));
	free(pm->block_type);
	free(pm->block_taken);
	free(pm);
}

const struct machine_profile *physmem_profile(const struct physmem *pm)
{
	return pm->profile;
}

uint64_t physmem_reclaim(struct physmem *pm)
{
	uint64_t before = pages_free_sum(pm);
	uint64_t i = 0;

	while (i < pm->map.nr_pages) {
		struct page *page = &pm->map.page[i];
		unsigned order = page->flags ? page->order : 0;

		if (page->flags == PG_HEAD && !page->movable)
			physmem_free_pages(pm, 0, page, order);
		i += 1ull << order;
	}
	return pages_free_sum(pm) - before;
}

void physmem_set_fault(struct physmem *pm, struct fault_attr *fault)
{
	pm->fault = fault;
}

void physmem_usage(const struct physmem *pm, struct physmem_usage *ret)
{
	unsigned i, why;

	*ret = (struct physmem_usage){ .pages_total = pm->pages_total,
				       .pages_free = pages_free_sum(pm) };
	for (i = 0; i < PHYSMEM_MAX_CPUS; i++) {
		ret->nr_allocs += pm->cpu[i].nr_allocs;
		ret->nr_pcp_missed += pm->cpu[i].nr_pcp_missed;
		for (why = 0; why < NR_PAGE_FAILURES; why++)
			ret->nr_failures_by[why] +=
				pm->cpu[i].nr_failures_by[why];
	}
	for (why = 0; why < NR_PAGE_FAILURES; why++)
		ret->nr_failures += ret->nr_failures_by[why];
	for (i = 0; i < NR_ZONES; i++)
		ret->nr_steals += pm->zone[i].nr_steals;
}

void physmem_free_area(const struct physmem *pm, enum zone_type zone,
		       uint64_t *ret)
{
	unsigned order;

	for (order = 0; order <= MAX_ORDER; order++)
		ret[order] = pm->zone[zone].area[order].nr_free;
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
