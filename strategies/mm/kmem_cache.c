// SPDX-License-Identifier: GPL-2.0-only
/*
 * SLUB: slabs of 2^order pages, a free list threaded through the objects of
 * each, one active slab and a short list of partial slabs per CPU, one list of
 * partial slabs for the node.
 *
 * Models mm/slub.c of Linux 6.1: slab order from object size and CPU count,
 * order-0 fallback, LIFO freelist per CPU, frees to another CPU's slab,
 * per-CPU partial list limited in slabs and moved whole to the node list,
 * refill from the node list, min_partial empty slabs kept, shrink.
 * Left out: debug options, freelist randomisation and hardening, pfmemalloc,
 * NUMA, memcg, merging (one instance stands for all that merged).
 *
 * A slab is in exactly one state:
 *	active		some CPU's ->slab; frozen; its ->inuse counts the objects
 *			on the CPU's freelist as used
 *	cpu partial	on a CPU's partial list; frozen
 *	node partial	on the node list; not frozen, freelist not empty
 *	full		on no list; not frozen, freelist empty
 *
 * Cost: fast paths a handful of instructions; slow paths O(1) but for moving
 * a full per-CPU list (cpu_partial slabs) and shrink (all slabs).
 * Concurrency: none yet; one thread at a time.
 */
#include "kmem_cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mm_assert.h"
#include "physmem.h"
#include "track.h"

TAILQ_HEAD(slab_list, page);

#define SLUB_MAX_ORDER 3
#define MIN_PARTIAL 5u
#define MAX_PARTIAL 10u
#define SHRINK_PROMOTE_MAX 32

struct kmem_cache_cpu {
	void *freelist;	      /* next object to hand out */
	struct page *slab;    /* the slab they are from, or NULL */
	struct page *partial; /* linked through ->next, newest first */
};

struct kmem_cache {
	struct physmem *pm;
	unsigned size;
	unsigned link; /* offset of the free pointer in a free object */
	gfp_t allocflags;
	unsigned nr_cpus;
	struct kmem_cache_stats stats;
	struct slab_list partial; /* the node's */
	struct slab_list all;	  /* so that destroy finds full slabs */
	struct kmem_cache_cpu cpu[];
};

static void *get_link(const struct kmem_cache *s, const void *object)
{
	void *next;

	memcpy(&next, (const char *)object + s->link, sizeof(next));
	return next;
}

static void set_link(const struct kmem_cache *s, void *object, void *next)
{
	memcpy((char *)object + s->link, &next, sizeof(next));
}

static void poison(const struct kmem_cache *s, const char *object)
{
	track_poison(object, s->link);
	track_poison(object + s->link + sizeof(void *),
		     s->size - s->link - sizeof(void *));
}

/* The smallest order that holds enough objects for this many CPUs. */
static unsigned slab_order(unsigned size, unsigned nr_cpus)
{
	unsigned min_objects = 4 * (fls64(nr_cpus) + 1);
	unsigned max_objects = (PAGE_SIZE << SLUB_MAX_ORDER) / size;

	if (min_objects > max_objects)
		min_objects = max_objects;
	/* Powers of two leave no waste, so the first fit is the answer. */
	return get_order((size_t)min_objects * size);
}

static unsigned cpu_partial_objects(unsigned size)
{
	return size >= PAGE_SIZE ? 6
	       : size >= 1024	 ? 24
	       : size >= 256	 ? 52
				 : 120;
}

int kmem_cache_create(struct physmem *pm, const struct kmem_cache_config *cfg,
		      struct kmem_cache **ret)
{
	struct kmem_cache *s;
	unsigned half_log;

