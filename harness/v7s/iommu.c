// SPDX-License-Identifier: GPL-2.0-only
/*
 * The IOMMU core above the page table: page size selection, map with rollback,
 * unmap.
 *
 * Models iommu_pgsize(), __iommu_map() and __iommu_unmap() of
 * drivers/iommu/iommu.c of Linux 6.1 for a driver with map_pages and
 * unmap_pages. Does not model attach, groups, scatterlists, the TLB flush.
 *
 * Cost: a few instructions per run of equal pages, then v7s.c.
 * Invariant: keeps no state. Concurrency: as that of the table.
 */
#include "iommu.h"

#include <errno.h>

#include "mm_assert.h"

/* The sizes of a set that are not above the one with the given bit. */
static uint64_t sizes_up_to(uint64_t pgsizes, unsigned bit)
{
	return pgsizes & (~0ull >> (63 - bit));
}

uint64_t iommu_pgsize(uint64_t pgsizes, uint64_t iova, phys_addr_t paddr,
		      uint64_t size, size_t *ret_count)
{
	uint64_t merged = iova | paddr;
	uint64_t usable, larger, pgsize, next, distance;
	unsigned shift;

	mm_assert(size);
	usable = sizes_up_to(pgsizes, fls64(size) - 1);
	if (merged)
		usable = sizes_up_to(usable, (unsigned)__builtin_ctzll(merged));
	mm_assert(usable);
	shift = fls64(usable) - 1;
	pgsize = 1ull << shift;

	/*
	 * Stop before the next boundary of a larger size only if that size
	 * can be used there.
	 */
	larger = pgsizes & ~sizes_up_to(pgsizes, shift);
	next = larger & -larger;
	if (next && !((iova ^ paddr) & (next - 1))) {
		distance = next - (merged & (next - 1));
		if (distance <= size && next <= size - distance)
			size = distance;
	}
	*ret_count = size >> shift;
	return pgsize;
}

static bool aligned(uint64_t pgsizes, uint64_t bits)
{
	uint64_t smallest = pgsizes & -pgsizes;

	return smallest && !(bits & (smallest - 1));
}

int iommu_map(struct v7s *table, const struct iommu_range *range)
{
	uint64_t pgsizes = v7s_config(table)->pgsizes;
	struct v7s_op op = {
		.iova = range->iova,
		.paddr = range->paddr,
		.prot = range->prot,
		.gfp = range->gfp,
		.cpu = range->cpu,
	};
	struct iommu_range undo = *range;
	uint64_t done = 0;
	size_t mapped;
	int err;

	if (!aligned(pgsizes, range->iova | range->paddr | range->size))
		return -EINVAL;
	while (done < range->size) {
		op.pgsize = iommu_pgsize(pgsizes, op.iova, op.paddr,
					 range->size - done, &op.pgcount);
		err = v7s_map_pages(table, &op, &mapped);
		done += mapped;
		if (err < 0)
			goto out_unmap;
		op.iova += mapped;
		op.paddr += mapped;
	}
	return 0;

out_unmap:
	undo.size = done;
	iommu_unmap(table, &undo);
	return err;
}

uint64_t iommu_unmap(struct v7s *table, const struct iommu_range *range)
{
	uint64_t pgsizes = v7s_config(table)->pgsizes;
	struct v7s_op op = { .iova = range->iova, .cpu = range->cpu };
	uint64_t done = 0, unmapped;

	if (!aligned(pgsizes, range->iova | range->size))
		return 0;
	while (done < range->size) {
		op.pgsize = iommu_pgsize(pgsizes, op.iova, op.iova,
					 range->size - done, &op.pgcount);
		unmapped = v7s_unmap_pages(table, &op);
		if (!unmapped)
			break;
		op.iova += unmapped;
		done += unmapped;
	}
	return done;
}
