// SPDX-License-Identifier: GPL-2.0-only
/*
 * pte_frag: four tables to a page, their state in four bits of the struct
 * page, partly used pages on a list. A freed slot is reused at once; a page
 * whose four slots are free goes back at once.
 *
 * Models the scheme of s390's page_table_alloc() (Linux 6.1
 * arch/s390/mm/pgalloc.c, two halves to a page) generalised to quarters; it is
 * in no kernel for v7s. One list serves all domains. Not modelled: s390's
 * pending-free state for lockless walkers. Tables are not cleared.
 *
 * Cost: O(1); a call of the page allocator for every fourth table, and, at the
 * worst, for each pair of alloc and free around a page boundary.
 * Invariant: a page is on the list if and only if 1 to 3 of its bits are set;
 * at most three quarters of a page is lost per page held.
 * Concurrency: none yet; would be one lock around list and bits.
 */
#include <stdlib.h>

#include "l2_internal.h"

extern const struct l2_strategy_ops l2_strategy_pte_frag;

#define FRAG_ALL ((1u << L2_TABLES_PER_PAGE) - 1)

TAILQ_HEAD(frag_list, page);

struct pte_frag {
	struct l2_strategy base;
	struct l2_env env;
	struct frag_list partial; /* last used first */
	struct frag_list full;	  /* so that destroy finds them */
	struct l2_usage usage;
};

static void release_list(struct pte_frag *f, struct frag_list *list)
{
	struct page *page;

	while ((page = TAILQ_FIRST(list))) {
		TAILQ_REMOVE(list, page, frag_list);
		physmem_free_pages(f->env.pm, 0, page, 0);
	}
}

static void pte_frag_destroy(struct l2_strategy *l2)
{
	struct pte_frag *f;

	if (!l2)
		return;
	f = container_of(l2, struct pte_frag, base);
	release_list(f, &f->partial);
	release_list(f, &f->full);
	free(f);
}

static int pte_frag_create(const struct l2_env *env, const uint64_t *value,
			   struct l2_strategy **ret)
{
	struct pte_frag *f = calloc(1, sizeof(*f));

	(void)value;
	if (!f)
		return -ENOMEM;
	f->base.ops = &l2_strategy_pte_frag;
	f->base.link_offset = L2_LINK_OFFSET;
	f->env = *env;
	TAILQ_INIT(&f->partial);
	TAILQ_INIT(&f->full);
	*ret = &f->base;
	return 0;
}

static int pte_frag_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
			  struct l2_table *ret)
{
	struct pte_frag *f = container_of(l2, struct pte_frag, base);
	struct page *page = TAILQ_FIRST(&f->partial);
	unsigned slot;
	char *va;

	if (!page) {
		gfp = (gfp & ~__GFP_ZERO) | f->env.zone_gfp;
		if (physmem_alloc_pages(f->env.pm, cpu, gfp, 0, &page))
			return l2_fail(&f->usage, L2_FAIL_NOMEM);
		page->frag_map = 0;
		TAILQ_INSERT_HEAD(&f->partial, page, frag_list);
		f->usage.pages_held++;
		f->usage.nr_refills++;
	}
	slot = (unsigned)__builtin_ctz(~(unsigned)page->frag_map);
	page->frag_map = (uint8_t)(page->frag_map | 1u << slot);
	if (page->frag_map == FRAG_ALL) {
		TAILQ_REMOVE(&f->partial, page, frag_list);
		TAILQ_INSERT_HEAD(&f->full, page, frag_list);
	}
	va = physmem_page_va(f->env.pm, page);
	l2_publish(&f->env, &f->usage, va + slot * L2_TABLE_SIZE, ret);
	return 0;
}

static void pte_frag_free(struct l2_strategy *l2, unsigned cpu,
			  const struct l2_table *table)
{
	struct pte_frag *f = container_of(l2, struct pte_frag, base);
	struct page *page = physmem_page(f->env.pm, table->paddr);
	unsigned slot = (table->paddr / L2_TABLE_SIZE) % L2_TABLES_PER_PAGE;

	if (page->flags != PG_HEAD || !(page->frag_map & 1u << slot))
		abort();
	l2_retire(&f->usage, table->va);
	if (page->frag_map == FRAG_ALL) {
		TAILQ_REMOVE(&f->full, page, frag_list);
		TAILQ_INSERT_HEAD(&f->partial, page, frag_list);
	}
	page->frag_map = (uint8_t)(page->frag_map & ~(1u << slot));
	if (!page->frag_map) {
		TAILQ_REMOVE(&f->partial, page, frag_list);
		f->usage.pages_held--;
		physmem_free_pages(f->env.pm, cpu, page, 0);
	}
}

static void pte_frag_usage(const struct l2_strategy *l2, struct l2_usage *ret)
{
	*ret = container_of(l2, const struct pte_frag, base)->usage;
}

static void pte_frag_attrs(const struct l2_strategy *l2, struct l2_attrs *ret)
{
	struct l2_usage usage;

	pte_frag_usage(l2, &usage);
	l2_usage_attrs(&usage, ret);
}

static int pte_frag_check(const struct l2_strategy *l2, const char **ret_why)
{
	const struct pte_frag *f =
		container_of(l2, const struct pte_frag, base);
	uint64_t nr_pages = 0, nr_tables = 0;
	const struct page *page;

	TAILQ_FOREACH(page, &f->full, frag_list) {
		*ret_why = "page on the full list with a free slot";
		if (page->frag_map != FRAG_ALL)
			return -EUCLEAN;
		nr_pages++;
		nr_tables += L2_TABLES_PER_PAGE;
	}
	TAILQ_FOREACH(page, &f->partial, frag_list) {
		*ret_why = "page on the partial list that is full or empty";
		if (!page->frag_map || page->frag_map == FRAG_ALL)
			return -EUCLEAN;
		nr_pages++;
		nr_tables += (unsigned)__builtin_popcount(page->frag_map);
	}
	*ret_why = "slots in use and tables handed out disagree";
	return nr_pages == f->usage.pages_held &&
			       nr_tables == f->usage.nr_tables
		       ? 0
		       : -EUCLEAN;
}

const struct l2_strategy_ops l2_strategy_pte_frag = {
	.name = "pte_frag",
	.summary = "four tables to a page, freed slots reused at once",
	.models = "Linux 6.1 arch/s390/mm/pgalloc.c, with quarters for halves",
	.scope = L2_SHARED,
	.create = pte_frag_create,
	.destroy = pte_frag_destroy,
	.alloc = pte_frag_alloc,
	.free = pte_frag_free,
	.usage = pte_frag_usage,
	.attrs = pte_frag_attrs,
	.check = pte_frag_check,
};
