/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ranges of addresses and what is known of each: pieces that do not overlap,
 * each with a value, in a tree per address space.
 *
 * Concurrency: none.
 */
#ifndef RANGE_MAP_H
#define RANGE_MAP_H

#include <stdint.h>

#define RANGE_NOBODY UINT32_MAX

struct range_value {
	uint32_t last;	 /* event that came here last */
	uint32_t mapped; /* event that mapped this; RANGE_NOBODY: unmapped */
};

struct range_map;

/* An empty map of nr_spaces address spaces. 0 or -ENOMEM. */
int range_map_create(unsigned nr_spaces, struct range_map **ret);

/* NULL is fine. */
void range_map_destroy(struct range_map *map);

/* What is known of an address; NULL if nothing. Until the next change. */
const struct range_value *range_map_at(const struct range_map *map,
				       unsigned space, uint64_t address);

typedef void (*range_fn)(void *ctx, struct range_value *value);

/* Calls fn for each piece in [start, end), ascending; pieces that reach out of
 * it are cut in two before. 0 or -ENOMEM, with fn not called. */
int range_map_each(struct range_map *map, unsigned space, uint64_t start,
		   uint64_t end, range_fn fn, void *ctx);

/* Makes [start, end) one piece; what was there is forgotten. 0 or -ENOMEM. */
int range_map_set(struct range_map *map, unsigned space, uint64_t start,
		  uint64_t end, struct range_value value);

#endif /* RANGE_MAP_H */
