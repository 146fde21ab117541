// SPDX-License-Identifier: GPL-2.0-only
/*
 * The array-cache SLAB: an array of free objects per CPU, one shared by all
 * CPUs, and lists of slabs behind them, between which objects move in batches.
 *
 * Models mm/slab.c of Linux 6.1 without CONFIG_NUMA (CONFIG_SLAB, removed in
 * 6.8): ____cache_alloc(), cache_alloc_refill(), cache_grow_begin() and
 * cache_grow_end(), cache_flusharray(), free_block(), __kmem_cache_shrink(),
 * the three kinds of freelist, colouring, and what slab_geometry.c computes.
 * Left out: alien caches and other nodes, and so the two more attempts for
 * pages that CONFIG_NUMA makes where the first fails; the periodic reaper
 * (cache_reap()), which every 2 s empties a fifth of an array not used since
 * and every 4 s gives some empty slabs back, so that a real kernel holds less
 * after idling; freelist randomisation; debugging; pfmemalloc; merging (one
 * instance stands for all that merged); tuning by /proc/slabinfo.
 *
 * A slab is on exactly one list of the node: full (every object out of it),
 * free (none) or partial. An object "out of" its slab is handed out or in one
 * array. free_objects counts those that are not; it exceeds free_limit only
 * where no slab is free.
 *
 * Cost: fast paths a handful of instructions; a refill or flush moves up to
 * batchcount objects; shrink looks at all objects in arrays and empty slabs.
 * Each free looks at the struct page, to refuse what is not of this cache; the
 * kernel does so only with CONFIG_SLAB_FREELIST_HARDENED.
 * Concurrency: list_lock is taken where 6.1 takes it, around a refill, a flush
 * and putting a new slab on its list; see slab_array_internal.h.
 */
#include "slab_array_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mm_assert.h"
#include "track.h"

#define BATCHREFILL_LIMIT 16u

/* struct kmem_cache_node on 64 bits: a lock, three lists, seven words more,
 * and an int. It comes from kmalloc(). */
#define KMEM_CACHE_NODE_BYTES 120u

/* What of a caller's flags reaches the page allocator. */
#define GFP_RECLAIM_MASK                                            \
	(__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM | __GFP_HIGH | \
	 __GFP_NOWARN | __GFP_NORETRY | __GFP_NOMEMALLOC | __GFP_ATOMIC)

static size_t array_bytes(unsigned limit)
{
	return sizeof(struct array_cache) + limit * sizeof(void *);
}

static void init_arraycache(struct array_cache *ac, unsigned limit,
			    unsigned batchcount)
{
	ac->limit = limit;
	ac->batchcount = batchcount;
}

/* Zeroed, a number of whole cache lines; or NULL. */
static void *alloc_lines(size_t size)
{
	void *p = aligned_alloc(SLAB_ARRAY_LINE, size);

	if (p)
		memset(p, 0, size);
	return p;
}

static int setup_cpu_cache(struct slab_array *s)
{
	size_t bytes = sizeof(struct array_counts) + array_bytes(s->g.limit);

	s->stride = (bytes + SLAB_ARRAY_LINE - 1) / SLAB_ARRAY_LINE *
		    SLAB_ARRAY_LINE;
	s->cpu_cache = alloc_lines(s->nr_cpus * s->stride);
	if (!s->cpu_cache)
		return -ENOMEM;
	for (unsigned cpu = 0; cpu < s->nr_cpus; cpu++)
		init_arraycache(cpu_cache_get(s, cpu), s->g.limit,
				s->g.batchcount);
	if (!s->g.shared)
		return 0;
	s->shared = calloc(1, array_bytes(s->g.shared));
	if (!s->shared)
		return -ENOMEM;
	init_arraycache(s->shared, s->g.shared, 0);
	return 0;
}

