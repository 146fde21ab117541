/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptors of the ARMv7 short-descriptor format as Linux 6.1 writes them:
 * pure functions between 32-bit values and what they mean.
 *
 * Both levels keep the memory attributes in one byte, at bit 10 of a level-1
 * leaf and at bit 4 of a level-2 leaf:
 *
 *	7    6   5    4..2   1      0
 *	nG   S   RO   TEX    USER   AF
 *
 * Outside of it stand the type (bits 1:0), B and C (bits 2 and 3), XN, and the
 * output address. Sixteen equal "contiguous" leaves make one page of sixteen
 * times the size: bit 18 says so at level 1; at level 2 the type does, and XN
 * and TEX move to bits 15 and 14:12.
 *
 * Under MTK_EXT the bits 9, 4 and 5 of a leaf are bits 32, 33 and 34 of the
 * output address, on top of permission bits that then are not in use. Under
 * 4.20's MTK_4GB bit 9 is always set and says no more.
 */
#ifndef V7S_PTE_H
#define V7S_PTE_H

#include "v7s.h"

#define V7S_L1_SHIFT 20
#define V7S_L2_SHIFT 12
#define V7S_L2_ENTRIES 256u
#define V7S_CONTIG 16u /* entries that make one contiguous leaf */

enum v7s_level { V7S_L1 = 1, V7S_L2 = 2 };

#define V7S_PTE_TYPE 0x3u
#define V7S_PTE_TYPE_TABLE 0x1u	 /* level 1 */
#define V7S_PTE_TYPE_LARGE 0x1u	 /* level 2, contiguous */
#define V7S_PTE_TYPE_SINGLE 0x2u /* section or small page */
#define V7S_PTE_B (1u << 2)
#define V7S_PTE_C (1u << 3)
#define V7S_PTE_L1_XN (1u << 4)
#define V7S_PTE_L2_XN (1u << 0)
#define V7S_PTE_SUPER (1u << 18) /* level 1, contiguous */
#define V7S_PTE_NS_SECTION (1u << 19)
#define V7S_PTE_NS_TABLE (1u << 3)
#define V7S_PTE_TABLE_ADDR 0xfffffc00u

#define V7S_ATTR_AF (1u << 0)
#define V7S_ATTR_USER (1u << 1)
#define V7S_ATTR_TEX(n) ((uint32_t)(n) << 2)
#define V7S_ATTR_RO (1u << 5)
#define V7S_ATTR_S (1u << 6)
#define V7S_ATTR_NG (1u << 7)

#define V7S_SMALL_TEX 0x1c0u /* TEX of a small page */
#define V7S_LARGE_TEX_UP 6
#define V7S_LARGE_XN_UP 15

#define V7S_PTE_PA32 (1u << 9)
#define V7S_PTE_PA33 (1u << 4)
#define V7S_PTE_PA34 (1u << 5)
#define V7S_PTE_PA_HIGH (V7S_PTE_PA32 | V7S_PTE_PA33 | V7S_PTE_PA34)

static inline unsigned v7s_level_shift(enum v7s_level level)
{
	return level == V7S_L1 ? V7S_L1_SHIFT : V7S_L2_SHIFT;
}

static inline unsigned v7s_attr_shift(enum v7s_level level)
{
	return level == V7S_L1 ? 10 : 4;
}

static inline bool v7s_pte_valid(uint32_t pte)
{
	return pte & V7S_PTE_TYPE;
}

/* Level 1 only: the same bits mean a large page at level 2. */
static inline bool v7s_pte_is_table(uint32_t pte)
{
	return (pte & V7S_PTE_TYPE) == V7S_PTE_TYPE_TABLE;
}

/* Of a valid leaf. */
static inline bool v7s_pte_is_contig(uint32_t pte, enum v7s_level level)
{
	return level == V7S_L1 ? pte & V7S_PTE_SUPER
			       : !(pte & V7S_PTE_TYPE_SINGLE);
}

static inline uint64_t v7s_pte_pgsize(uint32_t pte, enum v7s_level level)
{
	uint64_t single = 1ull << v7s_level_shift(level);

	return v7s_pte_is_contig(pte, level) ? single * V7S_CONTIG : single;
}

static inline uint32_t v7s_pa_high_encode(phys_addr_t paddr)
{
	uint32_t high = (uint32_t)(paddr >> 32);

	return (high & 1 ? V7S_PTE_PA32 : 0) | (high & 2 ? V7S_PTE_PA33 : 0) |
	       (high & 4 ? V7S_PTE_PA34 : 0);
}

static inline phys_addr_t v7s_pa_high_decode(uint32_t pte)
{
	uint32_t high = (pte & V7S_PTE_PA32 ? 1u : 0) |
			(pte & V7S_PTE_PA33 ? 2u : 0) |
			(pte & V7S_PTE_PA34 ? 4u : 0);

	return (phys_addr_t)high << 32;
}

/*
 * The address bits of a leaf. Cut to the size of a single entry, also for
 * contiguous leaves: what is misaligned spills over their other fields.
 */
