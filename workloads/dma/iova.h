/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which iova the DMA API gives: alloc_iova_fast() and free_iova_fast() of
 * Linux 6.1, drivers/iommu/iova.c.
 *
 * Ranges are taken top-down, below the lowest one that was taken last (the
 * cached node), aligned to the next power of two of their length. Ranges of up
 * to 32 pages are not given back, but kept by the CPU that frees them, in two
 * magazines of 127 for each power of two, and in a depot of 32 magazines that
 * all CPUs share. All numbers are of pages.
 *
 * Concurrency: one thread; cpu is a number, as in traces.
 */
#ifndef IOVA_H
#define IOVA_H

#include <stdbool.h>
#include <stdint.h>

#define IOVA_PAGE_SHIFT 12
#define IOVA_RANGE_CACHE_MAX_SIZE 6 /* orders 0 to 5 are kept */
#define IOVA_MAG_SIZE 127
#define IOVA_MAX_GLOBAL_MAGS 32

struct iova_domain;

/* A range: taken, or kept in a magazine. */
struct iova {
	uint64_t pfn_lo, pfn_hi;  /* both belong to it */
	struct iova *prev, *next; /* by address */
	bool kept;
};

struct iova_stats {
	uint64_t nr_ranges; /* taken or kept */
	uint64_t nr_kept;
	uint64_t nr_hits;    /* allocations from a magazine */
	uint64_t nr_flushes; /* of all magazines, for want of room */
	uint64_t nr_spilled; /* magazines emptied because the depot was full */
};

/* Ranges lie at start_pfn or above; start_pfn must not be 0. 0 or -ENOMEM. */
int iova_domain_create(unsigned nr_cpus, uint64_t start_pfn,
		       struct iova_domain **ret);

/* With all its ranges; NULL is fine. */
void iova_domain_destroy(struct iova_domain *iovad);

/**
 * iova_alloc() - takes a range
 * @size:	at least 1; below 32 it is rounded up to a power of two
 * @limit_pfn:	no page above this one
 *
 * Return: 0; -ENOSPC if there is no room, even with all magazines emptied;
 * -ENOMEM if the host has none.
 */
int iova_alloc(struct iova_domain *iovad, unsigned cpu, uint64_t size,
	       uint64_t limit_pfn, struct iova **ret);

/* size as for iova_alloc(). */
void iova_free(struct iova_domain *iovad, unsigned cpu, struct iova *iova,
	       uint64_t size);

struct iova_stats iova_stats(const struct iova_domain *iovad);

/* NULL, or what is wrong: order, overlaps, links, ranges kept twice. */
const char *iova_check(const struct iova_domain *iovad);

#endif /* IOVA_H */
