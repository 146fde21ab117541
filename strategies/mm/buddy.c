// SPDX-License-Identifier: GPL-2.0-only
/*
 * Free lists of a zone: a binary buddy allocator whose blocks are grouped by
 * the mobility of what is allocated beside them.
 *
 * Models __rmqueue() and __free_one_page() of mm/page_alloc.c of Linux 6.1: the
 * lower half of a split is handed out; merging on free, blocks that will soon
 * merge again to the tail of their list; a request falls back to blocks of
 * another mobility, the largest first, and takes over their pageblock if half
 * of it is free or alike. Left out: CMA, isolation, watermark boost.
 *
 * Cost: O(MAX_ORDER) list operations; a steal looks at each page of a block.
 * Invariant: see physmem_check().
 * Concurrency: the zone's lock, as in the kernel; see zone.h. A holder meets
 * the struct pages of blocks that are not on its lists: as buddies, of which it
 * only asks whether they are free (flags), and in a pageblock to be stolen,
 * where it counts what others have while they take and give it back, so
 * roughly, as the kernel does. All of them are of its zone: zones meet at
 * multiples of the largest block.
 */
#include <stddef.h>

#include "zone.h"

#define PAGEBLOCK_PAGES (1u << PAGEBLOCK_ORDER)
#define HIGHATOMIC_SHARE 100 /* a hundredth of a zone may be reserved */

/* Where a request of one type looks when its own lists are empty. */
static const enum migratetype fallbacks[NR_PCPTYPES][2] = {
	[MIGRATE_UNMOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE },
	[MIGRATE_MOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE },
	[MIGRATE_RECLAIMABLE] = { MIGRATE_UNMOVABLE, MIGRATE_MOVABLE },
};

/* TAILQ_INSERT_HEAD() and the like, on a list whose head has_block() looks at
 * without the lock. */
static inline void list_add(struct page_list *list, struct page *page)
{
	struct page *next = list->tqh_first;

	page->buddy.tqe_next = next;
	if (next)
		next->buddy.tqe_prev = &page->buddy.tqe_next;
	else
		list->tqh_last = &page->buddy.tqe_next;
	page->buddy.tqe_prev = &list->tqh_first;
	WRITE_ONCE(list->tqh_first, page);
}

static inline void list_add_tail(struct page_list *list, struct page *page)
{
	page->buddy.tqe_next = NULL;
	page->buddy.tqe_prev = list->tqh_last;
	WRITE_ONCE(*list->tqh_last, page);
	list->tqh_last = &page->buddy.tqe_next;
}

static inline void list_del(struct page_list *list, struct page *page)
{
	struct page *next = page->buddy.tqe_next;

	if (next)
		next->buddy.tqe_prev = page->buddy.tqe_prev;
	else
		list->tqh_last = page->buddy.tqe_prev;
	WRITE_ONCE(*page->buddy.tqe_prev, next);
}

static inline void __add_to_free_list(struct physmem *pm, struct page *page,
				      unsigned order, enum migratetype type,
				      bool tail)
{
	struct free_area *area = &zone_of(pm, page)->area[order];

	page->flags = PG_BUDDY;
	page->order = (uint8_t)order;
	page->type = (uint8_t)type;
	if (tail)
		list_add_tail(&area->list[type], page);
	else
		list_add(&area->list[type], page);
	area->nr_free++;
}

void add_to_free_list(struct physmem *pm, struct page *page, unsigned order,
		      enum migratetype type, bool tail)
{
	__add_to_free_list(pm, page, order, type, tail);
}

static inline void del_from_free_list(struct physmem *pm, struct page *page)
{
	struct free_area *area = &zone_of(pm, page)->area[page->order];

	list_del(&area->list[page->type], page);
	area->nr_free--;
	page->flags = 0;
}

static inline void mod_nr_free(struct zone *zone, uint64_t more, uint64_t less)
{
	WRITE_ONCE(zone->nr_free, zone->nr_free + more - less);
}

void unlist_free_page(struct physmem *pm, struct page *page)
{
	mod_nr_free(zone_of(pm, page), 0, 1ull << page->order);
	del_from_free_list(pm, page);
}

static void move_to_free_list(struct physmem *pm, struct page *page,
			      enum migratetype type)
{
	del_from_free_list(pm, page);
	add_to_free_list(pm, page, page->order, type, true);
}

/* Index of a block's buddy: the pfn, not the index in the arena, decides. One
 * below the arena comes out as a large number. */
static inline uint64_t buddy_index(const struct physmem *pm, uint64_t index,
				   unsigned order)
{
	uint64_t first = pm->map.start >> PAGE_SHIFT;

	return ((index + first) ^ (1ull << order)) - first;
}

