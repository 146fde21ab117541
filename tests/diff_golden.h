/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A sequence as a file for v7sbench conform, with the results that the oracle
 * says are right: the format of tests/golden.
 */
#ifndef DIFF_GOLDEN_H
#define DIFF_GOLDEN_H

#include <stdio.h>

#include "diff_random.h"

/**
 * diff_golden() - write a failing sequence
 * @name: of the seed, for the first line
 * @found: the difference at its end
 *
 * Comments say what the format has no field for. Failures injected must each
 * come to pass in their call: diff_minimize() leaves no others.
 *
 * Return: 0; -ENOMEM; -EIO.
 */
int diff_golden(const struct diff_sequence *seq, const char *name,
		const struct diff_found *found, FILE *out);

/* Whether the format says all there is to a case, so that v7sbench conform
 * with the same strategy runs the same. */
bool diff_conforms(const struct diff_case *c);

#endif /* DIFF_GOLDEN_H */
