// SPDX-License-Identifier: GPL-2.0-only
/*
 * run --dry-run and --repro: what would be done, and how to do a part again.
 * Nothing is written.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "run_session.h"

/* The workload whose weight is in the middle. */
static unsigned middle(const struct run_session *s)
{
	unsigned nr = s->opts->nr_workloads, best = 0, i, k;

	for (i = 0; i < nr; i++) {
		unsigned below = 0;

		for (k = 0; k < nr; k++)
			below += s->weight[k] < s->weight[i] ||
				 (s->weight[k] == s->weight[i] && k < i);
		if (below == nr / 2)
			best = i;
	}
	return best;
}

/* Seconds that an event takes, by weight: the exact pass and one repetition of
 * a workload. */
static int try_one(const struct run_session *s, double *ret_s, char *why)
{
	unsigned w = middle(s), i;
	struct run_plan plan = s->opts->plan.plan;
	const struct run_env env = { &s->clock, NULL, NULL };
	struct run_cell *cells = calloc(plan.nr_specs, sizeof(*cells));
	struct trace trace = { 0 };
	uint64_t start;
	int err;

	snprintf(why, RUN_WHY_SIZE, "out of memory");
	if (!cells)
		return -ENOMEM;
	plan.replay.pgtable.ias = s->ias[w];
	plan.nr_reps = plan.nr_reps > 1 ? 1 : plan.nr_reps;
	err = workload_open(&s->opts->workload[w], s->opts->plan.keep_events,
			    &trace, why);
	start = clock_ns();
	if (!err)
		err = run_workload(&plan, s->label[w], &trace, &env, cells,
				   why);
	if (!err)
		*ret_s = (double)(clock_ns() - start) / 1e9 /
			 (double)run_weight(&plan, &trace);
	for (i = 0; i < plan.nr_specs; i++)
		run_cell_fini(&cells[i]);
	free(cells);
	trace_free(&trace);
	return err;
}

static void print_units(const struct run_session *s)
{
	printf("unit\tworkload\tprocess\tseed\n");
	for (unsigned i = 0; i < s->units.nr; i++)
		printf("%u\t%s\t%u\t%" PRIu64 "\n", i + 1,
		       s->label[s->units.unit[i].workload],
		       s->units.unit[i].process, s->units.unit[i].seed);
}

static void print_size(const struct run_session *s, double event_s)
{
	const struct run_plan *plan = &s->opts->plan.plan;
	unsigned nr = s->opts->nr_workloads, p = s->opts->nr_processes;
	uint64_t slices_ns = run_slices_ns(plan), weight = 0;
	uint64_t passes =
		(uint64_t)nr * plan->nr_specs *
		(1 + p * (1 + (uint64_t)plan->nr_reps * run_nr_passes(plan)));
	double seconds;

	for (unsigned w = 0; w < nr; w++)
		weight += s->weight[w] +
			  p * (s->unit_weight[w] - slices_ns / RUN_EVENT_NS);
	seconds = (double)weight * event_s + (double)slices_ns / 1e9 * p * nr;
	printf("%u workload%s, %u strateg%s: exact figures, then %u units; %" PRIu64
	       " passes\n",
	       nr, nr > 1 ? "s" : "", plan->nr_specs,
	       plan->nr_specs > 1 ? "ies" : "y", s->units.nr, passes);
	if (p)
		printf("in each unit %u repetition%s of %u timed passes, %u rounds of slices\n",
		       plan->nr_reps, plan->nr_reps > 1 ? "s" : "",
		       run_nr_passes(plan), plan->nr_rounds);
	printf("about %.0f s, by one repetition just now\n", seconds);
}

int run_dry(struct run_session *s)
{
	char why[RUN_WHY_SIZE];
	double event_s = 0;
	int err = try_one(s, &event_s, why);

	if (err == -EINTR)
		return EXIT_FAILED;
	if (err)
		return cli_fail(EXIT_FAILED, "%s", why);
	print_units(s);
	print_size(s, event_s);
	return EXIT_FINE;
}

