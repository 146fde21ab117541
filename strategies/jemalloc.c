// SPDX-License-Identifier: GPL-2.0-only
/*
 * jemalloc: the real library as a baseline. An arena of its own whose extents
 * come, through extent hooks, from the simulated zone and go back to it.
 *
 * Stands for jemalloc 5 with these settings:
 *	retain	off, in malloc_conf below: extents that are free go back through
 *		the hooks, instead of being kept as address space
 *	decay	0 ms for dirty and muzzy pages: they go back at once, so that
 *		what is held depends on no clock
 *	tcache	one explicit cache per simulated CPU, as big as a thread's
 *		(tcache=0: none); what it keeps counts as held
 * The arena's own metadata, its base, comes through the hooks too and counts as
 * held: one block of 2 MiB from the start, of which the library calls the part
 * in use base. What is held is never less than what the library itself says is
 * mapped, base included; attrs() has both. Not modelled: anything; the memory
 * is not cleared.
 *
 * Cost: that of the library. Invariant: pages_held = bytes that the hooks have
 * given and not got back.
 * Concurrency: the library's own; a tcache is used by its CPU only. The hooks
 * run on the thread whose call needs or gives up an extent, and are not told
 * for which simulated CPU: each thread notes that before it calls. Their list
 * of blocks is under a lock that is ours.
 */
#include <jemalloc/jemalloc.h>
#include <stdlib.h>

#include "l2_internal.h"
#include "mm_lock.h"

extern const struct l2_strategy_ops l2_strategy_jemalloc;

/* Read by the library when the process starts. */
extern const char *malloc_conf;
const char *malloc_conf = "retain:false,abort_conf:true";

struct jemalloc {
	struct l2_strategy base;
	struct l2_env env;
	extent_hooks_t hooks; /* the hooks find the rest by container_of */
	unsigned arena;
	unsigned nr_caches;
	struct l2_counts counts;  /* tables and failures */
	struct mm_lock lock;	  /* of the two below */
	LIST_HEAD(, page) blocks; /* that the hooks have handed to the arena */
	struct l2_usage held;	  /* pages, refills */
	unsigned cache[];
};

/* CPU of the call that this host thread is in: the hooks' missing argument. */
static _Thread_local unsigned calling_cpu;

/* The CPU for the page allocator: one thread's figures depend on no CPU. */
static unsigned hook_cpu(const struct jemalloc *j)
{
	return j->env.threads ? calling_cpu : 0;
}

enum { OPT_TCACHE };

static const struct l2_option options[] = {
	[OPT_TCACHE] = { .key = "tcache",
			 .help = "a thread cache per simulated CPU (retain off, decay 0, metadata held: see jemalloc.c)",
			 .choices = "0|1",
			 .def = 1 },
	{ .key = NULL },
};

static void *hook_alloc(extent_hooks_t *hooks, void *new_addr, size_t size,
			size_t alignment, bool *zero, bool *commit,
			unsigned arena_ind)
{
	struct jemalloc *j = container_of(hooks, struct jemalloc, hooks);
	unsigned order = get_order(size > alignment ? size : alignment);
	struct page *block;

	(void)arena_ind;
	if (new_addr)
		return NULL;
	if (physmem_alloc_pages(j->env.pm, hook_cpu(j),
				j->env.zone_gfp | (*zero ? __GFP_ZERO : 0),
				order, &block))
		return NULL;
	mm_lock(&j->lock, j->env.threads);
	LIST_INSERT_HEAD(&j->blocks, block, chunk_list);
	j->held.pages_held += 1u << order;
	j->held.nr_refills++;
	mm_unlock(&j->lock, j->env.threads);
	*commit = true;
	return physmem_page_va(j->env.pm, block);
}

static bool hook_dalloc(extent_hooks_t *hooks, void *addr, size_t size,
			bool committed, unsigned arena_ind)
{
	struct jemalloc *j = container_of(hooks, struct jemalloc, hooks);
	struct page *block = physmem_head(j->env.pm, addr);

	(void)size;
	(void)committed;
	(void)arena_ind;
	mm_lock(&j->lock, j->env.threads);
	LIST_REMOVE(block, chunk_list);
	j->held.pages_held -= 1u << block->order;
	mm_unlock(&j->lock, j->env.threads);
	physmem_free_pages(j->env.pm, hook_cpu(j), block, block->order);
	return false;
}

