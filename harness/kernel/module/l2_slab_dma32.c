// SPDX-License-Identifier: GPL-2.0-only
/*
 * slab_dma32: what the driver does by itself, a kmem_cache for each page table.
 *
 * Without slab_nomerge the kernel makes one cache of them, as it would of the
 * driver's. Names are numbered: with slab_nomerge sysfs refuses the second of
 * the same name.
 */
#include <linux/kernel.h>
#include <linux/slab.h>

#include "v7sbench.h"

struct slab_pool {
	struct l2_pool pool;
	struct kmem_cache *cache;
};

static struct l2_pool *slab_create(gfp_t zone, unsigned long tables)
{
	struct slab_pool *p = kzalloc(sizeof(*p), GFP_KERNEL);
	static unsigned int nr;
	char name[32];

	if (!p)
		return ERR_PTR(-ENOMEM);
	snprintf(name, sizeof(name), "v7sbench_l2_%u", nr++);
	p->cache = kmem_cache_create(name, L2_SIZE, L2_SIZE,
				     compat_zone_slab_flags(zone), NULL);
	if (!p->cache) {
		kfree(p);
		return ERR_PTR(-ENOMEM);
	}
	return &p->pool;
}

static void slab_destroy(struct l2_pool *pool)
{
	struct slab_pool *p = container_of(pool, struct slab_pool, pool);

	kmem_cache_destroy(p->cache);
	kfree(p);
}

static void *slab_zalloc(struct l2_pool *pool, gfp_t gfp)
{
	struct slab_pool *p = container_of(pool, struct slab_pool, pool);

	return kmem_cache_zalloc(p->cache, gfp);
}

static void slab_free(struct l2_pool *pool, void *table)
{
	struct slab_pool *p = container_of(pool, struct slab_pool, pool);

	kmem_cache_free(p->cache, table);
}

const struct l2_ops l2_slab_dma32 = {
	.name = "slab_dma32",
	.create = slab_create,
	.destroy = slab_destroy,
	.zalloc = slab_zalloc,
	.free = slab_free,
};
