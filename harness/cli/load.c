// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads what a TRACE argument names; see load.h. A file in the way of a
 * workload's name wins.
 */
#include "load.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "workload.h"

const char *cli_trace_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return !strcmp(path, "-") ? "stdin" : slash ? slash + 1 : path;
}

int cli_load_trace(const char *path, struct trace *ret)
{
	struct workload_spec spec;
	char why[TRACE_WHY_SIZE];
	int err = -ENOENT;

	if (access(path, F_OK))
		err = workload_parse(path, &spec, why);
	if (!err)
		err = workload_open(&spec, SIZE_MAX, ret, why);
	else if (err == -ENOENT)
		err = trace_load(path, ret, why);
	return err ? cli_fail(cli_input_status(err), "%s", why) : EXIT_FINE;
}
