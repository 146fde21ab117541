/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a real kernel and our models answered to the same cases: rows of
 * kernel_*.csv, tables, and differences in words. Columns: results/SCHEMA.md.
 */
#ifndef KERNEL_REPORT_H
#define KERNEL_REPORT_H

#include <jansson.h>
#include <stdbool.h>

#include "expect.h"
#include "insn.h"

/* A case: so many CPUs, a strategy, a workload. Texts are the caller's. */
struct kernel_row {
	const char *source; /* "kernel-6.1" */
	unsigned nr_cpus;
	const char *strategy, *workload;
	uint64_t nr_events;
	const char *reason; /* why nothing was compared; else "" */
	struct kernel_agreement agreement;
	const struct kernel_answer *model, *kernel; /* if compared */
};

/* A file of golden vectors and a strategy. */
struct kernel_vector_row {
	const char *source, *strategy, *file;
	uint64_t nr_lines;  /* equal ones */
	const char *differ; /* the first line that differs; else "" */
	const char *reason; /* why nothing was compared; else "" */
};

/* Instructions of a strategy on the first events of a workload, of the kernel
 * or of the model. */
struct kernel_insn_row {
	const char *source; /* "kernel-6.1", "model" */
	bool is_model;
	struct insn_row insn;
	struct kernel_cost cost[NR_KERNEL_CLASSES]; /* all zero: not counted by
						     * class; a model's has no
						     * p50, max and timer */
};

struct kernel_report {
	const struct kernel_row *row; /* in the order in which they are told */
	size_t nr_rows;
	const struct kernel_vector_row *vector;
	size_t nr_vectors;
	const struct kernel_insn_row *insn; /* for each of the kernel's rows one
					     * of the model, in any order */
	size_t nr_insn;
	unsigned nr_selftests; /* boots in which the driver passed its own */
};

/* Names of the columns of kernel_agreement.csv, kernel_points.csv,
 * kernel_vectors.csv and kernel_insn.csv, each ended by NULL. */
extern const char *const kernel_agreement_columns[];
extern const char *const kernel_points_columns[];
extern const char *const kernel_vectors_columns[];
extern const char *const kernel_insn_columns[];

/* The rows as objects whose members are these columns, empty ones null. NULL
 * without memory. */
json_t *kernel_agreement_json(const struct kernel_report *r);
json_t *kernel_points_json(const struct kernel_report *r);
json_t *kernel_vectors_json(const struct kernel_report *r);
json_t *kernel_insn_json(const struct kernel_report *r);

/* Of the kernel's costs those in insn, which is counted or says why not: tables
 * from a run with KERNEL_COST_TABLES, events from one with KERNEL_COST_EVENTS.
 * The clock is taken off. */
void kernel_insn_fill(struct kernel_insn_row *row,
		      const struct kernel_answer *tables,
		      const struct kernel_answer *events);

/* Is anything different, or not compared? */
bool kernel_report_differs(const struct kernel_report *r);
bool kernel_report_broken(const struct kernel_report *r);

/* For people. 0; -ENOMEM; -EIO. */
int kernel_report_write(const struct kernel_report *r, bool markdown,
			FILE *out);

#endif /* KERNEL_REPORT_H */
