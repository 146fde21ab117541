/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random numbers of generators: splitmix64, the same on every host. Any seed
 * will do. Not for secrets. Concurrency: the state is its caller's.
 */
#ifndef PRNG_H
#define PRNG_H

#include <stdint.h>

struct prng {
	uint64_t state;
};

static inline uint64_t prng_next(struct prng *rng)
{
	uint64_t z = rng->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* From 0 to n - 1; n must not be 0. Favours small numbers by n in 2^32. */
static inline uint32_t prng_below(struct prng *rng, uint32_t n)
{
	return (uint32_t)((prng_next(rng) >> 32) * n >> 32);
}

#endif /* PRNG_H */
