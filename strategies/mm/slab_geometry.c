// SPDX-License-Identifier: GPL-2.0-only
/*
 * Geometry of a cache of the array-cache SLAB, from the size of its objects.
 *
 * Models __kmem_cache_create(), calculate_slab_order(), enable_cpucache() and
 * init_cache_node() of mm/slab.c of Linux 6.1 with 4 KiB pages, where a
 * freelist index is one byte.
 * Left out: constructors and SLAB_TYPESAFE_BY_RCU (both keep the freelist out
 * of objects, as init_on_free does), reclaimable caches, objects above a page,
 * slab_max_order= and tuning by /proc/slabinfo. An off-slab freelist is taken
 * to come from kmalloc() as on x86, whose least is 32 bytes.
 *
 * An object of 1 KiB aligned to 1 KiB: order 0 has no waste, so it is taken,
 * with 4 objects, no colours, and, as 4 bytes fit in an object, the freelist
 * inside one (OBJFREELIST_SLAB); off-slab under init_on_free. SLAB_CACHE_DMA32
 * changes none of this, and nor does the number of CPUs: they change only how
 * much is kept.
 *
 * Cost: a look at each order up to the one chosen. No state; pure functions.
 */
#include "slab_geometry.h"

#include <errno.h>

#define CACHE_LINE 64u
#define SLAB_MAX_ORDER_HI 1u
#define SLAB_MAX_ORDER_LO 0u
#define SMALL_RAM (32u << 20)
#define SHARED_BATCHES 8u

unsigned slab_kmalloc_size(unsigned bytes)
{
	if (bytes <= 32)
		return 32;
	if (bytes > 64 && bytes <= 96)
		return 96;
	if (bytes > 128 && bytes <= 192)
		return 192;
	return 1u << fls64(bytes - 1);
}

/* Objects of size bytes in 2^order pages, and what remains. */
static unsigned cache_estimate(unsigned order, unsigned size,
			       enum slab_freelist freelist, unsigned *left)
{
	unsigned slab_size = PAGE_SIZE << order;
	unsigned each = freelist == ON_SLAB ? size + 1 : size;

	*left = slab_size % each;
	return slab_size / each;
}

/* Sets num, order and freelist_bytes, num to 0 where no order will do, and
 * returns the bytes left over in a slab. */
static unsigned calculate_slab_order(struct slab_geometry *g,
				     unsigned object_size,
				     enum slab_freelist freelist,
				     unsigned max_order)
{
	unsigned left_over = 0, order;

	g->num = 0;
	for (order = 0; order <= MAX_ORDER; order++) {
		unsigned left, bytes = 0;
		unsigned num = cache_estimate(order, g->size, freelist, &left);

		if (!num)
			continue;
		if (num > SLAB_OBJ_MAX_NUM)
			break;
		if (freelist == OFF_SLAB) {
			bytes = slab_kmalloc_size(num);
			/* The kernel forgets padding here. */
			if (bytes > object_size / 2)
				continue;
		}
		g->num = num;
		g->order = order;
		g->freelist_bytes = bytes;
		left_over = left;
		if (order >= max_order || left * 8 <= PAGE_SIZE << order)
			break;
	}
	return left_over;
}

/* Tries the places for a freelist in the kernel's order. */
static void choose_freelist(struct slab_geometry *g, unsigned object_size,
			    unsigned max_order, bool init_on_free)
{
	unsigned left;

	if (!init_on_free) {
		left = calculate_slab_order(g, object_size, OBJFREELIST_SLAB,
					    max_order);
		g->freelist = OBJFREELIST_SLAB;
		g->colour = left / g->colour_off;
		if (g->num && g->num <= object_size)
			return;
	}
	left = calculate_slab_order(g, object_size, OFF_SLAB, max_order);
	g->freelist = OFF_SLAB;
	g->colour = left / g->colour_off;
	/* Where the rest of the slab has room for it, better there. */
	if (g->num && left < g->num)
		return;
	left = calculate_slab_order(g, object_size, ON_SLAB, max_order);
	g->freelist = ON_SLAB;
	g->colour = left / g->colour_off;
}

static void enable_cpucache(struct slab_geometry *g, unsigned nr_cpus)
{
	g->limit = g->size > 1024 ? 24 : g->size > 256 ? 54 : 120;
	g->batchcount = (g->limit + 1) / 2;
	g->shared = nr_cpus > 1 ? SHARED_BATCHES * g->batchcount : 0;
	g->free_limit = (1 + nr_cpus) * g->batchcount + g->num;
}

int slab_geometry(const struct slab_geometry_config *cfg,
		  struct slab_geometry *ret)
{
	unsigned max_order = cfg->ram_pages > SMALL_RAM >> PAGE_SHIFT
				     ? SLAB_MAX_ORDER_HI
				     : SLAB_MAX_ORDER_LO;
	struct slab_geometry g = { 0 };

	if (cfg->size < SLAB_OBJ_MIN_SIZE || cfg->size > PAGE_SIZE ||
	    cfg->align < sizeof(void *) || cfg->align > PAGE_SIZE ||
	    (cfg->align & (cfg->align - 1)) || !cfg->nr_cpus)
		return -EINVAL;
	g.size = (cfg->size + cfg->align - 1) & ~(cfg->align - 1);
	g.colour_off = cfg->align > CACHE_LINE ? cfg->align : CACHE_LINE;
	choose_freelist(&g, cfg->size, max_order, cfg->init_on_free);
	enable_cpucache(&g, cfg->nr_cpus);
	*ret = g;
	return 0;
}
