// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workloads by name: the one list of recorded and generated traces.
 *
 * A trace is made anew at each load; nothing is cached. Cost: that of
 * trace_load() or of the generator. Invariant: the caller's trace is written
 * only when it is whole.
 */
#include "workload.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

const struct workload_ops *workload_find(const char *name)
{
	for (size_t i = 0; workloads[i]; i++)
		if (!strcmp(workloads[i]->name, name))
			return workloads[i];
	return NULL;
}

const char *workload_dir(void)
{
	const char *dir = getenv("V7SBENCH_TRACES");

	return dir && *dir ? dir : WORKLOAD_DIR;
}

static int load_file(const char *file, struct trace *ret, char *why)
{
	char path[PATH_MAX];
	int len;

	len = snprintf(path, sizeof(path), "%s/%s", workload_dir(), file);
	if (len < 0 || (size_t)len >= sizeof(path)) {
		snprintf(why, TRACE_WHY_SIZE, "%s: %s", file,
			 strerror(ENAMETOOLONG));
		return -ENAMETOOLONG;
	}
	return trace_load(path, ret, why);
}

int workload_load(const struct workload_ops *wl, struct trace *ret, char *why)
{
	struct trace trace = { 0 };
	int err;

	if (!wl->generate)
		return load_file(wl->file, ret, why);
	err = wl->generate(&trace);
	if (err) {
		snprintf(why, TRACE_WHY_SIZE, "%s: %s", wl->name,
			 strerror(-err));
		trace_free(&trace);
		return err;
	}
	*ret = trace;
	return 0;
}
