// SPDX-License-Identifier: GPL-2.0-only
/*
 * genalloc: a gen_pool of 1 KiB units, one pool per domain, large enough for
 * every table that the domain can need: 4 MiB for 32 bits of iova, 16 MiB for
 * 34. The pool does not clear memory.
 *
 * Models lib/genalloc.c of Linux 6.1 (see mm/gen_pool.c) over blocks from the
 * page allocator:
 *	take=contiguous	blocks as large as needed, up to order 10 (4 MiB), the
 *			largest there is; without one the pool cannot be made
 *	take=pieces	what is still needed in the largest block to be had,
 *			from order 10 down to 0, each a chunk of the pool
 *	when=boot	taken when the domain is made, with GFP_KERNEL
 *	when=late	taken by the first allocation, with the caller's flags,
 *			which never sleeps: no __GFP_DIRECT_RECLAIM
 *	ondemand=1	no pool at first; 64 KiB (or, without that, less) each
 *			time it is full, and given back when all its tables are
 *			free. One empty chunk is kept, so that a domain at the
 *			edge does not take and give 64 KiB with each table.
 * late and ondemand are ideas, not 6.1: gen_pool_add() of 6.1 allocates its
 * bitmap with GFP_KERNEL, which the caller must not; and ondemand needs a
 * gen_pool_remove() that 6.1 has not got.
 *
 * Cost: that of the algorithm in mm/gen_pool.c; free walks the chunks. With
 * algo=best_fit a single unit is an exact fit in an isolated hole only.
 * Invariant: blocks and chunks of the pool are the same; without ondemand they
 * never change once taken; with it each block counts its tables in refcount.
 * Concurrency: the pool is lock-free, as in 6.1, and its users count by CPU.
 * when=late fills it under a lock, once, and shows it when it is full.
 * ondemand=1 takes the lock for each call: a chunk may only be removed with
 * nobody in the pool, for which a kernel, that walks chunks under RCU, would
 * have to wait out a grace period.
 */
#include <stdlib.h>

#include "gen_pool.h"
#include "l2_internal.h"
#include "mm_lock.h"

extern const struct l2_strategy_ops l2_strategy_genalloc;

#define ONDEMAND_ORDER 4 /* 64 KiB */
#define ONDEMAND_KEPT 1	 /* empty chunks */

struct genalloc {
	struct l2_strategy base;
	struct l2_env env;
	struct gen_pool *pool; /* NULL: late, and nothing taken yet; atomic */
	genpool_algo_t algo;
	uint64_t nr_pages; /* wanted in the pool */
	bool pieces;
	bool ondemand;
	struct l2_counts counts;  /* tables and failures */
	struct mm_lock lock;	  /* of what follows */
	struct l2_usage held;	  /* pages, metadata, refills, fallbacks */
	unsigned nr_empty;	  /* ondemand: chunks with no table */
	LIST_HEAD(, page) blocks; /* newest first */
};

enum { OPT_TABLES, OPT_ALGO, OPT_TAKE, OPT_WHEN, OPT_ONDEMAND };
enum { TABLES_AUTO };
enum { TAKE_CONTIGUOUS, TAKE_PIECES };
enum { WHEN_BOOT, WHEN_LATE };

static const struct l2_option options[] = {
	[OPT_TABLES] = { .key = "tables",
			 .help = "tables in the pool, rounded up to what is taken; auto: all that a domain can need",
			 .choices = "auto",
			 .min = 1,
			 .max = 16384 },
	[OPT_ALGO] = { .key = "algo",
		       .help = "how a hole is chosen",
		       .choices = "first_fit|best_fit|order_align" },
	[OPT_TAKE] = { .key = "take",
		       .help = "whole blocks of up to 4 MiB, or what is to be had",
		       .choices = "contiguous|pieces" },
	[OPT_WHEN] = { .key = "when",
		       .help = "memory taken with the domain, or by the first allocation",
		       .choices = "boot|late" },
	[OPT_ONDEMAND] = { .key = "ondemand",
			   .help = "grow by 64 KiB when full, and give back empty chunks; needs a new gen_pool API",
			   .choices = "0|1" },
	{ .key = NULL },
};

static const genpool_algo_t algos[] = {
	gen_pool_first_fit,
	gen_pool_best_fit,
	gen_pool_first_fit_order_align,
};