	if (cfg->size < 64 || cfg->size > PAGE_SIZE || !cfg->nr_cpus ||
	    (cfg->size & (cfg->size - 1)) ||
	    (cfg->order > SLUB_MAX_ORDER &&
	     cfg->order != KMEM_CACHE_ORDER_AUTO))
		return -EINVAL;
	s = calloc(1, sizeof(*s) + cfg->nr_cpus * sizeof(s->cpu[0]));
	if (!s)
		return -ENOMEM;
	s->pm = pm;
	s->size = cfg->size;
	s->link = cfg->size / 2;
	s->allocflags = cfg->allocflags | __GFP_COMP;
	s->nr_cpus = cfg->nr_cpus;
	s->stats.order = cfg->order == KMEM_CACHE_ORDER_AUTO
				 ? slab_order(cfg->size, cfg->nr_cpus)
				 : cfg->order;
	s->stats.objs_per_slab = (PAGE_SIZE << s->stats.order) / cfg->size;
	half_log = (fls64(cfg->size) - 1) / 2;
	s->stats.min_partial = half_log < MIN_PARTIAL	? MIN_PARTIAL
			       : half_log > MAX_PARTIAL ? MAX_PARTIAL
							: half_log;
	/* Slabs on a CPU's list are taken to be half full. */
	s->stats.cpu_partial = (2 * cpu_partial_objects(cfg->size) +
				s->stats.objs_per_slab - 1) /
			       s->stats.objs_per_slab;
	TAILQ_INIT(&s->partial);
	TAILQ_INIT(&s->all);
	*ret = s;
	return 0;
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

static void discard_slab(struct kmem_cache *s, struct page *slab)
{
	TAILQ_REMOVE(&s->all, slab, all_list);
	s->stats.slabs--;
	s->stats.pages -= 1u << slab->order;
	physmem_free_pages(s->pm, 0, slab, slab->order);
}

void kmem_cache_destroy(struct kmem_cache *s)
{
	struct page *slab;

	if (!s)
		return;
	while ((slab = TAILQ_FIRST(&s->all)))
		discard_slab(s, slab);
	free(s);
}

/* Cuts a block into objects, ascending, and freezes it for a CPU. */
static void build_slab(struct kmem_cache *s, struct page *slab)
{
	char *object = physmem_page_va(s->pm, slab);
	unsigned i;

	slab->slab_cache = s;
	slab->objects = (uint16_t)((PAGE_SIZE << slab->order) / s->size);
	slab->inuse = slab->objects;
	slab->frozen = true;
	slab->on_node_list = false;
	slab->next = NULL;
	slab->slabs = 0;
	slab->freelist = NULL;
	for (i = 0; i < slab->objects; i++, object += s->size) {
		set_link(s, object,
			 i + 1u < slab->objects ? object + s->size : NULL);
		poison(s, object);
	}
	TAILQ_INSERT_TAIL(&s->all, slab, all_list);
	s->stats.alloc_slab++;
	s->stats.slabs++;
	s->stats.pages += 1u << slab->order;
}

static int new_slab(struct kmem_cache *s, unsigned cpu, gfp_t gfp,
		    struct page **ret)
{
	gfp_t first = (gfp | s->allocflags | __GFP_NOWARN | __GFP_NORETRY) &
		      ~__GFP_ZERO;
	int err;

	if (s->stats.order > get_order(s->size) &&
	    (first & __GFP_DIRECT_RECLAIM))
		first = (first | __GFP_NOMEMALLOC) & ~__GFP_DIRECT_RECLAIM;
	err = physmem_alloc_pages(s->pm, cpu, first, s->stats.order, ret);
	if (err) {
		err = physmem_alloc_pages(s->pm, cpu,
					  (gfp | s->allocflags) & ~__GFP_ZERO,
					  get_order(s->size), ret);
		if (err)
			return err;
		s->stats.order_fallback++;
	}
	build_slab(s, *ret);
	return 0;
}

/* Ends the frozen state of a CPU's partial list, oldest slab last. */
static void unfreeze_partials(struct kmem_cache *s, struct page *slab)
{
	struct page *discard = NULL, *next;

	for (; slab; slab = next) {
		next = slab->next;
		slab->frozen = false;
		slab->next = NULL;
		if (!slab->inuse && s->stats.partial >= s->stats.min_partial) {
			slab->next = discard;
			discard = slab;
		} else {
			add_partial(s, slab, true);
		}
	}
	/* Last found first, as SLUB does: it decides which page is next. */
	for (; discard; discard = next) {
		next = discard->next;
		discard_slab(s, discard);
	}
}

static void put_cpu_partial(struct kmem_cache *s, struct kmem_cache_cpu *c,
			    struct page *slab, bool drain)
{
	struct page *old = c->partial, *moved = NULL;

