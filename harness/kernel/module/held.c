// SPDX-License-Identifier: GPL-2.0-only
/*
 * Free pages below 4 GiB.
 *
 * A zone's counter NR_FREE_PAGES leaves out what lies on lists of CPUs, and the
 * counter itself has parts by CPU: both are added, without which the sum is off
 * by thousands of pages. Exact while nobody else allocates.
 *
 * Cost: a walk over nodes, zones and CPUs; once per "at".
 */
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>

#include "v7sbench.h"

static long zone_free_pages(struct zone *zone)
{
	long nr = zone_page_state_snapshot(zone, NR_FREE_PAGES);
	int cpu;

	for_each_online_cpu(cpu)
		nr += compat_pcp_count(zone, cpu);
	return nr;
}

long held_free_pages(void)
{
	enum zone_type i, last = gfp_zone(GFP_DMA32);
	long nr = 0;
	int node;

	for_each_online_node(node)
		for (i = 0; i <= last; i++)
			if (populated_zone(&NODE_DATA(node)->node_zones[i]))
				nr += zone_free_pages(
					&NODE_DATA(node)->node_zones[i]);
	return nr;
}

long held_l1_pages(struct io_pgtable_ops *ops)
{
	unsigned int nr;
	struct page *page = driver_l1_page(ops, &nr);

	return page_zonenum(page) <= gfp_zone(GFP_DMA32) ? nr : 0;
}
