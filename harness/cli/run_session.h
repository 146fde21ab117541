/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the steps of a run share, and what they say of it in result.json.
 */
#ifndef RUN_SESSION_H
#define RUN_SESSION_H

#include "progress.h"
#include "result.h"
#include "units.h"

struct run_session {
	const struct run_options *opts;
	char *const *argv;
	const char *label[MAX_WORKLOADS];
	unsigned ias[MAX_WORKLOADS];	     /* of each: one may need more */
	uint64_t weight[MAX_WORKLOADS];	     /* of the exact pass, in events */
	uint64_t unit_weight[MAX_WORKLOADS]; /* of passes, in events */
	uint64_t slices_ns[MAX_WORKLOADS];   /* of a unit's slices, about */
	uint64_t first_events;		     /* of the first workload */
	struct exact_cell *exact;	     /* [workload][strategy] */
	unsigned nr_exact;		     /* workloads that have had it */
	struct units units;
	struct observations *obs;
	struct verdicts *verdicts; /* once all is measured */
	struct result *res;
	struct progress progress;
	struct clock_info clock;
	struct environment env;
	int status;    /* of the failure that has been printed */
	bool all_kept; /* a complete result is in its place */
};

/* A workload's cells of the exact pass. */
static inline struct exact_cell *run_session_exact(const struct run_session *s,
						   unsigned workload)
{
	return &s->exact[(size_t)workload * s->opts->plan.plan.nr_specs];
}

/* Looks at every workload and keeps none: together they may be more than
 * memory. EXIT_FINE or the status, after a line. */
int run_session_open(struct run_session *s);

/* By which expected time of slices becomes weight: a guess. */
#define RUN_EVENT_NS 120

/* Weight of a unit with its slices. */
static inline uint64_t run_session_weight(const struct run_session *s,
					  unsigned workload)
{
	return s->unit_weight[workload] + s->slices_ns[workload] / RUN_EVENT_NS;
}

/* The plan, as result.json has it; to be freed. NULL without memory. */
json_t *run_session_plan(const struct run_session *s);

/* Members of result.json: the plan's that run adds, and how it was measured.
 * NULL without memory. */
json_t *run_session_plan_more(const struct run_session *s);
json_t *run_session_measurement(const struct run_session *s);

/* Takes over what an interrupted run of the same plan has finished; after the
 * exact pass, looks whether that did the same. EXIT_FINE or the status, after a
 * line. */
int run_resume(struct run_session *s);
int run_resume_check(struct run_session *s);

/* What --dry-run and --repro print. The status. */
int run_dry(struct run_session *s);
int run_repro(const struct run_options *opts);

#endif /* RUN_SESSION_H */