	if (old && drain && old->slabs >= s->stats.cpu_partial) {
		moved = old;
		old = NULL;
	}
	slab->slabs = (uint16_t)((old ? old->slabs : 0) + 1);
	slab->next = old;
	c->partial = slab;
	unfreeze_partials(s, moved);
}

/* Takes the first slab of the node list, and a few more for later. */
static void *get_partial(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	struct page *slab;
	void *object = NULL;
	unsigned extra = 0;

	while ((slab = TAILQ_FIRST(&s->partial))) {
		remove_partial(s, slab);
		slab->frozen = true;
		if (!object) {
			object = slab->freelist;
			slab->freelist = NULL;
			slab->inuse = slab->objects;
			c->slab = slab;
		} else {
			put_cpu_partial(s, c, slab, false);
			extra++;
		}
		if (extra > s->stats.cpu_partial / 2)
			break;
	}
	return object;
}

/* Moves what other CPUs freed to the active slab onto the CPU's freelist. */
static void *get_freelist(struct page *slab)
{
	void *freelist = slab->freelist;

	slab->freelist = NULL;
	slab->inuse = slab->objects;
	slab->frozen = freelist != NULL;
	return freelist;
}

/* The CPU has nothing at hand: 0 and a freelist, its slab in c->slab. */
static int alloc_slow(struct kmem_cache *s, unsigned cpu, gfp_t gfp,
		      void **ret_freelist)
{
	struct kmem_cache_cpu *c = &s->cpu[cpu];
	int err;

	while (c->slab || c->partial) {
		if (!c->slab) {
			c->slab = c->partial;
			c->partial = c->slab->next;
			c->slab->next = NULL;
		}
		*ret_freelist = get_freelist(c->slab);
		if (*ret_freelist)
			return 0;
		c->slab = NULL;
	}
	*ret_freelist = get_partial(s, c);
	if (*ret_freelist)
		return 0;
	err = new_slab(s, cpu, gfp, &c->slab);
	if (err)
		return err;
	*ret_freelist = physmem_page_va(s->pm, c->slab);
	return 0;
}

int kmem_cache_alloc(struct kmem_cache *s, unsigned cpu, gfp_t gfp,
		     void **ret_object)
{
	struct kmem_cache_cpu *c = &s->cpu[cpu];
	void *object = c->freelist;

	mm_assert(cpu < s->nr_cpus);
	if (!object) {
		int err = alloc_slow(s, cpu, gfp, &object);

		if (err)
			return err;
	}
	c->freelist = get_link(s, object);
	s->stats.objects++;
	track_unpoison(object, s->size);
	if (gfp & __GFP_ZERO)
		clear_memory(object, s->size);
	*ret_object = object;
	return 0;
}

/* Frees to a slab that is not the CPU's active one. */
static void free_slow(struct kmem_cache *s, struct kmem_cache_cpu *c,
		      struct page *slab, void *object)
{
	bool was_full = !slab->freelist;

