/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A run: strategies x workloads, each cell one memory pass and a number of
 * repetitions of the timed passes.
 *
 * Within a workload the timed passes of all strategies are interleaved, in an
 * order drawn anew for each repetition from the seed, so that a slow spell of
 * the machine hits all alike. Then slices, for pairs of strategies
 * (run_slices.h). Which strategy's memory is made first follows from the seed
 * too: where it lies is part of what a process is.
 *
 * Concurrency: one thread, but for the threads pass; stop may be set by a
 * signal handler.
 */
#ifndef RUN_H
#define RUN_H

#include "clock.h"
#include "lane.h"
#include "paired.h"
#include "split.h"
#include "stats.h"

#define RUN_MAX_REPS 1000

struct run_plan {
	struct replay_config replay;
	const struct l2_spec *spec;
	unsigned nr_specs;
	unsigned nr_reps;   /* of the timed passes; 0: exact figures only */
	unsigned nr_rounds; /* of slices; 0: none */
	unsigned reference; /* of the strategies, the one that runs twice */
	uint64_t seed;
};

/* A figure that was repeated: its value in each repetition. */
struct rep_series {
	unsigned nr;
	double value[RUN_MAX_REPS];
};

/* What the threads pass gave in all repetitions. */
struct thread_figures {
	struct rep_series event_ns, lost_races, waited;
	uint64_t failures;  /* of allocations, the most in a repetition */
	uint64_t dependent; /* events, see struct deps */
	uint64_t nr_host_cpus;
	uint64_t bind_errno; /* why not bound, in any repetition; or 0 */
};

/* Fewer events of a class in a repetition give no mean: steps of the clock
 * would show. */
#define CLASS_MEAN_MIN 30

/* What the passes of single events gave for a class of them. */
struct class_figures {
	struct latency *lat;	  /* all repetitions together */
	struct rep_series ns;	  /* whole events */
	struct rep_series probed; /* the same with the probe in them */
	struct rep_series phase[V7S_NR_PHASES];
};

/* A strategy against another, slice by slice (slices.h), over processes. */
struct cell_ratio {
	bool measured;		/* else the rest is nothing */
	struct paired_result r; /* log_ratio above 0: takes longer */
	double floor;		/* in ln; below 0: there was no twin */
	enum paired_verdict verdict;
};

struct run_cell {
	const struct l2_spec *spec;
	const char *workload;
	const struct run_plan *plan;
	double quantum_ns; /* of the clock; the coarsest of all processes */
	struct memory_result memory;
	struct rep_series alloc_ns, free_ns, map_ns, unmap_ns, event_ns;
	struct thread_figures threads; /* if plan->replay.threads.nr */
	struct latency *alloc_lat;     /* all repetitions together */
	struct latency *map_lat;
	struct class_figures by_class[NR_EVENT_CLASSES];
	struct latency *phase_lat[V7S_NR_PHASES]; /* of map_new, else NULL */
	/* Of a process, and so of one cell of each: the reference's. */
	struct rep_series slice_ns[NR_LANE_KINDS], pinned_cpu;
	const char *reference; /* label of whom ratio is against, or NULL */
	struct cell_ratio ratio[NR_LANE_KINDS];
	unsigned nr_processes; /* of a measurement by processes, else 0: then a
				* value of a series is of a process, the median
				* of its repetitions; else of a repetition */
};

/* Called before each step of a run. weight: share of the work, in events. */
struct run_observer {
	void *ctx;
	void (*step)(void *ctx, const char *what, uint64_t weight);
};

struct slice_results;

/* What a run is measured with. */
struct run_env {
	const struct clock_info *clock;	     /* calibrated, if nr_reps */
	const struct run_observer *observer; /* or NULL */
	struct slice_results *slices; /* written if plan->nr_rounds; or NULL */
};

#define RUN_WHY_SIZE 512

/* Timed passes of a cell in a repetition. */
unsigned run_nr_passes(const struct run_plan *plan);

/* Steps' weights add up to this for one workload. */
uint64_t run_weight(const struct run_plan *plan, const struct trace *trace);

/**
 * run_workload() - all strategies on one trace
 * @ret_cells:	plan->nr_specs of them, zeroed by the caller; run_cell_fini()
 *		each, also on failure
 * @why:	RUN_WHY_SIZE bytes, written on failure
 *
 * Return: 0; -ENOMEM; -EUCLEAN if a structure broke or the timed passes did
 * something else than the memory pass; -ERANGE if memory cannot be brought
 * into the state asked for; -EINTR, with what was not finished missing;
 * -EBADMSG if threads ended otherwise than the memory pass; -EAGAIN if the host
 * refuses a thread; else why the trace could not be read again, as
 * trace_cursor_next().
 */
int run_workload(const struct run_plan *plan, const char *workload,
		 const struct trace *trace, const struct run_env *env,
		 struct run_cell *ret_cells, char *why);

/* An empty cell of plan, with histograms. 0 or -ENOMEM; run_cell_fini() it
 * either way. */
int run_cell_init(struct run_cell *cell, const struct run_plan *plan,
		  const struct l2_spec *spec, const char *workload);
void run_cell_fini(struct run_cell *cell);

/**
 * run_same_digest() - did all strategies translate alike that could be built,
 * had every allocation served and have no defect?
 * @why:	RUN_WHY_SIZE bytes; names the first two that differ
 *
 * Return: 0 or -EBADMSG.
 */
int run_same_digest(const struct run_cell *cells, unsigned nr, char *why);

/* Could it be built, was every allocation served, and has it no defect? Only
 * then is what it does what the others do. */
bool run_is_comparable(const struct memory_result *m);

/* Median of a series; -ENODATA if it is empty. */
int rep_median(const struct rep_series *series, double *ret);

#endif /* RUN_H */
