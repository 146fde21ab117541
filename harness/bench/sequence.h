/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pseudo-random sequences that depend on a seed alone: xorshift64, the
 * generator of the golden memory figures. The state must not be 0.
 */
#ifndef SEQUENCE_H
#define SEQUENCE_H

#include <stdint.h>

static inline uint64_t sequence_next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static inline uint32_t sequence_below(uint64_t *x, uint32_t n)
{
	return (uint32_t)((sequence_next(x) >> 33) % n);
}

static inline void sequence_shuffle(uint32_t *value, uint32_t nr, uint64_t *x)
{
	for (uint32_t i = nr; i > 1; i--) {
		uint32_t k = sequence_below(x, i), swap = value[i - 1];

		value[i - 1] = value[k];
		value[k] = swap;
	}
}

#endif /* SEQUENCE_H */
