/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace.dat file of trace-cmd as a source.
 */
#ifndef TRACE_DAT_H
#define TRACE_DAT_H

#include "trace_source.h"

/**
 * trace_source_dat() - a file that begins as trace-cmd's do
 * @name:	in messages; copied
 * @fd:		owned from now on, closed also on failure; a file without a
 *		name may be behind it, /proc/self/fd opens it
 * @why:	TRACE_WHY_SIZE bytes; on failure "file: reason"
 *
 * Return: as trace_source_file().
 */
int trace_source_dat(const char *name, int fd, struct trace_source **ret,
		     char *why);

#endif /* TRACE_DAT_H */
