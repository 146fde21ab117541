/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of a slab_array, for slab_array.c and slab_array_check.c only.
 *
 * Concurrency, as in mm/slab.c of Linux 6.1: an array and the counts before it
 * are its CPU's, which turns interrupts off and takes no lock; the node, its
 * slabs and the shared array need list_lock. free_objects and shared->avail are
 * read without it to see whether taking it is worth while.
 */
#ifndef SLAB_ARRAY_INTERNAL_H
#define SLAB_ARRAY_INTERNAL_H

#include <sys/queue.h>

#include "mm_lock.h"
#include "physmem.h"
#include "slab_array.h"

#define SLAB_ARRAY_LINE 64 /* what two CPUs write does not share one */

TAILQ_HEAD(array_slabs, page);

/* Used from its end: what was freed last goes out first. */
struct array_cache {
	unsigned avail;
	unsigned limit;
	unsigned batchcount;
	unsigned touched;
	void *entry[];
};

/* What a CPU counts; stands before its array. Ours. */
struct array_counts {
	uint64_t nr_objects; /* handed out less taken back here */
	uint64_t nr_failures;
};

struct slab_array {
	struct physmem *pm;
	struct slab_geometry g;
	gfp_t allocflags;
	unsigned nr_cpus;
	unsigned link;
	unsigned object_size;
	bool init_on_free;

	char *cpu_cache;	    /* counts and an array_cache per CPU */
	size_t stride;		    /* bytes from one to the next */
	struct array_cache *shared; /* or NULL */

	struct mm_lock list_lock __attribute__((aligned(SLAB_ARRAY_LINE)));
	struct array_slabs slabs_partial;
	struct array_slabs slabs_full;
	struct array_slabs slabs_free;
	uint64_t total_slabs;
	uint64_t free_slabs;
	uint64_t free_objects;
	uint64_t nr_grown;
	unsigned colour_next; /* not locked in 6.1: CPUs may pick the same */
};

static inline struct array_counts *cpu_counts(const struct slab_array *s,
					      unsigned cpu)
{
	return (struct array_counts *)(void *)(s->cpu_cache + cpu * s->stride);
}

static inline struct array_cache *cpu_cache_get(const struct slab_array *s,
						unsigned cpu)
{
	return (struct array_cache *)(void *)(cpu_counts(s, cpu) + 1);
}

static inline char *index_to_obj(const struct slab_array *s,
				 const struct page *slab, unsigned i)
{
	return slab->s_mem + (size_t)i * s->g.size;
}

static inline unsigned obj_to_index(const struct slab_array *s,
				    const struct page *slab, const void *object)
{
	size_t offset = (size_t)((const char *)object - slab->s_mem);

	return (unsigned)(offset / s->g.size);
}

#endif /* SLAB_ARRAY_INTERNAL_H */
