// SPDX-License-Identifier: GPL-2.0-only
/*
 * v7sbench run: strategies x workloads into a result folder.
 *
 * Finished workloads survive an interrupt: the folder is then committed with
 * what is complete, and says so in result.json.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hyperfine.h"
#include "load.h"
#include "progress.h"
#include "result.h"
#include "workload.h"

#define DEFAULT_REPS 25
#define MAX_WORKLOADS 256

struct options {
	struct plan_options plan;
	struct workload_spec workload[MAX_WORKLOADS];
	unsigned nr_workloads;
	const char *out;
	const char *hyperfine; /* program, or NULL */
};

enum { OPT_HYPERFINE = 0x200 };

static const struct argp_option options[] = {
	{ "out", 'o', "DIR", 0, "Result folder, replaced as a whole (required)",
	  0 },
	{ "workload", 'w', "W[,W...]", 0,
	  "Workloads, each with its settings, which 'v7sbench list' has: name:key=value,... (all, with the settings that show what they are for)",
	  0 },
	{ "hyperfine", OPT_HYPERFINE, "PROGRAM", OPTION_ARG_OPTIONAL,
	  "Also time whole processes (hyperfine)", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static void add_workload(void *ctx, struct argp_state *state, const char *text)
{
	struct options *opts = ctx;
	struct workload_spec *spec = &opts->workload[opts->nr_workloads];
	char why[TRACE_WHY_SIZE];
	unsigned i;

	if (opts->nr_workloads == MAX_WORKLOADS)
		argp_error(state, "more than %d workloads", MAX_WORKLOADS);
	if (workload_parse(text, spec, why))
		argp_error(state, "%s", why);
	for (i = 0; i < opts->nr_workloads; i++)
		if (!strcmp(opts->workload[i].label, spec->label))
			argp_error(state, "workload '%s' given twice", text);
	opts->nr_workloads++;
}

/* Every workload with each of the settings that it names for this. */
static void add_all(struct options *opts, struct argp_state *state)
{
	const struct workload_ops *const *wl;
	char text[ARGS_ITEM_SIZE];

	for (wl = workloads; *wl; wl++) {
		const char *const *settings = (*wl)->bench;

		if (!settings)
			add_workload(opts, state, (*wl)->name);
		for (; settings && *settings; settings++) {
			snprintf(text, sizeof(text), "%s%s%s", (*wl)->name,
				 **settings ? ":" : "", *settings);
			add_workload(opts, state, text);
		}
	}
}

static void finish_options(struct options *opts, struct argp_state *state)
{
	if (!opts->out)
		argp_error(state, "--out=DIR is required");
	if (!opts->nr_workloads)
		add_all(opts, state);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &opts->plan;
		break;
	case 'o':
		opts->out = arg;
		break;
	case 'w':
		args_items(state, "--workload", arg, add_workload, opts);
		break;
	case OPT_HYPERFINE:
		opts->hyperfine = arg && *arg ? arg : "hyperfine";
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument '%s'", arg);
		break;
	case ARGP_KEY_END:
		finish_options(opts, state);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Measures strategies on workloads, by default all on all, with the page table of MediaTek's IOMMUs (--quirk=mtk_ext)."
	       "\vExit status: 0; 2 usage; 3 if strategies translate differently though no allocation failed, or something breaks, with the earlier result untouched; on a signal, that signal, with the finished workloads kept.",
	.children = plan_children,
};

/* What main loop and its steps share. */
struct session {
	const struct options *opts;
	unsigned ias[MAX_WORKLOADS]; /* of each: one may need more */
	struct result *res;
	struct progress progress;
	uint64_t processes_weight; /* of timing them, in events */
	struct clock_info clock;
	struct environment env;
	bool said_unbound; /* once is enough */
	int status;	   /* of the failure that has been printed */
};

static void on_step(void *ctx, const char *what, uint64_t weight)
{
	progress_step(ctx, what, weight);
}

/* All are looked at before the first is measured, and none kept: together they
 * may be more than memory. */
static int check_all(struct session *s)
{
	const struct plan_options *plan = &s->opts->plan;
	uint64_t weight = 0;
	unsigned i;

	for (i = 0; i < s->opts->nr_workloads; i++) {
		const struct workload_spec *spec = &s->opts->workload[i];
		struct replay_config cfg = plan->plan.replay;
		struct trace trace;
		char why[TRACE_WHY_SIZE];
		int err = workload_open(spec, 0, &trace, why), status;

		if (err)
			return cli_fail(cli_input_status(err), "%s", why);
		status = cli_check_trace(spec->label, &trace, plan, &cfg);
		s->ias[i] = cfg.pgtable.ias;
		weight += run_weight(&plan->plan, &trace);
		if (!i && s->opts->hyperfine)
			s->processes_weight = (HYPERFINE_RUNS + 1) *
					      plan->plan.nr_specs *
					      trace.nr_events;
		trace_free(&trace);
		if (status)
			return status;
	}
	progress_begin(&s->progress, stderr, weight + s->processes_weight);
	return EXIT_FINE;
}

/* 0, -EINTR, or a failure that has been printed as -EIO. */
static int run_one(struct session *s, unsigned i)
{
	struct run_plan plan = s->opts->plan.plan; /* of this workload */
	const struct run_observer observer = { &s->progress, on_step };
	const struct run_env env = { &s->clock, &observer };
	const struct workload_spec *spec = &s->opts->workload[i];
	struct run_cell *cells = calloc(plan.nr_specs, sizeof(*cells));
	char why[RUN_WHY_SIZE] = "out of memory";
	struct trace trace = { 0 };
	unsigned k;
	int err = -ENOMEM;

	plan.replay.pgtable.ias = s->ias[i];
	if (cells)
		err = workload_open(spec, s->opts->plan.keep_events, &trace,
				    why);
	if (!err)
		err = run_workload(&plan, spec->label, &trace, &env, cells,
				   why);
	s->status = cli_run_status(err);
	if (!err)
		err = run_same_digest(cells, plan.nr_specs, why);
	if (!err) {
		progress_clear(&s->progress);
		plan_warn_of_cells(cells, plan.nr_specs);
		plan_warn_of_threads(cells, plan.nr_specs, &s->said_unbound);
		for (k = 0; k < plan.nr_specs; k++)
			plan_warn_of_refusals(&cells[k]);
		err = result_add(s->res, cells, plan.nr_specs);
		if (err)
			snprintf(why, sizeof(why), "%s: %s", s->opts->out,
				 strerror(-err));
	}
	for (k = 0; cells && k < plan.nr_specs; k++)
		run_cell_fini(&cells[k]);
	free(cells);
	trace_free(&trace);
	if (!err || err == -EINTR)
		return err;
	progress_clear(&s->progress);
	cli_fail(s->status, "%s", why);
	return -EIO;
}

/* A failure costs these samples, not the figures measured before. */
static int time_processes(struct session *s)
{
	struct run_plan plan = s->opts->plan.plan;
	char why[OUTPUT_WHY_SIZE], self[4096];
	struct hyperfine_job job = {
		.program = s->opts->hyperfine,
		.self = self,
		.workload = s->opts->workload[0].label,
		.plan = &plan,
		.opts = &s->opts->plan,
	};
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int err;

	if (!job.program || len < 0)
		return 0;
	self[len] = '\0';
	plan.replay.pgtable.ias = s->ias[0];
	progress_clear(&s->progress); /* so that this long step is drawn */
	progress_step(&s->progress, "whole processes, with hyperfine",
		      s->processes_weight);
	err = hyperfine_measure(s->res, &job, why);
	if (!err || err == -EINTR)
		return err;
	progress_clear(&s->progress);
	cli_warn("whole processes not timed: %s", why);
	return 0;
}

static int commit(struct session *s, char **argv, bool complete)
{
	struct result_meta meta = {
		.plan = &s->opts->plan.plan,
		.clock = &s->clock,
		.env = &s->env,
		.argv = argv,
		.complete = complete,
	};
	char why[OUTPUT_WHY_SIZE];
	struct result *res = s->res;

	s->res = NULL;
	if (result_commit(res, &meta, why))
		return cli_fail(EXIT_FAILED, "%s", why);
	return EXIT_FINE;
}

static int measure(struct session *s, char **argv)
{
	unsigned i;
	int err = 0;

	for (i = 0; i < s->opts->nr_workloads && !err; i++)
		err = run_one(s, i);
	if (!err)
		err = time_processes(s);
	progress_end(&s->progress);
	if (err == -EINTR && result_nr_cells(s->res)) {
		cli_warn("interrupted; %u finished cells kept in %s",
			 result_nr_cells(s->res), s->opts->out);
		return commit(s, argv, false);
	}
	return err ? s->status : commit(s, argv, true);
}

/* Where the host allows it: a migration in the middle is noise. */
static void pin(void)
{
	int cpu = sched_getcpu();
	cpu_set_t set;

	if (cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET((unsigned)cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void warn_unfit(const struct session *s)
{
	const char *unfit = environment_unfit(&s->env);

	if (unfit && s->opts->plan.plan.nr_reps)
		cli_warn("times from this build mean little: %s", unfit);
}

int cmd_run(int argc, char **argv)
{
	static struct options opts;
	struct session s = { .opts = &opts, .status = EXIT_FAILED };
	char why[OUTPUT_WHY_SIZE];
	int status;

	plan_options_init(&opts.plan, DEFAULT_REPS);
	plan_options_mediatek(&opts.plan);
	args_parse(&argp, argc, argv, &opts);
	cli_catch_signals();
	environment_read(&s.env);
	warn_unfit(&s);
	if (result_open(opts.out, &s.res, why))
		return cli_fail(EXIT_FAILED, "%s", why);
	status = check_all(&s);
	pin();
	clock_calibrate(&s.clock);
	if (!status)
		status = measure(&s, argv);
	result_abort(s.res);
	if (cli_stop)
		cli_die_of_signal();
	return status;
}