int slab_array_create(struct physmem *pm, const struct slab_array_config *cfg,
		      struct slab_array **ret)
{
	struct slab_geometry_config geometry = {
		.size = cfg->size,
		.align = cfg->align,
		.nr_cpus = cfg->nr_cpus,
		.init_on_free = cfg->init_on_free,
	};
	struct physmem_usage ram;
	struct slab_array *s;
	int err;

	physmem_usage(pm, &ram);
	geometry.ram_pages = ram.pages_total;
	s = alloc_lines(sizeof(*s));
	if (!s)
		return -ENOMEM;
	TAILQ_INIT(&s->slabs_partial);
	TAILQ_INIT(&s->slabs_full);
	TAILQ_INIT(&s->slabs_free);
	s->pm = pm;
	s->allocflags = cfg->allocflags | __GFP_COMP;
	s->nr_cpus = cfg->nr_cpus;
	s->link = cfg->link;
	s->object_size = cfg->size;
	s->init_on_free = cfg->init_on_free;
	err = slab_geometry(&geometry, &s->g);
	if (!err &&
	    (cfg->link > cfg->size || (s->g.freelist == OBJFREELIST_SLAB &&
				       s->g.num > cfg->size - cfg->link)))
		err = -EINVAL;
	if (!err)
		err = setup_cpu_cache(s);
	if (err) {
		slab_array_destroy(s);
		return err;
	}
	*ret = s;
	return 0;
}

/* Nobody may touch a free object, but for a freelist that may lie in it. */
static void poison(const struct slab_array *s, const char *object)
{
	unsigned skip = s->g.freelist == OBJFREELIST_SLAB ? s->g.num : 0;

	track_poison(object, s->link);
	track_poison(object + s->link + skip, s->object_size - s->link - skip);
}

static void slab_destroy(struct slab_array *s, unsigned cpu, struct page *slab)
{
	uint8_t *index = slab->index;

	physmem_free_pages(s->pm, cpu, slab, s->g.order);
	if (s->g.freelist == OFF_SLAB)
		free(index);
}

static void slabs_destroy(struct slab_array *s, unsigned cpu,
			  struct array_slabs *list)
{
	struct page *slab;

	while ((slab = TAILQ_FIRST(list))) {
		TAILQ_REMOVE(list, slab, array_list);
		slab_destroy(s, cpu, slab);
	}
}

void slab_array_destroy(struct slab_array *s)
{
	if (!s)
		return;
	slabs_destroy(s, 0, &s->slabs_full);
	slabs_destroy(s, 0, &s->slabs_partial);
	slabs_destroy(s, 0, &s->slabs_free);
	free(s->shared);
	free(s->cpu_cache);
	free(s);
}

static void *slab_get_obj(struct slab_array *s, struct page *slab)
{
	void *object = index_to_obj(s, slab, slab->index[slab->active]);

	slab->active++;
	return object;
}

static void slab_put_obj(struct slab_array *s, struct page *slab, char *object)
{
	slab->active--;
	if (!slab->index)
		slab->index = (uint8_t *)object + s->link;
	slab->index[slab->active] = (uint8_t)obj_to_index(s, slab, object);
}

/* As in 6.1 without a lock: that slabs of two CPUs get one colour does no harm,
 * and the colour is always one that there is. */
static unsigned next_colour(struct slab_array *s)
{
	unsigned colour =
		__atomic_load_n(&s->colour_next, __ATOMIC_RELAXED) + 1;

	if (colour >= s->g.colour)
		colour = 0;
	__atomic_store_n(&s->colour_next, colour, __ATOMIC_RELAXED);
	return colour;
}

/* A new slab, on no list yet. */
static int cache_grow_begin(struct slab_array *s, unsigned cpu, gfp_t gfp,
			    struct page **ret)
{
	struct page *slab;
	char *addr;
	int err;

