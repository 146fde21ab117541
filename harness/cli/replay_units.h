/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * replay --processes: one's own trace, measured as run measures workloads.
 */
#ifndef REPLAY_UNITS_H
#define REPLAY_UNITS_H

#include "plan_options.h"

/**
 * replay_units() - exact figures here, times from processes
 * @arg:	the trace, as on the command line
 * @ret_cells:	as run_workload() has them
 * @why:	RUN_WHY_SIZE bytes, written on failure
 *
 * Return: 0; as run_workload(); -EIO if a process fails.
 */
int replay_units(const struct plan_options *opts, unsigned nr_processes,
		 const char *arg, const struct trace *trace,
		 struct run_cell *ret_cells, char *why);

#endif /* REPLAY_UNITS_H */
