// SPDX-License-Identifier: GPL-2.0-only
/*
 * The beginning and the end of a page table: what a configuration may ask for,
 * the level-1 table, values for registers, counters.
 *
 * Models arm_v7s_alloc_pgtable() and arm_v7s_free_pgtable() of
 * drivers/iommu/io-pgtable-arm-v7s.c of Linux 6.1, and of 4.20 with the series
 * that made its tables GFP_DMA32: there level 1 has 4096 entries whatever ias
 * says, and TCR and TTBR are what they were (from memory of that source).
 * Left out: the cache of the level-2 tables, which is the strategy.
 *
 * Cost: clearing level 1; at the end a look at each of its entries.
 * Invariant: all or nothing. Concurrency: nobody else in the table.
 */
#include <errno.h>
#include <stdlib.h>

#include "v7s_table.h"

#define V7S_QUIRKS                                                   \
	(V7S_QUIRK_ARM_NS | V7S_QUIRK_NO_PERMS | V7S_QUIRK_MTK_EXT | \
	 V7S_QUIRK_MTK_TTBR_EXT)
#define V7S_QUIRKS_4_20                                              \
	(V7S_QUIRK_ARM_NS | V7S_QUIRK_NO_PERMS | V7S_QUIRK_MTK_4GB | \
	 V7S_QUIRK_TLBI_ON_MAP)

/* Registers: remapped TEX classes; table walks shareable, and write-back where
 * the walker is coherent; in 4.20, TTBR1 off. */
#define V7S_PRRR 0x800b8204u
#define V7S_NMRR 0x40004000u
#define V7S_TTBR_COHERENT 0x6au
#define V7S_TTBR_NONCOHERENT 0x02u
#define V7S_TCR_4_20 0x20u

#define V7S_L1_BITS_4_20 12

const char *const v7s_kernel_names[] = {
	[V7S_KERNEL_6_1] = "6.1",
	[V7S_KERNEL_4_20] = "4.20",
	[V7S_KERNEL_6_13] = "6.13",
	[V7S_NR_KERNELS] = NULL,
};

const char *const v7s_split_names[] = {
	[V7S_SPLIT_KERNEL] = "kernel",
	[V7S_SPLIT_FIXED] = "fixed",
	[V7S_SPLIT_OFF] = "off",
	[V7S_NR_SPLITS] = NULL,
};

const char *const v7s_path_names[] = {
	[V7S_PATH_KERNEL] = "kernel",
	[V7S_PATH_BATCH] = "batch",
	[V7S_NR_PATHS] = NULL,
};

/* Of an option --coherent. */
const char *const v7s_walker_names[] = {
	[V7S_COHERENT] = "yes",
	[V7S_NONCOHERENT] = "no",
	[V7S_NONCOHERENT_FLUSH] = "flush",
	[V7S_NR_WALKERS] = NULL,
};

static bool config_valid_4_20(const struct v7s_config *cfg)
{
	if (cfg->ias > 32 || cfg->oas > 32)
		return false;
	if (cfg->quirks & ~(uint32_t)V7S_QUIRKS_4_20)
		return false;
	return !(cfg->quirks & V7S_QUIRK_MTK_4GB) ||
	       cfg->quirks & V7S_QUIRK_NO_PERMS;
}

static bool config_valid(const struct v7s_config *cfg)
{
	bool mtk = cfg->quirks & V7S_QUIRK_MTK_EXT;

	if (cfg->ias < V7S_L1_SHIFT)
		return false;
	if (cfg->kernel == V7S_KERNEL_4_20)
		return config_valid_4_20(cfg);
	if (cfg->ias > (mtk ? V7S_MAX_IAS : 32))
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
	bool old = table->cfg.kernel == V7S_KERNEL_4_20;

	table->regs = (struct v7s_regs){
		.tcr = old ? V7S_TCR_4_20 : 0,
		.prrr = V7S_PRRR,
		.nmrr = V7S_NMRR,
		.ttbr = (uint32_t)l1,
	};
	if (table->cfg.quirks & V7S_QUIRK_MTK_EXT)
		table->regs.ttbr |= (uint32_t)(l1 >> 32);
	else
		table->regs.ttbr |= table->coherent || old
					    ? V7S_TTBR_COHERENT
					    : V7S_TTBR_NONCOHERENT;
}

static void make_leaves(struct v7s *table, enum v7s_level level)
{
	for (unsigned prot = 0; prot < V7S_NR_PROTS; prot++) {
		uint32_t leaf =
			v7s_pte_leaf((int)prot, level, table->cfg.quirks);

		table->leaf[level - 1][prot] = leaf;
		table->contig_leaf[level - 1][prot] = v7s_pte_join(leaf, level);
	}
}

