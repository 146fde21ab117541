/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of kmem_cache share: the cache itself, the rules in which
 * kernels differ, the state of a slab, and the link in a free object. For
 * kmem_cache*.c and its tests only.
 *
 * A slab is in exactly one state. The active one is some CPU's ->slab: frozen,
 * and its inuse counts the objects on the CPU's freelist as used. One that is
 * partial on a CPU is on that CPU's list, frozen too. One that is partial on
 * the node is on the node's list: not frozen, its freelist not empty. A full
 * one is on no list, or on the full list if users are tracked: not frozen, its
 * freelist empty. In a cache that debugs no slab is frozen between two calls.
 *
 * Concurrency, as in mm/slub.c of Linux 6.1 and 4.20. With one thread an
 * exchange is a store, and list_lock nothing.
 *
 * struct kmem_cache_cpu is its CPU's only. The kernel's this_cpu_cmpxchg_double
 * on freelist and tid has no lock prefix and guards against interrupts and
 * migration; a thread that is its CPU meets neither, so loads and stores do.
 *
 * page->slab_state is changed by whoever frees to the slab and by its owner:
 * the CPU that froze it or, unfrozen, who holds list_lock; by compare-and-
 * exchange, but in a new slab, and but where list_lock is held around all (debug
 * caches of 6.1). The kernel has a freelist and counters, two words, and needs
 * cmpxchg16b; in one word a pointer leaves 16 bits over, so any host can do it.
 *
 * The link of an object is written by who owns the object. The exchange releases
 * links written before it, and acquires those released by all exchanges before.
 *
 * ->next, ->slabs and ->pobjects are of the CPU that froze the slab. struct
 * kmem_cache_node needs list_lock, but to read nr_partial. All else is constant.
 */
#ifndef KMEM_CACHE_INTERNAL_H
#define KMEM_CACHE_INTERNAL_H

#include "kmem_cache.h"
#include "mm_lock.h"
#include "physmem.h"

#define SLUB_MAX_ORDER 3

#define KMEM_CACHE_LINE 64 /* what two CPUs write does not share one */

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
	void *freelist;		       /* next object to hand out */
	struct page *slab;	       /* the slab they are from, or NULL */
	struct page *partial;	       /* linked through ->next, newest first */
	uint64_t alive;		       /* handed out less taken back here */
	struct kmem_cache_stats stats; /* events here; the rest is 0 */
} __attribute__((aligned(KMEM_CACHE_LINE)));

struct kmem_cache_node {
	struct mm_lock list_lock;
	uint64_t nr_partial;
	struct slab_list partial;
	struct slab_list full; /* with SLAB_STORE_USER only */
	struct slab_list all;  /* ours: so that destroy finds full slabs */
	uint64_t nr_slabs;     /* on it, and what is in them */
	uint64_t nr_pages;
	uint64_t total_objects;
} __attribute__((aligned(KMEM_CACHE_LINE)));

/* Where a slab's state is read, to be changed soon after. */
enum slab_step {
	STEP_FREE,
	STEP_ACQUIRE,
	STEP_GET_FREELIST,
	STEP_UNFREEZE,
	STEP_DEACTIVATE
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

	/* For tests with threads: what other CPUs do between reading a state
	 * and changing it. A test in slow paths; fast paths read no state. */
	void (*interleave)(struct kmem_cache *s, struct page *slab,
			   enum slab_step step);

	uint32_t *random_seq;	       /* objs_per_slab numbers, or NULL */
	struct kmem_cache_stats stats; /* those that do not change */

	/* Of the choice of a start in random_seq; by atomic addition. */
	uint64_t random __attribute__((aligned(KMEM_CACHE_LINE)));
	struct kmem_cache_node node;
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

/* Gives a slab back that is on no list but that of all. */
void kmem_cache_discard_slab(struct kmem_cache *s, unsigned cpu,
			     struct page *slab);

/* All slabs linked through next, from the last that was put there: as SLUB
 * does, it decides which page is next. */
void kmem_cache_discard_list(struct kmem_cache *s, unsigned cpu,
			     struct page *discard);

/* Takes a slab off the node's partial list; with list_lock held. */
void kmem_cache_remove_partial(struct kmem_cache *s, struct page *slab);

/* Everything that a CPU has goes to the node. */
void kmem_cache_flush_cpu(struct kmem_cache *s, unsigned cpu);

static inline void node_lock(struct kmem_cache *s)
{
	mm_lock(&s->node.list_lock, physmem_threads(s->pm));
}

static inline void node_unlock(struct kmem_cache *s)
{
	mm_unlock(&s->node.list_lock, physmem_threads(s->pm));
}

/* The state of a slab: its first free object, bits 16 to 63; inuse, 1 to 15;
 * frozen, 0. Hosts give a process 47 bits of addresses, unless it asks. */
#define SLAB_STATE_FROZEN 1u
#define SLAB_STATE_INUSE 2u
#define SLAB_STATE_BITS 16

static inline uint64_t make_state(const void *freelist, unsigned inuse,
				  bool frozen)
{
	return (uint64_t)(uintptr_t)freelist << SLAB_STATE_BITS |
	       (uint64_t)inuse * SLAB_STATE_INUSE | frozen;
}

static inline void *state_freelist(uint64_t state)
{
	return (void *)(uintptr_t)(state >> SLAB_STATE_BITS);
}

static inline unsigned state_inuse(uint64_t state)
{
	return (uint16_t)state / SLAB_STATE_INUSE;
}

static inline bool state_frozen(uint64_t state)
{
	return state & SLAB_STATE_FROZEN;
}

/* With an object more on the freelist. */
static inline uint64_t state_with(uint64_t state, const void *object)
{
	return (uint64_t)(uintptr_t)object << SLAB_STATE_BITS |
	       ((uint16_t)state - SLAB_STATE_INUSE);
}

/* Whether one object more has a slab change lists: it is not frozen, and was
 * full or runs empty. */
static inline bool changes_lists(uint64_t state)
{
	return (uint16_t)state == SLAB_STATE_INUSE ||
	       (!state_freelist(state) && !state_frozen(state));
}

static inline uint64_t get_state(const struct page *slab)
{
	return __atomic_load_n(&slab->slab_state, __ATOMIC_RELAXED);
}

/* Where nobody else can change it. */
static inline void set_state(struct page *slab, uint64_t state)
{
	__atomic_store_n(&slab->slab_state, state, __ATOMIC_RELAXED);
}

/* The state that cmpxchg_slab() is to replace. */
static inline uint64_t read_state(struct kmem_cache *s, struct page *slab,
				  enum slab_step step)
{
	uint64_t state = get_state(slab);

	if (s->interleave)
		s->interleave(s, slab, step);
	return state;
}

/* False, and nothing done, if another CPU came between. */
static inline bool cmpxchg_slab(struct kmem_cache *s, struct kmem_cache_cpu *c,
				struct page *slab, uint64_t old, uint64_t state)
{
	if (!physmem_threads(s->pm)) {
		set_state(slab, state);
		return true;
	}
	if (__atomic_compare_exchange_n(&slab->slab_state, &old, state, false,
					__ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return true;
	c->stats.cmpxchg_double_fail++;
	return false;
}

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
