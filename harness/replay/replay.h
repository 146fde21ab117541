/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Replaying a trace on a strategy: the system it runs on, and the passes.
 *
 * A system is one machine's memory, one page table for each domain of the
 * trace, and the strategy instances behind them: one for all domains or one
 * each, as the kernel would have it, unless share says otherwise.
 *
 * Passes over the same trace, never mixed:
 *	memory	untimed; exact accounting after every event, contract checks on
 *	alloc	single allocations of tables timed, clearing included
 *	event	single events timed, by class: split.h
 *	phases	the same with a probe, which times the phases of an event
 *	sampled	one event in 64 timed: sampled.h
 *	table	the allocations and frees alone, as the memory pass recorded
 *		them, at most TABLE_LOG_MAX; timed in runs: means
 *	runs	runs of maps and of unmaps timed: means
 *	batch	the whole trace between two readings of the clock
 *	threads	the same by several threads, each a simulated CPU, in the order
 *		that deps.h says
 * The memory pass is deterministic. The timed ones run on memory that it has
 * touched before, so that no page fault of the host is measured.
 *
 * A trace that is not in memory is read anew by each pass, with the clock
 * stopped; one that cannot be read ends the pass with a line in m->why.
 *
 * Concurrency: one thread calls; the threads pass has more of its own.
 */
#ifndef REPLAY_H
#define REPLAY_H

#include <signal.h>

#include "ager.h"
#include "deps.h"
#include "iommu.h"
#include "l2_decorators.h"
#include "latency.h"
#include "mean_timing.h"
#include "physmem.h"
#include "table_log.h"
#include "team.h"
#include "trace.h"

enum replay_share { SHARE_KERNEL, SHARE_ALL, SHARE_NONE, NR_SHARES };

/* "kernel", "all", "none", NULL. */
extern const char *const replay_share_names[NR_SHARES + 1];

/* For the threads pass. */
struct replay_threads {
	unsigned nr; /* 0: no such pass; no more than simulated CPUs */
	enum deal deal;
	cpu_set_t host; /* CPUs of the host to bind threads to; may be empty */
};

struct replay_config {
	const struct machine_profile *profile;
	unsigned nr_cpus; /* simulated; 0: as the profile says */
	struct v7s_config pgtable;
	struct v7s_faults faults; /* of level-2 tables, counted in the order of
				   * the trace */
	enum replay_share share;
	struct age_config age; /* of the memory: the zone's size before domains
				* are made, its fragmentation after */
	struct replay_threads threads;
	bool rebase_paddr; /* fold paddr into what oas can hold */
	const struct l2_slow_config *plant; /* in every instance; or NULL */
	const volatile sig_atomic_t *stop;  /* ends a pass with -EINTR when set;
					     * may be NULL */
};

/* Simulated CPUs. A CPU of the trace beyond them is folded: number modulo. */
unsigned replay_nr_cpus(const struct replay_config *cfg);

#define REPLAY_WHY_SIZE 256

/**
 * replay_fits() - can this page table take the trace's addresses?
 * @why: on failure, one line naming the options that would help
 *
 * Return: 0 or -ERANGE.
 */
int replay_fits(const struct replay_config *cfg, const struct trace *trace,
		char *why);

#define TIMELINE_POINTS 400

struct timeline_point {
	uint64_t event;	     /* events done, from 0 */
	uint64_t time_ns;    /* of the last one, since the first */
	uint64_t live_bytes; /* tables linked x 1 KiB */
	uint64_t held_bytes;
};

/* What the memory pass finds: exact, the same on every machine. `end` is after
 * the last event, before anything is torn down. */
struct memory_result {
	bool built; /* false: simulated memory had no room for the domains, and
		     * nothing below was measured but page_failures */
	uint64_t nr_events, nr_maps, nr_unmaps;
	unsigned nr_domains;
	uint64_t l2_allocs, l2_frees;
	uint64_t l2_tables_peak, l2_tables_end; /* sum over domains */
	uint64_t empty_tables_end;
	uint64_t held_bytes_start; /* tables' pages, not those of level 1 */
	uint64_t held_bytes_peak, held_bytes_end;
	double held_bytes_mean; /* over events */
	uint64_t metadata_bytes_peak;
	uint64_t nr_refills, nr_fallbacks;
	uint64_t alloc_failures;	      /* those of pgtable.l2_failures */
	uint64_t failures_by[L2_NR_FAILURES]; /* by cause; the others were
					       * refused by the page table */
	struct v7s_stats pgtable;	      /* of all domains */
	/* Of ZONE_DMA32: free blocks by order, per-CPU lists not counted. */
	uint64_t free_area_start[MAX_ORDER + 1];
	uint64_t free_area_end[MAX_ORDER + 1];
	uint64_t page_failures[NR_PAGE_FAILURES]; /* requests but buffers' */
	uint64_t steals; /* blocks taken from another migrate type, likewise */
	uint64_t pageblocks_polluted_peak, pageblocks_polluted_end;
	uint64_t pinned_bytes_end;
	uint64_t buffer_failures; /* maps that got no memory from the machine */
	uint64_t buffer_bytes_peak; /* what it gave to others */
	uint64_t anomalies;	    /* events the kernel would refuse, up to the
				     * first failed allocation */
	uint32_t first_anomaly_line;
	bool first_anomaly_is_map;
	uint64_t maps_over_live; /* those of them that are maps */
	uint32_t first_over_live_line;
	uint64_t reports; /* contract violations; must be 0 */
	bool zeroes;	  /* the strategy clears, not the page table */
	bool defective;	  /* the strategy, on purpose: the next three, 0 for all
			   * others, show how */
	uint64_t dirty_tables;	    /* handed out where zeroed was promised */
	uint64_t first_dirty_alloc; /* its number, from 1; 0: none */
	uint64_t leaked_bytes;	    /* missing after teardown */
	bool shared;		    /* one instance for all domains */
	unsigned nr_cpus;	    /* simulated */
	uint64_t digest; /* of translations at the end: v7s_digest(), or
			  * v7s_digest_iova() if the machine chose paddr */
	unsigned nr_points;
	struct timeline_point point[TIMELINE_POINTS + 1];
	unsigned nr_instances;
	struct l2_attrs *attrs; /* of each instance, at the end */
};

