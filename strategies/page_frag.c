// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_frag: fragments of 1 KiB from a page_frag_cache per domain.
 *
 * Models page_frag_alloc() and page_frag_free() of Linux 6.1 mm/page_alloc.c
 * (see mm/page_frag.c) as a correct driver would use them: each table cleared
 * by the page table, since a chunk that starts over is not; the cache drained
 * at the end. Not modelled: the patch as posted in 2018, which did neither.
 *
 * Cost: O(1); a refill of 32 KiB every 32 tables if chunks cannot start over.
 * Invariant: a chunk stays while one of its fragments does.
 * Concurrency: none; the driver would need a lock.
 */
#include "page_frag.h"

#include <stdlib.h>

#include "l2_internal.h"

extern const struct l2_strategy_ops l2_strategy_page_frag;

struct page_frag {
	struct l2_strategy base;
	struct l2_env env;
	struct page_frag_cache cache;
	struct l2_usage usage;
};

enum { OPT_ORDER };

static const struct l2_option options[] = {
	[OPT_ORDER] = { .key = "order",
			.help = "order of a refill; the kernel's is 3 (32 KiB)",
			.min = 0,
			.max = PAGE_FRAG_CACHE_MAX_ORDER,
			.def = PAGE_FRAG_CACHE_MAX_ORDER },
	{ .key = NULL },
};

static void page_frag_destroy(struct l2_strategy *l2)
{
	struct page_frag *f;

	if (!l2)
		return;
	f = container_of(l2, struct page_frag, base);
	page_frag_cache_drain(&f->cache, 0);
	page_frag_cache_fini(&f->cache);
	free(f);
}

static int page_frag_create(const struct l2_env *env, const uint64_t *value,
			    struct l2_strategy **ret)
{
	struct page_frag *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	f->base.ops = &l2_strategy_page_frag;
	f->base.link_offset = L2_LINK_OFFSET;
	f->env = *env;
	f->cache.pm = env->pm;
	f->cache.max_order = (unsigned)value[OPT_ORDER];
	*ret = &f->base;
	return 0;
}

static int page_frag_l2_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
			      struct l2_table *ret)
{
	struct page_frag *f = container_of(l2, struct page_frag, base);
	void *va;

	/* Zeroing by the refill would only do for a chunk's first round. */
	gfp = (gfp & ~__GFP_ZERO) | f->env.zone_gfp;
	if (page_frag_alloc(&f->cache, cpu, L2_TABLE_SIZE, gfp, &va))
		return l2_fail(&f->usage, L2_FAIL_NOMEM);
	l2_publish(&f->env, &f->usage, va, ret);
	return 0;
}

static void page_frag_l2_free(struct l2_strategy *l2, unsigned cpu,
			      const struct l2_table *table)
{
	struct page_frag *f = container_of(l2, struct page_frag, base);

	l2_retire(&f->usage, table->va);
	page_frag_free(&f->cache, cpu, table->va);
}

static void page_frag_usage(const struct l2_strategy *l2, struct l2_usage *ret)
{
	const struct page_frag *f =
		container_of(l2, const struct page_frag, base);

	*ret = f->usage;
	ret->pages_held = f->cache.pages_held;
	ret->metadata_bytes = sizeof(f->cache);
	ret->nr_refills = f->cache.nr_refills;
	ret->nr_fallbacks = f->cache.nr_fallbacks;
}

static void page_frag_attrs(const struct l2_strategy *l2, struct l2_attrs *ret)
{
	struct l2_usage usage;

	page_frag_usage(l2, &usage);
	l2_usage_attrs(&usage, ret);
}

static int page_frag_check(const struct l2_strategy *l2, const char **ret_why)
{
	const struct page_frag *f =
		container_of(l2, const struct page_frag, base);

	return page_frag_cache_check(&f->cache, f->usage.nr_tables, ret_why);
}

const struct l2_strategy_ops l2_strategy_page_frag = {
	.name = "page_frag",
	.summary = "fragments of 32 KiB chunks, freed chunk by chunk",
	.models = "Linux 6.1 mm/page_alloc.c page_frag_cache",
	.scope = L2_PER_DOMAIN,
	.options = options,
	.create = page_frag_create,
	.destroy = page_frag_destroy,
	.alloc = page_frag_l2_alloc,
	.free = page_frag_l2_free,
	.usage = page_frag_usage,
	.attrs = page_frag_attrs,
	.check = page_frag_check,
};
