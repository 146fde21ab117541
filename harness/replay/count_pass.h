/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions of a replay: stretches of it, each one call of a function
 * that is never inlined and has a name of its own, so that a tool from outside
 * (valgrind --tool=callgrind --toggle-collect=COUNT_EVENTS) finds it; or
 * between two readings of the processor's counters.
 *
 *	events	events of a trace, page table, strategy and all
 *	table	the allocations and frees of tables that they lead to, alone
 *
 * And if asked each of them once more, every event and every allocation and
 * free now a call of the function of its class: a tool from outside tells calls
 * and what they took, with what they called, by function.
 *
 * No clock is read. Nothing is timed, so nothing is repeated: the figures are
 * the same each time, for one build and one tool.
 */
#ifndef COUNT_PASS_H
#define COUNT_PASS_H

#include "counter.h"
#include "replay.h"

/* Names of the functions, for the tool. They do not begin alike: callgrind 3.19
 * mixes up the options of names that do. */
#define COUNT_EVENTS "counted_events"
#define COUNT_TABLE "table_ops_counted"
#define COUNT_EVENT_CLASSES "events_by_class"
#define COUNT_TABLE_CLASSES "ops_by_class"

enum count_class {
	COUNT_ALLOC, /* of a table, zeroing included */
	COUNT_FREE,
	COUNT_MAP,	 /* that takes no table */
	COUNT_MAP_TABLE, /* that takes some */
	COUNT_UNMAP,	 /* that frees none */
	COUNT_UNMAP_TABLE,
	NR_COUNT_CLASSES
};

/* The function of each. */
extern const char *const count_class_functions[NR_COUNT_CLASSES];

struct count_result {
	bool built; /* false: simulated memory had no room, nothing was called */
	uint64_t nr_events;
	uint64_t nr_table_ops;		      /* allocations and frees */
	struct counter_reading events, table; /* zero without a counter */
};

/**
 * count_head() - the first events of a trace as a trace of their own
 * @ret:	written on success only; trace_free() it. Its domains are those
 *		of the whole trace.
 * @why:	TRACE_WHY_SIZE bytes; a reason if the trace cannot be read
 *
 * Return: 0; -ENOMEM; or as trace_each().
 */
int count_head(const struct trace *trace, size_t nr, struct trace *ret,
	       char *why);

/**
 * pass_count() - the stretches in this order, each on a system of its own
 * @m:		a fresh machine, its trace in memory
 * @counter:	to count with, or NULL: somebody does from outside
 * @classes:	do those by class too; not counted here
 * @ret:	written on success only
 *
 * Return: 0, also if simulated memory has no room for the system (ret->built);
 * -ENOMEM; -EUCLEAN if the passes took different tables; -EINTR, looked at
 * between the stretches only; or an error of counter_start() or _stop().
 */
int pass_count(struct replay_machine *m, const struct counter *counter,
	       bool classes, struct count_result *ret);

#endif /* COUNT_PASS_H */
