/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs of entries, many at a time: what v7s_batch.c is made of. Each function
 * exists twice, with the same results: v7s_scalar_* with an atomic access per
 * entry, v7s_vector_* with vectors of four (SSE2, NEON: what any x86-64 and
 * arm64 has). v7s_run_* is the one this build uses.
 *
 * Concurrency: readers look at entries at any time, and other writers at those
 * beside a run, so nothing outside of a run is written. To C11 a vector access
 * to such an entry is a data race. What it relies on is hardware: x86 and arm64
 * do not tear an aligned 4-byte lane of a 16-byte access. Stores are aligned,
 * single ones at both ends of a run, and volatile, since compilers make
 * memset() of zeros, which may write bytes. Loads need not be aligned: a lane
 * always is. ThreadSanitizer knows C11 only, so under it this is scalar.
 *
 * Cost: a load and a store per four entries, one test per run. A run that is
 * cut is looked at twice.
 */
#ifndef V7S_VEC_H
#define V7S_VEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__) || defined(__ARM_NEON)
#define V7S_HAVE_VECTORS 1
#else
#define V7S_HAVE_VECTORS 0
#endif

#ifdef __SANITIZE_THREAD__
#define V7S_ATOMIC_ONLY 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define V7S_ATOMIC_ONLY 1
#endif
#endif
#ifndef V7S_ATOMIC_ONLY
#define V7S_ATOMIC_ONLY 0
#endif

/* What entries have in common: a bit of any, and no bit of none. */
struct v7s_match {
	uint32_t any, none;
};

/* How many entries from the first are 0. */
static inline unsigned v7s_scalar_zeros(const uint32_t *ptep, unsigned nr)
{
	unsigned i = 0;

	while (i < nr && !__atomic_load_n(&ptep[i], __ATOMIC_RELAXED))
		i++;
	return i;
}

/* How many from the first match. */
static inline unsigned v7s_scalar_matches(const uint32_t *ptep, unsigned nr,
					  struct v7s_match match)
{
	unsigned i;

	for (i = 0; i < nr; i++) {
		uint32_t pte = __atomic_load_n(&ptep[i], __ATOMIC_RELAXED);

		if (!(pte & match.any) || pte & match.none)
			break;
	}
	return i;
}

/* Gives nr entries the values pte, pte + step, pte + 2 step... */
static inline void v7s_scalar_fill(uint32_t *ptep, unsigned nr, uint32_t pte,
				   uint32_t step)
{
	for (unsigned i = 0; i < nr; i++, pte += step)
		__atomic_store_n(&ptep[i], pte, __ATOMIC_RELAXED);
}

#if V7S_HAVE_VECTORS

#define V7S_LANES 4u
#define V7S_CHUNK 16u /* entries per test */

typedef uint32_t v7s_u32x4 __attribute__((vector_size(16)));
typedef uint64_t v7s_u64x2 __attribute__((vector_size(16)));

static inline v7s_u32x4 v7s_load(const uint32_t *ptep)
{
	v7s_u32x4 v;

	memcpy(&v, ptep, sizeof(v));
	return v;
}

static inline bool v7s_any_bit(v7s_u32x4 v)
{
	v7s_u64x2 halves = (v7s_u64x2)v;

	return halves[0] | halves[1];
}

/* Both look at all before they count: a run is hardly ever cut. The last four
 * may have been looked at before. */
static inline unsigned v7s_vector_zeros(const uint32_t *ptep, unsigned nr)
{
	v7s_u32x4 found;
	unsigned i;

	if (nr < V7S_LANES)
		return v7s_scalar_zeros(ptep, nr);
	found = v7s_load(&ptep[nr - V7S_LANES]);
	for (i = 0; nr - i >= V7S_CHUNK; i += V7S_CHUNK)
		found |= v7s_load(&ptep[i]) | v7s_load(&ptep[i + 4]) |
			 v7s_load(&ptep[i + 8]) | v7s_load(&ptep[i + 12]);
	for (; nr - i >= V7S_LANES; i += V7S_LANES)
		found |= v7s_load(&ptep[i]);
	return v7s_any_bit(found) ? v7s_scalar_zeros(ptep, nr) : nr;
}

/* Lanes that do not match have a bit set. */
static inline v7s_u32x4 v7s_misses(const uint32_t *ptep, struct v7s_match match)
{
	v7s_u32x4 v = v7s_load(ptep);

	return (v7s_u32x4)((v & match.any) == 0) | (v & match.none);
}

static inline unsigned v7s_vector_matches(const uint32_t *ptep, unsigned nr,
					  struct v7s_match match)
{
	v7s_u32x4 found;
	unsigned i;

	if (nr < V7S_LANES)
		return v7s_scalar_matches(ptep, nr, match);
	found = v7s_misses(&ptep[nr - V7S_LANES], match);
	for (i = 0; nr - i >= V7S_CHUNK; i += V7S_CHUNK)
		found |= v7s_misses(&ptep[i], match) |
			 v7s_misses(&ptep[i + 4], match) |
			 v7s_misses(&ptep[i + 8], match) |
			 v7s_misses(&ptep[i + 12], match);
	for (; nr - i >= V7S_LANES; i += V7S_LANES)
		found |= v7s_misses(&ptep[i], match);
	return v7s_any_bit(found) ? v7s_scalar_matches(ptep, nr, match) : nr;
}

static inline void v7s_vector_fill(uint32_t *ptep, unsigned nr, uint32_t pte,
				   uint32_t step)
{
	unsigned head =
		-(unsigned)((uintptr_t)ptep / sizeof(*ptep)) % V7S_LANES;
	v7s_u32x4 v;

	if (head > nr)
		head = nr;
	v7s_scalar_fill(ptep, head, pte, step);
	ptep += head;
	nr -= head;
	pte += head * step;
	v = (v7s_u32x4){ pte, pte + step, pte + 2 * step, pte + 3 * step };
	for (; nr >= V7S_LANES; nr -= V7S_LANES, ptep += V7S_LANES) {
		*(volatile v7s_u32x4 *)(void *)ptep = v;
		v += V7S_LANES * step;
	}
	v7s_scalar_fill(ptep, nr, v[0], step);
}

#endif /* V7S_HAVE_VECTORS */

#if V7S_HAVE_VECTORS && !V7S_ATOMIC_ONLY
#define v7s_run_zeros v7s_vector_zeros
#define v7s_run_matches v7s_vector_matches
#define v7s_run_fill v7s_vector_fill
#else
#define v7s_run_zeros v7s_scalar_zeros
#define v7s_run_matches v7s_scalar_matches
#define v7s_run_fill v7s_scalar_fill
#endif

#endif /* V7S_VEC_H */
