/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The job summary of GitHub Actions: a Markdown file that steps append to.
 */
#ifndef GITHUB_SUMMARY_H
#define GITHUB_SUMMARY_H

#include <stdio.h>

/* Appends a heading and what print writes (0 or a negative errno) to the file
 * that $GITHUB_STEP_SUMMARY names; without it does nothing. EXIT_FINE, or
 * EXIT_FAILED after a line that says why. */
int github_summary(const char *title, int (*print)(void *ctx, FILE *out),
		   void *ctx);

#endif /* GITHUB_SUMMARY_H */