	err = physmem_alloc_pages(s->pm, cpu,
				  (gfp & GFP_RECLAIM_MASK) | s->allocflags,
				  s->g.order, &slab);
	if (err)
		return err;
	addr = physmem_page_va(s->pm, slab);
	slab->array_cache = s;
	slab->s_mem = addr + (size_t)next_colour(s) * s->g.colour_off;
	slab->active = 0;
	if (s->g.freelist == OBJFREELIST_SLAB)
		slab->index = (uint8_t *)index_to_obj(s, slab, s->g.num - 1) +
			      s->link;
	else if (s->g.freelist == ON_SLAB)
		slab->index =
			(uint8_t *)addr + (PAGE_SIZE << s->g.order) - s->g.num;
	else
		slab->index = malloc(s->g.num);
	if (!slab->index) {
		physmem_free_pages(s->pm, cpu, slab, s->g.order);
		return -ENOMEM;
	}
	for (unsigned i = 0; i < s->g.num; i++) {
		slab->index[i] = (uint8_t)i;
		poison(s, index_to_obj(s, slab, i));
	}
	*ret = slab;
	return 0;
}

static void lock_node(struct slab_array *s)
{
	mm_lock(&s->list_lock, physmem_threads(s->pm));
}

static void unlock_node(struct slab_array *s)
{
	mm_unlock(&s->list_lock, physmem_threads(s->pm));
}

/* With list_lock held. Others look at free_objects without. */
static void add_free_objects(struct slab_array *s, uint64_t nr)
{
	__atomic_store_n(&s->free_objects, s->free_objects + nr,
			 __ATOMIC_RELAXED);
}

/* As free_objects. */
static void set_shared_avail(struct array_cache *shared, unsigned avail)
{
	__atomic_store_n(&shared->avail, avail, __ATOMIC_RELAXED);
}

/* Puts a slab that objects were taken from on its list. */
static void fixup_slab_list(struct slab_array *s, struct page *slab)
{
	if (slab->active < s->g.num) {
		TAILQ_INSERT_HEAD(&s->slabs_partial, slab, array_list);
		return;
	}
	TAILQ_INSERT_HEAD(&s->slabs_full, slab, array_list);
	if (s->g.freelist == OBJFREELIST_SLAB)
		slab->index = NULL;
}

/* Unlinks the slab that the next objects come from; NULL: none has any. */
static struct page *get_first_slab(struct slab_array *s)
{
	struct page *slab = TAILQ_FIRST(&s->slabs_partial);

	if (slab) {
		TAILQ_REMOVE(&s->slabs_partial, slab, array_list);
		return slab;
	}
	slab = TAILQ_FIRST(&s->slabs_free);
	if (slab) {
		TAILQ_REMOVE(&s->slabs_free, slab, array_list);
		s->free_slabs--;
	}
	return slab;
}

/* Moves up to max objects of a slab to an array; how many. */
static unsigned alloc_block(struct slab_array *s, struct array_cache *ac,
			    struct page *slab, unsigned max)
{
	unsigned nr = 0;

	for (; slab->active < s->g.num && nr < max; nr++)
		ac->entry[ac->avail++] = slab_get_obj(s, slab);
	return nr;
}

/* Moves up to max objects from the end of the shared array to a CPU's; how
 * many. */
static unsigned transfer_objects(struct array_cache *to,
				 struct array_cache *from, unsigned max)
{
	unsigned nr = from->avail < max ? from->avail : max;

	if (nr > to->limit - to->avail)
		nr = to->limit - to->avail;
	memcpy(to->entry + to->avail, from->entry + from->avail - nr,
	       nr * sizeof(from->entry[0]));
	set_shared_avail(from, from->avail - nr);
	to->avail += nr;
	return nr;
}

/* Fills an empty array from the slabs the node has. */
static void refill_from_node(struct slab_array *s, struct array_cache *ac,
			     unsigned batchcount)
{
	struct page *slab;

	while (batchcount && (slab = get_first_slab(s))) {
		batchcount -= alloc_block(s, ac, slab, batchcount);
		fixup_slab_list(s, slab);
	}
	add_free_objects(s, -(uint64_t)ac->avail);
}

