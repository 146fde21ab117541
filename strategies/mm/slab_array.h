/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The array-cache SLAB's cache on simulated memory: objects of one size, held
 * ready in an array per CPU and one shared by all. Which parts of mm/slab.c of
 * Linux 6.1 it follows: see slab_array.c.
 *
 * Concurrency: alloc and free may run at the same time if the memory says
 * threads, each thread with simulated CPUs of its own. All else: nobody else at
 * work.
 */
#ifndef SLAB_ARRAY_H
#define SLAB_ARRAY_H

#include "mm_types.h"
#include "slab_geometry.h"

struct physmem;
struct slab_array;

struct slab_array_config {
	unsigned size;	  /* of an object, SLAB_OBJ_MIN_SIZE to PAGE_SIZE */
	unsigned align;	  /* a power of two, 8 to PAGE_SIZE */
	gfp_t allocflags; /* added to each request for pages: GFP_DMA32 for
			   * SLAB_CACHE_DMA32, else 0 */
	unsigned nr_cpus; /* simulated, at least 1 */
	unsigned link;	  /* where in a free object a freelist may lie: 0 in the
			   * kernel; leaves room for one byte per object */
	bool init_on_free; /* clear each object when it is freed, and keep the
			    * freelist elsewhere: the boot option */
};

/* Read by adding up what the CPUs have. Names follow mm/slab.c. */
struct slab_array_stats {
	struct slab_geometry geometry;
	uint64_t objects;	 /* handed out */
	uint64_t free_objects;	 /* in slabs, not in arrays */
	uint64_t shared_avail;	 /* in the shared array */
	uint64_t slabs;		 /* total_slabs */
	uint64_t free_slabs;	 /* of those, with no object out of them */
	uint64_t pages;		 /* in all slabs */
	uint64_t grown;		 /* slabs ever built */
	uint64_t alloc_failures; /* no pages */
	uint64_t metadata_bytes; /* arrays, the node's structure, freelists
				  * from kmalloc(); not struct kmem_cache */
};

/* 0; -ENOMEM; -EINVAL for a config out of range. */
int slab_array_create(struct physmem *pm, const struct slab_array_config *cfg,
		      struct slab_array **ret);

/* Gives every slab back, objects alive or not. NULL is fine. */
void slab_array_destroy(struct slab_array *s);

/* 0 and an object, zeroed with __GFP_ZERO; -ENOMEM without pages. */
int slab_array_alloc(struct slab_array *s, unsigned cpu, gfp_t gfp,
		     void **ret_object);

/* A pointer to no slab of this cache is a caller's bug and aborts. */
void slab_array_free(struct slab_array *s, unsigned cpu, void *object);

/* Empties every array and gives empty slabs back: kmem_cache_shrink(). */
void slab_array_shrink(struct slab_array *s);

void slab_array_stats(const struct slab_array *s, struct slab_array_stats *ret);

/* 0, or -EUCLEAN and a static text. Walks every slab, freelist and array;
 * quadratic in the entries of the arrays. */
int slab_array_check(const struct slab_array *s, const char **ret_why);

#endif /* SLAB_ARRAY_H */
