// SPDX-License-Identifier: GPL-2.0-only
/*
 * SLUB: slabs of 2^order pages, a free list threaded through the objects of
 * each, one active slab and a short list of partial slabs per CPU, one list of
 * partial slabs for the node. This file moves objects and slabs; geometry is
 * in kmem_cache_sizes.c, pages in kmem_cache_slab.c, the walk over all of it
 * in kmem_cache_check.c, the states of a slab in kmem_cache_internal.h.
 *
 * Models mm/slub.c of Linux 6.1 and of 4.20: LIFO freelist per CPU, frees to
 * another CPU's slab, per-CPU partial list moved whole to the node list when
 * it is full, refill from the node list, min_partial empty slabs kept, shrink;
 * and what slub_debug changes: no CPU keeps anything, each object is taken
 * from and returned to a slab on the node's lists.
 * Left out: what debugging writes into objects, and so its time; hardening,
 * pfmemalloc, NUMA, memcg, merging (one instance stands for all that merged).
 *
 * Cost: fast paths a handful of instructions; slow paths O(1) but for moving
 * a full per-CPU list (cpu_partial slabs), for deactivating (a freelist) and
 * shrink (all slabs).
 * Concurrency: none yet; one thread at a time.
 */
#include "kmem_cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kmem_cache_internal.h"
#include "mm_assert.h"
#include "track.h"

#define SHRINK_PROMOTE_MAX 32

int kmem_cache_create(struct physmem *pm, const struct kmem_cache_config *cfg,
		      struct kmem_cache **ret)
{
	struct kmem_cache *s;
	int err;

	s = calloc(1, sizeof(*s) + cfg->nr_cpus * sizeof(s->cpu[0]));
	if (!s)
		return -ENOMEM;
	err = kmem_cache_calculate_sizes(s, cfg);
	if (err)
		goto out_free;
	s->pm = pm;
	s->allocflags = cfg->allocflags | __GFP_COMP;
	s->nr_cpus = cfg->nr_cpus;
	s->flags = cfg->flags;
	s->random = cfg->random;
	TAILQ_INIT(&s->partial);
	TAILQ_INIT(&s->full);
	TAILQ_INIT(&s->all);
	if (cfg->random)
		err = kmem_cache_random_init(s);
	if (err)
		goto out_free;
	*ret = s;
	return 0;

out_free:
	free(s);
	return err;
}

void kmem_cache_destroy(struct kmem_cache *s)
{
	struct page *slab;

	if (!s)
		return;
	while ((slab = TAILQ_FIRST(&s->all)))
		kmem_cache_discard_slab(s, 0, slab);
	free(s->random_seq);
	free(s);
}

static void add_partial(struct kmem_cache *s, struct page *slab, bool tail)
{
	slab->on_node_list = true;
	s->stats.partial++;
	if (tail)
		TAILQ_INSERT_TAIL(&s->partial, slab, slab_list);
	else
		TAILQ_INSERT_HEAD(&s->partial, slab, slab_list);
}

static void remove_partial(struct kmem_cache *s, struct page *slab)
{
	slab->on_node_list = false;
	s->stats.partial--;
	TAILQ_REMOVE(&s->partial, slab, slab_list);
}

/* Empty, and the node has enough partial slabs without it. */
static bool is_surplus(const struct kmem_cache *s, const struct page *slab)
{
	return !slab->inuse && s->stats.partial >= s->stats.min_partial;
}

/* Only where users are tracked does anybody want to find full slabs. */
static void add_full(struct kmem_cache *s, struct page *slab)
{
	if (s->debug & SLAB_STORE_USER)
		TAILQ_INSERT_TAIL(&s->full, slab, slab_list);
}

static void remove_full(struct kmem_cache *s, struct page *slab)
{
	if (s->debug & SLAB_STORE_USER)
		TAILQ_REMOVE(&s->full, slab, slab_list);
}

static unsigned cpu_of(const struct kmem_cache *s,
		       const struct kmem_cache_cpu *c)
{
	return (unsigned)(c - s->cpu);
}

