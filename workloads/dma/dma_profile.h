/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory profiles: of what chunks the DMA API makes up a buffer.
 *
 * Linux 6.1 __iommu_dma_alloc_pages() (drivers/iommu/dma-iommu.c) asks for the
 * largest order of 8, 4, 0 (1 MiB, 64 KiB, 4 KiB) that still fits what is left
 * of the buffer, and where it cannot be had for the next smaller one.
 */
#ifndef DMA_PROFILE_H
#define DMA_PROFILE_H

#include <stdint.h>

enum dma_profile_id {
	DMA_P0,	   /* fresh memory: every order is to be had */
	DMA_P1,	   /* no order 8 */
	DMA_P2,	   /* order 0 only */
	DMA_PMIX,  /* each try of order 8 and of order 4 fails so often */
	DMA_BUDDY, /* the machine's page allocator decides, when the trace is
		    * replayed: one map a buffer, with TRACE_ANY */
	NR_DMA_PROFILES,
};

/* "P0", "P1", "P2", "Pmix", "buddy", NULL. */
extern const char *const dma_profile_names[NR_DMA_PROFILES + 1];

struct dma_profile {
	enum dma_profile_id id;
	/* DMA_PMIX: failures in a thousand tries of order 8 and of order 4. */
	unsigned f8, f4;
};

#endif /* DMA_PROFILE_H */
