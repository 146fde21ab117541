// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes memory small and old; see ager.h.
 *
 * Models the result of a long life, not the life: a hog takes every free page
 * of ZONE_DMA32 and below and gives as many back as stay free, in regions of 1
 * MiB chosen by a seeded shuffle: whole regions, or every second 64 KiB, or
 * every second page, so that nothing merges beyond that. Left out: reclaim or
 * migration of what the hog holds; unmovable pages of others.
 *
 * Cost: one write per page of the zone, a free per page given back.
 * Invariant: nr_hog pages are the hog's: PG_HEAD, movable, of order 0.
 * Concurrency: nobody else at work.
 */
#include "ager.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "track.h"
#include "zone.h"

#define REGION_ORDER 8
#define REGION_PAGES (1u << REGION_ORDER)
#define CHUNK_ORDER 4
#define WHOLE_ZONE_SHARE 4 /* a quarter of a zone of no given size is free */
#define DEFAULT_SEED 0x9E3779B97F4A7C15ull /* for 0, which xorshift has not */

/* A decimal from 0 to 1 in millionths; end is what must follow it. */
static int parse_share(const char **text, char end, uint32_t *ret)
{
	char *rest;
	double x;

	if (strspn(*text, "0123456789.") != strcspn(*text, ","))
		return -EINVAL;
	errno = 0;
	x = strtod(*text, &rest);
	if (errno || rest == *text || *rest != end || !(x >= 0 && x <= 1))
		return -EINVAL;
	*text = end ? rest + 1 : rest;
	*ret = (uint32_t)(x * AGE_ONE + 0.5);
	return 0;
}

int age_parse(const char *text, struct age_config *cfg)
{
	uint32_t f8 = AGE_ONE, f4;

	if (!strcmp(text, "fresh")) {
		f8 = f4 = 0;
	} else if (!strcmp(text, "p1")) {
		f4 = 0;
	} else if (!strcmp(text, "p2")) {
		f4 = AGE_ONE;
	} else if (!strncmp(text, "mix:", 4)) {
		text += 4;
		if (parse_share(&text, ',', &f8) ||
		    parse_share(&text, '\0', &f4))
			return -EINVAL;
	} else if (!strncmp(text, "unusable:", 9)) {
		text += 9;
		if (parse_share(&text, '\0', &f4))
			return -EINVAL;
	} else {
		return -EINVAL;
	}
	cfg->f8 = f8;
	cfg->f4 = f4;
	return 0;
}

void age_format(const struct age_config *cfg, char *ret)
{
	if (!cfg->f8)
		strcpy(ret, "fresh");
	else if (cfg->f8 == AGE_ONE && !cfg->f4)
		strcpy(ret, "p1");
	else if (cfg->f8 == AGE_ONE && cfg->f4 == AGE_ONE)
		strcpy(ret, "p2");
	else
		snprintf(ret, AGE_TEXT_SIZE, "mix:%g,%g",
			 (double)cfg->f8 / AGE_ONE, (double)cfg->f4 / AGE_ONE);
}

/* The 1 MiB regions of the zone, in the order in which they are used up. */
struct regions {
	struct physmem *pm;
	struct page **first; /* page of each */
	uint64_t nr, next;
	uint64_t rng;
};

static uint64_t next_random(struct regions *r)
{
	r->rng ^= r->rng << 13;
	r->rng ^= r->rng >> 7;
	r->rng ^= r->rng << 17;
	return r->rng >> 11;
}

static bool all_of_hog(const struct page *page)
{
	unsigned i;

	for (i = 0; i < REGION_PAGES; i++)
		if (page[i].flags != PG_HEAD || !page[i].movable)
			return false;
	return true;
}

static void add_regions(struct regions *r, const struct machine_range *range)
{
	const uint64_t size = (uint64_t)REGION_PAGES << PAGE_SHIFT;
	phys_addr_t paddr = (range->start + size - 1) & ~(size - 1);

	for (; paddr + size <= range->end; paddr += size) {
		struct page *page = physmem_page(r->pm, paddr);

		if (all_of_hog(page))
			r->first[r->nr++] = page;
	}
}

static int regions_init(struct regions *r, struct physmem *pm, uint64_t seed)
{
	const struct machine_profile *profile = pm->profile;
	unsigned i;

	*r = (struct regions){ .pm = pm, .rng = seed ? seed : DEFAULT_SEED };
	r->first = calloc(pm->map.nr_pages / REGION_PAGES + 1,
			  sizeof(r->first[0]));
	if (!r->first)
		return -ENOMEM;
	for (i = 0; i < profile->nr_ranges; i++)
		if (profile->range[i].zone == ZONE_DMA32)
			add_regions(r, &profile->range[i]);
	return 0;
}

static void shuffle(struct regions *r)
{
	uint64_t i;

	for (i = r->nr; i > 1; i--) {
		uint64_t j = next_random(r) % i;
		struct page *page = r->first[i - 1];

		r->first[i - 1] = r->first[j];
		r->first[j] = page;
	}
}

static void take_block(struct page *page)
{
	uint64_t nr = 1ull << page->order, i;

	for (i = 0; i < nr; i++) {
		page[i].zone = page->zone;
		page[i].flags = PG_HEAD;
		page[i].order = 0;
		page[i].movable = true;
	}
}

