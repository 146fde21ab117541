/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions of a replay: two stretches of it, each one call of a function
 * that is never inlined and has a name of its own, so that a tool from outside
 * (valgrind --tool=callgrind --toggle-collect=COUNT_EVENTS) finds it; or
 * between two readings of the processor's counters.
 *
 *	events	events of a trace, page table, strategy and all
 *	table	the allocations and frees of tables that they lead to, alone
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
 * pass_count() - both stretches, each on a system of its own
 * @m:		a fresh machine, its trace in memory
 * @counter:	to count with, or NULL: somebody does from outside
 * @ret:	written on success only
 *
 * Return: 0, also if simulated memory has no room for the system (ret->built);
 * -ENOMEM; -EUCLEAN if the passes took different tables; -EINTR, looked at
 * between the stretches only; or an error of counter_start() or _stop().
 */
int pass_count(struct replay_machine *m, const struct counter *counter,
	       struct count_result *ret);

#endif /* COUNT_PASS_H */
