// SPDX-License-Identifier: GPL-2.0-only
/*
 * allocbench: every strategy and some allocators of user space, side by side in
 * one process. `ninja benchmark` runs it.
 *
 * Times are figures, not tests: the status does not depend on them.
 * Cost: half a minute. Concurrency: one thread.
 */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "environment.h"
#include "report.h"

enum exit_status { EXIT_FINE = 0, EXIT_USAGE = 2, EXIT_FAILED = 3 };

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

static uint64_t number(struct argp_state *state, const char *option,
		       const char *text, uint64_t min, uint64_t max)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || n < min || n > max)
		argp_error(state, "--%s: '%s' is no number from %llu to %llu",
			   option, text, (unsigned long long)min,
			   (unsigned long long)max);
	return n;
}

/* True for the first of two words, false for the second. */
static bool either(struct argp_state *state, const char *option,
		   const char *text, const char *first, const char *second)
{
	if (strcmp(text, first) && strcmp(text, second))
		argp_error(state, "--%s: '%s' is neither %s nor %s", option,
			   text, first, second);
	return !strcmp(text, first);
}

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
		opts->nr_tables =
			(unsigned)number(state, "tables", arg, 16, 65536);
		break;
	case 's':
		opts->nr_slices =
			(unsigned)number(state, "slices", arg, 1, 100000);
		break;
	case 'S':
		opts->seed = number(state, "seed", arg, 1, UINT64_MAX);
		break;
	case 'p':
		opts->peers = either(state, "peers", arg, "all", "none");
		break;
	case 'f':
		opts->csv = either(state, "format", arg, "csv", "table");
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
	struct clock_info info;
	struct environment env;

	clock_calibrate(&info);
	environment_read(&env);
	printf("%s, %s, %s, %s %s\n", env.cpu_model, env.kernel, env.compiler,
	       env.buildtype, env.cflags);
	printf("clock: %.0f ns a reading, steps of %.0f ns; %u slices a cell, %.0f %% quantile; seed %llu\n",
	       info.cost_ns, info.quantum_ns, opts->nr_slices,
	       100 * LOW_QUANTILE, (unsigned long long)opts->seed);
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
	if (!fflush(stdout) && !ferror(stdout))
		return EXIT_FINE;
	fputs("allocbench: stdout cannot be written\n", stderr);
	return EXIT_FAILED;
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
	struct environment env;
	struct subjects s = { 0 };
	const char *unfit;
	char why[160] = "out of memory";
	int err = -ENOMEM, status = EXIT_FAILED;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &opts);
	environment_read(&env);
	unfit = environment_unfit(&env);
	if (unfit)
		fprintf(stderr, "allocbench: warning: %s\n", unfit);
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