/* The free buddy of a block at this index, or NULL. */
static inline struct page *__find_buddy(const struct physmem *pm,
					uint64_t index, unsigned order,
					unsigned zone)
{
	uint64_t other = buddy_index(pm, index, order);
	struct page *buddy;

	if (other >= pm->map.nr_pages)
		return NULL;
	buddy = &pm->map.page[other];
	return READ_ONCE(buddy->flags) == PG_BUDDY && buddy->order == order &&
			       buddy->zone == zone
		       ? buddy
		       : NULL;
}

struct page *find_buddy(const struct physmem *pm, const struct page *page,
			unsigned order)
{
	return __find_buddy(pm, page_index(pm, page), order, page->zone);
}

/* Where a block and its buddy begin; a buddy below the arena does not count. */
static inline uint64_t merged_index(const struct physmem *pm, uint64_t index,
				    unsigned order)
{
	uint64_t other = buddy_index(pm, index, order);

	return index < other ? index : other;
}

/* True if the buddy is all that a merge of the next order still waits for. */
static inline bool merge_likely(const struct physmem *pm, uint64_t index,
				unsigned order, unsigned zone)
{
	return order < MAX_ORDER - 1 &&
	       __find_buddy(pm, merged_index(pm, index, order), order + 1,
			    zone);
}

void __free_one_page(struct physmem *pm, struct page *page, unsigned order,
		     enum migratetype type)
{
	uint64_t index = page_index(pm, page);
	unsigned zone = page->zone;
	struct page *buddy;

	mod_nr_free(&pm->zone[zone], 1ull << order, 0);
	for (; order < MAX_ORDER; order++) {
		buddy = __find_buddy(pm, index, order, zone);
		if (!buddy)
			break;
		/* Reserved blocks keep to themselves. */
		if (order >= PAGEBLOCK_ORDER &&
		    type_of_block(pm, buddy) != type &&
		    (type == MIGRATE_HIGHATOMIC ||
		     type_of_block(pm, buddy) == MIGRATE_HIGHATOMIC))
			break;
		del_from_free_list(pm, buddy);
		index = merged_index(pm, index, order);
	}
	__add_to_free_list(pm, &pm->map.page[index], order, type,
			   merge_likely(pm, index, order, zone));
}

void free_one_page(struct physmem *pm, struct page *page, unsigned order)
{
	struct zone *zone = zone_of(pm, page);

	zone_lock(pm, zone);
	__free_one_page(pm, page, order, type_of_block(pm, page));
	zone_unlock(pm, zone);
}

/* Cuts a block down to low, the lower half each time; no page is counted. */
static void expand(struct physmem *pm, struct page *page, unsigned low,
		   enum migratetype type)
{
	unsigned high = page->order;

	while (high > low) {
		struct page *upper;

		high--;
		upper = page + (1ull << high);
		upper->zone = page->zone;
		__add_to_free_list(pm, upper, high, type, false);
	}
	page->order = (uint8_t)low;
	page->type = (uint8_t)type;
}

static struct page *rmqueue_smallest(struct physmem *pm, struct zone *zone,
				     unsigned order, enum migratetype type)
{
	unsigned have;

	for (have = order; have <= MAX_ORDER; have++) {
		struct page *page = TAILQ_FIRST(&zone->area[have].list[type]);

		if (!page)
			continue;
		del_from_free_list(pm, page);
		expand(pm, page, order, type);
		return page;
	}
	return NULL;
}

/* Bounds of the page's block as indices; false if not all of it is in zone. */
static bool block_bounds(const struct physmem *pm, const struct page *page,
			 uint64_t *ret_start, uint64_t *ret_end)
{
	uint64_t first = pm->map.start >> PAGE_SHIFT;
	uint64_t pfn = first + page_index(pm, page);
	uint64_t start = pfn & ~(uint64_t)(PAGEBLOCK_PAGES - 1);
	unsigned i;

	for (i = 0; i < pm->profile->nr_ranges; i++) {
		uint64_t low = pm->profile->range[i].start >> PAGE_SHIFT;
		uint64_t high = pm->profile->range[i].end >> PAGE_SHIFT;

		if (pfn < low || pfn >= high)
			continue;
		/* A block cut off below begins at the page that asks. */
		*ret_start = (start < low ? pfn : start) - first;
		*ret_end = start + PAGEBLOCK_PAGES - first;
		return start + PAGEBLOCK_PAGES <= high;
	}
	return false;
}

/* Moves what is free of a pageblock to the lists of type; returns how many
 * pages, and how many of the others were allocated as movable. */
