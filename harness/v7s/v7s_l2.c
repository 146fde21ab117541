// SPDX-License-Identifier: GPL-2.0-only
/*
 * Level-2 tables: taken from the strategy, looked at, linked into level 1,
 * freed.
 *
 * Models __arm_v7s_alloc_table(), __arm_v7s_free_table() and
 * arm_v7s_install_table() of drivers/iommu/io-pgtable-arm-v7s.c of Linux 6.1,
 * with the two refusals that its DMA check can print: a table that lies where
 * no descriptor can point, and one that the DMA layer would translate. Memory
 * that is simulated has neither cause; struct v7s_faults has. 4.20 frees a
 * table that does not fit without a word, which is counted alike.
 *
 * Cost: that of the strategy, of clearing 1 KiB if it does not, and a
 * compare-exchange.
 * Invariant: a table that is refused or loses a race is freed here, once.
 * Concurrency: any number of calls, each with a cpu of its own.
 */
#include <errno.h>

#include "v7s_table.h"

bool v7s_table_fits(const struct v7s_config *cfg, phys_addr_t paddr)
{
	if (cfg->quirks & V7S_QUIRK_MTK_TTBR_EXT)
		return paddr < 1ull << cfg->oas;
	return paddr < SZ_4G;
}

int v7s_accept_table(const struct v7s_call *c, const void *va,
		     phys_addr_t paddr, size_t size)
{
	struct v7s_faults *faults = c->table->env.faults;

	if (!v7s_table_fits(&c->table->cfg, paddr) ||
	    (faults && fault_should_fail(&faults->unfit))) {
		c->stats->l2_unfit++;
		return -ERANGE;
	}
	if (c->table->coherent)
		return 0;
	if (faults && fault_should_fail(&faults->dma_error)) {
		c->stats->l2_dma_errors++;
		return -EIO;
	}
	v7s_dma_map(c, va, size);
	if (faults && fault_should_fail(&faults->dma_translated)) {
		v7s_dma_unmap(c);
		c->stats->l2_dma_translated++;
		return -ERANGE;
	}
	return 0;
}

/* As l2_alloc_zeroed(), with the clearing apart, for the probe. */
static int alloc_in_phases(const struct v7s_call *c, gfp_t gfp,
			   struct l2_table *ret)
{
	const struct l2_strategy *l2 = c->table->env.l2;
	unsigned size = L2_TABLE_SIZE;
	int err;

	v7s_enter(c, V7S_ALLOC);
	err = l2->ops->alloc(c->table->env.l2, c->op->cpu, gfp, ret);
	v7s_enter(c, V7S_ZERO);
	if (err)
		return err;
	if (l2->zeroes && l2->zero_size)
		size = l2->zero_size;
	clear_memory(ret->va, size);
	return 0;
}

int v7s_take_l2(const struct v7s_call *c, gfp_t gfp, struct l2_table *ret)
{
	const struct v7s_env *env = &c->table->env;
	struct l2_table l2;
	int err;

	if (c->table->cfg.kernel == V7S_KERNEL_4_20)
		gfp = GFP_ATOMIC; /* its map has no gfp */
	if (env->probe)
		err = alloc_in_phases(c, gfp, &l2);
	else
		err = l2_alloc_zeroed(env->l2, c->op->cpu, gfp, &l2);
	v7s_enter(c, V7S_INSTALL);
	if (err < 0)
		goto out_failed;
	if (v7s_accept_table(c, l2.va, l2.paddr, L2_TABLE_SIZE) < 0)
		goto out_free;
	c->stats->l2_allocs++;
	*ret = l2;
	return 0;

out_free:
	l2_free(env->l2, c->op->cpu, &l2);
out_failed:
	c->stats->l2_failures++;
	return -ENOMEM;
}

void v7s_drop_l2(const struct v7s_call *c, const struct l2_table *l2)
{
	if (!c->table->coherent)
		v7s_dma_unmap(c);
	l2_free(c->table->env.l2, c->op->cpu, l2);
	c->stats->l2_frees++;
}

void v7s_drop_linked(const struct v7s_call *c, uint32_t pte)
{
	struct l2_table l2 = {
		.va = v7s_l2(c->table, pte),
		.paddr = v7s_table_paddr(pte, c->table->cfg.quirks),
	};

	c->stats->l2_live--;
	v7s_drop_l2(c, &l2);
}

uint32_t v7s_link_l2(const struct v7s_call *c, uint32_t *ptep, uint32_t old,
		     const struct l2_table *l2)
{
	uint32_t pte = v7s_pte_table(l2->paddr, c->table->cfg.quirks);
	uint32_t found = old;
	bool linked;

	/* Release: whoever finds the descriptor must find the content too. */
	linked = __atomic_compare_exchange_n(
		ptep, &found, pte, false, __ATOMIC_RELEASE, __ATOMIC_ACQUIRE);
	v7s_sync(c, ptep, 1);
	if (linked)
		c->stats->l2_live++;
	else
		c->stats->l2_races++;
	return found;
}

uint32_t v7s_fill_slot(const struct v7s_call *c, uint32_t *ptep)
{
	struct l2_table l2;
	uint32_t found;

	if (v7s_take_l2(c, c->op->gfp, &l2) < 0)
		return 0;
	found = v7s_link_l2(c, ptep, 0, &l2);
	if (found)
		v7s_drop_l2(c, &l2);
	else
		found = v7s_pte_table(l2.paddr, c->table->cfg.quirks);
	v7s_enter(c, V7S_FILL);
	return found;
}
