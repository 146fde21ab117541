// SPDX-License-Identifier: GPL-2.0-only
/*
 * Context switches, from getrusage(); see switches.h. Not here: those of other
 * threads, steal time. Cost: a system call. Concurrency: of the calling thread.
 */
#include "switches.h"

#include <sys/resource.h>

uint64_t switches_count(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return (uint64_t)usage.ru_nvcsw + (uint64_t)usage.ru_nivcsw;
}
