/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Open loop: events at the times that the trace says, not one after the other.
 *
 * A replay that does an event when the one before is done is a closed loop:
 *when one event is slow, those behind it come later instead of waiting, and the
 *wait is in no figure (coordinated omission). Here each event has an absolute
 * deadline,
 *	deadline = start + (its time - time of the first event) / speed,
 * and of each are noted
 *	service		end - start, what a closed loop sees too
 *	lateness	start - deadline, the wait for earlier events or the CPU
 *	response	end - deadline, what the caller of a driver waits
 * with the cost of a reading of the clock taken off service and response.
 * No event is left out: those that are behind are caught up with at full speed.
 * Clocks of CPUs differ, so that times may go back: a deadline is never before
 * an earlier one.
 *
 * One thread does the events of all CPUs of the trace, one at a time: where the
 * trace has two at once the second is late, which on the machine it was not.
 * Waiting is sleep and, for the last PACE_SPIN_NS, spinning; what a CPU does
 * not keep in its caches meanwhile is in service, as it would be in a driver.
 *
 * Concurrency: one thread, and the one that reads a long trace ahead.
 */
#ifndef PACE_H
#define PACE_H

#include "replay.h"

/* A clock and how to wait for it; tests have their own. */
struct pace_clock {
	void *ctx;
	uint64_t (*now)(void *ctx);
	/* Until then, or not as long. */
	void (*sleep_until)(void *ctx, uint64_t ns);
};

/* clock_ns(), and clock_nanosleep() to an absolute time. */
extern const struct pace_clock pace_host_clock;

/* So long before a deadline sleep ends and spinning begins: more than a wakeup
 * takes most times. */
#define PACE_SPIN_NS 200000u

/* No sleep is longer, so that a stop is noticed. */
#define PACE_SLEEP_NS 50000000u

/* Who starts later than this is counted as late. */
#define PACE_LATE_NS 10000u

#define PACE_MIN_SPEED 1e-3
#define PACE_MAX_SPEED 1e6

struct pace_config {
	double speed;	   /* trace's seconds in one of the clock */
	uint64_t limit_ns; /* of the trace's time, behind the first event;
			    * UINT64_MAX: all */
	double clock_cost_ns;
	const struct pace_clock *clock;
};

/* What of a trace is replayed. */
struct pace_span {
	uint64_t nr_events;
	uint64_t trace_ns; /* from the first event to the latest */
};

/**
 * pace_span() - how much of a trace lies within a limit?
 * @limit_ns:	as in struct pace_config
 * @ret:	written on success only
 * @why:	TRACE_WHY_SIZE bytes
 *
 * A trace that is not in memory is read for this.
 *
 * Return: 0; -EINVAL for a trace without time, or in which it has no unit; or
 * as trace_each().
 */
int pace_span(const struct trace *trace, uint64_t limit_ns,
	      struct pace_span *ret, char *why);

/* Histograms are the caller's, empty, and get a value for each event. */
struct pace_figures {
	struct latency *service;
	struct latency *lateness, *response; /* closed loop: not used */
	uint64_t nr_events;
	uint64_t nr_late;    /* by more than PACE_LATE_NS */
	uint64_t nr_refused; /* those the kernel would refuse, or that failed */
	uint64_t l2_allocs, l2_failures; /* of tables */
	uint64_t replay_ns; /* from the start to the end of the last event */
};

/**
 * pass_pace() - the events within the limit, each at its time
 * @fig:	histograms are added to, numbers are written, on success
 *
 * Before any of this, memory must have been touched: a pass_closed() will do.
 *
 * Return: 0; -EINTR; -ENOMEM, or what else a constructor says, if the system
 * could not be built; or as trace_each().
 */
int pass_pace(struct replay_machine *m, const struct pace_config *cfg,
	      struct pace_figures *fig);

/* The same events, each when the one before is done. */
int pass_closed(struct replay_machine *m, const struct pace_config *cfg,
		struct pace_figures *fig);

#endif /* PACE_H */
