/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of kmem_cache share: the cache itself, the rules in which
 * kernels differ, and the link in a free object. For kmem_cache*.c only.
 *
 * A slab is in exactly one state. The active one is some CPU's ->slab: frozen,
 * and its ->inuse counts the objects on the CPU's freelist as used. One that is
 * partial on a CPU is on that CPU's list, frozen too. One that is partial on
 * the node is on the node's list: not frozen, its freelist not empty. A full
 * one is on no list, or on the full list if users are tracked: not frozen, its
 * freelist empty. In a cache that debugs no slab is frozen.
 */
#ifndef KMEM_CACHE_INTERNAL_H
#define KMEM_CACHE_INTERNAL_H

#include "kmem_cache.h"
#include "physmem.h"

#define SLUB_MAX_ORDER 3

TAILQ_HEAD(slab_list, page);

/* One for each enum kmem_cache_kernel: kmem_cache_sizes.c. */
struct slub_rules {
	bool link_in_middle; /* of the object; else in its first bytes */
	unsigned track_size; /* struct track: who allocated, who freed */
	/* Objects for a CPU's partial list: at least a page, 1024, 256, less */
	unsigned cpu_partial[4];
	bool limit_slabs;   /* that list is limited in slabs; else in objects
			     * free when a slab joined it */
	bool splice;	    /* deactivating keeps the order of a freelist */
	bool debug_on_node; /* a debug cache allocates from the node list;
			     * else from an active slab that it deactivates
			     * after each object */
};

struct kmem_cache_cpu {
	void *freelist;	      /* next object to hand out */
	struct page *slab;    /* the slab they are from, or NULL */
	struct page *partial; /* linked through ->next, newest first */
};

struct kmem_cache {
	struct physmem *pm;
	unsigned size; /* of an object and what stands around it */
	unsigned object_size;
	unsigned link;	   /* offset of the free pointer from the object */
	unsigned left_pad; /* before each object */
	gfp_t allocflags;
	unsigned nr_cpus;
	unsigned debug;
	enum slab_flags_rule flags;
	const struct slub_rules *rules;
	unsigned drain_at;  /* a CPU's list this long goes to the node whole */
	unsigned refill_to; /* taking from the node ends above this */
	uint64_t random;    /* state of the choice of a start in random_seq */
	uint32_t *random_seq; /* objs_per_slab numbers, or NULL */
	struct kmem_cache_stats stats;
	struct slab_list partial; /* the node's */
	struct slab_list full;	  /* the node's, with SLAB_STORE_USER only */
	struct slab_list all;	  /* so that destroy finds full slabs */
	struct kmem_cache_cpu cpu[];
};

/* Sizes, order and limits from cfg into s, zeroed before. 0 or -EINVAL. */
int kmem_cache_calculate_sizes(struct kmem_cache *s,
			       const struct kmem_cache_config *cfg);

/* kmem_cache_slab.c: makes random_seq from s->random. 0 or -ENOMEM. */
int kmem_cache_random_init(struct kmem_cache *s);

/* A slab with all objects on its freelist, on no list. 0 or -ENOMEM. */
int kmem_cache_new_slab(struct kmem_cache *s, unsigned cpu, gfp_t gfp,
			struct page **ret);

/* Gives a slab back that is on no list but s->all. */
void kmem_cache_discard_slab(struct kmem_cache *s, unsigned cpu,
			     struct page *slab);

static inline void *get_link(const struct kmem_cache *s, const void *object)
{
	void *next;

	memcpy(&next, (const char *)object + s->link, sizeof(next));
	return next;
}

static inline void set_link(const struct kmem_cache *s, void *object,
			    void *next)
{
	memcpy((char *)object + s->link, &next, sizeof(next));
}

#endif /* KMEM_CACHE_INTERNAL_H */
