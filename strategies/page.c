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
 * Cost: a call of the page allocator each time. Invariant: pages = tables.
 * Concurrency: that of physmem.
 */
#include <stdlib.h>

#include "l2_internal.h"

extern const struct l2_strategy_ops l2_strategy_page;

struct page_each {
	struct l2_strategy base;
	struct l2_env env;
	LIST_HEAD(, page) pages; /* so that destroy finds them */
	struct l2_usage usage;
};

static void page_destroy(struct l2_strategy *l2)
{
	struct page_each *p;
	struct page *page;

	if (!l2)
		return;
	p = container_of(l2, struct page_each, base);
	while ((page = LIST_FIRST(&p->pages))) {
		LIST_REMOVE(page, chunk_list);
		physmem_free_pages(p->env.pm, 0, page, 0);
	}
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
	*ret = &p->base;
	return 0;
}

static int page_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
		      struct l2_table *ret)
{
	struct page_each *p = container_of(l2, struct page_each, base);
	struct page *page;

	if (physmem_alloc_pages(p->env.pm, cpu, gfp | p->env.zone_gfp, 0,
				&page))
		return l2_fail(&p->usage, L2_FAIL_NOMEM);
	LIST_INSERT_HEAD(&p->pages, page, chunk_list);
	p->usage.pages_held++;
	p->usage.nr_refills++;
	l2_publish(&p->env, &p->usage, physmem_page_va(p->env.pm, page), ret);
	return 0;
}

static void page_free(struct l2_strategy *l2, unsigned cpu,
		      const struct l2_table *table)
{
	struct page_each *p = container_of(l2, struct page_each, base);
	struct page *page = physmem_page(p->env.pm, table->paddr);

	LIST_REMOVE(page, chunk_list);
	p->usage.pages_held--;
	p->usage.nr_tables--;
	physmem_free_pages(p->env.pm, cpu, page, 0);
}

static void page_usage(const struct l2_strategy *l2, struct l2_usage *ret)
{
	*ret = container_of(l2, const struct page_each, base)->usage;
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
	const struct page *page;
	uint64_t nr = 0;

	LIST_FOREACH(page, &p->pages, chunk_list)
	nr++;
	*ret_why = "pages on the list and pages held disagree";
	return nr == p->usage.pages_held && nr == p->usage.nr_tables ? 0
								     : -EUCLEAN;
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