static uint64_t move_freepages_block(struct physmem *pm, struct page *page,
				     enum migratetype type,
				     uint64_t *ret_movable)
{
	uint64_t i, end, nr_moved = 0;

	*ret_movable = 0;
	if (!block_bounds(pm, page, &i, &end))
		return 0;
	while (i < end) {
		struct page *p = &pm->map.page[i];
		uint8_t flags = READ_ONCE(p->flags);

		if (flags == PG_BUDDY) {
			move_to_free_list(pm, p, type);
			nr_moved += 1ull << p->order;
			i += 1ull << p->order;
			continue;
		}
		if (flags == PG_TAIL)
			p -= READ_ONCE(p->to_head);
		*ret_movable += READ_ONCE(p->flags) == PG_HEAD &&
				READ_ONCE(p->movable);
		i++;
	}
	return nr_moved;
}

static void set_block_type(struct physmem *pm, const struct page *page,
			   unsigned order, enum migratetype type)
{
	uint64_t i;

	for (i = 0; i < 1ull << order; i += PAGEBLOCK_PAGES)
		WRITE_ONCE(pm->block_type[pageblock_index(pm, page + i)],
			   (uint8_t)type);
}

/* Makes a free block of another type usable for this one, with as much of its
 * pageblock as is fair. */
static void steal(struct physmem *pm, struct page *page, enum migratetype type,
		  bool whole_block)
{
	enum migratetype old = type_of_block(pm, page);
	uint64_t nr_free, nr_movable, nr_alike = 0;

	zone_of(pm, page)->nr_steals++;
	if (old != MIGRATE_HIGHATOMIC && page->order >= PAGEBLOCK_ORDER) {
		set_block_type(pm, page, page->order, type);
		whole_block = false;
	}
	if (old == MIGRATE_HIGHATOMIC || !whole_block) {
		move_to_free_list(pm, page, type);
		return;
	}
	nr_free = move_freepages_block(pm, page, type, &nr_movable);
	if (!nr_free) {
		move_to_free_list(pm, page, type);
		return;
	}
	if (type == MIGRATE_MOVABLE)
		nr_alike = nr_movable;
	else if (old == MIGRATE_MOVABLE)
		nr_alike = PAGEBLOCK_PAGES - (nr_free + nr_movable);
	if (nr_free + nr_alike >= PAGEBLOCK_PAGES / 2)
		set_block_type(pm, page, PAGEBLOCK_ORDER, type);
}

/* A free block of exactly this order and another type, or NULL. */
static struct page *find_fallback(struct zone *zone, unsigned order,
				  enum migratetype type)
{
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(fallbacks[type]); i++) {
		struct page *page = TAILQ_FIRST(
			&zone->area[order].list[fallbacks[type][i]]);

		if (page)
			return page;
	}
	return NULL;
}

/* Steals for the type; false if there is nothing to steal. */
static bool rmqueue_fallback(struct physmem *pm, struct zone *zone,
			     unsigned order, enum migratetype type)
{
	struct page *page = NULL;
	unsigned have = MAX_ORDER + 1;
	bool whole_block;

	while (!page && have > order)
		page = find_fallback(zone, --have, type);
	if (!page)
		return false;
	whole_block = have >= PAGEBLOCK_ORDER / 2 || type != MIGRATE_MOVABLE;
	/* Movable pages can be moved again: rather spoil a small block. */
	if (!whole_block)
		for (have = order, page = NULL; !page; have++)
			page = find_fallback(zone, have, type);
	steal(pm, page, type, whole_block);
	return true;
}

struct page *rmqueue(struct physmem *pm, struct zone *zone, unsigned order,
		     enum migratetype type)
{
	struct page *page;

	do
		page = rmqueue_smallest(pm, zone, order, type);
	while (!page && rmqueue_fallback(pm, zone, order, type));
	if (page)
		mod_nr_free(zone, 0, 1ull << order);
	return page;
}

struct page *rmqueue_reserved(struct physmem *pm, struct zone *zone,
			      unsigned order)
{
	struct page *page =
		rmqueue_smallest(pm, zone, order, MIGRATE_HIGHATOMIC);

	if (page)
		mod_nr_free(zone, 0, 1ull << order);
	return page;
}

void reserve_highatomic(struct physmem *pm, struct page *page)
{
	struct zone *zone = zone_of(pm, page);
	uint64_t most = zone->managed / HIGHATOMIC_SHARE + PAGEBLOCK_PAGES;
	uint64_t nr_movable;

	zone_lock(pm, zone);
	if (zone->nr_highatomic < most &&
	    type_of_block(pm, page) != MIGRATE_HIGHATOMIC) {
		WRITE_ONCE(zone->nr_highatomic,
			   zone->nr_highatomic + PAGEBLOCK_PAGES);
		set_block_type(pm, page, PAGEBLOCK_ORDER, MIGRATE_HIGHATOMIC);
		move_freepages_block(pm, page, MIGRATE_HIGHATOMIC, &nr_movable);
	}
	zone_unlock(pm, zone);
}
