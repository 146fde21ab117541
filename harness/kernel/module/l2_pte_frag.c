// SPDX-License-Identifier: GPL-2.0-only
/*
 * pte_frag: four tables to a page, their state in four bits of the struct page,
 * partly used pages on a list through it. Our proposal; strategies/pte_frag.c
 * is its model, which holds as many pages for the same calls.
 *
 * Tables come from the current page, which stays when it is empty. When it is
 * full, the partly used page that a table came back to last is next, then a new
 * one. Any other page goes back with its last table.
 *
 * One instance serves all page tables; a second those that may lie anywhere.
 *
 * Invariant: page->private has a bit for each free table of a page that is not
 * current; such a page is on the list if and only if it has any.
 * Concurrency: one lock with interrupts off, because v7s maps without one. All
 * callers here are atomic; for those that may sleep a kernel would ask for the
 * page outside of the lock.
 */
#include <linux/bitops.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "v7sbench.h"

#define FRAG_TABLES (PAGE_SIZE / L2_SIZE)
#define FRAG_ALL GENMASK(FRAG_TABLES - 1, 0)

struct pte_frag {
	struct l2_pool pool;
	unsigned int users;
	spinlock_t lock;
	struct page *cur; /* or NULL */
	unsigned long cur_free;
	struct list_head partial;
};

#define PTE_FRAG(name)                                   \
	{                                                \
		.lock = __SPIN_LOCK_UNLOCKED(name.lock), \
		.partial = LIST_HEAD_INIT(name.partial), \
	}

static struct pte_frag frag_low = PTE_FRAG(frag_low); /* below 4 GiB */
static struct pte_frag frag_any = PTE_FRAG(frag_any);

static struct l2_pool *pte_frag_create(gfp_t zone, unsigned long tables)
{
	struct pte_frag *f = zone ? &frag_low : &frag_any;

	f->users++;
	return &f->pool;
}

static void give_back(struct page *page)
{
	set_page_private(page, 0);
	__free_page(page);
}

static void pte_frag_destroy(struct l2_pool *pool)
{
	struct pte_frag *f = container_of(pool, struct pte_frag, pool);

	if (--f->users || !f->cur)
		return;
	give_back(f->cur);
	f->cur = NULL;
	f->cur_free = 0;
}

/* The current page is full: another one. */
static bool frag_next(struct pte_frag *f, gfp_t gfp)
{
	struct page *page =
		list_first_entry_or_null(&f->partial, struct page, lru);

	if (page) {
		list_del(&page->lru);
		f->cur_free = page_private(page);
	} else {
		page = alloc_page(gfp);
		if (!page)
			return false;
		f->cur_free = FRAG_ALL;
	}
	set_page_private(page, 0);
	f->cur = page;
	return true;
}

static void *pte_frag_zalloc(struct l2_pool *pool, gfp_t gfp)
{
	struct pte_frag *f = container_of(pool, struct pte_frag, pool);
	unsigned long flags;
	void *table = NULL;

	spin_lock_irqsave(&f->lock, flags);
	if (f->cur_free || frag_next(f, gfp | pool->zone)) {
		table = page_address(f->cur) + __ffs(f->cur_free) * L2_SIZE;
		f->cur_free &= f->cur_free - 1;
	}
	spin_unlock_irqrestore(&f->lock, flags);
	return table ? memset(table, 0, L2_SIZE) : NULL;
}

static void pte_frag_free(struct l2_pool *pool, void *table)
{
	struct pte_frag *f = container_of(pool, struct pte_frag, pool);
	struct page *page = virt_to_page(table);
	unsigned long bit = BIT(offset_in_page(table) / L2_SIZE);
	unsigned long flags, old;

	spin_lock_irqsave(&f->lock, flags);
	if (page == f->cur) {
		f->cur_free |= bit;
	} else {
		old = page_private(page);
		set_page_private(page, old | bit);
		if (!old) {
			list_add(&page->lru, &f->partial);
		} else if ((old | bit) == FRAG_ALL) {
			list_del(&page->lru);
			give_back(page);
		}
	}
	spin_unlock_irqrestore(&f->lock, flags);
}

const struct l2_ops l2_pte_frag = {
	.name = "pte_frag",
	.create = pte_frag_create,
	.destroy = pte_frag_destroy,
	.zalloc = pte_frag_zalloc,
	.free = pte_frag_free,
};
