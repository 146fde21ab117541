// SPDX-License-Identifier: GPL-2.0-only
/*
 * pte_frag: four tables to a page, their state in four bits of the struct page,
 * partly used pages on a list through it. Our proposal: no memory but the
 * pages, and of those about as few as there can be, at the speed of a slab.
 *
 * Models the scheme of s390's page_table_alloc() (Linux 6.1
 * arch/s390/mm/pgalloc.c, two halves to a page) generalised to quarters; it is
 * in no kernel for v7s. One instance serves all domains. Tables are not
 * cleared.
 *
 * Tables come from the current page, whose free tables are kept in the instance
 * and which stays when all are free: a pair of calls around the end of a page
 * calls no page allocator. When it is full, the partly used page that a table
 * came back to last is next, then an empty one (option keep), then a new one.
 * A page that is not current goes back with its last table. Measured and
 * rejected: the fullest page first, the lowest address first (in steady churn
 * they hold as many pages within 0.3 %, after a fall to a fifth of the tables
 * up to a tenth fewer for a while, and have to search); keep above 0 by default
 * (1 saves 4 to 13 % of the calls of the page allocator on the recorded traces,
 * at the same peak, for a page held for longer). On those the peak is the least
 * there can be.
 *
 * In a kernel: that lock with interrupts off, because v7s maps without one, or
 * an instance per CPU, which costs a page each; struct page has room for list
 * head and bits (s390 keeps its bits in _refcount). s390's pending bits would
 * not be needed: they delay reuse for CPUs that walk tables without a lock, and
 * v7s frees a table after it has flushed the IOMMU's walks.
 *
 * Cost: O(1); at the worst a call of the page allocator for every fourth table.
 * Invariant: frag_free of a page, and for the current page cur_free instead,
 * has a bit per free table; a page is on a list if and only if frag_free is not
 * 0. Any page can be pinned by one table: four times the tables is the limit.
 * Concurrency: one lock of the instance around each call, as s390's per-mm list
 * has around what it does with its list; here it covers the page allocator's
 * calls as well, which s390 makes outside, so that no page is taken for nothing.
 */
#include <stdlib.h>

#include "l2_internal.h"
#include "mm_lock.h"

extern const struct l2_strategy_ops l2_strategy_pte_frag;

#define FRAG_ALL ((1u << L2_TABLES_PER_PAGE) - 1)

LIST_HEAD(frag_list, page);

struct pte_frag {
	struct l2_strategy base;
	/* The page that tables come from: its free ones, and where it lies. */
	unsigned cur_free;
	struct page *cur; /* or NULL */
	char *cur_va;
	phys_addr_t cur_paddr;
	struct l2_usage usage;
	struct l2_env env;
	struct mm_lock lock;	  /* of all but base and env */
	struct frag_list partial; /* some but not all tables free, not cur */
	struct frag_list empty;	  /* all tables free, not cur */
	unsigned nr_empty, keep;  /* of those, and at most */
	LIST_HEAD(, page) all;	  /* so that destroy finds full ones */
};

enum { OPT_KEEP };

static const struct l2_option options[] = {
	[OPT_KEEP] = { .key = "keep",
		       .help = "empty pages kept beside the current one",
		       .min = 0,
		       .max = 1024,
		       .def = 0 },
	{ .key = NULL },
};

static void pte_frag_destroy(struct l2_strategy *l2)
{
	struct pte_frag *f;
	struct page *page;

	if (!l2)
		return;
	f = container_of(l2, struct pte_frag, base);
	while ((page = LIST_FIRST(&f->all))) {
		LIST_REMOVE(page, frag_all);
		physmem_free_pages(f->env.pm, 0, page, 0);
	}
	free(f);
}

static int pte_frag_create(const struct l2_env *env, const uint64_t *value,
			   struct l2_strategy **ret)
{
	struct pte_frag *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	f->base.ops = &l2_strategy_pte_frag;
	f->base.link_offset = L2_LINK_OFFSET;
	f->env = *env;
	f->keep = (unsigned)value[OPT_KEEP];
	LIST_INIT(&f->partial);
	LIST_INIT(&f->empty);
	LIST_INIT(&f->all);
	*ret = &f->base;
	return 0;
}

