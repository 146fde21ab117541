/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SLUB's kmem_cache on simulated memory: objects of one size cut from slabs.
 * Which parts of mm/slub.c of Linux 6.1 it follows: see kmem_cache.c.
 *
 * Concurrency: one thread at a time; the cpu argument picks the simulated CPU.
 */
#ifndef KMEM_CACHE_H
#define KMEM_CACHE_H

#include "mm_types.h"

struct physmem;
struct kmem_cache;

#define KMEM_CACHE_ORDER_AUTO 0xff

struct kmem_cache_config {
	unsigned size;	  /* of an object; a power of two from 64 to 4096,
			   * which is also its alignment */
	gfp_t allocflags; /* added to each request for pages: GFP_DMA32 for
			   * SLAB_CACHE_DMA32, else 0 */
	unsigned nr_cpus; /* simulated, at least 1 */
	unsigned order;	  /* of a slab, 0 to 3, or KMEM_CACHE_ORDER_AUTO:
			   * from size and nr_cpus as SLUB does */
};

/* All O(1) to read. Names follow /sys/kernel/slab where there is one. */
struct kmem_cache_stats {
	unsigned order;		/* of a slab that is not a fallback */
	unsigned objs_per_slab; /* at that order */
	unsigned min_partial;	/* slabs */
	unsigned cpu_partial;	/* slabs a CPU may keep */
	uint64_t objects;	/* handed out */
	uint64_t slabs;
	uint64_t pages;		 /* in those slabs */
	uint64_t partial;	 /* slabs on the node list */
	uint64_t alloc_slab;	 /* slabs ever built */
	uint64_t order_fallback; /* of those, at order 0 against the wish */
};

/* 0; -ENOMEM; -EINVAL for a config out of range. */
int kmem_cache_create(struct physmem *pm, const struct kmem_cache_config *cfg,
		      struct kmem_cache **ret);

/* Gives every slab back, objects alive or not. NULL is fine. */
void kmem_cache_destroy(struct kmem_cache *s);

/* 0 and an object, zeroed with __GFP_ZERO; -ENOMEM without pages. */
int kmem_cache_alloc(struct kmem_cache *s, unsigned cpu, gfp_t gfp,
		     void **ret_object);

/* A pointer to no slab of this cache is a caller's bug and aborts. */
void kmem_cache_free(struct kmem_cache *s, unsigned cpu, void *object);

/* Flushes every CPU and gives empty slabs back: kmem_cache_shrink(). */
void kmem_cache_shrink(struct kmem_cache *s);

void kmem_cache_stats(const struct kmem_cache *s, struct kmem_cache_stats *ret);

/* 0, or -EUCLEAN and a static text. Walks every slab and freelist. */
int kmem_cache_check(const struct kmem_cache *s, const char **ret_why);

/* Bytes of a free object that hold the freelist link: offset, for 8 bytes. */
unsigned kmem_cache_link_offset(const struct kmem_cache *s);

#endif /* KMEM_CACHE_H */
