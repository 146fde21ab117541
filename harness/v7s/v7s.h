/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ARMv7 short-descriptor page table as an IOMMU driver sees it: a model of
 * drivers/iommu/io-pgtable-arm-v7s.c of Linux 6.1, result for result, and of
 * 4.20 and 6.13 where those differ.
 *
 * Supported: both levels; 4K, 64K, 1M and 16M mappings; every IOMMU_ prot;
 * quirks NS, NO_PERMS, MTK_EXT (34-bit iova, 35-bit paddr) and MTK_TTBR_EXT,
 * and of 4.20 MTK_4GB and TLBI_ON_MAP; splits of large mappings, with the lost
 * output address that kernels before 6.13 have, or without; walkers that do not
 * snoop the CPU's caches; concurrent callers.
 * Not supported: 4.20's NON_STRICT.
 * Never: what the format has and Linux does not use (domains, 32-bit ARM MMU
 * access flag faults).
 *
 * Level-2 tables come from an l2_strategy, the level-1 table from physmem.
 *
 * Concurrency, as in the kernel: map, unmap and iova_to_phys run at the same
 * time without a lock if env.nr_cpus says so, each thread with a cpu of its
 * own. A table is linked by compare-exchange and the loser of a race frees its
 * own; splitting a contiguous page takes a lock. Who maps, unmaps or looks up
 * an iova while another call unmaps it has no right to a certain result, and
 * none to a lookup in a slot whose table is being freed: the IOVA allocator's
 * users do not. Creation, destruction and all that observes: nobody else in
 * the table.
 */
#ifndef V7S_H
#define V7S_H

#include "l2_strategy.h"
#include "physmem.h"
#include "v7s_config.h"

struct v7s;

/*
 * Causes for a table to be refused that hardware has and simulated memory has
 * not, each injected on its own; see fault_attr. The first two are printed by
 * the kernel, under the same words.
 */
struct v7s_faults {
	struct fault_attr unfit; /* "Page table does not fit in PTE" */
	/* "Cannot accommodate DMA translation for IOMMU page tables" */
	struct fault_attr dma_translated;
	struct fault_attr dma_error; /* dma_map_single() fails */
};

/* What a call is busy with. Map begins in WALK, unmap in CLEAR. */
enum v7s_phase {
	V7S_WALK,
	V7S_ALLOC,   /* of a table, not cleared */
	V7S_ZERO,    /* clearing it */
	V7S_INSTALL, /* fit check, DMA mapping, compare-exchange */
	V7S_FILL,    /* entries; also the walk of the pages that follow */
	V7S_CLEAR,   /* walk and entries of an unmap */
	V7S_FREE,    /* of a table, DMA unmapping included */
	V7S_FLUSH,   /* callbacks that flush the TLB */
	V7S_NR_PHASES
};

/*
 * Is told of each phase that a call enters after its first, but only where a
 * table is allocated, freed or flushed: a call that does none of it tells
 * nothing. With a probe a strategy that clears is asked for a table as it is,
 * and the table cleared in ZERO.
 */
struct v7s_probe {
	void (*enter)(struct v7s_probe *probe, enum v7s_phase phase);
};

/* Where a table lives, fixed for its life. */
struct v7s_env {
	struct physmem *pm;
	struct l2_strategy *l2; /* shared or not; must outlive the table */
	unsigned nr_cpus; /* op.cpu is below it, and a thread may call for each
			   * at the same time; 0: one thread, any cpu */
	struct v7s_faults *faults; /* or NULL; for one thread */
	struct v7s_probe *probe;   /* or NULL; for one thread */
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
	uint64_t l2_replaced; /* of l2_frees: a block was mapped over it */
	uint64_t l2_races;    /* of l2_frees: another was linked first, or the
			       * first try inside a supersection failed */
	/* Of l2_failures, see struct v7s_faults: */
	uint64_t l2_unfit, l2_dma_translated, l2_dma_errors;
	uint64_t splits;   /* sections and contiguous pages split */
	uint64_t warns;	   /* WARN_ON that fired; of a WARN_ONCE each time */
	uint64_t tlb_add;  /* tlb_add_page callbacks */
	uint64_t tlb_walk; /* tlb_flush_walk callbacks */
	/* A walker that is not coherent; level-1 table included. Syncs, and
	 * the lines of them, are fewer with V7S_PATH_BATCH: one for a run.
	 * All else is the same on both paths. */
	uint64_t dma_maps, dma_unmaps; /* tables */
	uint64_t dma_syncs;	       /* runs of entries written */
	uint64_t dma_lines;	       /* cache lines of maps and syncs */
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
 * Return: 0; -EINVAL for an ias, oas or quirk combination that the kernel
 * refuses; -ENOMEM without memory for the level-1 table; -ERANGE if that lies
 * where a descriptor cannot point or is translated for DMA; -EIO if it cannot
 * be mapped for DMA; -ENOTSUP for V7S_NONCOHERENT_FLUSH on a host that is
 * neither x86 nor arm64.
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
 * 4.20: each page is a call of its own, whose iova and paddr must be below
 * 1 << 32 whatever ias and oas say; without READ or WRITE, which is looked at
 * first, 0 is returned and all of it claimed as mapped, with nothing done.
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
 * mapped (and, in 6.1, at the first try inside a supersection), whose split
 * finds no memory, or which would have to be split where splits are off. 4.20
 * wants each iova below 1 << 32. As in 6.1, unmapping a part of a 64K or 16M
 * page that was mapped misaligned also rewrites its neighbours; a table cut off
 * that way lives until l2_destroy().
 */
size_t v7s_unmap_pages(struct v7s *table, const struct v7s_op *op);

/* 0 if nothing is mapped there; bits above ias are ignored. */
phys_addr_t v7s_iova_to_phys(const struct v7s *table, uint64_t iova);

/* As given to v7s_create(), but for pgsizes. Inline, because the IOMMU core
 * asks at each call: it is what a struct v7s begins with. */
static inline const struct v7s_config *v7s_config(const struct v7s *table)
{
	return (const void *)table;
}

/* Sums, good until the next call. */
const struct v7s_stats *v7s_stats(const struct v7s *table);
void v7s_stats_add(struct v7s_stats *sum, const struct v7s_stats *stats);
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

/* The same without paddr and page sizes, which follow from it: which pages of
 * 4 KiB are mapped, and with what attributes. For mappings whose memory is not
 * the same from one run to the next. */
uint64_t v7s_digest_iova(const struct v7s *table, uint64_t seed);
#define V7S_DIGEST_INIT 0xcbf29ce484222325ull

/* Linked tables that hold no valid entry: memory that only destroy frees. */
uint64_t v7s_empty_tables(const struct v7s *table);

#endif /* V7S_H */
