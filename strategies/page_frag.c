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
 * Concurrency: caches=one takes a lock for an allocation, as a driver would
 * have to; a free takes none. caches=cpu takes none at all. mode=v3 had none
 * where it needed one, and is refused for several threads: what it would do
 * there is corrupt itself.
 */
#include "page_frag.h"

#include <stdlib.h>

#include "l2_internal.h"

extern const struct l2_strategy_ops l2_strategy_page_frag;

/* Caches of two CPUs are so far apart that they share no cache line; those in
 * between are never used. */
#define CACHE_STRIDE (2 * SMP_CACHE_BYTES / sizeof(struct page_frag_cache))

struct page_frag {
	struct l2_strategy base;
	struct l2_env env;
	struct page_frag_chunks chunks;
	unsigned nr_caches;
	bool simple;	     /* one cache, one thread */
	struct mm_lock lock; /* of the cache, if it is one */
	struct l2_counts counts;
	struct page_frag_cache cache[]; /* one, or by CPU x CACHE_STRIDE */
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

static const char *page_frag_one_thread(const uint64_t *value)
{
	if (value[OPT_MODE] == MODE_V3)
		return "mode=v3 has one page_frag_cache without a lock, as posted in 2018: one thread only";
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
			page_frag_cache_drain(&f->cache[i * CACHE_STRIDE], i);
		page_frag_chunks_fini(&f->chunks);
	}
	free(f);
}

static int page_frag_create(const struct l2_env *env, const uint64_t *value,
			    struct l2_strategy **ret)
{
	unsigned nr = value[OPT_CACHES] == CACHES_CPU ? env->nr_cpus : 1, i;
	struct page_frag *f =
		calloc(1, sizeof(*f) + nr * CACHE_STRIDE * sizeof(f->cache[0]));

	if (!f)
		return -ENOMEM;
	f->base.ops = &l2_strategy_page_frag;
	f->base.defective = value[OPT_MODE] == MODE_V3;
	f->base.zeroes = f->base.defective;
	f->base.link_offset = L2_LINK_OFFSET;
	f->env = *env;
	f->chunks.pm = env->pm;
	f->nr_caches = nr;
	f->simple = nr == 1 && !env->threads;
	l2_counts_init(&f->counts, env);
	for (i = 0; i < nr * CACHE_STRIDE; i++) {
		f->cache[i].all = &f->chunks;
		f->cache[i].max_order = (unsigned)value[OPT_ORDER];
	}
	*ret = &f->base;
	return 0;
}

static inline int frag_alloc(struct page_frag *f, struct page_frag_cache *nc,
			     struct l2_usage *usage, unsigned cpu, gfp_t gfp,
			     struct l2_table *ret)
{
	void *va;

	if (page_frag_alloc(nc, cpu, L2_TABLE_SIZE, gfp | f->env.zone_gfp, &va))
		return l2_fail(usage, L2_FAIL_NOMEM);
	l2_publish(&f->env, usage, va, ret);
	return 0;
}

/* Not inlined, nor is the next: one cache of one thread costs one test. */
static __attribute__((noinline)) int frag_alloc_locked(struct page_frag *f,
						       unsigned cpu, gfp_t gfp,
						       struct l2_table *ret)
{
	int err;

	mm_lock(&f->lock, f->env.threads);
	err = frag_alloc(f, &f->cache[0], l2_shard(&f->counts, cpu), cpu, gfp,
			 ret);
	mm_unlock(&f->lock, f->env.threads);
	return err;
}

static __attribute__((noinline)) int frag_alloc_cpu(struct page_frag *f,
						    unsigned cpu, gfp_t gfp,
						    struct l2_table *ret)
{
	if (f->nr_caches == 1)
		return frag_alloc_locked(f, cpu, gfp, ret);
	return frag_alloc(f, &f->cache[cpu * CACHE_STRIDE],
			  l2_shard(&f->counts, cpu), cpu, gfp, ret);
}

static int page_frag_l2_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
			      struct l2_table *ret)
{
	struct page_frag *f = container_of(l2, struct page_frag, base);

	/* Zeroing by the refill only does for a chunk's first round. */
	gfp = l2->defective ? gfp | __GFP_ZERO : gfp & ~__GFP_ZERO;
	if (!f->simple)
		return frag_alloc_cpu(f, cpu, gfp, ret);
	return frag_alloc(f, &f->cache[0], l2_shard(&f->counts, 0), cpu, gfp,
			  ret);
}

static void page_frag_l2_free(struct l2_strategy *l2, unsigned cpu,
			      const struct l2_table *table)
{
	struct page_frag *f = container_of(l2, struct page_frag, base);

	if (f->simple)
		l2_retire(l2_shard(&f->counts, 0), table->va);
	else
		l2_retire(l2_shard(&f->counts, cpu), table->va);
	page_frag_free(&f->chunks, cpu, table->va);
}

static void page_frag_usage(const struct l2_strategy *l2, struct l2_usage *ret)
{
	const struct page_frag *f =
		container_of(l2, const struct page_frag, base);

	l2_counts_sum(&f->counts, ret);
	ret->pages_held = f->chunks.pages_held;
	ret->metadata_bytes = f->nr_caches * sizeof(f->cache[0]);
	ret->nr_refills = f->chunks.nr_refills;
	ret->nr_fallbacks = f->chunks.nr_fallbacks;
}

static void page_frag_attrs(const struct l2_strategy *l2, struct l2_attrs *ret)
{
	const struct page_frag *f =
		container_of(l2, const struct page_frag, base);
	uint64_t offset = 0, bias = 0, nr_reuses = 0;
	struct l2_usage usage;
	unsigned i;

	for (i = 0; i < f->nr_caches; i++) {
		const struct page_frag_cache *nc = &f->cache[i * CACHE_STRIDE];

		nr_reuses += nc->nr_reuses;
		if (!nc->chunk)
			continue;
		offset += nc->offset;
		bias += (uint32_t)nc->pagecnt_bias;
	}
	page_frag_usage(l2, &usage);
	l2_usage_attrs(&usage, ret);
	l2_attr(ret, "caches", f->nr_caches);
	l2_attr(ret, "chunks", f->chunks.nr_chunks);
	l2_attr(ret, "reuses", nr_reuses);
	l2_attr(ret, "offset", offset); /* of all caches, as the next */
	l2_attr(ret, "pagecnt_bias", bias);
}

static int page_frag_l2_check(const struct l2_strategy *l2,
			      const char **ret_why)
{
	const struct page_frag *f =
		container_of(l2, const struct page_frag, base);
	struct l2_usage usage;

	page_frag_usage(l2, &usage);
	return page_frag_check(f->cache, f->nr_caches * CACHE_STRIDE,
			       usage.nr_tables, ret_why);
}

const struct l2_strategy_ops l2_strategy_page_frag = {
	.name = "page_frag",
	.summary = "fragments of 32 KiB chunks, freed chunk by chunk",
	.models = "Linux 6.1 mm/page_alloc.c page_frag_cache",
	.scope = L2_PER_DOMAIN,
	.options = options,
	.conflict = page_frag_conflict,
	.one_thread = page_frag_one_thread,
	.create = page_frag_create,
	.destroy = page_frag_destroy,
	.alloc = page_frag_l2_alloc,
	.free = page_frag_l2_free,
	.usage = page_frag_usage,
	.attrs = page_frag_attrs,
	.check = page_frag_l2_check,
};