/* What follows from the configuration alone. */
static void set_up(struct v7s *table, const struct v7s_config *cfg)
{
	unsigned nr_bits = cfg->kernel == V7S_KERNEL_4_20
				   ? V7S_L1_BITS_4_20
				   : cfg->ias - V7S_L1_SHIFT;

	table->cfg = *cfg;
	table->cfg.pgsizes &= V7S_PGSIZES;
	table->batch = cfg->path == V7S_PATH_BATCH &&
		       cfg->kernel != V7S_KERNEL_4_20;
	make_leaves(table, V7S_L1);
	make_leaves(table, V7S_L2);
	table->split = cfg->split;
	if (cfg->split == V7S_SPLIT_KERNEL && cfg->kernel == V7S_KERNEL_6_13)
		table->split = V7S_SPLIT_OFF;
	table->l1_index_mask = (1ull << nr_bits) - 1;
	table->l1_order = get_order(sizeof(*table->l1) << nr_bits);
}

static size_t l1_size(const struct v7s *table)
{
	return (table->l1_index_mask + 1) * sizeof(*table->l1);
}

/* The next size with one bit set, less 1: a mask for numbers below nr. */
static unsigned cpu_mask(unsigned nr)
{
	return nr > 1 ? (1u << fls64(nr - 1)) - 1 : 0;
}

/* A set of counters for each CPU, and one for sums. */
static int make_counters(struct v7s *table)
{
	unsigned nr;

	table->threads = table->env.nr_cpus > 1;
	table->cpu_mask = cpu_mask(table->env.nr_cpus);
	nr = table->cpu_mask + 2;
	table->cpu = aligned_alloc(V7S_CACHE_LINE, nr * sizeof(*table->cpu));
	if (!table->cpu)
		return -ENOMEM;
	memset(table->cpu, 0, nr * sizeof(*table->cpu));
	return 0;
}

static int take_l1(struct v7s *table, unsigned cpu)
{
	bool high = table->cfg.quirks & V7S_QUIRK_MTK_TTBR_EXT;
	gfp_t gfp = (high ? GFP_KERNEL : GFP_DMA32) | __GFP_ZERO;
	struct v7s_op op = { .cpu = cpu };
	struct v7s_call call = v7s_call_begin(table, &op);
	struct physmem *pm = table->env.pm;
	phys_addr_t paddr;
	int err;

	err = physmem_alloc_pages(pm, cpu, gfp, table->l1_order,
				  &table->l1_page);
	if (err < 0)
		return err;
	paddr = physmem_page_paddr(pm, table->l1_page);
	table->l1 = physmem_page_va(pm, table->l1_page);
	err = v7s_accept_table(&call, table->l1, paddr, l1_size(table));
	if (err < 0) {
		physmem_free_pages(pm, cpu, table->l1_page, table->l1_order);
		return err;
	}
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
	table->env = *env;
	set_up(table, cfg);
	err = v7s_dma_init(table);
	if (!err)
		err = make_counters(table);
	if (!err)
		err = take_l1(table, cpu);
	if (err < 0)
		goto out_free;
	*ret = table;
	return 0;

out_free:
	free(table->cpu);
	free(table);
	return err;
}

void v7s_destroy(struct v7s *table, unsigned cpu)
{
	struct v7s_op op = { .cpu = cpu };
	struct v7s_call call;

	if (!table)
		return;
	call = v7s_call_begin(table, &op);
	for (uint64_t i = 0; i <= table->l1_index_mask; i++) {
		uint32_t pte = v7s_read(&table->l1[i]);

		if (v7s_pte_is_table(pte))
			v7s_drop_linked(&call, pte);
	}
	physmem_free_pages(table->env.pm, cpu, table->l1_page, table->l1_order);
	free(table->cpu);
	free(table);
}

void v7s_stats_add(struct v7s_stats *sum, const struct v7s_stats *stats)
{
	const uint64_t *from = (const void *)stats;
	uint64_t *to = (void *)sum;
	unsigned i;

	for (i = 0; i < sizeof(*stats) / sizeof(*from); i++)
		to[i] += from[i];
}

const struct v7s_stats *v7s_stats(const struct v7s *table)
{
	struct v7s_stats *sum = &table->cpu[table->cpu_mask + 1].stats;
	unsigned cpu;

	if (!table->cpu_mask)
		return &table->cpu[0].stats;
	*sum = (struct v7s_stats){ 0 };
	for (cpu = 0; cpu <= table->cpu_mask; cpu++)
		v7s_stats_add(sum, &table->cpu[cpu].stats);
	return sum;
}

void v7s_regs(const struct v7s *table, struct v7s_regs *ret)
{
	*ret = table->regs;
}