static const char *genalloc_conflict(const uint64_t *value)
{
	if (!value[OPT_ONDEMAND])
		return NULL;
	if (value[OPT_TABLES] != TABLES_AUTO)
		return "ondemand=1 has no size: leave tables=N out";
	if (value[OPT_TAKE] == TAKE_PIECES)
		return "ondemand=1 takes one chunk at a time: leave take=pieces out";
	if (value[OPT_WHEN] == WHEN_LATE)
		return "ondemand=1 takes memory when it is needed: leave when=late out";
	return NULL;
}

static void drop_block(struct genalloc *g, unsigned cpu, struct page *block)
{
	LIST_REMOVE(block, chunk_list);
	g->held.pages_held -= 1u << block->order;
	physmem_free_pages(g->env.pm, cpu, block, block->order);
}

static void drop_blocks(struct genalloc *g, unsigned cpu)
{
	struct page *block;

	while ((block = LIST_FIRST(&g->blocks)))
		drop_block(g, cpu, block);
}

static void genalloc_destroy(struct l2_strategy *l2)
{
	struct genalloc *g;

	if (!l2)
		return;
	g = container_of(l2, struct genalloc, base);
	gen_pool_destroy(g->pool);
	drop_blocks(g, 0);
	free(g);
}

/* One more block, of an order from highest down to lowest. */
static int take_block(struct genalloc *g, unsigned cpu, gfp_t gfp,
		      unsigned highest, unsigned lowest)
{
	unsigned order = highest;
	struct page *block;
	int err;

	gfp |= g->env.zone_gfp;
	for (;;) {
		gfp_t try = order > lowest ? gfp | __GFP_NOWARN | __GFP_NORETRY
					   : gfp;

		err = physmem_alloc_pages(g->env.pm, cpu, try, order, &block);
		if (!err)
			break;
		if (order-- == lowest)
			return -ENOMEM;
	}
	block->refcount = 0;
	LIST_INSERT_HEAD(&g->blocks, block, chunk_list);
	g->held.pages_held += 1u << order;
	return 0;
}

/* The order to ask for while nr_pages are missing. */
static unsigned wanted_order(const struct genalloc *g, uint64_t nr_pages)
{
	/* Pieces add up to what is wanted; a block is rounded up to it. */
	unsigned order = g->pieces ? fls64(nr_pages) - 1
				   : get_order(nr_pages << PAGE_SHIFT);

	return order < MAX_ORDER ? order : MAX_ORDER;
}

static int add_chunk(struct genalloc *g, struct gen_pool *pool,
		     struct page *block)
{
	return gen_pool_add(pool, physmem_page_va(g->env.pm, block),
			    (size_t)PAGE_SIZE << block->order);
}

static void update_metadata(struct genalloc *g)
{
	struct gen_pool_stats stats;

	gen_pool_stats(g->pool, &stats);
	g->held.metadata_bytes = stats.metadata_bytes;
}

/* Everybody may use the pool from now on. */
static void show_pool(struct genalloc *g, struct gen_pool *pool)
{
	__atomic_store_n(&g->pool, pool, __ATOMIC_RELEASE);
	update_metadata(g);
}

static int make_pool(const struct genalloc *g, struct gen_pool **ret)
{
	int err = gen_pool_create(L2_TABLE_SHIFT, ret);

	if (!err)
		gen_pool_set_algo(*ret, g->algo);
	return err;
}

/* The whole pool, or nothing and -ENOMEM. */
static int fill_pool(struct genalloc *g, unsigned cpu, gfp_t gfp)
{
	uint64_t nr_refills = 0, nr_fallbacks = 0;
	struct gen_pool *pool = NULL;
	struct page *block;
	int err = make_pool(g, &pool);

	while (!err && g->held.pages_held < g->nr_pages) {
		unsigned order =
			wanted_order(g, g->nr_pages - g->held.pages_held);

		err = take_block(g, cpu, gfp, order, g->pieces ? 0 : order);
		if (err)
			break;
		block = LIST_FIRST(&g->blocks);
		nr_refills++;
		nr_fallbacks += block->order < order;
		err = add_chunk(g, pool, block);
	}
	if (err) {
		gen_pool_destroy(pool);
		drop_blocks(g, cpu);
		return -ENOMEM;
	}
	g->held.nr_refills += nr_refills;
	g->held.nr_fallbacks += nr_fallbacks;
	show_pool(g, pool);
	return 0;
}

/* Unless somebody else has while we waited. */
static int fill_pool_late(struct genalloc *g, unsigned cpu, gfp_t gfp)
{
	int err = 0;

	mm_lock(&g->lock, g->env.threads);
	if (!g->pool)
		err = fill_pool(g, cpu, gfp);
	mm_unlock(&g->lock, g->env.threads);
	return err;
}