static inline uint32_t v7s_pte_address(phys_addr_t paddr, enum v7s_level level,
				       uint32_t quirks)
{
	uint32_t pte = (uint32_t)paddr & (~0u << v7s_level_shift(level));

	if (quirks & V7S_QUIRK_MTK_EXT)
		pte |= v7s_pa_high_encode(paddr);
	return pte;
}

/* Where a leaf points to: the start of its page. */
static inline phys_addr_t v7s_pte_paddr(uint32_t pte, enum v7s_level level,
					uint32_t quirks)
{
	phys_addr_t paddr = pte & -(uint32_t)v7s_pte_pgsize(pte, level);

	if (quirks & V7S_QUIRK_MTK_EXT)
		paddr |= v7s_pa_high_decode(pte);
	return paddr;
}

/* A single leaf with everything but an address. */
static inline uint32_t v7s_pte_leaf(int prot, enum v7s_level level,
				    uint32_t quirks)
{
	uint32_t xn = level == V7S_L1 ? V7S_PTE_L1_XN : V7S_PTE_L2_XN;
	uint32_t attr = V7S_ATTR_NG | V7S_ATTR_S;
	uint32_t rest = V7S_PTE_TYPE_SINGLE;

	if (prot & IOMMU_MMIO)
		rest |= V7S_PTE_B;
	else
		attr |= V7S_ATTR_TEX(1);
	if ((prot & (IOMMU_MMIO | IOMMU_CACHE)) == IOMMU_CACHE)
		rest |= V7S_PTE_B | V7S_PTE_C;
	if (!(quirks & V7S_QUIRK_NO_PERMS)) {
		attr |= V7S_ATTR_AF;
		attr |= prot & IOMMU_PRIV ? 0 : V7S_ATTR_USER;
		attr |= prot & IOMMU_WRITE ? 0 : V7S_ATTR_RO;
		rest |= prot & IOMMU_NOEXEC ? xn : 0;
	}
	if (level == V7S_L1 && (quirks & V7S_QUIRK_ARM_NS))
		rest |= V7S_PTE_NS_SECTION;
	if (quirks & V7S_QUIRK_MTK_4GB)
		rest |= V7S_PTE_PA32;
	return rest | attr << v7s_attr_shift(level);
}

/* The prot that v7s_pte_leaf() would give these attributes for, as far as
 * they say; without permissions in the table some bits come out set. */
static inline int v7s_section_prot(uint32_t pte)
{
	uint32_t attr = pte >> v7s_attr_shift(V7S_L1);
	int prot = IOMMU_READ;

	prot |= attr & V7S_ATTR_RO ? 0 : IOMMU_WRITE;
	prot |= attr & V7S_ATTR_USER ? 0 : IOMMU_PRIV;
	prot |= pte & V7S_PTE_L1_XN ? IOMMU_NOEXEC : 0;
	if (!(attr & V7S_ATTR_TEX(7)))
		prot |= IOMMU_MMIO;
	else if (pte & V7S_PTE_C)
		prot |= IOMMU_CACHE;
	return prot;
}

/* Single leaf to contiguous leaf; the address is for the caller to add. */
static inline uint32_t v7s_pte_join(uint32_t pte, enum v7s_level level)
{
	uint32_t xn = pte & V7S_PTE_L2_XN;
	uint32_t tex = pte & V7S_SMALL_TEX;

	if (level == V7S_L1)
		return pte | V7S_PTE_SUPER;
	pte &= ~(xn | tex | V7S_PTE_TYPE_SINGLE);
	return pte | xn << V7S_LARGE_XN_UP | tex << V7S_LARGE_TEX_UP |
	       V7S_PTE_TYPE_LARGE;
}

/* Contiguous leaf to the first of the sixteen single leaves it stands for. */
static inline uint32_t v7s_pte_part(uint32_t pte, enum v7s_level level)
{
	uint32_t xn = pte & V7S_PTE_L2_XN << V7S_LARGE_XN_UP;
	uint32_t tex = pte & V7S_SMALL_TEX << V7S_LARGE_TEX_UP;

	if (level == V7S_L1)
		return pte & ~V7S_PTE_SUPER;
	pte &= ~(xn | tex | V7S_PTE_TYPE_LARGE);
	return pte | xn >> V7S_LARGE_XN_UP | tex >> V7S_LARGE_TEX_UP |
	       V7S_PTE_TYPE_SINGLE;
}

/* Level-1 descriptor of the l2_table at paddr. */
static inline uint32_t v7s_pte_table(phys_addr_t paddr, uint32_t quirks)
{
	uint32_t pte = (uint32_t)paddr | V7S_PTE_TYPE_TABLE;

	if (quirks & V7S_QUIRK_MTK_TTBR_EXT)
		pte |= v7s_pa_high_encode(paddr);
	if (quirks & V7S_QUIRK_ARM_NS)
		pte |= V7S_PTE_NS_TABLE;
	return pte;
}

static inline phys_addr_t v7s_table_paddr(uint32_t pte, uint32_t quirks)
{
	phys_addr_t paddr = pte & V7S_PTE_TABLE_ADDR;

	if (quirks & V7S_QUIRK_MTK_TTBR_EXT)
		paddr |= v7s_pa_high_decode(pte);
	return paddr;
}

#endif /* V7S_PTE_H */