/* A new slab is the last resort, and gives its own objects only. */
static int refill_from_pages(struct slab_array *s, unsigned cpu, gfp_t gfp,
			     unsigned batchcount)
{
	struct page *slab;
	int err = cache_grow_begin(s, cpu, gfp, &slab);

	if (err)
		return err;
	alloc_block(s, cpu_cache_get(s, cpu), slab, batchcount);
	lock_node(s);
	s->total_slabs++;
	s->nr_grown++;
	add_free_objects(s, s->g.num - slab->active);
	fixup_slab_list(s, slab);
	unlock_node(s);
	return 0;
}

/* Whether the node may have an object; what is read may be old. */
static bool node_looks_empty(const struct slab_array *s)
{
	return !__atomic_load_n(&s->free_objects, __ATOMIC_RELAXED) &&
	       (!s->shared ||
		!__atomic_load_n(&s->shared->avail, __ATOMIC_RELAXED));
}

static int cache_alloc_refill(struct slab_array *s, unsigned cpu, gfp_t gfp)
{
	struct array_cache *ac = cpu_cache_get(s, cpu);
	unsigned batchcount = ac->batchcount;

	/* An array without recent use gets fewer, lest they go to and fro. */
	if (!ac->touched && batchcount > BATCHREFILL_LIMIT)
		batchcount = BATCHREFILL_LIMIT;
	if (!node_looks_empty(s)) {
		lock_node(s);
		if (!s->shared || !transfer_objects(ac, s->shared, batchcount))
			refill_from_node(s, ac, batchcount);
		unlock_node(s);
	}
	if (ac->avail)
		return 0;
	return refill_from_pages(s, cpu, gfp, batchcount);
}

int slab_array_alloc(struct slab_array *s, unsigned cpu, gfp_t gfp,
		     void **ret_object)
{
	struct array_cache *ac = cpu_cache_get(s, cpu);
	void *object;

	mm_assert(cpu < s->nr_cpus);
	if (!ac->avail) {
		int err = cache_alloc_refill(s, cpu, gfp);

		if (err) {
			cpu_counts(s, cpu)->nr_failures++;
			return err;
		}
	}
	ac->touched = 1;
	object = ac->entry[--ac->avail];
	cpu_counts(s, cpu)->nr_objects++;
	track_unpoison(object, s->object_size);
	if (gfp & __GFP_ZERO)
		clear_memory(object, s->object_size);
	*ret_object = object;
	return 0;
}

/* Unlinks a slab that an object is about to be put back to. */
static void unlink_slab(struct slab_array *s, struct page *slab)
{
	mm_assert(slab->active);
	if (slab->active == s->g.num)
		TAILQ_REMOVE(&s->slabs_full, slab, array_list);
	else
		TAILQ_REMOVE(&s->slabs_partial, slab, array_list);
}

/* Takes the free slab that has been so for longest; there is one. */
static struct page *take_last_free(struct slab_array *s)
{
	struct page *slab = TAILQ_LAST(&s->slabs_free, array_slabs);

	TAILQ_REMOVE(&s->slabs_free, slab, array_list);
	s->free_slabs--;
	s->total_slabs--;
	add_free_objects(s, -(uint64_t)s->g.num);
	return slab;
}

/* Puts objects back to their slabs; those to be destroyed then go on list. */
static void free_block(struct slab_array *s, void *const *object, unsigned nr,
		       struct array_slabs *list)
{
	struct page *slab;

	add_free_objects(s, nr);
	for (; nr--; object++) {
		slab = physmem_head(s->pm, *object);
		unlink_slab(s, slab);
		slab_put_obj(s, slab, *object);
		if (!slab->active) {
			TAILQ_INSERT_HEAD(&s->slabs_free, slab, array_list);
			s->free_slabs++;
		} else {
			/* Last, so that the others get time to be freed. */
			TAILQ_INSERT_TAIL(&s->slabs_partial, slab, array_list);
		}
	}
	while (s->free_objects > s->g.free_limit &&
	       !TAILQ_EMPTY(&s->slabs_free)) {
		slab = take_last_free(s);
		/* To the front: it decides which page is next. */
		TAILQ_INSERT_HEAD(list, slab, array_list);
	}
}

