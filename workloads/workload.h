/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Workloads: named traces. Some were recorded, some are generated; both are a
 * struct trace once loaded. A workload knows neither the page table nor any
 * strategy.
 *
 * Adding one: a generator is a file wl_<name>.c with one const struct
 * workload_ops and the name in the list of workloads/meson.build; a recorded
 * trace is a file in recorded/ and a row in recorded/meson.build.
 */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include "trace.h"

struct workload_ops {
	const char *name;
	const char *summary;	/* one line: what it does */
	const char *provenance; /* one line: where it comes from */

	/* File below workload_dir(), or NULL for a generated one. */
	const char *file;
	/* Fills an empty trace; 0 or -ENOMEM. NULL for a recorded one. */
	int (*generate)(struct trace *trace);
};

/* All workloads in the order of the lists, ended by NULL. Generated. */
extern const struct workload_ops *const workloads[];

/* NULL when there is no workload of that name. */
const struct workload_ops *workload_find(const char *name);

/* Folder of recorded traces: $V7SBENCH_TRACES or the source tree's. */
const char *workload_dir(void);

/* Generates or reads. Errors and why as trace_load(). */
int workload_load(const struct workload_ops *wl, struct trace *ret, char *why);

#endif /* WORKLOAD_H */
