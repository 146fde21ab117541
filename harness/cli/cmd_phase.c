// SPDX-License-Identifier: GPL-2.0-only
/*
 * v7sbench phase: which strategy holds least, over number of live tables, CPUs
 * and how tables come and go.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lists.h"
#include "phase_report.h"
#include "plan_options.h"
#include "progress.h"
#include "ranked.h"

#define MAX_TABLES 16384 /* of a domain: 34 bits of iova */
#define MAX_CPUS 64
#define MAX_PATTERNS 32

static const unsigned default_tables[] = {
	1,  2,	 3,   4,   6,	8,   12,  16,	24,   32,   48,	  64,
	96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096,
};
static const unsigned default_cpus[] = { 1, 2, 4, 8 };

struct options {
	struct plan_options plan; /* its strategies and seed */
	enum cli_format format;
	const char *out;
	unsigned ias;
	unsigned nr_tables, nr_cpus, nr_patterns;
	unsigned tables[MAX_TABLES];
	unsigned cpus[MAX_CPUS];
	struct phase_pattern pattern[MAX_PATTERNS];
};

enum { OPT_IAS = 0x400, OPT_CPUS, OPT_CHURN, OPT_SEED };

static const struct argp_option options[] = {
	{ "tables", 't', "N[,N-N...]", 0,
	  "Tables alive in the end (1 to 4096, closer where few)", 0 },
	{ "cpus", OPT_CPUS, "N[,N-N...]", 0, "Simulated CPUs (1,2,4,8)", 0 },
	{ "churn", OPT_CHURN, "P[,P...]", 0,
	  "How tables come and go (0,0.1,1,10,shrink4); see below", 0 },
	{ "strategy", 's', "S[,S...]", 0,
	  "Strategies, each with its options (all that are ranked)", 0 },
	{ "ias", OPT_IAS, "BITS", 0,
	  "Bits of an iova, 21 to 34: a table a MiB at most (32)", 0 },
	{ "seed", OPT_SEED, "N", 0, "For orders and CPUs (1)", 0 },
	{ "format", 'f', "FORMAT", 0, "table, csv or md (table)", 0 },
	{ "out", 'o', "FILE", 0, "Write to FILE, as a whole or not at all", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static void add_pattern(void *ctx, struct argp_state *state, const char *word)
{
	struct options *opts = ctx;
	unsigned i;

	if (opts->nr_patterns == MAX_PATTERNS)
		argp_error(state, "--churn: more than %d", MAX_PATTERNS);
	if (phase_pattern_parse(word, &opts->pattern[opts->nr_patterns]))
		argp_error(
			state,
			"--churn: '%s' is no number from 0 to %d, nor shrinkK, groupK or pinK with K from 1 to %d",
			word, PHASE_MAX_CHURN, PHASE_MAX_K);
	for (i = 0; i < opts->nr_patterns; i++)
		if (!strcmp(opts->pattern[i].label, word))
			argp_error(state, "--churn: '%s' given twice", word);
	opts->nr_patterns++;
}

static void set_defaults(struct options *opts, struct argp_state *state)
{
	const struct l2_strategy_ops *const *ops;
	unsigned most = 1u << (opts->ias - 20);

	if (!opts->nr_tables) {
		memcpy(opts->tables, default_tables, sizeof(default_tables));
		opts->nr_tables = ARRAY_SIZE(default_tables);
		while (opts->tables[opts->nr_tables - 1] > most)
			opts->nr_tables--;
	}
	if (!opts->nr_cpus) {
		memcpy(opts->cpus, default_cpus, sizeof(default_cpus));
		opts->nr_cpus = ARRAY_SIZE(default_cpus);
	}
	if (!opts->nr_patterns)
		cli_word_list(state, "--churn", "0,0.1,1,10,shrink4",
			      add_pattern, opts);
	if (!opts->plan.plan.nr_specs)
		for (ops = l2_strategies; *ops; ops++)
			if (!(*ops)->baseline)
				plan_options_add_specs(&opts->plan, state,
						       (*ops)->name);
	if (!strategy_any_ranked(opts->plan.spec, opts->plan.plan.nr_specs))
		argp_error(state, "--strategy: none of these is ranked");
	if (opts->tables[opts->nr_tables - 1] > most)
		argp_error(state, "--tables: %u is more than --ias=%u can need",
			   opts->tables[opts->nr_tables - 1], opts->ias);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;

	switch (key) {
	case 't':
		opts->nr_tables = cli_number_list(state, "--tables", arg,
						  MAX_TABLES, opts->tables,
						  MAX_TABLES);
		break;
	case OPT_CPUS:
		opts->nr_cpus = cli_number_list(state, "--cpus", arg, MAX_CPUS,
						opts->cpus, MAX_CPUS);
		break;
	case OPT_CHURN:
		cli_word_list(state, "--churn", arg, add_pattern, opts);
		break;
	case 's':
		plan_options_add_specs(&opts->plan, state, arg);
		break;
	case OPT_IAS:
		opts->ias = (unsigned)args_number(state, "--ias", arg, 21, 34);
		break;
	case OPT_SEED:
		opts->plan.plan.seed =
			args_number(state, "--seed", arg, 0, UINT64_MAX);
		break;
	case 'f':
		if (cli_format_parse(arg, &opts->format) ||
		    opts->format == FORMAT_JSON)
			argp_error(state, "unknown format '%s'", arg);
		break;
	case 'o':
		opts->out = arg;
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "what is '%s'?", arg);
		break;
	case ARGP_KEY_END:
		set_defaults(opts, state);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Drives the strategies without a page table and says which holds least."
	       "\vAll patterns of --churn end with the same number of tables alive:\n"
	       "  0, 0.1, 10 ...  after the fill, so many replacements for each table: one drawn at random is freed, another taken\n"
	       "  shrinkK         K times as many are taken, all but those that stay are freed; these lie scattered\n"
	       "  groupK          the same, but those that stay were taken in a row\n"
	       "  pinK            of each K taken one stays, the others are freed at once\n"
	       "Each call comes from a CPU drawn at random. Exit status: 0; 2 usage; 3 something broke.",
};

struct report {
	const struct options *opts;
	struct csv_writer csv;
	struct phase_winners winners;
	struct progress progress;
};

static int on_row(void *ctx, const struct phase_grid *grid,
		  const struct phase_point *point,
		  const struct phase_cell *cell)
{
	struct report *r = ctx;
	char label[PROGRESS_LABEL];

	snprintf(label, sizeof(label), "churn %s, %u CPUs, %u tables",
		 point->pattern.label, point->cpus, point->tables);
	progress_step(&r->progress, label, point->tables);
	return r->opts->format == FORMAT_CSV
		       ? phase_csv_row(&r->csv, grid, point, cell)
		       : phase_winners_row(&r->winners, grid, point, cell);
}

static int print_winners(struct report *r, FILE *out)
{
	bool markdown = r->opts->format == FORMAT_MARKDOWN;

	return phase_winners_print(&r->winners,
				   markdown ? TABLE_MARKDOWN : TABLE_TEXT, out);
}

static uint64_t weight(const struct phase_grid *grid)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < grid->nr_tables; i++)
		sum += grid->tables[i];
	return sum * grid->nr_cpus * grid->nr_patterns;
}

