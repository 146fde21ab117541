// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looking at a kmem_cache: counts as show_slab_objects() of mm/slub.c of Linux
 * 6.1 makes them, and a walk that tests each rule of kmem_cache_internal.h.
 *
 * Left out: what slub_debug tests (red zones, poison): nothing writes it.
 * Cost: all slabs and freelists. Invariant: changes nothing.
 * Concurrency: nobody else in the cache.
 */
#include <errno.h>

#include "kmem_cache_internal.h"

void kmem_cache_counts(const struct kmem_cache *s,
		       struct kmem_cache_counts *ret)
{
	const struct page *slab;
	unsigned i;

	memset(ret, 0, sizeof(*ret));
	ret->objects = s->node.total_objects;
	TAILQ_FOREACH(slab, &s->node.partial, slab_list) {
		unsigned inuse = state_inuse(get_state(slab));

		ret->objects -= slab->objects - inuse;
		ret->objects_partial += inuse;
	}
	for (i = 0; i < s->nr_cpus; i++) {
		const struct kmem_cache_cpu *c = &s->cpu[i];
		unsigned listed = c->partial ? c->partial->slabs : 0;

		ret->slabs_cpu_partial += listed;
		if (c->slab)
			ret->cpu_slabs += 1 + listed;
	}
}

/* Length of a freelist within slab; above its objects if it is broken. */
static unsigned count_free(const struct kmem_cache *s, const struct page *slab,
			   const char *object)
{
	const char *first =
		(const char *)physmem_page_va(s->pm, slab) + s->left_pad;
	unsigned nr = 0;

	for (; object && nr <= slab->objects; nr++) {
		if (object < first ||
		    object >= first + (size_t)slab->objects * s->size ||
		    (size_t)(object - first) % s->size)
			return slab->objects + 1u;
		object = get_link(s, object);
	}
	return nr;
}

/* The CPU that has slab active or on its partial list, or NULL. */
static const struct kmem_cache_cpu *holder(const struct kmem_cache *s,
					   const struct page *slab)
{
	const struct page *p;
	unsigned i;

	for (i = 0; i < s->nr_cpus; i++) {
		if (s->cpu[i].slab == slab)
			return &s->cpu[i];
		for (p = s->cpu[i].partial; p; p = p->next)
			if (p == slab)
				return &s->cpu[i];
	}
	return NULL;
}

static const char *check_slab(const struct kmem_cache *s,
			      const struct page *slab, uint64_t *nr_used)
{
	const struct kmem_cache_cpu *c = holder(s, slab);
	void *freelist = state_freelist(get_state(slab));
	unsigned inuse = state_inuse(get_state(slab));
	unsigned nr_free = count_free(s, slab, freelist);

	if (slab->flags != PG_HEAD || slab->slab_cache != s)
		return "slab that is no block of this cache";
	if (nr_free > slab->objects || nr_free + inuse != slab->objects)
		return "freelist and inuse of a slab disagree";
	if (state_frozen(get_state(slab)) != (c != NULL))
		return "frozen slab without a CPU, or a CPU's slab not frozen";
	if (c && s->debug)
		return "slab of a debug cache held by a CPU";
	if (!c && slab->on_node_list != (freelist != NULL))
		return "slab on the wrong list";
	*nr_used += inuse;
	if (c && c->slab == slab) {
		nr_free = count_free(s, slab, c->freelist);
		if (nr_free > inuse)
			return "per-CPU freelist leaves its slab";
		*nr_used -= nr_free;
	}
	return NULL;
}

/* Both limits of a CPU's partial list are kept as sums in its slabs. */
static const char *check_cpu(const struct kmem_cache_cpu *c)
{
	const struct page *slab;

	for (slab = c->partial; slab; slab = slab->next) {
		unsigned slabs = slab->next ? slab->next->slabs : 0;
		unsigned limited = slab->next ? slab->next->pobjects : 0;

		if (slab->slabs != slabs + 1 || slab->pobjects <= limited)
			return "lengths along a per-CPU partial list";
	}
	return NULL;
}

static const char *check_full_list(const struct kmem_cache *s, uint64_t nr_full)
{
	const struct page *slab;

	TAILQ_FOREACH(slab, &s->node.full, slab_list) {
		uint64_t state = get_state(slab);

		if (state_freelist(state) || state_frozen(state) || !nr_full--)
			return "slab on the full list by mistake";
	}
	if ((s->debug & SLAB_STORE_USER) && nr_full)
		return "full slab not on the full list";
	return NULL;
}

static const char *check_lists(const struct kmem_cache *s, uint64_t nr_full)
{
	const char *why = check_full_list(s, nr_full);
	unsigned i;

	for (i = 0; i < s->nr_cpus && !why; i++)
		why = check_cpu(&s->cpu[i]);
	return why;
}

/* Adds slab to what stats should say. */
static void add_up(const struct page *slab, struct kmem_cache_stats *sum)
{
	sum->slabs++;
	sum->pages += 1u << slab->order;
	sum->total_objects += slab->objects;
	sum->partial += slab->on_node_list;
}

int kmem_cache_check(const struct kmem_cache *s, const char **ret_why)
{
	struct kmem_cache_stats sum = { 0 }, stats;
	const struct page *slab;
	const char *why = NULL;
	uint64_t nr_full = 0;

	kmem_cache_stats(s, &stats);
	TAILQ_FOREACH(slab, &s->node.all, all_list) {
		add_up(slab, &sum);
		nr_full += !state_frozen(get_state(slab)) &&
			   !slab->on_node_list;
		why = check_slab(s, slab, &sum.alive);
		if (why)
			break;
	}
	if (!why)
		why = check_lists(s, nr_full);
	if (!why && (sum.slabs != stats.slabs || sum.pages != stats.pages ||
		     sum.total_objects != stats.total_objects ||
		     sum.partial != stats.partial ||
		     stats.alloc_slab - stats.free_slab != sum.slabs))
		why = "slab counters do not add up";
	if (!why && sum.alive != stats.alive)
		why = "objects in slabs and objects handed out disagree";
	if (!why)
		return 0;
	*ret_why = why;
	return -EUCLEAN;
}
