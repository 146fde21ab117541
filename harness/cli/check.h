/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the two halves of `v7sbench check` share: a folder that is compared, and
 * making one the baseline.
 */
#ifndef CHECK_H
#define CHECK_H

#include <jansson.h>

#include "cli.h"
#include "csvfile.h"

/* A result or a baseline as its folder has it. */
struct check_side {
	const char *dir;
	struct csv_table summary;
	struct csv_table insn;
	bool has_insn;
	json_t *likeness;    /* likeness.h; NULL if no file tells */
	bool is_interrupted; /* finished workloads only */
};

/* Reads it, environment.json or else result.json, which need not be there; nor
 * need insn.csv. EXIT_FINE; else the status, and a line on stderr. */
int check_read(const char *dir, struct check_side *ret);

/* A zeroed one is fine. */
void check_side_fini(struct check_side *side);

/* Makes after the baseline in dir, telling on stdout what changes. Nothing is
 * written if nothing does, or dry_run is set. */
int check_update(const struct check_side *after, const char *dir, bool dry_run);

#endif /* CHECK_H */
