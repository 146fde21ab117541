// SPDX-License-Identifier: GPL-2.0-only
/*
 * The IOMMU core above the page table: page size selection, map with rollback,
 * unmap.
 *
 * Models iommu_pgsize(), __iommu_map(), __iommu_map_sg() and __iommu_unmap() of
 * drivers/iommu/iommu.c of Linux 6.1 for a driver with map_pages and
 * unmap_pages; of 4.20 that there is no such driver. Does not model attach,
 * groups, the TLB flush.
 *
 * Cost: some 60 instructions per run of equal pages, then v7s.c.
 * Invariant: keeps no state. Concurrency: as that of the table.
 */
#include "iommu.h"

#include <errno.h>

#include "mm_assert.h"

static inline uint64_t choose_pgsize(uint64_t pgsizes, uint64_t iova,
				     phys_addr_t paddr, uint64_t size,
				     size_t *ret_count)
{
	uint64_t merged = iova | paddr;
	uint64_t usable, larger, next, distance;
	unsigned shift;

	mm_assert(size);
	/* Not above the highest bit of size, nor the lowest of the addresses:
	 * if they have none, that is all ones. */
	usable = pgsizes & (~0ull >> __builtin_clzll(size)) &
		 (2 * (merged & -merged) - 1);
	mm_assert(usable);
	shift = 63 - (unsigned)__builtin_clzll(usable);

	/*
	 * Stop before the next boundary of a larger size only if that size
	 * can be used there: never if it is larger than all there is, or 0
	 * because there is none.
	 */
	larger = pgsizes & -(2ull << shift);
	next = larger & -larger;
	if (next - 1 < size && !((iova ^ paddr) & (next - 1))) {
		distance = next - (merged & (next - 1));
		if (distance <= size && next <= size - distance)
			size = distance;
	}
	*ret_count = size >> shift;
	return 1ull << shift;
}

uint64_t iommu_pgsize(uint64_t pgsizes, uint64_t iova, phys_addr_t paddr,
		      uint64_t size, size_t *ret_count)
{
	return choose_pgsize(pgsizes, iova, paddr, size, ret_count);
}

static bool aligned(uint64_t pgsizes, uint64_t bits)
{
	uint64_t smallest = pgsizes & -pgsizes;

	return smallest && !(bits & (smallest - 1));
}

/* iommu_pgsize() for the next call of the driver; the bytes it asks for. */
static inline uint64_t choose_pages(const struct v7s_config *cfg,
				    struct v7s_op *op, phys_addr_t paddr,
				    uint64_t size)
{
	size_t count;
	uint64_t pgsize =
		choose_pgsize(cfg->pgsizes, op->iova, paddr, size, &count);

	if (cfg->kernel == V7S_KERNEL_4_20)
		count = 1;
	op->pgsize = pgsize;
	op->pgcount = count;
	return pgsize * count;
}

/* Not in iommu_map(): its copy of the range would wait there, each time, for
 * stores of the caller that are narrower than the loads. */
static __attribute__((noinline)) int
unmap_start(struct v7s *table, const struct iommu_range *range, uint64_t done,
	    int err)
{
	struct iommu_range undo = *range;

	undo.size = done;
	iommu_unmap(table, &undo);
	return err;
}

int iommu_map(struct v7s *table, const struct iommu_range *range)
{
	const struct v7s_config *cfg = v7s_config(table);
	struct v7s_op op = {
		.prot = range->prot,
		.gfp = range->gfp,
		.cpu = range->cpu,
	};
	uint64_t done, asked;
	size_t mapped;
	int err;

	if (!aligned(cfg->pgsizes, range->iova | range->paddr | range->size))
		return cfg->pgsizes ? -EINVAL : -ENODEV;
	/* By what was asked for, so that choosing does not wait for mapped. */
	for (done = 0; done < range->size; done += asked) {
		op.iova = range->iova + done;
		op.paddr = range->paddr + done;
		asked = choose_pages(cfg, &op, op.paddr, range->size - done);
		err = v7s_map_pages(table, &op, &mapped);
		if (err < 0)
			return unmap_start(table, range, done + mapped, err);
	}
	return 0;
}

uint64_t iommu_unmap(struct v7s *table, const struct iommu_range *range)
{
	const struct v7s_config *cfg = v7s_config(table);
	struct v7s_op op = { .cpu = range->cpu };
	uint64_t done, asked, unmapped;

	if (!aligned(cfg->pgsizes, range->iova | range->size))
		return 0;
	for (done = 0; done < range->size; done += asked) {
		op.iova = range->iova + done;
		asked = choose_pages(cfg, &op, op.iova, range->size - done);
		unmapped = v7s_unmap_pages(table, &op);
		if (unmapped == asked)
			continue;
		if (!unmapped)
			break;
		asked = unmapped;
	}
	return done;
}

/* Length of the segments from the first that follow each other. */
static uint64_t merge(const struct iommu_segment *segment, unsigned nr,
		      unsigned *ret_nr)
{
	uint64_t length = segment[0].length;
	unsigned i;

	for (i = 1; i < nr; i++) {
		if (segment[i].paddr != segment[0].paddr + length)
			break;
		length += segment[i].length;
	}
	*ret_nr = i;
	return length;
}

int iommu_map_sg(struct v7s *table, const struct iommu_range *range,
		 const struct iommu_segment *segment, unsigned nr,
		 uint64_t *ret_mapped)
{
	struct iommu_range next = *range;
	unsigned nr_merged;

	while (nr) {
		int err;

		next.paddr = segment->paddr;
		next.size = merge(segment, nr, &nr_merged);
		err = iommu_map(table, &next);
		if (err) {
			next.size = next.iova - range->iova;
			next.iova = range->iova;
			iommu_unmap(table, &next);
			return err;
		}
		next.iova += next.size;
		segment += nr_merged;
		nr -= nr_merged;
	}
	*ret_mapped = next.iova - range->iova;
	return 0;
}
