// SPDX-License-Identifier: GPL-2.0-only
/*
 * The indices of external fragmentation; see extfrag.h.
 *
 * Models fill_contig_page_info(), unusable_free_index() and
 * __fragmentation_index() of mm/vmstat.c of Linux 6.1, integer division
 * included. Left out: nothing. Cost: O(MAX_ORDER).
 * Invariant: pure functions. Concurrency: any.
 */
#include "extfrag.h"

struct contig_info {
	uint64_t free_pages;
	uint64_t free_blocks_total;
	uint64_t free_blocks_suitable; /* counted in blocks of the order */
};

static struct contig_info contig_info(const uint64_t *nr_free, unsigned order)
{
	struct contig_info info = { 0 };
	unsigned i;

	for (i = 0; i <= MAX_ORDER; i++) {
		info.free_blocks_total += nr_free[i];
		info.free_pages += nr_free[i] << i;
		if (i >= order)
			info.free_blocks_suitable += nr_free[i] << (i - order);
	}
	return info;
}

int extfrag_unusable(const uint64_t *nr_free, unsigned order)
{
	struct contig_info info = contig_info(nr_free, order);

	if (!info.free_pages)
		return 1000;
	return (int)((info.free_pages - (info.free_blocks_suitable << order)) *
		     1000 / info.free_pages);
}

int extfrag_index(const uint64_t *nr_free, unsigned order)
{
	struct contig_info info = contig_info(nr_free, order);

	if (!info.free_blocks_total)
		return 0;
	if (info.free_blocks_suitable)
		return -1000;
	return 1000 - (int)((1000 + (info.free_pages * 1000 >> order)) /
			    info.free_blocks_total);
}
