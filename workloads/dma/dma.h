/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The DMA API of Linux 6.1 as seen by a tracer of iommu:map and iommu:unmap:
 * drivers/iommu/dma-iommu.c over iova.h and dma_mem.h. Generators call what
 * drivers call, and out come the events that a kernel would have recorded.
 *
 * A buffer has memory, in chunks as the profile says, and one range of iova.
 * Mapping it is an event for each run of memory without a gap; unmapping it is
 * one event, after which the range belongs to the CPU that unmapped. An event
 * takes a microsecond.
 *
 * Errors: -ENOMEM; -ENOSPC if buffers ask for more memory or iova than there
 * is, which the emitter then says; or what the sink says. After an error only
 * dma_destroy() may follow. Concurrency: one thread; cpu is a number.
 */
#ifndef DMA_H
#define DMA_H

#include "dma_profile.h"
#include "emit.h"

#define DMA_MAX_SPACES 4

struct dma;
struct dma_buf;	   /* mapped */
struct dma_memory; /* of a heap, to be imported by mapping it */

struct dma_config {
	struct dma_profile profile;
	uint64_t seed;	  /* for the failures of DMA_PMIX */
	unsigned nr_cpus; /* cpu is below it */
};

int dma_create(struct emitter *out, const struct dma_config *cfg,
	       struct dma **ret);

/* With all that is mapped, without an event; NULL is fine. */
void dma_destroy(struct dma *dma);

/* Iova from base to end - 1 in a domain of emit_domain(). Returns the number
 * of the space, from 0, or an error. The page at 0 is never given. */
int dma_space(struct dma *dma, unsigned domain, uint64_t base, uint64_t end);

/* Moves time on, if it is not later already. */
void dma_tick(struct dma *dma, uint64_t now_ns);
uint64_t dma_now(const struct dma *dma);

/* dma_alloc_attrs(): size is rounded up to pages. */
int dma_alloc(struct dma *dma, unsigned space, unsigned cpu, uint64_t size,
	      struct dma_buf **ret);

/* dma_map_single() of at most a page. */
int dma_map_single(struct dma *dma, unsigned space, unsigned cpu, uint64_t size,
		   struct dma_buf **ret);

/* Memory of the system heap for a dma-buf: the same orders as dma_alloc(). */
int dma_heap_alloc(struct dma *dma, uint64_t size, struct dma_memory **ret);

/* The heap's hold on it; it lives on while it is mapped. */
void dma_heap_free(struct dma *dma, struct dma_memory *memory);

/* dma_map_sg() of a dma-buf, as often as one likes. With DMA_BUDDY each
 * mapping has memory of its own: traces cannot say that it is the same. */
int dma_import(struct dma *dma, unsigned space, unsigned cpu,
	       struct dma_memory *memory, struct dma_buf **ret);

/* Unmaps; memory that nobody holds any more is free. */
int dma_free(struct dma *dma, unsigned cpu, struct dma_buf *buf);

/* Where it is mapped. */
uint64_t dma_iova(const struct dma_buf *buf);

/* NULL, or what is wrong. */
const char *dma_check(const struct dma *dma);

#endif /* DMA_H */