	set_link(s, object, slab->freelist);
	slab->freelist = object;
	slab->inuse--;
	if (slab->frozen)
		return;
	if (was_full) {
		slab->frozen = true;
		put_cpu_partial(s, c, slab, true);
		return;
	}
	if (!slab->inuse && s->stats.partial >= s->stats.min_partial) {
		remove_partial(s, slab);
		discard_slab(s, slab);
	}
}

void kmem_cache_free(struct kmem_cache *s, unsigned cpu, void *object)
{
	struct kmem_cache_cpu *c = &s->cpu[cpu];
	struct page *slab = physmem_head(s->pm, object);

	mm_assert(cpu < s->nr_cpus);
	if (slab->flags != PG_HEAD || slab->slab_cache != s)
		abort();
	s->stats.objects--;
	poison(s, object);
	if (slab == c->slab) {
		set_link(s, object, c->freelist);
		c->freelist = object;
		return;
	}
	free_slow(s, c, slab, object);
}

/* Takes the active slab from a CPU; its freelist goes back to the slab. */
static void deactivate_slab(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	struct page *slab = c->slab;
	bool remote_frees = slab->freelist != NULL;
	void *object = c->freelist, *last = NULL;

	for (; object; object = get_link(s, object)) {
		last = object;
		slab->inuse--;
	}
	if (last) {
		set_link(s, last, slab->freelist);
		slab->freelist = c->freelist;
	}
	c->slab = NULL;
	c->freelist = NULL;
	slab->frozen = false;
	if (!slab->inuse && s->stats.partial >= s->stats.min_partial)
		discard_slab(s, slab);
	else if (slab->freelist)
		add_partial(s, slab, remote_frees);
}

static void flush_cpu(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	struct page *partial = c->partial;

	if (c->slab)
		deactivate_slab(s, c);
	c->partial = NULL;
	unfreeze_partials(s, partial);
}

void kmem_cache_shrink(struct kmem_cache *s)
{
	const char *why;
	struct slab_list promote[SHRINK_PROMOTE_MAX];
	struct page *slab, *next;
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
			discard_slab(s, slab);
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

/* Length of a freelist within slab; above its objects if it is broken. */
static unsigned count_free(const struct kmem_cache *s, const struct page *slab,
			   const char *object)
{
	const char *start = physmem_page_va(s->pm, slab);
	unsigned nr = 0;

	for (; object && nr <= slab->objects; nr++) {
		if (object < start ||
		    object >= start + (PAGE_SIZE << slab->order) ||
		    (size_t)(object - start) % s->size)
			return slab->objects + 1u;
		object = get_link(s, object);
	}
	return nr;
}

/* The CPU that has slab active or on its partial list, or NULL. */
static const struct kmem_cache_cpu *holder(const struct kmem_cache *s,
					   const struct page *slab)
{
	const struct page *p;
	unsigned i;

	for (i = 0; i < s->nr_cpus; i++) {
		if (s->cpu[i].slab == slab)
			return &s->cpu[i];
		for (p = s->cpu[i].partial; p; p = p->next)
			if (p == slab)
				return &s->cpu[i];
	}
	return NULL;
}

static const char *check_slab(const struct kmem_cache *s,
			      const struct page *slab, uint64_t *nr_used)
{
	const struct kmem_cache_cpu *c = holder(s, slab);
	unsigned nr_free = count_free(s, slab, slab->freelist);

	if (slab->flags != PG_HEAD || slab->slab_cache != s)
		return "slab that is no block of this cache";
	if (nr_free > slab->objects || nr_free + slab->inuse != slab->objects)
		return "freelist and inuse of a slab disagree";
	if (slab->frozen != (c != NULL))
		return "frozen slab without a CPU, or a CPU's slab not frozen";
	if (!c && slab->on_node_list != (slab->freelist != NULL))
		return "slab on the wrong list";
	*nr_used += slab->inuse;
	if (c && c->slab == slab) {
		nr_free = count_free(s, slab, c->freelist);
		if (nr_free > slab->inuse)
			return "per-CPU freelist leaves its slab";
		*nr_used -= nr_free;
	}
	return NULL;
}

int kmem_cache_check(const struct kmem_cache *s, const char **ret_why)
{
	uint64_t nr_slabs = 0, nr_pages = 0, nr_partial = 0, nr_used = 0;
	const struct page *slab;
	const char *why = NULL;

	TAILQ_FOREACH(slab, &s->all, all_list) {
		nr_slabs++;
		nr_pages += 1u << slab->order;
		nr_partial += slab->on_node_list;
		why = check_slab(s, slab, &nr_used);
		if (why)
			break;
	}
	if (!why && (nr_slabs != s->stats.slabs || nr_pages != s->stats.pages ||
		     nr_partial != s->stats.partial))
		why = "slab counters do not add up";
	if (!why && nr_used != s->stats.objects)
		why = "objects in slabs and objects handed out disagree";
	if (!why)
		return 0;
	*ret_why = why;
	return -EUCLEAN;
}
