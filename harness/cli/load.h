/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace from the command line: a file, - for stdin, or a workload with its
 * settings.
 */
#ifndef LOAD_H
#define LOAD_H

#include "plan_options.h"

/**
 * cli_check_trace() - can a trace be replayed as the options say?
 * @name:	for the line on stderr if not, and for warnings
 * @cfg:	the options', or a copy of it for this trace
 *
 * In cfg ias becomes 34 if the trace needs it, the page table has it and nobody
 * said another.
 *
 * Return: EXIT_FINE or the status.
 */
int cli_check_trace(const char *name, const struct trace *trace,
		    const struct plan_options *opts, struct replay_config *cfg);

/**
 * cli_open_trace() - a TRACE of the command line
 * @arg:	a file, - for stdin, or a workload with its settings; a file in
 *		the way of a workload's name wins
 * @take:	other than TRACE_AUTO only a file is looked for
 *
 * Else as trace_open().
 */
int cli_open_trace(const char *arg, enum trace_take take, size_t keep,
		   struct trace *ret, char *why);

/* Opens the trace and checks it. EXIT_FINE; else the status, and a line on
 * stderr. */
int cli_load_trace(const char *path, const struct plan_options *opts,
		   struct replay_config *cfg, struct trace *ret);

/* What results call it: "dir/x.txt.zst" is "x.txt.zst". */
const char *cli_trace_name(const char *path);

/* Status for an error of a pass or a run: that of the input, if the trace is
 * no longer what it was or memory cannot be brought into that state. */
enum exit_status cli_run_status(int err);

#endif /* LOAD_H */