/* 0, or an error that *ret_why explains. */
static int work(void *ctx, FILE *out)
{
	const struct options *opts = ctx;
	const struct phase_grid grid = {
		.max_tables = 1u << (opts->ias - 20),
		.seed = opts->plan.plan.seed,
		.tables = opts->tables,
		.nr_tables = opts->nr_tables,
		.cpus = opts->cpus,
		.nr_cpus = opts->nr_cpus,
		.pattern = opts->pattern,
		.nr_patterns = opts->nr_patterns,
		.spec = opts->plan.spec,
		.nr_specs = opts->plan.plan.nr_specs,
		.stop = &cli_stop,
	};
	struct report r = { .opts = opts };
	const char *why = "";
	int err = 0;

	r.winners.table = table_create();
	csv_writer_init(&r.csv, out);
	if (opts->format == FORMAT_CSV)
		err = phase_csv_header(&r.csv);
	progress_begin(&r.progress, stderr, weight(&grid));
	if (!err)
		err = phase_run(&grid, on_row, &r, &why);
	progress_end(&r.progress);
	if (!err && opts->format != FORMAT_CSV)
		err = print_winners(&r, out);
	table_destroy(r.winners.table);
	if (!err || err == -EINTR)
		return err;
	return cli_fail(EXIT_FAILED, "%s",
			err == -EUCLEAN ? why : strerror(-err));
}

int cmd_phase(int argc, char **argv)
{
	static struct options opts = { .ias = 32 };
	int status;

	plan_options_init(&opts.plan, 0);
	args_parse(&argp, argc, argv, &opts);
	cli_catch_signals();
	status = cli_to_file(opts.out, work, &opts);
	if (status == -EINTR)
		cli_die_of_signal();
	return status;
}
