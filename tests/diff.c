// SPDX-License-Identifier: GPL-2.0-only
/*
 * diff: the page table against the flat oracle for as many seeds as one likes.
 * A sequence that differs is made small and written as a golden file.
 *
 *	tests/diff --seeds 1000-1999 --kernel 6.1 --split fixed
 *
 * Models nothing. Cost: about 0.2 s a seed of 100000 calls. A page table that
 * crashes ends the program without a file: then seed by seed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "conform.h"
#include "diff_golden.h"
#include "diff_minimize.h"

#define PROGRESS_EVERY 10
#define BUDGET (50 * 1000 * 1000ull) /* calls tried to make one small */

struct options {
	uint64_t first, last; /* seeds */
	uint64_t nr_ops;
	struct diff_sweep sweep;
	struct l2_spec spec;
	const char *out;
};

struct totals {
	uint64_t nr_seeds, nr_ops, nr_differences;
	uint64_t event[NR_EVENTS];
};

enum { OPT_SPLIT = 256, OPT_PATH, OPT_COHERENT };

static const struct argp_option options[] = {
	{ "seeds", 's', "N", 0,
	  "How many, from 0; or A-B, both of them too (10)", 0 },
	{ "ops", 'n', "N", 0, "Calls for each seed (100000)", 0 },
	{ "kernel", 'k', "V", 0, "4.20, 6.1 or 6.13", 0 },
	{ "split", OPT_SPLIT, "S", 0, "kernel, fixed or off", 0 },
	{ "path", OPT_PATH, "P", 0, "kernel or batch", 0 },
	{ "coherent", OPT_COHERENT, "C", 0, "yes, no or flush", 0 },
	{ "strategy", 'S', "SPEC", 0, "Strategy for the tables", 0 },
	{ "out", 'o', "FILE", 0,
	  "Where the first failing sequence goes (diff-SEED.txt)", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static bool number(const char *text, char **end, uint64_t *ret)
{
	if (*text < '0' || *text > '9')
		return false;
	*ret = strtoull(text, end, 10);
	return *ret < UINT32_MAX;
}

static bool seeds(const char *text, struct options *ret)
{
	char *end;

	if (!number(text, &end, &ret->last))
		return false;
	ret->first = 0;
	if (!*end)
		return ret->last-- > 0;
	ret->first = ret->last;
	return *end == '-' && number(end + 1, &end, &ret->last) && !*end &&
	       ret->last >= ret->first;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;
	char why[200];

	switch (key) {
	case 's':
		if (!seeds(arg, opts))
			argp_error(state, "--seeds: '%s' is neither N nor A-B",
				   arg);
		break;
	case 'n':
		opts->nr_ops =
			args_number(state, "--ops", arg, 1, UINT32_MAX - 1);
		break;
	case 'k':
		opts->sweep.kernel = (int)args_word(state, "--kernel", arg,
						    v7s_kernel_names);
		break;
	case OPT_SPLIT:
		opts->sweep.split =
			(int)args_word(state, "--split", arg, v7s_split_names);
		break;
	case OPT_PATH:
		opts->sweep.path =
			(int)args_word(state, "--path", arg, v7s_path_names);
		break;
	case OPT_COHERENT:
		opts->sweep.walker = (int)args_word(state, "--coherent", arg,
						    v7s_walker_names);
		break;
	case 'S':
		if (l2_spec_parse(arg, &opts->spec, why, sizeof(why)))
			argp_error(state, "--strategy: %s", why);
		opts->sweep.spec = &opts->spec;
		break;
	case 'o':
		opts->out = arg;
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s': no arguments, please", arg);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Runs random calls on the page table and on a flat oracle, which must agree. What is not fixed by an option changes from table to table."
	       "\vExit status: 0 equal; 1 a difference; 2 usage, or no memory.",
};

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "diff: %s: %s\n", what, why);
	return EXIT_USAGE;
}

static int write_file(const char *path, const struct diff_sequence *seq,
		      const char *name, const struct diff_found *found)
{
	FILE *out = fopen(path, "w");
	int err;

	if (!out)
		return fail(path, "cannot be written");
	err = diff_golden(seq, name, found, out);
	if (fclose(out) || err)
		return fail(path, "cannot be written");
	return EXIT_REGRESSION;
}

/* Says whether the file does what it is for. */
static void print_file(const char *path, const struct diff_sequence *seq,
		       const struct diff_found *found)
{
	struct conform_result r;
	char why[CONFORM_WHY_SIZE];

	printf("%s: %zu calls: %s\n", path, seq->nr, found->what);
	if (!diff_conforms(&seq->c))
		printf("%s: on %s, which v7sbench conform does not have\n",
		       path, seq->c.machine);
	else
		printf("%s: v7sbench conform, with the options in it, %s\n",
		       path,
		       conform_file(path, &seq->c.spec, &seq->c.cfg, &r, why)
			       ? "shows it"
			       : "does not show it");
}

static int report(const struct options *opts, uint64_t seed, bool first,
		  struct diff_sequence *seq, struct diff_found *found)
{
	char path[4096], name[32];
	size_t nr = seq->nr;
	int status;

	printf("seed %" PRIu64 " call %zu: %s\n", seed, nr, found->what);
	if (diff_minimize(seq, BUDGET, found)) {
		printf("seed %" PRIu64 ": cannot be repeated\n", seed);
		return EXIT_REGRESSION;
	}
	snprintf(name, sizeof(name), "diff seed %" PRIu64, seed);
	snprintf(path, sizeof(path), "diff-%" PRIu64 ".txt", seed);
	if (opts->out && first)
		snprintf(path, sizeof(path), "%s", opts->out);
	status = write_file(path, seq, name, found);
	if (status == EXIT_REGRESSION)
		print_file(path, seq, found);
	return status;
}

static int run_seeds(const struct options *opts, struct diff_sequence *seq,
		     struct totals *totals)
{
	int status = EXIT_FINE;

	for (uint64_t seed = opts->first; seed <= opts->last; seed++) {
		struct diff_found found;
		uint64_t nr_ops;
		int err = diff_seed(&opts->sweep, seed, opts->nr_ops, seq,
				    totals->event, &nr_ops, &found);

		if (err < 0)
			return fail(seq->c.spec.label, strerror(-err));
		totals->nr_ops += nr_ops;
		totals->nr_seeds++;
		if (err)
			status = report(opts, seed, !totals->nr_differences++,
					seq, &found);
		if (status == EXIT_USAGE)
			return status;
		if (totals->nr_seeds % PROGRESS_EVERY == 0)
			fprintf(stderr,
				"seed %" PRIu64 ": %" PRIu64 " calls, %" PRIu64
				" differences\n",
				seed, totals->nr_ops, totals->nr_differences);
	}
	return totals->nr_differences ? EXIT_REGRESSION : EXIT_FINE;
}

static void print_totals(const struct totals *totals)
{
	printf("seeds %" PRIu64 "\noperations %" PRIu64 "\n", totals->nr_seeds,
	       totals->nr_ops);
	for (enum event i = 0; i < NR_EVENTS; i++)
		printf("%s %" PRIu64 "\n", event_name(i), totals->event[i]);
	printf("differences %" PRIu64 "\n", totals->nr_differences);
}

int main(int argc, char **argv)
{
	struct options opts = {
		.last = 9,
		.nr_ops = 100000,
		.sweep = diff_sweep_all,
	};
	struct diff_sequence seq = { .nr = 0 };
	struct totals totals = { 0 };
	int status;

	args_parse(&argp, argc, argv, &opts);
	seq.call = calloc(DIFF_TABLE_OPS, sizeof(*seq.call));
	if (!seq.call)
		return fail("diff", "out of memory");
	status = run_seeds(&opts, &seq, &totals);
	free(seq.call);
	print_totals(&totals);
	if (fflush(stdout) || ferror(stdout))
		return fail("stdout", "cannot be written");
	return status;
}
