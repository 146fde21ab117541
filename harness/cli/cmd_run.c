// SPDX-License-Identifier: GPL-2.0-only
/*
 * v7sbench run: strategies x workloads into a result folder.
 *
 * Exact figures are made here, times in units (units.h). Finished units survive
 * an interrupt: the folder is then committed with what there is, says so in
 * result.json, and --resume goes on from it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "hyperfine.h"
#include "load.h"
#include "paired.h"
#include "run_session.h"

static void on_step(void *ctx, const char *what, uint64_t weight)
{
	progress_step(ctx, what, weight);
}

/* Printed as a line; the status is kept. -EIO, or -EINTR with no line. */
static int fail(struct run_session *s, int err, int status, const char *why)
{
	if (err == -EINTR)
		return err;
	progress_clear(&s->progress);
	s->status = cli_fail(status, "%s", why);
	return -EIO;
}

static void keep_exact(struct run_session *s, unsigned w,
		       struct run_cell *cells)
{
	const struct run_plan *plan = &s->opts->plan.plan;
	struct exact_cell *exact = run_session_exact(s, w);
	unsigned i;

	progress_clear(&s->progress);
	plan_warn_of_cells(cells, plan->nr_specs);
	for (i = 0; i < plan->nr_specs; i++) {
		plan_warn_of_refusals(&cells[i]);
		exact[i].check = cell_check(&cells[i]);
		exact[i].memory = cells[i].memory;
		memset(&cells[i].memory, 0, sizeof(cells[i].memory));
	}
	s->nr_exact++;
}

/* 0; -EINTR; -EIO for what has been printed. */
static int run_exact(struct run_session *s, unsigned w)
{
	struct run_plan plan = s->opts->plan.plan; /* of this workload */
	const struct run_observer observer = { &s->progress, on_step };
	const struct run_env env = { &s->clock, &observer, NULL };
	const struct workload_spec *spec = &s->opts->workload[w];
	struct run_cell *cells = calloc(plan.nr_specs, sizeof(*cells));
	char why[RUN_WHY_SIZE] = "out of memory";
	struct trace trace = { 0 };
	int err = -ENOMEM, status;

	plan.replay.pgtable.ias = s->ias[w];
	plan.nr_reps = 0;
	if (cells)
		err = workload_open(spec, s->opts->plan.keep_events, &trace,
				    why);
	if (!err)
		err = run_workload(&plan, spec->label, &trace, &env, cells,
				   why);
	status = cli_run_status(err);
	if (!err)
		err = run_same_digest(cells, plan.nr_specs, why);
	if (!err)
		keep_exact(s, w, cells);
	for (unsigned i = 0; cells && i < plan.nr_specs; i++)
		run_cell_fini(&cells[i]);
	free(cells);
	trace_free(&trace);
	return err ? fail(s, err, status, why) : 0;
}

static int run_units(struct run_session *s)
{
	const struct run_options *opts = s->opts;
	char why[OUTPUT_WHY_SIZE], what[PROGRESS_LABEL + 64];
	unsigned i;
	int err = 0;

	for (i = 0; i < s->units.nr && !err; i++) {
		struct unit *unit = &s->units.unit[i];
		unsigned w = unit->workload;

		if (unit->done)
			continue;
		snprintf(what, sizeof(what), "%.*s, process %u of %u",
			 PROGRESS_LABEL - 24, s->label[w], unit->process,
			 opts->nr_processes);
		progress_step(&s->progress, what, run_session_weight(s, w));
		err = unit_run(opts, unit, s->ias[w], run_session_exact(s, w),
			       s->obs, why);
		unit->done = !err;
	}
	return err ? fail(s, err, EXIT_FAILED, why) : 0;
}

