/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Address arithmetic on simulated memory, inline: a call for each would be a
 * good part of what the fast strategies cost. Comes with physmem.h.
 */
#ifndef PHYSMEM_ADDR_H
#define PHYSMEM_ADDR_H

#include "mm_assert.h"
#include "physmem.h"

/* All it needs to know; the first member of struct physmem, fixed once that is
 * created, but for threads. */
struct physmem_map {
	phys_addr_t start;    /* paddr of the first byte of the arena */
	uint64_t nr_pages;    /* of the arena, holes included */
	unsigned char *arena; /* va of that byte */
	struct page *page;    /* one per page of the arena */
	bool threads;	      /* see physmem_set_threads() */
};

static inline const struct physmem_map *physmem_map_of(const struct physmem *pm)
{
	return (const void *)pm;
}

/* What to give mm_lock(), for the locks of allocators on this memory too. */
static inline bool physmem_threads(const struct physmem *pm)
{
	return physmem_map_of(pm)->threads;
}

/* All arguments must lie in RAM of the profile. */
static inline void *physmem_va(const struct physmem *pm, phys_addr_t paddr)
{
	mm_assert(physmem_valid(pm, paddr));
	return physmem_map_of(pm)->arena + (paddr - physmem_map_of(pm)->start);
}

static inline phys_addr_t physmem_paddr(const struct physmem *pm,
					const void *va)
{
	const struct physmem_map *map = physmem_map_of(pm);

	mm_assert(physmem_owns(pm, va));
	return map->start +
	       (phys_addr_t)((const unsigned char *)va - map->arena);
}

static inline struct page *physmem_page(const struct physmem *pm,
					phys_addr_t paddr)
{
	const struct physmem_map *map = physmem_map_of(pm);

	mm_assert(physmem_valid(pm, paddr));
	return &map->page[(paddr - map->start) >> PAGE_SHIFT];
}

static inline phys_addr_t physmem_page_paddr(const struct physmem *pm,
					     const struct page *page)
{
	const struct physmem_map *map = physmem_map_of(pm);

	return map->start + ((phys_addr_t)(page - map->page) << PAGE_SHIFT);
}

static inline void *physmem_page_va(const struct physmem *pm,
				    const struct page *page)
{
	const struct physmem_map *map = physmem_map_of(pm);

	return map->arena + ((uint64_t)(page - map->page) << PAGE_SHIFT);
}

/* Head of the allocated block that va lies in. */
static inline struct page *physmem_head(const struct physmem *pm,
					const void *va)
{
	const struct physmem_map *map = physmem_map_of(pm);
	struct page *page =
		&map->page[(uint64_t)((const unsigned char *)va - map->arena) >>
			   PAGE_SHIFT];

	return page->flags & PG_TAIL ? page - page->to_head : page;
}

#endif /* PHYSMEM_ADDR_H */
