/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A histogram of durations in ns: exact where operations are short, within
 * 1/128 where they are long, fixed size, constant cost.
 *
 *	values			bucket width		nr of buckets
 *	0 ... 4095		1 (exact)		4096
 *	2^e ... 2^(e+1) - 1	2^(e-6)			64, for e = 12 ... 63
 *
 * Error bound. A value v of octave e lies in a bucket of width w = 2^(e-6),
 * and is reported as that bucket's middle, low + w/2. The farthest value from
 * it is low, w/2 away, so
 *	|reported - v| / v <= (w/2) / low <= 2^(e-7) / 2^e = 1/128.
 * Reported values are cut at the largest value seen, which only brings them
 * nearer. Counts, sum and max are exact at any value.
 *
 * Cost: add is one shift and two or three memory writes, 1 to 2 ns with the
 * counts in cache; 58 KiB a histogram.
 * Concurrency: none. One histogram a thread.
 */
#ifndef LATENCY_H
#define LATENCY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LATENCY_EXACT_SHIFT 12 /* values below 2^12 have their own bucket */
#define LATENCY_SUB_SHIFT 6    /* 2^6 buckets an octave above */
#define LATENCY_EXACT (1u << LATENCY_EXACT_SHIFT)
#define LATENCY_BUCKETS \
	(LATENCY_EXACT + ((64 - LATENCY_EXACT_SHIFT) << LATENCY_SUB_SHIFT))

/* Largest |reported - true| / true of latency_quantile(). */
#define LATENCY_ERROR_BOUND (1.0 / (2 << LATENCY_SUB_SHIFT))

/* Percentiles below this many clock quanta are noise: see publish. */
#define LATENCY_MIN_QUANTA 5

struct latency {
	uint64_t sum_ns; /* stays at UINT64_MAX once it would exceed it */
	uint64_t max_ns; /* 0 if empty */
	uint64_t bucket[LATENCY_BUCKETS];
};

/* One bucket that is not empty. */
struct latency_bar {
	uint64_t low_ns;   /* smallest value it takes */
	uint64_t high_ns;  /* largest, inclusive */
	uint64_t value_ns; /* what stands for them all */
	uint64_t count;	   /* > 0 */
};

/* Empty and already faulted in, so that adding never faults. NULL without
 * memory. */
struct latency *latency_create(void);

/* NULL is fine. */
void latency_destroy(struct latency *lat);

/* Back to empty; keeps the memory. */
void latency_reset(struct latency *lat);

static inline unsigned latency_index(uint64_t ns)
{
	unsigned octave, shift, sub;

	if (ns < LATENCY_EXACT)
		return (unsigned)ns;
	octave = 63 - (unsigned)__builtin_clzll(ns);
	shift = octave - LATENCY_SUB_SHIFT;
	sub = (unsigned)(ns >> shift) & ((1u << LATENCY_SUB_SHIFT) - 1);
	return LATENCY_EXACT +
	       ((octave - LATENCY_EXACT_SHIFT) << LATENCY_SUB_SHIFT) + sub;
}

static inline void latency_add(struct latency *lat, uint64_t ns)
{
	lat->bucket[latency_index(ns)]++;
	if (__builtin_add_overflow(lat->sum_ns, ns, &lat->sum_ns))
		lat->sum_ns = UINT64_MAX;
	if (ns > lat->max_ns)
		lat->max_ns = ns;
}

/* The same value count times. */
void latency_add_many(struct latency *lat, uint64_t ns, uint64_t count);

/* Number of values added. Walks the buckets: about 2 us. */
uint64_t latency_count(const struct latency *lat);

/**
 * latency_quantile() - nearest rank: the ceil(n * p)-th smallest value
 * @permyriad:	p in 1/10000: 5000 is the median, 9999 is p99.99; 0 means the
 *		smallest value
 * @ret_ns:	written on success only; exact below 4096, within
 *		LATENCY_ERROR_BOUND above; p = 10000 is exactly max
 *
 * Return: 0; -ENODATA if empty; -ERANGE for p above 10000.
 */
int latency_quantile(const struct latency *lat, unsigned permyriad,
		     uint64_t *ret_ns);

/**
 * latency_publish() - latency_quantile(), if the clock could see it
 * @quantum_ns:	struct clock_info's
 *
 * The rule for percentiles of single operations: below LATENCY_MIN_QUANTA
 * quanta a value says more about the clock than about the operation.
 *
 * Return: as latency_quantile(); -EDOM if the value is below that; -EINVAL
 * for a quantum that is not above 0.
 */
int latency_publish(const struct latency *lat, unsigned permyriad,
		    double quantum_ns, uint64_t *ret_ns);

/**
 * latency_next() - walk the buckets that are not empty, ascending
 * @pos:	start with 0
 * @ret:	written if there is one
 *
 * Return: false at the end.
 */
bool latency_next(const struct latency *lat, size_t *pos,
		  struct latency_bar *ret);

#endif /* LATENCY_H */
