/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes scripts for a real kernel; the language is described in README.md
 * beside this file.
 */
#ifndef KERNEL_SCRIPT_H
#define KERNEL_SCRIPT_H

#include <stdio.h>

#include "answer.h"
#include "replay.h"

/* The guest's memory. */
#define KERNEL_MACHINE "x86-6g"

enum kernel_cost_of {
	KERNEL_COST_NONE,
	KERNEL_COST_TABLES,
	KERNEL_COST_EVENTS
};

/* One trace with one strategy: for a script, or for our models. */
struct kernel_case {
	const char *label; /* without blanks, below KERNEL_LABEL bytes */
	const struct l2_spec *spec; /* without options that a kernel lacks */
	const struct trace *trace;  /* in memory or not; no TRACE_ANY */
	/* Its page table, number of CPUs, rebase_paddr; nothing else. */
	const struct replay_config *replay;
	uint64_t nr_events; /* at most; 0: all */
	uint64_t every;	    /* events from a point to the next; > 0 */
	enum kernel_cost_of cost;
};

/* Strategies of which a kernel has an implementation, ended by NULL. */
extern const char *const kernel_strategies[];

/**
 * kernel_strategy_fits() - can a kernel run this?
 *
 * Known strategies without options; a defect or an option of a model has no
 * counterpart there.
 *
 * Return: NULL, or why not.
 */
const char *kernel_strategy_fits(const struct l2_spec *spec);

/**
 * kernel_case_check() - can a kernel be asked this?
 * @why: KERNEL_WHY_SIZE bytes, written on failure
 *
 * Return: 0; -EINVAL for a strategy that does not fit, a trace with TRACE_ANY,
 * a label with blanks or too long, every being 0.
 */
int kernel_case_check(const struct kernel_case *c, char *why);

/* CPUs of the guest: those of the case, or the machine's. */
unsigned kernel_nr_cpus(const struct kernel_case *c);

/* Not 0 ends the walk. */
typedef int (*kernel_event_fn)(void *ctx, const struct trace_event *ev);

/**
 * kernel_case_each() - calls fn for the events of a case, nr_events at most
 * @why: KERNEL_WHY_SIZE bytes, written on failure
 *
 * Return: 0; what fn returned; -EINTR once the replay's stop flag is set; else
 * as trace_each().
 */
int kernel_case_each(const struct kernel_case *c, kernel_event_fn fn, void *ctx,
		     char *why);

/* Writes strategy, run, events, end. 0; as kernel_case_check() and _each();
 * -EIO if writing failed; the caller checks flush and close. On failure why is
 * written. */
int kernel_script_run(const struct kernel_case *c, FILE *out, char *why);

/* Writes strategy and the input halves of golden vectors, comments and lines of
 * dumps left out. 0 or -EIO; the caller checks flush and close. */
int kernel_script_vectors(const char *strategy, const char *text, size_t size,
			  FILE *out);

#endif /* KERNEL_SCRIPT_H */
