/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The workloads of a command line. Bad ones end in one line and EXIT_USAGE.
 */
#ifndef WORKLOAD_LIST_H
#define WORKLOAD_LIST_H

#include "cli.h"
#include "workload.h"

#define MAX_WORKLOADS 256

struct workload_list {
	struct workload_spec spec[MAX_WORKLOADS];
	unsigned nr;
};

/* Those of a --workload, none twice. */
void workload_list_add(struct workload_list *list, struct argp_state *state,
		       const char *text);

/* Every workload with each of the settings that it names for a run. */
void workload_list_all(struct workload_list *list, struct argp_state *state);

/* And, as it stands, each that names none. */
void workload_list_every(struct workload_list *list, struct argp_state *state);

#endif /* WORKLOAD_LIST_H */
