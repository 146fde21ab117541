/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counting the instructions of one workload: this program again, as `v7sbench
 * count`, under callgrind or with the processor's counters.
 *
 * The process has the same environment each time, no addresses drawn at random
 * where the kernel lets one choose, and reads no clock, so that what it does is
 * the same to the instruction.
 */
#ifndef INSN_JOB_H
#define INSN_JOB_H

#include "count_pass.h"
#include "insn.h"
#include "plan_options.h"

/* Of a trace: enough for figures that are the same each time, and quick. */
#define INSN_EVENTS 20000
#define INSN_MAX_EVENTS 100000000

enum insn_tool { INSN_AUTO, INSN_PERF, INSN_CALLGRIND };

/* "auto", "perf", "callgrind", NULL. */
extern const char *const insn_tool_names[];

/* Names of the columns that `v7sbench count` prints, ended by NULL. */
extern const char *const insn_worker_columns[];

/* What this host can count with. */
struct insn_host {
	char self[4096];
	char valgrind[4096]; /* its file */
	char counted_by[3 * OUTPUT_WHY_SIZE];
	enum insn_tool tool;	      /* INSN_AUTO: none */
	char reason[OUTPUT_WHY_SIZE]; /* if none */
};

/* Looks what there is: the processor's counters first if it is to choose.
 * 0, also if there is nothing; -EINTR; -EIO if it cannot find out. */
int insn_host_look(enum insn_tool wanted, struct insn_host *ret, char *why);

/* Those of a strategy on a workload, by class. */
struct insn_classes {
	struct insn_calls calls[NR_COUNT_CLASSES];
};

struct insn_job {
	const struct insn_host *host;
	const char *workload; /* label */
	const struct run_plan *plan;
	const struct plan_options *opts; /* how it takes its trace */
	size_t nr_events;
};

/**
 * insn_job_run() - count all strategies of the plan on one workload
 * @ret:	plan->nr_specs rows; their texts are those of the job
 * @classes:	as many, all zero where the tool does not tell functions apart;
 *		or NULL: not counted, two replays of five less
 * @why:	OUTPUT_WHY_SIZE bytes, written on failure
 *
 * Return: 0; -EINTR; -ENOMEM; -EIO if the process failed or the tool did not
 * do what it should.
 */
int insn_job_run(const struct insn_job *job, struct insn_row *ret,
		 struct insn_classes *classes, char *why);

#endif /* INSN_JOB_H */
