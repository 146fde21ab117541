// SPDX-License-Identifier: GPL-2.0-only
/*
 * The histogram of durations: everything but the fast path, which is in the
 * header with the derivation of the error bound.
 *
 * Not here: growing, decay, correction for coordinated omission, files.
 * Cost: reading functions walk the buckets that can be in use, at most
 * LATENCY_BUCKETS of them; nothing but create allocates.
 * Invariant: bucket[latency_index(v)] counts the values v; buckets above
 * latency_index(max_ns) are 0.
 */
#include "latency.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HOST_PAGE 4096

struct latency *latency_create(void)
{
	struct latency *lat = calloc(1, sizeof(*lat));
	volatile char *byte = (volatile char *)lat;
	size_t at;

	if (!lat)
		return NULL;
	/* calloc() leaves untouched pages to the first add, which would then
	 * measure a page fault; a plain memset() is optimised away. */
	for (at = 0; at < sizeof(*lat); at += HOST_PAGE)
		byte[at] = 0;
	return lat;
}

void latency_destroy(struct latency *lat)
{
	free(lat);
}

void latency_reset(struct latency *lat)
{
	memset(lat, 0, sizeof(*lat));
}

void latency_add_many(struct latency *lat, uint64_t ns, uint64_t count)
{
	uint64_t sum;

	if (!count)
		return;
	lat->bucket[latency_index(ns)] += count;
	if (__builtin_mul_overflow(ns, count, &sum) ||
	    __builtin_add_overflow(lat->sum_ns, sum, &lat->sum_ns))
		lat->sum_ns = UINT64_MAX;
	if (ns > lat->max_ns)
		lat->max_ns = ns;
}

uint64_t latency_count(const struct latency *lat)
{
	size_t i, end = latency_index(lat->max_ns) + 1;
	uint64_t count = 0;

	for (i = 0; i < end; i++)
		count += lat->bucket[i];
	return count;
}

static void bar_range(size_t index, struct latency_bar *bar)
{
	const unsigned sub_mask = (1u << LATENCY_SUB_SHIFT) - 1;
	unsigned above, shift;

	if (index < LATENCY_EXACT) {
		bar->low_ns = bar->high_ns = index;
		return;
	}
	above = (unsigned)index - LATENCY_EXACT;
	shift = (above >> LATENCY_SUB_SHIFT) + LATENCY_EXACT_SHIFT -
		LATENCY_SUB_SHIFT;
	bar->low_ns = (uint64_t)((above & sub_mask) + sub_mask + 1) << shift;
	bar->high_ns = bar->low_ns + ((uint64_t)1 << shift) - 1;
}

static void bar_fill(const struct latency *lat, size_t index,
		     struct latency_bar *bar)
{
	bar_range(index, bar);
	/* The middle rounded up: low + w/2, and low itself for w = 1. */
	bar->value_ns = bar->low_ns + (bar->high_ns - bar->low_ns + 1) / 2;
	if (bar->value_ns > lat->max_ns)
		bar->value_ns = lat->max_ns;
	bar->count = lat->bucket[index];
}

bool latency_next(const struct latency *lat, size_t *pos,
		  struct latency_bar *ret)
{
	size_t end = latency_index(lat->max_ns) + 1;

	while (*pos < end && !lat->bucket[*pos])
		(*pos)++;
	if (*pos >= end)
		return false;
	bar_fill(lat, *pos, ret);
	(*pos)++;
	return true;
}

/* ceil(count * permyriad / 10000), at least 1, without overflow. */
static uint64_t nearest_rank(uint64_t count, unsigned permyriad)
{
	uint64_t rank = count / 10000 * permyriad +
			(count % 10000 * permyriad + 9999) / 10000;

	return rank ? rank : 1;
}

int latency_quantile(const struct latency *lat, unsigned permyriad,
		     uint64_t *ret_ns)
{
	struct latency_bar bar = { 0 };
	uint64_t count, rank, seen = 0;
	size_t pos = 0;

	if (permyriad > 10000)
		return -ERANGE;
	count = latency_count(lat);
	if (!count)
		return -ENODATA;
	rank = nearest_rank(count, permyriad);
	while (seen < rank && latency_next(lat, &pos, &bar))
		seen += bar.count;
	/* The largest value is known exactly, whatever its bucket. */
	*ret_ns = rank == count ? lat->max_ns : bar.value_ns;
	return 0;
}

int latency_publish(const struct latency *lat, unsigned permyriad,
		    double quantum_ns, uint64_t *ret_ns)
{
	uint64_t ns = 0;
	int rc;

	if (!(quantum_ns > 0))
		return -EINVAL;
	rc = latency_quantile(lat, permyriad, &ns);
	if (rc)
		return rc;
	if ((double)ns < LATENCY_MIN_QUANTA * quantum_ns)
		return -EDOM;
	*ret_ns = ns;
	return 0;
}
