// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ranges of iova as Linux 6.1 gives them; see iova.h. Model of
 * drivers/iommu/iova.c: __alloc_and_insert_iova_range(), the two cached nodes,
 * max32_alloc_size, and the magazines.
 *
 * The kernel keeps ranges in a tree, to find one by its address; here whoever
 * owns a range has a pointer to it, so that a list in the order of addresses
 * does. Its walk from a cached node downwards is the kernel's, and so is what
 * it finds. Left out: locks, CPUs that go away, flush queues (the default of
 * arm64 is strict), reserved ranges.
 *
 * Cost: O(1) from magazines, else the ranges that the walk passes. Invariant:
 * ranges ascend and do not overlap, the anchor lies above all; a kept range is
 * in one magazine, once.
 */
#include "iova.h"

#include <errno.h>
#include <stdlib.h>

#define DMA_32BIT_PFN ((uint64_t)1 << (32 - IOVA_PAGE_SHIFT))
#define IOVA_ANCHOR UINT64_MAX
#define NR_RCACHES IOVA_RANGE_CACHE_MAX_SIZE

struct iova_magazine {
	unsigned size;
	struct iova *range[IOVA_MAG_SIZE];
};

struct iova_cpu_rcache {
	struct iova_magazine *loaded, *prev;
};

struct iova_rcache {
	unsigned depot_size;
	struct iova_magazine *depot[IOVA_MAX_GLOBAL_MAGS];
};

struct iova_domain {
	struct iova anchor;
	struct iova *cached_node, *cached32_node;
	uint64_t start_pfn;
	uint64_t max32_alloc_size;
	unsigned nr_cpus;
	struct iova_stats stats;
	struct iova_rcache rcache[NR_RCACHES];
	struct iova_cpu_rcache cpu[][NR_RCACHES];
};

/* order_base_2() */
static unsigned order_of(uint64_t size)
{
	unsigned order = 0;

	while ((uint64_t)1 << order < size)
		order++;
	return order;
}

static int create_magazines(struct iova_domain *iovad)
{
	for (unsigned cpu = 0; cpu < iovad->nr_cpus; cpu++)
		for (unsigned i = 0; i < NR_RCACHES; i++) {
			struct iova_cpu_rcache *c = &iovad->cpu[cpu][i];

			c->loaded = calloc(1, sizeof(*c->loaded));
			c->prev = calloc(1, sizeof(*c->prev));
			if (!c->loaded || !c->prev)
				return -ENOMEM;
		}
	return 0;
}

int iova_domain_create(unsigned nr_cpus, uint64_t start_pfn,
		       struct iova_domain **ret)
{
	struct iova_domain *iovad =
		calloc(1, sizeof(*iovad) + nr_cpus * sizeof(iovad->cpu[0]));

	if (!iovad)
		return -ENOMEM;
	iovad->nr_cpus = nr_cpus;
	iovad->start_pfn = start_pfn;
	iovad->max32_alloc_size = DMA_32BIT_PFN;
	iovad->anchor.pfn_lo = iovad->anchor.pfn_hi = IOVA_ANCHOR;
	iovad->cached_node = iovad->cached32_node = &iovad->anchor;
	if (create_magazines(iovad)) {
		iova_domain_destroy(iovad);
		return -ENOMEM;
	}
	*ret = iovad;
	return 0;
}

void iova_domain_destroy(struct iova_domain *iovad)
{
	if (!iovad)
		return;
	for (unsigned i = 0; i < NR_RCACHES; i++) {
		for (unsigned cpu = 0; cpu < iovad->nr_cpus; cpu++) {
			free(iovad->cpu[cpu][i].loaded);
			free(iovad->cpu[cpu][i].prev);
		}
		while (iovad->rcache[i].depot_size)
			free(iovad->rcache[i]
				     .depot[--iovad->rcache[i].depot_size]);
	}
	for (struct iova *at = iovad->anchor.prev, *prev; at; at = prev) {
		prev = at->prev;
		free(at);
	}
	free(iovad);
}

/* Finds room downwards from *at, which becomes the range above the room. */
static bool find_room(struct iova **at, uint64_t size, uint64_t high_pfn,
		      uint64_t low_pfn, uint64_t *ret)
{
	uint64_t align_mask = ~(((uint64_t)1 << order_of(size)) - 1);
	struct iova *curr = *at, *above;
	uint64_t new_pfn;

	do {
		if (curr->pfn_lo < high_pfn)
			high_pfn = curr->pfn_lo;
		new_pfn = (high_pfn - size) & align_mask;
		above = curr;
		curr = curr->prev;
	} while (curr && new_pfn <= curr->pfn_hi && new_pfn >= low_pfn);
	if (high_pfn < size || new_pfn < low_pfn)
		return false;
	*at = above;
	*ret = new_pfn;
	return true;
}

