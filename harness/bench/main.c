// SPDX-License-Identifier: GPL-2.0-only
/*
 * allocbench: every strategy and some allocators of user space, side by side in
 * one process. `ninja benchmark` runs it.
 *
 * Times are figures, not tests: the status does not depend on them.
 * Cost: half a minute. Concurrency: one thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "program.h"
#include "report.h"

struct options {
	unsigned nr_tables;
	unsigned nr_slices;
	uint64_t seed;
	bool peers;
	bool csv;
	unsigned nr_specs;
	struct l2_spec spec[MAX_SPECS];
};

static const struct argp_option options[] = {
	{ "tables", 't', "N", 0, "Tables of a batch, 16 to 65536 (4096)", 0 },
	{ "slices", 's', "N", 0, "Slices of each cell, 1 to 100000 (200)", 0 },
	{ "seed", 'S', "N", 0, "Of all random sequences, not 0 (1)", 0 },
	{ "peers", 'p', "WHICH", 0, "Libraries beside: all or none (all)", 0 },
	{ "format", 'f', "F", 0, "table or csv (table)", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static const char *const formats[] = { "table", "csv", NULL };
static const char *const peers[] = { "none", "all", NULL };

static void add_spec(struct argp_state *state, struct options *opts,
		     const char *text)
{
	char why[160];

	if (opts->nr_specs == MAX_SPECS)
		argp_error(state, "more than %u strategies", MAX_SPECS);
	if (l2_spec_parse(text, &opts->spec[opts->nr_specs], why, sizeof(why)))
		argp_error(state, "%s", why);
	opts->nr_specs++;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;

	switch (key) {
	case ARGP_KEY_NO_ARGS:
		for (unsigned i = 0; l2_strategies[i]; i++)
			add_spec(state, opts, l2_strategies[i]->name);
		break;
	case 't':
		opts->nr_tables = (unsigned)args_number(state, "--tables", arg,
							16, 65536);
		break;
	case 's':
		opts->nr_slices = (unsigned)args_number(state, "--slices", arg,
							1, 100000);
		break;
	case 'S':
		opts->seed = args_number(state, "--seed", arg, 1, UINT64_MAX);
		break;
	case 'p':
		opts->peers = args_word(state, "--peers", arg, peers);
		break;
	case 'f':
		opts->csv = args_word(state, "--format", arg, formats);
		break;
	case ARGP_KEY_ARG:
		add_spec(state, opts, arg);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[STRATEGY...]",
	.doc = "Measures strategies, all unless some are named, beside allocators of user space, in one process, interleaved."
	       "\vExit status: 0 measured, whatever the figures; 2 wrong usage; 3 something broke.",
};

static void print_preamble(const struct options *opts, const struct subjects *s)
{
	program_print_machine(opts->nr_slices);
	printf("%.0f %% quantile; seed %llu\n", 100 * LOW_QUANTILE,
	       (unsigned long long)opts->seed);
	for (unsigned i = 0; i < s->nr_missing; i++)
		printf("left out: %s\n", s->missing[i]);
	putchar('\n');
}

static int report(const struct options *opts, const struct subjects *s,
		  const struct figures *figures)
{
	if (opts->csv) {
		report_csv(s, figures, stdout);
	} else {
		print_preamble(opts, s);
		report_table(s, figures, stdout);
		putchar('\n');
		report_goals(s, figures, stdout);
	}
	return program_end("allocbench");
}

int main(int argc, char **argv)
{
	struct options opts = {
		.nr_tables = 4096,
		.nr_slices = 200,
		.seed = 1,
		.peers = true,
	};
	struct figures *figures = calloc(1, sizeof(*figures));
	struct measure_plan plan;
	struct subjects s = { 0 };
	char why[160] = "out of memory";
	int err = -ENOMEM, status = EXIT_FAILED;

	args_parse(&argp, argc, argv, &opts);
	program_warn("allocbench");
	plan = (struct measure_plan){ opts.nr_slices, opts.seed };
	if (figures)
		err = subjects_create(opts.nr_tables, opts.spec, opts.nr_specs,
				      opts.peers, &s);
	if (!err)
		err = measure(&s, &plan, figures, why, sizeof(why));
	if (err)
		fprintf(stderr, "allocbench: %s: %s\n", why, strerror(-err));
	else
		status = report(&opts, &s, figures);
	subjects_destroy(&s);
	free(figures);
	return status;
}