/* A block goes back as it came: the page allocator takes no parts. */
static bool hook_split(extent_hooks_t *hooks, void *addr, size_t size,
		       size_t size_a, size_t size_b, bool committed,
		       unsigned arena_ind)
{
	(void)hooks, (void)addr, (void)size, (void)size_a, (void)size_b;
	(void)committed, (void)arena_ind;
	return true;
}

static bool hook_merge(extent_hooks_t *hooks, void *addr_a, size_t size_a,
		       void *addr_b, size_t size_b, bool committed,
		       unsigned arena_ind)
{
	(void)hooks, (void)addr_a, (void)size_a, (void)addr_b, (void)size_b;
	(void)committed, (void)arena_ind;
	return true;
}

static void arena_ctl(unsigned arena, const char *what, ssize_t *value)
{
	size_t mib[3], miblen = 3;

	if (mallctlnametomib(what, mib, &miblen))
		return;
	mib[1] = arena;
	mallctlbymib(mib, miblen, NULL, NULL, value,
		     value ? sizeof(*value) : 0);
}

static void jemalloc_destroy(struct l2_strategy *l2)
{
	struct jemalloc *j;
	struct page *block;
	unsigned i;

	if (!l2)
		return;
	j = container_of(l2, struct jemalloc, base);
	for (i = 0; i < j->nr_caches; i++)
		mallctl("tcache.destroy", NULL, NULL, &j->cache[i],
			sizeof(j->cache[i]));
	if (j->arena)
		arena_ctl(j->arena, "arena.0.destroy", NULL);
	/* The base block, which the library keeps with the arena's index. */
	while ((block = LIST_FIRST(&j->blocks))) {
		LIST_REMOVE(block, chunk_list);
		physmem_free_pages(j->env.pm, 0, block, block->order);
	}
	free(j);
}

static int create_arena(struct jemalloc *j)
{
	extent_hooks_t *hooks = &j->hooks;
	size_t size = sizeof(j->arena);
	ssize_t at_once = 0;

	j->hooks.alloc = hook_alloc;
	j->hooks.dalloc = hook_dalloc;
	j->hooks.split = hook_split;
	j->hooks.merge = hook_merge;
	if (mallctl("arenas.create", &j->arena, &size, &hooks, sizeof(hooks)))
		return -ENOMEM;
	arena_ctl(j->arena, "arena.0.dirty_decay_ms", &at_once);
	arena_ctl(j->arena, "arena.0.muzzy_decay_ms", &at_once);
	return 0;
}

static int jemalloc_create(const struct l2_env *env, const uint64_t *value,
			   struct l2_strategy **ret)
{
	struct jemalloc *j;
	size_t size = sizeof(unsigned);
	unsigned nr = value[OPT_TCACHE] ? env->nr_cpus : 0;
	int err;

	j = calloc(1, sizeof(*j) + nr * sizeof(j->cache[0]));
	if (!j)
		return -ENOMEM;
	j->base.ops = &l2_strategy_jemalloc;
	j->base.link_offset = L2_LINK_OFFSET;
	j->env = *env;
	l2_counts_init(&j->counts, env);
	err = create_arena(j);
	while (!err && j->nr_caches < nr) {
		if (mallctl("tcache.create", &j->cache[j->nr_caches], &size,
			    NULL, 0))
			err = -ENOMEM;
		else
			j->nr_caches++;
	}
	if (err) {
		jemalloc_destroy(&j->base);
		return err;
	}
	*ret = &j->base;
	return 0;
}

static int call_flags(const struct jemalloc *j, unsigned cpu)
{
	return (int)(MALLOCX_ARENA(j->arena) | MALLOCX_ALIGN(L2_TABLE_SIZE)) |
	       (j->nr_caches ? (int)MALLOCX_TCACHE(j->cache[cpu])
			     : MALLOCX_TCACHE_NONE);
}

static int jemalloc_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
			  struct l2_table *ret)
{
	struct jemalloc *j = container_of(l2, struct jemalloc, base);
	struct l2_usage *usage = l2_shard(&j->counts, cpu);
	void *va;

