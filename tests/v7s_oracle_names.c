// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the flat oracle of v7s_oracle.h counts, by name. Models nothing. Cost:
 * none to speak of. Concurrency: none shared.
 */
#include "v7s_oracle.h"

#define EXACT(name)                                      \
	{                                                \
#name, got->name, want->name, want->name \
	}

const char *oracle_counts_differ(const struct oracle *o,
				 const struct v7s_stats *got, uint64_t *ret_got,
				 uint64_t *ret_want)
{
	const struct v7s_stats *want = &o->stats;
	const struct {
		const char *name;
		uint64_t got, min, max;
	} row[] = {
		EXACT(l2_allocs),
		EXACT(l2_frees),
		EXACT(l2_failures),
		EXACT(l2_live),
		EXACT(l2_replaced),
		EXACT(l2_races),
		EXACT(splits),
		EXACT(warns),
		EXACT(tlb_add),
		EXACT(tlb_walk),
		EXACT(dma_maps),
		EXACT(dma_unmaps),
		{ "dma_syncs", got->dma_syncs, o->min_dma_syncs,
		  want->dma_syncs },
		{ "dma_lines", got->dma_lines, o->min_dma_lines,
		  want->dma_lines },
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		if (row[i].got >= row[i].min && row[i].got <= row[i].max)
			continue;
		*ret_got = row[i].got;
		*ret_want = row[i].got < row[i].min ? row[i].min : row[i].max;
		return row[i].name;
	}
	return NULL;
}

const char *event_name(enum event event)
{
	static const char *const name[NR_EVENTS] = {
		[EV_MAP] = "map",
		[EV_MAP_EXISTS] = "map_exists",
		[EV_MAP_NOMEM] = "map_nomem",
		[EV_MAP_INVALID] = "map_invalid",
		[EV_MAP_RANGE] = "map_range",
		[EV_MAP_NOTHING] = "map_nothing",
		[EV_MAP_FLUSH] = "map_flush",
		[EV_UNMAP] = "unmap",
		[EV_UNMAP_HOLE] = "unmap_hole",
		[EV_UNMAP_RANGE] = "unmap_range",
		[EV_SPLIT_64K] = "split_64k",
		[EV_SPLIT_1M] = "split_1m",
		[EV_SPLIT_16M] = "split_16m",
		[EV_SPLIT_NOMEM] = "split_nomem",
		[EV_SPLIT_REFUSED] = "split_refused",
		[EV_SECOND_TRY] = "second_try",
		[EV_BLOCK_OVER_TABLE] = "block_over_table",
		[EV_TABLE_UNMAPPED] = "table_unmapped",
		[EV_OVER_TOP] = "over_top",
	};

	return name[event];
}
