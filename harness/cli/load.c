// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads what a TRACE argument names; see load.h. A file in the way of a
 * workload's name wins.
 */
#include "load.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "workload.h"

const char *cli_trace_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return !strcmp(path, "-") ? "stdin" : slash ? slash + 1 : path;
}

/* Does the text up to its settings name a workload? */
static bool names_workload(const char *text)
{
	size_t len = strcspn(text, ":");

	for (unsigned i = 0; workloads[i]; i++)
		if (strlen(workloads[i]->name) == len &&
		    !memcmp(workloads[i]->name, text, len))
			return true;
	return false;
}

static int open_trace(const char *path, size_t keep, struct trace *ret,
		      char *why)
{
	struct workload_spec spec;
	struct trace_source *src;
	int err;

	if (access(path, F_OK) && names_workload(path)) {
		err = workload_parse(path, &spec, why);
		return err ? err : workload_open(&spec, keep, ret, why);
	}
	err = trace_source_file(path, &src, why);
	return err ? err : trace_open(src, keep, ret, why);
}

int cli_load_trace(const char *path, const struct plan_options *opts,
		   struct trace *ret)
{
	char why[TRACE_WHY_SIZE];
	int err = open_trace(path, opts->keep_events, ret, why);
	int status = EXIT_FINE;

	if (err)
		return cli_fail(cli_input_status(err), "%s", why);
	status = cli_check_trace(path, ret, opts);
	if (status)
		trace_free(ret);
	return status;
}

int cli_check_trace(const char *name, const struct trace *trace,
		    const struct plan_options *opts)
{
	const struct replay_config *cfg = &opts->plan.replay;
	char why[REPLAY_WHY_SIZE];

	if (replay_fits(cfg, trace, why))
		return cli_fail(EXIT_USAGE, "%s: %s", name, why);
	if (cfg->threads.nr && trace->nr_events > opts->keep_events)
		return cli_fail(
			EXIT_USAGE,
			"%s: --threads needs the trace in memory: %zu events, at most %zu (--keep-events)",
			name, trace->nr_events, opts->keep_events);
	return EXIT_FINE;
}

enum exit_status cli_run_status(int err)
{
	return err == -ERANGE || err == -EINVAL || err == -ESTALE ? EXIT_USAGE
								  : EXIT_FAILED;
}
