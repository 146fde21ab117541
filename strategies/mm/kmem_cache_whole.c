// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kmem_cache as a whole: made, given up, shrunk, counted.
 *
 * Models kmem_cache_create() and __kmem_cache_shrink() of mm/slub.c of Linux
 * 6.1: every CPU is flushed, empty slabs go, the fullest come first. Left out:
 * names, aliases, sysfs.
 * Cost: shrink looks at each slab on the node list; stats at each CPU.
 * Concurrency: nobody else in the cache.
 */
#include <errno.h>
#include <stdlib.h>

#include "kmem_cache_internal.h"
#include "mm_assert.h"

#define SHRINK_PROMOTE_MAX 32

static struct kmem_cache *alloc_cache(unsigned nr_cpus)
{
	struct kmem_cache *s;
	size_t size = sizeof(*s) + nr_cpus * sizeof(s->cpu[0]);

	s = aligned_alloc(KMEM_CACHE_LINE, size);
	if (s)
		memset(s, 0, size);
	return s;
}

int kmem_cache_create(struct physmem *pm, const struct kmem_cache_config *cfg,
		      struct kmem_cache **ret)
{
	struct kmem_cache *s;
	int err;

	mm_assert((uintptr_t)physmem_map_of(pm)->arena >> 47 == 0);
	s = alloc_cache(cfg->nr_cpus);
	if (!s)
		return -ENOMEM;
	err = kmem_cache_calculate_sizes(s, cfg);
	if (err)
		goto out_free;
	s->pm = pm;
	s->allocflags = cfg->allocflags | __GFP_COMP;
	s->nr_cpus = cfg->nr_cpus;
	s->flags = cfg->flags;
	s->random = cfg->random;
	TAILQ_INIT(&s->node.partial);
	TAILQ_INIT(&s->node.full);
	TAILQ_INIT(&s->node.all);
	if (cfg->random)
		err = kmem_cache_random_init(s);
	if (err)
		goto out_free;
	*ret = s;
	return 0;

out_free:
	free(s);
	return err;
}

void kmem_cache_destroy(struct kmem_cache *s)
{
	struct page *slab;

	if (!s)
		return;
	while ((slab = TAILQ_FIRST(&s->node.all)))
		kmem_cache_discard_slab(s, 0, slab);
	free(s->random_seq);
	free(s);
}

void kmem_cache_shrink(struct kmem_cache *s)
{
	const char *why;
	struct slab_list promote[SHRINK_PROMOTE_MAX];
	struct page *slab, *next, *discard = NULL;
	unsigned i;

	for (i = 0; i < s->nr_cpus; i++)
		kmem_cache_flush_cpu(s, i);
	for (i = 0; i < SHRINK_PROMOTE_MAX; i++)
		TAILQ_INIT(&promote[i]);
	for (slab = TAILQ_FIRST(&s->node.partial); slab; slab = next) {
		unsigned inuse = state_inuse(get_state(slab));
		unsigned nr_free = slab->objects - inuse;

		next = TAILQ_NEXT(slab, slab_list);
		if (!inuse) {
			kmem_cache_remove_partial(s, slab);
			slab->next = discard;
			discard = slab;
		} else if (nr_free <= SHRINK_PROMOTE_MAX) {
			TAILQ_REMOVE(&s->node.partial, slab, slab_list);
			TAILQ_INSERT_HEAD(&promote[nr_free - 1], slab,
					  slab_list);
		}
	}
	/* The fullest slabs to the front, so that the others may run empty. */
	for (i = SHRINK_PROMOTE_MAX; i-- > 0;) {
		while ((slab = TAILQ_LAST(&promote[i], slab_list))) {
			TAILQ_REMOVE(&promote[i], slab, slab_list);
			TAILQ_INSERT_HEAD(&s->node.partial, slab, slab_list);
		}
	}
	kmem_cache_discard_list(s, 0, discard);
	mm_assert_slow(!kmem_cache_check(s, &why));
}

/* The counts in struct kmem_cache_stats that each CPU has. */
#define FIRST_EVENT offsetof(struct kmem_cache_stats, alloc_slowpath)
#define END_EVENTS offsetof(struct kmem_cache_stats, stripped)

void kmem_cache_stats(const struct kmem_cache *s, struct kmem_cache_stats *ret)
{
	const size_t first = FIRST_EVENT / sizeof(uint64_t);
	const size_t end = END_EVENTS / sizeof(uint64_t);
	struct kmem_cache_stats sum = s->stats;
	uint64_t *to = (uint64_t *)&sum;

	sum.slabs = s->node.nr_slabs;
	sum.pages = s->node.nr_pages;
	sum.total_objects = s->node.total_objects;
	sum.partial = s->node.nr_partial;
	for (unsigned cpu = 0; cpu < s->nr_cpus; cpu++) {
		const struct kmem_cache_cpu *c = &s->cpu[cpu];
		const uint64_t *from = (const uint64_t *)&c->stats;

		for (size_t i = first; i < end; i++)
			to[i] += from[i];
		sum.alive += c->alive;
		sum.stripped |= c->stats.stripped;
	}
	*ret = sum;
}

unsigned kmem_cache_link_offset(const struct kmem_cache *s)
{
	return s->link;
}
