// SPDX-License-Identifier: GPL-2.0-only
/*
 * v7sbench insn: instructions and branches of each cell.
 *
 * Where nothing can be counted the rows say why, and the status is 0: it is no
 * failure of what was to be counted. Reads no clock but for progress on a
 * terminal.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "insn_job.h"
#include "load.h"
#include "progress.h"
#include "workload_list.h"

struct options {
	struct plan_options plan;
	struct workload_list workloads;
	enum insn_tool tool;
	size_t nr_events;
	enum cli_format format;
	bool format_given;
	const char *out;
};

enum { OPT_EVENTS = 0x200, OPT_TOOL };

static const struct argp_option options[] = {
	{ "workload", 'w', "W[,W...]", 0,
	  "Workloads, as for 'v7sbench run' (all)", 0 },
	{ "tool", OPT_TOOL, "TOOL", 0,
	  "perf: the processor's counters; callgrind: valgrind; auto: the first that is there (auto)",
	  0 },
	{ "events", OPT_EVENTS, "N", 0,
	  "Count the first N events of a trace (20000)", 0 },
	{ "out", 'o', "DIR", 0, "Write DIR/insn.csv, whole or not at all", 0 },
	{ "format", 'f', "FORMAT", 0, "table, csv, json or md (table)", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static void finish_options(struct options *opts, struct argp_state *state)
{
	if (opts->out && opts->format_given)
		argp_error(state, "--out writes CSV: no --format");
	if (opts->plan.reps_given)
		argp_error(state, "a count is the same each time: no --reps");
	if (opts->plan.plan.replay.threads.nr)
		argp_error(state, "one thread is counted: no --threads");
	if (!opts->workloads.nr)
		workload_list_all(&opts->workloads, state);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &opts->plan;
		break;
	case 'w':
		workload_list_add(&opts->workloads, state, arg);
		break;
	case 'o':
		opts->out = arg;
		break;
	case 'f':
		if (cli_format_parse(arg, &opts->format))
			argp_error(state, "unknown format '%s'", arg);
		opts->format_given = true;
		break;
	case OPT_TOOL:
		opts->tool = args_word(state, "--tool", arg, insn_tool_names);
		break;
	case OPT_EVENTS:
		opts->nr_events = (size_t)args_number(state, "--events", arg, 1,
						      INSN_MAX_EVENTS);
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
	.doc = "Counts the instructions and branches of replaying the first events of each workload, and of its allocations and frees of tables alone, with the page table of 'v7sbench run'. The same build and tool give the same counts each time."
	       "\vExit status: 0, also where nothing can be counted, and each row says why; 2 usage; 3 something broke; on a signal, that signal.",
	.children = plan_children,
};

struct session {
	struct options opts;
	struct insn_host host;
	struct progress progress;
	struct insn_row *row;
	size_t nr_rows;
};

/* Of a workload, where there is nothing to count with. */
static void add_uncounted(struct session *s, const char *workload)
{
	const struct run_plan *plan = &s->opts.plan.plan;

	for (unsigned i = 0; i < plan->nr_specs; i++)
		s->row[s->nr_rows++] = (struct insn_row){
			.strategy = plan->spec[i].label,
			.workload = workload,
			.tool = "",
			.counted_by = "",
			.reason = s->host.reason,
		};
}

static int count_one(struct session *s, const struct workload_spec *spec)
{
	struct run_plan plan = s->opts.plan.plan; /* of this workload */
	const struct insn_job job = {
		.host = &s->host,
		.workload = spec->label,
		.plan = &plan,
		.opts = &s->opts.plan,
		.nr_events = s->opts.nr_events,
	};
	char why[OUTPUT_WHY_SIZE];
	struct trace trace;
	int err, status;

	progress_step(&s->progress, spec->label, 1);
	err = workload_open(spec, 0, &trace, why);
	if (err)
		return cli_fail(cli_input_status(err), "%s", why);
	status = cli_check_trace(spec->label, &trace, &s->opts.plan,
				 &plan.replay);
	trace_free(&trace);
	if (status)
		return status;
	if (s->host.tool == INSN_AUTO) {
		add_uncounted(s, spec->label);
		return EXIT_FINE;
	}
	err = insn_job_run(&job, s->row + s->nr_rows, NULL, why);
	s->nr_rows += err ? 0 : plan.nr_specs;
	if (err == -EINTR)
		cli_die_of_signal();
	return err ? cli_fail(EXIT_FAILED, "%s: %s", spec->label, why)
		   : EXIT_FINE;
}

static int print_rows(void *ctx, FILE *out)
{
	const struct session *s = ctx;
	int err;

	if (s->opts.format == FORMAT_CSV)
		err = insn_write_csv(s->row, s->nr_rows, out);
	else if (s->opts.format == FORMAT_JSON)
		err = insn_write_json(s->row, s->nr_rows, out);
	else
		err = insn_write_table(s->row, s->nr_rows,
				       s->opts.format == FORMAT_MARKDOWN, out);
	return err ? cli_fail(EXIT_FAILED, "cannot be written: %s",
			      strerror(-err))
		   : EXIT_FINE;
}

static int put_out(struct session *s)
{
	char path[4096];

	if (!s->opts.out)
		return print_rows(s, stdout);
	s->opts.format = FORMAT_CSV;
	snprintf(path, sizeof(path), "%s/insn.csv", s->opts.out);
	return cli_to_file(path, print_rows, s);
}

static int count_all(struct session *s)
{
	const struct workload_list *list = &s->opts.workloads;
	int status = EXIT_FINE;

	s->row = calloc((size_t)list->nr * s->opts.plan.plan.nr_specs,
			sizeof(*s->row));
	if (!s->row)
		return cli_fail(EXIT_FAILED, "out of memory");
	progress_begin(&s->progress, stderr, list->nr);
	for (unsigned i = 0; i < list->nr && !status; i++)
		status = count_one(s, &list->spec[i]);
	progress_end(&s->progress);
	if (!status)
		status = put_out(s);
	free(s->row);
	return status;
}

int cmd_insn(int argc, char **argv)
{
	static struct session s = { .opts.nr_events = INSN_EVENTS };
	struct v7s_config *pgtable = &s.opts.plan.plan.replay.pgtable;
	char why[OUTPUT_WHY_SIZE];
	int err;

	plan_options_init(&s.opts.plan, 0);
	pgtable->quirks = V7S_QUIRK_MTK_EXT | V7S_QUIRK_NO_PERMS;
	pgtable->oas = 35;
	args_parse(&argp, argc, argv, &s.opts);
	cli_catch_signals();
	err = insn_host_look(s.opts.tool, &s.host, why);
	if (err == -EINTR)
		cli_die_of_signal();
	if (err)
		return cli_fail(EXIT_FAILED, "%s", why);
	if (s.host.tool == INSN_AUTO)
		cli_warn("instructions: n/a because %s", s.host.reason);
	return count_all(&s);
}