/* Gives back slabs linked through next, from the last that was put there: as
 * SLUB does, it decides which page is next. */
static void discard_list(struct kmem_cache *s, unsigned cpu,
			 struct page *discard)
{
	struct page *next;

	for (; discard; discard = next) {
		next = discard->next;
		kmem_cache_discard_slab(s, cpu, discard);
	}
}

/* Ends the frozen state of a CPU's partial list, oldest slab last. */
static void unfreeze_partials(struct kmem_cache *s, struct kmem_cache_cpu *c,
			      struct page *slab)
{
	struct page *discard = NULL, *next;

	for (; slab; slab = next) {
		next = slab->next;
		slab->frozen = false;
		slab->next = NULL;
		if (is_surplus(s, slab)) {
			slab->next = discard;
			discard = slab;
			s->stats.deactivate_empty++;
		} else {
			add_partial(s, slab, true);
			s->stats.free_add_partial++;
		}
	}
	discard_list(s, cpu_of(s, c), discard);
}

/* What slab counts for where a CPU's partial list is limited. */
static unsigned weight(const struct kmem_cache *s, const struct page *slab)
{
	return s->rules->limit_slabs ? 1u
				     : (unsigned)(slab->objects - slab->inuse);
}

static void put_cpu_partial(struct kmem_cache *s, struct kmem_cache_cpu *c,
			    struct page *slab, bool drain)
{
	struct page *old = c->partial, *moved = NULL;

	if (old && drain && old->pobjects >= s->drain_at) {
		moved = old;
		old = NULL;
	}
	slab->slabs = (uint8_t)((old ? old->slabs : 0) + 1);
	slab->pobjects =
		(uint16_t)((old ? old->pobjects : 0) + weight(s, slab));
	slab->next = old;
	c->partial = slab;
	unfreeze_partials(s, c, moved);
	s->stats.cpu_partial_drain += moved != NULL;
}

/* Takes all of slab's free objects for a CPU. */
static void *acquire_freelist(struct page *slab)
{
	void *freelist = slab->freelist;

	slab->freelist = NULL;
	slab->inuse = slab->objects;
	slab->frozen = true;
	return freelist;
}

/* Takes the first slab of the node list, and a few more for later. */
static void *get_partial(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	struct page *slab;
	void *object = NULL;
	unsigned taken = 0;

	while ((slab = TAILQ_FIRST(&s->partial))) {
		remove_partial(s, slab);
		if (!object) {
			/* 6.1 counts the others only. */
			taken = s->rules->limit_slabs ? 0 : weight(s, slab);
			object = acquire_freelist(slab);
			c->slab = slab;
			s->stats.alloc_from_partial++;
		} else {
			taken += weight(s, slab);
			slab->frozen = true;
			put_cpu_partial(s, c, slab, false);
			s->stats.cpu_partial_node++;
		}
		if (taken > s->refill_to)
			break;
	}
	return object;
}

/* Moves what other CPUs freed to the active slab onto the CPU's freelist. */
static void *get_freelist(struct page *slab)
{
	void *freelist = acquire_freelist(slab);

	slab->frozen = freelist != NULL;
	return freelist;
}

/* Makes a slab with a free object a CPU's active one; 0 and its freelist. */
static int load_slab(struct kmem_cache *s, unsigned cpu, gfp_t gfp,
		     void **ret_freelist)
{
	struct kmem_cache_cpu *c = &s->cpu[cpu];
	struct page *slab;
	int err;

	while (c->slab || c->partial) {
		if (!c->slab) {
			c->slab = c->partial;
			c->partial = c->slab->next;
			c->slab->next = NULL;
			s->stats.cpu_partial_alloc++;
		}
		*ret_freelist = get_freelist(c->slab);
		if (*ret_freelist) {
			s->stats.alloc_refill++;
			return 0;
		}
		c->slab = NULL;
		s->stats.deactivate_bypass++;
	}
	*ret_freelist = get_partial(s, c);
	if (*ret_freelist)
		return 0;
	err = kmem_cache_new_slab(s, cpu, gfp, &slab);
	if (err)
		return err;
	c->slab = slab;
	*ret_freelist = acquire_freelist(slab);
	return 0;
}

