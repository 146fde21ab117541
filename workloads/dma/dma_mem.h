/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical memory that buffers of generated workloads lie in: 3 GiB from
 * 0x40000000, as on a mt8173 board, in blocks of 1 MiB, 64 KiB and 4 KiB.
 *
 * No model of the page allocator: it says which pages, so that none is in two
 * buffers, what is freed is used again, and blocks that are whole stay whole
 * as long as they can. That memory is fragmented is said by whoever asks: he
 * asks for small blocks, and for such that do not follow each other.
 *
 * Concurrency: one thread.
 */
#ifndef DMA_MEM_H
#define DMA_MEM_H

#include <stdbool.h>
#include <stdint.h>

#define DMA_MEM_BASE ((uint64_t)0x40000000)
#define DMA_MEM_SIZE ((uint64_t)3 << 30)

struct dma_mem;

/* 0 or -ENOMEM. */
int dma_mem_create(struct dma_mem **ret);
void dma_mem_destroy(struct dma_mem *mem);

/**
 * dma_mem_alloc() - takes a block, the lowest of those in the smallest pieces
 * @order:	0, 4 or 8: 4 KiB, 64 KiB or 1 MiB, and aligned to that
 * @apart:	a block that begins elsewhere than where this ends, unless there
 *		is no other; 0: any
 *
 * Return: 0, or -ENOSPC.
 */
int dma_mem_alloc(struct dma_mem *mem, unsigned order, uint64_t apart,
		  uint64_t *ret);

/* Pages that are taken; any number, in one piece. */
void dma_mem_free(struct dma_mem *mem, uint64_t paddr, uint64_t size);

uint64_t dma_mem_free_pages(const struct dma_mem *mem);

/* NULL, or what is wrong. */
const char *dma_mem_check(const struct dma_mem *mem);

#endif /* DMA_MEM_H */
