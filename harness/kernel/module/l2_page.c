// SPDX-License-Identifier: GPL-2.0-only
/*
 * page: a page for each table, three quarters of it unused.
 */
#include <linux/slab.h>

#include "v7sbench.h"

static struct l2_pool *page_create(gfp_t zone, unsigned long tables)
{
	struct l2_pool *pool = kzalloc(sizeof(*pool), GFP_KERNEL);

	return pool ? pool : ERR_PTR(-ENOMEM);
}

static void page_destroy(struct l2_pool *pool)
{
	kfree(pool);
}

static void *page_zalloc(struct l2_pool *pool, gfp_t gfp)
{
	return (void *)__get_free_page(gfp | pool->zone | __GFP_ZERO);
}

static void page_free(struct l2_pool *pool, void *table)
{
	free_page((unsigned long)table);
}

const struct l2_ops l2_page = {
	.name = "page",
	.create = page_create,
	.destroy = page_destroy,
	.zalloc = page_zalloc,
	.free = page_free,
};
