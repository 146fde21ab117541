// SPDX-License-Identifier: GPL-2.0-only
/*
 * SLUB: slabs of 2^order pages, a free list threaded through the objects of
 * each, one active slab and a short list of partial slabs per CPU, one list of
 * partial slabs for the node. This file moves objects and slabs; geometry is
 * in kmem_cache_sizes.c, pages in kmem_cache_slab.c, what is done to all of it
 * in kmem_cache_whole.c, the walk over it in kmem_cache_check.c, the states of
 * a slab in kmem_cache_internal.h.
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
 * Concurrency: who may touch what, see kmem_cache_internal.h. The order of
 * events is the kernel's: a slab that may have to go on a list or off it is
 * changed with list_lock held, so that a list never shows one that is frozen.
 * All comparing with min_partial outside the lock is as racy as there.
 */
#include "kmem_cache.h"

#include <stdlib.h>

#include "kmem_cache_internal.h"
#include "mm_assert.h"
#include "track.h"

static uint64_t read_nr_partial(const struct kmem_cache *s)
{
	return __atomic_load_n(&s->node.nr_partial, __ATOMIC_RELAXED);
}

/* With list_lock held, as all that changes a list. */
static void count_partial(struct kmem_cache *s, struct page *slab, int change)
{
	slab->on_node_list = change > 0;
	__atomic_store_n(&s->node.nr_partial,
			 s->node.nr_partial + (uint64_t)change,
			 __ATOMIC_RELAXED);
}

static void add_partial(struct kmem_cache *s, struct page *slab, bool tail)
{
	count_partial(s, slab, 1);
	if (tail)
		TAILQ_INSERT_TAIL(&s->node.partial, slab, slab_list);
	else
		TAILQ_INSERT_HEAD(&s->node.partial, slab, slab_list);
}

void kmem_cache_remove_partial(struct kmem_cache *s, struct page *slab)
{
	count_partial(s, slab, -1);
	TAILQ_REMOVE(&s->node.partial, slab, slab_list);
}

/* Empty, and the node has enough partial slabs without it. */
static bool is_surplus(const struct kmem_cache *s, uint64_t state)
{
	return !state_inuse(state) &&
	       read_nr_partial(s) >= s->stats.min_partial;
}

/* Only where users are tracked does anybody want to find full slabs. */
static void add_full(struct kmem_cache *s, struct page *slab)
{
	if (s->debug & SLAB_STORE_USER)
		TAILQ_INSERT_TAIL(&s->node.full, slab, slab_list);
}

static void remove_full(struct kmem_cache *s, struct page *slab)
{
	if (s->debug & SLAB_STORE_USER)
		TAILQ_REMOVE(&s->node.full, slab, slab_list);
}

static unsigned cpu_of(const struct kmem_cache *s,
		       const struct kmem_cache_cpu *c)
{
	return (unsigned)(c - s->cpu);
}

/* Ends the frozen state of a slab; the state that it has then. */
static uint64_t unfreeze(struct kmem_cache *s, struct kmem_cache_cpu *c,
			 struct page *slab)
{
	uint64_t old, state;

	do {
		old = read_state(s, slab, STEP_UNFREEZE);
		state = old & ~(uint64_t)SLAB_STATE_FROZEN;
	} while (!cmpxchg_slab(s, c, slab, old, state));
	return state;
}

/* Ends the frozen state of a CPU's partial list, oldest slab last. */
static void unfreeze_partials(struct kmem_cache *s, struct kmem_cache_cpu *c,
			      struct page *slab)
{
	struct page *discard = NULL, *next;

	node_lock(s);
	for (; slab; slab = next) {
		next = slab->next;
		slab->next = NULL;
		if (is_surplus(s, unfreeze(s, c, slab))) {
			slab->next = discard;
			discard = slab;
			c->stats.deactivate_empty++;
		} else {
			add_partial(s, slab, true);
			c->stats.free_add_partial++;
		}
	}
	node_unlock(s);
	kmem_cache_discard_list(s, cpu_of(s, c), discard);
}

/* What slab counts for where a CPU's partial list is limited. */
static unsigned weight(const struct kmem_cache *s, const struct page *slab,
		       uint64_t state)
{
	return s->rules->limit_slabs ? 1u : slab->objects - state_inuse(state);
}

