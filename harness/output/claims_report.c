// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes the ledger of claims in four formats; see claims_report.h.
 * Not done: judging. What is printed is what claim_run() found.
 */
#include "claims_report.h"

#include <errno.h>
#include <inttypes.h>

#include "table.h"

#define MODELLED                                                                       \
	"Modelled: SLUB and page lists of Linux 6.1. The discussion was about 4.20:\n" \
	"slab_dma32:kernel=4.20 has the SLUB of that, here on the page lists of 6.1.\n"

const char *const claims_columns[] = {
	"claim", "verdict", "condition", "figure", "value", "unit", NULL,
};

void claims_report_begin(struct claims_report *r, enum claims_format format,
			 FILE *out)
{
	const char *const *name;

	*r = (struct claims_report){ .out = out, .format = format };
	csv_writer_init(&r->csv, out);
	if (format == CLAIMS_JSON)
		r->json = json_array();
	if (format == CLAIMS_MARKDOWN)
		fputs("# Claims of the 2018 discussion, put to the models\n\n"
		      "Written by `v7sbench claims --format=md`; renewed by `ninja claims-update`. All figures are\n"
		      "exact, with orders and CPUs drawn from seed 1, and the commands print them.\n\n" MODELLED,
		      out);
	if (format == CLAIMS_TEXT)
		fputs(MODELLED "\n", out);
	if (format != CLAIMS_CSV)
		return;
	for (name = claims_columns; *name; name++)
		csv_put_text(&r->csv, *name);
	csv_end_row(&r->csv);
}

static void add_csv(struct claims_report *r, const struct claim *claim,
		    const struct claim_result *result)
{
	unsigned i;

	for (i = 0; i < result->nr_figures; i++) {
		const struct claim_figure *f = &result->figure[i];

		csv_put_text(&r->csv, claim->id);
		csv_put_text(&r->csv, claim_verdict_name(result->verdict));
		csv_put_text(&r->csv, result->condition);
		csv_put_text(&r->csv, f->name);
		csv_put_u64(&r->csv, f->value);
		csv_put_text(&r->csv, f->unit);
		csv_end_row(&r->csv);
	}
}

static void put_head(FILE *out, const struct claim *claim,
		     const struct claim_result *result, bool markdown)
{
	const char *id = claim->message_id ? claim->message_id
					   : "message-id not at hand";
	const char *blank = *result->condition ? " " : "";
	const char *notes = claim->remembered ? "; wording from notes" : "";

	fprintf(out, markdown ? "\n## %s: %s%s%s\n\n" : "%s: %s%s%s\n",
		claim->id, claim_verdict_name(result->verdict), blank,
		result->condition);
	fprintf(out,
		markdown ? "> %s\n\n%s (%s%s)\n\nTested: %s.\n\n"
			 : "  \"%s\"\n  %s (%s%s)\n  tested: %s\n",
		claim->text, claim->source, id, notes, claim->rule);
}

static void put_text(FILE *out, const struct claim *claim,
		     const struct claim_result *result)
{
	unsigned i;

	put_head(out, claim, result, false);
	for (i = 0; i < result->nr_figures; i++)
		fprintf(out, "  %12" PRIu64 " %-8s %s\n",
			result->figure[i].value, result->figure[i].unit,
			result->figure[i].name);
	for (i = 0; i < CLAIM_MAX_COMMANDS && claim->command[i]; i++)
		fprintf(out, "  $ %s\n", claim->command[i]);
	putc('\n', out);
}

static int put_markdown(FILE *out, const struct claim *claim,
			const struct claim_result *result)
{
	struct table *t = table_create();
	unsigned i;
	int err;

	put_head(out, claim, result, true);
	table_column(t, "figure", TABLE_LEFT);
	table_column(t, "value", TABLE_RIGHT);
	table_column(t, "unit", TABLE_LEFT);
	for (i = 0; i < result->nr_figures; i++) {
		table_cell(t, result->figure[i].name);
		table_cellf(t, "%" PRIu64, result->figure[i].value);
		table_cell(t, result->figure[i].unit);
	}
	err = table_finish(t, TABLE_MARKDOWN, false, out);
	fputs("\n```\n", out);
	for (i = 0; i < CLAIM_MAX_COMMANDS && claim->command[i]; i++)
		fprintf(out, "%s\n", claim->command[i]);
	fputs("```\n", out);
	return err;
}

static int add_json(json_t *list, const struct claim *claim,
		    const struct claim_result *result)
{
	json_t *figures = json_array(), *commands = json_array();
	unsigned i;
	int err = 0;

	for (i = 0; i < result->nr_figures; i++)
		err |= json_array_append_new(
			figures, json_pack("{s:s, s:I, s:s}", "figure",
					   result->figure[i].name, "value",
					   (json_int_t)result->figure[i].value,
					   "unit", result->figure[i].unit));
	for (i = 0; i < CLAIM_MAX_COMMANDS && claim->command[i]; i++)
		err |= json_array_append_new(commands,
					     json_string(claim->command[i]));
	/* Takes both lists, whether it succeeds or not. */
	err |= json_array_append_new(
		list,
		json_pack("{s:s, s:s, s:s, s:s?, s:b, s:s, s:s, s:s, s:o, s:o}",
			  "claim", claim->id, "text", claim->text, "source",
			  claim->source, "message_id", claim->message_id,
			  "remembered", claim->remembered, "rule", claim->rule,
			  "verdict", claim_verdict_name(result->verdict),
			  "condition", result->condition, "figures", figures,
			  "commands", commands));
	return err ? -ENOMEM : 0;
}

void claims_report_add(struct claims_report *r, const struct claim *claim,
		       const struct claim_result *result)
{
	int err = 0;

	if (r->format == CLAIMS_CSV)
		add_csv(r, claim, result);
	else if (r->format == CLAIMS_JSON)
		err = add_json(r->json, claim, result);
	else if (r->format == CLAIMS_MARKDOWN)
		err = put_markdown(r->out, claim, result);
	else
		put_text(r->out, claim, result);
	if (err && !r->csv.error)
		r->csv.error = err;
}

int claims_report_end(struct claims_report *r)
{
	int err = r->csv.error;

	if (r->format == CLAIMS_JSON && !err) {
		if (json_dumpf(r->json, r->out, JSON_INDENT(1)))
			err = -EIO;
		putc('\n', r->out);
	}
	json_decref(r->json);
	return err ? err : ferror(r->out) ? -EIO : 0;
}
