/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Simulated physical memory: what the kernel's page allocator is to the
 * allocators above it.
 *
 * One host mapping, reserved and touched lazily, stands for all of RAM of a
 * machine profile; paddr and va differ by a constant, a multiple of the
 * largest block. Every 4 KiB page has a
 * struct page. Blocks of order 0 to MAX_ORDER come from a binary buddy
 * allocator per zone.
 *
 * Calling sequence
 *	physmem_create(profile, &pm)
 *	physmem_alloc_pages(pm, cpu, gfp, order, &page) ... physmem_free_pages()
 *	physmem_destroy(pm)
 *
 * Concurrency: one thread at a time per struct physmem.
 */
#ifndef PHYSMEM_H
#define PHYSMEM_H

#include <sys/queue.h>

#include "mm_types.h"

struct kmem_cache;
struct physmem;

enum zone_type { ZONE_DMA, ZONE_DMA32, ZONE_NORMAL, NR_ZONES };

/* [start, end), page aligned, inside one zone. */
struct machine_range {
	phys_addr_t start;
	phys_addr_t end;
	enum zone_type zone;
};

#define MACHINE_MAX_RANGES 4

struct machine_profile {
	const char *name;
	const char *summary;
	unsigned nr_cpus;
	unsigned nr_ranges;
	struct machine_range range[MACHINE_MAX_RANGES]; /* ascending */
};

/* All profiles, ended by a NULL name. */
extern const struct machine_profile machine_profiles[];

/* NULL when there is no profile of that name. */
const struct machine_profile *machine_profile_find(const char *name);

enum page_flag {
	PG_BUDDY = 1 << 0, /* head of a free block on a free list */
	PG_HEAD = 1 << 1,  /* head of an allocated block */
	PG_TAIL = 1 << 2,  /* later page of an allocated block */
};

/*
 * One per page. The union belongs to whoever owns the block: the buddy
 * allocator while PG_BUDDY is set, the allocator that took it afterwards.
 */
struct page {
	uint8_t flags;
	uint8_t order; /* valid in heads */
	uint8_t zone;
	uint32_t to_head; /* PG_TAIL: pages back to the head */
	int32_t refcount; /* page_frag: references to the block */
	uint32_t taken;	  /* how often the block headed here was handed out */
	union {
		TAILQ_ENTRY(page) buddy; /* on zone free list */
		struct {		 /* a slab of a kmem_cache */
			struct kmem_cache *slab_cache;
			void *freelist;
			TAILQ_ENTRY(page) slab_list; /* node partial list */
			TAILQ_ENTRY(page) all_list;  /* every slab */
			struct page *next; /* on a per-CPU partial list */
			uint16_t inuse;
			uint16_t objects;
			uint16_t slabs; /* length of the list from here on */
			bool frozen;	/* owned by one CPU */
			bool on_node_list;
		};
		LIST_ENTRY(page) chunk_list;	    /* of a page_frag_cache */
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
	uint64_t calls; /* out: calls seen */
	uint64_t fired; /* out: calls failed */
};

/* Counts a call; true if it is to fail. NULL never fails. */
static inline bool fault_should_fail(struct fault_attr *fault)
{
	if (!fault)
		return false;
	fault->calls++;
	if (!fault->nth || fault->calls < fault->nth ||
	    (fault->calls > fault->nth && !fault->persistent))
		return false;
	fault->fired++;
	return true;
}

struct physmem_usage {
	uint64_t pages_total;
	uint64_t pages_free;
	uint64_t nr_allocs;   /* successful calls */
	uint64_t nr_failures; /* failed calls, injected ones included */
};

/**
 * physmem_create() - the memory of one machine, all free
 * @profile:	which machine; must outlive the result
 * @ret:	written on success only
 *
 * Return: 0; -ENOMEM if the host refuses the address space.
 */
int physmem_create(const struct machine_profile *profile, struct physmem **ret);

/* Unmaps everything, whoever still holds pages. NULL is fine. */
void physmem_destroy(struct physmem *pm);

const struct machine_profile *physmem_profile(const struct physmem *pm);

/**
 * physmem_alloc_pages() - take 2^order pages from the zones that gfp allows
 * @cpu:	simulated CPU that asks, below profile->nr_cpus or --cpus
 * @gfp:	GFP_DMA: DMA only; GFP_DMA32: DMA32, then DMA; neither: NORMAL,
 *		then DMA32, then DMA. __GFP_ZERO clears the block.
 * @order:	0 to MAX_ORDER
 * @ret_page:	head of the block; written on success only
 *
 * The block is always compound: its tails know their head.
 *
 * Return: 0; -EINVAL for an order above MAX_ORDER; -ENOMEM if no allowed zone
 * has a free block of that order, or by injected fault.
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

/* Arms (or with NULL disarms) fault injection; fault stays the caller's. */
void physmem_set_fault(struct physmem *pm, struct fault_attr *fault);

void physmem_usage(const struct physmem *pm, struct physmem_usage *ret);

/* Free blocks of a zone by order; ret has MAX_ORDER + 1 elements. */
void physmem_free_area(const struct physmem *pm, enum zone_type zone,
		       uint64_t *ret);

/**
 * physmem_check() - walk every page and free list
 * @ret_why:	static text naming the broken rule; written on failure only
 *
 * Rules: free + taken = total; list lengths agree with counters; no two free
 * buddies unmerged; blocks aligned, inside their zone and not overlapping.
 * Cost: one look at each page of the machine.
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
