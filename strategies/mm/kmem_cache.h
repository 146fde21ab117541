/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SLUB's kmem_cache on simulated memory: objects of one size cut from slabs.
 * Which parts of mm/slub.c it follows: see kmem_cache.c, kmem_cache_sizes.c.
 *
 * Concurrency: alloc and free may run at the same time if the memory says
 * threads, each thread with simulated CPUs of its own; frees of another CPU's
 * objects take a lock only where SLUB does. All else: nobody else at work.
 */
#ifndef KMEM_CACHE_H
#define KMEM_CACHE_H

#include "slab_flags.h"

struct physmem;
struct kmem_cache;

#define KMEM_CACHE_ORDER_AUTO 0xff

/* The Linux whose rules a cache follows. */
enum kmem_cache_kernel { KMEM_CACHE_6_1, KMEM_CACHE_4_20, KMEM_CACHE_KERNELS };

/* Bits of kmem_cache_config.debug: the letters of slub_debug=FZPU. */
enum kmem_cache_debug {
	SLAB_CONSISTENCY_CHECKS = 1, /* F */
	SLAB_RED_ZONE = 2,	     /* Z */
	SLAB_POISON = 4,	     /* P */
	SLAB_STORE_USER = 8,	     /* U */
	SLAB_DEBUG_FLAGS = 15
};

/* The flags that never let a cache merge with another. */
#define SLAB_NEVER_MERGE (SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER)

struct kmem_cache_config {
	unsigned size;	  /* of an object; a power of two from 64 to 4096,
			   * which is also its alignment */
	gfp_t allocflags; /* added to each request for pages: GFP_DMA32 for
			   * SLAB_CACHE_DMA32, else 0 */
	unsigned nr_cpus; /* simulated, at least 1 */
	unsigned order;	  /* of a slab, 0 to 3, or KMEM_CACHE_ORDER_AUTO:
			   * from size and nr_cpus as SLUB does */
	enum kmem_cache_kernel kernel;
	unsigned debug;	 /* enum kmem_cache_debug */
	uint64_t random; /* seed of the order of objects in a new slab, as with
			  * CONFIG_SLAB_FREELIST_RANDOM; 0: ascending */
	enum slab_flags_rule flags;
};

/*
 * All 64 bits wide, so that a table can name them; read by adding up what the
 * CPUs have, as with CONFIG_SLUB_STATS.
 * Names are those of /sys/kernel/slab where there is one: the first group
 * does not change, the second is now, the third counts since the creation.
 */
struct kmem_cache_stats {
	uint64_t object_size;
	uint64_t slab_size; /* of an object with all that debugging adds */
	uint64_t align;
	uint64_t order;		    /* of a slab that is not a fallback */
	uint64_t objs_per_slab;	    /* at that order */
	uint64_t min_partial;	    /* slabs */
	uint64_t cpu_partial;	    /* objects, in the kernel's reckoning */
	uint64_t cpu_partial_slabs; /* the same as slabs, where 6.1 counts them */
	uint64_t metadata_bytes;    /* what there is for each CPU and the node,
				     * as on 64 bits; not struct kmem_cache */

	uint64_t alive; /* objects handed out */
	uint64_t slabs;
	uint64_t pages; /* in those slabs */
	uint64_t total_objects;
	uint64_t partial; /* slabs on the node list */

	uint64_t alloc_slowpath, free_slowpath;
	uint64_t alloc_slab, free_slab;
	uint64_t alloc_refill; /* from what others freed to the active slab */
	uint64_t alloc_from_partial;
	uint64_t free_frozen;
	uint64_t free_add_partial, free_remove_partial;
	uint64_t cpuslab_flush;
	uint64_t deactivate_full, deactivate_empty;
	uint64_t deactivate_to_head, deactivate_to_tail;
	uint64_t deactivate_remote_frees, deactivate_bypass;
	uint64_t cpu_partial_alloc, cpu_partial_free;
	uint64_t cpu_partial_node, cpu_partial_drain;
	uint64_t cmpxchg_double_fail; /* another CPU changed the slab first */
	uint64_t order_fallback;      /* slabs of the smallest order instead */
	uint64_t alloc_failures;      /* no pages; no file has that */
	uint64_t flag_warnings;	      /* "Unexpected gfp"; no file has that */
	uint64_t stripped;	      /* all bits that were ever warned about */
};

/* What the kernel finds by walking lists when a file is read. */
struct kmem_cache_counts {
	uint64_t objects;	  /* but those free in slabs on the node list */
	uint64_t objects_partial; /* used in slabs on the node list */
	uint64_t cpu_slabs;	  /* active, and listed behind an active one */
	uint64_t slabs_cpu_partial;
};

/* 0; -ENOMEM; -EINVAL for a config out of range, or an order too small for
 * one object. */
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
void kmem_cache_counts(const struct kmem_cache *s,
		       struct kmem_cache_counts *ret);

/* 0, or -EUCLEAN and a static text. Walks every slab and freelist. */
int kmem_cache_check(const struct kmem_cache *s, const char **ret_why);

/* Where a free object holds the freelist link, 8 bytes; object_size or more
 * where it lies behind the object. */
unsigned kmem_cache_link_offset(const struct kmem_cache *s);

#endif /* KMEM_CACHE_H */
