/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Simulated physical memory: what the kernel's page allocator is to the
 * allocators above it.
 *
 * One host mapping, reserved and touched lazily, stands for all of RAM of a
 * machine profile; paddr and va differ by a multiple of the largest block.
 * Every 4 KiB page has a struct page. Who may have which block: page_alloc.c.
 *
 * Calling sequence
 *	physmem_create(profile, &pm)
 *	physmem_alloc_pages(pm, cpu, gfp, order, &page) ... physmem_free_pages()
 *	physmem_destroy(pm)
 *
 * Concurrency: after physmem_set_threads(pm, true), physmem_alloc_pages() and
 * physmem_free_pages() may run at the same time, each thread with simulated
 * CPUs of its own. All else: nobody else at work.
 */
#ifndef PHYSMEM_H
#define PHYSMEM_H

#include <sys/queue.h>

#include "machine.h"

struct kmem_cache;
struct physmem;
struct slab_array;

#define PHYSMEM_MAX_CPUS 64
#define PCP_MAX_ORDER 3	  /* PAGE_ALLOC_COSTLY_ORDER */
#define PAGEBLOCK_ORDER 9 /* 2 MiB, with huge pages as arm64 and x86 */

/* What a pageblock's pages are mostly used for. */
enum migratetype {
	MIGRATE_UNMOVABLE,
	MIGRATE_MOVABLE,
	MIGRATE_RECLAIMABLE,
	NR_PCPTYPES,
	MIGRATE_HIGHATOMIC = NR_PCPTYPES,
	NR_MIGRATETYPES
};

enum page_flag {
	PG_BUDDY = 1 << 0, /* head of a free block on a free list */
	PG_HEAD = 1 << 1,  /* head of an allocated block */
	PG_TAIL = 1 << 2,  /* later page of an allocated block */
	PG_PCP = 1 << 3,   /* head of a free block on a per-CPU list */
};

/*
 * One per page. The union belongs to whoever owns the block: the buddy
 * allocator while PG_BUDDY is set, the allocator that took it afterwards.
 */
struct page {
	uint8_t flags;
	uint8_t order; /* valid in heads */
	uint8_t zone;
	uint8_t type; /* enum migratetype of the list it is on or came from */
	bool movable; /* allocated so; valid in heads */
	uint32_t to_head; /* PG_TAIL: pages back to the head */
	int32_t refcount; /* page_frag: references to the block */
	uint32_t taken;	  /* how often the block headed here was handed out */
	union {
		TAILQ_ENTRY(page) buddy; /* on a free or a per-CPU list */
		struct {		 /* a slab of a kmem_cache */
			struct kmem_cache *slab_cache;
			uint64_t slab_state; /* see kmem_cache_internal.h */
			TAILQ_ENTRY(page) slab_list; /* partial or full list */
			TAILQ_ENTRY(page) all_list;  /* every slab */
			struct page *next; /* on a per-CPU partial list */
			uint16_t objects;
			uint16_t pobjects; /* limited on that list: slabs or
					    * objects from here on */
			uint8_t slabs;	   /* length of it from here on */
			bool on_node_list; /* the partial one */
		};
		struct { /* a slab of a slab_array */
			struct slab_array *array_cache;
			TAILQ_ENTRY(page) array_list; /* of the node */
			uint8_t *index;	 /* freelist, or NULL if full */
			char *s_mem;	 /* first object */
			uint16_t active; /* objects not on the freelist */
		};
		LIST_ENTRY(page) chunk_list;	    /* of a page_frag_cache */
		const void *owner;		    /* of a page of one table */
		struct {			    /* a pte_frag page */
			LIST_ENTRY(page) frag_list; /* if a table is free */
			LIST_ENTRY(page) frag_all;  /* every page */
			uint8_t frag_free;	    /* bit n: table n free */
		};
	};
};

/*
 * Makes page allocations fail on purpose. The nth call counted from arming
 * fails (nth counts from 1; 0 never), and all later ones too if persistent.
 */
struct fault_attr {
	uint64_t nth;
	bool persistent;
	unsigned min_order; /* smaller page allocations are not looked at */
	uint64_t calls;	    /* out: calls seen, atomic */
	uint64_t fired;	    /* out: calls failed, atomic */
};

/* Counts a call, of any thread; true if it is to fail. NULL never fails. */
static inline bool fault_should_fail(struct fault_attr *fault)
{
	uint64_t call =
		fault ? __atomic_add_fetch(&fault->calls, 1, __ATOMIC_RELAXED)
		      : 0;

	if (!call || !fault->nth || call < fault->nth ||
	    (call > fault->nth && !fault->persistent))
		return false;
	__atomic_fetch_add(&fault->fired, 1, __ATOMIC_RELAXED);
	return true;
}

/* Why a request for pages failed. */
enum page_failure {
	PAGE_FAIL_MARK,	    /* every allowed zone is down to its mark */
	PAGE_FAIL_ORDER,    /* pages enough, but no block of that order */
	PAGE_FAIL_INJECTED, /* by fault_attr */
	NR_PAGE_FAILURES
};

