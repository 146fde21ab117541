// SPDX-License-Identifier: GPL-2.0-only
/*
 * v7sbench kernel: the same traces on a real kernel and on our models.
 *
 * Not here: the guest, the language between (harness/kernel), which cases go
 * into one boot (kernel_flights.c). Invariant: each case that was asked for is
 * a row of the report, with a verdict or a reason.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "environment.h"
#include "json_rows.h"
#include "kernel_board.h"
#include "kernel_cost.h"
#include "kernel_vectors.h"
#include "outfile.h"
#include "result.h"
#include "resultdir.h"

struct session {
	struct kernel_options opts;
	char *const *argv;
	struct environment env;
	struct kernel_host host;
	struct kernel_traces traces;
	struct kernel_work *work;
	size_t nr_work;
	struct kernel_vectors vectors;
	struct kernel_costs costs;
	struct kernel_row *row;
	struct kernel_report report;
	struct progress progress;
	struct resultdir *dir; /* opened before anything is booted */
};

static void compare_one(const char *source, struct kernel_work *work,
			struct kernel_row *row)
{
	*row = (struct kernel_row){
		.source = source,
		.nr_cpus = work->replay.nr_cpus,
		.strategy = work->c.spec->label,
		.workload = work->workload,
		.nr_events = work->nr_events,
		.reason = work->reason,
		.model = &work->model,
		.kernel = &work->kernel,
	};
	if (!*work->reason)
		kernel_agree(&work->model, &work->kernel, &row->agreement,
			     work->reason);
}

static int make_report(struct session *s)
{
	const char *source = s->opts.answers ? "board" : s->host.source;

	s->row = calloc(s->nr_work + 1, sizeof(*s->row));
	if (!s->row)
		return cli_fail(EXIT_FAILED, "out of memory");
	for (size_t i = 0; i < s->nr_work; i++)
		compare_one(source, &s->work[i], &s->row[i]);
	s->report = (struct kernel_report){
		.row = s->row,
		.nr_rows = s->nr_work,
		.vector = s->vectors.row,
		.nr_vectors = s->vectors.nr_rows,
		.insn = s->costs.row,
		.nr_insn = s->costs.nr_rows,
		.nr_selftests = s->host.nr_selftests,
	};
	return EXIT_FINE;
}

static uint64_t all_events(const struct session *s)
{
	uint64_t copies = s->opts.plan.plan.nr_specs * 2 + 1, nr = 1;

	for (size_t i = 0; i < s->nr_work; i++)
		nr += s->work[i].nr_events;
	if (s->opts.cost)
		nr += s->traces.nr * s->opts.cost_events * copies;
	return nr;
}

static int ask_guests(struct session *s)
{
	const struct kernel_orders orders = {
		.work = s->work,
		.nr = s->nr_work,
		.together = 1,
		.expect = true,
		.progress = &s->progress,
	};
	int status = kernel_vectors_open(&s->opts, &s->vectors);

	if (!status)
		status = kernel_host_open(&s->host, &s->opts);
	progress_begin(&s->progress, stderr, all_events(s));
	if (!status && s->opts.nr_vectors)
		status = kernel_vectors_run(&s->host, &s->vectors);
	if (!status)
		status = kernel_fly(&s->host, &orders);
	if (!status && s->opts.cost)
		status = kernel_costs_run(&s->host, &s->traces, &s->progress,
					  &s->costs);
	progress_end(&s->progress);
	return status;
}

/* A table of the report: a file, and its columns. */
struct part {
	const char *name, *key;
	const char *const *columns;
	json_t *(*rows)(const struct kernel_report *r);
	bool wanted;
};

static int write_part(struct resultdir *dir, const struct part *part,
		      const json_t *rows, char *why)
{
	FILE *out;
	int err = resultdir_file(dir, part->name, &out, why);

	if (!err && json_rows_csv(rows, part->columns, out))
		err = why_set(why, -EIO, "%s: cannot be written", part->name);
	return err;
}

static void put_environment(void *ctx, const char *name, const char *text)
{
	json_object_set_new(ctx, name, json_string(text));
}

static json_t *describe(const struct session *s)
{
	json_t *env = json_object(), *command = json_array();

	environment_each(&s->env, put_environment, env);
	json_array_append_new(command, json_string("v7sbench"));
	json_array_append_new(command, json_string("kernel"));
	for (char *const *arg = s->argv + 1; *arg; arg++)
		json_array_append_new(command, text_to_json(*arg));
	return json_pack("{s:i, s:s, s:o, s:o, s:O?}", "schema_version",
			 RESULT_SCHEMA_VERSION, "kind", "kernel", "command",
			 command, "environment", env, "guest", s->host.guest);
}

