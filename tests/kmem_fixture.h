/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kmem_cache on a small machine. Closing it tests that all pages are back.
 */
#ifndef KMEM_FIXTURE_H
#define KMEM_FIXTURE_H

#include "mm_fixture.h"

#include "kmem_cache.h"

#define SIZE 1024u

struct cache {
	struct physmem *pm;
	struct kmem_cache *s;
	uint64_t pages_free; /* at the start */
	struct kmem_cache_stats stats;
};

static inline void cache_open_as(struct cache *c,
				 const struct kmem_cache_config *cfg)
{
	c->pm = small_machine();
	c->pages_free = pages_free(c->pm);
	assert_int_equal(kmem_cache_create(c->pm, cfg, &c->s), 0);
	kmem_cache_stats(c->s, &c->stats);
}

/* A cache of Linux 6.1 without options. */
static inline void cache_open(struct cache *c, unsigned size, unsigned nr_cpus,
			      unsigned order)
{
	struct kmem_cache_config cfg = {
		.size = size,
		.allocflags = GFP_DMA32,
		.nr_cpus = nr_cpus,
		.order = order,
	};

	cache_open_as(c, &cfg);
}

static inline void cache_check(struct cache *c)
{
	const char *why = "";

	if (kmem_cache_check(c->s, &why))
		fail_msg("%s", why);
	kmem_cache_stats(c->s, &c->stats);
	assert_int_equal(c->stats.pages, c->pages_free - pages_free(c->pm));
}

static inline void cache_close(struct cache *c)
{
	cache_check(c);
	kmem_cache_destroy(c->s);
	assert_int_equal(pages_free(c->pm), c->pages_free);
	assert_pm_sound(c->pm);
	physmem_destroy(c->pm);
}

static inline char *take(struct cache *c, unsigned cpu)
{
	void *object;

	assert_int_equal(kmem_cache_alloc(c->s, cpu, GFP_ATOMIC, &object), 0);
	return object;
}

static inline void give(struct cache *c, unsigned cpu, void *object)
{
	kmem_cache_free(c->s, cpu, object);
}

#endif /* KMEM_FIXTURE_H */
