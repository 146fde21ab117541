/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the gate found, for people and for programs.
 */
#ifndef GATE_REPORT_H
#define GATE_REPORT_H

#include <stdio.h>

#include "gate.h"

enum gate_format { GATE_TEXT, GATE_CSV, GATE_MARKDOWN, GATE_JSON };

/* Names of the columns of the CSV, ended by NULL. */
extern const char *const gate_columns[];

/* Nothing differs, but not all was compared. */
bool gate_inconclusive(const struct gate_report *r);

/* "column was X, is Y (+6.25 %)", or on which side the cell is alone. To be
 * freed; NULL without memory. */
char *gate_finding_text(const struct gate_finding *f);

/* The answer in one line, without a newline; likewise. */
char *gate_verdict_text(const struct gate_report *r);

/* 0; -ENOMEM; -EIO. CSV has a row for each difference and for each cell of
 * which something was not compared. */
int gate_print(const struct gate_report *r, enum gate_format format, FILE *out);

/* Differences as text, under headings, and counts: what gate_print() says of
 * them, without the verdict. */
int gate_print_differences(const struct gate_report *r, FILE *out);

#endif /* GATE_REPORT_H */