/* Each table as a file, and as a member of root. */
static int write_parts(struct session *s, json_t *root, char *why)
{
	const struct part parts[] = {
		{ "kernel_agreement.csv", "agreement", kernel_agreement_columns,
		  kernel_agreement_json, s->nr_work },
		{ "kernel_points.csv", NULL, kernel_points_columns,
		  kernel_points_json, s->nr_work },
		{ "kernel_vectors.csv", "vectors", kernel_vectors_columns,
		  kernel_vectors_json, s->vectors.nr_rows },
		{ "kernel_insn.csv", "instructions", kernel_insn_columns,
		  kernel_insn_json, s->costs.nr_rows },
	};
	int err = root ? 0 : -ENOMEM;

	for (size_t i = 0; i < ARRAY_SIZE(parts) && !err; i++) {
		json_t *rows = parts[i].wanted ? parts[i].rows(&s->report)
					       : NULL;

		if (!parts[i].wanted)
			continue;
		err = rows ? 0 : -ENOMEM;
		if (!err && s->dir)
			err = write_part(s->dir, &parts[i], rows, why);
		if (!err && parts[i].key)
			err = json_object_set(root, parts[i].key, rows)
				      ? -ENOMEM
				      : 0;
		json_decref(rows);
	}
	return err == -ENOMEM ? why_set(why, err, "out of memory") : err;
}

static int write_json(const json_t *root, FILE *out)
{
	return json_dumpf(root, out,
			  JSON_INDENT(1) | JSON_REAL_PRECISION(10)) ||
			       fputc('\n', out) == EOF
		       ? -EIO
		       : 0;
}

static int commit(struct session *s, const json_t *root, char *why)
{
	struct resultdir *dir = s->dir;
	FILE *out;
	int err = resultdir_file(dir, RESULTDIR_MARKER, &out, why);

	if (!err && write_json(root, out))
		err = why_set(why, -EIO, "%s: cannot be written",
			      RESULTDIR_MARKER);
	if (err)
		return err;
	s->dir = NULL;
	return resultdir_commit(dir, why);
}

static int print_report(const struct session *s, const json_t *root)
{
	const struct kernel_report *r = &s->report;
	json_t *rows;
	int err;

	if (s->opts.format == FORMAT_JSON)
		return write_json(root, stdout);
	if (s->opts.format != FORMAT_CSV)
		return kernel_report_write(r, s->opts.format == FORMAT_MARKDOWN,
					   stdout);
	rows = kernel_agreement_json(r);
	err = rows ? json_rows_csv(rows, kernel_agreement_columns, stdout)
		   : -ENOMEM;
	json_decref(rows);
	return err;
}

static int put_report(struct session *s)
{
	char why[OUTPUT_WHY_SIZE];
	json_t *root = describe(s);
	int err = write_parts(s, root, why);

	if (!err && s->dir)
		err = commit(s, root, why);
	if (!err) {
		err = print_report(s, root);
		if (err)
			why_errno(why, err, "the report");
	}
	json_decref(root);
	if (err)
		return cli_fail(EXIT_FAILED, "%s", why);
	if (kernel_report_broken(&s->report))
		return EXIT_FAILED;
	return kernel_report_differs(&s->report) ? EXIT_REGRESSION : EXIT_FINE;
}

static int work(struct session *s)
{
	const struct kernel_options *opts = &s->opts;
	char why[OUTPUT_WHY_SIZE];
	int status;

	if (opts->script)
		return kernel_board_script(opts, s->work, s->nr_work);
	if (opts->model_answers)
		return kernel_board_model(s->work, s->nr_work);
	if (opts->out && resultdir_open(opts->out, &s->dir, why))
		return cli_fail(EXIT_FAILED, "%s", why);
	status = opts->answers ? kernel_board_answers(opts, s->work, s->nr_work)
			       : ask_guests(s);
	if (!status && cli_stop)
		status = -EINTR;
	if (!status)
		status = make_report(s);
	return status ? status : put_report(s);
}

static void fini(struct session *s)
{
	resultdir_abort(s->dir);
	kernel_host_close(&s->host);
	kernel_costs_free(&s->costs);
	kernel_vectors_close(&s->opts, &s->vectors);
	kernel_work_free(s->work, s->nr_work);
	kernel_traces_close(&s->traces);
	free(s->row);
}

int cmd_kernel(int argc, char **argv)
{
	static struct session s;
	int status;

	s.argv = argv;
	environment_read(&s.env);
	kernel_options_parse(argc, argv, &s.opts);
	cli_catch_signals();
	status = kernel_traces_open(&s.opts, &s.traces);
	if (!status) {
		s.work = kernel_work_all(&s.opts, &s.traces, &s.nr_work);
		status = !s.work ? EXIT_FAILED : cli_stop ? -EINTR : work(&s);
	}
	fini(&s);
	if (cli_stop)
		cli_die_of_signal();
	return status;
}
