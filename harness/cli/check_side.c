// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads a result or a baseline; see check.h.
 *
 * Not done: samples and timelines, which no gate of exact figures looks at.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "check.h"
#include "likeness.h"
#include "load.h"

static int read_table(const char *dir, const char *name, struct csv_table *ret)
{
	char path[4096], why[OUTPUT_WHY_SIZE];
	int err;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	err = csv_table_read(path, ret, why);
	return err ? cli_fail(cli_input_status(err), "%s", why) : EXIT_FINE;
}

static bool is_there(const char *dir, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return !access(path, F_OK);
}

static int read_likeness(const char *dir, const char *name,
			 struct check_side *ret)
{
	char path[4096], why[OUTPUT_WHY_SIZE];
	json_error_t error;
	json_t *root;
	int err;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	root = json_load_file(path, 0, &error);
	if (!root)
		return cli_fail(EXIT_USAGE, "%s:%d: %s", path, error.line,
				error.text);
	ret->is_interrupted = json_is_false(json_object_get(root, "complete"));
	err = likeness_of(root, &ret->likeness, why);
	json_decref(root);
	return err ? cli_fail(cli_input_status(err), "%s: %s", path, why)
		   : EXIT_FINE;
}

int check_read(const char *dir, struct check_side *ret)
{
	struct check_side side = { .dir = dir };
	int status = read_table(dir, "summary.csv", &side.summary);

	if (!status && is_there(dir, "insn.csv")) {
		status = read_table(dir, "insn.csv", &side.insn);
		side.has_insn = !status;
	}
	if (!status && is_there(dir, "environment.json"))
		status = read_likeness(dir, "environment.json", &side);
	else if (!status && is_there(dir, "result.json"))
		status = read_likeness(dir, "result.json", &side);
	if (status)
		check_side_fini(&side);
	else
		*ret = side;
	return status;
}

void check_side_fini(struct check_side *side)
{
	csv_table_fini(&side->summary);
	csv_table_fini(&side->insn);
	json_decref(side->likeness);
	*side = (struct check_side){ .dir = NULL };
}
