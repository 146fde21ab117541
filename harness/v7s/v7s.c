// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ARMv7 short-descriptor page table: map, unmap, lookup.
 *
 * Models drivers/iommu/io-pgtable-arm-v7s.c of Linux 6.1, with its defects, and
 * what differs in 4.20, whose driver is called for each page. Does not model
 * the TLB, whose callbacks are only counted, nor the wmb() that ends a map.
 *
 * One difference is deliberate. A misaligned 64K or 16M page that runs over the
 * end of its table makes 6.1 read and write behind it; here the entries before
 * the end decide as in 6.1, and if none objects the page is refused.
 *
 * Cost: map and unmap of a 4K page under an existing table are two dependent
 * loads and one store. The first page of a slot adds an allocation, a whole
 * section less than 256 entries, never more. Every page of a call walks again
 * from level 1, as in 6.1; v7s_batch.c does not. Unlike in 6.1 its attributes
 * are looked up, not made from prot each time, which would be 1.5 ns more.
 *
 * Invariant: see struct v7s. A failed call changes nothing but what its
 * contract in v7s.h names.
 *
 * Concurrency: see v7s.h. No lock here.
 */
#include "v7s.h"

#include <errno.h>

#include "v7s_table.h"

/* For both paths, which are jumped to, and for what is rare: so that no code
 * saves registers for other code. */
#define NOINLINE __attribute__((noinline))

/* Flushes and frees the table of a descriptor that was just cleared. */
static void unlink_table(const struct v7s_call *c, uint32_t pte)
{
	v7s_enter(c, V7S_FLUSH);
	c->stats->tlb_walk++;
	v7s_enter(c, V7S_FREE);
	v7s_drop_linked(c, pte);
}

static NOINLINE int map_blocks(const struct v7s_call *c, uint64_t iova,
			       phys_addr_t paddr)
{
	const struct v7s *table = c->table;
	unsigned nr = (unsigned)(c->op->pgsize >> V7S_L1_SHIFT);
	unsigned index = v7s_l1_index(table, iova);
	uint32_t quirks = table->cfg.quirks;
	uint32_t *ptep = table->l1 + index;
	uint32_t pte;

	for (unsigned i = 0; i < nr; i++) {
		if (index + i > table->l1_index_mask)
			return -EINVAL;
		pte = v7s_read(&ptep[i]);
		if (v7s_pte_is_table(pte)) {
			v7s_write(c, &ptep[i], 0, 1);
			unlink_table(c, pte);
			c->stats->l2_replaced++;
			v7s_enter(c, V7S_FILL);
		} else if (pte) {
			c->stats->warns++;
			return -EEXIST;
		}
	}

	pte = nr > 1 ? v7s_contig_leaf(table, V7S_L1, c->op->prot)
		     : v7s_leaf(table, V7S_L1, c->op->prot);
	v7s_write(c, ptep, pte | v7s_pte_address(paddr, V7S_L1, quirks), nr);
	return 0;
}

static int map_large(const struct v7s_call *c, uint32_t *ptep, unsigned index,
		     uint32_t pte)
{
	unsigned room = v7s_run_room(index, V7S_L2_ENTRIES - 1, V7S_CONTIG);

	for (unsigned i = 0; i < room; i++) {
		if (v7s_read(&ptep[i])) {
			c->stats->warns++;
			return -EEXIST;
		}
	}
	if (room < V7S_CONTIG)
		return -EINVAL;
	v7s_write(c, ptep, pte, V7S_CONTIG);
	return 0;
}

ALWAYS_INLINE int map_page(const struct v7s_call *c, uint64_t iova,
			   phys_addr_t paddr)
{
	const struct v7s *table = c->table;
	uint32_t *ptep = table->l1 + v7s_l1_index(table, iova);
	unsigned index = v7s_l2_index(iova);
	uint32_t quirks = table->cfg.quirks;
	uint32_t pte = v7s_read(ptep);
	uint32_t address = v7s_pte_address(paddr, V7S_L2, quirks);

	if (!pte) {
		pte = v7s_fill_slot(c, ptep);
		if (!pte)
			return -ENOMEM;
	} else {
		/* Whoever wrote it may not have come to that yet. */
		v7s_sync(c, ptep, 1);
	}
	if (!v7s_pte_is_table(pte))
		goto out_exists;
	ptep = v7s_l2(table, pte) + index;
	if (c->op->pgsize != SZ_4K)
		return map_large(c, ptep, index,
				 address | v7s_contig_leaf(table, V7S_L2,
							   c->op->prot));
	if (v7s_read(ptep))
		goto out_exists;
	v7s_write(c, ptep, address | v7s_leaf(table, V7S_L2, c->op->prot), 1);
	return 0;

out_exists:
	c->stats->warns++;
	return -EEXIST;
}

