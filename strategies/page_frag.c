// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_frag: fragments of 1 KiB from a page_frag_cache per domain.
 *
 * Models page_frag_alloc() and page_frag_free() of Linux 6.1 mm/page_alloc.c
 * (see mm/page_frag.c), in two ways:
 *
 * mode=fixed, as a correct driver would use them: each table cleared by the
 * page table, since a chunk that starts over is not; the cache drained at the
 * end.
 *
 * mode=v3, as the patch posted in 2018 (v3 of the series) did: __GFP_ZERO and
 * GFP_DMA32 at every call, which clears a chunk when it is new and never again;
 * no drain, so that the current chunk leaks with the domain. Defective: a table
 * can come with the stale entries of the one before.
 *
 * caches=cpu has a cache for each simulated CPU, as networking uses them; the
 * patch had one for a domain.
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
	struct page_frag_chunks chunks;
	struct l2_usage usage;
	unsigned nr_caches;
	struct page_frag_cache cache[]; /* one, or by CPU */
};

enum { OPT_ORDER, OPT_MODE, OPT_CACHES };
enum { MODE_FIXED, MODE_V3 };
enum { CACHES_ONE, CACHES_CPU };

static const struct l2_option options[] = {
	[OPT_ORDER] = { .key = "order",
			.help = "order of a refill; the kernel's is 3 (32 KiB)",
			.min = 0,
			.max = PAGE_FRAG_CACHE_MAX_ORDER,
			.def = PAGE_FRAG_CACHE_MAX_ORDER },
	[OPT_MODE] = { .key = "mode",
		       .help = "v3: as posted in 2018, with its stale tables and its leak",
		       .choices = "fixed|v3" },
	[OPT_CACHES] = { .key = "caches",
			 .help = "a cache for the domain, or for each CPU",
			 .choices = "one|cpu" },
	{ .key = NULL },
};

static const char *page_frag_conflict(const uint64_t *value)
{
	if (value[OPT_MODE] == MODE_V3 && value[OPT_CACHES] == CACHES_CPU)
		return "mode=v3 had one cache: leave caches=cpu out";
	return NULL;
}

static void page_frag_destroy(struct l2_strategy *l2)
{
	struct page_frag *f;
	unsigned i;

	if (!l2)
		return;
	f = container_of(l2, struct page_frag, base);
	if (!l2->defective) {
		for (i = 0; i < f->nr_caches; i++)
			page_frag_cache_drain(&f->cache[i], i);
		page_frag_chunks_fini(&f->chunks);
	}
	free(f);
}

static int page_frag_create(const struct l2_env *env, const uint64_t *value,
			    struct l2_strategy **ret)
{
	unsigned nr = value[OPT_CACHES] == CACHES_CPU ? env->nr_cpus : 1, i;
	struct page_frag *f = calloc(1, sizeof(*f) + nr * sizeof(f->cache[0]));

	if (!f)
		return -ENOMEM;
	f->base.ops = &l2_strategy_page_frag;
	f->base.defective = value[OPT_MODE] == MODE_V3;
	f->base.zeroes = f->base.defective;
	f->base.link_offset = L2_LINK_OFFSET;
	f->env = *env;
	f->chunks.pm = env->pm;
	f->nr_caches = nr;
	for (i = 0; i < nr; i++) {
		f->cache[i].all = &f->chunks;
		f->cache[i].max_order = (unsigned)value[OPT_ORDER];
	}
	*ret = &f->base;
	return 0;
}

static int page_frag_l2_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
			      struct l2_table *ret)
{
	struct page_frag *f = container_of(l2, struct page_frag, base);
	void *va;

	/* Zeroing by the refill only does for a chunk's first round. */
	gfp = l2->defective ? gfp | __GFP_ZERO : gfp & ~__GFP_ZERO;
	if (page_frag_alloc(&f->cache[f->nr_caches > 1 ? cpu : 0], cpu,
			    L2_TABLE_SIZE, gfp | f->env.zone_gfp, &va))
		return l2_fail(&f->usage, L2_FAIL_NOMEM);
	l2_publish(&f->env, &f->usage, va, ret);
	return 0;
}

static void page_frag_l2_free(struct l2_strategy *l2, unsigned cpu,
			      const struct l2_table *table)
{
	struct page_frag *f = container_of(l2, struct page_frag, base);

	l2_retire(&f->usage, table->va);
	page_frag_free(&f->chunks, cpu, table->va);
}

static void page_frag_usage(const struct l2_strategy *l2, struct l2_usage *ret)
{
	const struct page_frag *f =
		container_of(l2, const struct page_frag, base);

	*ret = f->usage;
	ret->pages_held = f->chunks.pages_held;
	ret->metadata_bytes = f->nr_caches * sizeof(f->cache[0]);
	ret->nr_refills = f->chunks.nr_refills;
	ret->nr_fallbacks = f->chunks.nr_fallbacks;
}

static void page_frag_attrs(const struct l2_strategy *l2, struct l2_attrs *ret)
{
	const struct page_frag *f =
		container_of(l2, const struct page_frag, base);
	uint64_t offset = 0, bias = 0;
	struct l2_usage usage;
	unsigned i;

	for (i = 0; i < f->nr_caches; i++) {
		if (!f->cache[i].chunk)
			continue;
		offset += f->cache[i].offset;
		bias += (uint32_t)f->cache[i].pagecnt_bias;
	}
	page_frag_usage(l2, &usage);
	l2_usage_attrs(&usage, ret);
	l2_attr(ret, "caches", f->nr_caches);
	l2_attr(ret, "chunks", f->chunks.nr_chunks);
	l2_attr(ret, "reuses", f->chunks.nr_reuses);
	l2_attr(ret, "offset", offset); /* of all caches, as the next */
	l2_attr(ret, "pagecnt_bias", bias);
}

static int page_frag_l2_check(const struct l2_strategy *l2,
			      const char **ret_why)
{
	const struct page_frag *f =
		container_of(l2, const struct page_frag, base);

	return page_frag_check(f->cache, f->nr_caches, f->usage.nr_tables,
			       ret_why);
}

const struct l2_strategy_ops l2_strategy_page_frag = {
	.name = "page_frag",
	.summary = "fragments of 32 KiB chunks, freed chunk by chunk",
	.models = "Linux 6.1 mm/page_alloc.c page_frag_cache",
	.scope = L2_PER_DOMAIN,
	.options = options,
	.conflict = page_frag_conflict,
	.create = page_frag_create,
	.destroy = page_frag_destroy,
	.alloc = page_frag_l2_alloc,
	.free = page_frag_l2_free,
	.usage = page_frag_usage,
	.attrs = page_frag_attrs,
	.check = page_frag_l2_check,
};