/* All that is free of a range, page by page, whatever the marks say. */
static uint64_t take_range(struct physmem *pm,
			   const struct machine_range *range)
{
	struct page *page = physmem_page(pm, range->start);
	struct page *end = page + ((range->end - range->start) >> PAGE_SHIFT);
	uint64_t nr = 0;

	while (page < end) {
		uint64_t size = page->flags ? 1ull << page->order : 1;

		if (page->flags == PG_BUDDY) {
			unlist_free_page(pm, page);
			take_block(page);
			nr += size;
		}
		page += size;
	}
	return nr;
}

/* All that is free of ZONE_DMA32, and of zones to which requests for it would
 * fall back. */
static void take_free(struct physmem *pm)
{
	const struct machine_profile *profile = pm->profile;
	uint64_t nr = 0;
	unsigned i;

	drain_all_pages(pm);
	for (i = 0; i < profile->nr_ranges; i++)
		if (profile->range[i].zone <= ZONE_DMA32)
			nr += take_range(pm, &profile->range[i]);
	pm->nr_hog += nr;
	pm->cpu[0].pages_free -= nr;
	pm->pages_total -= nr;
}

static void give_back(struct physmem *pm, struct page *page, unsigned nr)
{
	pm->nr_hog -= nr;
	pm->cpu[0].pages_free += nr;
	pm->pages_total += nr;
	for (; nr; nr--, page++) {
		page->flags = 0;
		free_one_page(pm, page, 0);
	}
}

/* Gives back nr pages as the low ends of regions. */
static int free_solid(struct regions *r, uint64_t nr)
{
	while (nr && r->next < r->nr) {
		unsigned n = nr < REGION_PAGES ? (unsigned)nr : REGION_PAGES;

		give_back(r->pm, r->first[r->next++], n);
		nr -= n;
	}
	return nr ? -ERANGE : 0;
}

/* Gives back nr pages, of each pair of blocks of the order one of the two. */
static int free_holes(struct regions *r, uint64_t nr, unsigned order)
{
	const unsigned size = 1u << order;
	unsigned at;

	while (nr && r->next < r->nr) {
		struct page *page = r->first[r->next++];

		for (at = 0; nr && at < REGION_PAGES; at += 2 * size) {
			unsigned n = nr < size ? (unsigned)nr : size;
			unsigned half = next_random(r) & 1 ? size : 0;

			give_back(r->pm, page + at + half, n);
			nr -= n;
		}
	}
	return nr ? -ERANGE : 0;
}

/* How the free pages divide over blocks of order 8, of order 4, and single. */
static int give_back_state(struct regions *r, const struct age_config *cfg,
			   uint64_t nr)
{
	uint64_t small = nr * cfg->f8 / AGE_ONE;
	uint64_t solid = nr - small;
	uint64_t single = small * cfg->f4 / AGE_ONE;
	uint64_t chunks = small - single;
	int err;

	/* What fills no block would be a block of another order. */
	chunks += solid % REGION_PAGES;
	solid -= solid % REGION_PAGES;
	if (cfg->f4) {
		single += chunks % (1u << CHUNK_ORDER);
		chunks -= chunks % (1u << CHUNK_ORDER);
	}
	err = free_solid(r, solid);
	if (!err)
		err = free_holes(r, chunks, CHUNK_ORDER);
	if (!err)
		err = free_holes(r, single, 0);
	return err;
}

int ager_limit(struct physmem *pm, const struct age_config *cfg)
{
	struct zone *zone = &pm->zone[ZONE_DMA32];
	uint64_t nr = cfg->zone_bytes >> PAGE_SHIFT;
	unsigned i;

	if (!cfg->zone_bytes)
		return 0;
	if (nr > zone->managed)
		return -ERANGE;
	take_free(pm);
	pm->zone[ZONE_DMA].managed = 0;
	zone->managed = nr;
	zones_setup(pm);
	for (i = 0; i < pm->profile->nr_ranges && nr; i++) {
		const struct machine_range *range = &pm->profile->range[i];
		struct page *page = physmem_page(pm, range->start);
		uint64_t pages = (range->end - range->start) >> PAGE_SHIFT;

		if (range->zone != ZONE_DMA32)
			continue;
		for (; nr && pages; nr--, pages--)
			give_back(pm, page++, 1);
	}
	return 0;
}

int ager_fragment(struct physmem *pm, const struct age_config *cfg)
{
	struct zone *zone = &pm->zone[ZONE_DMA32];
	uint64_t nr;
	struct regions regions;
	int err;

	if (!cfg->f8)
		return 0;
	drain_all_pages(pm);
	nr = zone->nr_free;
	if (!cfg->zone_bytes && nr > zone->managed / WHOLE_ZONE_SHARE)
		nr = zone->managed / WHOLE_ZONE_SHARE;
	take_free(pm);
	err = regions_init(&regions, pm, cfg->seed);
	if (err)
		return err;
	shuffle(&regions);
	err = give_back_state(&regions, cfg, nr);
	free(regions.first);
	return err;
}
