/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Measures the measuring: what one process says of a strategy and the same, or
 * a slower one; what is called different of that; what an order of slices does
 * to their times; and what speeds the machine has.
 *
 * Three subjects, as in a run: base, head and a twin of base. Nothing is
 * planted: all are the strategy. Something is: all bear the slow decorator, and
 * head's delays. In which order they are built is drawn, since memory may
 * favour one.
 *
 * Concurrency: none.
 */
#ifndef SELFTEST_H
#define SELFTEST_H

#include "lane.h"
#include "paired.h"
#include "replay.h"

#define SELFTEST_WHY_SIZE REPLAY_WHY_SIZE

struct selftest_config {
	const struct replay_config *replay;
	const struct trace *trace;
	const struct l2_spec *spec;
	enum lane_kind kind;
	unsigned nr_rounds;
	uint64_t slice_ns;
	bool plant;	/* with a delay of 0 too; tables only: of an event it
			 * would be another share of each */
	uint64_t delay; /* of head, as struct l2_slow_config has it */
	uint64_t seed;
};

/* Logarithms of ratios. */
struct selftest_pair {
	double head; /* to base */
	double twin; /* to base */
};

/**
 * selftest_pair() - one process's say
 * @ret:	written on success only
 * @why:	SELFTEST_WHY_SIZE bytes, written on failure
 *
 * Return: 0, or as pass_memory(), lane_create() and slices_measure(); -EINVAL
 * for something planted in events.
 */
int selftest_pair(const struct selftest_config *cfg, struct selftest_pair *ret,
		  char *why);

/**
 * selftest_calibrate() - share of an operation's time that a delay of
 * L2_SLOW_UNIT adds
 *
 * It is not the time of a unit alone, which is why it is measured: a branch is
 * foreseen wrongly, and the CPU waits that would have worked ahead. One process
 * errs by some tenths of it. Otherwise as selftest_pair().
 */
int selftest_calibrate(const struct selftest_config *cfg, double *ret,
		       char *why);

/* Logarithms of ratios: a slice run second to the same run first. */
struct selftest_order {
	double again;  /* after the same operations */
	double others; /* after those of another place */
	double design; /* head to base with slices_measure() */
};

/* As selftest_pair(). A cycle of less than four slices is -ENODATA. */
int selftest_order(const struct selftest_config *cfg,
		   struct selftest_order *ret, char *why);

/* What protects from a false alarm, each with those before it. */
enum selftest_guard {
	GUARD_P,	 /* p <= PAIRED_ALPHA */
	GUARD_THRESHOLD, /* beyond PAIRED_THRESHOLD */
	GUARD_FLOOR,	 /* beyond what the twin says: the verdict */
	NR_SELFTEST_GUARDS
};

/* Of a comparison: values of a number of processes. */
struct selftest_judged {
	struct paired_result head; /* base is what it is compared with */
	enum paired_verdict by[NR_SELFTEST_GUARDS];
};

/* 0, or as paired_judge(). */
int selftest_judge(const struct selftest_pair *process, size_t nr,
		   struct selftest_judged *ret);

/* The machine's speeds, from times of equal work. */
struct selftest_modes {
	bool two;	    /* else the second members are 0 */
	double slice_ns[2]; /* median: of all, or of the faster */
	double share[2];    /* of slices */
	double run_us[2];   /* median length of a stretch in a mode */
	double ratio;	    /* slower to faster; 1 */
};

#define SELFTEST_MODE_RATIO 1.15 /* nearer medians are one speed */
#define SELFTEST_MODE_SHARE 0.02 /* and so are fewer slices */

/* nr durations in a row. 0; -ENODATA for less than two; -ENOMEM. */
int selftest_split_modes(const uint64_t *ns, size_t nr,
			 struct selftest_modes *ret);

/* Times equal work, clearing tables, for so many ns in slices of 20 us. 0;
 * -ENOMEM; -EINTR once *stop is set. */
int selftest_modes(uint64_t total_ns, const volatile sig_atomic_t *stop,
		   struct selftest_modes *ret);

#endif /* SELFTEST_H */