/* A failure costs these samples, not the figures measured before. */
static int time_processes(struct run_session *s)
{
	struct run_plan plan = s->opts->plan.plan;
	char why[OUTPUT_WHY_SIZE], self[4096];
	struct hyperfine_job job = {
		.program = s->opts->hyperfine,
		.self = self,
		.workload = s->label[0],
		.plan = &plan,
		.opts = &s->opts->plan,
	};
	int err;

	if (!job.program || child_self(self, sizeof(self)))
		return 0;
	plan.replay.pgtable.ias = s->ias[0];
	progress_clear(&s->progress); /* so that this long step is drawn */
	progress_step(&s->progress, "whole processes, with hyperfine",
		      (HYPERFINE_RUNS + 1) * plan.nr_specs * s->first_events);
	err = hyperfine_measure(s->res, &job, why);
	if (!err || err == -EINTR)
		return err;
	progress_clear(&s->progress);
	cli_warn("whole processes not timed: %s", why);
	return 0;
}

static void begin_progress(struct run_session *s)
{
	const struct run_options *opts = s->opts;
	uint64_t weight = 0;
	unsigned i;

	for (i = 0; i < opts->nr_workloads; i++)
		weight += s->weight[i];
	for (i = 0; i < s->units.nr; i++)
		weight += run_session_weight(s, s->units.unit[i].workload);
	if (opts->hyperfine)
		weight += (HYPERFINE_RUNS + 1) * opts->plan.plan.nr_specs *
			  s->first_events;
	progress_begin(&s->progress, stderr, weight);
}

/* A workload's cells: exact figures from here, times from its units. */
static int add_cells(struct run_session *s, unsigned w, bool *said_unbound)
{
	struct run_plan plan = s->opts->plan.plan; /* of this workload */
	struct exact_cell *exact = run_session_exact(s, w);
	struct run_cell *cells = calloc(plan.nr_specs, sizeof(*cells));
	int err = cells ? 0 : -ENOMEM;
	unsigned i;

	plan.replay.pgtable.ias = s->ias[w];
	for (i = 0; i < plan.nr_specs && !err; i++) {
		err = run_cell_init(&cells[i], &plan, &plan.spec[i],
				    s->label[w]);
		cells[i].memory = exact[i].memory;
		memset(&exact[i].memory, 0, sizeof(exact[i].memory));
		if (!err)
			err = observations_fill(s->obs, w, i, &cells[i]);
	}
	if (!err)
		err = verdicts_fill(s->verdicts, cells, plan.nr_specs,
				    plan.spec[plan.reference].label);
	if (!err) {
		plan_warn_of_threads(cells, plan.nr_specs, said_unbound);
		err = result_add(s->res, cells, plan.nr_specs);
	}
	for (i = 0; cells && i < plan.nr_specs; i++)
		run_cell_fini(&cells[i]);
	free(cells);
	return err;
}

static int write_all(struct run_session *s)
{
	bool said_unbound = false;
	int err = observations_write(s->obs, result_samples(s->res));

	for (unsigned w = 0; w < s->nr_exact && !err; w++)
		err = add_cells(s, w, &said_unbound);
	return err;
}

static int commit(struct run_session *s, bool complete)
{
	struct result_meta meta = {
		.plan = &s->opts->plan.plan,
		.clock = &s->clock,
		.env = &s->env,
		.argv = s->argv,
		.complete = complete,
	};
	char why[OUTPUT_WHY_SIZE];
	struct result *res = s->res;
	int err = verdicts_create(PAIRED_THRESHOLD, &s->verdicts);

	if (!err)
		err = observations_judge(s->obs, s->verdicts);
	if (!err) {
		meta.plan_more = run_session_plan_more(s);
		meta.measurement = run_session_measurement(s);
		if (!meta.plan_more || !meta.measurement)
			err = -ENOMEM;
	}
	if (!err)
		err = write_all(s);
	if (err) {
		why_errno(why, err, "%s", s->opts->out);
	} else {
		s->res = NULL;
		err = result_commit(res, &meta, why);
	}
	json_decref(meta.plan_more);
	json_decref(meta.measurement);
	s->all_kept = !err && complete;
	return err ? cli_fail(EXIT_FAILED, "%s", why) : EXIT_FINE;
}