static int make_empty_pool(struct genalloc *g)
{
	struct gen_pool *pool;
	int err = make_pool(g, &pool);

	if (!err)
		show_pool(g, pool);
	return err;
}

static int genalloc_create(const struct l2_env *env, const uint64_t *value,
			   struct l2_strategy **ret)
{
	struct genalloc *g = calloc(1, sizeof(*g));
	uint64_t nr_tables = value[OPT_TABLES];
	int err = 0;

	if (!g)
		return -ENOMEM;
	if (nr_tables == TABLES_AUTO)
		nr_tables = env->max_tables;
	g->base.ops = &l2_strategy_genalloc;
	g->base.link_offset = L2_LINK_OFFSET;
	g->env = *env;
	g->algo = algos[value[OPT_ALGO]];
	g->nr_pages = (nr_tables + L2_TABLES_PER_PAGE - 1) / L2_TABLES_PER_PAGE;
	g->pieces = value[OPT_TAKE] == TAKE_PIECES;
	g->ondemand = value[OPT_ONDEMAND];
	l2_counts_init(&g->counts, env);
	if (g->ondemand)
		err = make_empty_pool(g);
	else if (value[OPT_WHEN] == WHEN_BOOT)
		err = fill_pool(g, 0, GFP_KERNEL);
	if (err) {
		genalloc_destroy(&g->base);
		return err;
	}
	*ret = &g->base;
	return 0;
}

/* Adds a chunk to a pool that is full. */
static int grow(struct genalloc *g, unsigned cpu, gfp_t gfp)
{
	struct page *block;
	int err = take_block(g, cpu, gfp, ONDEMAND_ORDER, 0);

	if (err)
		return err;
	block = LIST_FIRST(&g->blocks);
	err = add_chunk(g, g->pool, block);
	if (err) {
		drop_block(g, cpu, block);
		return err;
	}
	g->nr_empty++;
	g->held.nr_refills++;
	g->held.nr_fallbacks += block->order < ONDEMAND_ORDER;
	update_metadata(g);
	return 0;
}

/* Gives back the chunk that has just become empty, if one is kept already. */
static void shrink(struct genalloc *g, unsigned cpu, struct page *block)
{
	if (++g->nr_empty <= ONDEMAND_KEPT)
		return;
	g->nr_empty--;
	gen_pool_remove(g->pool, physmem_page_va(g->env.pm, block));
	drop_block(g, cpu, block);
	update_metadata(g);
}

static void *ondemand_alloc(struct genalloc *g, unsigned cpu, gfp_t gfp)
{
	void *va;

	mm_lock(&g->lock, g->env.threads);
	va = gen_pool_alloc(g->pool, L2_TABLE_SIZE);
	if (!va && !grow(g, cpu, gfp))
		va = gen_pool_alloc(g->pool, L2_TABLE_SIZE);
	if (va && !physmem_head(g->env.pm, va)->refcount++)
		g->nr_empty--;
	mm_unlock(&g->lock, g->env.threads);
	return va;
}

static void ondemand_free(struct genalloc *g, unsigned cpu, void *va)
{
	struct page *block;

	mm_lock(&g->lock, g->env.threads);
	gen_pool_free(g->pool, va, L2_TABLE_SIZE);
	block = physmem_head(g->env.pm, va);
	if (!--block->refcount)
		shrink(g, cpu, block);
	mm_unlock(&g->lock, g->env.threads);
}

static int genalloc_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
			  struct l2_table *ret)
{
	struct genalloc *g = container_of(l2, struct genalloc, base);
	struct l2_usage *usage = l2_shard(&g->counts, cpu);
	void *va;

	gfp &= ~(__GFP_ZERO | __GFP_DIRECT_RECLAIM);
	if (g->ondemand) {
		va = ondemand_alloc(g, cpu, gfp);
		if (!va)
			return l2_fail(usage, L2_FAIL_NOMEM);
	} else {
		if (!__atomic_load_n(&g->pool, __ATOMIC_ACQUIRE) &&
		    fill_pool_late(g, cpu, gfp))
			return l2_fail(usage, L2_FAIL_NOMEM);
		va = gen_pool_alloc(__atomic_load_n(&g->pool, __ATOMIC_ACQUIRE),
				    L2_TABLE_SIZE);
		if (!va)
			return l2_fail(usage, L2_FAIL_EXHAUSTED);
	}
	l2_publish(&g->env, usage, va, ret);
	return 0;
}

