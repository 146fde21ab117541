// SPDX-License-Identifier: GPL-2.0-only
/*
 * page: one whole page for each table, three quarters of it unused. What the
 * 2018 letter calls a waste; also the one scheme in which no table can pin
 * memory of another.
 *
 * Models __get_free_page(GFP_DMA32) for each table. One instance per domain,
 * though there is no state to share. The page allocator clears the page: all of
 * it, as the kernel would.
 *
 * Cost: a call of the page allocator each time.
 * Invariant: pages whose struct page says that they are ours = tables.
 * Concurrency: that of physmem; there is nothing to lock. Only destroying it
 * with tables left, and check(), walk the machine for our pages: then nobody
 * else may be at work on it, in other instances either.
 */
#include <stdlib.h>

#include "l2_internal.h"

extern const struct l2_strategy_ops l2_strategy_page;

struct page_each {
	struct l2_strategy base;
	struct l2_env env;
	struct l2_counts counts;
};

static void page_usage(const struct l2_strategy *l2, struct l2_usage *ret)
{
	l2_counts_sum(&container_of(l2, const struct page_each, base)->counts,
		      ret);
	ret->pages_held = ret->nr_tables;
}

/* Our first page from index *at of the machine on, *at following; or NULL. */
static struct page *next_ours(const struct page_each *p, uint64_t *at)
{
	const struct physmem_map *map = physmem_map_of(p->env.pm);

	while (*at < map->nr_pages) {
		struct page *page = &map->page[*at];

		*at += page->flags ? 1ull << page->order : 1;
		if (page->flags == PG_HEAD && page->owner == p)
			return page;
	}
	return NULL;
}

static void page_destroy(struct l2_strategy *l2)
{
	struct l2_usage usage;
	struct page_each *p;
	uint64_t at = 0;

	if (!l2)
		return;
	p = container_of(l2, struct page_each, base);
	for (page_usage(l2, &usage); usage.nr_tables; usage.nr_tables--)
		physmem_free_pages(p->env.pm, 0, next_ours(p, &at), 0);
	free(p);
}

static int page_create(const struct l2_env *env, const uint64_t *value,
		       struct l2_strategy **ret)
{
	struct page_each *p = calloc(1, sizeof(*p));

	(void)value;
	if (!p)
		return -ENOMEM;
	p->base.ops = &l2_strategy_page;
	p->base.link_offset = L2_LINK_OFFSET;
	p->base.zeroes = true;
	p->base.zero_size = PAGE_SIZE;
	p->env = *env;
	l2_counts_init(&p->counts, env);
	*ret = &p->base;
	return 0;
}

static int page_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
		      struct l2_table *ret)
{
	struct page_each *p = container_of(l2, struct page_each, base);
	struct l2_usage *usage = l2_shard(&p->counts, cpu);
	struct page *page;

	if (physmem_alloc_pages(p->env.pm, cpu, gfp | p->env.zone_gfp, 0,
				&page))
		return l2_fail(usage, L2_FAIL_NOMEM);
	usage->nr_refills++;
	l2_publish(&p->env, usage, physmem_page_va(p->env.pm, page), ret);
	page->owner = p;
	return 0;
}

static void page_free(struct l2_strategy *l2, unsigned cpu,
		      const struct l2_table *table)
{
	struct page_each *p = container_of(l2, struct page_each, base);
	struct page *page = physmem_page(p->env.pm, table->paddr);

	l2_shard(&p->counts, cpu)->nr_tables--;
	physmem_free_pages(p->env.pm, cpu, page, 0);
}

static void page_attrs(const struct l2_strategy *l2, struct l2_attrs *ret)
{
	struct l2_usage usage;

	page_usage(l2, &usage);
	l2_usage_attrs(&usage, ret);
}

static int page_check(const struct l2_strategy *l2, const char **ret_why)
{
	const struct page_each *p =
		container_of(l2, const struct page_each, base);
	uint64_t nr = 0, at = 0;
	struct l2_usage usage;

	while (next_ours(p, &at))
		nr++;
	page_usage(l2, &usage);
	*ret_why = "pages that are ours and tables handed out disagree";
	return nr == usage.nr_tables ? 0 : -EUCLEAN;
}

const struct l2_strategy_ops l2_strategy_page = {
	.name = "page",
	.summary = "one 4 KiB page for each table",
	.models = "Linux 6.1 __get_free_page(GFP_DMA32)",
	.scope = L2_PER_DOMAIN,
	.create = page_create,
	.destroy = page_destroy,
	.alloc = page_alloc,
	.free = page_free,
	.usage = page_usage,
	.attrs = page_attrs,
	.check = page_check,
};