/* One object of the first slab of the node list, or of a new one there. */
static int alloc_on_node(struct kmem_cache *s, unsigned cpu, gfp_t gfp,
			 void **ret_object)
{
	struct page *slab = TAILQ_FIRST(&s->partial);

	if (!slab) {
		int err = kmem_cache_new_slab(s, cpu, gfp, &slab);

		if (err)
			return err;
		add_partial(s, slab, false);
	}
	*ret_object = slab->freelist;
	slab->freelist = get_link(s, *ret_object);
	slab->inuse++;
	if (!slab->freelist) {
		remove_partial(s, slab);
		add_full(s, slab);
	}
	return 0;
}

/* Puts a freelist of slab's objects in front of those slab has. */
static void return_freelist(const struct kmem_cache *s, struct page *slab,
			    void *freelist)
{
	void *object = freelist, *next, *last = NULL;

	for (; object; object = next) {
		next = get_link(s, object);
		if (!s->rules->splice) {
			set_link(s, object, slab->freelist);
			slab->freelist = object;
		}
		slab->inuse--;
		last = object;
	}
	if (last && s->rules->splice) {
		set_link(s, last, slab->freelist);
		slab->freelist = freelist;
	}
}

/* Takes the active slab from a CPU; its freelist goes back to the slab. */
static void deactivate_slab(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	struct page *slab = c->slab;
	bool remote_frees = slab->freelist != NULL;

	return_freelist(s, slab, c->freelist);
	c->slab = NULL;
	c->freelist = NULL;
	slab->frozen = false;
	s->stats.deactivate_remote_frees += remote_frees;
	if (is_surplus(s, slab)) {
		s->stats.deactivate_empty++;
		kmem_cache_discard_slab(s, cpu_of(s, c), slab);
	} else if (slab->freelist) {
		s->stats.deactivate_to_tail += remote_frees;
		s->stats.deactivate_to_head += !remote_frees;
		add_partial(s, slab, remote_frees);
	} else {
		s->stats.deactivate_full++;
		add_full(s, slab);
	}
}

static inline int hand_out(struct kmem_cache *s, gfp_t gfp, void *object,
			   void **ret_object)
{
	s->stats.alive++;
	track_unpoison(object, s->object_size);
	*ret_object = object;
	if (gfp & __GFP_ZERO)
		clear_memory(object, s->object_size);
	return 0;
}

/* The CPU has nothing at hand. Last call of its caller, which so has no
 * frame. */
static __attribute__((noinline)) int
alloc_slow(struct kmem_cache *s, unsigned cpu, gfp_t gfp, void **ret_object)
{
	struct kmem_cache_cpu *c = &s->cpu[cpu];
	void *object;
	int err;

	s->stats.alloc_slowpath++;
	if (s->debug && s->rules->debug_on_node) {
		err = alloc_on_node(s, cpu, gfp, &object);
		return err ? err : hand_out(s, gfp, object, ret_object);
	}
	err = load_slab(s, cpu, gfp, &object);
	if (err)
		return err;
	c->freelist = get_link(s, object);
	if (s->debug)
		deactivate_slab(s, c);
	return hand_out(s, gfp, object, ret_object);
}

int kmem_cache_alloc(struct kmem_cache *s, unsigned cpu, gfp_t gfp,
		     void **ret_object)
{
	struct kmem_cache_cpu *c = &s->cpu[cpu];
	void *object = c->freelist;

	mm_assert(cpu < s->nr_cpus);
	if (!object)
		return alloc_slow(s, cpu, gfp, ret_object);
	c->freelist = get_link(s, object);
	/* prefetch_freepointer(). A number, because there may be no next. */
	__builtin_prefetch((const void *)((uintptr_t)c->freelist + s->link), 1);
	return hand_out(s, gfp, object, ret_object);
}

/* Frees to a slab of a debug cache: it is on one of the node's lists. */
static void free_on_node(struct kmem_cache *s, struct kmem_cache_cpu *c,
			 struct page *slab, bool was_full)
{
	bool surplus = is_surplus(s, slab);

