/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a struct v7s is made of, and what its files share: v7s.c maps, unmaps
 * and looks up; v7s_batch.c does runs at once; v7s_split.c breaks large pages
 * up; v7s_l2.c takes, links and frees tables; v7s_dma.c keeps a walker informed
 * that is not coherent; v7s_create.c begins and ends. Nobody else includes
 * this, but for tests of what no caller can see.
 */
#ifndef V7S_TABLE_H
#define V7S_TABLE_H

#include <errno.h>

#include "mm_lock.h"
#include "v7s_pte.h"

#define V7S_CACHE_LINE 64u

/* For what is called from two places, one of which is a hot loop. */
#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* Values of prot that differ in a leaf: all IOMMU_ bits. */
#define V7S_NR_PROTS 64u

struct page;

/* Counters of one simulated CPU, on lines of their own. */
struct v7s_cpu {
	_Alignas(V7S_CACHE_LINE) struct v7s_stats stats;
};

/*
 * Invariant: an entry of l1 of type table points to an l2_table that is alive
 * in env.l2, and no other entry points to the same one.
 *
 * Synchronization: l1 and the level-2 entries by atomic loads and stores, new
 * tables by compare-exchange with release, which the loads of level 1 acquire.
 * Contiguous pages are broken up under split_lock. A CPU's counters are its
 * own. All else is fixed from v7s_create() on.
 */
struct v7s {
	struct v7s_config cfg; /* first: v7s_config() relies on it */
	uint32_t *l1;
	uintptr_t va_offset; /* va = paddr + va_offset, for all of RAM */
	uint64_t l1_index_mask;
	enum v7s_split split; /* what cfg asks for in this kernel */
	bool batch; /* as cfg.path says, if this kernel's driver can */
	bool coherent;
	bool clflushopt; /* the host has it: v7s_dma.c */
	bool threads;
	unsigned cpu_mask; /* of an op's cpu: its place in cpu */
	struct v7s_cpu *cpu;
	struct v7s_env env;
	/* v7s_pte_leaf() by level - 1 and prot, and the same contiguous. */
	uint32_t leaf[2][V7S_NR_PROTS], contig_leaf[2][V7S_NR_PROTS];
	struct mm_lock split_lock;
	struct page *l1_page;
	unsigned l1_order;
	struct v7s_regs regs;
};

_Static_assert(offsetof(struct v7s, cfg) == 0, "see v7s_config()");

/* A call under way. */
struct v7s_call {
	struct v7s *table;
	const struct v7s_op *op;
	struct v7s_stats *stats; /* of the CPU that runs it */
};

static inline struct v7s_stats *v7s_cpu_stats(const struct v7s *table,
					      unsigned cpu)
{
	return &table->cpu[cpu & table->cpu_mask].stats;
}

static inline struct v7s_call v7s_call_begin(struct v7s *table,
					     const struct v7s_op *op)
{
	return (struct v7s_call){
		.table = table,
		.op = op,
		.stats = v7s_cpu_stats(table, op->cpu),
	};
}

/* What is wrong with a call of unmap_pages, but for its page size, or 0. Not
 * for 4.20. */
static inline int v7s_unmap_refused(const struct v7s_call *c)
{
	if (c->op->iova >> c->table->cfg.ias) {
		c->stats->warns++;
		return -ERANGE;
	}
	return 0;
}

/* The same of map_pages. */
static inline int v7s_map_refused(const struct v7s_call *c)
{
	const struct v7s_op *op = c->op;

	if (op->iova >> c->table->cfg.ias || op->paddr >> c->table->cfg.oas) {
		c->stats->warns++;
		return -ERANGE;
	}
	return op->prot & (IOMMU_READ | IOMMU_WRITE) ? 0 : -EINVAL;
}

/* A single leaf with everything but an address. */
static inline uint32_t v7s_leaf(const struct v7s *table, enum v7s_level level,
				int prot)
{
	return table->leaf[level - 1][(unsigned)prot % V7S_NR_PROTS];
}

static inline uint32_t v7s_contig_leaf(const struct v7s *table,
				       enum v7s_level level, int prot)
{
	return table->contig_leaf[level - 1][(unsigned)prot % V7S_NR_PROTS];
}

static inline void v7s_enter(const struct v7s_call *c, enum v7s_phase phase)
{
	struct v7s_probe *probe = c->table->env.probe;

	if (probe)
		probe->enter(probe, phase);
}

static inline uint32_t v7s_read(const uint32_t *ptep)
{
	return __atomic_load_n(ptep, __ATOMIC_ACQUIRE);
}

