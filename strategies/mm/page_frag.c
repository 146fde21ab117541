// SPDX-License-Identifier: GPL-2.0-only
/*
 * A page fragment is an arbitrary piece of a compound block of pages; the
 * block's reference count is the number of fragments alive, so a block lives
 * as long as its longest-lived fragment, and freed fragments are not reused
 * before all are free.
 *
 * Models page_frag_alloc_align(), page_frag_free() and the drain of
 * mm/page_alloc.c of Linux 6.1: refill of order 3 without reclaim, fallback to
 * order 0 with plain gfp; allocation downward from the end; references
 * pre-charged in a bias; the current chunk rewound in place, not cleared, when
 * it is used up and all its fragments are free. Left out: pfmemalloc. (4.20
 * charged a chunk's size less one where 6.1 charges 32768: no other result.)
 *
 * Cost: O(1), a refill now and then.
 * Invariant: refcount of the current chunk = bias + fragments alive; of any
 * other chunk = fragments alive, above 0.
 * Concurrency: as in the kernel, each user of a cache brings a lock or a CPU;
 * references are atomic, so that a fragment can be freed anywhere.
 */
#include "page_frag.h"

#include <errno.h>
#include <stdlib.h>

#include "physmem.h"

/* What a fresh chunk is charged beside the reference it is born with. */
#define FRAG_BIAS 32768

static uint32_t chunk_size(const struct page_frag_cache *nc)
{
	return PAGE_SIZE << nc->chunk->order;
}

/* True for who drops the last: all that others did before is seen by then. */
static inline bool ref_sub_and_test(const struct page_frag_chunks *all,
				    struct page *chunk, int32_t nr)
{
	if (physmem_threads(all->pm))
		return !__atomic_sub_fetch(&chunk->refcount, nr,
					   __ATOMIC_ACQ_REL);
	return !(chunk->refcount -= nr);
}

static void charge(struct page_frag_cache *nc)
{
	nc->chunk->refcount = FRAG_BIAS + 1;
	nc->pagecnt_bias = FRAG_BIAS + 1;
	nc->offset = chunk_size(nc);
}

static __attribute__((noinline)) void release(struct page_frag_chunks *all,
					      unsigned cpu, struct page *chunk)
{
	mm_lock(&all->lock, physmem_threads(all->pm));
	LIST_REMOVE(chunk, chunk_list);
	all->nr_chunks--;
	all->pages_held -= 1u << chunk->order;
	mm_unlock(&all->lock, physmem_threads(all->pm));
	physmem_free_pages(all->pm, cpu, chunk, chunk->order);
}

static int refill(struct page_frag_cache *nc, unsigned cpu, gfp_t gfp)
{
	struct page_frag_chunks *all = nc->all;
	gfp_t first = gfp | __GFP_COMP | __GFP_NOWARN | __GFP_NORETRY |
		      __GFP_NOMEMALLOC;
	bool threads = physmem_threads(all->pm);
	int err;

	nc->chunk = NULL;
	if (nc->max_order)
		physmem_alloc_pages(all->pm, cpu, first, nc->max_order,
				    &nc->chunk);
	if (!nc->chunk) {
		err = physmem_alloc_pages(all->pm, cpu, gfp, 0, &nc->chunk);
		if (err)
			return err;
	}
	mm_lock(&all->lock, threads);
	LIST_INSERT_HEAD(&all->list, nc->chunk, chunk_list);
	all->nr_chunks++;
	all->nr_refills++;
	all->nr_fallbacks += nc->max_order && !nc->chunk->order;
	all->pages_held += 1u << nc->chunk->order;
	mm_unlock(&all->lock, threads);
	charge(nc);
	return 0;
}

/* size bytes of the current chunk, which has them. */
static inline void take(struct page_frag_cache *nc, size_t size, void **ret_va)
{
	nc->pagecnt_bias--;
	nc->offset -= (uint32_t)size;
	*ret_va = (char *)physmem_page_va(nc->all->pm, nc->chunk) + nc->offset;
}

/* The current chunk is used up. Last call of its caller, which so has no
 * frame. */
static __attribute__((noinline)) int alloc_slow(struct page_frag_cache *nc,
						unsigned cpu, size_t size,
						gfp_t gfp, void **ret_va)
{
	struct page *chunk = nc->chunk;

	if (chunk && ref_sub_and_test(nc->all, chunk, nc->pagecnt_bias)) {
		charge(nc); /* all fragments are back: start over */
		nc->nr_reuses++;
	} else {
		int err = refill(nc, cpu, gfp);

		if (err)
			return err;
	}
	take(nc, size, ret_va);
	return 0;
}

int page_frag_alloc(struct page_frag_cache *nc, unsigned cpu, size_t size,
		    gfp_t gfp, void **ret_va)
{
	if (!nc->chunk || nc->offset < size)
		return alloc_slow(nc, cpu, size, gfp, ret_va);
	take(nc, size, ret_va);
	return 0;
}

void page_frag_free(struct page_frag_chunks *all, unsigned cpu, void *va)
{
	struct page *chunk = physmem_head(all->pm, va);

	int32_t refs = __atomic_load_n(&chunk->refcount, __ATOMIC_RELAXED);

	if (chunk->flags != PG_HEAD || refs <= 0)
		abort();
	if (physmem_threads(all->pm))
		refs = __atomic_sub_fetch(&chunk->refcount, 1,
					  __ATOMIC_ACQ_REL);
	else
		chunk->refcount = --refs;
	if (!refs)
		release(all, cpu, chunk);
}

void page_frag_cache_drain(struct page_frag_cache *nc, unsigned cpu)
{
	struct page *chunk = nc->chunk;

	nc->chunk = NULL;
	if (chunk && ref_sub_and_test(nc->all, chunk, nc->pagecnt_bias))
		release(nc->all, cpu, chunk);
}

void page_frag_chunks_fini(struct page_frag_chunks *all)
{
	struct page *chunk;

	while ((chunk = LIST_FIRST(&all->list)))
		release(all, 0, chunk);
}

int page_frag_check(const struct page_frag_cache *nc, unsigned nr,
		    uint64_t nr_alive, const char **ret_why)
{
	const struct page_frag_chunks *all = nc->all;
	uint64_t pages = 0, refs = 0, nr_chunks = 0;
	const struct page *chunk;

	LIST_FOREACH(chunk, &all->list, chunk_list)
	{
		*ret_why = "chunk without a reference";
		if (chunk->flags != PG_HEAD || chunk->refcount <= 0)
			return -EUCLEAN;
		nr_chunks++;
		pages += 1u << chunk->order;
		refs += (uint32_t)chunk->refcount;
	}
	*ret_why = "current chunk and its offset disagree";
	for (; nr--; nc++) {
		if (!nc->chunk)
			continue;
		if (nc->offset > chunk_size(nc) || nc->pagecnt_bias <= 0)
			return -EUCLEAN;
		refs -= (uint32_t)nc->pagecnt_bias;
	}
	*ret_why = "references and live fragments disagree";
	if (refs != nr_alive)
		return -EUCLEAN;
	*ret_why = "pages of chunks and pages held disagree";
	return pages == all->pages_held && nr_chunks == all->nr_chunks
		       ? 0
		       : -EUCLEAN;
}
