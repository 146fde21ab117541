/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the gate found as JUnit XML, which CI servers show: a testcase per cell,
 * its class name the workload and its name the strategy. A cell that differs
 * has one failure with a line for each difference; one that was not compared is
 * skipped, with the reason; one without instructions passes, and says so in
 * system-out.
 */
#ifndef JUNIT_H
#define JUNIT_H

#include <stdio.h>

#include "gate.h"

/* 0; -ENOMEM; -EIO. */
int junit_write(const struct gate_report *r, FILE *out);

/* Text as it may stand in an attribute or between tags. What XML 1.0 cannot
 * say, and what is not ASCII, is '?'. */
void junit_put_text(const char *text, FILE *out);

#endif /* JUNIT_H */
