// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_frag: a page_frag_cache for each page table.
 *
 * __GFP_ZERO covers fresh chunks only, so tables are cleared here as well. A
 * chunk goes back when its last fragment does.
 */
#include <linux/slab.h>
#include <linux/string.h>

#include "v7sbench.h"

struct frag_pool {
	struct l2_pool pool;
	struct page_frag_cache cache;
};

static struct l2_pool *frag_create(gfp_t zone, unsigned long tables)
{
	struct frag_pool *p = kzalloc(sizeof(*p), GFP_KERNEL);

	return p ? &p->pool : ERR_PTR(-ENOMEM);
}

static void frag_destroy(struct l2_pool *pool)
{
	struct frag_pool *p = container_of(pool, struct frag_pool, pool);

	compat_page_frag_drain(&p->cache);
	kfree(p);
}

static void *frag_zalloc(struct l2_pool *pool, gfp_t gfp)
{
	struct frag_pool *p = container_of(pool, struct frag_pool, pool);
	void *table = page_frag_alloc(&p->cache, L2_SIZE,
				      gfp | pool->zone | __GFP_ZERO);

	return table ? memset(table, 0, L2_SIZE) : NULL;
}

static void frag_free(struct l2_pool *pool, void *table)
{
	page_frag_free(table);
}

const struct l2_ops l2_page_frag = {
	.name = "page_frag",
	.create = frag_create,
	.destroy = frag_destroy,
	.zalloc = frag_zalloc,
	.free = frag_free,
};