/* Puts a slab in front of those that a CPU's partial list keeps, or none. */
static void push_cpu_partial(struct kmem_cache *s, struct kmem_cache_cpu *c,
			     struct page *slab, struct page *old)
{
	unsigned weighs = weight(s, slab, get_state(slab));

	slab->slabs = (uint8_t)((old ? old->slabs : 0) + 1);
	slab->pobjects = (uint16_t)((old ? old->pobjects : 0) + weighs);
	slab->next = old;
	c->partial = slab;
}

static void put_cpu_partial(struct kmem_cache *s, struct kmem_cache_cpu *c,
			    struct page *slab, bool drain)
{
	struct page *old = c->partial;

	if (!old || !drain || old->pobjects < s->drain_at) {
		push_cpu_partial(s, c, slab, old);
		return;
	}
	push_cpu_partial(s, c, slab, NULL);
	unfreeze_partials(s, c, old);
	c->stats.cpu_partial_drain++;
}

/* Freezes the first slab of the node list, with the objects left in it or with
 * all taken. False if another CPU freed to it meanwhile. */
static bool acquire_slab(struct kmem_cache *s, struct kmem_cache_cpu *c,
			 struct page *slab, bool take, uint64_t *ret_old)
{
	uint64_t old = read_state(s, slab, STEP_ACQUIRE);
	uint64_t state = take ? make_state(NULL, slab->objects, true)
			      : old | SLAB_STATE_FROZEN;

	if (!cmpxchg_slab(s, c, slab, old, state))
		return false;
	kmem_cache_remove_partial(s, slab);
	*ret_old = old;
	return true;
}

/* Takes the first slab of the node list, and a few more for later. Ends where
 * acquiring fails, even the first: then a new slab it is, as in the kernel. */
static void *get_partial(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	struct page *slab;
	void *object = NULL;
	unsigned taken = 0;
	uint64_t old;

	if (!read_nr_partial(s))
		return NULL;
	node_lock(s);
	while ((slab = TAILQ_FIRST(&s->node.partial))) {
		if (!acquire_slab(s, c, slab, !object, &old))
			break;
		if (!object) {
			/* 6.1 counts the others only. */
			taken = s->rules->limit_slabs ? 0
						      : weight(s, slab, old);
			object = state_freelist(old);
			c->slab = slab;
			c->stats.alloc_from_partial++;
		} else {
			taken += weight(s, slab, old);
			put_cpu_partial(s, c, slab, false);
			c->stats.cpu_partial_node++;
		}
		if (taken > s->refill_to)
			break;
	}
	node_unlock(s);
	return object;
}

/* Moves what other CPUs freed to the active slab onto the CPU's freelist. */
static void *get_freelist(struct kmem_cache *s, struct kmem_cache_cpu *c,
			  struct page *slab)
{
	void *freelist;
	uint64_t old;

	do {
		old = read_state(s, slab, STEP_GET_FREELIST);
		freelist = state_freelist(old);
	} while (!cmpxchg_slab(s, c, slab, old,
			       make_state(NULL, slab->objects,
					  freelist != NULL)));
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
			c->stats.cpu_partial_alloc++;
		}
		*ret_freelist = get_freelist(s, c, c->slab);
		if (*ret_freelist) {
			c->stats.alloc_refill++;
			return 0;
		}
		c->slab = NULL;
		c->stats.deactivate_bypass++;
	}
	*ret_freelist = get_partial(s, c);
	if (*ret_freelist)
		return 0;
	err = kmem_cache_new_slab(s, cpu, gfp, &slab);
	if (err)
		return err;
	c->slab = slab;
	*ret_freelist = state_freelist(get_state(slab));
	set_state(slab, make_state(NULL, slab->objects, true));
	return 0;
}

/* Takes an object off a slab of a cache that debugs; true: it was the last. */
static bool take_single(struct kmem_cache *s, struct page *slab,
			void **ret_object)
{
	uint64_t old = get_state(slab);
	void *object = state_freelist(old), *next = get_link(s, object);

	set_state(slab, make_state(next, state_inuse(old) + 1, false));
	*ret_object = object;
	return !next;
}

