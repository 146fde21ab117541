// SPDX-License-Identifier: GPL-2.0-only
/*
 * mapbench: the page table, page by page and by runs, side by side in one
 * process. `ninja benchmark` runs it after allocbench.
 *
 * Times are figures, not tests: the status does not depend on them.
 * Cost: a quarter of a minute. Concurrency: one thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "mapbench.h"
#include "program.h"

struct options {
	struct map_plan plan;
	bool csv;
};

static const struct argp_option options[] = {
	{ "slices", 's', "N", 0, "Slices of each cell, 1 to 100000 (5000)", 0 },
	{ "rounds", 'r', "N", 0, "Replays of each kind, 1 to 10000 (20)", 0 },
	{ "events", 'e', "N", 0, "Of a replay, 2 to 10000000, even (1000000)",
	  0 },
	{ "seed", 'S', "N", 0, "Of all random sequences, not 0 (1)", 0 },
	{ "format", 'f', "F", 0, "table or csv (table)", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static const char *const formats[] = { "table", "csv", NULL };

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;
	struct map_plan *plan = &opts->plan;

	switch (key) {
	case 's':
		plan->nr_slices = (unsigned)args_number(state, "--slices", arg,
							1, 100000);
		break;
	case 'r':
		plan->nr_rounds =
			(unsigned)args_number(state, "--rounds", arg, 1, 10000);
		break;
	case 'e':
		plan->nr_events = (uint32_t)args_number(state, "--events", arg,
							2, 10000000);
		if (plan->nr_events % 2)
			argp_error(state, "--events: '%s' is odd", arg);
		break;
	case 'S':
		plan->seed = args_number(state, "--seed", arg, 1, UINT64_MAX);
		break;
	case 'f':
		opts->csv = args_word(state, "--format", arg, formats);
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s': no arguments are wanted", arg);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Measures map and unmap of the page table and replays of events, page by page (path=kernel) and by runs (path=batch), in one process, interleaved."
	       "\vExit status: 0 measured, whatever the figures; 2 wrong usage; 3 something broke.",
};

static void print_preamble(const struct map_plan *plan)
{
	program_print_machine(plan->nr_slices);
	printf("%u replays of %u events, %.0f %% quantile; seed %llu\n\n",
	       plan->nr_rounds, plan->nr_events, 100 * LOW_QUANTILE,
	       (unsigned long long)plan->seed);
}

static int report(const struct options *opts, const struct map_rows *rows)
{
	if (opts->csv) {
		map_report_csv(rows, stdout);
	} else {
		print_preamble(&opts->plan);
		map_report_table(rows, stdout);
		putchar('\n');
		map_report_goals(rows, stdout);
	}
	return program_end("mapbench");
}

int main(int argc, char **argv)
{
	struct options opts = {
		.plan = { .nr_slices = 5000,
			  .nr_rounds = 20,
			  .nr_events = 1000000,
			  .seed = 1 },
	};
	struct map_rows rows = { 0 };
	char why[160];
	int err;

	args_parse(&argp, argc, argv, &opts);
	program_warn("mapbench");
	err = map_measure(&opts.plan, &rows, why, sizeof(why));
	if (!err)
		err = replay_measure(&opts.plan, &rows, why, sizeof(why));
	if (!err)
		return report(&opts, &rows);
	fprintf(stderr, "mapbench: %s: %s\n", why, strerror(-err));
	return EXIT_FAILED;
}