ALWAYS_INLINE int map_one(const struct v7s_call *c, uint64_t iova,
			  phys_addr_t paddr)
{
	return c->op->pgsize >= SZ_1M ? map_blocks(c, iova, paddr)
				      : map_page(c, iova, paddr);
}

int v7s_map_one(const struct v7s_call *c, uint64_t iova, phys_addr_t paddr)
{
	return map_one(c, iova, paddr);
}

static int map_each(const struct v7s_call *c, size_t *ret_mapped)
{
	phys_addr_t paddr = c->op->paddr;
	uint64_t iova = c->op->iova;
	size_t mapped = 0;
	int err = -EINVAL;

	for (size_t i = c->op->pgcount; i; i--) {
		err = map_one(c, iova, paddr);
		if (err < 0)
			break;
		iova += c->op->pgsize;
		paddr += c->op->pgsize;
		mapped += c->op->pgsize;
	}
	*ret_mapped = mapped;
	return err;
}

/* 4.20's driver is called for each page, and looks at prot first: where there
 * is nothing to do, it says that it was done. */
static NOINLINE int map_each_4_20(const struct v7s_call *c, size_t *ret_mapped)
{
	const struct v7s_op *op = c->op;
	int err = -EINVAL;

	if (!(op->prot & (IOMMU_READ | IOMMU_WRITE))) {
		*ret_mapped = op->pgcount * op->pgsize;
		return 0;
	}
	for (size_t i = 0; i < op->pgcount; i++) {
		uint64_t iova = op->iova + i * op->pgsize;
		phys_addr_t paddr = op->paddr + i * op->pgsize;

		if ((iova | paddr) >> 32) {
			c->stats->warns++;
			return -ERANGE;
		}
		err = v7s_map_one(c, iova, paddr);
		if (c->table->cfg.quirks & V7S_QUIRK_TLBI_ON_MAP)
			c->stats->tlb_walk++;
		if (err)
			break;
		*ret_mapped += op->pgsize;
	}
	return err;
}

static bool pgsize_known(uint64_t pgsize)
{
	return pgsize == SZ_4K || pgsize == SZ_64K || pgsize == SZ_1M ||
	       pgsize == SZ_16M;
}

static NOINLINE int map_page_by_page(struct v7s *table, const struct v7s_op *op,
				     size_t *ret_mapped)
{
	struct v7s_call call = v7s_call_begin(table, op);
	int err;

	*ret_mapped = 0;
	if (table->cfg.kernel == V7S_KERNEL_4_20)
		return pgsize_known(op->pgsize)
			       ? map_each_4_20(&call, ret_mapped)
			       : -EINVAL;
	err = v7s_map_refused(&call);
	if (!err && !pgsize_known(op->pgsize))
		err = -EINVAL;
	return err ? err : map_each(&call, ret_mapped);
}

int v7s_map_pages(struct v7s *table, const struct v7s_op *op,
		  size_t *ret_mapped)
{
	return table->batch ? v7s_batch_map(table, op, ret_mapped)
			    : map_page_by_page(table, op, ret_mapped);
}

static bool run_valid(const uint32_t *ptep, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++)
		if (!v7s_pte_valid(v7s_read(&ptep[i])))
			return false;
	return true;
}

static NOINLINE bool unmap_blocks(const struct v7s_call *c, uint64_t iova)
{
	const struct v7s *table = c->table;
	unsigned nr = (unsigned)(c->op->pgsize >> V7S_L1_SHIFT);
	unsigned index = v7s_l1_index(table, iova);
	unsigned room = v7s_run_room(index, (unsigned)table->l1_index_mask, nr);
	uint32_t *ptep = table->l1 + index;
	uint32_t pte[V7S_CONTIG];

	if (!run_valid(ptep, room)) {
		c->stats->warns++;
		return false;
	}
	if (room < nr)
		return false;
	for (unsigned i = 0; i < nr; i++)
		pte[i] = v7s_read(&ptep[i]);
	if (nr == 1 && !v7s_pte_is_table(pte[0]) &&
	    v7s_pte_is_contig(pte[0], V7S_L1) &&
	    !v7s_split_contig(c, ptep, index, V7S_L1, &pte[0]))
		return false;
	v7s_write(c, ptep, 0, nr);
	for (unsigned i = 0; i < nr; i++) {
		if (v7s_pte_is_table(pte[i])) {
			unlink_table(c, pte[i]);
			v7s_enter(c, V7S_CLEAR);
		} else {
			c->stats->tlb_add++;
		}
	}
	return true;
}

