/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `ab` found for CI servers: JUnit XML, a testcase per row, its class name
 * the workload and its name strategy and metric; and workflow commands of
 * GitHub Actions. A confirmed slowdown is a failure, what could not be measured
 * is skipped, and one that is not ruled out passes and says so.
 */
#ifndef AB_CI_H
#define AB_CI_H

#include "ab_report.h"

/* Each: 0 or -EIO. */
int ab_write_junit(const struct ab_row *row, unsigned nr,
		   const struct ab_summary *sum, FILE *out);
int ab_annotate(const struct ab_row *row, unsigned nr,
		const struct ab_summary *sum, FILE *out);

#endif /* AB_CI_H */
