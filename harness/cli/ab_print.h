/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How `ab` tells what it found: on stdout, to CI servers, and by its status.
 */
#ifndef AB_PRINT_H
#define AB_PRINT_H

#include "ab_report.h"
#include "cli.h"

struct ab_print {
	enum cli_format format;
	const char *junit; /* file, or NULL */
	bool github;	   /* annotations, and the job summary */
};

/* EXIT_FINE, or EXIT_FAILED after a line that says why. */
int ab_print(const struct ab_print *how, const struct ab_row *row, unsigned nr,
	     const struct ab_summary *sum);

#endif /* AB_PRINT_H */
