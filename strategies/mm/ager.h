/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Old memory: brings ZONE_DMA32 of a fresh machine into a chosen state before
 * anything else runs on it.
 *
 * A state is described by the requests that fail in it, as in a system where
 * buffers have come and gone for long: f8 of the free memory is in no block of
 * order 8 (1 MiB), and of that share f4 is in no block of order 4 (64 KiB)
 * either. And by the size of the zone: a hog has taken the rest.
 *
 * Concurrency: as physmem.
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
	uint64_t zone_bytes; /* ZONE_DMA32 is left with so many, whole pages,
			      * all free; marks and reserves follow. 0: as the
			      * machine has it, with half of it free, all if f8
			      * is 0 */
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
 * physmem_age() - bring ZONE_DMA32 into the state
 * @pm: no page of it taken yet
 *
 * Pages that are not to be free are taken by a hog, one by one and movable,
 * and never come back; they no longer count in pages_total.
 *
 * Return: 0; -ERANGE if the zone cannot have so much free in that state.
 */
int physmem_age(struct physmem *pm, const struct age_config *cfg);

#endif /* AGER_H */
