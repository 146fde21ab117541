/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The gate: are the exact figures of a result those of the baseline?
 *
 * Exact means equal as text, in every column that is marked so in columns.c,
 * for every cell. A cell missing on one side is a difference too, except that
 * a strategy which this build leaves out may be missing from the result.
 *
 * Instructions may differ by a tolerance, and are compared only where one tool
 * and one build counted both, of as many operations: else the cell says why
 * not. A change for the better is a difference as well: the baseline is to say
 * what is.
 */
#ifndef GATE_H
#define GATE_H

#include <stdio.h>

#include "csvfile.h"

/* Parts in a million by which instructions may differ: 0.1 %. Of a strategy
 * that is a library: as its ops say. */
#define GATE_TOLERANCE_PPM 1000

/* In the order in which they are told. */
enum gate_kind {
	GATE_MISSING, /* a cell of the baseline only */
	GATE_NEW,     /* a cell of the result only */
	GATE_WORSE,   /* more of what there should be little of */
	GATE_OTHER,   /* neither: another digest, other counts */
	GATE_BETTER,
	GATE_NR_KINDS
};

/* "missing", "new", "worse", "different", "better". */
extern const char *const gate_kind_name[GATE_NR_KINDS];

struct gate_finding {
	enum gate_kind kind;
	size_t cell;	    /* index into the report's */
	const char *column; /* "" for a cell on one side */
	const char *was, *is;
	double change; /* is / was - 1; infinite from 0; NaN if no numbers */
};

struct gate_cell {
	const char *workload, *strategy;
	unsigned nr_differences;
	const char *skipped;	  /* why nothing was compared, or NULL */
	const char *insn_skipped; /* why instructions were not, or NULL */
};

/* Texts belong to the tables that were compared, which must outlive it. */
struct gate_report {
	struct gate_cell *cell; /* of the baseline, then those of the result
				 * only */
	size_t nr_cells;
	struct gate_finding *finding; /* worst first */
	size_t nr_findings, max_findings;
	size_t nr_by[GATE_NR_KINDS];
	size_t nr_compared;	/* cells on both sides */
	size_t nr_skipped;	/* of strategies that are not built */
	size_t nr_insn;		/* cells whose instructions were compared */
	size_t nr_insn_skipped; /* of the cells compared, those without */
	char *unlike;		/* owned: who counted */
};

/* insn may be NULL. */
struct gate_side {
	const struct csv_table *summary, *insn;
};

/**
 * gate_compare() - compare all cells
 * @tolerance_ppm: of instructions; a difference of just that much is none
 * @ret:	written on success only; gate_report_fini() it
 * @why:	OUTPUT_WHY_SIZE bytes, written on failure
 *
 * Return: 0, also with differences; -EINVAL if one side lacks a column or
 * holds no cell, or no cell is on both; -ENOMEM.
 */
int gate_compare(const struct gate_side *before, const struct gate_side *after,
		 unsigned tolerance_ppm, struct gate_report *ret, char *why);

/* A zeroed one is fine. */
void gate_report_fini(struct gate_report *r);

/* Is a smaller number in this exact column, or of instructions, the better
 * one? Names in an array that NULL ends. */
extern const char *const gate_less_is_better[];

/* Writes the key and exact columns of a summary: what a baseline holds. */
int gate_write_baseline(const struct csv_table *summary, FILE *out);

/* Of insn.csv likewise, the rows that were counted; *ret_nr of them. */
int gate_write_insn(const struct csv_table *insn, size_t *ret_nr, FILE *out);

#endif /* GATE_H */