/* Drops the first nr entries, the oldest, of an array. */
static void drop_oldest(struct array_cache *ac, unsigned nr)
{
	ac->avail -= nr;
	memmove(ac->entry, ac->entry + nr, ac->avail * sizeof(ac->entry[0]));
}

/* Moves a batch out of a full array: to the shared one if it has room. */
static void cache_flusharray(struct slab_array *s, unsigned cpu,
			     struct array_cache *ac)
{
	struct array_slabs list = TAILQ_HEAD_INITIALIZER(list);
	struct array_cache *shared = s->shared;
	unsigned nr = ac->batchcount;

	lock_node(s);
	if (shared && shared->avail < shared->limit) {
		if (nr > shared->limit - shared->avail)
			nr = shared->limit - shared->avail;
		memcpy(shared->entry + shared->avail, ac->entry,
		       nr * sizeof(ac->entry[0]));
		set_shared_avail(shared, shared->avail + nr);
	} else {
		free_block(s, ac->entry, nr, &list);
	}
	unlock_node(s);
	drop_oldest(ac, nr);
	slabs_destroy(s, cpu, &list);
}

void slab_array_free(struct slab_array *s, unsigned cpu, void *object)
{
	struct array_cache *ac = cpu_cache_get(s, cpu);
	struct page *slab = physmem_head(s->pm, object);

	mm_assert(cpu < s->nr_cpus);
	if (slab->flags != PG_HEAD || slab->array_cache != s)
		abort();
	cpu_counts(s, cpu)->nr_objects--;
	if (s->init_on_free)
		clear_memory(object, s->object_size);
	poison(s, object);
	if (ac->avail == ac->limit)
		cache_flusharray(s, cpu, ac);
	ac->entry[ac->avail++] = object;
}

void slab_array_shrink(struct slab_array *s)
{
	struct array_slabs list = TAILQ_HEAD_INITIALIZER(list);
	const char *why;

	for (unsigned cpu = 0; cpu < s->nr_cpus; cpu++) {
		struct array_cache *ac = cpu_cache_get(s, cpu);

		free_block(s, ac->entry, ac->avail, &list);
		slabs_destroy(s, cpu, &list);
		ac->avail = 0;
	}
	if (s->shared) {
		free_block(s, s->shared->entry, s->shared->avail, &list);
		slabs_destroy(s, 0, &list);
		s->shared->avail = 0;
	}
	while (!TAILQ_EMPTY(&s->slabs_free))
		slab_destroy(s, 0, take_last_free(s));
	mm_assert_slow(!slab_array_check(s, &why));
}

void slab_array_stats(const struct slab_array *s, struct slab_array_stats *ret)
{
	uint64_t bytes = s->nr_cpus * array_bytes(s->g.limit) +
			 slab_kmalloc_size(KMEM_CACHE_NODE_BYTES);
	struct array_counts sum = { 0 };

	for (unsigned cpu = 0; cpu < s->nr_cpus; cpu++) {
		sum.nr_objects += cpu_counts(s, cpu)->nr_objects;
		sum.nr_failures += cpu_counts(s, cpu)->nr_failures;
	}
	if (s->shared)
		bytes += slab_kmalloc_size((unsigned)array_bytes(s->g.shared));
	*ret = (struct slab_array_stats){
		.geometry = s->g,
		.objects = sum.nr_objects,
		.free_objects = s->free_objects,
		.shared_avail = s->shared ? s->shared->avail : 0,
		.slabs = s->total_slabs,
		.free_slabs = s->free_slabs,
		.pages = s->total_slabs << s->g.order,
		.grown = s->nr_grown,
		.alloc_failures = sum.nr_failures,
		.metadata_bytes = bytes + s->total_slabs * s->g.freelist_bytes,
	};
}
