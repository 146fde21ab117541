// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slabs of a kmem_cache: taken from the page allocator, cut up, given back.
 *
 * Models new_slab(), allocate_slab(), shuffle_freelist() and discard_slab() of
 * mm/slub.c of Linux 6.1, and cache_random_seq_create() of slab_common.c: one
 * random order for each cache, entered at another place by each slab. The
 * random numbers are our own; their seed is an option, so that runs repeat.
 * Left out: the writing of red zones and poison, hardened links, accounting.
 * Cost: O(objects of a slab).
 * Invariant: to AddressSanitizer a slab is poisoned but for the links of free
 * objects and for objects handed out.
 * Concurrency: who makes or discards a slab has it alone; only the list of all
 * and its sums take list_lock. The kernel has no such list, and adds to
 * nr_slabs and total_objects atomically.
 */
#include <errno.h>
#include <stdlib.h>

#include "kmem_cache_internal.h"
#include "track.h"

#define SPLITMIX_STEP 0x9e3779b97f4a7c15ull

/* splitmix64, below limit. */
static unsigned draw(struct kmem_cache *s, unsigned limit)
{
	uint64_t z;

	if (physmem_threads(s->pm))
		z = __atomic_add_fetch(&s->random, SPLITMIX_STEP,
				       __ATOMIC_RELAXED);
	else
		z = s->random += SPLITMIX_STEP;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return (unsigned)((z ^ (z >> 31)) % limit);
}

int kmem_cache_random_init(struct kmem_cache *s)
{
	unsigned nr = (unsigned)s->stats.objs_per_slab, i;

	s->random_seq = calloc(nr, sizeof(s->random_seq[0]));
	if (!s->random_seq)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		unsigned other = draw(s, i + 1);

		s->random_seq[i] = s->random_seq[other];
		s->random_seq[other] = i;
	}
	return 0;
}

/* The next object in the cache's order that this slab, maybe a smaller one,
 * has room for. */
static unsigned next_random(const struct kmem_cache *s, unsigned objects,
			    unsigned *pos)
{
	unsigned i;

	do {
		i = s->random_seq[(*pos)++];
		if (*pos == s->stats.objs_per_slab)
			*pos = 0;
	} while (i >= objects);
	return i;
}

static void init_link(const struct kmem_cache *s, char *object, void *next)
{
	track_unpoison(object + s->link, sizeof(next));
	set_link(s, object, next);
}

/* Links nr objects from first on, in the order of addresses. */
static void *thread_freelist(const struct kmem_cache *s, char *first,
			     unsigned nr)
{
	const size_t size = s->size;
	char *object = first;

	while (--nr) {
		init_link(s, object, object + size);
		object += size;
	}
	init_link(s, object, NULL);
	return first;
}

/* In the cache's random order; the first in it. */
static void *shuffle_freelist(struct kmem_cache *s, char *start, unsigned nr)
{
	unsigned pos = draw(s, (unsigned)s->stats.objs_per_slab);
	char *first = start + (size_t)next_random(s, nr, &pos) * s->size;
	char *object = first;

	for (unsigned i = 1; i < nr; i++) {
		char *next = start + (size_t)next_random(s, nr, &pos) * s->size;

		init_link(s, object, next);
		object = next;
	}
	init_link(s, object, NULL);
	return first;
}

static void build_slab(struct kmem_cache *s, struct page *slab)
{
	char *start = physmem_page_va(s->pm, slab);
	unsigned nr = slab->order == s->stats.order
			      ? (unsigned)s->stats.objs_per_slab
			      : (PAGE_SIZE << slab->order) / s->size;
	void *first;

	track_poison(start, (size_t)PAGE_SIZE << slab->order);
	start += s->left_pad;
	first = s->random_seq ? shuffle_freelist(s, start, nr)
			      : thread_freelist(s, start, nr);
	set_state(slab, make_state(first, 0, false));
	slab->slab_cache = s;
	slab->objects = (uint16_t)nr;
	slab->on_node_list = false;
	slab->next = NULL;
	slab->slabs = 0;
	slab->pobjects = 0;
	node_lock(s);
	TAILQ_INSERT_TAIL(&s->node.all, slab, all_list);
	s->node.nr_slabs++;
	s->node.total_objects += slab->objects;
	s->node.nr_pages += 1u << slab->order;
	node_unlock(s);
}

int kmem_cache_new_slab(struct kmem_cache *s, unsigned cpu, gfp_t gfp,
			struct page **ret)
{
	gfp_t bug = slab_bug_flags(s->flags, s->allocflags, gfp);
	gfp_t flags = slab_page_flags(gfp) | s->allocflags;
	gfp_t first = flags | __GFP_NOWARN | __GFP_NORETRY;
	struct kmem_cache_stats *events = &s->cpu[cpu].stats;
	unsigned min_order = get_order(s->size);
	int err;

	events->flag_warnings += bug != 0;
	events->stripped |= bug;
	if (s->stats.order > min_order && (first & __GFP_DIRECT_RECLAIM))
		first = (first | __GFP_NOMEMALLOC) &
			~(__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM);
	err = physmem_alloc_pages(s->pm, cpu, first, (unsigned)s->stats.order,
				  ret);
	if (err) {
		err = physmem_alloc_pages(s->pm, cpu, flags, min_order, ret);
		if (err)
			return err;
		events->order_fallback++;
	}
	build_slab(s, *ret);
	events->alloc_slab++;
	return 0;
}

void kmem_cache_discard_slab(struct kmem_cache *s, unsigned cpu,
			     struct page *slab)
{
	node_lock(s);
	TAILQ_REMOVE(&s->node.all, slab, all_list);
	s->node.nr_slabs--;
	s->node.total_objects -= slab->objects;
	s->node.nr_pages -= 1u << slab->order;
	node_unlock(s);
	s->cpu[cpu].stats.free_slab++;
	physmem_free_pages(s->pm, cpu, slab, slab->order);
}

void kmem_cache_discard_list(struct kmem_cache *s, unsigned cpu,
			     struct page *discard)
{
	struct page *next;

	for (; discard; discard = next) {
		next = discard->next;
		kmem_cache_discard_slab(s, cpu, discard);
	}
}
