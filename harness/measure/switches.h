/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Did the host take the CPU away while something was timed? Context switches
 * of the calling thread tell; what a hypervisor takes is not seen.
 *
 * Cost: a compare for what is short, a system call for what is long.
 * Concurrency: of the calling thread.
 */
#ifndef SWITCHES_H
#define SWITCHES_H

#include <stdbool.h>
#include <stdint.h>

/* What lasts this long is asked about; the rest is too short for a switch. */
#define SWITCHES_SUSPECT_NS 20000

/* Context switches so far. */
uint64_t switches_count(void);

/* Was it taken in a time of so many ns? switches is the count before, and is
 * brought up to date. Once it was taken between two times, the next long one is
 * suspected wrongly. */
static inline bool switches_in(uint64_t ns, uint64_t *switches)
{
	uint64_t before = *switches;

	if (ns < SWITCHES_SUSPECT_NS)
		return false;
	*switches = switches_count();
	return *switches != before;
}

#endif /* SWITCHES_H */
