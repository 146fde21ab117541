// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ARMv7 short-descriptor page table: creation, map, unmap, lookup.
 *
 * Models drivers/iommu/io-pgtable-arm-v7s.c of Linux 6.1 with a coherent
 * walker, with its defects: a section that is split forgets where it pointed
 * to, and the first try to unmap less than 1 MB from sections 1 to 15 of a
 * supersection fails. Does not model cache maintenance, the split lock and the
 * TLB, whose callbacks are only counted.
 *
 * One difference is deliberate. A misaligned 64K or 16M page that runs over the
 * end of its table makes 6.1 read and write behind it; here the entries before
 * the end decide as in 6.1, and if none objects the page is refused.
 *
 * Cost: map and unmap of a 4K page under an existing table are two dependent
 * loads and one store. The first page of a slot adds an allocation, a whole
 * section less than 256 entries, never more. Every page of a call walks again
 * from level 1, as the kernel does.
 *
 * Invariant: see struct v7s. A failed call changes nothing but what its
 * contract in v7s.h names.
 *
 * Concurrency: one thread at a time per table. Tables are linked by
 * compare-exchange already, and the loser of a race frees its own.
 */
#include "v7s.h"

#include <errno.h>

#include "mm_assert.h"
#include "physmem.h"
#include "v7s_table.h"

#define V7S_QUIRKS                                                   \
	(V7S_QUIRK_ARM_NS | V7S_QUIRK_NO_PERMS | V7S_QUIRK_MTK_EXT | \
	 V7S_QUIRK_MTK_TTBR_EXT)

/* Registers: remapped TEX classes, and shareable write-back table walks. */
#define V7S_PRRR 0x800b8204u
#define V7S_NMRR 0x40004000u
#define V7S_TTBR_COHERENT 0x6au

static void write_run(uint32_t *ptep, uint32_t pte, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++)
		__atomic_store_n(&ptep[i], pte, __ATOMIC_RELAXED);
}

static bool table_fits(const struct v7s_config *cfg, phys_addr_t paddr)
{
	if (cfg->quirks & V7S_QUIRK_MTK_TTBR_EXT)
		return paddr < 1ull << cfg->oas;
	return paddr < SZ_4G;
}

static int take_l2(struct v7s *table, unsigned cpu, gfp_t gfp,
		   struct l2_table *ret)
{
	struct l2_table l2;

	if (l2_alloc_zeroed(table->env.l2, cpu, gfp, &l2) < 0)
		goto out_failed;
	if (!table_fits(&table->cfg, l2.paddr)) {
		l2_free(table->env.l2, cpu, &l2);
		goto out_failed;
	}
	table->stats.l2_allocs++;
	*ret = l2;
	return 0;

out_failed:
	table->stats.l2_failures++;
	return -ENOMEM;
}

static void drop_l2(struct v7s *table, unsigned cpu, const struct l2_table *l2)
{
	l2_free(table->env.l2, cpu, l2);
	table->stats.l2_frees++;
}

/* Frees the table of a descriptor that is linked nowhere any more. */
static void drop_linked(struct v7s *table, unsigned cpu, uint32_t pte)
{
	struct l2_table l2 = {
		.va = v7s_l2(table, pte),
		.paddr = v7s_table_paddr(pte, table->cfg.quirks),
	};

	table->stats.l2_live--;
	drop_l2(table, cpu, &l2);
}

/*
 * Puts l2 where *ptep holds old. Returns what *ptep held: old if it worked.
 * Release: whoever finds the descriptor must find the table's content too.
 */
static uint32_t link_l2(struct v7s *table, uint32_t *ptep, uint32_t old,
			const struct l2_table *l2)
{
	uint32_t pte = v7s_pte_table(l2->paddr, table->cfg.quirks);
	uint32_t found = old;

	if (!__atomic_compare_exchange_n(ptep, &found, pte, false,
					 __ATOMIC_RELEASE, __ATOMIC_ACQUIRE))
		return found;
	table->stats.l2_live++;
	return old;
}

/* An empty slot gets a table. Returns what the slot holds then, or 0. */
static uint32_t fill_slot(struct v7s *table, const struct v7s_op *op,
			  uint32_t *ptep)
{
	struct l2_table l2;
	uint32_t found;

	if (take_l2(table, op->cpu, op->gfp, &l2) < 0)
		return 0;
	found = link_l2(table, ptep, 0, &l2);
	if (!found)
		return v7s_read(ptep);
	drop_l2(table, op->cpu, &l2);
	return found;
}

