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

int cli_open_trace(const char *arg, enum trace_take take, size_t keep,
		   struct trace *ret, char *why)
{
	struct workload_spec spec;
	struct trace_source *src;
	int err = -ENOENT;

	/* A workload has lines of one kind only. */
	if (take == TRACE_AUTO && access(arg, F_OK))
		err = workload_parse(arg, &spec, why);
	if (!err)
		return workload_open(&spec, keep, ret, why);
	if (err == -ENOENT)
		err = trace_source_file(arg, &src, why);
	if (err)
		return err;
	src->take = take;
	return trace_open(src, keep, ret, why);
}

/* MediaTek's drivers choose it by what a board's devices need. */
static void raise_ias(const char *name, const struct trace *trace,
		      const struct plan_options *opts,
		      struct replay_config *cfg)
{
	if (opts->ias_given || cfg->pgtable.ias >= V7S_MAX_IAS ||
	    !(cfg->pgtable.quirks & V7S_QUIRK_MTK_EXT) ||
	    trace->iova_end <= 1ull << cfg->pgtable.ias ||
	    trace->iova_end > 1ull << V7S_MAX_IAS)
		return;
	cfg->pgtable.ias = V7S_MAX_IAS;
	cli_warn("%s: iova up to 0x%llx: replayed with --ias=%u", name,
		 (unsigned long long)trace->iova_end, cfg->pgtable.ias);
}

int cli_check_trace(const char *name, const struct trace *trace,
		    const struct plan_options *opts, struct replay_config *cfg)
{
	unsigned long long nr_lost = trace->nr_lost;
	char why[REPLAY_WHY_SIZE];

	if (nr_lost && !opts->accept_lost)
		return cli_fail(
			EXIT_USAGE,
			"%s: the recorder lost %llu events: figures would be of another trace; to replay it nevertheless: --accept-lost",
			name, nr_lost);
	if (cfg->threads.nr && trace->nr_events > opts->keep_events)
		return cli_fail(
			EXIT_USAGE,
			"%s: --threads needs the trace in memory: %zu events, at most %zu (--keep-events)",
			name, trace->nr_events, opts->keep_events);
	raise_ias(name, trace, opts, cfg);
	if (replay_fits(cfg, trace, why))
		return cli_fail(EXIT_USAGE, "%s: %s", name, why);
	if (nr_lost)
		cli_warn("%s: the recorder lost %llu events", name, nr_lost);
	return EXIT_FINE;
}

int cli_load_trace(const char *path, const struct plan_options *opts,
		   struct replay_config *cfg, struct trace *ret)
{
	char why[TRACE_WHY_SIZE];
	int err = cli_open_trace(path, TRACE_AUTO, opts->keep_events, ret, why);
	int status;

	if (err)
		return cli_fail(cli_input_status(err), "%s", why);
	status = cli_check_trace(path, ret, opts, cfg);
	if (status)
		trace_free(ret);
	return status;
}

enum exit_status cli_run_status(int err)
{
	return err == -ERANGE || err == -EINVAL || err == -ESTALE ? EXIT_USAGE
								  : EXIT_FAILED;
}
