// SPDX-License-Identifier: GPL-2.0-only
/*
 * The DMA API of Linux 6.1 above an emitter of events; see dma.h. Models
 * __iommu_dma_alloc_pages(), __iommu_dma_alloc_noncontiguous(),
 * iommu_dma_map_sg(), __iommu_dma_unmap() of drivers/iommu/dma-iommu.c and
 * __iommu_map_sg() of iommu.c; and alloc_largest_available() of the system
 * heap, which asks for the same orders.
 *
 * An order that once failed is not tried again for the same buffer. Left out:
 * swiotlb, segment boundaries, offsets into a page, coherent memory without
 * page tables, the flush queue, cache maintenance, the attempt below 4 GiB that
 * is for PCI devices only.
 *
 * Cost: an event a run of chunks. State: that of live buffers. Invariant: no
 * page is in two memories; each buffer has its range of iova to itself.
 */
#include "dma.h"

#include <errno.h>
#include <stdlib.h>

#include "dma_mem.h"
#include "iova.h"
#include "prng.h"
#include "sizes.h"

#define EVENT_NS 1000

struct run {
	uint32_t page, nr; /* from DMA_MEM_BASE */
};

struct dma_memory {
	struct dma_memory *prev, *next;
	uint64_t nr_pages;
	unsigned nr_holders;
	uint32_t nr_runs, max_runs; /* 0 runs: DMA_BUDDY */
	struct run *run;
};

struct dma_buf {
	struct dma_buf *prev, *next;
	struct dma_memory *memory;
	struct iova *iova;
	unsigned space;
};

struct space {
	struct iova_domain *iovad;
	uint64_t limit_pfn;
	uint16_t domain;
};

struct dma {
	struct emitter *out;
	struct dma_config cfg;
	struct prng rng;
	uint64_t now_ns;
	struct dma_mem *mem;
	struct space space[DMA_MAX_SPACES];
	unsigned nr_spaces;
	struct dma_memory *memories;
	struct dma_buf *bufs;
};

int dma_create(struct emitter *out, const struct dma_config *cfg,
	       struct dma **ret)
{
	struct dma *dma = calloc(1, sizeof(*dma));

	if (!dma)
		return -ENOMEM;
	dma->out = out;
	dma->cfg = *cfg;
	dma->rng.state = cfg->seed;
	if (dma_mem_create(&dma->mem)) {
		free(dma);
		return -ENOMEM;
	}
	*ret = dma;
	return 0;
}

void dma_destroy(struct dma *dma)
{
	struct dma_memory *memory, *next_memory;
	struct dma_buf *buf, *next_buf;

	if (!dma)
		return;
	for (buf = dma->bufs; buf; buf = next_buf) {
		next_buf = buf->next;
		free(buf);
	}
	for (memory = dma->memories; memory; memory = next_memory) {
		next_memory = memory->next;
		free(memory->run);
		free(memory);
	}
	for (unsigned i = 0; i < dma->nr_spaces; i++)
		iova_domain_destroy(dma->space[i].iovad);
	dma_mem_destroy(dma->mem);
	free(dma);
}

int dma_space(struct dma *dma, unsigned domain, uint64_t base, uint64_t end)
{
	uint64_t start_pfn = base >> IOVA_PAGE_SHIFT;
	struct space *s = &dma->space[dma->nr_spaces];
	int err;

	if (dma->nr_spaces == DMA_MAX_SPACES)
		return -ENOSPC;
	err = iova_domain_create(dma->cfg.nr_cpus, start_pfn ? start_pfn : 1,
				 &s->iovad);
	if (err)
		return err;
	s->limit_pfn = (end >> IOVA_PAGE_SHIFT) - 1;
	s->domain = (uint16_t)domain;
	return (int)dma->nr_spaces++;
}

void dma_tick(struct dma *dma, uint64_t now_ns)
{
	if (now_ns > dma->now_ns)
		dma->now_ns = now_ns;
}

uint64_t dma_now(const struct dma *dma)
{
	return dma->now_ns;
}

static int put(struct dma *dma, struct trace_event *ev, unsigned space,
	       unsigned cpu)
{
	ev->time_ns = dma->now_ns;
	ev->domain = dma->space[space].domain;
	ev->cpu = (uint16_t)cpu;
	ev->prot = TRACE_PROT_READ | TRACE_PROT_WRITE;
	dma->now_ns += EVENT_NS;
	return emit(dma->out, ev);
}