static void insert_below(struct iova_domain *iovad, struct iova *above,
			 struct iova *iova)
{
	iova->next = above;
	iova->prev = above->prev;
	if (iova->prev)
		iova->prev->next = iova;
	above->prev = iova;
	iovad->stats.nr_ranges++;
	if (iova->pfn_hi < DMA_32BIT_PFN)
		iovad->cached32_node = iova;
	else
		iovad->cached_node = iova;
}

/* __alloc_and_insert_iova_range(); limit_pfn is the first that is too high. */
static int alloc_range(struct iova_domain *iovad, uint64_t size,
		       uint64_t limit_pfn, struct iova **ret)
{
	bool low = limit_pfn <= DMA_32BIT_PFN;
	struct iova *at = low ? iovad->cached32_node : iovad->cached_node;
	uint64_t retry_pfn = at->pfn_hi, pfn;
	struct iova *iova;

	if (low && size >= iovad->max32_alloc_size)
		return -ENOSPC;
	if (!find_room(&at, size, limit_pfn, iovad->start_pfn, &pfn)) {
		/* What lies above the node that the walk began at. */
		at = &iovad->anchor;
		if (retry_pfn >= limit_pfn ||
		    !find_room(&at, size, limit_pfn, retry_pfn + 1, &pfn)) {
			iovad->max32_alloc_size = size;
			return -ENOSPC;
		}
	}
	iova = calloc(1, sizeof(*iova));
	if (!iova)
		return -ENOMEM;
	iova->pfn_lo = pfn;
	iova->pfn_hi = pfn + size - 1;
	insert_below(iovad, at, iova);
	*ret = iova;
	return 0;
}

/* remove_iova(): the next search begins above what became free. */
static void free_range(struct iova_domain *iovad, struct iova *iova)
{
	const struct iova *cached32 = iovad->cached32_node;

	if (iova == cached32 ||
	    (iova->pfn_hi < DMA_32BIT_PFN && iova->pfn_lo >= cached32->pfn_lo))
		iovad->cached32_node = iova->next;
	if (iova->pfn_lo < DMA_32BIT_PFN)
		iovad->max32_alloc_size = DMA_32BIT_PFN;
	if (iova->pfn_lo >= iovad->cached_node->pfn_lo)
		iovad->cached_node = iova->next;
	iova->next->prev = iova->prev;
	if (iova->prev)
		iova->prev->next = iova->next;
	iovad->stats.nr_ranges--;
	free(iova);
}

static void empty_magazine(struct iova_domain *iovad, struct iova_magazine *mag)
{
	for (unsigned i = 0; i < mag->size; i++)
		free_range(iovad, mag->range[i]);
	iovad->stats.nr_kept -= mag->size;
	mag->size = 0;
}

static void swap_magazines(struct iova_cpu_rcache *c)
{
	struct iova_magazine *loaded = c->loaded;

	c->loaded = c->prev;
	c->prev = loaded;
}

/* The last one in that is not too high. */
static struct iova *pop(struct iova_magazine *mag, uint64_t limit_pfn)
{
	struct iova *iova;
	unsigned i = mag->size;

	do {
		if (!i)
			return NULL;
		i--;
	} while (mag->range[i]->pfn_lo > limit_pfn);
	iova = mag->range[i];
	mag->range[i] = mag->range[--mag->size];
	return iova;
}

static struct iova *rcache_get(struct iova_domain *iovad, unsigned cpu,
			       uint64_t size, uint64_t limit_pfn)
{
	unsigned order = order_of(size);
	struct iova_cpu_rcache *c;
	struct iova_rcache *rcache;
	struct iova *iova;

	if (order >= NR_RCACHES)
		return NULL;
	c = &iovad->cpu[cpu][order];
	rcache = &iovad->rcache[order];
	if (!c->loaded->size && c->prev->size) {
		swap_magazines(c);
	} else if (!c->loaded->size && rcache->depot_size) {
		free(c->loaded);
		c->loaded = rcache->depot[--rcache->depot_size];
	}
	iova = pop(c->loaded, limit_pfn - size);
	if (iova) {
		iova->kept = false;
		iovad->stats.nr_kept--;
		iovad->stats.nr_hits++;
	}
	return iova;
}

/* A full magazine goes to the depot; from a full depot all of it is freed. */
static bool replace_loaded(struct iova_domain *iovad, unsigned order,
			   struct iova_cpu_rcache *c)
{
	struct iova_rcache *rcache = &iovad->rcache[order];
	struct iova_magazine *fresh = calloc(1, sizeof(*fresh));

	if (!fresh)
		return false;
	if (rcache->depot_size < IOVA_MAX_GLOBAL_MAGS) {
		rcache->depot[rcache->depot_size++] = c->loaded;
	} else {
		empty_magazine(iovad, c->loaded);
		free(c->loaded);
		iovad->stats.nr_spilled++;
	}
	c->loaded = fresh;
	return true;
}

