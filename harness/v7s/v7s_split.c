// SPDX-License-Identifier: GPL-2.0-only
/*
 * Large pages of which a part is unmapped.
 *
 * Models arm_v7s_split_cont() and arm_v7s_split_blk_unmap() of
 * drivers/iommu/io-pgtable-arm-v7s.c of Linux 6.1, with their defects: a
 * section that is split forgets where it pointed to, and the first try to unmap
 * less than 1 MB from sections 1 to 15 of a supersection fails. 4.20 is taken
 * to have the same. split=fixed has neither. 6.13 splits nothing and warns
 * ("Unmap of a partial large IOPTE is not allowed"), which split=off does in
 * any kernel.
 *
 * Cost: sixteen entries, or a table and its 256.
 * Invariant: at any moment each page translates as before, or as after.
 * Concurrency: contiguous pages under split_lock, whose winner the others
 * find; sections by compare-exchange.
 */
#include "v7s_table.h"

static bool refused(const struct v7s_call *c)
{
	if (c->table->split != V7S_SPLIT_OFF)
		return false;
	c->stats->warns++;
	return true;
}

/*
 * Rewrites sixteen entries as single ones. Returns the first of them, whichever
 * ptep was: 6.1 does, and its callers take that for the value at ptep.
 */
static uint32_t rewrite_contig(const struct v7s_call *c, uint32_t *ptep,
			       unsigned index, enum v7s_level level)
{
	uint32_t first = v7s_read(ptep);
	uint32_t *run = ptep - index % V7S_CONTIG;

	/* Somebody did it while we waited, and more perhaps: a table's address
	 * may have the bit of a supersection. */
	if (level == V7S_L1 && v7s_pte_is_table(first))
		return first;
	if (!v7s_pte_is_contig(first, level))
		return first;
	first = v7s_pte_part(first, level);
	for (unsigned i = 0; i < V7S_CONTIG; i++)
		v7s_set(&run[i], first + (i << v7s_level_shift(level)));
	v7s_sync(c, run, V7S_CONTIG);
	c->stats->tlb_walk++;
	c->stats->splits++;
	return c->table->split == V7S_SPLIT_FIXED ? v7s_read(ptep) : first;
}

bool v7s_split_contig(const struct v7s_call *c, uint32_t *ptep, unsigned index,
		      enum v7s_level level, uint32_t *ret_pte)
{
	struct v7s *table = c->table;

	if (refused(c))
		return false;
	mm_lock(&table->split_lock, table->threads);
	*ret_pte = rewrite_contig(c, ptep, index, level);
	mm_unlock(&table->split_lock, table->threads);
	return true;
}

/* The first entry that takes a section's place: with its attributes, and in
 * 6.1 with physical address 0. */
static uint32_t first_part(const struct v7s_call *c, uint32_t section)
{
	uint32_t quirks = c->table->cfg.quirks;
	uint32_t pte = v7s_pte_leaf(v7s_section_prot(section), V7S_L2, quirks);

	if (c->op->pgsize > SZ_4K)
		pte = v7s_pte_join(pte, V7S_L2);
	if (c->table->split == V7S_SPLIT_FIXED)
		pte |= v7s_pte_address(v7s_pte_paddr(section, V7S_L1, quirks),
				       V7S_L2, quirks);
	return pte;
}

bool v7s_split_section(const struct v7s_call *c, uint64_t iova,
		       uint32_t section)
{
	unsigned nr = (unsigned)(c->op->pgsize >> V7S_L2_SHIFT);
	uint32_t *ptep = c->table->l1 + v7s_l1_index(c->table, iova);
	unsigned left_out = v7s_l2_index(iova);
	uint32_t pte, found, *entries;
	struct l2_table l2;

	if (refused(c) || v7s_take_l2(c, GFP_ATOMIC, &l2) < 0)
		return false;
	pte = first_part(c, section);
	entries = l2.va;
	for (unsigned i = 0; i < V7S_L2_ENTRIES; i += nr)
		if (i != left_out)
			v7s_write(c, &entries[i], pte + (i << V7S_L2_SHIFT),
				  nr);

	found = v7s_link_l2(c, ptep, section, &l2);
	v7s_enter(c, V7S_CLEAR);
	if (found == section) {
		c->stats->tlb_add++;
		c->stats->splits++;
		return true;
	}
	v7s_drop_l2(c, &l2);
	if (!v7s_pte_is_table(found))
		return false;
	return v7s_unmap_leaf(c, v7s_l2(c->table, found), iova);
}
