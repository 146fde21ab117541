/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mean time of one operation, the cost of the clock taken off. Cost: none.
 * Concurrency: none.
 */
#ifndef MEAN_TIMING_H
#define MEAN_TIMING_H

#include <stdint.h>

struct mean_timing {
	uint64_t nr; /* operations; 0: no mean */
	double mean_ns;
};

/* Of nr operations that took ns with so many readings of the clock in them. A
 * clock that costs more than a time varies: nothing is not negative. */
static inline struct mean_timing
mean_timing_of(uint64_t ns, uint64_t nr_readings, uint64_t nr, double cost_ns)
{
	double sum = (double)ns - (double)nr_readings * cost_ns;
	struct mean_timing t = { .nr = nr };

	if (nr && sum > 0)
		t.mean_ns = sum / (double)nr;
	return t;
}

#endif /* MEAN_TIMING_H */
