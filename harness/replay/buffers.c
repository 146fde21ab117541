// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes and gives the memory of buffers; see buffers.h.
 *
 * Models __iommu_dma_alloc_pages() of drivers/iommu/dma-iommu.c of Linux 6.1:
 * for what is left of a buffer the largest order of those the IOMMU has pages
 * of, with __GFP_NORETRY as long as there are smaller ones; an order that could
 * not be had is not asked for again. Pages go back from the last to the first.
 * Left out: split_page(), so that a chunk goes back whole and not page by page
 * through the per-CPU lists; NUMA; clearing, which would touch memory of the
 * host; buffers that do not come from the DMA API; the choice of iova, which
 * the trace has made.
 *
 * Cost: the page allocator's, and a look into a balanced tree per event.
 * Invariant: ranges in the tree do not overlap; a buffer has at least one.
 * Concurrency: none.
 */
#include "buffers.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>

struct buffer {
	uint64_t mapped; /* bytes */
	unsigned nr_chunks;
	struct page *chunk[];
};

/* Part of a buffer, in the order of domain and iova. */
struct range {
	struct buffer *buffer;
	unsigned domain;
	uint64_t start, end;
};

/* Those that overlap count as equal. */
static int compare(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	if (x->domain != y->domain)
		return x->domain < y->domain ? -1 : 1;
	return x->end <= y->start ? -1 : x->start >= y->end;
}

void buffers_init(struct buffers *b, struct physmem *pm,
		  const struct v7s_config *cfg)
{
	const struct machine_profile *mp = physmem_profile(pm);
	phys_addr_t end = mp->range[mp->nr_ranges - 1].end;

	*b = (struct buffers){
		.pm = pm,
		.order_mask = (unsigned long)(cfg->pgsizes >> PAGE_SHIFT) &
			      ((2ul << MAX_ORDER) - 1),
		.gfp = GFP_KERNEL | __GFP_NOWARN | __GFP_HIGHMEM |
		       (end > 1ull << cfg->oas ? GFP_DMA32 : 0),
	};
}

static void put_chunks(struct buffers *b, unsigned cpu,
		       struct page *const *chunk, unsigned nr)
{
	while (nr--) {
		b->pages -= 1ull << chunk[nr]->order;
		physmem_free_pages(b->pm, cpu, chunk[nr], chunk[nr]->order);
	}
}

static int make_room(struct buffers *b)
{
	unsigned max = b->max_segments ? 2 * b->max_segments : 256;
	void *segment, *chunk;

	if (b->nr_segments < b->max_segments)
		return 0;
	segment = reallocarray(b->segment, max, sizeof(*b->segment));
	if (segment)
		b->segment = segment;
	chunk = reallocarray(b->chunk, max, sizeof(*b->chunk));
	if (chunk)
		b->chunk = chunk;
	if (!segment || !chunk)
		return -ENOMEM;
	b->max_segments = max;
	return 0;
}

/* A chunk for at most so many pages; orders that failed leave *mask. */
static struct page *take_chunk(struct buffers *b, unsigned cpu, uint64_t pages,
			       unsigned long *mask)
{
	struct page *page;

	for (*mask &= (2ul << (fls64(pages) - 1)) - 1; *mask;) {
		unsigned order = fls64(*mask) - 1;
		bool smallest = *mask == 1ul << order;

		if (!physmem_alloc_pages(
			    b->pm, cpu, b->gfp | (smallest ? 0 : __GFP_NORETRY),
			    order, &page))
			return page;
		*mask &= ~(1ul << order);
	}
	return NULL;
}

/* In b->chunk and b->segment. */
static int take_chunks(struct buffers *b, unsigned cpu, uint64_t pages)
{
	unsigned long mask = b->order_mask;

	b->nr_segments = 0;
	while (pages) {
		struct page *page;

		b->error = make_room(b);
		page = b->error ? NULL : take_chunk(b, cpu, pages, &mask);
		if (!page) {
			put_chunks(b, cpu, b->chunk, b->nr_segments);
			return -ENOMEM;
		}
		b->segment[b->nr_segments] = (struct iommu_segment){
			.paddr = physmem_page_paddr(b->pm, page),
			.length = (uint64_t)PAGE_SIZE << page->order,
		};
		b->chunk[b->nr_segments++] = page;
		b->pages += 1ull << page->order;
		pages -= 1ull << page->order;
	}
	return 0;
}

