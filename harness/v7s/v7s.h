/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ARMv7 short-descriptor page table as an IOMMU driver sees it: a model of
 * drivers/iommu/io-pgtable-arm-v7s.c of Linux 6.1, result for result.
 *
 * Supported: both levels; 4K, 64K, 1M and 16M mappings; every IOMMU_ prot;
 * quirks NS, NO_PERMS, MTK_EXT (34-bit iova, 35-bit paddr) and MTK_TTBR_EXT;
 * splits of large mappings, with the lost output address that 6.1 has.
 * Not supported yet: non-coherent walkers, concurrent callers.
 * Never: what the format has and Linux does not use (domains, 32-bit ARM MMU
 * access flag faults).
 *
 * Level-2 tables come from an l2_strategy, the level-1 table from physmem.
 *
 * Concurrency: one thread at a time per table.
 */
#ifndef V7S_H
#define V7S_H

#include "l2_strategy.h"

struct v7s;

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
};

/* Where a table lives, fixed for its life. */
struct v7s_env {
	struct physmem *pm;
	struct l2_strategy *l2; /* shared or not; must outlive the table */
};

/* What an access is made of: one call of map_pages or unmap_pages. */
struct v7s_op {
	uint64_t iova;
	phys_addr_t paddr; /* map only */
	uint64_t pgsize;   /* 4K, 64K, 1M or 16M */
	size_t pgcount;
	int prot;     /* map only */
	gfp_t gfp;    /* map only: for level-2 tables, GFP_ATOMIC usually */
	unsigned cpu; /* simulated CPU that runs the call */
};

/* Counted since creation. Exact, and the same for every strategy. */
struct v7s_stats {
	uint64_t l2_allocs; /* tables taken, race losers included */
	uint64_t l2_frees;
	uint64_t l2_failures; /* no table, or one where no descriptor can
			       * point, which is neither in allocs nor frees */
	uint64_t l2_live;     /* linked now */
	uint64_t l2_peak;
	uint64_t warns;	   /* WARN_ON that fired */
	uint64_t tlb_add;  /* tlb_add_page callbacks */
	uint64_t tlb_walk; /* tlb_flush_walk callbacks */
};

/* Values for the IOMMU's registers. */
struct v7s_regs {
	uint32_t tcr, prrr, nmrr;
	uint32_t ttbr;
};

/**
 * v7s_create() - an empty table
 * @cpu: simulated CPU that asks for the level-1 table
 * @ret: written on success only
 *
 * Return: 0; -EINVAL for an ias, oas or quirk combination that 6.1 refuses;
 * -ENOMEM without memory for the level-1 table; -ERANGE if that lies where a
 * descriptor cannot point.
 */
int v7s_create(const struct v7s_config *cfg, const struct v7s_env *env,
	       unsigned cpu, struct v7s **ret);

/* Frees every level-2 table, then the level-1 table. NULL is fine. */
void v7s_destroy(struct v7s *table, unsigned cpu);

/**
 * v7s_map_pages() - map pgcount pages of pgsize, one after the other
 * @ret_mapped: bytes mapped by this call, also on failure
 *
 * Only the start is checked against ias and oas, as in 6.1: a run over the
 * top goes on at iova 0, and paddr loses the bits that a descriptor lacks.
 * pgsize is not checked against the configured sizes. Bits of paddr below 4K
 * (1M for blocks) are ignored.
 *
 * Return: 0; -ERANGE start out of range; -EINVAL no READ or WRITE, pgcount 0,
 * no such pgsize, or a misaligned page that would run over the end of its
 * table (with the table or the slots before the end as -EEXIST leaves them);
 * -EEXIST something is mapped there (what came before stays mapped, and tables
 * below a 16M page in slots before that one are freed); -ENOMEM no level-2
 * table to be had, whatever the strategy's reason (which its usage() tells).
 */
int v7s_map_pages(struct v7s *table, const struct v7s_op *op,
		  size_t *ret_mapped);

/*
 * Unmaps; returns the bytes unmapped, short at the first page that is not
 * mapped (and, in 6.1, at the first try inside a supersection) or whose split
 * finds no memory. As in 6.1, unmapping a part of a 64K or 16M page that was
 * mapped misaligned also rewrites its neighbours; a table cut off that way
 * lives until l2_destroy().
 */
size_t v7s_unmap_pages(struct v7s *table, const struct v7s_op *op);

/* 0 if nothing is mapped there; bits above ias are ignored. */
phys_addr_t v7s_iova_to_phys(const struct v7s *table, uint64_t iova);

const struct v7s_config *v7s_config(const struct v7s *table);
const struct v7s_stats *v7s_stats(const struct v7s *table);
void v7s_regs(const struct v7s *table, struct v7s_regs *ret);

/* Index is that of level 1 for sections, level 1 then 2 for pages. */
struct v7s_entry {
	unsigned l1_index;
	int l2_index; /* -1: an entry of level 1 */
	uint32_t pte;
	bool is_table; /* level 1 only: descriptor of an l2_table */
};

typedef void (*v7s_entry_fn)(void *ctx, const struct v7s_entry *entry);

/* Every non-zero entry, ascending; a table's entries right after it. */
void v7s_walk(const struct v7s *table, v7s_entry_fn fn, void *ctx);

/**
 * v7s_digest() - FNV-1a-64 of the logical translation, continued from seed
 *
 * Covers iova, paddr, attribute bits and page size of every leaf, ascending;
 * not where tables lie. Equal translations give equal digests whatever the
 * strategy. Seed with V7S_DIGEST_INIT.
 */
uint64_t v7s_digest(const struct v7s *table, uint64_t seed);
#define V7S_DIGEST_INIT 0xcbf29ce484222325ull

/* Linked tables that hold no valid entry: memory that only destroy frees. */
uint64_t v7s_empty_tables(const struct v7s *table);

#endif /* V7S_H */
