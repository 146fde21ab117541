/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that differs between kernels, from 5.10 on.
 *
 * Compiled and run: 6.1.192 and 6.12.117 (Debian, x86-64). Compiled: 6.1.192
 * for arm64. Nothing was compiled for 5.10 to 6.0 nor for later than 6.12; what
 * is said of these was read, in:
 *
 *   - the driver of 5.10.13, and iommu.h of openEuler's 6.6;
 *   - requests to merge, with their lists of commits: IOMMU for 5.11, 5.15,
 *     5.18, 6.0, 6.2 and 6.3, Arm's IOMMUs for 5.12 and 6.13, net for 6.13;
 *     "(pull)" below means these;
 *   - trees of 2026: the driver, x86's hardirq.h and irq.c, mm's slab.h,
 *     mmzone.h and mm_types.h, page_frag_cache.h, iommu.c before the merges for
 *     7.1 (commit c17ee635fd3a) and the fixes after them.
 *
 * Numbers are those of Linus' releases: where a vendor brings changes back, as
 * Android's 5.10 has map_pages(), they may be wrong.
 *
 * Of the driver's own changes nothing shows here:
 *   - 5.10 does not look whether it got a table before it asks for its address.
 *   - A map without permission is 0 in 5.10.13, -EINVAL in 6.1.192 and 6.12: a
 *     fix of August 2024 that stable kernels have.
 *   - The split of large pages calls tlb_flush_leaf() in 5.10,
 *     tlb_flush_walk() since 5.11. 6.13 has no split (pull): unmap of a part
 *     answers 0 and warns, which golden vectors of the split do not expect.
 *   - Quirk bit 4 is NON_STRICT until 5.14, none from 5.15 on (pull) and
 *     ARM_MTK_TTBR_EXT since 6.0 (pull).
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
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#include <linux/page_frag_cache.h> /* in gfp.h before (pull; 6.12) */
#endif

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

/*
 * Level 1 is as large as ias says, up to 16384 entries, since 5.12 (pull); it
 * has 4096 entries in 5.10.13.
 */
static inline unsigned int compat_l1_entries(unsigned int ias)
{
	return KERNEL_FROM(5, 12) ? 1u << (ias - 20) : 4096;
}

/*
 * zone->pageset is per_cpu_pageset and per_cpu_zonestats since 5.14: commit
 * 28f836b6777b of 28 June 2021, the day after 5.13. So in mm's tree of 2026.
 */
static inline int compat_pcp_count(struct zone *zone, int cpu)
{
#if KERNEL_FROM(5, 14)
	return per_cpu_ptr(zone->per_cpu_pageset, cpu)->count;
#else
	return per_cpu_ptr(zone->pageset, cpu)->pcp.count;
#endif
}

/*
 * page_frag_cache_drain() is there since 6.9: commit a0727489ac22 of February
 * 2024; 6.1 lacks it, 6.12 has it. Since 6.13 (pull) the cache has other fields.
 */
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
 * A series of June 2026 calls it iova_to_phys_length() and has it store how far
 * the translation goes, with a third argument that may be NULL. Read applied in
 * a tree of the kernel test robot only: no release to test for.
 */
static inline phys_addr_t compat_iova_to_phys(struct io_pgtable_ops *ops,
					      unsigned long iova)
{
	return ops->iova_to_phys(ops, iova);
}

/* Level-2 and level-1 tables may lie above 4 GiB: since 6.0 (pull). */
static inline bool compat_tables_anywhere(unsigned long quirks)
{
#ifdef IO_PGTABLE_QUIRK_ARM_MTK_TTBR_EXT
	return quirks & IO_PGTABLE_QUIRK_ARM_MTK_TTBR_EXT;
#else
	return false;
#endif
}

/*
 * Those of a domain are out of struct iommu_ops since 5.18 (pull).
 *
 * Of a hand-made domain iommu_map() and iommu_unmap() look at type,
 * pgsize_bitmap, ops and, since 7.1, is_iommupt, which must be false; never at
 * owner nor cookie_type (read: 6.1, 6.12, 2026). A domain without map_pages()
 * or page sizes is -ENODEV in 6.1, with a WARN_ON in 6.12. The result of
 * iotlb_sync_map(), which is not given, counts in 6.12, is void in 6.1.
 *
 * In 7.1-rc until commit 6fc7e8a3b811 of May 2026 iommu_map() answers 0 for
 * what failed: faults injected into such a kernel are not seen.
 */
#if KERNEL_FROM(5, 18)
#define compat_domain_ops iommu_domain_ops
#else
#define compat_domain_ops iommu_ops
#endif

/*
 * map_pages() and unmap_pages() came with 5.15 (pull), map() and unmap() went
 * with 6.2 (pull). The driver goes page by page in all.
 */
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

/* Since 6.3 iommu_map() takes flags, for iommu_map_atomic() too (pull; 6.6). */
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
