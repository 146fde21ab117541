// SPDX-License-Identifier: GPL-2.0-only
/*
 * v7sbench sample: one process of a measurement. run starts it, once for each
 * workload and process of its plan, and reads the rows of samples.csv that it
 * prints, all of process 1.
 *
 * Not done: files, progress, judgement.
 * Cost: a memory pass and repetitions of the timed passes on all strategies,
 * and slices. With --reps=0 no clock is read.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "cell_samples.h"
#include "load.h"
#include "prng.h"
#include "slice_options.h"
#include "workload.h"

struct options {
	struct plan_options plan;
	struct slice_options slices;
	const char *trace;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &opts->plan;
		state->child_inputs[1] = &opts->slices;
		break;
	case ARGP_KEY_ARG:
		if (opts->trace)
			argp_error(state, "one trace at a time, please");
		opts->trace = arg;
		break;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which workload or trace?");
		break;
	case ARGP_KEY_END:
		slice_options_finish(&opts->slices, state);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* A name that is a workload's is one, whatever files there are: run means it
 * so. */
static int open_trace(const struct options *opts, const char **ret_label,
		      struct workload_spec *spec, struct replay_config *cfg,
		      struct trace *ret)
{
	char why[TRACE_WHY_SIZE];
	int err = workload_parse(opts->trace, spec, why), status;

	if (!err) {
		*ret_label = spec->label;
		err = workload_open(spec, opts->plan.keep_events, ret, why);
	} else if (err == -ENOENT) {
		*ret_label = cli_trace_name(opts->trace);
		return cli_load_trace(opts->trace, &opts->plan, cfg, ret);
	}
	if (err)
		return cli_fail(cli_input_status(err), "%s", why);
	status = cli_check_trace(*ret_label, ret, &opts->plan, cfg);
	if (status)
		trace_free(ret);
	return status;
}

/* Where the host allows it: a migration in the middle is noise. Any CPU, since
 * a process is a random sample of machines. -1 if it does not. */
static int pin(uint64_t seed)
{
	struct prng rng = { seed };
	cpu_set_t may, set;
	int nr, cpu;

	if (sched_getaffinity(0, sizeof(may), &may))
		return -1;
	nr = (int)prng_below(&rng, (uint32_t)CPU_COUNT(&may));
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET((unsigned)cpu, &may) && !nr--)
			break;
	CPU_ZERO(&set);
	CPU_SET((unsigned)cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -1 : cpu;
}

static void push(struct rep_series *series, double value)
{
	series->value[series->nr++] = value;
}

static int print(const struct run_plan *plan, struct run_cell *cells,
		 const struct slice_results *slices, int cpu)
{
	struct run_cell *first = &cells[plan->reference];
	struct csv_writer w;
	unsigned i;

	for (i = 0; i < NR_LANE_KINDS; i++)
		if (slices->slice_ns[i] > 0)
			push(&first->slice_ns[i], slices->slice_ns[i]);
	if (cpu >= 0)
		push(&first->pinned_cpu, cpu);
	csv_writer_init(&w, stdout);
	samples_put_header(&w);
	for (i = 0; i < plan->nr_specs; i++)
		cell_samples_put(&w, &cells[i]);
	pair_samples_put(&w, plan, first->workload, slices);
	return w.error ? cli_stdout_failed() : EXIT_FINE;
}

static int measure(const struct run_plan *plan, const char *label,
		   const struct trace *trace)
{
	struct run_cell *cells = calloc(plan->nr_specs, sizeof(*cells));
	struct slice_results slices = { 0 };
	struct clock_info clock = { 0 };
	const struct run_env env = { &clock, NULL, &slices };
	char why[RUN_WHY_SIZE];
	int cpu = pin(plan->seed), err, status;
	unsigned i;

	if (!cells)
		return cli_fail(EXIT_FAILED, "out of memory");
	if (plan->nr_reps)
		clock_calibrate(&clock);
	err = run_workload(plan, label, trace, &env, cells, why);
	if (!err)
		err = run_same_digest(cells, plan->nr_specs, why);
	if (err == -EINTR)
		cli_die_of_signal();
	status = err ? cli_fail(cli_run_status(err), "%s", why)
		     : print(plan, cells, &slices, cpu);
	for (i = 0; i < plan->nr_specs; i++)
		run_cell_fini(&cells[i]);
	slice_results_fini(&slices);
	free(cells);
	return status;
}

int cmd_sample(int argc, char **argv)
{
	const struct argp_child children[] = { plan_children[0],
					       slice_children[0],
					       { NULL, 0, NULL, 0 } };
	const struct argp argp = {
		.parser = parse,
		.args_doc = "WORKLOAD|TRACE",
		.doc = "One process of a measurement: what 'v7sbench run' starts many times. Measures all strategies on one trace, and prints what it found as rows of samples.csv, of process 1."
		       "\vExit status: 0; 2 for a trace that cannot be used; 3 if something breaks.",
		.children = children,
	};
	struct options opts = { .slices.plan = &opts.plan };
	struct workload_spec spec;
	struct trace trace = { 0 };
	const char *label;
	int status;

	/* Whoever reads the rows is gone, then. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	plan_options_init(&opts.plan, 1);
	args_parse(&argp, argc, argv, &opts);
	if (!opts.plan.plan.nr_reps)
		opts.plan.plan.nr_rounds = 0;
	status = open_trace(&opts, &label, &spec, &opts.plan.plan.replay,
			    &trace);
	if (status)
		return status;
	cli_catch_signals();
	status = measure(&opts.plan.plan, label, &trace);
	trace_free(&trace);
	return status;
}
