// SPDX-License-Identifier: GPL-2.0-only
/*
 * textbench: the reader and the writer of trace text, beside programs that read
 * the same file. `ninja benchmark` runs it after mapbench.
 *
 * Times are figures, not tests: the status does not depend on them.
 * Cost: half a minute, and twice the text in $TMPDIR. Concurrency: one thread.
 */
#include <stdlib.h>

#include "args.h"
#include "program.h"
#include "textbench.h"

struct options {
	struct text_plan plan;
	bool csv;
};

static const struct argp_option options[] = {
	{ "mib", 'm', "N", 0, "MiB of text, 1 to 65536 (256)", 0 },
	{ "rounds", 'r', "N", 0, "Of all rows, 1 to 1000 (7)", 0 },
	{ "seed", 'S', "N", 0, "Of the events, not 0 (1)", 0 },
	{ "dat", 'd', "FILE", 0,
	  "A trace.dat file, for rows of its own and of trace-cmd report", 0 },
	{ "format", 'f', "F", 0, "table or csv (table)", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static const char *const formats[] = { "table", "csv", NULL };

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;
	struct text_plan *plan = &opts->plan;

	switch (key) {
	case 'm':
		plan->mib =
			(unsigned)args_number(state, "--mib", arg, 1, 65536);
		break;
	case 'r':
		plan->nr_rounds =
			(unsigned)args_number(state, "--rounds", arg, 1, 1000);
		break;
	case 'S':
		plan->seed = args_number(state, "--seed", arg, 1, UINT64_MAX);
		break;
	case 'd':
		if (!*arg)
			argp_error(state, "--dat: '' is no file");
		plan->dat = arg;
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
	.doc = "Measures the reader of trace text (with the vectors of this machine, as any machine can, and without its fast path), the writer, wc -l and mawk on the same text, interleaved."
	       "\vExit status: 0 measured, whatever the figures; 2 wrong usage; 3 something broke.",
};

static int report(const struct options *opts, const struct text_rows *rows)
{
	if (opts->csv) {
		text_report_csv(rows, stdout);
	} else {
		program_print_machine(opts->plan.nr_rounds);
		printf("%.0f %% quantile; %u MiB of text; seed %llu\n\n",
		       100 * LOW_QUANTILE, opts->plan.mib,
		       (unsigned long long)opts->plan.seed);
		text_report_table(rows, stdout);
		putchar('\n');
		text_report_goals(rows, stdout);
	}
	return program_end("textbench");
}

int main(int argc, char **argv)
{
	struct options opts = {
		.plan = { .mib = 256, .nr_rounds = 7, .seed = 1 },
	};
	struct text_rows rows;
	char why[640];
	int err;

	args_parse(&argp, argc, argv, &opts);
	program_warn("textbench");
	err = text_measure(&opts.plan, &rows, why, sizeof(why));
	if (!err)
		return report(&opts, &rows);
	fprintf(stderr, "textbench: %s\n", why);
	return EXIT_FAILED;
}
