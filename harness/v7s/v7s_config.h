/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a page table can be told: prot of a mapping, quirks of the hardware,
 * and which kernel's driver it is. Comes with v7s.h.
 */
#ifndef V7S_CONFIG_H
#define V7S_CONFIG_H

#include "mm_types.h"

enum {
	IOMMU_READ = 1 << 0,
	IOMMU_WRITE = 1 << 1,
	IOMMU_CACHE = 1 << 2,
	IOMMU_NOEXEC = 1 << 3,
	IOMMU_MMIO = 1 << 4,
	IOMMU_PRIV = 1 << 5,
};

enum {
	V7S_QUIRK_ARM_NS = 1 << 0,
	V7S_QUIRK_NO_PERMS = 1 << 1,
	V7S_QUIRK_MTK_EXT = 1 << 3,
	V7S_QUIRK_MTK_TTBR_EXT = 1 << 4,
	/* 4.20 only. These had other bits there. */
	V7S_QUIRK_MTK_4GB = 1 << 8,	/* bit 9 of each leaf is set */
	V7S_QUIRK_TLBI_ON_MAP = 1 << 9, /* the walker caches misses */
};

/* Whose results: see v7s_map_pages() and v7s_unmap_pages(). */
enum v7s_kernel {
	V7S_KERNEL_6_1,
	V7S_KERNEL_4_20,
	V7S_KERNEL_6_13,
	V7S_NR_KERNELS
};

/* What becomes of a section or contiguous page that is unmapped in part. */
enum v7s_split {
	V7S_SPLIT_KERNEL, /* up to 6.12 split with defects; 6.13 as OFF */
	V7S_SPLIT_FIXED,  /* split; what stays translates as before */
	V7S_SPLIT_OFF,	  /* refused: nothing is unmapped, one warning */
	V7S_NR_SPLITS
};

/* How a call of several pages works; results are the same. */
enum v7s_path {
	V7S_PATH_KERNEL, /* walks again for each page */
	V7S_PATH_BATCH,	 /* walks once per table, fills and clears runs */
	V7S_NR_PATHS
};

/* Whether the walker sees the CPU's caches. If not, tables are mapped for DMA
 * (written back, 64 bytes a line) and entries synced after each write. */
enum v7s_walker {
	V7S_COHERENT,
	V7S_NONCOHERENT,       /* counted */
	V7S_NONCOHERENT_FLUSH, /* counted, and the host's lines written back */
	V7S_NR_WALKERS
};

/* With MTK_EXT; 32 bits without. */
#define V7S_MAX_IAS 34
#define V7S_MAX_OAS 35

#define V7S_PGSIZES (SZ_4K | SZ_64K | SZ_1M | SZ_16M)

struct v7s_config {
	unsigned ias;	  /* bits of an iova: 20 to 32, 34 with MTK_EXT */
	unsigned oas;	  /* bits of a paddr: up to 32, 35 with MTK_EXT */
	uint32_t quirks;  /* V7S_QUIRK_ */
	uint64_t pgsizes; /* sizes the IOMMU core may choose; masked to
			   * V7S_PGSIZES in the copy that v7s_config() gives */
	enum v7s_kernel kernel;
	enum v7s_split split;
	enum v7s_path path;
	enum v7s_walker walker;
};

/* What options and columns call them: by value, ended by NULL. */
extern const char *const v7s_kernel_names[V7S_NR_KERNELS + 1];
extern const char *const v7s_split_names[V7S_NR_SPLITS + 1];
extern const char *const v7s_path_names[V7S_NR_PATHS + 1];
extern const char *const v7s_walker_names[V7S_NR_WALKERS + 1];

#endif /* V7S_CONFIG_H */
