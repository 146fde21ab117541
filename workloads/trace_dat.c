// SPDX-License-Identifier: GPL-2.0-only
/*
 * trace.dat files: refused, with a word on what to do.
 */
#include "trace_dat.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

int trace_source_dat(const char *name, int fd, struct trace_source **ret,
		     char *why)
{
	(void)ret;
	snprintf(why, TRACE_WHY_SIZE,
		 "%s: binary file of trace-cmd: give the text of "
		 "`trace-cmd report`",
		 name);
	close(fd);
	return -ENOTSUP;
}
