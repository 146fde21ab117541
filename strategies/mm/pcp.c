// SPDX-License-Identifier: GPL-2.0-only
/*
 * Free pages that a CPU keeps of a zone, so as not to take the zone's lock for
 * each: lists of small blocks by order and mobility, filled and drained in
 * batches.
 *
 * Models rmqueue_pcplist() and free_unref_page_commit() of mm/page_alloc.c of
 * Linux 6.1: a batch divided by the block's size; newest out first, oldest
 * drained first; twice as many with each drain that no allocation interrupts;
 * blocks above one page not kept while a CPU does nothing but free. Which
 * orders, and how many pages: zone.c, by kernel. Left out: the list for huge
 * pages, shrinking while reclaim runs, the drain by the vmstat timer; of 4.20
 * the drain that takes more from a list each time round.
 *
 * Cost: O(1), a batch now and then. Invariant: count is the sum of the lists
 * in pages.
 * Concurrency: as in 6.1. A CPU tries the lock of its lists and, if a drain has
 * it, does with the zone's; a drain of all lists waits for each lock. A batch
 * takes the zone's lock once. Left out: that a drain lets go of the lock every
 * 32 batches, and skips CPUs whose lists it sees empty; 4.20, which had no such
 * lock and made each CPU drain its own, is given 6.1's.
 */
#include "zone.h"

static struct page_list *pcp_list(struct per_cpu_pages *pcp, unsigned order,
				  unsigned type)
{
	return &pcp->list[order * NR_PCPTYPES + type];
}

/* Not inlined, so that the usual case has no registers to save for it. */
static __attribute__((noinline)) void rmqueue_bulk(struct physmem *pm,
						   struct per_cpu_pages *pcp,
						   unsigned order,
						   enum migratetype type)
{
	struct page_list *list = pcp_list(pcp, order, type);
	struct zone *zone = pcp->zone;
	uint32_t batch = zone->pcp_batch;

	if (batch > 1)
		batch >>= order;
	if (zone->pcp_batch > 1 && batch < 2)
		batch = 2;
	zone_lock(pm, zone);
	for (; batch; batch--) {
		struct page *page = rmqueue(pm, zone, order, type);

		if (!page)
			break;
		page->flags = PG_PCP;
		TAILQ_INSERT_TAIL(list, page, buddy);
		pcp->count += 1u << order;
	}
	zone_unlock(pm, zone);
}

static inline struct page *__rmqueue_pcplist(struct physmem *pm,
					     struct per_cpu_pages *pcp,
					     unsigned order,
					     enum migratetype type)
{
	struct page_list *list = pcp_list(pcp, order, type);
	struct page *page;

	pcp->free_factor >>= 1;
	if (TAILQ_EMPTY(list))
		rmqueue_bulk(pm, pcp, order, type);
	page = TAILQ_FIRST(list);
	if (!page)
		return NULL;
	TAILQ_REMOVE(list, page, buddy);
	pcp->count -= 1u << order;
	return page;
}

/* Not inlined, nor is its like below: without threads there is one test. */
static __attribute__((noinline)) struct page *
rmqueue_pcplist_locked(struct physmem *pm, struct zone *zone, unsigned cpu,
		       unsigned order, enum migratetype type)
{
	struct per_cpu_pages *pcp = &zone->pcp[cpu];
	struct page *page;

	if (!mm_trylock(&pcp->lock, true)) {
		pm->cpu[cpu].nr_pcp_missed++;
		return NULL;
	}
	page = __rmqueue_pcplist(pm, pcp, order, type);
	mm_unlock(&pcp->lock, true);
	return page;
}

struct page *rmqueue_pcplist(struct physmem *pm, struct zone *zone,
			     unsigned cpu, unsigned order,
			     enum migratetype type)
{
	if (pm->map.threads)
		return rmqueue_pcplist_locked(pm, zone, cpu, order, type);
	return __rmqueue_pcplist(pm, &zone->pcp[cpu], order, type);
}

/* Oldest pages first, round the lists, beginning with the one named. */
static __attribute__((noinline)) void
free_pcppages_bulk(struct physmem *pm, struct per_cpu_pages *pcp,
		   uint32_t count, unsigned first)
{
	unsigned i = first;

	if (count > pcp->count)
		count = pcp->count;
	if (!count)
		return;
	zone_lock(pm, pcp->zone);
	while (count) {
		unsigned order = i / NR_PCPTYPES;
		struct page *page = TAILQ_LAST(&pcp->list[i], page_list);

		if (!page) {
			i = (i + 1) % ARRAY_SIZE(pcp->list);
			continue;
		}
		TAILQ_REMOVE(&pcp->list[i], page, buddy);
		pcp->count -= 1u << order;
		count -= count < 1u << order ? count : 1u << order;
		page->flags = 0;
		__free_one_page(pm, page, order, page->type);
	}
	zone_unlock(pm, pcp->zone);
}

/* How many pages a list that ran over its limit gives back. */
static uint32_t pcp_nr_free(const struct zone *zone, struct per_cpu_pages *pcp)
{
	uint32_t most = zone->pcp_high - zone->pcp_batch;
	uint32_t batch = zone->pcp_batch << pcp->free_factor;

	if (batch < most && pcp->free_factor < zone->pcp_doublings)
		pcp->free_factor++;
	return batch > most ? most : batch;
}

static inline void free_unref_page_commit(struct physmem *pm,
					  struct per_cpu_pages *pcp,
					  struct page *page, unsigned order)
{
	enum migratetype type = type_of_block(pm, page);
	unsigned index;

	/* It goes back as what its block is now, whatever that becomes. */
	set_page_flags(page, PG_PCP);
	page->type = (uint8_t)type;
	if (type >= NR_PCPTYPES)
		type = MIGRATE_MOVABLE;
	index = order * NR_PCPTYPES + type;
	TAILQ_INSERT_HEAD(&pcp->list[index], page, buddy);
	pcp->count += 1u << order;
	/* High orders are not kept while a CPU does nothing but free. */
	if (pcp->free_factor && order)
		free_pcppages_bulk(pm, pcp, pcp->count, index);
	else if (pcp->count >= pcp->zone->pcp_high)
		free_pcppages_bulk(pm, pcp, pcp_nr_free(pcp->zone, pcp), index);
}

static __attribute__((noinline)) void free_to_pcplist_locked(struct physmem *pm,
							     unsigned cpu,
							     struct page *page,
							     unsigned order)
{
	struct per_cpu_pages *pcp = &zone_of(pm, page)->pcp[cpu];

	if (!mm_trylock(&pcp->lock, true)) {
		pm->cpu[cpu].nr_pcp_missed++;
		free_one_page(pm, page, order);
		return;
	}
	free_unref_page_commit(pm, pcp, page, order);
	mm_unlock(&pcp->lock, true);
}

void free_to_pcplist(struct physmem *pm, unsigned cpu, struct page *page,
		     unsigned order)
{
	if (pm->map.threads)
		free_to_pcplist_locked(pm, cpu, page, order);
	else
		free_unref_page_commit(pm, &zone_of(pm, page)->pcp[cpu], page,
				       order);
}

void drain_all_pages(struct physmem *pm)
{
	unsigned z, cpu;

	for (z = 0; z < NR_ZONES; z++)
		for (cpu = 0; cpu < PHYSMEM_MAX_CPUS; cpu++) {
			struct per_cpu_pages *pcp = &pm->zone[z].pcp[cpu];

			mm_lock(&pcp->lock, pm->map.threads);
			free_pcppages_bulk(pm, pcp, pcp->count, 0);
			mm_unlock(&pcp->lock, pm->map.threads);
		}
}
