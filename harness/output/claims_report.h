/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ledger of claims: rows of claims.csv, text for a terminal, markdown, or
 * JSON. Columns: results/SCHEMA.md.
 *
 * Calling sequence: claims_report_begin(), claims_report_add() for each claim,
 * claims_report_end(). The first error sticks and end returns it.
 */
#ifndef CLAIMS_REPORT_H
#define CLAIMS_REPORT_H

#include <jansson.h>

#include "claims.h"
#include "csvfile.h"

enum claims_format { CLAIMS_TEXT, CLAIMS_CSV, CLAIMS_MARKDOWN, CLAIMS_JSON };

/* Names of the columns of claims.csv, ended by NULL. */
extern const char *const claims_columns[];

struct claims_report {
	FILE *out; /* not owned */
	enum claims_format format;
	struct csv_writer csv;
	json_t *json;
	unsigned nr;
};

void claims_report_begin(struct claims_report *r, enum claims_format format,
			 FILE *out);
void claims_report_add(struct claims_report *r, const struct claim *claim,
		       const struct claim_result *result);

/* 0; -ENOMEM; -EIO; an error of the stream. The caller flushes. */
int claims_report_end(struct claims_report *r);

#endif /* CLAIMS_REPORT_H */