struct physmem_usage {
	uint64_t pages_total; /* without what an ager has taken */
	uint64_t pages_free;  /* those on per-CPU lists included */
	uint64_t nr_allocs;   /* successful calls */
	uint64_t nr_failures; /* failed calls, all causes */
	uint64_t nr_failures_by[NR_PAGE_FAILURES];
	uint64_t nr_steals;	/* blocks taken from another migrate type */
	uint64_t nr_pcp_missed; /* per-CPU lists not used during a drain */
};

/* State of a zone, in pages: what /proc/zoneinfo says of it. */
struct zone_info {
	uint64_t managed;
	uint64_t nr_free; /* not those on per-CPU lists */
	uint64_t nr_pcp;  /* those */
	uint64_t nr_highatomic;
	uint64_t min, low, high;
	uint64_t protection[NR_ZONES]; /* lowmem_reserve, by zone asked for */
	uint32_t pcp_high, pcp_batch;
};

/**
 * physmem_create() - the memory of one machine, all free
 * @profile:	which machine; must outlive the result
 * @ret:	written on success only
 *
 * Return: 0; -ENOMEM if the host refuses the address space.
 */
int physmem_create(const struct machine_profile *profile, struct physmem **ret);

/* Sizes per-CPU lists for this many CPUs, 1 to PHYSMEM_MAX_CPUS, instead of
 * the profile's. Before the first allocation. */
void physmem_set_nr_cpus(struct physmem *pm, unsigned nr_cpus);

/* Whether several threads will use it from now on: only then do locks cost
 * anything, as a kernel on one CPU patches them out. */
void physmem_set_threads(struct physmem *pm, bool threads);

/* Unmaps everything, whoever still holds pages. NULL is fine. */
void physmem_destroy(struct physmem *pm);

const struct machine_profile *physmem_profile(const struct physmem *pm);

/**
 * physmem_alloc_pages() - take 2^order pages from the zones that gfp allows
 * @cpu:	simulated CPU that asks, below PHYSMEM_MAX_CPUS
 * @gfp:	GFP_DMA: DMA only; GFP_DMA32: DMA32, then DMA; neither: NORMAL,
 *		then DMA32, then DMA. __GFP_ZERO clears the block. How deep a
 *		zone may be emptied: __GFP_HIGH, __GFP_DIRECT_RECLAIM and
 *		__GFP_NOMEMALLOC. Mobility: __GFP_MOVABLE, __GFP_RECLAIMABLE.
 * @order:	0 to MAX_ORDER
 * @ret_page:	head of the block; written on success only
 *
 * The block is always compound: its tails know their head.
 *
 * Return: 0; -EINVAL for an order above MAX_ORDER; -ENOMEM if no allowed zone
 * can give such a block (enum page_failure, counted).
 */
int physmem_alloc_pages(struct physmem *pm, unsigned cpu, gfp_t gfp,
			unsigned order, struct page **ret_page);

/**
 * physmem_free_pages() - give a whole block back
 * @page:	head of a block from physmem_alloc_pages(), with that order
 *
 * A page that is no such head is a caller's bug and ends the program.
 */
void physmem_free_pages(struct physmem *pm, unsigned cpu, struct page *page,
			unsigned order);

/**
 * physmem_settle() - forget who was here: everything back on free lists, in
 * the order of addresses, no pageblock marked, no page failed
 *
 * Only while nobody but an ager (ager.h) holds pages; it loses them. Two runs
 * that begin with it meet the same memory. Cost: a look at each block; after
 * an ager, at each page.
 */
void physmem_settle(struct physmem *pm);

/* Gives back every block that is still taken, whoever took it, but for those
 * of an ager: what a reboot does for pages that were leaked. Returns the
 * number of pages. */
uint64_t physmem_reclaim(struct physmem *pm);

/* Arms (or with NULL disarms) fault injection; fault stays the caller's. */
void physmem_set_fault(struct physmem *pm, struct fault_attr *fault);

void physmem_usage(const struct physmem *pm, struct physmem_usage *ret);

void physmem_zone_info(const struct physmem *pm, enum zone_type zone,
		       struct zone_info *ret);

/* Free blocks of a zone by order, as /proc/buddyinfo shows them; ret has
 * MAX_ORDER + 1 elements. */
void physmem_free_area(const struct physmem *pm, enum zone_type zone,
		       uint64_t *ret);

/**
 * physmem_check() - walk every page and free list
 * @ret_why:	static text naming the broken rule; written on failure only
 *
 * Rules: free + taken = total; list lengths agree with counters, those of CPUs
 * too; no two free buddies unmerged; blocks aligned, inside their zone and not
 * overlapping. Cost: one look at each page of the machine.
 *
 * Return: 0 or -EUCLEAN.
 */
int physmem_check(const struct physmem *pm, const char **ret_why);

/* True if paddr is a RAM address of the profile. */
bool physmem_valid(const struct physmem *pm, phys_addr_t paddr);

/* True if va points into the arena. */
bool physmem_owns(const struct physmem *pm, const void *va);

/* physmem_va(), physmem_paddr(), physmem_page() and the like. */
#include "physmem_addr.h"

#endif /* PHYSMEM_H */
