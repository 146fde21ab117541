// SPDX-License-Identifier: GPL-2.0-only
/*
 * Marks and reserves of zones, and the sizes of per-CPU lists: how much of a
 * zone a request may take.
 *
 * Models mm/page_alloc.c of Linux 6.1: min_free_kbytes from the size of
 * memory, shared among zones by size; low and high above it by a quarter or
 * a thousandth of the zone; lowmem_reserve of 1/256 (DMA, DMA32) and 1/32
 * (NORMAL) of the zones above; pcp->batch and pcp->high (of Linux 4.20 six
 * batches, single pages only, no growing drains; from memory of that source).
 * __GFP_HIGH halves the minimum, and a request that cannot reclaim goes down by
 * another quarter. With khugepaged the minimum of mm/khugepaged.c. Checked
 * against /proc/zoneinfo of real kernels. Left out: watermark boost, CMA, OOM
 * victims, pages that boot takes out of managed.
 *
 * Cost: O(1) for a check. Invariant: min <= low <= high.
 * Concurrency: marks do not change while several threads are at work; a check
 * looks at what is free without a lock, as the kernel's does, so that several
 * at a time may go below a mark together.
 */
#include "zone.h"

/* /proc/sys/vm/lowmem_reserve_ratio, by zone */
static const unsigned reserve_ratio[NR_ZONES] = { 256, 256, 32 };

#define MIN_FREE_KBYTES_LOWEST 128
#define MIN_FREE_KBYTES_HIGHEST 262144
#define WATERMARK_SCALE 10 /* of 10000 */
#define PCP_DOUBLINGS 5	   /* CONFIG_PCP_BATCH_SCALE_MAX */

static uint64_t int_sqrt(uint64_t x)
{
	uint64_t root = 0, bit = 1ull << 31;

	for (; bit; bit >>= 1)
		if ((root | bit) * (root | bit) <= x)
			root |= bit;
	return root;
}

static uint64_t min_free_pages(uint64_t managed)
{
	uint64_t kbytes = int_sqrt((managed << (PAGE_SHIFT - 10)) * 16);

	if (kbytes < MIN_FREE_KBYTES_LOWEST)
		kbytes = MIN_FREE_KBYTES_LOWEST;
	if (kbytes > MIN_FREE_KBYTES_HIGHEST)
		kbytes = MIN_FREE_KBYTES_HIGHEST;
	return kbytes >> (PAGE_SHIFT - 10);
}

/* What khugepaged wants free: two pageblocks a zone, and for each pair of
 * types, of which one may fall back to the other, one more. */
static uint64_t huge_min_free_pages(const struct physmem *pm, uint64_t managed)
{
	uint64_t nr_zones = 0, pages;
	unsigned z;

	for (z = 0; z < NR_ZONES; z++)
		nr_zones += pm->zone[z].managed != 0;
	pages = (nr_zones << PAGEBLOCK_ORDER) * (2 + NR_PCPTYPES * NR_PCPTYPES);
	return pages < managed / 20 ? pages : managed / 20;
}

static uint32_t batch_size(uint64_t managed)
{
	uint64_t batch = managed >> 10;

	if (batch > SZ_1M / PAGE_SIZE)
		batch = SZ_1M / PAGE_SIZE;
	batch /= 4;
	if (batch < 1)
		batch = 1;
	return (1u << (fls64(batch + batch / 2) - 1)) - 1;
}

static void setup_pcp(struct zone *zone, unsigned nr_cpus,
		      enum kernel_release kernel)
{
	uint64_t high = zone->watermark[WMARK_LOW] / nr_cpus;

	zone->pcp_batch = batch_size(zone->managed);
	if (zone->pcp_batch < 1)
		zone->pcp_batch = 1;
	if (kernel == KERNEL_4_20) {
		zone->pcp_high = zone->pcp_batch * 6;
		return;
	}
	if (high < zone->pcp_batch * 4)
		high = zone->pcp_batch * 4;
	zone->pcp_high = (uint32_t)high;
	zone->pcp_max_order = PCP_MAX_ORDER;
	zone->pcp_doublings = PCP_DOUBLINGS;
}

static void setup_reserve(struct physmem *pm, unsigned z)
{
	uint64_t above = 0;
	unsigned upper;

	for (upper = z + 1; upper < NR_ZONES; upper++) {
		above += pm->zone[upper].managed;
		pm->zone[z].lowmem_reserve[upper] = above / reserve_ratio[z];
	}
}

void zones_setup(struct physmem *pm)
{
	uint64_t total = 0, min_free;
	unsigned z;

	if (pm->profile->plain)
		return;
	for (z = 0; z < NR_ZONES; z++)
		total += pm->zone[z].managed;
	min_free = min_free_pages(total);
	if (pm->profile->khugepaged &&
	    min_free < huge_min_free_pages(pm, total))
		min_free = huge_min_free_pages(pm, total);
	for (z = 0; z < NR_ZONES; z++) {
		struct zone *zone = &pm->zone[z];
		uint64_t min = min_free * zone->managed / total;
		uint64_t gap = zone->managed * WATERMARK_SCALE / 10000;

		if (!zone->managed)
			continue;
		if (gap < min / 4)
			gap = min / 4;
		zone->watermark[WMARK_MIN] = min;
		zone->watermark[WMARK_LOW] = min + gap;
		zone->watermark[WMARK_HIGH] = min + 2 * gap;
		setup_reserve(pm, z);
		setup_pcp(zone, pm->nr_cpus, pm->profile->kernel);
	}
}

void physmem_zone_info(const struct physmem *pm, enum zone_type type,
		       struct zone_info *ret)
{
	const struct zone *zone = &pm->zone[type];
	unsigned i;

	*ret = (struct zone_info){
		.managed = zone->managed,
		.nr_free = zone->nr_free,
		.nr_highatomic = zone->nr_highatomic,
		.min = zone->watermark[WMARK_MIN],
		.low = zone->watermark[WMARK_LOW],
		.high = zone->watermark[WMARK_HIGH],
		.pcp_high = zone->pcp_high,
		.pcp_batch = zone->pcp_batch,
	};
	for (i = 0; i < NR_ZONES; i++)
		ret->protection[i] = zone->lowmem_reserve[i];
	for (i = 0; i < PHYSMEM_MAX_CPUS; i++)
		ret->nr_pcp += zone->pcp[i].count;
}