static int no_room(struct dma *dma, int err, const char *why)
{
	if (err == -ENOSPC)
		dma->out->why = why;
	return err;
}

static struct run *last_run(const struct dma_memory *memory)
{
	return memory->nr_runs ? &memory->run[memory->nr_runs - 1] : NULL;
}

static int add_run(struct dma_memory *memory, uint64_t paddr, uint32_t nr)
{
	uint32_t page = (uint32_t)((paddr - DMA_MEM_BASE) >> IOVA_PAGE_SHIFT);
	struct run *last = last_run(memory);

	if (last && last->page + last->nr == page) {
		last->nr += nr;
		return 0;
	}
	if (memory->nr_runs == memory->max_runs) {
		uint32_t max = memory->max_runs ? 2 * memory->max_runs : 8;
		struct run *grown =
			reallocarray(memory->run, max, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		memory->run = grown;
		memory->max_runs = max;
	}
	memory->run[memory->nr_runs++] = (struct run){ page, nr };
	return 0;
}

/* Whether memory lets a block of that order be had, where the profile says. */
static bool order_fails(struct dma *dma, unsigned order)
{
	const struct dma_profile *profile = &dma->cfg.profile;

	switch (profile->id) {
	case DMA_P0:
		return false;
	case DMA_P1:
		return order == 8;
	case DMA_PMIX:
		return prng_below(&dma->rng, 1000) <
		       (order == 8 ? profile->f8 : profile->f4);
	default:
		return true;
	}
}

static uint64_t end_of(const struct dma_memory *memory)
{
	const struct run *last = last_run(memory);

	return last ? DMA_MEM_BASE + ((uint64_t)(last->page + last->nr)
				      << IOVA_PAGE_SHIFT)
		    : 0;
}

/* One chunk; *max is the largest order that has not failed. */
static int add_chunk(struct dma *dma, struct dma_memory *memory, uint64_t left,
		     unsigned *max)
{
	uint64_t apart = dma->cfg.profile.id == DMA_P0 ? 0 : end_of(memory);
	uint64_t paddr;
	int err;

	for (;; *max -= 4) {
		if (left < (uint64_t)1 << *max)
			continue;
		if (*max && order_fails(dma, *max))
			continue;
		err = dma_mem_alloc(dma->mem, *max, apart, &paddr);
		if (!err || !*max)
			break;
	}
	if (err)
		return no_room(dma, err, "buffers exceed 3 GiB of memory");
	err = add_run(memory, paddr, 1u << *max);
	if (err)
		dma_mem_free(dma->mem, paddr, SZ_4K << *max);
	return err;
}

static void drop_memory(struct dma *dma, struct dma_memory *memory)
{
	if (--memory->nr_holders)
		return;
	for (uint32_t i = 0; i < memory->nr_runs; i++)
		dma_mem_free(dma->mem,
			     DMA_MEM_BASE + ((uint64_t)memory->run[i].page
					     << IOVA_PAGE_SHIFT),
			     (uint64_t)memory->run[i].nr << IOVA_PAGE_SHIFT);
	if (memory->prev)
		memory->prev->next = memory->next;
	else
		dma->memories = memory->next;
	if (memory->next)
		memory->next->prev = memory->prev;
	free(memory->run);
	free(memory);
}

int dma_heap_alloc(struct dma *dma, uint64_t size, struct dma_memory **ret)
{
	struct dma_memory *memory = calloc(1, sizeof(*memory));
	uint64_t done, nr = (size + SZ_4K - 1) >> IOVA_PAGE_SHIFT;
	unsigned max = 8;
	int err = 0;

	if (!memory)
		return -ENOMEM;
	memory->nr_pages = nr;
	memory->nr_holders = 1;
	memory->next = dma->memories;
	if (memory->next)
		memory->next->prev = memory;
	dma->memories = memory;
	if (dma->cfg.profile.id == DMA_BUDDY)
		nr = 0;
	for (done = 0; done < nr && !err; done += (uint64_t)1 << max)
		err = add_chunk(dma, memory, nr - done, &max);
	if (err) {
		drop_memory(dma, memory);
		return err;
	}
	*ret = memory;
	return 0;
}

void dma_heap_free(struct dma *dma, struct dma_memory *memory)
{
	drop_memory(dma, memory);
}

static int emit_maps(struct dma *dma, const struct dma_buf *buf, unsigned cpu)
{
	const struct dma_memory *memory = buf->memory;
	uint64_t iova = dma_iova(buf);
	struct trace_event ev = { .type = TRACE_MAP };
	int err = 0;

	if (!memory->nr_runs) {
		ev.iova = iova;
		ev.size = memory->nr_pages << IOVA_PAGE_SHIFT;
		ev.flags = TRACE_ANY;
		return put(dma, &ev, buf->space, cpu);
	}
	for (uint32_t i = 0; i < memory->nr_runs && !err; i++) {
		const struct run *run = &memory->run[i];

		ev.iova = iova;
		ev.paddr =
			DMA_MEM_BASE + ((uint64_t)run->page << IOVA_PAGE_SHIFT);
		ev.size = (uint64_t)run->nr << IOVA_PAGE_SHIFT;
		iova += ev.size;
		err = put(dma, &ev, buf->space, cpu);
	}
	return err;
}

int dma_import(struct dma *dma, unsigned space, unsigned cpu,
	       struct dma_memory *memory, struct dma_buf **ret)
{
	const struct space *s = &dma->space[space];
	struct dma_buf *buf = calloc(1, sizeof(*buf));
	int err;

	if (!buf)
		return -ENOMEM;
	err = iova_alloc(s->iovad, cpu, memory->nr_pages, s->limit_pfn,
			 &buf->iova);
	if (err) {
		free(buf);
		return no_room(dma, err, "buffers exceed the iova space");
	}
	buf->space = space;
	buf->memory = memory;
	memory->nr_holders++;
	buf->next = dma->bufs;
	if (buf->next)
		buf->next->prev = buf;
	dma->bufs = buf;
	err = emit_maps(dma, buf, cpu);
	if (!err)
		*ret = buf;
	return err;
}

int dma_alloc(struct dma *dma, unsigned space, unsigned cpu, uint64_t size,
	      struct dma_buf **ret)
{
	struct dma_memory *memory;
	int err = dma_heap_alloc(dma, size, &memory);

	if (err)
		return err;
	err = dma_import(dma, space, cpu, memory, ret);
	drop_memory(dma, memory);
	return err;
}

int dma_map_single(struct dma *dma, unsigned space, unsigned cpu, uint64_t size,
		   struct dma_buf **ret)
{
	if (!size || size > SZ_4K)
		return -EINVAL;
	return dma_alloc(dma, space, cpu, size, ret);
}

int dma_free(struct dma *dma, unsigned cpu, struct dma_buf *buf)
{
	uint64_t nr = buf->memory->nr_pages;
	unsigned space = buf->space;
	struct trace_event ev = {
		.type = TRACE_UNMAP,
		.iova = dma_iova(buf),
		.size = nr << IOVA_PAGE_SHIFT,
	};

	iova_free(dma->space[space].iovad, cpu, buf->iova, nr);
	drop_memory(dma, buf->memory);
	if (buf->prev)
		buf->prev->next = buf->next;
	else
		dma->bufs = buf->next;
	if (buf->next)
		buf->next->prev = buf->prev;
	free(buf);
	return put(dma, &ev, space, cpu);
}

uint64_t dma_iova(const struct dma_buf *buf)
{
	return buf->iova->pfn_lo << IOVA_PAGE_SHIFT;
}

const char *dma_check(const struct dma *dma)
{
	uint64_t nr_pages = DMA_MEM_SIZE >> IOVA_PAGE_SHIFT;
	const char *wrong = dma_mem_check(dma->mem);

	for (unsigned i = 0; i < dma->nr_spaces && !wrong; i++)
		wrong = iova_check(dma->space[i].iovad);
	for (const struct dma_memory *m = dma->memories; m; m = m->next) {
		uint64_t nr = 0;

		for (uint32_t i = 0; i < m->nr_runs; i++)
			nr += m->run[i].nr;
		if (m->nr_runs && nr != m->nr_pages)
			return "a buffer with too little memory";
		nr_pages -= nr;
	}
	if (!wrong && nr_pages != dma_mem_free_pages(dma->mem))
		wrong = "memory that no buffer has";
	return wrong;
}
