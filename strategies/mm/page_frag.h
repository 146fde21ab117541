/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page_frag_cache: fragments carved from the end of a chunk of pages, which
 * goes back whole when the last fragment does. See page_frag.c.
 *
 * All fragments of one cache must be of one size that divides PAGE_SIZE.
 *
 * Concurrency: a cache is one thread's at a time, its user sees to that;
 * page_frag_free() by any thread at any time. All else: nobody else in it.
 */
#ifndef PAGE_FRAG_H
#define PAGE_FRAG_H

#include <sys/queue.h>

#include "mm_lock.h"
#include "mm_types.h"

struct page;
struct physmem;

#define PAGE_FRAG_CACHE_MAX_ORDER 3 /* 32 KiB */

/*
 * The chunks of one or more caches. The kernel has no such thing and cannot
 * find a chunk again that is no cache's current one; here they are counted, and
 * listed under a lock that is ours, taken when a chunk comes or goes.
 * Zeroed, with pm set, is empty.
 */
struct page_frag_chunks {
	struct physmem *pm;
	struct mm_lock lock;	/* of what follows */
	LIST_HEAD(, page) list; /* all with a reference */
	uint64_t nr_chunks;
	uint64_t pages_held; /* by caches and by live fragments */
	uint64_t nr_refills;
	uint64_t nr_fallbacks; /* refills of order 0 where more was wanted */
};

/* Zeroed, with all and max_order set, is an empty cache. */
struct page_frag_cache {
	struct page_frag_chunks *all;
	struct page *chunk;   /* current one, or NULL */
	unsigned max_order;   /* of a refill, 0 to PAGE_FRAG_CACHE_MAX_ORDER */
	uint32_t offset;      /* bytes below it are still to be handed out */
	int32_t pagecnt_bias; /* references charged but not handed out */
	uint32_t nr_reuses;   /* of a chunk started over in place; ours */
};

/* 0 and the va of size bytes, not cleared unless the chunk is new and gfp has
 * __GFP_ZERO; -ENOMEM. */
int page_frag_alloc(struct page_frag_cache *nc, unsigned cpu, size_t size,
		    gfp_t gfp, void **ret_va);

/* As in the kernel, whichever of the caches it came from. */
void page_frag_free(struct page_frag_chunks *all, unsigned cpu, void *va);

/* Drops the current chunk; it goes when its last fragment goes. */
void page_frag_cache_drain(struct page_frag_cache *nc, unsigned cpu);

/* Gives every chunk back, fragments alive or not. Caches must be drained. */
void page_frag_chunks_fini(struct page_frag_chunks *all);

/* 0, or -EUCLEAN and a static text. nr_alive: fragments handed out of all nr
 * caches, which have the same chunks. */
int page_frag_check(const struct page_frag_cache *nc, unsigned nr,
		    uint64_t nr_alive, const char **ret_why);

#endif /* PAGE_FRAG_H */
