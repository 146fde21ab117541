/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A result folder read back, as far as results are compared: summary.csv, the
 * comparisons of samples.csv, and result.json.
 */
#ifndef RESULTREAD_H
#define RESULTREAD_H

#include <jansson.h>

#include "verdicts.h"

struct result_files {
	struct csv_table summary;
	struct verdicts *verdicts; /* judged; none without samples.csv */
	json_t *json;		   /* NULL: there is no result.json */
	double threshold;	   /* the plan's, else PAIRED_THRESHOLD */
};

/**
 * result_read() - read what a folder holds
 * @ret:	result_files_fini() it; written on success only
 * @why:	OUTPUT_WHY_SIZE bytes, on failure with file, and line if known
 *
 * Only summary.csv must be there. Errors as csv_table_read(), verdicts_add();
 * -EINVAL for JSON that is none.
 */
int result_read(const char *dir, struct result_files *ret, char *why);
void result_files_fini(struct result_files *r);

#endif /* RESULTREAD_H */
