// SPDX-License-Identifier: GPL-2.0-only
/*
 * See resultread.h. Not read: timeline.csv, which nobody compares.
 */
#include "resultread.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATH_SIZE 4096

static int path_of(const char *dir, const char *name, char *ret, char *why)
{
	int len = snprintf(ret, PATH_SIZE, "%s/%s", dir, name);

	return len >= PATH_SIZE ? why_errno(why, -ENAMETOOLONG, "%.100s", dir)
				: 0;
}

/* The verdicts' reasons begin with "line N: ". */
static int read_verdicts(const char *path, struct verdicts *v, char *why)
{
	char reason[OUTPUT_WHY_SIZE];
	struct csv_table t;
	int err = csv_table_read(path, &t, why);

	if (err)
		return err;
	err = verdicts_add_table(v, &t, reason);
	csv_table_fini(&t);
	if (!err && verdicts_judge(v))
		err = why_set(reason, -ENOMEM, "out of memory");
	if (err)
		why_set(why, err, "%.200s: %.300s", path, reason);
	return err;
}

static int read_json(const char *path, json_t **ret, char *why)
{
	FILE *in = fopen(path, "re");
	json_error_t error;

	if (!in && errno == ENOENT)
		return 0;
	if (!in)
		return why_errno(why, -errno, "%s", path);
	*ret = json_loadf(in, 0, &error);
	fclose(in);
	return *ret ? 0
		    : why_set(why, -EINVAL, "%.300s:%d: %.150s", path,
			      error.line, error.text);
}

/* Any summary names its cells. */
static int read_summary(const char *path, struct csv_table *ret, char *why)
{
	static const char *const key[] = { "strategy", "workload" };
	int err = csv_table_read(path, ret, why);
	unsigned i;

	for (i = 0; !err && i < 2; i++)
		if (csv_table_column(ret, key[i]) < 0)
			err = why_set(why, -EINVAL, "%.400s: no column '%s'",
				      path, key[i]);
	return err;
}

static double threshold_of(const json_t *root)
{
	const json_t *plan = json_object_get(root, "plan");
	const json_t *threshold = json_object_get(plan, "threshold");

	return json_is_number(threshold) && json_number_value(threshold) >= 0
		       ? json_number_value(threshold)
		       : PAIRED_THRESHOLD;
}

static int read_all(const char *dir, struct result_files *r, char *why)
{
	char path[PATH_SIZE];
	int err = path_of(dir, "summary.csv", path, why);

	if (!err)
		err = read_summary(path, &r->summary, why);
	if (!err)
		err = path_of(dir, "result.json", path, why);
	if (!err)
		err = read_json(path, &r->json, why);
	if (err)
		return err;
	r->threshold = threshold_of(r->json);
	err = verdicts_create(r->threshold, &r->verdicts);
	if (err)
		return why_errno(why, err, "%s", dir);
	err = path_of(dir, "samples.csv", path, why);
	if (!err && !access(path, F_OK))
		err = read_verdicts(path, r->verdicts, why);
	return err;
}

int result_read(const char *dir, struct result_files *ret, char *why)
{
	struct result_files r = { .json = NULL };
	int err = read_all(dir, &r, why);

	if (err)
		result_files_fini(&r);
	else
		*ret = r;
	return err;
}

void result_files_fini(struct result_files *r)
{
	csv_table_fini(&r->summary);
	verdicts_destroy(r->verdicts);
	json_decref(r->json);
	*r = (struct result_files){ .json = NULL };
}
