// SPDX-License-Identifier: GPL-2.0-only
/*
 * See replay_units.h. Not done: progress within a process.
 */
#include "replay_units.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "load.h"
#include "progress.h"
#include "units.h"

struct replay_session {
	struct run_options opts; /* of a run with one workload */
	const char *label;
	char *file; /* or NULL: arg is a workload */
	struct exact_cell *exact;
	struct units units;
	struct observations *obs;
	struct verdicts *verdicts;
};

static int prepare(struct replay_session *s, const struct plan_options *opts,
		   unsigned nr_processes, const char *arg)
{
	struct workload_spec *spec = &s->opts.workload[0];

	s->opts.plan = *opts;
	s->opts.nr_workloads = 1;
	s->opts.nr_processes = nr_processes;
	s->label = cli_trace_name(arg);
	snprintf(spec->label, sizeof(spec->label), "%s", s->label);
	/* Not mistaken for an option, or for a workload. */
	if (!access(arg, F_OK)) {
		if (asprintf(&s->file, "%s%s", *arg == '/' ? "" : "./", arg) <
		    0) {
			s->file = NULL;
			return -ENOMEM;
		}
		s->opts.trace = s->file;
	} else {
		s->opts.trace = arg;
	}
	s->exact = calloc(opts->plan.nr_specs, sizeof(*s->exact));
	return !s->exact || units_create(&s->opts, &s->units) ||
			       observations_create(&opts->plan, nr_processes,
						   &s->label, 1, &s->obs) ||
			       verdicts_create(PAIRED_THRESHOLD, &s->verdicts)
		       ? -ENOMEM
		       : 0;
}

static int run_exact(struct replay_session *s, const struct trace *trace,
		     struct run_cell *cells, char *why)
{
	struct run_plan plan = s->opts.plan.plan;
	const struct clock_info clock = { 0 };
	const struct run_env env = { &clock, NULL, NULL };
	int err;

	plan.nr_reps = 0;
	err = run_workload(&plan, s->label, trace, &env, cells, why);
	if (!err)
		err = run_same_digest(cells, plan.nr_specs, why);
	for (unsigned i = 0; i < plan.nr_specs && !err; i++) {
		cells[i].plan = &s->opts.plan.plan;
		s->exact[i].check = cell_check(&cells[i]);
		s->exact[i].memory.built = cells[i].memory.built;
	}
	return err;
}

static int run_units(struct replay_session *s, char *why)
{
	struct progress progress;
	char what[PROGRESS_LABEL];
	unsigned i;
	int err = 0;

	progress_begin(&progress, stderr, s->units.nr);
	for (i = 0; i < s->units.nr && !err; i++) {
		snprintf(what, sizeof(what), "process %u of %u", i + 1,
			 s->units.nr);
		progress_step(&progress, what, 1);
		err = unit_run(&s->opts, &s->units.unit[i],
			       s->opts.plan.plan.replay.pgtable.ias, s->exact,
			       s->obs, why);
	}
	progress_end(&progress);
	return err;
}

static int fill(const struct replay_session *s, struct run_cell *cells)
{
	const struct run_plan *plan = &s->opts.plan.plan;
	int err = observations_judge(s->obs, s->verdicts);

	for (unsigned i = 0; i < plan->nr_specs && !err; i++)
		err = observations_fill(s->obs, 0, i, &cells[i]);
	if (!err)
		err = verdicts_fill(s->verdicts, cells, plan->nr_specs,
				    plan->spec[plan->reference].label);
	return err;
}

int replay_units(const struct plan_options *opts, unsigned nr_processes,
		 const char *arg, const struct trace *trace,
		 struct run_cell *ret_cells, char *why)
{
	struct replay_session *s = calloc(1, sizeof(*s));
	int err = s ? prepare(s, opts, nr_processes, arg) : -ENOMEM;

	if (!s)
		return -ENOMEM;
	snprintf(why, RUN_WHY_SIZE, "out of memory");
	if (!err)
		err = run_exact(s, trace, ret_cells, why);
	if (!err)
		err = run_units(s, why);
	if (!err)
		err = fill(s, ret_cells);
	for (unsigned i = 0; i < opts->plan.nr_specs; i++)
		ret_cells[i].plan = &opts->plan;
	free(s->exact);
	free(s->file);
	units_destroy(&s->units);
	observations_destroy(s->obs);
	verdicts_destroy(s->verdicts);
	free(s);
	return err;
}
