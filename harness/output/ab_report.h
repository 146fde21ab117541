/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `ab` says of two revisions: a row for each strategy, workload and
 * metric, from values of processes, and one sentence. Pure but for printing.
 *
 * A row is
 *	worse	if head was found slower, and found so again by processes of
 *		their own: confirmed. Found once only, it is ~
 *	better	if head was found faster; nothing depends on it
 *	~	cannot tell
 *	-	there was nothing to measure
 * and inconclusive if it is ~ and the interval reaches beyond the threshold: a
 * slowdown that would matter is not ruled out.
 */
#ifndef AB_REPORT_H
#define AB_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "csvfile.h"
#include "paired.h"
#include "table.h"

/* What so many processes say. */
struct ab_judgement {
	struct paired_result head; /* over base */
	double floor;		   /* of base over its twin, in ln; negative: it
				    * has no interval */
	enum paired_verdict verdict;
};

struct ab_row {
	const char *strategy, *workload, *metric;
	bool measured;
	struct ab_judgement first;
	bool asked_again; /* since the first found it worse */
	struct ab_judgement again;
};

/* Of a run: what the sentence is made of. */
struct ab_summary {
	unsigned nr_measured, nr_not_measured;
	unsigned nr_worse, nr_better, nr_inconclusive;
	unsigned nr_not_again; /* worse, and not found again */
	double threshold;
	const char *base, *head; /* revisions */
};

/**
 * ab_judge() - n processes' values of head and of the twin, both over base
 *
 * Return: 0 or what paired_judge() says.
 */
int ab_judge(const double *head, const double *twin, size_t n, double threshold,
	     struct ab_judgement *ret);

enum paired_verdict ab_verdict(const struct ab_row *row);
bool ab_inconclusive(const struct ab_row *row, double threshold);

/* Counts; threshold, base and head of ret are the caller's. */
void ab_summarise(const struct ab_row *row, unsigned nr,
		  struct ab_summary *ret);

/* The verdict in one sentence, with a newline. */
void ab_sentence(const struct ab_row *row, unsigned nr,
		 const struct ab_summary *sum, FILE *out);

/* Names of the columns of --format=csv, ended by NULL. */
extern const char *const ab_columns[];

/* Each: 0, or what csv_end_row(), table_print() or json_dumpf() fail with. */
int ab_write_csv(const struct ab_row *row, unsigned nr, FILE *out);
int ab_write_table(const struct ab_row *row, unsigned nr,
		   enum table_format format, FILE *out);
int ab_write_json(const struct ab_row *row, unsigned nr,
		  const struct ab_summary *sum, FILE *out);

#endif /* AB_REPORT_H */
