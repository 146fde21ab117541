// SPDX-License-Identifier: GPL-2.0-only
/*
 * genalloc: a gen_pool for each page table, filled when it is made.
 *
 * Blocks are of up to 4 MiB, the largest there are; the last is rounded up. The
 * pool never grows, and hands out memory as it was left.
 */
#include <linux/genalloc.h>
#include <linux/kernel.h>
#include <linux/slab.h>

#include "v7sbench.h"

#define LARGEST_ORDER 10

struct genalloc_pool {
	struct l2_pool pool;
	struct gen_pool *gen;
};

static void free_chunk(struct gen_pool *gen, struct gen_pool_chunk *chunk,
		       void *unused)
{
	size_t size = chunk->end_addr - chunk->start_addr + 1;

	free_pages(chunk->start_addr, get_order(size));
}

static void genalloc_destroy(struct l2_pool *pool)
{
	struct genalloc_pool *p =
		container_of(pool, struct genalloc_pool, pool);

	/* gen_pool_destroy() looks at its bitmaps only. */
	gen_pool_for_each_chunk(p->gen, free_chunk, NULL);
	gen_pool_destroy(p->gen);
	kfree(p);
}

static int fill(struct gen_pool *gen, gfp_t zone, size_t missing)
{
	while (missing) {
		unsigned int order = min(get_order(missing), LARGEST_ORDER);
		size_t size = PAGE_SIZE << order;
		unsigned long block = __get_free_pages(
			GFP_KERNEL | __GFP_NOWARN | zone, order);
		int err;

		if (!block)
			return -ENOMEM;
		err = gen_pool_add(gen, block, size, -1);
		if (err) {
			free_pages(block, order);
			return err;
		}
		missing -= min(missing, size);
	}
	return 0;
}

static struct l2_pool *genalloc_create(gfp_t zone, unsigned long tables)
{
	struct genalloc_pool *p = kzalloc(sizeof(*p), GFP_KERNEL);
	int err;

	if (!p)
		return ERR_PTR(-ENOMEM);
	p->gen = gen_pool_create(ilog2(L2_SIZE), -1);
	if (!p->gen) {
		kfree(p);
		return ERR_PTR(-ENOMEM);
	}
	err = fill(p->gen, zone, tables * L2_SIZE);
	if (err) {
		genalloc_destroy(&p->pool);
		return ERR_PTR(err);
	}
	return &p->pool;
}

static void *genalloc_zalloc(struct l2_pool *pool, gfp_t gfp)
{
	struct genalloc_pool *p =
		container_of(pool, struct genalloc_pool, pool);
	void *table = (void *)gen_pool_alloc(p->gen, L2_SIZE);

	return table ? memset(table, 0, L2_SIZE) : NULL;
}

static void genalloc_free(struct l2_pool *pool, void *table)
{
	struct genalloc_pool *p =
		container_of(pool, struct genalloc_pool, pool);

	gen_pool_free(p->gen, (unsigned long)table, L2_SIZE);
}

const struct l2_ops l2_genalloc = {
	.name = "genalloc",
	.create = genalloc_create,
	.destroy = genalloc_destroy,
	.zalloc = genalloc_zalloc,
	.free = genalloc_free,
};
