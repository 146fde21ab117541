/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A slab_array on a machine. Closing it tests that all pages are back.
 */
#ifndef ARRAY_FIXTURE_H
#define ARRAY_FIXTURE_H

#include "mm_fixture.h"

#include "slab_array.h"

#define SIZE 1024u

struct array {
	struct physmem *pm;
	struct slab_array *s;
	uint64_t pages_free; /* at the start */
	struct slab_array_stats stats;
};

/* The cache of level-2 tables: SLAB_CACHE_DMA32, 1 KiB aligned to 1 KiB. */
static inline struct slab_array_config array_config(unsigned nr_cpus)
{
	return (struct slab_array_config){
		.size = SIZE,
		.align = SIZE,
		.allocflags = GFP_DMA32,
		.nr_cpus = nr_cpus,
	};
}

static inline void array_open_on(struct array *a, struct physmem *pm,
				 const struct slab_array_config *cfg)
{
	a->pm = pm;
	a->pages_free = pages_free(a->pm);
	assert_int_equal(slab_array_create(a->pm, cfg, &a->s), 0);
	slab_array_stats(a->s, &a->stats);
}

static inline void array_open(struct array *a, unsigned nr_cpus)
{
	struct slab_array_config cfg = array_config(nr_cpus);

	array_open_on(a, small_machine(), &cfg);
}

static inline void array_check(struct array *a)
{
	const char *why = "";

	if (slab_array_check(a->s, &why))
		fail_msg("%s", why);
	slab_array_stats(a->s, &a->stats);
	assert_int_equal(a->stats.pages, a->pages_free - pages_free(a->pm));
}

static inline void array_close(struct array *a)
{
	array_check(a);
	slab_array_destroy(a->s);
	assert_int_equal(pages_free(a->pm), a->pages_free);
	assert_pm_sound(a->pm);
	physmem_destroy(a->pm);
}

static inline char *take(struct array *a, unsigned cpu)
{
	void *object;

	assert_int_equal(slab_array_alloc(a->s, cpu, GFP_ATOMIC, &object), 0);
	return object;
}

static inline void give(struct array *a, unsigned cpu, void *object)
{
	slab_array_free(a->s, cpu, object);
}

#endif /* ARRAY_FIXTURE_H */
