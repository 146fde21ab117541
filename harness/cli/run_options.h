/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The options of run, and the plan that they make.
 */
#ifndef RUN_OPTIONS_H
#define RUN_OPTIONS_H

#include "slice_options.h"
#include "workload.h"

#define MAX_WORKLOADS 256

struct run_options {
	struct plan_options plan;
	struct slice_options slices;
	struct workload_spec workload[MAX_WORKLOADS];
	unsigned nr_workloads;
	unsigned nr_processes; /* for each workload; 0: exact figures only */
	const char *out;
	const char *hyperfine; /* program, or NULL */
	const char *repro;     /* a row, or NULL */
	bool dry_run, resume, force;
	bool quick, full; /* while options are parsed */
};

/* Ends with one line if they are bad. */
void run_options_parse(int argc, char **argv, struct run_options *ret);

#endif /* RUN_OPTIONS_H */