static bool rcache_insert(struct iova_domain *iovad, unsigned cpu,
			  struct iova *iova, uint64_t size)
{
	unsigned order = order_of(size);
	struct iova_cpu_rcache *c;

	if (order >= NR_RCACHES)
		return false;
	c = &iovad->cpu[cpu][order];
	if (c->loaded->size == IOVA_MAG_SIZE) {
		if (c->prev->size < IOVA_MAG_SIZE)
			swap_magazines(c);
		else if (!replace_loaded(iovad, order, c))
			return false;
	}
	iova->kept = true;
	iovad->stats.nr_kept++;
	c->loaded->range[c->loaded->size++] = iova;
	return true;
}

static void flush(struct iova_domain *iovad)
{
	iovad->stats.nr_flushes++;
	for (unsigned i = 0; i < NR_RCACHES; i++) {
		struct iova_rcache *rcache = &iovad->rcache[i];

		for (unsigned cpu = 0; cpu < iovad->nr_cpus; cpu++) {
			empty_magazine(iovad, iovad->cpu[cpu][i].loaded);
			empty_magazine(iovad, iovad->cpu[cpu][i].prev);
		}
		while (rcache->depot_size) {
			struct iova_magazine *mag =
				rcache->depot[--rcache->depot_size];

			empty_magazine(iovad, mag);
			free(mag);
		}
	}
}

int iova_alloc(struct iova_domain *iovad, unsigned cpu, uint64_t size,
	       uint64_t limit_pfn, struct iova **ret)
{
	struct iova *iova;
	int err;

	if (size < (uint64_t)1 << (NR_RCACHES - 1))
		size = (uint64_t)1 << order_of(size);
	iova = rcache_get(iovad, cpu, size, limit_pfn + 1);
	if (iova) {
		*ret = iova;
		return 0;
	}
	err = alloc_range(iovad, size, limit_pfn + 1, ret);
	if (err != -ENOSPC)
		return err;
	flush(iovad);
	return alloc_range(iovad, size, limit_pfn + 1, ret);
}

void iova_free(struct iova_domain *iovad, unsigned cpu, struct iova *iova,
	       uint64_t size)
{
	if (!rcache_insert(iovad, cpu, iova, size))
		free_range(iovad, iova);
}

struct iova_stats iova_stats(const struct iova_domain *iovad)
{
	return iovad->stats;
}

static const char *check_magazine(const struct iova_magazine *mag,
				  unsigned order, uint64_t *nr)
{
	if (mag->size > IOVA_MAG_SIZE)
		return "a magazine of more than 127";
	for (unsigned i = 0; i < mag->size; i++) {
		const struct iova *iova = mag->range[i];

		if (!iova->kept)
			return "a range in a magazine that is not kept";
		if (iova->pfn_hi - iova->pfn_lo + 1 != (uint64_t)1 << order)
			return "a range in a magazine of another size";
	}
	*nr += mag->size;
	return NULL;
}

static const char *check_magazines(const struct iova_domain *iovad)
{
	const char *wrong = NULL;
	uint64_t nr = 0;

	for (unsigned i = 0; i < NR_RCACHES && !wrong; i++) {
		const struct iova_rcache *rcache = &iovad->rcache[i];
		unsigned k;

		for (k = 0; k < iovad->nr_cpus && !wrong; k++) {
			wrong = check_magazine(iovad->cpu[k][i].loaded, i, &nr);
			if (!wrong)
				wrong = check_magazine(iovad->cpu[k][i].prev, i,
						       &nr);
		}
		for (k = 0; k < rcache->depot_size && !wrong; k++) {
			wrong = check_magazine(rcache->depot[k], i, &nr);
			if (!wrong && !rcache->depot[k]->size)
				wrong = "an empty magazine in the depot";
		}
	}
	/* With the marks counted by the caller: none is in two magazines. */
	if (!wrong && nr != iovad->stats.nr_kept)
		wrong = "magazines have other ranges than those that are kept";
	return wrong;
}

const char *iova_check(const struct iova_domain *iovad)
{
	uint64_t nr = 0, nr_kept = 0, nr_cached = 0;

	for (const struct iova *at = &iovad->anchor; at; at = at->prev) {
		nr_cached += (at == iovad->cached_node) +
			     (at == iovad->cached32_node);
		if (at->prev && at->prev->next != at)
			return "a link that goes one way";
		if (at->prev && at->prev->pfn_hi >= at->pfn_lo)
			return "ranges that overlap";
		if (at->pfn_lo < iovad->start_pfn || at->pfn_hi < at->pfn_lo)
			return "a range that lies wrong";
		nr += at != &iovad->anchor;
		nr_kept += at->kept;
	}
	if (nr_cached != 2)
		return "a cached node that is no range";
	if (nr != iovad->stats.nr_ranges || nr_kept != iovad->stats.nr_kept)
		return "ranges miscounted";
	return check_magazines(iovad);
}
