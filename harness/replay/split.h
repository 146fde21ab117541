/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the time of single events goes: by class of event, and by phase of
 * those that take or give a table.
 *
 * A class is known by what an event has changed in its table's counters, read
 * outside of the timed stretch:
 *	map_existing	no table taken, none replaced
 *	map_new		at least one table taken, none replaced
 *	map_over	a block mapped over a table, which is freed
 *	unmap_existing	entries cleared, no table freed, nothing split
 *	unmap_free	at least one table freed, nothing split
 *	unmap_split	a section or contiguous page split
 * What does two of these belongs to the one further down, among maps as among
 * unmaps: it does the work of both, and map_new and unmap_free keep to their
 * own phases. An event that the kernel refuses, or whose allocation fails, is
 * in no class.
 *
 * Two passes, alternating in a run. The event pass has no probe: its times are
 * those of the others. The phases pass has one, which costs: a reading of the
 * clock at each change of phase, which is taken off as a reading costs in a
 * row, and clearing apart from allocating. The difference of the two passes in
 * the time of a class is what the probe adds.
 *
 * Cost: two readings an event, one more at each change of phase.
 * Concurrency: none.
 */
#ifndef SPLIT_H
#define SPLIT_H

#include "replay.h"

enum event_class {
	MAP_EXISTING,
	MAP_NEW,
	MAP_OVER,
	UNMAP_EXISTING,
	UNMAP_FREE,
	UNMAP_SPLIT,
	NR_EVENT_CLASSES
};

/* In lower case, as they stand in metrics. */
extern const char *const event_class_name[NR_EVENT_CLASSES];
extern const char *const phase_name[V7S_NR_PHASES];

/* The phases that an event of the class may have, a bit each; 0: it is one. */
extern const unsigned event_class_phases[NR_EVENT_CLASSES];

/* The counters that tell classes apart. */
struct event_counts {
	uint64_t allocs, frees, replaced, splits;
};

static inline struct event_counts event_counts(const struct v7s *table)
{
	const struct v7s_stats *stats = v7s_stats(table);

	return (struct event_counts){
		.allocs = stats->l2_allocs,
		.frees = stats->l2_frees,
		.replaced = stats->l2_replaced,
		.splits = stats->splits,
	};
}

/* Of an event that was not refused. */
enum event_class event_class_of(enum trace_type type,
				const struct event_counts *before,
				const struct event_counts *after);

/* One event's time by phase, from readings of the clock. */
struct phase_meter {
	enum v7s_phase phase; /* under way */
	uint64_t since_ns;    /* reading at which it began */
	uint64_t ns[V7S_NR_PHASES];
	unsigned nr[V7S_NR_PHASES]; /* stretches, each with the cost of a
				     * reading in it */
};

/* Empty, in its first phase; since_ns is then the caller's to set. */
static inline void phase_meter_reset(struct phase_meter *meter,
				     enum v7s_phase first)
{
	*meter = (struct phase_meter){ .phase = first };
}

/* What has passed since the last change is the old phase's. */
static inline void phase_meter_enter(struct phase_meter *meter,
				     enum v7s_phase phase, uint64_t now_ns)
{
	meter->ns[meter->phase] += now_ns - meter->since_ns;
	meter->nr[meter->phase]++;
	meter->phase = phase;
	meter->since_ns = now_ns;
}

/* Means over the events of a class, the cost of the clock taken off. */
struct phase_timing {
	uint64_t nr;			/* events; 0: no means */
	uint64_t nr_interrupted;	/* events more, which are in no mean */
	double whole_ns;		/* from the first reading to the last */
	double phase_ns[V7S_NR_PHASES]; /* add up to whole_ns, but for those
					 * that came out below 0 and are 0 */
	uint64_t nr_stretches[V7S_NR_PHASES]; /* in those events together */
};

struct event_timing {
	/* Without events in which the host gave the CPU to another process. */
	struct mean_timing by_class[NR_EVENT_CLASSES];
	struct mean_timing event; /* of all, these and refused ones too, as in
				   * the batch pass */
	double replay_ns_mean;	  /* the whole pass by all events, with the
				   * clock in it */
};

/**
 * pass_event() - the trace, each event timed
 * @by_type:	by enum trace_type, each gets all events of its type, refused
 *		ones too
 * @by_class:	NR_EVENT_CLASSES histograms, each gets the events of its class
 * @ret:	written also on failure
 *
 * Return: as the timed passes in replay.h.
 */
int pass_event(struct replay_machine *m, double clock_cost_ns,
	       struct latency *const *by_type, struct latency *const *by_class,
	       struct event_timing *ret);

/**
 * pass_phases() - the same with the probe
 * @map_new:	V7S_NR_PHASES histograms or NULLs: of the time that an event of
 *		class map_new spends in each phase
 * @ret:	NR_EVENT_CLASSES of them; written also on failure
 *
 * Not for a defective strategy: the probe asks for tables as they are and has
 * them cleared, which hides the defect.
 */
int pass_phases(struct replay_machine *m, double clock_cost_ns,
		struct latency *const *map_new, struct phase_timing *ret);

#endif /* SPLIT_H */