	if (was_full) {
		remove_full(s, slab);
		if (!surplus) {
			add_partial(s, slab, true);
			s->stats.free_add_partial++;
		}
	} else if (surplus) {
		remove_partial(s, slab);
		s->stats.free_remove_partial++;
	}
	if (surplus)
		kmem_cache_discard_slab(s, cpu_of(s, c), slab);
}

/* Frees to a slab that is not the CPU's active one. */
static __attribute__((noinline)) void free_slow(struct kmem_cache *s,
						struct kmem_cache_cpu *c,
						struct page *slab, void *object)
{
	bool was_full = !slab->freelist;

	s->stats.free_slowpath++;
	set_link(s, object, slab->freelist);
	slab->freelist = object;
	slab->inuse--;
	if (s->debug) {
		free_on_node(s, c, slab, was_full);
	} else if (slab->frozen) {
		s->stats.free_frozen++;
	} else if (was_full) {
		slab->frozen = true;
		put_cpu_partial(s, c, slab, true);
		s->stats.cpu_partial_free++;
	} else if (is_surplus(s, slab)) {
		remove_partial(s, slab);
		s->stats.free_remove_partial++;
		kmem_cache_discard_slab(s, cpu_of(s, c), slab);
	}
}

void kmem_cache_free(struct kmem_cache *s, unsigned cpu, void *object)
{
	struct kmem_cache_cpu *c = &s->cpu[cpu];
	struct page *slab = physmem_head(s->pm, object);

	mm_assert(cpu < s->nr_cpus);
	if (slab->flags != PG_HEAD || slab->slab_cache != s)
		abort();
	s->stats.alive--;
	track_poison(object, s->object_size);
	track_unpoison((char *)object + s->link, sizeof(void *));
	if (slab == c->slab) {
		set_link(s, object, c->freelist);
		c->freelist = object;
		return;
	}
	free_slow(s, c, slab, object);
}

static void flush_cpu(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	struct page *partial = c->partial;

	if (c->slab) {
		deactivate_slab(s, c);
		s->stats.cpuslab_flush++;
	}
	c->partial = NULL;
	unfreeze_partials(s, c, partial);
}

void kmem_cache_shrink(struct kmem_cache *s)
{
	const char *why;
	struct slab_list promote[SHRINK_PROMOTE_MAX];
	struct page *slab, *next, *discard = NULL;
	unsigned i;

	for (i = 0; i < s->nr_cpus; i++)
		flush_cpu(s, &s->cpu[i]);
	for (i = 0; i < SHRINK_PROMOTE_MAX; i++)
		TAILQ_INIT(&promote[i]);
	for (slab = TAILQ_FIRST(&s->partial); slab; slab = next) {
		unsigned nr_free = (unsigned)(slab->objects - slab->inuse);

		next = TAILQ_NEXT(slab, slab_list);
		if (!slab->inuse) {
			remove_partial(s, slab);
			slab->next = discard;
			discard = slab;
		} else if (nr_free <= SHRINK_PROMOTE_MAX) {
			TAILQ_REMOVE(&s->partial, slab, slab_list);
			TAILQ_INSERT_HEAD(&promote[nr_free - 1], slab,
					  slab_list);
		}
	}
	/* The fullest slabs to the front, so that the others may run empty. */
	for (i = SHRINK_PROMOTE_MAX; i-- > 0;) {
		while ((slab = TAILQ_LAST(&promote[i], slab_list))) {
			TAILQ_REMOVE(&promote[i], slab, slab_list);
			TAILQ_INSERT_HEAD(&s->partial, slab, slab_list);
		}
	}
	discard_list(s, 0, discard);
	mm_assert_slow(!kmem_cache_check(s, &why));
}

void kmem_cache_stats(const struct kmem_cache *s, struct kmem_cache_stats *ret)
{
	*ret = s->stats;
}

unsigned kmem_cache_link_offset(const struct kmem_cache *s)
{
	return s->link;
}