/* Tables come from page from now on. */
static inline void frag_make_current(struct pte_frag *f, struct page *page)
{
	f->cur = page;
	f->cur_free = page->frag_free;
	f->cur_va = physmem_page_va(f->env.pm, page);
	f->cur_paddr = physmem_paddr(f->env.pm, f->cur_va);
	page->frag_free = 0;
}

/* No page in use has a free table: an empty page, kept or new. */
static int frag_grow(struct pte_frag *f, unsigned cpu, gfp_t gfp)
{
	struct page *page = LIST_FIRST(&f->empty);

	if (page) {
		LIST_REMOVE(page, frag_list);
		f->nr_empty--;
	} else {
		gfp = (gfp & ~__GFP_ZERO) | f->env.zone_gfp;
		if (physmem_alloc_pages(f->env.pm, cpu, gfp, 0, &page))
			return l2_fail(&f->usage, L2_FAIL_NOMEM);
		page->frag_free = FRAG_ALL;
		LIST_INSERT_HEAD(&f->all, page, frag_all);
		f->usage.pages_held++;
		f->usage.nr_refills++;
	}
	frag_make_current(f, page);
	return 0;
}

/* The page's last table has come back. */
static void frag_empty(struct pte_frag *f, unsigned cpu, struct page *page)
{
	LIST_REMOVE(page, frag_list);
	if (f->nr_empty < f->keep) {
		LIST_INSERT_HEAD(&f->empty, page, frag_list);
		f->nr_empty++;
		return;
	}
	LIST_REMOVE(page, frag_all);
	f->usage.pages_held--;
	physmem_free_pages(f->env.pm, cpu, page, 0);
}

/* A table of the current page, which has one. */
static inline void frag_take(struct pte_frag *f, struct l2_table *ret)
{
	size_t offset = (size_t)__builtin_ctz(f->cur_free) * L2_TABLE_SIZE;

	f->cur_free &= f->cur_free - 1;
	l2_publish_at(&f->usage, f->cur_va + offset, f->cur_paddr + offset,
		      ret);
}

/* The current page is full. Last call of its caller, which so has no frame. */
static __attribute__((noinline)) int frag_next(struct pte_frag *f, unsigned cpu,
					       gfp_t gfp, struct l2_table *ret)
{
	struct page *page = LIST_FIRST(&f->partial);

	if (page) {
		LIST_REMOVE(page, frag_list);
		frag_make_current(f, page);
	} else {
		int err = frag_grow(f, cpu, gfp);

		if (err)
			return err;
	}
	frag_take(f, ret);
	return 0;
}

static inline int frag_alloc(struct pte_frag *f, unsigned cpu, gfp_t gfp,
			     struct l2_table *ret)
{
	if (!f->cur_free)
		return frag_next(f, cpu, gfp, ret);
	frag_take(f, ret);
	return 0;
}

static inline void frag_free(struct pte_frag *f, unsigned cpu,
			     const struct l2_table *table)
{
	struct page *page = physmem_page(f->env.pm, table->paddr);
	unsigned bit =
		1u << (table->paddr / L2_TABLE_SIZE) % L2_TABLES_PER_PAGE;
	unsigned free;

	if (page == f->cur) {
		if (f->cur_free & bit)
			abort();
		l2_retire(&f->usage, table->va);
		f->cur_free |= bit;
		return;
	}
	free = page->frag_free;
	if (page->flags != PG_HEAD || (free & bit))
		abort();
	l2_retire(&f->usage, table->va);
	page->frag_free = (uint8_t)(free | bit);
	if (!free)
		LIST_INSERT_HEAD(&f->partial, page, frag_list);
	else if ((free | bit) == FRAG_ALL)
		frag_empty(f, cpu, page);
}

/* Not inlined, so that without threads there is one test. */
static __attribute__((noinline)) int frag_alloc_locked(struct pte_frag *f,
						       unsigned cpu, gfp_t gfp,
						       struct l2_table *ret)
{
	int err;

	mm_lock(&f->lock, true);
	err = frag_alloc(f, cpu, gfp, ret);
	mm_unlock(&f->lock, true);
	return err;
}

static __attribute__((noinline)) void
frag_free_locked(struct pte_frag *f, unsigned cpu, const struct l2_table *table)
{
	mm_lock(&f->lock, true);
	frag_free(f, cpu, table);
	mm_unlock(&f->lock, true);
}

