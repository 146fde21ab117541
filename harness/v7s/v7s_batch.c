// SPDX-License-Identifier: GPL-2.0-only
/*
 * Map and unmap, a run of entries at a time: path=batch. Single pages too, of
 * which a large one is sixteen entries.
 *
 * Models no kernel: it is what 6.1's map_pages and unmap_pages could do, with
 * the results of v7s.c, which walks again for each page. A run is what is plain
 * within one table: to map, entries that are all empty, up to the next 4 GiB of
 * paddr where those bits are elsewhere in the entry; to unmap, leaves of which
 * none needs a split. All else goes to v7s.c, page by page: slots without a
 * table, what is occupied or not mapped, pages that run over the end of a
 * table, large pages unmapped in part, tables under a block.
 *
 * Differs from v7s.c in nothing but this: a walker that is not coherent is told
 * once per run.
 *
 * Cost: a walk per run, then two passes over its entries (v7s_vec.h). A call
 * that is one run, as most are, is tried without anything else around it; if it
 * is more, nothing has happened yet, and the loop begins anew.
 * Invariant: at every step the table is as v7s.c leaves it between two pages.
 * Concurrency: see v7s.h and v7s_vec.h.
 */
#include "v7s_table.h"
#include "v7s_vec.h"

/* Page sizes, compiled into a loop each: single entries and sixteen, at both
 * levels. */
struct shape {
	enum v7s_level level;
	unsigned shift; /* a page has 1 << shift entries */
};

#define SMALL ((struct shape){ V7S_L2, 0 })
#define LARGE ((struct shape){ V7S_L2, 4 })
#define SECTION ((struct shape){ V7S_L1, 0 })
#define SUPERSECTION ((struct shape){ V7S_L1, 4 })

/* Pages of a call that are still to be done. */
struct part {
	uint64_t iova;
	phys_addr_t paddr; /* map only */
	size_t nr;
};

ALWAYS_INLINE uint64_t shape_pgsize(struct shape shape)
{
	return 1ull << (v7s_level_shift(shape.level) + shape.shift);
}

ALWAYS_INLINE struct part whole(const struct v7s_op *op)
{
	return (struct part){ op->iova, op->paddr, op->pgcount };
}

ALWAYS_INLINE void advance(struct part *part, struct shape shape, unsigned nr)
{
	part->iova += nr * shape_pgsize(shape);
	part->paddr += nr * shape_pgsize(shape);
	part->nr -= nr;
}

/* The first entry of the part, and how many of its pages are in that table;
 * NULL if there is no table. */
ALWAYS_INLINE uint32_t *entries_of(const struct v7s *table, struct shape shape,
				   struct part part, unsigned *ret_pages)
{
	unsigned index = v7s_l1_index(table, part.iova);
	uint32_t *ptep = table->l1 + index;
	unsigned room = (unsigned)table->l1_index_mask + 1 - index;
	uint32_t pte;

	if (shape.level == V7S_L2) {
		pte = v7s_read(ptep);
		if (!v7s_pte_is_table(pte))
			return NULL;
		index = v7s_l2_index(part.iova);
		ptep = v7s_l2(table, pte) + index;
		room = V7S_L2_ENTRIES - index;
	}
	room >>= shape.shift;
	*ret_pages = room < part.nr ? room : (unsigned)part.nr;
	return ptep;
}

/* How many pages of the part have the same bits above 4 GiB. */
ALWAYS_INLINE size_t below_4g(struct part part, uint64_t pgsize)
{
	uint64_t room = (SZ_4G - (uint32_t)part.paddr + pgsize - 1) / pgsize;

	return room < part.nr ? room : part.nr;
}

/* Maps the part as far as it is plain, or only all of it. Returns the number of
 * pages, of which the walker was not told; where they begin in *ret_ptep. */
ALWAYS_INLINE unsigned map_run(const struct v7s *table, struct shape shape,
			       struct part part, int prot, bool all,
			       uint32_t **ret_ptep)
{
	uint32_t pgsize = (uint32_t)shape_pgsize(shape);
	uint32_t leaf = shape.shift ? v7s_contig_leaf(table, shape.level, prot)
				    : v7s_leaf(table, shape.level, prot);
	uint32_t quirks = table->cfg.quirks;
	size_t wanted = part.nr;
	unsigned pages, i;
	uint32_t *ptep;

	if (quirks & V7S_QUIRK_MTK_EXT)
		part.nr = below_4g(part, pgsize);
	ptep = entries_of(table, shape, part, &pages);
	if (!ptep)
		return 0;
	pages = v7s_run_zeros(ptep, pages << shape.shift) >> shape.shift;
	if (all && pages < wanted)
		return 0;
	leaf |= v7s_pte_address(part.paddr, shape.level, quirks);
	if (!shape.shift)
		v7s_run_fill(ptep, pages, leaf, pgsize);
	for (i = 0; shape.shift && i < pages; i++, leaf += pgsize)
		v7s_run_fill(ptep + i * V7S_CONTIG, V7S_CONTIG, leaf, 0);
	*ret_ptep = ptep;
	return pages;
}

/* Of the slot too: see v7s.c. */
static void tell_of_map(const struct v7s_call *c, struct shape shape,
			uint64_t iova, const uint32_t *ptep, unsigned nr)
{
	const struct v7s *table = c->table;

	if (shape.level == V7S_L2)
		v7s_dma_sync(c, table->l1 + v7s_l1_index(table, iova), 1);
	v7s_dma_sync(c, ptep, nr << shape.shift);
}

