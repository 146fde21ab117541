/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace from the command line: a file, - for stdin, or a workload's name.
 */
#ifndef LOAD_H
#define LOAD_H

#include "trace.h"

/* EXIT_FINE; else the status, and a line on stderr. */
int cli_load_trace(const char *path, struct trace *ret);

/* What results call it: "dir/x.txt.zst" is "x.txt.zst". */
const char *cli_trace_name(const char *path);

#endif /* LOAD_H */
