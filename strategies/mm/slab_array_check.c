// SPDX-License-Identifier: GPL-2.0-only
/*
 * slab_array_check(): walks all slabs, freelists and arrays of a slab_array.
 *
 * Goes beyond the DEBUG code of mm/slab.c of Linux 6.1, which looks at one
 * object at a time. Leaves out what objects hold, and links of a list that
 * lead elsewhere.
 * Cost: each object once, and each pair of entries of the arrays.
 * Changes nothing. Concurrency: nobody else in the cache.
 */
#include "slab_array_internal.h"

#include <errno.h>

static bool on_freelist(const struct slab_array *s, const struct page *slab,
			unsigned i)
{
	for (unsigned k = slab->active; k < s->g.num; k++)
		if (slab->index[k] == i)
			return true;
	return false;
}

/* Whether the freelist lies where this kind of freelist must. */
static bool freelist_in_place(const struct slab_array *s,
			      const struct page *slab)
{
	const char *addr = physmem_page_va(s->pm, slab);
	const char *index = (const char *)slab->index;

	if (s->g.freelist == OFF_SLAB)
		return index;
	if (s->g.freelist == ON_SLAB)
		return index == addr + (PAGE_SIZE << s->g.order) - s->g.num;
	if (slab->active == s->g.num)
		return !index;
	return index >= addr && index < addr + (PAGE_SIZE << s->g.order) &&
	       index == index_to_obj(s, slab, slab->index[s->g.num - 1]) +
				s->link;
}

static const char *check_slab(const struct slab_array *s,
			      const struct page *slab)
{
	bool seen[SLAB_OBJ_MAX_NUM] = { false };

	if (slab->flags != PG_HEAD || slab->array_cache != s ||
	    slab->order != s->g.order)
		return "slab that is no block of this cache";
	if (!freelist_in_place(s, slab))
		return "freelist of a slab out of place";
	for (unsigned i = slab->active; i < s->g.num; i++) {
		if (slab->index[i] >= s->g.num || seen[slab->index[i]])
			return "freelist of a slab broken";
		seen[slab->index[i]] = true;
	}
	return NULL;
}

struct slab_count {
	uint64_t slabs, free_slabs, objects_out;
};

/* Slabs of a list have from min to max objects out of them. */
static const char *check_list(const struct slab_array *s,
			      const struct array_slabs *list, unsigned min,
			      unsigned max, struct slab_count *count)
{
	const struct page *slab;
	const char *why;

	TAILQ_FOREACH(slab, list, array_list) {
		if (slab->active < min || slab->active > max)
			return "slab on the wrong list";
		why = check_slab(s, slab);
		if (why)
			return why;
		count->slabs++;
		count->free_slabs += !slab->active;
		count->objects_out += slab->active;
	}
	return NULL;
}

static const struct array_cache *nth_array(const struct slab_array *s,
					   unsigned n)
{
	return n < s->nr_cpus ? cpu_cache_get(s, n) : s->shared;
}

/* Whether an object stands in the arrays before entry k of array n. */
static bool seen_before(const struct slab_array *s, const void *object,
			unsigned n, unsigned k)
{
	for (unsigned i = 0; i <= n; i++) {
		const struct array_cache *ac = nth_array(s, i);

		for (unsigned j = 0; j < (i < n ? ac->avail : k); j++)
			if (ac->entry[j] == object)
				return true;
	}
	return false;
}

static const char *check_array(const struct slab_array *s, unsigned n)
{
	const struct array_cache *ac = nth_array(s, n);

	if (ac->avail > ac->limit)
		return "array with more entries than its limit";
	for (unsigned k = 0; k < ac->avail; k++) {
		const char *object = ac->entry[k];
		const struct page *slab;
		unsigned i;

		if (!physmem_owns(s->pm, object))
			return "array entry that is no object";
		slab = physmem_head(s->pm, object);
		if (slab->flags != PG_HEAD || slab->array_cache != s)
			return "array entry that is no object";
		i = obj_to_index(s, slab, object);
		if (i >= s->g.num || index_to_obj(s, slab, i) != object)
			return "array entry that is no object";
		if (on_freelist(s, slab, i) || seen_before(s, object, n, k))
			return "object free twice";
	}
	return NULL;
}

int slab_array_check(const struct slab_array *s, const char **ret_why)
{
	unsigned nr_arrays = s->nr_cpus + (s->shared != NULL);
	struct slab_count n = { 0 };
	uint64_t in_arrays = 0, handed_out = 0;
	const char *why;

	why = check_list(s, &s->slabs_full, s->g.num, s->g.num, &n);
	if (!why)
		why = check_list(s, &s->slabs_partial, 1, s->g.num - 1, &n);
	if (!why)
		why = check_list(s, &s->slabs_free, 0, 0, &n);
	for (unsigned i = 0; !why && i < nr_arrays; i++) {
		why = check_array(s, i);
		in_arrays += nth_array(s, i)->avail;
	}
	for (unsigned cpu = 0; cpu < s->nr_cpus; cpu++)
		handed_out += cpu_counts(s, cpu)->nr_objects;
	if (!why &&
	    (n.slabs != s->total_slabs || n.free_slabs != s->free_slabs))
		why = "slab counters do not add up";
	if (!why && n.slabs * s->g.num - n.objects_out != s->free_objects)
		why = "free objects do not add up";
	if (!why && n.objects_out != handed_out + in_arrays)
		why = "objects in slabs and objects handed out disagree";
	if (!why && s->free_slabs && s->free_objects > s->g.free_limit)
		why = "empty slabs kept above the free limit";
	if (!why)
		return 0;
	*ret_why = why;
	return -EUCLEAN;
}
