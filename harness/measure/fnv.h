/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * FNV-1a, 64 bits: a fingerprint of what two runs should have done alike. Not
 * against an adversary.
 *
 * The published hash takes a byte a step. Where something else is taken, both
 * sides of a comparison do so, and it says which.
 */
#ifndef FNV_H
#define FNV_H

#include <stdint.h>

#define FNV_INIT 0xcbf29ce484222325ull
#define FNV_PRIME 0x100000001b3ull

/* A byte, or as much as fits. */
static inline uint64_t fnv_step(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * FNV_PRIME;
}

/* All bytes of a text, without its end. */
static inline uint64_t fnv_text(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = fnv_step(hash, (unsigned char)*text);
	return hash;
}

#endif /* FNV_H */