/* One object of the first slab of the node list, or of a new one. */
static int alloc_on_node(struct kmem_cache *s, unsigned cpu, gfp_t gfp,
			 void **ret_object)
{
	struct page *slab;
	bool last;
	int err;

	node_lock(s);
	slab = TAILQ_FIRST(&s->node.partial);
	if (slab && take_single(s, slab, ret_object)) {
		kmem_cache_remove_partial(s, slab);
		add_full(s, slab);
	}
	node_unlock(s);
	if (slab)
		return 0;
	err = kmem_cache_new_slab(s, cpu, gfp, &slab);
	if (err)
		return err;
	last = take_single(s, slab, ret_object);
	node_lock(s);
	if (last)
		add_full(s, slab);
	else
		add_partial(s, slab, false);
	node_unlock(s);
	return 0;
}

/* Objects linked from first to last. */
struct slab_run {
	void *first, *last;
	unsigned nr;
};

/* What of a CPU's freelist is to go back to its slab in one step: all of it;
 * in 4.20 the last object, the others going back before, one by one. */
static struct slab_run return_freelist(struct kmem_cache *s,
				       struct kmem_cache_cpu *c)
{
	struct slab_run run = { .first = c->freelist };
	void *next;
	uint64_t old;

	for (next = c->freelist; next; run.nr++) {
		run.last = next;
		next = get_link(s, run.last);
		if (s->rules->splice || !next)
			continue;
		do {
			old = read_state(s, c->slab, STEP_DEACTIVATE);
			set_link(s, run.last, state_freelist(old));
		} while (!cmpxchg_slab(s, c, c->slab, old,
				       make_state(run.last,
						  state_inuse(old) - 1, true)));
		run.first = next;
		run.nr--;
	}
	return run;
}

/* Puts a slab that is no longer any CPU's where it belongs. */
static void place_slab(struct kmem_cache *s, struct kmem_cache_cpu *c,
		       struct page *slab, bool has_free, bool tail)
{
	if (has_free) {
		c->stats.deactivate_to_tail += tail;
		c->stats.deactivate_to_head += !tail;
		add_partial(s, slab, tail);
	} else {
		c->stats.deactivate_full++;
		add_full(s, slab);
	}
}

/* Takes the active slab from a CPU; its freelist goes back to the slab. Left
 * out: that 4.20 keeps list_lock over a retry. */
static void deactivate_slab(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	struct page *slab = c->slab;
	bool remote_frees = state_freelist(get_state(slab)) != NULL;
	struct slab_run run = return_freelist(s, c);
	bool surplus, listed, done;
	uint64_t old, state;

	c->slab = NULL;
	c->freelist = NULL;
	c->stats.deactivate_remote_frees += remote_frees;
	do {
		void *freelist;

		old = read_state(s, slab, STEP_DEACTIVATE);
		freelist = state_freelist(old);
		if (run.nr) {
			set_link(s, run.last, freelist);
			freelist = run.first;
		}
		state = make_state(freelist, state_inuse(old) - run.nr, false);
		surplus = is_surplus(s, state);
		listed = !surplus && (freelist || s->debug);
		if (listed)
			node_lock(s);
		done = cmpxchg_slab(s, c, slab, old, state);
		if (done && !surplus)
			place_slab(s, c, slab, freelist != NULL, remote_frees);
		if (listed)
			node_unlock(s);
	} while (!done);
	if (surplus) {
		c->stats.deactivate_empty++;
		kmem_cache_discard_slab(s, cpu_of(s, c), slab);
	}
}

static inline int hand_out(struct kmem_cache *s, struct kmem_cache_cpu *c,
			   gfp_t gfp, void *object, void **ret_object)
{
	c->alive++;
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
	bool on_node = s->debug && s->rules->debug_on_node;
	void *object = NULL;
	int err;

	c->stats.alloc_slowpath++;
	err = on_node ? alloc_on_node(s, cpu, gfp, &object)
		      : load_slab(s, cpu, gfp, &object);
	if (err) {
		c->stats.alloc_failures++;
		return err;
	}
	if (!on_node) {
		c->freelist = get_link(s, object);
		if (s->debug)
			deactivate_slab(s, c);
	}
	return hand_out(s, c, gfp, object, ret_object);
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
	return hand_out(s, c, gfp, object, ret_object);
}

