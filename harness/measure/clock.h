/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clock, and what it can tell apart.
 *
 * clock_ns() is CLOCK_MONOTONIC through the vdso: 20 to 60 ns a call, no
 * system call. A single operation shorter than a few quanta cannot be timed
 * with it; time a batch of them instead.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct clock_info {
	double quantum_ns; /* smallest difference between two durations that
			    * it shows often, but at least a CLOCK_COST_QUANTAth
			    * of cost_ns; > 0 */
	double cost_ns;	   /* mean of what two readings in a row show, without
			    * the longest 1 %; 0 with a coarse clock */
};

/* However fine its steps, an operation shorter than a reading drowns in it. */
#define CLOCK_COST_QUANTA 5

/* Nanoseconds since an arbitrary point; never goes back. */
static inline uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Measures the clock of this machine in a few ms, at most 20. Where no step
 * was seen, quantum_ns is the resolution that the system states. */
void clock_calibrate(struct clock_info *ret);

/**
 * clock_info_from() - the same, from given readings
 * @reading:	nr readings in a row, ascending
 * @nr:		at least 2
 * @ret:	written on success only
 *
 * Return: 0; -EINVAL for nr < 2 or a reading that goes back; -ENODATA if all
 * readings are equal; -ENOMEM.
 */
int clock_info_from(const uint64_t *reading, size_t nr, struct clock_info *ret);

#endif /* CLOCK_H */
