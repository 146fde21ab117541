/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * v7sbench, the kernel module: what its files know of each other. README.md in
 * the folder above describes the language that it reads.
 *
 *   main.c	/proc/v7sbench: opens, reads, writes
 *   script.c	cuts what is written into lines, runs them, reports errors
 *   scan.c	numbers and key=value fields
 *   vector.c	cfg, map, unmap, ... of golden vectors
 *   run.c	run, m, u, end
 *   domain.c	a page table as a domain of the IOMMU core
 *   pgtable.c	a page table of the driver, and its TLB callbacks
 *   driver.c	includes the unmodified driver, its calls of slab.h redirected
 *   state.c	a page table's entries as text and hash
 *   l2.c	level-2 tables: which strategy, failures on request, counts
 *   l2_*.c	one strategy each
 *   held.c	free pages below 4 GiB
 *   cost.c	instructions or cycles of a call
 *   answer.c	text that goes back
 *
 * Concurrency: everything runs under main.c's mutex, in the task that writes;
 * the kernel's allocators and IOMMU core take their own locks.
 */
#ifndef V7SBENCH_H
#define V7SBENCH_H

#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/io-pgtable.h>
#include <linux/iommu.h>
#include <linux/irqflags.h>
#include <linux/types.h>

#include "compat.h"

#define L2_SIZE 1024

/* FNV-1a with 64 bits. */
#define FNV_INIT 0xcbf29ce484222325ull
#define FNV_PRIME 0x100000001b3ull

static inline u64 fnv_step(u64 hash, u64 value)
{
	return (hash ^ value) * FNV_PRIME;
}

/* Level-2 tables (l2.c, l2_*.c) */

/* What one page table has its level-2 tables from; strategies embed it. */
struct l2_pool {
	const struct l2_ops *ops;
	gfp_t zone; /* GFP_DMA32, or 0 if tables may lie anywhere */
};

/**
 * struct l2_ops - a strategy
 * @name:	as in scripts
 * @create:	for one page table; a pointer or ERR_PTR(); may sleep; tables is
 *		how many the page table may need at once
 * @destroy:	all its tables have come back
 * @zalloc:	L2_SIZE bytes of zeros, aligned to that, or NULL; never sleeps
 *		if gfp says so
 * @free:	a table of @zalloc; never sleeps
 */
struct l2_ops {
	const char *name;
	struct l2_pool *(*create)(gfp_t zone, unsigned long tables);
	void (*destroy)(struct l2_pool *pool);
	void *(*zalloc)(struct l2_pool *pool, gfp_t gfp);
	void (*free)(struct l2_pool *pool, void *table);
};

extern const struct l2_ops l2_slab_dma32, l2_genalloc, l2_page_frag, l2_page,
	l2_pte_frag;

/* What has been counted since the module was loaded. */
struct v7s_counts {
	u64 allocs, frees; /* level-2 tables */
	u64 warns;	   /* WARN_ONs of the driver */
	u64 tlb_add, tlb_walk;
};

extern struct v7s_counts v7s_counts;

struct cost;

int l2_choose(const char *name, size_t len, unsigned long tables);
const char *l2_chosen(void); /* or NULL */
void l2_inject(u64 nth);     /* allocation from now on fails, once */
void l2_set_cost(struct cost *cost);
struct l2_pool *l2_create(gfp_t zone); /* or NULL, then l2_error() */
int l2_error(void);		       /* why, once; or 0 */
void l2_destroy(struct l2_pool *pool); /* or NULL */
void *l2_zalloc(struct l2_pool *pool, gfp_t gfp);
void l2_free(struct l2_pool *pool, void *table);

/* Page tables (driver.c, pgtable.c, state.c, domain.c) */

struct pgtable_config {
	unsigned int ias, oas;
	unsigned long quirks, pgsizes;
};

/* ERR_PTR(-EINVAL) if the driver refuses, -EDOM if it would break, -ENOMEM.
 * cfg becomes the driver's. */
struct io_pgtable_ops *pgtable_create(const struct pgtable_config *config,
				      struct io_pgtable_cfg *cfg);
void pgtable_destroy(struct io_pgtable_ops *ops); /* or NULL */

/* A non-zero entry; l2_index is -1 for one of level 1. */
struct pgtable_entry {
	unsigned int l1_index;
	int l2_index;
	bool is_table;
	u32 pte;
};