static int map_blocks(struct v7s *table, const struct v7s_op *op, uint64_t iova,
		      phys_addr_t paddr)
{
	unsigned nr = (unsigned)(op->pgsize >> V7S_L1_SHIFT);
	unsigned index = v7s_l1_index(table, iova);
	uint32_t quirks = table->cfg.quirks;
	uint32_t *ptep = table->l1 + index;
	uint32_t pte;

	for (unsigned i = 0; i < nr; i++) {
		if (index + i > table->l1_index_mask)
			return -EINVAL;
		pte = v7s_read(&ptep[i]);
		if (v7s_pte_is_table(pte)) {
			write_run(&ptep[i], 0, 1);
			table->stats.tlb_walk++;
			drop_linked(table, op->cpu, pte);
		} else if (pte) {
			table->stats.warns++;
			return -EEXIST;
		}
	}

	pte = v7s_pte_leaf(op->prot, V7S_L1, quirks);
	if (nr > 1)
		pte = v7s_pte_join(pte, V7S_L1);
	write_run(ptep, pte | v7s_pte_address(paddr, V7S_L1, quirks), nr);
	return 0;
}

/* Entries of a run of nr that lie in their table, from index of last. */
static unsigned run_room(unsigned index, unsigned last, unsigned nr)
{
	return last - index < nr ? last - index + 1 : nr;
}

static int map_large(struct v7s *table, uint32_t *ptep, unsigned index,
		     uint32_t pte)
{
	unsigned room = run_room(index, V7S_L2_ENTRIES - 1, V7S_CONTIG);

	for (unsigned i = 0; i < room; i++) {
		if (v7s_read(&ptep[i])) {
			table->stats.warns++;
			return -EEXIST;
		}
	}
	if (room < V7S_CONTIG)
		return -EINVAL;
	write_run(ptep, pte, V7S_CONTIG);
	return 0;
}

static inline int map_page(struct v7s *table, const struct v7s_op *op,
			   uint64_t iova, phys_addr_t paddr)
{
	uint32_t *ptep = table->l1 + v7s_l1_index(table, iova);
	unsigned index = v7s_l2_index(iova);
	uint32_t quirks = table->cfg.quirks;
	uint32_t pte = v7s_read(ptep);
	uint32_t address = v7s_pte_address(paddr, V7S_L2, quirks);
	uint32_t leaf = v7s_pte_leaf(op->prot, V7S_L2, quirks);

	if (!pte) {
		pte = fill_slot(table, op, ptep);
		if (!pte)
			return -ENOMEM;
	}
	if (!v7s_pte_is_table(pte))
		goto out_exists;
	ptep = v7s_l2(table, pte) + index;
	if (op->pgsize != SZ_4K)
		return map_large(table, ptep, index,
				 v7s_pte_join(leaf, V7S_L2) | address);
	if (v7s_read(ptep))
		goto out_exists;
	write_run(ptep, leaf | address, 1);
	return 0;

out_exists:
	table->stats.warns++;
	return -EEXIST;
}

static bool pgsize_known(uint64_t pgsize)
{
	return (pgsize & V7S_PGSIZES) && !(pgsize & (pgsize - 1));
}

int v7s_map_pages(struct v7s *table, const struct v7s_op *op,
		  size_t *ret_mapped)
{
	phys_addr_t paddr = op->paddr;
	uint64_t iova = op->iova;
	size_t mapped = 0;
	int err = -EINVAL;

	*ret_mapped = 0;
	if (iova >> table->cfg.ias || paddr >> table->cfg.oas) {
		table->stats.warns++;
		return -ERANGE;
	}
	if (!(op->prot & (IOMMU_READ | IOMMU_WRITE)))
		return -EINVAL;
	if (!pgsize_known(op->pgsize))
		return -EINVAL;

	for (size_t i = op->pgcount; i; i--) {
		err = op->pgsize >= SZ_1M ? map_blocks(table, op, iova, paddr)
					  : map_page(table, op, iova, paddr);
		if (err < 0)
			break;
		iova += op->pgsize;
		paddr += op->pgsize;
		mapped += op->pgsize;
	}
	*ret_mapped = mapped;
	return err;
}

/*
 * Rewrites the contiguous leaf that ptep belongs to as sixteen single ones.
 * Returns the first of them, whichever ptep was: 6.1 does, and its callers
 * take that for the value at ptep.
 */
static uint32_t split_contig(struct v7s *table, uint32_t *ptep, unsigned index,
			     enum v7s_level level)
{
	uint32_t pte = v7s_pte_part(v7s_read(ptep), level);

