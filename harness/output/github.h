/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the gate found as workflow commands of GitHub Actions, which show up
 * beside a pull request.
 */
#ifndef GITHUB_H
#define GITHUB_H

#include <stdio.h>

#include "gate.h"

/* GitHub shows ten of a kind a step. */
#define GITHUB_ANNOTATIONS 10

/* An ::error for each of the first differences, and a ::notice that says how
 * many more there are. 0; -ENOMEM; -EIO. */
int github_annotate(const struct gate_report *r, FILE *out);

/* Text as a message, or as a property's value. */
void github_put_message(const char *text, FILE *out);
void github_put_property(const char *text, FILE *out);

#endif /* GITHUB_H */
