/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace.dat, the binary file of trace-cmd, versions 6 and 7.
 *
 * Events are those of `trace-cmd report`, with two differences: times keep the
 * nanoseconds that the text rounds to microseconds, and what the recorder's
 * statistics say of lost events counts too. ev->line is the number of the
 * record, from 1, over all CPUs and buffers in the order of time.
 */
#ifndef TRACE_DAT_H
#define TRACE_DAT_H

#include "trace_source.h"

/**
 * trace_source_dat() - a file of trace-cmd
 * @name:	of the file, in messages; copied
 * @fd:		open for reading, owned from now on, also on failure; must be
 *		of a file that can be opened again through /proc
 * @why:	TRACE_WHY_SIZE bytes; on failure "file: reason"
 *
 * Return: 0; -ENOTSUP if this build lacks libtracecmd; -ENOMEM. A damaged file
 * is found when it is read.
 */
int trace_source_dat(const char *name, int fd, struct trace_source **ret,
		     char *why);

#endif /* TRACE_DAT_H */
