/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that differs between kernels, from 5.10 on.
 *
 * Compiled and run: 6.1.192 and 6.12.117 (Debian, x86-64). Compiled: 6.1.192
 * for arm64. Read only: the driver of 5.10. That domain operations are of 5.18
 * and page_frag_cache_drain() came for 6.9 is from records of their merge. All
 * other numbers of versions are from memory, untried: who builds for 5.10
 * to 6.0, or for later than 6.12, looks here first.
 *
 * Of the driver's own changes nothing shows here: 6.2 dropped map() and unmap()
 * for a single page, 5.10 answers 0 for a map without permission and does not
 * look whether it got a table before it asks for its address. The split of
 * large pages calls tlb_flush_leaf() up to 5.10, tlb_flush_walk() since.
 */
#ifndef V7SBENCH_COMPAT_H
#define V7SBENCH_COMPAT_H

#include <linux/gfp.h>
#include <linux/io-pgtable.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/slab.h>
#include <linux/timex.h>
#include <linux/version.h>

#define KERNEL_FROM(major, minor) \
	(LINUX_VERSION_CODE >= KERNEL_VERSION(major, minor, 0))

#if !KERNEL_FROM(5, 10) || !defined(CONFIG_64BIT)
#error "v7sbench needs a 64-bit kernel, Linux 5.10 or later"
#endif

/* The driver's own choice, by CONFIG_ZONE_DMA32. */
static inline gfp_t compat_slab_flags_zone(slab_flags_t flags)
{
	return flags & SLAB_CACHE_DMA32 ? GFP_DMA32
	       : flags & SLAB_CACHE_DMA ? GFP_DMA
					: 0;
}

static inline slab_flags_t compat_zone_slab_flags(gfp_t zone)
{
	return zone == GFP_DMA32 ? SLAB_CACHE_DMA32
	       : zone == GFP_DMA ? SLAB_CACHE_DMA
				 : 0;
}

/* 5.12 made level 1 as large as ias says, up to 16384 entries. */
static inline unsigned int compat_l1_entries(unsigned int ias)
{
	return KERNEL_FROM(5, 12) ? 1u << (ias - 20) : 4096;
}

/* 5.14 split zone->pageset into per_cpu_pageset and per_cpu_zonestats. */
static inline int compat_pcp_count(struct zone *zone, int cpu)
{
#if KERNEL_FROM(5, 14)
	return per_cpu_ptr(zone->per_cpu_pageset, cpu)->count;
#else
	return per_cpu_ptr(zone->pageset, cpu)->pcp.count;
#endif
}

/* 6.9 exports what callers did by hand; 6.13 hides what that needed. */
static inline void compat_page_frag_drain(struct page_frag_cache *cache)
{
#if KERNEL_FROM(6, 9)
	page_frag_cache_drain(cache);
#else
	if (cache->va)
		__page_frag_cache_drain(virt_to_head_page(cache->va),
					cache->pagecnt_bias);
	cache->va = NULL;
#endif
}

/*
 * A tree under development, later than 6.18, calls it iova_to_phys_length() and
 * has it return how far the translation goes. In no release yet as far as
 * known, so there is no number to test.
 */
static inline phys_addr_t compat_iova_to_phys(struct io_pgtable_ops *ops,
					      unsigned long iova)
{
	return ops->iova_to_phys(ops, iova);
}

/* 5.18 took those of a domain out of struct iommu_ops. */
#if KERNEL_FROM(5, 18)
#define compat_domain_ops iommu_domain_ops
#else
#define compat_domain_ops iommu_ops
#endif

/* 5.15 brought map_pages() and unmap_pages(); before, page by page as now. */
static inline int compat_map_pages(struct io_pgtable_ops *ops,
				   unsigned long iova, phys_addr_t paddr,
				   size_t pgsize, size_t pgcount, int prot,
				   gfp_t gfp, size_t *ret_mapped)
{
	int err = -EINVAL;

	*ret_mapped = 0;
#if KERNEL_FROM(5, 15)
	err = ops->map_pages(ops, iova, paddr, pgsize, pgcount, prot, gfp,
			     ret_mapped);
#else
	while (pgcount--) {
		err = ops->map(ops, iova + *ret_mapped, paddr + *ret_mapped,
			       pgsize, prot, gfp);
		if (err)
			break;
		*ret_mapped += pgsize;
	}
#endif
	return err;
}

static inline size_t compat_unmap_pages(struct io_pgtable_ops *ops,
					unsigned long iova, size_t pgsize,
					size_t pgcount,
					struct iommu_iotlb_gather *gather)
{
#if KERNEL_FROM(5, 15)
	return ops->unmap_pages(ops, iova, pgsize, pgcount, gather);
#else
	size_t unmapped = 0;

	while (pgcount-- &&
	       ops->unmap(ops, iova + unmapped, pgsize, gather) == pgsize)
		unmapped += pgsize;
	return unmapped;
#endif
}

/* 6.3 gave iommu_map() the flags and dropped iommu_map_atomic(). */
static inline int compat_iommu_map_atomic(struct iommu_domain *domain,
					  unsigned long iova, phys_addr_t paddr,
					  size_t size, int prot)
{
#if KERNEL_FROM(6, 3)
	return iommu_map(domain, iova, paddr, size, prot, GFP_ATOMIC);
#else
	return iommu_map_atomic(domain, iova, paddr, size, prot);
#endif
}

#endif /* V7SBENCH_COMPAT_H */