/* For a POSIX shell. */
static void put_quoted(const char *text)
{
	if (*text && !text[strspn(text, "abcdefghijklmnopqrstuvwxyz"
					"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					"0123456789-_./,:=@+")]) {
		fputs(text, stdout);
		return;
	}
	putchar('\'');
	for (; *text; text++)
		if (*text == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*text);
	putchar('\'');
}

static void put_word(const char *option, const char *value)
{
	char *word = NULL;

	if (asprintf(&word, "%s%s", option, value) < 0)
		return;
	putchar(' ');
	put_quoted(word);
	free(word);
}

/* Row by number or by name; nr_rows if there is none. */
static size_t find_row(const struct csv_table *t, const char *text,
		       const int *column)
{
	char *end;
	unsigned long long number = strtoull(text, &end, 10);
	size_t i;

	for (i = 0; i < t->nr_rows; i++) {
		const char *strategy = csv_cell(t, i, (size_t)column[0]);
		size_t len = strlen(strategy);

		if (!strncmp(text, strategy, len) && text[len] == '@' &&
		    !strcmp(text + len + 1, csv_cell(t, i, (size_t)column[1])))
			return i;
	}
	return *text != '-' && *text != '+' && !*end && number &&
			       number <= t->nr_rows
		       ? (size_t)number - 1
		       : t->nr_rows;
}

static bool has_plan(const json_t *plan)
{
	return json_is_array(json_object_get(plan, "options")) &&
	       json_is_integer(json_object_get(plan, "processes")) &&
	       json_is_integer(json_object_get(plan, "seed"));
}

/* What was asked for, but for strategies and workloads; ias is the row's. */
static void put_plan(const json_t *plan)
{
	const json_t *options = json_object_get(plan, "options");
	json_int_t processes =
		json_integer_value(json_object_get(plan, "processes"));
	char text[32];
	size_t i;

	for (i = 0; i < json_array_size(options); i++) {
		const char *word =
			json_string_value(json_array_get(options, i));

		if (word && strncmp(word, "--ias=", 6))
			put_word("", word);
	}
	if (processes) {
		snprintf(text, sizeof(text), "%lld", (long long)processes);
		put_word("--processes=", text);
	}
	snprintf(text, sizeof(text), "%llu",
		 (unsigned long long)json_integer_value(
			 json_object_get(plan, "seed")));
	put_word("--seed=", text);
}

static int put_command(const struct run_options *opts, const json_t *root,
		       const struct csv_table *t)
{
	static const char *const name[] = { "strategy", "workload", "ias" };
	char self[4096], out[4096];
	int column[3];
	size_t row;

	for (unsigned i = 0; i < 3; i++) {
		column[i] = csv_table_column(t, name[i]);
		if (column[i] < 0)
			return cli_fail(EXIT_USAGE,
					"%s/summary.csv: no column '%s'",
					opts->out, name[i]);
	}
	row = find_row(t, opts->repro, column);
	if (row == t->nr_rows)
		return cli_fail(EXIT_USAGE,
				"--repro: %s/summary.csv has no row '%s'",
				opts->out, opts->repro);
	if (child_self(self, sizeof(self)))
		return cli_fail(EXIT_FAILED, "/proc/self/exe: %s",
				strerror(errno));
	put_quoted(self);
	put_word("run", "");
	snprintf(out, sizeof(out), "%s.repro", opts->out);
	put_word("--out=", out);
	put_word("--strategy=", csv_cell(t, row, (size_t)column[0]));
	put_word("--workload=", csv_cell(t, row, (size_t)column[1]));
	put_word("--ias=", csv_cell(t, row, (size_t)column[2]));
	put_plan(json_object_get(root, "plan"));
	if (json_is_true(json_object_get(json_object_get(root, "measurement"),
					 "forced")))
		put_word("--force", "");
	putchar('\n');
	return EXIT_FINE;
}

int run_repro(const struct run_options *opts)
{
	char file[4096], why[OUTPUT_WHY_SIZE];
	struct csv_table table;
	json_error_t error;
	json_t *root;
	int status;

	snprintf(file, sizeof(file), "%s/summary.csv", opts->out);
	if (csv_table_read(file, &table, why))
		return cli_fail(EXIT_USAGE, "%s", why);
	snprintf(file, sizeof(file), "%s/result.json", opts->out);
	root = json_load_file(file, 0, &error);
	if (!root)
		status = cli_fail(EXIT_USAGE, "%s: %s", file, error.text);
	else if (!has_plan(json_object_get(root, "plan")))
		status =
			cli_fail(EXIT_USAGE, "%s: the plan is not in it", file);
	else
		status = put_command(opts, root, &table);
	json_decref(root);
	csv_table_fini(&table);
	return status;
}