ALWAYS_INLINE bool unmap_small(const struct v7s_call *c, uint32_t *ptep,
			       unsigned index)
{
	uint32_t pte = v7s_read(ptep);

	if (!v7s_pte_valid(pte)) {
		c->stats->warns++;
		return false;
	}
	if (v7s_pte_is_contig(pte, V7S_L2) &&
	    !v7s_split_contig(c, ptep, index, V7S_L2, &pte))
		return false;
	v7s_write(c, ptep, 0, 1);
	c->stats->tlb_add++;
	return true;
}

ALWAYS_INLINE bool unmap_leaf(const struct v7s_call *c, uint32_t *l2,
			      uint64_t iova)
{
	unsigned index = v7s_l2_index(iova);
	uint32_t *ptep = l2 + index;
	unsigned room;

	if (c->op->pgsize == SZ_4K)
		return unmap_small(c, ptep, index);
	room = v7s_run_room(index, V7S_L2_ENTRIES - 1, V7S_CONTIG);
	if (!run_valid(ptep, room)) {
		c->stats->warns++;
		return false;
	}
	if (room < V7S_CONTIG)
		return false;
	v7s_write(c, ptep, 0, V7S_CONTIG);
	c->stats->tlb_add += V7S_CONTIG;
	return true;
}

bool v7s_unmap_leaf(const struct v7s_call *c, uint32_t *l2, uint64_t iova)
{
	return unmap_leaf(c, l2, iova);
}

ALWAYS_INLINE bool unmap_page(const struct v7s_call *c, uint64_t iova)
{
	const struct v7s *table = c->table;
	unsigned index = v7s_l1_index(table, iova);
	uint32_t *ptep = table->l1 + index;
	uint32_t pte = v7s_read(ptep);

	if (!v7s_pte_valid(pte)) {
		c->stats->warns++;
		return false;
	}
	if (!v7s_pte_is_table(pte) && v7s_pte_is_contig(pte, V7S_L1) &&
	    !v7s_split_contig(c, ptep, index, V7S_L1, &pte))
		return false;
	if (!v7s_pte_is_table(pte))
		return v7s_split_section(c, iova, pte);
	return unmap_leaf(c, v7s_l2(table, pte), iova);
}

ALWAYS_INLINE bool unmap_one(const struct v7s_call *c, uint64_t iova)
{
	return c->op->pgsize >= SZ_1M ? unmap_blocks(c, iova)
				      : unmap_page(c, iova);
}

bool v7s_unmap_one(const struct v7s_call *c, uint64_t iova)
{
	return unmap_one(c, iova);
}

static size_t unmap_each(const struct v7s_call *c)
{
	bool old = c->table->cfg.kernel == V7S_KERNEL_4_20;
	uint64_t iova = c->op->iova;
	size_t unmapped = 0;

	for (size_t i = c->op->pgcount; i; i--) {
		if (old && iova >> 32) {
			c->stats->warns++;
			break;
		}
		if (!unmap_one(c, iova))
			break;
		iova += c->op->pgsize;
		unmapped += c->op->pgsize;
	}
	return unmapped;
}

static NOINLINE size_t unmap_page_by_page(struct v7s *table,
					  const struct v7s_op *op)
{
	struct v7s_call call = v7s_call_begin(table, op);

	if (table->cfg.kernel != V7S_KERNEL_4_20 && v7s_unmap_refused(&call))
		return 0;
	if (!pgsize_known(op->pgsize))
		return 0;
	return unmap_each(&call);
}

size_t v7s_unmap_pages(struct v7s *table, const struct v7s_op *op)
{
	return table->batch ? v7s_batch_unmap(table, op)
			    : unmap_page_by_page(table, op);
}

phys_addr_t v7s_iova_to_phys(const struct v7s *table, uint64_t iova)
{
	uint32_t pte = v7s_read(table->l1 + v7s_l1_index(table, iova));
	enum v7s_level level = V7S_L1;

	if (v7s_pte_is_table(pte)) {
		pte = v7s_read(v7s_l2(table, pte) + v7s_l2_index(iova));
		level = V7S_L2;
	}
	if (!v7s_pte_valid(pte))
		return 0;
	return v7s_pte_paddr(pte, level, table->cfg.quirks) |
	       (iova & (v7s_pte_pgsize(pte, level) - 1));
}