static inline unsigned v7s_l1_index(const struct v7s *table, uint64_t iova)
{
	return (unsigned)(iova >> V7S_L1_SHIFT & table->l1_index_mask);
}

static inline unsigned v7s_l2_index(uint64_t iova)
{
	return iova >> V7S_L2_SHIFT & (V7S_L2_ENTRIES - 1);
}

/* The entries of the l2_table that a level-1 descriptor points to. */
static inline uint32_t *v7s_l2(const struct v7s *table, uint32_t pte)
{
	phys_addr_t paddr = v7s_table_paddr(pte, table->cfg.quirks);

	return (uint32_t *)(uintptr_t)(paddr + table->va_offset);
}

/* Entries of a run of nr that lie in their table, from index to last. */
static inline unsigned v7s_run_room(unsigned index, unsigned last, unsigned nr)
{
	return last - index < nr ? last - index + 1 : nr;
}

/* v7s_dma.c */

/* 0, or -ENOTSUP if this host cannot do what V7S_NONCOHERENT_FLUSH does. */
int v7s_dma_init(struct v7s *table);

/* The others are for a walker that is not coherent only. */

/* Tells it of nr entries. */
void v7s_dma_sync(const struct v7s_call *c, const uint32_t *ptep, unsigned nr);

/* Hands a table of size bytes over, or takes it back. */
void v7s_dma_map(const struct v7s_call *c, const void *va, size_t size);
void v7s_dma_unmap(const struct v7s_call *c);

static inline void v7s_sync(const struct v7s_call *c, const uint32_t *ptep,
			    unsigned nr)
{
	if (!c->table->coherent)
		v7s_dma_sync(c, ptep, nr);
}

static inline void v7s_set(uint32_t *ptep, uint32_t pte)
{
	__atomic_store_n(ptep, pte, __ATOMIC_RELAXED);
}

/* Gives nr entries one value. */
static inline void v7s_write(const struct v7s_call *c, uint32_t *ptep,
			     uint32_t pte, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++)
		v7s_set(&ptep[i], pte);
	v7s_sync(c, ptep, nr);
}

/* v7s_l2.c */

/* True where a descriptor of this configuration can point. */
bool v7s_table_fits(const struct v7s_config *cfg, phys_addr_t paddr);

/* Hands a new table to the walker. 0; -ERANGE if no descriptor can point to it
 * or the DMA layer translates it; -EIO if that layer fails. Counted. */
int v7s_accept_table(const struct v7s_call *c, const void *va,
		     phys_addr_t paddr, size_t size);

/* A zeroed table that can be linked: 0 or -ENOMEM, whatever the reason. */
int v7s_take_l2(const struct v7s_call *c, gfp_t gfp, struct l2_table *ret);

/* Frees one that is not linked, or not any more. */
void v7s_drop_l2(const struct v7s_call *c, const struct l2_table *l2);

/* The same for the table of a descriptor that was in level 1. */
void v7s_drop_linked(const struct v7s_call *c, uint32_t pte);

/* Puts l2 where *ptep holds old. Returns what *ptep held: old if it worked. */
uint32_t v7s_link_l2(const struct v7s_call *c, uint32_t *ptep, uint32_t old,
		     const struct l2_table *l2);

/* An empty slot gets a table. Returns what the slot holds then, or 0. */
uint32_t v7s_fill_slot(const struct v7s_call *c, uint32_t *ptep);

/* v7s_split.c */

/* Breaks up the contiguous page that *ptep, the index-th entry, belongs to.
 * True, and in *ret_pte what takes the place of that entry for the caller;
 * false if splits are off. */
bool v7s_split_contig(const struct v7s_call *c, uint32_t *ptep, unsigned index,
		      enum v7s_level level, uint32_t *ret_pte);

/* A section becomes a table without the page at iova; true if that worked, or
 * another CPU was first and the page is gone from its table. */
bool v7s_split_section(const struct v7s_call *c, uint64_t iova,
		       uint32_t section);

/* v7s.c: one page of op->pgsize. 0 or the error of v7s_map_pages(). */
int v7s_map_one(const struct v7s_call *c, uint64_t iova, phys_addr_t paddr);
bool v7s_unmap_one(const struct v7s_call *c, uint64_t iova);

/* Below a table, one small or one large page. */
bool v7s_unmap_leaf(const struct v7s_call *c, uint32_t *l2, uint64_t iova);

/* v7s_batch.c: v7s_map_pages() and v7s_unmap_pages() where table->batch says
 * so. */
int v7s_batch_map(struct v7s *table, const struct v7s_op *op,
		  size_t *ret_mapped);
size_t v7s_batch_unmap(struct v7s *table, const struct v7s_op *op);

#endif /* V7S_TABLE_H */
