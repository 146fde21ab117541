/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The options that say what to replay on: shared by replay and run.
 */
#ifndef PLAN_OPTIONS_H
#define PLAN_OPTIONS_H

#include "cli.h"
#include "run.h"

#define MAX_SPECS 64

struct plan_options {
	struct run_plan plan;
	struct l2_spec spec[MAX_SPECS]; /* plan.spec points here */
	bool reps_given;
	size_t keep_events;   /* of a trace in memory, at most */
	bool accept_lost;     /* traces whose recorder lost events */
	bool ias_given;	      /* else one that does not do is raised */
	unsigned default_ias; /* while options are parsed */
};

/* For .children of a struct argp; the first child's input is a struct
 * plan_options. */
extern const struct argp_child plan_children[];

/* The options that make replay use the same page table and machine as plan, and
 * take a trace as opts say, each with a blank before it; strategy, repetitions
 * and seed left out. To be freed; NULL without memory. */
char *plan_options_format(const struct plan_options *opts,
			  const struct run_plan *plan);

/* Adds the strategies of a --strategy to opts->plan, or ends with one line. */
void plan_options_add_specs(struct plan_options *opts, struct argp_state *state,
			    const char *text);

/* The defaults; the parser changes what is given. */
void plan_options_init(struct plan_options *opts, unsigned nr_reps);

/* What run, and all that is compared with it, have as defaults: the page table
 * of MediaTek's IOMMUs, since x86 traces have addresses above 4 GiB. */
void plan_options_mediatek(struct plan_options *opts);

/* The options of plan_children but those named in without, a list that NULL
 * ends. At most max of them, the end included. */
void plan_options_pick(const char *const *without, struct argp_option *ret,
		       unsigned max);

/* A warning for each cell that could not be built, had allocations fail, or
 * whose strategy, defective on purpose, has shown it. */
void plan_warn_of_cells(const struct run_cell *cells, unsigned nr);

/* One for each cause that tables were refused for by the page table, in the
 * kernel's words, and one if there was no memory for buffers. */
void plan_warn_of_refusals(const struct run_cell *cell);

/* A warning for each cell that had allocations fail with threads, and one, if
 * not said before, if the host did not let threads be bound to CPUs. */
void plan_warn_of_threads(const struct run_cell *cells, unsigned nr,
			  bool *said_unbound);

#endif /* PLAN_OPTIONS_H */
