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
#include <stdlib.h>

#define CLOCK_READINGS 8192

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Steps are sorted: the first that is not 0 is the quantum. */
static int info_from_steps(uint64_t *step, size_t nr, struct clock_info *ret)
{
	size_t i = 0;

	qsort(step, nr, sizeof(*step), compare_u64);
	while (i < nr && !step[i])
		i++;
	if (i == nr)
		return -ENODATA;
	ret->quantum_ns = (double)step[i];
	ret->cost_ns = (double)step[nr / 2];
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
