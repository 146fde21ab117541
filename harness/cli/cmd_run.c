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
#include "plan_options.h"
#include "progress.h"
#include "result.h"
#include "workload.h"

#define DEFAULT_REPS 25
#define MAX_WORKLOADS 64

struct options {
	struct plan_options plan;
	const struct workload_ops *workload[MAX_WORKLOADS];
	unsigned nr_workloads;
	const char *out;
	const char *hyperfine; /* program, or NULL */
};

enum { OPT_HYPERFINE = 0x200 };

static const struct argp_option options[] = {
	{ "out", 'o', "DIR", 0, "Result folder, replaced as a whole (required)",
	  0 },
	{ "workload", 'w', "W[,W...]", 0, "Workloads (all)", 0 },
	{ "hyperfine", OPT_HYPERFINE, "PROGRAM", OPTION_ARG_OPTIONAL,
	  "Also time whole processes (hyperfine)", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static void add_workloads(struct options *opts, struct argp_state *state,
			  char *text)
{
	char *name;
	unsigned i;

	while ((name = strsep(&text, ","))) {
		const struct workload_ops *wl = workload_find(name);

		if (!wl)
			argp_error(
				state,
				"unknown workload '%s' (see 'v7sbench list')",
				name);
		for (i = 0; i < opts->nr_workloads; i++)
			if (opts->workload[i] == wl)
				argp_error(state, "workload '%s' given twice",
					   name);
		if (opts->nr_workloads == MAX_WORKLOADS)
			argp_error(state, "more than %d workloads",
				   MAX_WORKLOADS);
		opts->workload[opts->nr_workloads++] = wl;
	}
}

static void finish_options(struct options *opts, struct argp_state *state)
{
	const struct workload_ops *const *wl;

	if (!opts->out)
		argp_error(state, "--out=DIR is required");
	if (opts->nr_workloads)
		return;
	for (wl = workloads; *wl && opts->nr_workloads < MAX_WORKLOADS; wl++)
		opts->workload[opts->nr_workloads++] = *wl;
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
		add_workloads(opts, state, arg);
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
	struct trace trace[MAX_WORKLOADS];
	struct result *res;
	struct progress progress;
	uint64_t processes_weight; /* of timing them, in events */
	struct clock_info clock;
	struct environment env;
	bool said_unbound; /* once is enough */
};

static void on_step(void *ctx, const char *what, uint64_t weight)
{
	progress_step(ctx, what, weight);
}

static int load_all(struct session *s)
{
	const struct replay_config *cfg = &s->opts->plan.plan.replay;
	uint64_t weight = 0;
	unsigned i;

	for (i = 0; i < s->opts->nr_workloads; i++) {
		const char *name = s->opts->workload[i]->name;
		char why[TRACE_WHY_SIZE];
		int err =
			workload_load(s->opts->workload[i], &s->trace[i], why);

		if (err)
			return cli_fail(cli_input_status(err), "%s", why);
		if (replay_fits(cfg, &s->trace[i], why))
			return cli_fail(EXIT_USAGE, "%s: %s", name, why);
		weight += run_weight(&s->opts->plan.plan, &s->trace[i]);
	}
	if (s->opts->hyperfine)
		s->processes_weight = (HYPERFINE_RUNS + 1) *
				      s->opts->plan.plan.nr_specs *
				      s->trace[0].nr_events;
	progress_begin(&s->progress, stderr, weight + s->processes_weight);
	return EXIT_FINE;
}

/* 0, -EINTR, or a failure that has been printed as -EIO. */
static int run_one(struct session *s, unsigned i)
{
	const struct run_plan *plan = &s->opts->plan.plan;
	const struct run_observer observer = { &s->progress, on_step };
	const struct run_env env = { &s->clock, &observer };
	struct run_cell *cells = calloc(plan->nr_specs, sizeof(*cells));
	char why[RUN_WHY_SIZE] = "out of memory";
	unsigned k;
	int err = -ENOMEM;

	if (cells)
		err = run_workload(plan, s->opts->workload[i]->name,
				   &s->trace[i], &env, cells, why);
	if (!err)
		err = run_same_digest(cells, plan->nr_specs, why);
	if (!err) {
		progress_clear(&s->progress);
		plan_warn_of_cells(cells, plan->nr_specs);
		plan_warn_of_threads(cells, plan->nr_specs, &s->said_unbound);
		for (k = 0; k < plan->nr_specs; k++)
			plan_warn_of_refusals(&cells[k]);
		err = result_add(s->res, cells, plan->nr_specs);
		if (err)
			snprintf(why, sizeof(why), "%s: %s", s->opts->out,
				 strerror(-err));
	}
	for (k = 0; cells && k < plan->nr_specs; k++)
		run_cell_fini(&cells[k]);
	free(cells);
	if (!err || err == -EINTR)
		return err;
	progress_clear(&s->progress);
	cli_fail(EXIT_FAILED, "%s", why);
	return -EIO;
}

/* A failure costs these samples, not the figures measured before. */
static int time_processes(struct session *s)
{
	char why[OUTPUT_WHY_SIZE], self[4096];
	struct hyperfine_job job = {
		.program = s->opts->hyperfine,
		.self = self,
		.workload = s->opts->workload[0]->name,
		.plan = &s->opts->plan.plan,
	};
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int err;

	if (!job.program || len < 0)
		return 0;
	self[len] = '\0';
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
	return err ? EXIT_FAILED : commit(s, argv, true);
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
	struct options opts = { .nr_workloads = 0 };
	struct session s = { .opts = &opts };
	char why[OUTPUT_WHY_SIZE];
	unsigned i;
	int status;

	plan_options_init(&opts.plan, DEFAULT_REPS);
	opts.plan.plan.replay.pgtable.quirks = V7S_QUIRK_MTK_EXT |
					       V7S_QUIRK_NO_PERMS;
	opts.plan.plan.replay.pgtable.oas = 35;
	args_parse(&argp, argc, argv, &opts);
	cli_catch_signals();
	environment_read(&s.env);
	warn_unfit(&s);
	if (result_open(opts.out, &s.res, why))
		return cli_fail(EXIT_FAILED, "%s", why);
	status = load_all(&s);
	pin();
	clock_calibrate(&s.clock);
	if (!status)
		status = measure(&s, argv);
	result_abort(s.res);
	for (i = 0; i < opts.nr_workloads; i++)
		trace_free(&s.trace[i]);
	if (cli_stop)
		cli_die_of_signal();
	return status;
}