	ptep -= index % V7S_CONTIG;
	for (unsigned i = 0; i < V7S_CONTIG; i++)
		write_run(&ptep[i], pte + (i << v7s_level_shift(level)), 1);
	table->stats.tlb_walk++;
	return pte;
}

static bool run_valid(const uint32_t *ptep, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++)
		if (!v7s_pte_valid(v7s_read(&ptep[i])))
			return false;
	return true;
}

static bool unmap_blocks(struct v7s *table, const struct v7s_op *op,
			 uint64_t iova)
{
	unsigned nr = (unsigned)(op->pgsize >> V7S_L1_SHIFT);
	unsigned index = v7s_l1_index(table, iova);
	uint32_t *ptep = table->l1 + index;
	unsigned room = run_room(index, (unsigned)table->l1_index_mask, nr);
	uint32_t pte = v7s_read(ptep);

	if (!run_valid(ptep, room)) {
		table->stats.warns++;
		return false;
	}
	if (room < nr)
		return false;
	if (nr == 1 && !v7s_pte_is_table(pte) && v7s_pte_is_contig(pte, V7S_L1))
		split_contig(table, ptep, index, V7S_L1);
	for (unsigned i = 0; i < nr; i++) {
		pte = v7s_read(&ptep[i]);
		write_run(&ptep[i], 0, 1);
		if (v7s_pte_is_table(pte)) {
			table->stats.tlb_walk++;
			drop_linked(table, op->cpu, pte);
		} else {
			table->stats.tlb_add++;
		}
	}
	return true;
}

static inline bool unmap_small(struct v7s *table, uint32_t *ptep,
			       unsigned index)
{
	uint32_t pte = v7s_read(ptep);

	if (!v7s_pte_valid(pte)) {
		table->stats.warns++;
		return false;
	}
	if (v7s_pte_is_contig(pte, V7S_L2))
		split_contig(table, ptep, index, V7S_L2);
	write_run(ptep, 0, 1);
	table->stats.tlb_add++;
	return true;
}

/* Below a table: one small or one large page. */
static inline bool unmap_leaf(struct v7s *table, uint32_t *l2,
			      const struct v7s_op *op, uint64_t iova)
{
	unsigned index = v7s_l2_index(iova);
	unsigned room = run_room(index, V7S_L2_ENTRIES - 1, V7S_CONTIG);
	uint32_t *ptep = l2 + index;

	if (op->pgsize == SZ_4K)
		return unmap_small(table, ptep, index);
	if (!run_valid(ptep, room)) {
		table->stats.warns++;
		return false;
	}
	if (room < V7S_CONTIG)
		return false;
	write_run(ptep, 0, V7S_CONTIG);
	table->stats.tlb_add += V7S_CONTIG;
	return true;
}

/*
 * A section becomes a table without the page at iova. The new entries count
 * from physical address 0, not from where the section pointed to: 6.1's.
 */
static bool split_section(struct v7s *table, const struct v7s_op *op,
			  uint64_t iova, uint32_t section)
{
	unsigned nr = (unsigned)(op->pgsize >> V7S_L2_SHIFT);
	uint32_t *ptep = table->l1 + v7s_l1_index(table, iova);
	unsigned left_out = v7s_l2_index(iova);
	uint32_t pte, found, *entries;
	struct l2_table l2;

	if (take_l2(table, op->cpu, GFP_ATOMIC, &l2) < 0)
		return false;
	pte = v7s_pte_leaf(v7s_section_prot(section), V7S_L2,
			   table->cfg.quirks);
	if (nr > 1)
		pte = v7s_pte_join(pte, V7S_L2);
	entries = l2.va;
	for (unsigned i = 0; i < V7S_L2_ENTRIES; i += nr)
		if (i != left_out)
			write_run(&entries[i], pte + (i << V7S_L2_SHIFT), nr);

	found = link_l2(table, ptep, section, &l2);
	if (found == section) {
		table->stats.tlb_add++;
		return true;
	}
	drop_l2(table, op->cpu, &l2);
	if (!v7s_pte_is_table(found))
		return false;
	return unmap_leaf(table, v7s_l2(table, found), op, iova);
}

static bool unmap_page(struct v7s *table, const struct v7s_op *op,
		       uint64_t iova)
{
	unsigned index = v7s_l1_index(table, iova);
	uint32_t *ptep = table->l1 + index;
	uint32_t pte = v7s_read(ptep);

	if (v7s_pte_is_table(pte))
		return unmap_leaf(table, v7s_l2(table, pte), op, iova);
	if (!v7s_pte_valid(pte)) {
		table->stats.warns++;
		return false;
	}
	if (v7s_pte_is_contig(pte, V7S_L1))
		pte = split_contig(table, ptep, index, V7S_L1);
	return split_section(table, op, iova, pte);
}

