// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page tables as alloc_io_pgtable_ops() makes them, without the kernel's list
 * of formats, which need not have v7s. Walks are coherent: no DMA mapping of
 * tables, and no device.
 */
#include <linux/io-pgtable.h>

#include "v7sbench.h"

static void tlb_flush_all(void *cookie)
{
}

static void tlb_flush_walk(unsigned long iova, size_t size, size_t granule,
			   void *cookie)
{
	v7s_counts.tlb_walk++;
}

static void tlb_add_page(struct iommu_iotlb_gather *gather, unsigned long iova,
			 size_t granule, void *cookie)
{
	v7s_counts.tlb_add++;
}

static const struct iommu_flush_ops tlb_ops = {
	.tlb_flush_all = tlb_flush_all,
	.tlb_flush_walk = tlb_flush_walk,
	.tlb_add_page = tlb_add_page,
#if !KERNEL_FROM(5, 11)
	.tlb_flush_leaf = tlb_flush_walk,
#endif
};

struct io_pgtable_ops *pgtable_create(const struct pgtable_config *config,
				      struct io_pgtable_cfg *cfg)
{
	struct io_pgtable *iop;

	/* The driver shifts by what ias has above 20 bits, unchecked. */
	if (config->ias < 20)
		return ERR_PTR(-EDOM);
	*cfg = (struct io_pgtable_cfg){
		.ias = config->ias,
		.oas = config->oas,
		.quirks = config->quirks,
		.pgsize_bitmap = config->pgsizes,
		.coherent_walk = true,
		.tlb = &tlb_ops,
	};
	iop = io_pgtable_arm_v7s_init_fns.alloc(cfg, NULL);
	if (!iop)
		return ERR_PTR(l2_error() ?: -EINVAL);
	iop->fmt = ARM_V7S;
	iop->cfg = *cfg;
	return &iop->ops;
}

void pgtable_destroy(struct io_pgtable_ops *ops)
{
	if (ops)
		io_pgtable_arm_v7s_init_fns.free(
			io_pgtable_ops_to_pgtable(ops));
}