/* A free to a slab that is full, or to be empty, on the node. To another list
 * with it, or off all and back; list_lock was taken before and is dropped. */
static void free_locked(struct kmem_cache *s, struct kmem_cache_cpu *c,
			struct page *slab, uint64_t old, uint64_t state)
{
	bool surplus = is_surplus(s, state);

	if (!state_freelist(old)) {
		remove_full(s, slab);
		if (!surplus) {
			add_partial(s, slab, true);
			c->stats.free_add_partial++;
		}
	} else if (surplus) {
		kmem_cache_remove_partial(s, slab);
		c->stats.free_remove_partial++;
	}
	node_unlock(s);
	if (surplus)
		kmem_cache_discard_slab(s, cpu_of(s, c), slab);
}

/* Whether a free to a slab may change the node's lists: it runs empty there;
 * or, in a debug cache, was full. */
static bool needs_lock(const struct kmem_cache *s, uint64_t old)
{
	return changes_lists(old) && (state_freelist(old) || s->debug);
}

/* What a slab's state becomes by a free. A full one is frozen by it. */
static uint64_t state_freed(const struct kmem_cache *s, uint64_t old,
			    const void *object)
{
	uint64_t state = state_with(old, object);

	return state_freelist(old) || s->debug ? state
					       : state | SLAB_STATE_FROZEN;
}

/* A free has changed a slab from old to state; locked if needs_lock(). */
static inline void after_free(struct kmem_cache *s, struct kmem_cache_cpu *c,
			      struct page *slab, uint64_t old, uint64_t state)
{
	if (state_frozen(old)) {
		c->stats.free_frozen++;
	} else if (state_frozen(state)) {
		c->stats.cpu_partial_free++;
		put_cpu_partial(s, c, slab, true);
	} else if (changes_lists(old)) {
		free_locked(s, c, slab, old, state);
	}
}

/* With other CPUs at work. A debug cache of 6.1 has list_lock around it. */
static __attribute__((noinline)) void free_racing(struct kmem_cache *s,
						  struct kmem_cache_cpu *c,
						  struct page *slab,
						  void *object)
{
	const bool around = s->debug && s->rules->debug_on_node;
	bool locked = false;
	uint64_t old, state;

	do {
		if (locked)
			node_unlock(s);
		if (around)
			node_lock(s);
		old = read_state(s, slab, STEP_FREE);
		locked = around || needs_lock(s, old);
		if (locked && !around)
			node_lock(s);
		set_link(s, object, state_freelist(old));
		state = state_freed(s, old, object);
	} while (!cmpxchg_slab(s, c, slab, old, state));
	if (around && !changes_lists(old))
		node_unlock(s);
	else
		after_free(s, c, slab, old, state);
}

/* Frees to a slab that is not the CPU's active one. */
static __attribute__((noinline)) void free_slow(struct kmem_cache *s,
						struct kmem_cache_cpu *c,
						struct page *slab, void *object)
{
	uint64_t old, state;

	c->stats.free_slowpath++;
	if (physmem_threads(s->pm)) {
		free_racing(s, c, slab, object);
		return;
	}
	old = get_state(slab);
	state = state_freed(s, old, object);
	set_link(s, object, state_freelist(old));
	set_state(slab, state);
	after_free(s, c, slab, old, state);
}

void kmem_cache_free(struct kmem_cache *s, unsigned cpu, void *object)
{
	struct kmem_cache_cpu *c = &s->cpu[cpu];
	struct page *slab = physmem_head(s->pm, object);

	mm_assert(cpu < s->nr_cpus);
	if (slab->flags != PG_HEAD || slab->slab_cache != s)
		abort();
	c->alive--;
	track_poison(object, s->object_size);
	track_unpoison((char *)object + s->link, sizeof(void *));
	if (slab == c->slab) {
		set_link(s, object, c->freelist);
		c->freelist = object;
		return;
	}
	free_slow(s, c, slab, object);
}

void kmem_cache_flush_cpu(struct kmem_cache *s, unsigned cpu)
{
	struct kmem_cache_cpu *c = &s->cpu[cpu];
	struct page *partial = c->partial;

	if (c->slab) {
		deactivate_slab(s, c);
		c->stats.cpuslab_flush++;
	}
	c->partial = NULL;
	unfreeze_partials(s, c, partial);
}
