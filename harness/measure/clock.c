// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calibration of the clock: how fine its steps are and what a reading costs.
 *
 * Not here: the frequency of the CPU, the time stamp counter, CPU time. The
 * quantum is what readings show, not what clock_getres() claims (1 ns on most
 * machines, whatever the hardware does).
 *
 * Cost: one calibration is CLOCK_READINGS readings, well under 1 ms with a
 * vdso, and as many system calls without one.
 * Invariant: quantum_ns > 0.
 */
#include "clock.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define CLOCK_READINGS 8192

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/*
 * Smallest difference between two durations among nr sorted ones, the first
 * counted from 0; 0 if all are 0. Durations 1 ns apart are one: a clock that
 * ticks every 10 ns shows 20 and 21 for two ticks. But a clock that shows all
 * in between ticks every ns. Only durations seen often count: those of
 * interrupted readings have any value.
 */
static uint64_t finest_difference(const uint64_t *step, size_t nr)
{
	uint64_t finest = 0, before = 0;
	size_t i, end;

	for (i = 0; i < nr; i = end) {
		uint64_t difference = step[i] - before;

		for (end = i + 1; end < nr && step[end] - step[end - 1] <= 1;)
			end++;
		if (end - i < nr / 100)
			continue;
		if (step[end - 1] - step[i] > 1)
			difference = 1;
		if (difference && (!finest || difference < finest))
			finest = difference;
		before = step[i];
	}
	return finest;
}

static int info_from_steps(uint64_t *step, size_t nr, struct clock_info *ret)
{
	/* The longest were interrupted. */
	size_t kept = nr - nr / 100, i;
	double sum = 0, quantum;

	qsort(step, nr, sizeof(*step), compare_u64);
	for (i = 0; i < kept; i++)
		sum += (double)step[i];
	quantum = (double)finest_difference(step, nr);
	if (quantum <= 0)
		return -ENODATA;
	ret->cost_ns = sum / (double)kept;
	ret->quantum_ns = fmax(quantum, ret->cost_ns / CLOCK_COST_QUANTA);
	return 0;
}

int clock_info_from(const uint64_t *reading, size_t nr, struct clock_info *ret)
{
	uint64_t *step;
	size_t i;
	int rc = -EINVAL;

	if (nr < 2)
		return -EINVAL;
	step = malloc((nr - 1) * sizeof(*step));
	if (!step)
		return -ENOMEM;
	for (i = 0; i < nr - 1; i++) {
		if (reading[i + 1] < reading[i])
			goto out_free;
		step[i] = reading[i + 1] - reading[i];
	}
	rc = info_from_steps(step, nr - 1, ret);
out_free:
	free(step);
	return rc;
}

void clock_calibrate(struct clock_info *ret)
{
	uint64_t reading[CLOCK_READINGS + 1];
	struct timespec res = { 0, 1 };
	size_t i;

	/* The first round brings the pages of the array and the vdso in. */
	for (i = 0; i <= CLOCK_READINGS; i++)
		reading[i] = clock_ns();
	for (i = 0; i <= CLOCK_READINGS; i++)
		reading[i] = clock_ns();
	for (i = 0; i < CLOCK_READINGS; i++)
		reading[i] = reading[i + 1] - reading[i];
	if (!info_from_steps(reading, CLOCK_READINGS, ret))
		return;

	/* All readings fell between two ticks of a coarse clock. */
	clock_getres(CLOCK_MONOTONIC, &res);
	ret->quantum_ns = (double)res.tv_sec * 1e9 + (double)res.tv_nsec;
	ret->cost_ns = 0;
}
