// SPDX-License-Identifier: GPL-2.0-only
/*
 * v7sbench claims: what was claimed in 2018, put to the models.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claims_report.h"
#include "cli.h"
#include "mm_types.h"
#include "progress.h"

#define MAX_CLAIMS 64

struct options {
	enum claims_format format;
	const char *out;
	unsigned nr;
	const struct claim *claim[MAX_CLAIMS];
};

static const struct argp_option options[] = {
	{ "format", 'f', "FORMAT", 0, "table, csv, json or md (table)", 0 },
	{ "out", 'o', "DIR", 0,
	  "Write claims.csv and claims.md to DIR, each as a whole or not at all",
	  0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static void add_claim(struct options *opts, struct argp_state *state,
		      const char *id)
{
	const struct claim *claim = claim_find(id);
	unsigned i;

	if (!claim)
		argp_error(state, "unknown claim '%s'", id);
	for (i = 0; i < opts->nr; i++)
		if (opts->claim[i] == claim)
			argp_error(state, "claim '%s' given twice", id);
	if (opts->nr < MAX_CLAIMS)
		opts->claim[opts->nr++] = claim;
}

static void set_format(struct options *opts, struct argp_state *state,
		       const char *text)
{
	static const enum claims_format to[] = {
		[FORMAT_TABLE] = CLAIMS_TEXT,
		[FORMAT_CSV] = CLAIMS_CSV,
		[FORMAT_JSON] = CLAIMS_JSON,
		[FORMAT_MARKDOWN] = CLAIMS_MARKDOWN,
	};
	enum cli_format format;

	if (cli_format_parse(text, &format))
		argp_error(state, "unknown format '%s'", text);
	else
		opts->format = to[format];
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;
	const struct claim *claim;

	switch (key) {
	case 'f':
		set_format(opts, state, arg);
		break;
	case 'o':
		opts->out = arg;
		break;
	case ARGP_KEY_ARG:
		add_claim(opts, state, arg);
		break;
	case ARGP_KEY_END:
		if (opts->nr)
			break;
		for (claim = claims; claim->id; claim++)
			add_claim(opts, state, claim->id);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[CLAIM...]",
	.doc = "Puts claims of the 2018 discussion to the models (C1 ...; by default all): verdict, exact figures, and the commands that print them."
	       "\vExit status: 0 whatever the verdicts; 2 usage; 3 something broke.",
};

/* EXIT_FINE, -EINTR, or the status after a line on stderr. */
static int run_all(const struct options *opts, struct claim_result *ret)
{
	char why[CLAIM_WHY_SIZE];
	struct progress progress;
	unsigned i;
	int err = 0;

	progress_begin(&progress, stderr, opts->nr);
	for (i = 0; i < opts->nr && !err; i++) {
		progress_step(&progress, opts->claim[i]->id, 1);
		err = claim_run(opts->claim[i], &cli_stop, &ret[i], why);
	}
	progress_end(&progress);
	if (!err || err == -EINTR)
		return err;
	return cli_fail(EXIT_FAILED, "%s: %s", opts->claim[i - 1]->id, why);
}

/* What a report is made of. */
struct ledger {
	const struct options *opts;
	const struct claim_result *result;
	enum claims_format format;
};

static int report(void *ctx, FILE *out)
{
	const struct ledger *l = ctx;
	struct claims_report r;
	unsigned i;
	int err;

	claims_report_begin(&r, l->format, out);
	for (i = 0; i < l->opts->nr; i++)
		claims_report_add(&r, l->opts->claim[i], &l->result[i]);
	err = claims_report_end(&r);
	if (err && out == stdout)
		return cli_stdout_failed();
	return err ? cli_fail(EXIT_FAILED, "claims: %s", strerror(-err))
		   : EXIT_FINE;
}

static int report_all(const struct options *opts,
		      const struct claim_result *result)
{
	static const struct {
		enum claims_format format;
		const char *name;
	} file[] = { { CLAIMS_CSV, "csv" }, { CLAIMS_MARKDOWN, "md" } };
	struct ledger l = { opts, result, opts->format };
	int status = EXIT_FINE;
	unsigned i;

	if (!opts->out)
		return cli_to_file(NULL, report, &l);
	for (i = 0; i < ARRAY_SIZE(file) && !status; i++) {
		char path[4096];

		snprintf(path, sizeof(path), "%s/claims.%s", opts->out,
			 file[i].name);
		l.format = file[i].format;
		status = cli_to_file(path, report, &l);
	}
	return status;
}

int cmd_claims(int argc, char **argv)
{
	struct options opts = { .format = CLAIMS_TEXT };
	struct claim_result *result;
	int status;

	args_parse(&argp, argc, argv, &opts);
	result = calloc(opts.nr, sizeof(*result));
	if (!result)
		return cli_fail(EXIT_FAILED, "out of memory");
	cli_catch_signals();
	status = run_all(&opts, result);
	if (!status)
		status = report_all(&opts, result);
	free(result);
	if (status == -EINTR)
		cli_die_of_signal();
	return status;
}