/* Frees what a result owns; a zeroed one is fine. */
void memory_result_fini(struct memory_result *r);

/* Memory of a machine that passes run on, one after the other. */
struct replay_machine {
	const struct replay_config *cfg; /* must outlive the machine */
	const struct trace *trace;	 /* likewise */
	const struct l2_spec *spec;	 /* likewise */
	struct physmem *pm;
	struct v7s_faults faults; /* of the pass under way */
	struct v7s_probe *probe;  /* of page tables made from now on; or NULL */
	struct table_log log;	  /* recorded by the memory pass */
	char why[TRACE_WHY_SIZE]; /* the trace could not be read; or empty */
};

/* 0 or -ENOMEM. */
int replay_machine_init(struct replay_machine *m,
			const struct replay_config *cfg,
			const struct trace *trace, const struct l2_spec *spec);
void replay_machine_fini(struct replay_machine *m);

/**
 * pass_memory() - the exact pass; the first on a machine
 * @why:	text on -EUCLEAN
 *
 * memory_result_fini() it, also on failure if it was zeroed before.
 *
 * Events that the kernel would refuse (a map over a live iova, an unmap of
 * nothing) are done as it would and counted; so are failed allocations.
 *
 * Return: 0, also if simulated memory has no room for the system (ret->built);
 * -ENOMEM if the host has none; -ERANGE if memory cannot be brought into
 * cfg->age; -EUCLEAN if a check() finds
 * a broken structure or pages are missing after teardown; -EINTR.
 */
int pass_memory(struct replay_machine *m, struct memory_result *ret,
		const char **why);

/*
 * The timed passes, on a machine that has had its memory pass (batch can do
 * without); event and phases are in split.h, sampled in sampled.h.
 *
 * alloc adds single durations, the clock's cost taken off, to a histogram that
 * stays the caller's. The others write means, also on failure;
 * batch: ns per event.
 *
 * Return: 0; -ENOMEM; -EINTR; -EUCLEAN if the pass did not take as many tables
 * as the memory pass.
 */
int pass_alloc(struct replay_machine *m, double clock_cost_ns,
	       struct latency *lat);
int pass_table(struct replay_machine *m, double clock_cost_ns,
	       struct mean_timing *ret_alloc, struct mean_timing *ret_free);
int pass_runs(struct replay_machine *m, double clock_cost_ns,
	      struct mean_timing *ret_map, struct mean_timing *ret_unmap);
int pass_batch(struct replay_machine *m, double *ret_event_ns);

/* What the threads pass finds. */
struct threads_result {
	struct team_result team;
	double event_ns; /* from the first thread's start to the last's end, by
			  * the number of events */
	uint64_t lost_races; /* tables freed because another was linked first */
	uint64_t l2_allocs;  /* those included */
	uint64_t l2_failures;
	uint64_t l2_tables_end;
	uint64_t held_bytes_end;
	uint64_t digest; /* of all translations at the end */
};

/**
 * pass_threads() - the trace by several threads
 * @deps:	of the machine's trace, for no more threads than simulated CPUs
 * @ret:	written on success only
 * @why:	text on failure
 *
 * The strategy must not refuse threads: l2_spec_one_thread().
 *
 * Return: 0; -ENOMEM; -EINTR; -EAGAIN if the host refuses a thread; -EUCLEAN
 * if a strategy's check() finds a broken structure or pages are missing after
 * teardown.
 */
int pass_threads(struct replay_machine *m, const struct deps *deps,
		 struct threads_result *ret, const char **why);

/**
 * threads_agree() - did they end as one thread did?
 * @why: REPLAY_WHY_SIZE bytes, written on failure
 *
 * Translations, tables linked, and tables taken but for those of lost races.
 * Where an allocation failed, the trace has anomalies or the strategy is
 * defective, the order of events matters, and nothing is compared.
 *
 * Return: 0 or -EBADMSG.
 */
int threads_agree(const struct memory_result *m, const struct threads_result *t,
		  char *why);

#endif /* REPLAY_H */