/* What an interrupt leaves is worth keeping if it is more than nothing. */
static int finish(struct run_session *s, int err)
{
	unsigned nr_done = units_nr_done(&s->units);

	progress_end(&s->progress);
	if (err == -EINTR && nr_done) {
		cli_warn(
			"interrupted; %u of %u units kept in %s, --resume goes on",
			nr_done, s->units.nr, s->opts->out);
		return commit(s, false);
	}
	if (err == -EINTR && !s->units.nr && s->nr_exact) {
		cli_warn("interrupted; %u finished workloads kept in %s",
			 s->nr_exact, s->opts->out);
		return commit(s, false);
	}
	return err ? s->status : commit(s, true);
}

static int measure(struct run_session *s)
{
	unsigned w;
	int err = 0;

	begin_progress(s);
	for (w = 0; w < s->opts->nr_workloads && !err; w++)
		err = run_exact(s, w);
	if (!err && s->opts->resume) {
		progress_clear(&s->progress);
		s->status = run_resume_check(s);
		if (s->status)
			err = -EIO;
	}
	if (!err)
		err = run_units(s);
	if (!err)
		err = time_processes(s);
	return finish(s, err);
}

static void warn(void *ctx, const char *text)
{
	(void)ctx;
	cli_warn("%s", text);
}

/* Times are published: is the program, and the machine, fit for that? */
static int check_fit(const struct run_session *s)
{
	const char *unfit = environment_unfit(&s->env);

	if (!s->opts->nr_processes)
		return EXIT_FINE;
	if (unfit && !s->opts->force)
		return cli_fail(
			EXIT_USAGE,
			"%s: its times are not published (--reps=0 for exact figures, or --force)",
			unfit);
	if (unfit)
		cli_warn("times from this build mean little: %s", unfit);
	environment_warn(&s->env, warn, NULL);
	if (s->opts->nr_processes < PAIRED_MIN)
		cli_warn(
			"%u process%s for each workload: for a look; a verdict needs %d",
			s->opts->nr_processes,
			s->opts->nr_processes > 1 ? "es" : "", PAIRED_MIN);
	return EXIT_FINE;
}

static int prepare(struct run_session *s)
{
	const struct run_options *opts = s->opts;
	unsigned nr = opts->plan.plan.nr_specs;
	int status = run_session_open(s);

	if (status)
		return status;
	s->exact = calloc((size_t)opts->nr_workloads * nr, sizeof(*s->exact));
	if (!s->exact || units_create(opts, &s->units) ||
	    observations_create(&opts->plan.plan, opts->nr_processes, s->label,
				opts->nr_workloads, &s->obs))
		return cli_fail(EXIT_FAILED, "out of memory");
	return opts->resume ? run_resume(s) : EXIT_FINE;
}

static void fini(struct run_session *s)
{
	size_t nr = (size_t)s->opts->nr_workloads * s->opts->plan.plan.nr_specs;

	for (size_t i = 0; s->exact && i < nr; i++)
		memory_result_fini(&s->exact[i].memory);
	free(s->exact);
	units_destroy(&s->units);
	observations_destroy(s->obs);
	verdicts_destroy(s->verdicts);
	result_abort(s->res);
}

int cmd_run(int argc, char **argv)
{
	static struct run_options opts;
	static struct run_session s; /* large */
	char why[OUTPUT_WHY_SIZE];
	int status;

	run_options_parse(argc, argv, &opts);
	s = (struct run_session){
		.opts = &opts,
		.argv = argv,
		.status = EXIT_FAILED,
	};
	if (opts.repro)
		return run_repro(&opts);
	environment_read(&s.env);
	cli_catch_signals();
	status = opts.dry_run ? EXIT_FINE : check_fit(&s);
	if (status)
		return status;
	if (!opts.dry_run && result_open(opts.out, &s.res, why))
		return cli_fail(EXIT_FAILED, "%s", why);
	status = prepare(&s);
	/* Exact figures need no clock, and none is read for them. */
	if (opts.plan.plan.nr_reps || opts.plan.plan.nr_rounds)
		clock_calibrate(&s.clock);
	if (!status)
		status = opts.dry_run ? run_dry(&s) : measure(&s);
	fini(&s);
	if (s.all_kept && cli_stop)
		cli_warn("interrupted when all was measured; %s is complete",
			 opts.out);
	if (cli_stop)
		cli_die_of_signal();
	return status;
}
