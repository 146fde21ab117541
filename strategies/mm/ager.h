/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Old memory: takes ZONE_DMA32 down to a size, and fragments what is free of
 * it.
 *
 * A state is described by the requests that fail in it, as in a system where
 * buffers have come and gone for long: f8 of the free memory is in no block of
 * order 8 (1 MiB), and of that share f4 is in no block of order 4 (64 KiB)
 * either.
 *
 * Calling sequence
 *	physmem_settle(pm)	an earlier state is forgotten
 *	ager_limit(pm, cfg)	the machine boots with a zone of that size
 *	...			what is allocated at boot finds whole memory
 *	ager_fragment(pm, cfg)	what comes later finds it old
 *
 * Concurrency: nobody else at work on the memory.
 */
#ifndef AGER_H
#define AGER_H

#include "mm_types.h"

struct physmem;

#define AGE_ONE 1000000u /* shares are in millionths */

/* Zeroed: memory as after boot, nobody else on it. */
struct age_config {
	uint32_t f8;	     /* of AGE_ONE */
	uint32_t f4;	     /* of AGE_ONE */
	uint64_t zone_bytes; /* size of ZONE_DMA32, whole pages; marks and
			      * reserves follow; 0: the machine's */
	uint64_t seed;	     /* which blocks stay free; any value */
};

/**
 * age_parse() - read "fresh", "p1" (no order 8), "p2" (no order 4 either),
 * "mix:F8,F4" or "unusable:U"
 * @cfg: f8 and f4 are written on success only
 *
 * F8, F4 and U are decimals from 0 to 1. unusable:U is a target for the
 * unusable free space index at order 3: U of the free memory in single pages,
 * the rest in blocks of order 4.
 *
 * Return: 0 or -EINVAL.
 */
int age_parse(const char *text, struct age_config *cfg);

/* Longest text age_format() writes, its end included. */
#define AGE_TEXT_SIZE 40

/* The state as age_parse() reads it. */
void age_format(const struct age_config *cfg, char *ret);

/**
 * ager_limit() - take ZONE_DMA32 down to cfg->zone_bytes
 * @pm: no page of it taken
 *
 * The low end of the zone stays free; a hog takes the rest, page by page and
 * movable, until physmem_settle(). What it has counts in no total. ZONE_DMA
 * goes with it: requests would fall back to that.
 *
 * Return: 0; -ERANGE if the zone is smaller.
 */
int ager_limit(struct physmem *pm, const struct age_config *cfg);

/**
 * ager_fragment() - bring the free memory of ZONE_DMA32 into the state
 *
 * As much stays free as was, of a zone of given size; of a whole zone, a
 * quarter. The per-CPU lists are empty afterwards.
 *
 * Return: 0; -ENOMEM of the host; -ERANGE if the zone has no room for so many
 * holes.
 */
int ager_fragment(struct physmem *pm, const struct age_config *cfg);

#endif /* AGER_H */