static int pte_frag_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
			  struct l2_table *ret)
{
	struct pte_frag *f = container_of(l2, struct pte_frag, base);

	if (f->env.threads)
		return frag_alloc_locked(f, cpu, gfp, ret);
	return frag_alloc(f, cpu, gfp, ret);
}

static void pte_frag_free(struct l2_strategy *l2, unsigned cpu,
			  const struct l2_table *table)
{
	struct pte_frag *f = container_of(l2, struct pte_frag, base);

	if (f->env.threads)
		frag_free_locked(f, cpu, table);
	else
		frag_free(f, cpu, table);
}

static void pte_frag_usage(const struct l2_strategy *l2, struct l2_usage *ret)
{
	*ret = container_of(l2, const struct pte_frag, base)->usage;
}

static void pte_frag_attrs(const struct l2_strategy *l2, struct l2_attrs *ret)
{
	const struct pte_frag *f =
		container_of(l2, const struct pte_frag, base);

	l2_usage_attrs(&f->usage, ret);
	l2_attr(ret, "keep", f->keep);
	l2_attr(ret, "pages_empty", f->nr_empty + (f->cur_free == FRAG_ALL));
}

/* Pages on a list; each with from to to tables free. */
static int check_list(const struct frag_list *list, unsigned from, unsigned to,
		      uint64_t *ret_nr)
{
	const struct page *page;
	uint64_t nr = 0;

	LIST_FOREACH(page, list, frag_list)
	{
		unsigned nr_free =
			(unsigned)__builtin_popcount(page->frag_free);

		if (nr_free < from || nr_free > to)
			return -EUCLEAN;
		nr++;
	}
	*ret_nr = nr;
	return 0;
}

static int check_lists(const struct pte_frag *f, uint64_t *ret_nr,
		       const char **ret_why)
{
	uint64_t nr_partial, nr_empty;

	*ret_why = "full or empty page among partly used ones";
	if (check_list(&f->partial, 1, L2_TABLES_PER_PAGE - 1, &nr_partial))
		return -EUCLEAN;
	*ret_why = "page in use among empty ones";
	if (check_list(&f->empty, L2_TABLES_PER_PAGE, L2_TABLES_PER_PAGE,
		       &nr_empty))
		return -EUCLEAN;
	*ret_why = "empty pages miscounted, or more than are to be kept";
	if (nr_empty != f->nr_empty || nr_empty > f->keep)
		return -EUCLEAN;
	*ret_nr = nr_partial + nr_empty;
	return 0;
}

static int pte_frag_check(const struct l2_strategy *l2, const char **ret_why)
{
	const struct pte_frag *f =
		container_of(l2, const struct pte_frag, base);
	uint64_t nr_pages = 0,
		 nr_free = (uint64_t)__builtin_popcount(f->cur_free);
	uint64_t nr_listed, nr_with_free = 0;
	const struct page *page;
	int err = check_lists(f, &nr_listed, ret_why);

	if (err)
		return err;
	LIST_FOREACH(page, &f->all, frag_all)
	{
		*ret_why = "page that has been given back, or is current twice";
		if (page->flags != PG_HEAD || page->order ||
		    (page == f->cur && page->frag_free))
			return -EUCLEAN;
		nr_pages++;
		nr_with_free += page->frag_free != 0;
		nr_free += (unsigned)__builtin_popcount(page->frag_free);
	}
	*ret_why = "page with a free table on no list";
	if (nr_with_free != nr_listed)
		return -EUCLEAN;
	*ret_why = "pages or tables held and handed out disagree";
	return nr_pages == f->usage.pages_held &&
			       nr_pages * L2_TABLES_PER_PAGE ==
				       nr_free + f->usage.nr_tables
		       ? 0
		       : -EUCLEAN;
}

const struct l2_strategy_ops l2_strategy_pte_frag = {
	.name = "pte_frag",
	.summary = "four tables to a page, freed slots reused at once",
	.models = "Linux 6.1 arch/s390/mm/pgalloc.c, with quarters for halves",
	.scope = L2_SHARED,
	.options = options,
	.create = pte_frag_create,
	.destroy = pte_frag_destroy,
	.alloc = pte_frag_alloc,
	.free = pte_frag_free,
	.usage = pte_frag_usage,
	.attrs = pte_frag_attrs,
	.check = pte_frag_check,
};
