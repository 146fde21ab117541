/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of the IOMMU core that stands between a driver's iommu_map() and
 * the page table: choice of page size and count, rollback of a failed map.
 * Models drivers/iommu/iommu.c of Linux 6.1 (iommu_pgsize, __iommu_map,
 * __iommu_map_sg, __iommu_unmap), and that 4.20 calls the driver for each page.
 * Left out: attach, groups, bus addresses in a list, the flush itself.
 */
#ifndef IOMMU_H
#define IOMMU_H

#include "v7s.h"

/* One call from above: a range that need not be of one page size. */
struct iommu_range {
	uint64_t iova;
	phys_addr_t paddr; /* map only */
	uint64_t size;	   /* bytes */
	int prot;	   /* map only */
	gfp_t gfp;	   /* map only */
	unsigned cpu;
};

/**
 * iommu_pgsize() - size and number of the pages to use next
 * @pgsizes: supported sizes, one bit each
 * @iova, @paddr: where the range starts (unmap passes iova twice)
 * @size: bytes left, at least the smallest page size
 * @ret_count: how many pages of the returned size before looking again
 */
uint64_t iommu_pgsize(uint64_t pgsizes, uint64_t iova, phys_addr_t paddr,
		      uint64_t size, size_t *ret_count);

/**
 * iommu_map() - map a physically contiguous range
 *
 * Return: 0; -EINVAL if iova, paddr or size is not a multiple of the smallest
 * page size; -ENODEV if no page size is configured; else the error of
 * v7s_map_pages(), after everything this call mapped has been unmapped again.
 */
int iommu_map(struct v7s *table, const struct iommu_range *range);

/* A physically contiguous piece of a buffer; length > 0. */
struct iommu_segment {
	phys_addr_t paddr;
	uint64_t length;
};

/**
 * iommu_map_sg() - map a list of nr segments, one behind the other
 * @range: paddr and size do not matter
 * @ret_mapped: their length; written on success only
 *
 * Segments that follow each other in physical memory are one range to
 * iommu_map(), so that larger pages may do.
 *
 * Return: 0; the error of iommu_map(), after all that this call mapped has
 * been unmapped again.
 */
int iommu_map_sg(struct v7s *table, const struct iommu_range *range,
		 const struct iommu_segment *segment, unsigned nr,
		 uint64_t *ret_mapped);

/* Bytes unmapped; less than asked where a hole was met; 0 if misaligned. */
uint64_t iommu_unmap(struct v7s *table, const struct iommu_range *range);

#endif /* IOMMU_H */