size_t v7s_unmap_pages(struct v7s *table, const struct v7s_op *op)
{
	uint64_t iova = op->iova;
	size_t unmapped = 0;
	bool done;

	if (iova >> table->cfg.ias) {
		table->stats.warns++;
		return 0;
	}
	if (!pgsize_known(op->pgsize))
		return 0;

	for (size_t i = 0; i < op->pgcount; i++) {
		done = op->pgsize >= SZ_1M ? unmap_blocks(table, op, iova)
					   : unmap_page(table, op, iova);
		if (!done)
			break;
		iova += op->pgsize;
		unmapped += op->pgsize;
	}
	return unmapped;
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

static bool config_valid(const struct v7s_config *cfg)
{
	bool mtk = cfg->quirks & V7S_QUIRK_MTK_EXT;

	if (cfg->ias < V7S_L1_SHIFT || cfg->ias > (mtk ? V7S_MAX_IAS : 32))
		return false;
	if (cfg->oas > (mtk ? V7S_MAX_OAS : 32))
		return false;
	if (cfg->quirks & ~(uint32_t)V7S_QUIRKS)
		return false;
	/* The high address bits overlay permission bits. */
	if (mtk && !(cfg->quirks & V7S_QUIRK_NO_PERMS))
		return false;
	return mtk || !(cfg->quirks & V7S_QUIRK_MTK_TTBR_EXT);
}

static void set_regs(struct v7s *table, phys_addr_t l1)
{
	table->regs = (struct v7s_regs){
		.prrr = V7S_PRRR,
		.nmrr = V7S_NMRR,
		.ttbr = (uint32_t)l1,
	};
	if (table->cfg.quirks & V7S_QUIRK_MTK_EXT)
		table->regs.ttbr |= (uint32_t)(l1 >> 32);
	else
		table->regs.ttbr |= V7S_TTBR_COHERENT;
}

static int take_l1(struct v7s *table, unsigned cpu)
{
	bool high = table->cfg.quirks & V7S_QUIRK_MTK_TTBR_EXT;
	gfp_t gfp = (high ? GFP_KERNEL : GFP_DMA32) | __GFP_ZERO;
	unsigned nr_bits = table->cfg.ias - V7S_L1_SHIFT;
	struct physmem *pm = table->env.pm;
	phys_addr_t paddr;
	int err;

	table->l1_index_mask = (1ull << nr_bits) - 1;
	table->l1_order = get_order(sizeof(*table->l1) << nr_bits);
	err = physmem_alloc_pages(pm, cpu, gfp, table->l1_order,
				  &table->l1_page);
	if (err < 0)
		return err;
	paddr = physmem_page_paddr(pm, table->l1_page);
	if (!table_fits(&table->cfg, paddr)) {
		physmem_free_pages(pm, cpu, table->l1_page, table->l1_order);
		return -ERANGE;
	}
	table->l1 = physmem_page_va(pm, table->l1_page);
	table->va_offset = (uintptr_t)table->l1 - (uintptr_t)paddr;
	set_regs(table, paddr);
	return 0;
}

int v7s_create(const struct v7s_config *cfg, const struct v7s_env *env,
	       unsigned cpu, struct v7s **ret)
{
	struct v7s *table;
	int err;

	if (!config_valid(cfg))
		return -EINVAL;
	table = calloc(1, sizeof(*table));
	if (!table)
		return -ENOMEM;
	table->cfg = *cfg;
	table->cfg.pgsizes &= V7S_PGSIZES;
	table->env = *env;
	err = take_l1(table, cpu);
	if (err < 0)
		goto out_free;
	*ret = table;
	return 0;

out_free:
	free(table);
	return err;
}

void v7s_destroy(struct v7s *table, unsigned cpu)
{
	uint32_t pte;

	if (!table)
		return;
	for (uint64_t i = 0; i <= table->l1_index_mask; i++) {
		pte = v7s_read(&table->l1[i]);
		if (v7s_pte_is_table(pte))
			drop_linked(table, cpu, pte);
	}
	physmem_free_pages(table->env.pm, cpu, table->l1_page, table->l1_order);
	free(table);
}

const struct v7s_config *v7s_config(const struct v7s *table)
{
	return &table->cfg;
}

const struct v7s_stats *v7s_stats(const struct v7s *table)
{
	return &table->stats;
}

void v7s_regs(const struct v7s *table, struct v7s_regs *ret)
{
	*ret = table->regs;
}
