/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cases for a real kernel, and what came of each: traces, scripts, answers.
 */
#ifndef KERNEL_WORK_H
#define KERNEL_WORK_H

#include "expect.h"
#include "kernel_options.h"

/* A trace of the command line. */
struct kernel_trace {
	const char *arg;  /* as it was given */
	const char *name; /* in results */
	char label[KERNEL_LABEL];
	struct trace trace;
	struct v7s_config pgtable; /* that it needs */
};

struct kernel_traces {
	struct kernel_trace *list;
	unsigned nr;
};

/* Opens all of them, and refuses what no kernel can be asked; of those that
 * nobody named, such are left out with a warning. EXIT_FINE; else the status
 * after a line on stderr. kernel_traces_close() it either way. */
int kernel_traces_open(const struct kernel_options *opts,
		       struct kernel_traces *ret);
void kernel_traces_close(struct kernel_traces *traces);

/* A case, and what came of it. */
struct kernel_work {
	struct kernel_case c;
	struct replay_config replay; /* c's */
	const char *workload;
	uint64_t nr_events; /* that there are to do */
	struct kernel_answer model, kernel;
	bool expected, answered;      /* the answer above is there */
	char reason[KERNEL_WHY_SIZE]; /* why one of them is not; else "" */
};

/* A case of a trace, a strategy and a number of CPUs. */
struct kernel_work kernel_work_of(const struct kernel_options *opts,
				  const struct kernel_trace *trace,
				  const struct l2_spec *spec, unsigned nr_cpus);

/* Cases in the order of a table: CPUs, traces, strategies. They point to each
 * other: not to be moved. NULL without memory, after a line on stderr. */
struct kernel_work *kernel_work_all(const struct kernel_options *opts,
				    const struct kernel_traces *traces,
				    size_t *ret_nr);
void kernel_work_free(struct kernel_work *work, size_t nr);

/* About how long its script is, in bytes. */
uint64_t kernel_work_size(const struct kernel_work *work);

/* Script of some cases, in their order. EXIT_FINE; else the status after a line
 * on stderr. */
int kernel_work_script(const struct kernel_work *work, size_t nr, FILE *out);

/* What our models answer; that they cannot is a reason. 0; -EINTR; -ENOMEM. */
int kernel_work_expect(struct kernel_work *work);

/**
 * kernel_work_take() - answers to that script
 * @name:	stands for them in messages
 * @why:	KERNEL_WHY_SIZE bytes, written on failure
 *
 * Return: 0; -EINVAL, -EREMOTEIO or -ENOMEM as kernel_answers_parse(); -EINVAL
 * for answers to another script; -ENODEV if the driver failed its own test.
 */
int kernel_work_take(struct kernel_work *work, size_t nr, const char *name,
		     const char *text, size_t size, char *why);

#endif /* KERNEL_WORK_H */