static void genalloc_free(struct l2_strategy *l2, unsigned cpu,
			  const struct l2_table *table)
{
	struct genalloc *g = container_of(l2, struct genalloc, base);

	l2_retire(l2_shard(&g->counts, cpu), table->va);
	if (g->ondemand)
		ondemand_free(g, cpu, table->va);
	else
		gen_pool_free(__atomic_load_n(&g->pool, __ATOMIC_ACQUIRE),
			      table->va, L2_TABLE_SIZE);
}

static void genalloc_usage(const struct l2_strategy *l2, struct l2_usage *ret)
{
	const struct genalloc *g =
		container_of(l2, const struct genalloc, base);

	l2_counts_sum(&g->counts, ret);
	l2_usage_add(ret, &g->held);
}

static void genalloc_attrs(const struct l2_strategy *l2, struct l2_attrs *ret)
{
	const struct genalloc *g =
		container_of(l2, const struct genalloc, base);
	struct gen_pool_stats stats = { 0 };
	struct l2_usage usage;
	unsigned algo = 0;

	if (g->pool)
		gen_pool_stats(g->pool, &stats);
	while (algos[algo] != g->algo)
		algo++;
	genalloc_usage(l2, &usage);
	l2_usage_attrs(&usage, ret);
	l2_attr(ret, "gen_pool_size", stats.bytes);
	l2_attr(ret, "gen_pool_avail", stats.bytes_free);
	l2_attr(ret, "chunks", stats.nr_chunks);
	l2_attr(ret, "bits", stats.nr_bits);
	l2_attr(ret, "algo", algo); /* index of the option's words */
	l2_attr(ret, "empty_chunks", g->nr_empty);
}

/* Blocks against chunks, newest first both, and counts of tables. */
static int check_blocks(const struct genalloc *g, const struct l2_usage *usage,
			const char **ret_why)
{
	uint64_t nr_pages = 0, nr_refs = 0, nr_empty = 0;
	const struct page *block;
	unsigned n = 0;

	LIST_FOREACH(block, &g->blocks, chunk_list)
	{
		*ret_why = "blocks and chunks of the pool disagree";
		if (block->flags != PG_HEAD ||
		    gen_pool_chunk(g->pool, n++) !=
			    physmem_page_va(g->env.pm, block))
			return -EUCLEAN;
		nr_pages += 1u << block->order;
		nr_refs += (uint32_t)block->refcount;
		nr_empty += !block->refcount;
	}
	*ret_why = "pages of blocks and pages held disagree";
	if (nr_pages != usage->pages_held)
		return -EUCLEAN;
	*ret_why = "tables of chunks and tables handed out disagree";
	if (g->ondemand &&
	    (nr_refs != usage->nr_tables || nr_empty != g->nr_empty ||
	     nr_empty > ONDEMAND_KEPT))
		return -EUCLEAN;
	return 0;
}

static int genalloc_check(const struct l2_strategy *l2, const char **ret_why)
{
	const struct genalloc *g =
		container_of(l2, const struct genalloc, base);
	struct gen_pool_stats stats = { 0 };
	struct l2_usage usage;

	genalloc_usage(l2, &usage);
	if (check_blocks(g, &usage, ret_why))
		return -EUCLEAN;
	if (g->pool)
		gen_pool_stats(g->pool, &stats);
	*ret_why = "pool and tables handed out disagree";
	if (stats.bytes != usage.pages_held * PAGE_SIZE ||
	    stats.bytes - stats.bytes_free != usage.nr_tables * L2_TABLE_SIZE ||
	    stats.metadata_bytes != usage.metadata_bytes)
		return -EUCLEAN;
	return g->pool ? gen_pool_check(g->pool, ret_why) : 0;
}

const struct l2_strategy_ops l2_strategy_genalloc = {
	.name = "genalloc",
	.summary =
		"gen_pool over memory for every table a domain can need (4 MiB at 32 bits)",
	.models = "Linux 6.1 lib/genalloc.c",
	.scope = L2_PER_DOMAIN,
	.options = options,
	.conflict = genalloc_conflict,
	.create = genalloc_create,
	.destroy = genalloc_destroy,
	.alloc = genalloc_alloc,
	.free = genalloc_free,
	.usage = genalloc_usage,
	.attrs = genalloc_attrs,
	.check = genalloc_check,
};
