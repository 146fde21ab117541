// SPDX-License-Identifier: GPL-2.0-only
/*
 * Geometry of a kmem_cache: what debugging adds to an object, where the link
 * lies, the order of a slab, how many partial slabs are kept.
 *
 * Models calculate_sizes(), calculate_order() and set_cpu_partial() of
 * mm/slub.c of Linux 6.1 and 4.20; the table holds what differs. 4.20 counts
 * possible CPUs where 6.1 counts those present: here all are both.
 * Left out: slub_min_order and its kin, constructors, RCU, KASAN.
 * Cost: at creation only. Invariant: size is a multiple of the alignment, and
 * an object at left_pad and each size further is aligned.
 */
#include <errno.h>

#include "kmem_cache_internal.h"

#define MIN_PARTIAL 5u
#define MAX_PARTIAL 10u

/* Sizes on 64 bits, the same in both kernels, without CONFIG_SLUB_STATS:
 * struct kmem_cache_cpu is four words; struct kmem_cache_node, with
 * CONFIG_SLUB_DEBUG, a lock, two lists and three counters. */
#define KMEM_CACHE_CPU_BYTES 32u
#define KMEM_CACHE_NODE_BYTES 64u

static const struct slub_rules slub_rules[KMEM_CACHE_KERNELS] = {
	[KMEM_CACHE_6_1] = {
		.link_in_middle = true,
		.track_size = 32, /* the stack is elsewhere, in the depot */
		.cpu_partial = { 6, 24, 52, 120 },
		.limit_slabs = true,
		.splice = true,
		.debug_on_node = true,
	},
	[KMEM_CACHE_4_20] = {
		.track_size = 152, /* with a stack of 16 */
		.cpu_partial = { 2, 6, 13, 30 },
	},
};

static unsigned round_up(unsigned size, unsigned align)
{
	return (size + align - 1) / align * align;
}

/* Lays out an object and what debugging puts around it. */
static void lay_out(struct kmem_cache *s, unsigned align)
{
	const unsigned word = sizeof(void *);
	unsigned size = s->object_size;

	s->link = s->rules->link_in_middle ? s->object_size / 2 : 0;
	if (s->debug & SLAB_RED_ZONE)
		size += word;
	if (s->debug & SLAB_POISON) {
		s->link = size;
		size += word;
	}
	if (s->debug & SLAB_STORE_USER)
		size += 2 * s->rules->track_size;
	if (s->debug & SLAB_RED_ZONE) {
		s->left_pad = round_up(word, align);
		size += word + s->left_pad;
	}
	s->size = round_up(size, align);
}

/* The smallest order with room for min_objects that wastes no more than
 * 1/fraction, or one above SLUB_MAX_ORDER. */
static unsigned order_wasting(unsigned size, unsigned min_objects,
			      unsigned fraction)
{
	unsigned order = get_order((size_t)min_objects * size);

	for (; order <= SLUB_MAX_ORDER; order++) {
		unsigned bytes = PAGE_SIZE << order;

		if (bytes % size <= bytes / fraction)
			break;
	}
	return order;
}

static unsigned slab_order(unsigned size, unsigned nr_cpus)
{
	unsigned min_objects = 4 * (fls64(nr_cpus) + 1);
	unsigned max_objects = (PAGE_SIZE << SLUB_MAX_ORDER) / size;
	unsigned fraction, order;

	if (min_objects > max_objects)
		min_objects = max_objects;
	for (; min_objects > 1; min_objects--)
		for (fraction = 16; fraction >= 4; fraction /= 2) {
			order = order_wasting(size, min_objects, fraction);
			if (order <= SLUB_MAX_ORDER)
				return order;
		}
	return order_wasting(size, 1, 1);
}

static void set_limits(struct kmem_cache *s)
{
	struct kmem_cache_stats *st = &s->stats;
	unsigned half_log = (fls64(s->size) - 1) / 2;
	unsigned size_class = s->size >= PAGE_SIZE ? 0
			      : s->size >= 1024	   ? 1
			      : s->size >= 256	   ? 2
						   : 3;
	unsigned objects = s->debug ? 0 : s->rules->cpu_partial[size_class];
	unsigned per_slab = (unsigned)st->objs_per_slab;
	unsigned limit = objects;

	st->min_partial = half_log < MIN_PARTIAL   ? MIN_PARTIAL
			  : half_log > MAX_PARTIAL ? MAX_PARTIAL
						   : half_log;
	st->cpu_partial = objects;
	/* Slabs on a CPU's list are taken to be half full. */
	if (s->rules->limit_slabs)
		limit = (2 * objects + per_slab - 1) / per_slab;
	st->cpu_partial_slabs = s->rules->limit_slabs ? limit : 0;
	/* 6.1 moves a list of limit slabs, 4.20 one of more than limit. */
	s->drain_at = s->rules->limit_slabs ? limit : limit + 1;
	s->refill_to = limit / 2;
}

int kmem_cache_calculate_sizes(struct kmem_cache *s,
			       const struct kmem_cache_config *cfg)
{
	unsigned order = cfg->order;

	if (cfg->size < 64 || cfg->size > PAGE_SIZE || !cfg->nr_cpus ||
	    (cfg->size & (cfg->size - 1)) ||
	    (order > SLUB_MAX_ORDER && order != KMEM_CACHE_ORDER_AUTO) ||
	    cfg->kernel >= KMEM_CACHE_KERNELS ||
	    (cfg->debug & ~(unsigned)SLAB_DEBUG_FLAGS))
		return -EINVAL;
	s->rules = &slub_rules[cfg->kernel];
	s->object_size = cfg->size;
	s->debug = cfg->debug;
	lay_out(s, cfg->size);
	if (order == KMEM_CACHE_ORDER_AUTO)
		order = slab_order(s->size, cfg->nr_cpus);
	if (order < get_order(s->size))
		return -EINVAL;
	s->stats.metadata_bytes =
		cfg->nr_cpus * KMEM_CACHE_CPU_BYTES + KMEM_CACHE_NODE_BYTES;
	s->stats.object_size = s->object_size;
	s->stats.slab_size = s->size;
	s->stats.align = cfg->size;
	s->stats.order = order;
	s->stats.objs_per_slab = (PAGE_SIZE << order) / s->size;
	set_limits(s);
	return 0;
}
