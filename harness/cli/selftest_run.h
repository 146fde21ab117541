/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * v7sbench selftest: what the parts of the command share. A process of a
 * measurement is the program itself, with --worker.
 */
#ifndef SELFTEST_RUN_H
#define SELFTEST_RUN_H

#include "plan_options.h"
#include "progress.h"
#include "selftest.h"
#include "selftest_report.h"

enum selftest_test {
	TEST_AA,
	TEST_PLANTED,
	TEST_ORDER,
	TEST_MODES,
	NR_SELFTESTS
};

extern const char *const selftest_names[NR_SELFTESTS + 1];

/* What a process does. */
enum selftest_work {
	WORK_PAIR,
	WORK_SLOW, /* a pair with the slow decorator */
	WORK_CALIBRATE,
	WORK_ORDER,
	NR_SELFTEST_WORKS
};

extern const char *const selftest_works[NR_SELFTEST_WORKS + 1];

struct selftest_options {
	struct plan_options plan; /* one strategy */
	bool test[NR_SELFTESTS];
	const char *strategy, *workload; /* as given */
	enum lane_kind metric;
	unsigned nr_comparisons, nr_processes, nr_rounds, slice_us;
	double percent;
	uint64_t seed, delay; /* delay: of a worker */
	int worker;	      /* enum selftest_work; -1: none */
};

/* Both: EXIT_FINE; -EINTR; the status after a line on stderr. */

/* Prints what a process says. */
int selftest_worker(struct selftest_options *opts);

/* All tests asked for; their figures are added to ret. */
int selftest_run(const struct selftest_options *opts, struct figures *ret);

/**
 * selftest_exact() - a byte more per table, on all strategies and some
 * workloads: does gate_compare() find it, and nothing without it?
 *
 * Return: 0; -EINTR; a negative errno, with a line in why (RUN_WHY_SIZE).
 */
int selftest_exact(const struct selftest_options *opts, struct figures *ret,
		   char *why);

#endif /* SELFTEST_RUN_H */