ALWAYS_INLINE int map_runs(const struct v7s_call *c, size_t *ret_mapped,
			   struct shape shape)
{
	struct part part = whole(c->op);
	int err = part.nr ? 0 : -EINVAL;
	uint32_t *ptep;

	while (part.nr) {
		unsigned nr = map_run(c->table, shape, part, c->op->prot, false,
				      &ptep);

		if (nr && !c->table->coherent)
			tell_of_map(c, shape, part.iova, ptep, nr);
		if (!nr) {
			err = v7s_map_one(c, part.iova, part.paddr);
			if (err < 0)
				break;
			nr = 1;
		}
		advance(&part, shape, nr);
	}
	*ret_mapped = (c->op->pgcount - part.nr) * shape_pgsize(shape);
	return err;
}

static __attribute__((noinline)) int
map_in_runs(struct v7s *table, const struct v7s_op *op, size_t *ret_mapped)
{
	struct v7s_call call = v7s_call_begin(table, op);
	int err = v7s_map_refused(&call);

	*ret_mapped = 0;
	if (err)
		return err;
	switch (op->pgsize) {
	case SZ_4K:
		return map_runs(&call, ret_mapped, SMALL);
	case SZ_64K:
		return map_runs(&call, ret_mapped, LARGE);
	case SZ_1M:
		return map_runs(&call, ret_mapped, SECTION);
	case SZ_16M:
		return map_runs(&call, ret_mapped, SUPERSECTION);
	default:
		return -EINVAL;
	}
}

/* Most calls: one run, and nothing else to do. */
ALWAYS_INLINE int map_at_once(struct v7s *table, const struct v7s_op *op,
			      size_t *ret_mapped, struct shape shape)
{
	uint32_t *ptep;

	if (!table->coherent || op->iova >> table->cfg.ias ||
	    op->paddr >> table->cfg.oas ||
	    !(op->prot & (IOMMU_READ | IOMMU_WRITE)) ||
	    !map_run(table, shape, whole(op), op->prot, true, &ptep))
		return map_in_runs(table, op, ret_mapped);
	*ret_mapped = op->pgcount * shape_pgsize(shape);
	return 0;
}

int v7s_batch_map(struct v7s *table, const struct v7s_op *op,
		  size_t *ret_mapped)
{
	if (op->pgsize == SZ_4K)
		return map_at_once(table, op, ret_mapped, SMALL);
	if (op->pgsize == SZ_64K)
		return map_at_once(table, op, ret_mapped, LARGE);
	return map_in_runs(table, op, ret_mapped);
}

/* Leaves that are just cleared: at level 1 no table; no part of a larger page
 * that has to be split first. */
ALWAYS_INLINE struct v7s_match plain(struct shape shape)
{
	struct v7s_match match = { .any = V7S_PTE_TYPE_SINGLE };

	if (shape.level == V7S_L2 && shape.shift)
		match.any = V7S_PTE_TYPE;
	if (shape.level == V7S_L1 && !shape.shift)
		match.none = V7S_PTE_SUPER;
	return match;
}

/* As map_run(). */
ALWAYS_INLINE unsigned unmap_run(const struct v7s *table, struct shape shape,
				 struct part part, bool all,
				 uint32_t **ret_ptep)
{
	unsigned pages;
	uint32_t *ptep = entries_of(table, shape, part, &pages);

	if (!ptep)
		return 0;
	pages = v7s_run_matches(ptep, pages << shape.shift, plain(shape)) >>
		shape.shift;
	if (all && pages < part.nr)
		return 0;
	v7s_run_fill(ptep, pages << shape.shift, 0, 0);
	*ret_ptep = ptep;
	return pages;
}

ALWAYS_INLINE size_t unmap_runs(const struct v7s_call *c, struct shape shape)
{
	struct part part = whole(c->op);
	uint32_t *ptep;

	while (part.nr) {
		unsigned nr = unmap_run(c->table, shape, part, false, &ptep);

		if (nr)
			v7s_sync(c, ptep, nr << shape.shift);
		c->stats->tlb_add += nr << shape.shift;
		if (!nr && !v7s_unmap_one(c, part.iova))
			break;
		advance(&part, shape, nr ? nr : 1);
	}
	return (c->op->pgcount - part.nr) * shape_pgsize(shape);
}

static __attribute__((noinline)) size_t unmap_in_runs(struct v7s *table,
						      const struct v7s_op *op)
{
	struct v7s_call call = v7s_call_begin(table, op);

	if (v7s_unmap_refused(&call))
		return 0;
	switch (op->pgsize) {
	case SZ_4K:
		return unmap_runs(&call, SMALL);
	case SZ_64K:
		return unmap_runs(&call, LARGE);
	case SZ_1M:
		return unmap_runs(&call, SECTION);
	case SZ_16M:
		return unmap_runs(&call, SUPERSECTION);
	default:
		return 0;
	}
}

ALWAYS_INLINE size_t unmap_at_once(struct v7s *table, const struct v7s_op *op,
				   struct shape shape)
{
	unsigned nr;
	uint32_t *ptep;

	if (!table->coherent || op->iova >> table->cfg.ias)
		return unmap_in_runs(table, op);
	nr = unmap_run(table, shape, whole(op), true, &ptep);
	if (!nr)
		return unmap_in_runs(table, op);
	v7s_cpu_stats(table, op->cpu)->tlb_add += nr << shape.shift;
	return nr * shape_pgsize(shape);
}

size_t v7s_batch_unmap(struct v7s *table, const struct v7s_op *op)
{
	if (op->pgsize == SZ_4K)
		return unmap_at_once(table, op, SMALL);
	if (op->pgsize == SZ_64K)
		return unmap_at_once(table, op, LARGE);
	return unmap_in_runs(table, op);
}