int buffers_take(struct buffers *b, unsigned cpu, uint64_t size)
{
	struct buffer *buffer;

	if (b->error)
		return b->error;
	if (take_chunks(b, cpu, size >> PAGE_SHIFT)) {
		b->nr_failures++;
		return -ENOMEM;
	}
	buffer = malloc(sizeof(*buffer) +
			b->nr_segments * sizeof(buffer->chunk[0]));
	if (!buffer) {
		put_chunks(b, cpu, b->chunk, b->nr_segments);
		b->error = -ENOMEM;
		return -ENOMEM;
	}
	buffer->mapped = 0;
	buffer->nr_chunks = b->nr_segments;
	memcpy(buffer->chunk, b->chunk,
	       b->nr_segments * sizeof(buffer->chunk[0]));
	b->taken = buffer;
	if (b->pages > b->pages_peak)
		b->pages_peak = b->pages;
	return 0;
}

static void give(struct buffers *b, unsigned cpu, struct buffer *buffer)
{
	put_chunks(b, cpu, buffer->chunk, buffer->nr_chunks);
	free(buffer);
}

void buffers_leave(struct buffers *b, unsigned cpu)
{
	if (b->taken)
		give(b, cpu, b->taken);
	b->taken = NULL;
}

/* A range more of a buffer. What the host has no memory for is forgotten. */
static bool add_range(struct buffers *b, const struct range *range)
{
	struct range *copy = malloc(sizeof(*copy));

	if (copy) {
		*copy = *range;
		if (tsearch(copy, &b->root, compare)) {
			range->buffer->mapped += range->end - range->start;
			return true;
		}
	}
	free(copy);
	b->error = -ENOMEM;
	return false;
}

/* Takes what both have from a range of the tree: a page at least. */
static void cut(struct buffers *b, unsigned cpu, struct range *range,
		const struct range *gone)
{
	struct buffer *buffer = range->buffer;
	struct range rest = *range;

	buffer->mapped -= range->end - range->start;
	if (range->start >= gone->start && range->end <= gone->end) {
		tdelete(range, &b->root, compare);
		free(range);
	} else if (range->start < gone->start) {
		range->end = gone->start;
		buffer->mapped += range->end - range->start;
		rest.start = gone->end;
		if (rest.start < rest.end)
			add_range(b, &rest);
	} else {
		range->start = gone->end;
		buffer->mapped += range->end - range->start;
	}
	if (!buffer->mapped)
		give(b, cpu, buffer);
}

void buffers_drop(struct buffers *b, unsigned cpu, unsigned domain,
		  uint64_t iova, uint64_t size)
{
	const struct range gone = {
		.domain = domain,
		.start = iova,
		.end = iova + size,
	};
	struct range *const *found;

	while (size && (found = tfind(&gone, &b->root, compare)))
		cut(b, cpu, *found, &gone);
}

void buffers_keep(struct buffers *b, unsigned cpu, unsigned domain,
		  uint64_t iova, uint64_t size)
{
	const struct range range = {
		.buffer = b->taken,
		.domain = domain,
		.start = iova,
		.end = iova + size,
	};

	b->taken = NULL;
	buffers_drop(b, cpu, domain, iova, size);
	if (!add_range(b, &range))
		give(b, cpu, range.buffer);
}

void buffers_fini(struct buffers *b)
{
	if (!b->pm)
		return;
	buffers_leave(b, 0);
	while (b->root) {
		struct range *first = *(struct range **)b->root;
		struct range gone = *first;

		cut(b, 0, first, &gone);
	}
	free(b->segment);
	free(b->chunk);
	b->pm = NULL;
}
