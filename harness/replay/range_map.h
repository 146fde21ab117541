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

/* Addresses are inclusive, so that the last of 64 bits has a place. */
struct range_piece {
	uint64_t start, last;
	struct range_value value;
};

struct range_map;

/* An empty map of nr_spaces address spaces. 0 or -ENOMEM. */
int range_map_create(unsigned nr_spaces, struct range_map **ret);

/* NULL is fine. */
void range_map_destroy(struct range_map *map);

/* Pieces in all spaces. */
uint64_t range_map_nr(const struct range_map *map);

/* What is known of an address; NULL if nothing. Until the next change. */
const struct range_value *range_map_at(const struct range_map *map,
				       unsigned space, uint64_t address);

/* The last piece that starts below the address, and the first that starts there
 * or above; NULL if there is none. Until the next change. */
const struct range_piece *range_map_below(const struct range_map *map,
					  unsigned space, uint64_t address);
const struct range_piece *range_map_from(const struct range_map *map,
					 unsigned space, uint64_t address);

typedef void (*range_fn)(void *ctx, struct range_piece *piece);

/* Calls fn for each piece in [start, last], ascending, which may change its
 * value; pieces that reach out of it are cut in two before. 0 or -ENOMEM, with
 * fn not called. */
int range_map_each(struct range_map *map, unsigned space, uint64_t start,
		   uint64_t last, range_fn fn, void *ctx);

/* Makes [start, last] one piece; what was there is forgotten. 0 or -ENOMEM. */
int range_map_set(struct range_map *map, unsigned space, uint64_t start,
		  uint64_t last, struct range_value value);

/* range_map_each(), and then forgets them. */
int range_map_erase(struct range_map *map, unsigned space, uint64_t start,
		    uint64_t last, range_fn fn, void *ctx);

typedef int (*range_walk_fn)(void *ctx, const struct range_piece *piece);

/* Calls fn for each piece of a space, ascending, until it returns other than 0,
 * which is then returned. */
int range_map_walk(const struct range_map *map, unsigned space,
		   range_walk_fn fn, void *ctx);

#endif /* RANGE_MAP_H */