	(void)gfp;
	calling_cpu = cpu;
	va = mallocx(L2_TABLE_SIZE, call_flags(j, cpu));
	if (!va)
		return l2_fail(usage, L2_FAIL_NOMEM);
	if (!physmem_owns(j->env.pm, va) ||
	    !l2_reachable(&j->env, physmem_paddr(j->env.pm, va))) {
		sdallocx(va, L2_TABLE_SIZE, call_flags(j, cpu));
		return l2_fail(usage, L2_FAIL_RANGE);
	}
	l2_publish(&j->env, usage, va, ret);
	return 0;
}

static void jemalloc_free(struct l2_strategy *l2, unsigned cpu,
			  const struct l2_table *table)
{
	struct jemalloc *j = container_of(l2, struct jemalloc, base);

	l2_shard(&j->counts, cpu)->nr_tables--;
	calling_cpu = cpu;
	sdallocx(table->va, L2_TABLE_SIZE, call_flags(j, cpu));
}

static void jemalloc_usage(const struct l2_strategy *l2, struct l2_usage *ret)
{
	const struct jemalloc *j =
		container_of(l2, const struct jemalloc, base);

	l2_counts_sum(&j->counts, ret);
	l2_usage_add(ret, &j->held);
}

/* What the library says of the arena; nothing if it was built without stats. */
static void add_library_attrs(unsigned arena, struct l2_attrs *ret)
{
	static const struct {
		const char *name, *ctl;
	} stats[] = {
		{ "je_mapped", "stats.arenas.0.mapped" },
		{ "je_resident", "stats.arenas.0.resident" },
		{ "je_retained", "stats.arenas.0.retained" },
		{ "je_base", "stats.arenas.0.base" },
		{ "je_internal", "stats.arenas.0.internal" },
		{ "je_tcache_bytes", "stats.arenas.0.tcache_bytes" },
		{ "je_small_allocated", "stats.arenas.0.small.allocated" },
	};
	size_t mib[5], miblen, value, size = sizeof(value);
	uint64_t epoch = 1;
	unsigned i;

	/* Brings the figures up to date. */
	mallctl("epoch", NULL, NULL, &epoch, sizeof(epoch));
	for (i = 0; i < ARRAY_SIZE(stats); i++) {
		miblen = ARRAY_SIZE(mib);
		if (mallctlnametomib(stats[i].ctl, mib, &miblen))
			continue;
		mib[2] = arena;
		if (!mallctlbymib(mib, miblen, &value, &size, NULL, 0))
			l2_attr(ret, stats[i].name, value);
	}
}

static void jemalloc_attrs(const struct l2_strategy *l2, struct l2_attrs *ret)
{
	const struct jemalloc *j =
		container_of(l2, const struct jemalloc, base);
	struct l2_usage usage;

	jemalloc_usage(l2, &usage);
	l2_usage_attrs(&usage, ret);
	l2_attr(ret, "tcaches", j->nr_caches);
	add_library_attrs(j->arena, ret);
}

static int jemalloc_check(const struct l2_strategy *l2, const char **ret_why)
{
	const struct jemalloc *j =
		container_of(l2, const struct jemalloc, base);
	const struct page *block;
	struct l2_usage usage;
	uint64_t pages = 0;

	LIST_FOREACH(block, &j->blocks, chunk_list)
	pages += 1u << block->order;
	jemalloc_usage(l2, &usage);
	*ret_why = "blocks given by the hooks and pages held disagree";
	return pages == usage.pages_held &&
			       usage.nr_tables <= pages * L2_TABLES_PER_PAGE
		       ? 0
		       : -EUCLEAN;
}

const struct l2_strategy_ops l2_strategy_jemalloc = {
	.name = "jemalloc",
	.summary = "jemalloc arena on extents from the simulated zone",
	.models = "the library itself, jemalloc " JEMALLOC_VERSION,
	.scope = L2_SHARED,
	.insn_noise_ppm = 10000,
	.options = options,
	.create = jemalloc_create,
	.destroy = jemalloc_destroy,
	.alloc = jemalloc_alloc,
	.free = jemalloc_free,
	.usage = jemalloc_usage,
	.attrs = jemalloc_attrs,
	.check = jemalloc_check,
};
