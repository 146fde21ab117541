/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page_frag_cache: fragments carved from the end of a chunk of pages, which
 * goes back whole when the last fragment does. See page_frag.c.
 *
 * All fragments of one cache must be of one size that divides PAGE_SIZE.
 */
#ifndef PAGE_FRAG_H
#define PAGE_FRAG_H

#include <sys/queue.h>

#include "mm_types.h"

struct page;
struct physmem;

#define PAGE_FRAG_CACHE_MAX_ORDER 3 /* 32 KiB */

/* Zeroed, with pm and max_order set, is an empty cache. */
struct page_frag_cache {
	struct physmem *pm;
	unsigned max_order;   /* of a refill, 0 to PAGE_FRAG_CACHE_MAX_ORDER */
	struct page *chunk;   /* current one, or NULL */
	uint32_t offset;      /* bytes below it are still to be handed out */
	int32_t pagecnt_bias; /* references charged but not handed out */
	uint64_t pages_held;  /* by this cache and by live fragments */
	uint64_t nr_refills;
	uint64_t nr_fallbacks; /* refills of order 0 where more was wanted */
	LIST_HEAD(, page)
	chunks; /* all with a reference; the kernel has no
		 * such list and cannot find them again */
};

/* 0 and the va of size bytes, not cleared unless the chunk is new and gfp has
 * __GFP_ZERO; -ENOMEM. */
int page_frag_alloc(struct page_frag_cache *nc, unsigned cpu, size_t size,
		    gfp_t gfp, void **ret_va);

void page_frag_free(struct page_frag_cache *nc, unsigned cpu, void *va);

/* Drops the current chunk; it goes when its last fragment goes. */
void page_frag_cache_drain(struct page_frag_cache *nc, unsigned cpu);

/* Gives every chunk back, fragments alive or not. */
void page_frag_cache_fini(struct page_frag_cache *nc);

/* 0, or -EUCLEAN and a static text. nr_alive: fragments handed out. */
int page_frag_cache_check(const struct page_frag_cache *nc, uint64_t nr_alive,
			  const char **ret_why);

#endif /* PAGE_FRAG_H */
