/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options of v7sbench kernel.
 */
#ifndef KERNEL_OPTIONS_H
#define KERNEL_OPTIONS_H

#include "plan_options.h"

#define KERNEL_MAX_TRACES 256
#define KERNEL_MAX_COUNTS 16
#define KERNEL_MAX_VECTORS 256

struct kernel_options {
	struct plan_options
		plan; /* strategies, page table, how to take a trace */
	bool strategies_given;
	const char *trace[KERNEL_MAX_TRACES];
	unsigned nr_traces;
	bool all_traces;		     /* nobody named one */
	unsigned nr_cpus[KERNEL_MAX_COUNTS]; /* of the guests */
	unsigned nr_counts;
	const char *vector[KERNEL_MAX_VECTORS];
	unsigned nr_vectors;
	uint64_t nr_events, every; /* 0: all; so that there are 200 points */
	uint64_t cost_events;	   /* of each trace, with cost */
	bool cost;
	const char *guest; /* folder */
	bool guest_given;
	const char *boot;	      /* program; NULL: boot.sh by sh */
	unsigned seconds;	      /* a boot may take; 0: as boot.sh says */
	bool keep;		      /* scripts and answers */
	const char *script, *answers; /* of a board: files; or NULL */
	bool model_answers;
	const char *out; /* folder; or NULL */
	enum cli_format format;
};

/* Those of the command line with all defaults in place, or ends with one
 * line. */
void kernel_options_parse(int argc, char **argv, struct kernel_options *ret);

#endif /* KERNEL_OPTIONS_H */
