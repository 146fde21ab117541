// SPDX-License-Identifier: GPL-2.0-only
/*
 * A page table as a domain of the kernel's IOMMU core, made by hand: no device,
 * no driver that allocates domains. iommu_map() and iommu_unmap() need of a
 * domain its type, page sizes and operations, and so the kernel itself cuts
 * ranges into pages.
 */
#include <linux/io-pgtable.h>
#include <linux/string.h>

#include "v7sbench.h"

static struct io_pgtable_ops *to_pgtable(struct iommu_domain *domain)
{
	return container_of(domain, struct bench_domain, domain)->pgtable;
}

/* Calls for many pages at once are there since 5.15 (compat.h). */
#if KERNEL_FROM(5, 15)
static int domain_map_pages(struct iommu_domain *domain, unsigned long iova,
			    phys_addr_t paddr, size_t pgsize, size_t pgcount,
			    int prot, gfp_t gfp, size_t *mapped)
{
	struct io_pgtable_ops *ops = to_pgtable(domain);

	return ops->map_pages(ops, iova, paddr, pgsize, pgcount, prot, gfp,
			      mapped);
}

static size_t domain_unmap_pages(struct iommu_domain *domain,
				 unsigned long iova, size_t pgsize,
				 size_t pgcount,
				 struct iommu_iotlb_gather *gather)
{
	struct io_pgtable_ops *ops = to_pgtable(domain);

	return ops->unmap_pages(ops, iova, pgsize, pgcount, gather);
}
#else
static int domain_map(struct iommu_domain *domain, unsigned long iova,
		      phys_addr_t paddr, size_t size, int prot, gfp_t gfp)
{
	struct io_pgtable_ops *ops = to_pgtable(domain);

	return ops->map(ops, iova, paddr, size, prot, gfp);
}

static size_t domain_unmap(struct iommu_domain *domain, unsigned long iova,
			   size_t size, struct iommu_iotlb_gather *gather)
{
	struct io_pgtable_ops *ops = to_pgtable(domain);

	return ops->unmap(ops, iova, size, gather);
}
#endif

static const struct compat_domain_ops domain_ops = {
#if KERNEL_FROM(5, 15)
	.map_pages = domain_map_pages,
	.unmap_pages = domain_unmap_pages,
#else
	.map = domain_map,
	.unmap = domain_unmap,
#endif
};

/* 0; -ENOMEM; -EINVAL if the driver refuses. On failure d has no page table. */
int domain_create(struct bench_domain *d, const struct pgtable_config *config)
{
	struct io_pgtable_cfg cfg;
	struct io_pgtable_ops *ops = pgtable_create(config, &cfg);

	memset(d, 0, sizeof(*d));
	if (IS_ERR(ops))
		return PTR_ERR(ops);
	d->pgtable = ops;
	d->domain.type = IOMMU_DOMAIN_UNMANAGED;
	d->domain.pgsize_bitmap = cfg.pgsize_bitmap;
	d->domain.ops = &domain_ops;
	return 0;
}

void domain_destroy(struct bench_domain *d)
{
	pgtable_destroy(d->pgtable);
	d->pgtable = NULL;
}
