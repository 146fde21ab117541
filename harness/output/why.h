/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reasons: one line for the user, without a newline, beside the errno.
 *
 * Functions here that take a `why` want OUTPUT_WHY_SIZE bytes and write them
 * on failure only, as "file: reason" or "file:line: reason".
 */
#ifndef WHY_H
#define WHY_H

#define OUTPUT_WHY_SIZE 512

/* Formats into why, cut where too long; returns err. */
__attribute__((format(printf, 3, 4))) int why_set(char *why, int err,
						  const char *format, ...);

/* The same, followed by ": " and the text of the negative errno err. */
__attribute__((format(printf, 3, 4))) int why_errno(char *why, int err,
						    const char *format, ...);

#endif /* WHY_H */
