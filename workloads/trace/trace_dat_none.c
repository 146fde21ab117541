// SPDX-License-Identifier: GPL-2.0-only
/*
 * trace.dat in a build without libtracecmd: says so.
 */
#include "trace_dat.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

int trace_source_dat(const char *name, int fd, struct trace_source **ret,
		     char *why)
{
	(void)ret;
	close(fd);
	snprintf(
		why, TRACE_WHY_SIZE,
		"%s: binary file of trace-cmd: this build lacks libtracecmd "
		"(install libtracecmd-dev libtracefs-dev libtraceevent-dev and "
		"rebuild), or give the text of `trace-cmd report`",
		name);
	return -ENOTSUP;
}