typedef void (*pgtable_entry_fn)(void *ctx, const struct pgtable_entry *entry);

void driver_walk(struct io_pgtable_ops *ops, pgtable_entry_fn fn, void *ctx);
struct page *driver_l1_page(struct io_pgtable_ops *ops, unsigned int *ret_nr);

struct pgtable_state {
	unsigned int l1_nonzero, l2_tables, l2_nonzero;
	u64 hash;
};

/* list: each entry is answered as well, a line each. */
void pgtable_state(struct io_pgtable_ops *ops, bool list,
		   struct pgtable_state *ret);

struct bench_domain {
	struct iommu_domain domain; /* what the IOMMU core sees */
	struct io_pgtable_ops *pgtable;
};

int domain_create(struct bench_domain *d, const struct pgtable_config *config);
void domain_destroy(struct bench_domain *d);

/* Pages (held.c) */

/* Free pages of all zones that GFP_DMA32 allocates from. */
long held_free_pages(void);
/* Those of a level-1 table that lie there. */
long held_l1_pages(struct io_pgtable_ops *ops);

/* Cost (cost.c) */

enum cost_class {
	COST_ALLOC,
	COST_FREE,
	COST_MAP,
	COST_MAP_TABLE,
	COST_UNMAP,
	COST_UNMAP_TABLE,
	COST_TIMER,
	NR_COST_CLASSES
};

/* A call that is being measured. */
struct cost_call {
	unsigned long flags; /* interrupts, before it */
	cycles_t cycles;     /* at its start, then what it took */
};

struct cost *cost_create(void); /* or NULL; has taken class timer */
void cost_destroy(struct cost *cost);
void cost_add(struct cost *cost, enum cost_class class,
	      const struct cost_call *call);
void cost_answer(const struct cost *cost);

/* Only the call lies between the two readings of the clock; it must not sleep.
 */
static __always_inline struct cost_call cost_start(void)
{
	struct cost_call call;

	local_irq_save(call.flags);
	call.cycles = get_cycles();
	return call;
}

static __always_inline void cost_stop(struct cost_call *call)
{
	call->cycles = get_cycles() - call->cycles;
	local_irq_restore(call->flags);
}

/* Answers (answer.c) */

__printf(1, 2) void answer(const char *format, ...);
void answer_text(const char *text, size_t size);
bool answer_lost(void); /* no memory: nothing more is to be executed */
void answer_clear(void);
ssize_t answer_read(char __user *to, size_t size, loff_t *pos);

/* Scripts (scan.c, script.c, vector.c, run.c) */

/* A field: a number up to max, or one of the words of choices. */
struct scan_field {
	const char *name;
	u64 max;
	const char *const *choices; /* ended by NULL */
};

bool scan_u64(const char **p, u64 *ret);
/* All fields in any order, each once. NULL, or what is wrong. */
const char *scan_fields(const char *p, const struct scan_field *field,
			unsigned int nr, u64 *value);

struct run;

struct script {
	u64 line; /* the one that is executed, from 1 */
	bool skipping;
	int cpu;
	struct run *run; /* or NULL */
	struct io_pgtable_ops
		*vector;	  /* page table of golden vectors, or NULL */
	struct task_struct *task; /* that was moved, and where it came from */
	cpumask_var_t home;
	bool too_long;
	size_t nr_carry; /* bytes of a line that is not complete */
	char carry[1024];
};

struct script *script_open(void); /* or NULL */
/* buf may be written on. 0 or -EINTR. */
int script_write(struct script *s, char *buf, size_t size);
void script_close(struct script *s);
int script_move(struct script *s, unsigned int cpu);
/* Answers with an error of this line, drops the run. err: or 0 */
__printf(3, 4) void script_error(struct script *s, int err, const char *format,
				 ...);

/* True if name is one of golden vectors, which then has been executed. */
bool vector_command(struct script *s, const char *line, size_t name_len);
void vector_close(struct script *s);

void run_start(struct script *s, const char *args);
void run_map(struct script *s, const u64 value[5]);
void run_unmap(struct script *s, const u64 value[3]);
void run_end(struct script *s);
void run_drop(struct script *s);

#endif /* V7SBENCH_H */
