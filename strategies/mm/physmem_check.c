// SPDX-License-Identifier: GPL-2.0-only
/*
 * physmem_check(): walks every page and every list of a machine.
 *
 * Models nothing; the kernel has no such walk. Cost: one look at each page of
 * RAM and each free block. Invariant checked: each page of RAM is in exactly
 * one block, free on a list of its zone (PG_BUDDY), free on a CPU's list
 * (PG_PCP), or taken (PG_HEAD, PG_TAIL), and all counters are the sums of it.
 * Concurrency: nobody else at work.
 */
#include <errno.h>

#include "zone.h"

/* What the blocks of a machine add up to. */
struct sums {
	uint64_t nr_blocks[NR_ZONES][MAX_ORDER + 1];
	uint64_t nr_free[NR_ZONES];
	uint64_t nr_pcp[NR_ZONES];
};

/* Blocks of pageblock size keep apart where one of the two is reserved. */
static bool must_merge(const struct physmem *pm, const struct page *page,
		       const struct page *buddy)
{
	enum migratetype a, b;

	if (!buddy)
		return false;
	a = type_of_block(pm, page);
	b = type_of_block(pm, buddy);
	return page->order < PAGEBLOCK_ORDER || a == b ||
	       (a != MIGRATE_HIGHATOMIC && b != MIGRATE_HIGHATOMIC);
}

/* Checks the block headed by page; returns its pages, 0 if a rule is broken. */
static uint64_t check_block(const struct physmem *pm, const struct page *page,
			    const struct machine_range *range,
			    const char **ret_why)
{
	uint64_t pfn = page_index(pm, page) + (pm->map.start >> PAGE_SHIFT);
	uint64_t nr = 1ull << page->order, i;

	*ret_why = "block head with wrong zone, order or alignment";
	if (page->zone != range->zone || page->order > MAX_ORDER ||
	    (pfn & (nr - 1)) || pfn + nr > range->end >> PAGE_SHIFT)
		return 0;
	if (page->flags == PG_HEAD) {
		*ret_why = "tail page that does not know its head";
		for (i = 1; i < nr; i++)
			if (page[i].flags != PG_TAIL || page[i].to_head != i)
				return 0;
		return nr;
	}
	*ret_why = "page that heads no block";
	if (page->flags != PG_BUDDY && page->flags != PG_PCP)
		return 0;
	*ret_why = "two free buddies left unmerged";
	if (page->flags == PG_BUDDY && page->order < MAX_ORDER &&
	    must_merge(pm, page, find_buddy(pm, page, page->order)))
		return 0;
	return nr;
}

static int add_up(const struct physmem *pm, struct sums *sums,
		  const char **ret_why)
{
	unsigned i;

	for (i = 0; i < pm->profile->nr_ranges; i++) {
		const struct machine_range *range = &pm->profile->range[i];
		const struct page *page = physmem_page(pm, range->start);
		uint64_t left = (range->end - range->start) >> PAGE_SHIFT;

		while (left) {
			uint64_t nr = check_block(pm, page, range, ret_why);

			if (!nr)
				return -EUCLEAN;
			if (page->flags == PG_PCP)
				sums->nr_pcp[page->zone] += nr;
			if (page->flags == PG_BUDDY) {
				sums->nr_blocks[page->zone][page->order]++;
				sums->nr_free[page->zone] += nr;
			}
			page += nr;
			left -= nr;
		}
	}
	return 0;
}

static int check_sums(const struct physmem *pm, const struct sums *sums,
		      const char **ret_why)
{
	uint64_t pages_free = 0;
	unsigned z, order, cpu;

	for (z = 0; z < NR_ZONES; z++) {
		const struct zone *zone = &pm->zone[z];
		uint64_t nr_pcp = 0;

		for (order = 0; order <= MAX_ORDER; order++)
			if (sums->nr_blocks[z][order] !=
			    zone->area[order].nr_free)
				goto out_wrong;
		for (cpu = 0; cpu < PHYSMEM_MAX_CPUS; cpu++)
			nr_pcp += zone->pcp[cpu].count;
		if (sums->nr_free[z] != zone->nr_free ||
		    sums->nr_pcp[z] != nr_pcp)
			goto out_wrong;
		pages_free += zone->nr_free + nr_pcp;
	}
	if (pages_free == pages_free_sum(pm))
		return 0;
out_wrong:
	*ret_why = "free pages do not add up";
	return -EUCLEAN;
}

/* Pages on a list of blocks of one kind and type; ~0 if one is of another. */
static uint64_t list_length(const struct page_list *list, uint8_t flags,
			    unsigned type)
{
	const struct page *page;
	uint64_t nr = 0;

	TAILQ_FOREACH(page, list, buddy) {
		/* A CPU keeps reserved pages among the movable ones. */
		bool kept = flags == PG_PCP && type == MIGRATE_MOVABLE &&
			    page->type == MIGRATE_HIGHATOMIC;

		if (page->flags != flags || (page->type != type && !kept))
			return ~0ull;
		nr += 1ull << page->order;
	}
	return nr;
}

static int check_lists(const struct zone *zone, const char **ret_why)
{
	unsigned i, type;

	*ret_why = "free list and its counter disagree";
	for (i = 0; i <= MAX_ORDER; i++) {
		uint64_t nr = 0;

		for (type = 0; type < NR_MIGRATETYPES; type++)
			nr += list_length(&zone->area[i].list[type], PG_BUDDY,
					  type);
		if (nr != zone->area[i].nr_free << i)
			return -EUCLEAN;
	}
	*ret_why = "list of a CPU and its counter disagree";
	for (i = 0; i < PHYSMEM_MAX_CPUS; i++) {
		const struct per_cpu_pages *pcp = &zone->pcp[i];
		uint64_t nr = 0;

		for (type = 0; type < ARRAY_SIZE(pcp->list); type++)
			nr += list_length(&pcp->list[type], PG_PCP,
					  type % NR_PCPTYPES);
		if (nr != pcp->count)
			return -EUCLEAN;
	}
	return 0;
}

int physmem_check(const struct physmem *pm, const char **ret_why)
{
	struct sums sums = { 0 };
	const char *why;
	unsigned z;
	int ret = add_up(pm, &sums, &why);

	if (!ret)
		ret = check_sums(pm, &sums, &why);
	for (z = 0; z < NR_ZONES && !ret; z++)
		ret = check_lists(&pm->zone[z], &why);
	if (ret)
		*ret_why = why;
	return ret;
}
