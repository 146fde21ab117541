/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the array-cache SLAB cuts pages into objects and how many objects it
 * keeps at hand. Models __kmem_cache_create() and enable_cpucache() of
 * mm/slab.c of Linux 6.1; see slab_geometry.c.
 */
#ifndef SLAB_GEOMETRY_H
#define SLAB_GEOMETRY_H

#include "mm_types.h"

#define SLAB_OBJ_MIN_SIZE 16u
#define SLAB_OBJ_MAX_NUM 255u /* in a slab: an index is one byte */

/* Where the list of the free objects of a slab is, one byte for each. */
enum slab_freelist {
	OBJFREELIST_SLAB, /* in the object that will be handed out last */
	OFF_SLAB,	  /* in memory from kmalloc() */
	ON_SLAB,	  /* in the last bytes of the slab */
};

struct slab_geometry {
	unsigned size; /* of an object with its padding */
	unsigned order;
	unsigned num; /* objects of a slab, and bytes of its freelist */
	enum slab_freelist freelist;
	unsigned freelist_bytes; /* that kmalloc() gives for one, else 0 */
	unsigned colour;	 /* offsets for the first object, 0 as 1 */
	unsigned colour_off;	 /* bytes from one to the next */
	unsigned limit;		 /* entries of a CPU's array */
	unsigned batchcount;	 /* entries moved at a time */
	unsigned shared;	 /* entries of the shared array */
	unsigned free_limit;	 /* objects that the node may keep */
};

struct slab_geometry_config {
	unsigned size;	  /* of an object, SLAB_OBJ_MIN_SIZE to PAGE_SIZE */
	unsigned align;	  /* a power of two, 8 to PAGE_SIZE */
	unsigned nr_cpus; /* at least 1 */
	uint64_t ram_pages;
	bool init_on_free; /* no freelist in a free object */
};

/* 0; -EINVAL for a config out of range. */
int slab_geometry(const struct slab_geometry_config *cfg,
		  struct slab_geometry *ret);

/* What kmalloc() takes for this many bytes; up to PAGE_SIZE. */
unsigned slab_kmalloc_size(unsigned bytes);

#endif /* SLAB_GEOMETRY_H */
