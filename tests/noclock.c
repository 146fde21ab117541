// SPDX-License-Identifier: GPL-2.0-only
/*
 * To be preloaded: a program that reads a clock ends, with status 99. Its
 * libraries may: jemalloc does when it starts, libtracecmd for a seed.
 *
 * Not seen: calls within libc, and the time stamp counter.
 */
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static void check(void *caller)
{
	static const char line[] = "noclock: the program reads a clock\n";
	Dl_info info;

	if (!dladdr(caller, &info) ||
	    strcmp(info.dli_fname, program_invocation_name))
		return;
	if (write(STDERR_FILENO, line, sizeof(line) - 1) > 0)
		_exit(99);
	_exit(98);
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	check(__builtin_return_address(0));
	return (int)syscall(SYS_clock_gettime, clock, ret);
}

int gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
	check(__builtin_return_address(0));
	return (int)syscall(SYS_gettimeofday, tv, tz);
}

time_t time(time_t *ret)
{
	struct timeval tv;

	check(__builtin_return_address(0));
	syscall(SYS_gettimeofday, &tv, NULL);
	if (ret)
		*ret = tv.tv_sec;
	return tv.tv_sec;
}
