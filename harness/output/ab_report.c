// SPDX-License-Identifier: GPL-2.0-only
/*
 * Judges and prints two revisions beside each other; see ab_report.h.
 *
 * Invariant: nothing is called equal. Concurrency: none.
 */
#include "ab_report.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mm_types.h"
#include "result.h"

const char *const ab_columns[] = {
	"strategy",  "workload",   "metric", "processes",   "ratio",
	"ratio_low", "ratio_high", "p",	     "floor_ratio", "again_ratio",
	"again_p",   "verdict",	   NULL,
};

int ab_judge(const double *head, const double *twin, size_t n, double threshold,
	     struct ab_judgement *ret)
{
	struct ab_judgement j = { .floor = -1 };
	struct paired_result aa;
	int err = paired_judge(head, n, &j.head);

	if (!err)
		err = paired_judge(twin, n, &aa);
	if (err)
		return err;
	if (paired_floor(&aa, &j.floor))
		j.floor = -1;
	j.verdict = paired_verdict(&j.head, threshold, j.floor);
	*ret = j;
	return 0;
}

enum paired_verdict ab_verdict(const struct ab_row *row)
{
	if (!row->measured)
		return PAIRED_UNKNOWN;
	if (row->first.verdict == PAIRED_WORSE &&
	    (!row->asked_again || row->again.verdict != PAIRED_WORSE))
		return PAIRED_UNKNOWN;
	return row->first.verdict;
}

bool ab_inconclusive(const struct ab_row *row, double threshold)
{
	const struct paired_result *r = &row->first.head;

	return row->measured && ab_verdict(row) == PAIRED_UNKNOWN &&
	       (!r->has_interval || r->high > log1p(threshold));
}

void ab_summarise(const struct ab_row *row, unsigned nr, struct ab_summary *ret)
{
	unsigned i;

	for (i = 0; i < nr; i++) {
		enum paired_verdict verdict = ab_verdict(&row[i]);

		ret->nr_measured += row[i].measured;
		ret->nr_not_measured += !row[i].measured;
		ret->nr_worse += verdict == PAIRED_WORSE;
		ret->nr_better += verdict == PAIRED_BETTER;
		ret->nr_not_again += row[i].asked_again &&
				     verdict != PAIRED_WORSE;
		ret->nr_inconclusive +=
			ab_inconclusive(&row[i], ret->threshold);
	}
}

static const char *verdict_text(const struct ab_row *row)
{
	return row->measured ? paired_verdict_names[ab_verdict(row)] : "-";
}

/* The worst of those confirmed; there is one. */
static const struct ab_row *worst(const struct ab_row *row, unsigned nr)
{
	const struct ab_row *ret = NULL;
	unsigned i;

	for (i = 0; i < nr; i++)
		if (ab_verdict(&row[i]) == PAIRED_WORSE &&
		    (!ret ||
		     row[i].again.head.log_ratio > ret->again.head.log_ratio))
			ret = &row[i];
	return ret;
}

static void put_counts(const struct ab_summary *sum, FILE *out)
{
	if (sum->nr_better)
		fprintf(out, "; faster in %u", sum->nr_better);
	if (sum->nr_not_again)
		fprintf(out, "; %u looked slower once and %s not found again",
			sum->nr_not_again,
			sum->nr_not_again > 1 ? "were" : "was");
	if (sum->nr_inconclusive)
		fprintf(out, "; in %u a slowdown beyond %g %% is not ruled out",
			sum->nr_inconclusive, sum->threshold * 100);
	if (sum->nr_not_measured)
		fprintf(out, "; %u could not be measured",
			sum->nr_not_measured);
	fputs(".\n", out);
}

void ab_sentence(const struct ab_row *row, unsigned nr,
		 const struct ab_summary *sum, FILE *out)
{
	const struct ab_row *most = worst(row, nr);

	if (most) {
		fprintf(out,
			"regression confirmed: %s is slower than %s in %u of %u figures, most in %s, %s, %s: %.3f times, found again %.3f times",
			sum->head, sum->base, sum->nr_worse, sum->nr_measured,
			most->strategy, most->workload, most->metric,
			exp(most->first.head.log_ratio),
			exp(most->again.head.log_ratio));
	} else {
		fprintf(out,
			"no regression found: %s against %s in %u figure%s",
			sum->head, sum->base, sum->nr_measured,
			sum->nr_measured == 1 ? "" : "s");
	}
	put_counts(sum, out);
}

static void put_judged(struct csv_writer *w, const struct ab_judgement *j)
{
	const struct paired_result *r = &j->head;

	csv_put_u64(w, r->n);
	csv_put_digits(w, exp(r->log_ratio), 6);
	if (r->has_interval) {
		csv_put_digits(w, exp(r->low), 6);
		csv_put_digits(w, exp(r->high), 6);
	} else {
		csv_put_empty(w);
		csv_put_empty(w);
	}
	csv_put_digits(w, r->p, 6);
	if (j->floor >= 0)
		csv_put_digits(w, exp(j->floor), 6);
	else
		csv_put_empty(w);
}

static int put_csv_row(struct csv_writer *w, const struct ab_row *row)
{
	unsigned i;

	csv_put_text(w, row->strategy);
	csv_put_text(w, row->workload);
	csv_put_text(w, row->metric);
	if (row->measured)
		put_judged(w, &row->first);
	else
		for (i = 0; i < 6; i++)
			csv_put_empty(w);
	if (row->asked_again) {
		csv_put_digits(w, exp(row->again.head.log_ratio), 6);
		csv_put_digits(w, row->again.head.p, 6);
	} else {
		csv_put_empty(w);
		csv_put_empty(w);
	}
	csv_put_text(w, verdict_text(row));
	return csv_end_row(w);
}

int ab_write_csv(const struct ab_row *row, unsigned nr, FILE *out)
{
	struct csv_writer w;
	unsigned i;

	csv_writer_init(&w, out);
	for (i = 0; ab_columns[i]; i++)
		csv_put_text(&w, ab_columns[i]);
	csv_end_row(&w);
	for (i = 0; i < nr; i++)
		put_csv_row(&w, &row[i]);
	return w.error;
}

static void put_table_row(struct table *t, const struct ab_row *row)
{
	const struct paired_result *r = &row->first.head;

	table_cell(t, row->workload);
	table_cell(t, row->strategy);
	table_cell(t, row->metric);
	if (!row->measured) {
		for (unsigned i = 0; i < 5; i++)
			table_cell(t, i ? "" : "-");
	} else {
		table_cellf(t, "%.3f", exp(r->log_ratio));
		if (r->has_interval)
			table_cellf(t, "%.3f to %.3f", exp(r->low),
				    exp(r->high));
		else
			table_cell(t, "");
		table_cellf(t, "%.2g", r->p);
		if (row->first.floor >= 0)
			table_cellf(t, "%.3f", exp(row->first.floor));
		else
			table_cell(t, "");
		if (row->asked_again)
			table_cellf(t, "%.3f", exp(row->again.head.log_ratio));
		else
			table_cell(t, "");
	}
	table_cell(t, verdict_text(row));
}

int ab_write_table(const struct ab_row *row, unsigned nr,
		   enum table_format format, FILE *out)
{
	static const char *const name[] = { "head/base", "interval", "p",
					    "floor", "again" };
	struct table *t = table_create();
	unsigned i;

	table_column(t, "workload", TABLE_LEFT);
	table_column(t, "strategy", TABLE_LEFT);
	table_column(t, "metric", TABLE_LEFT);
	for (i = 0; i < ARRAY_SIZE(name); i++)
		table_column(t, name[i], TABLE_RIGHT);
	table_column(t, "verdict", TABLE_LEFT);
	for (i = 0; i < nr; i++)
		put_table_row(t, &row[i]);
	return table_finish(t, format, false, out);
}

static json_t *cell_as_json(const struct csv_table *t, size_t row, size_t c)
{
	const char *cell = csv_cell(t, row, c);
	double value;

	if (!*cell)
		return json_null();
	if (csv_cell_double(t, row, c, &value))
		return text_to_json(cell);
	return strpbrk(cell, ".e") ? json_real(value)
				   : json_integer((json_int_t)value);
}

/* Members are the columns of the CSV, which is where they come from. */
static json_t *rows_to_json(const struct csv_table *t)
{
	json_t *list = json_array();
	size_t row, c;

	for (row = 0; list && row < t->nr_rows; row++) {
		json_t *obj = json_object();

		for (c = 0; c < t->nr_columns; c++)
			json_object_set_new(obj, t->name[c],
					    cell_as_json(t, row, c));
		json_array_append_new(list, obj);
	}
	return list;
}

static int parse_rows(const struct ab_row *row, unsigned nr,
		      struct csv_table *ret)
{
	char why[OUTPUT_WHY_SIZE];
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	int err = f ? ab_write_csv(row, nr, f) : -ENOMEM;

	if (f && fclose(f) && !err)
		err = -ENOMEM;
	if (!err)
		err = csv_table_parse("ab", text, size, ret, why);
	free(text);
	return err;
}

int ab_write_json(const struct ab_row *row, unsigned nr,
		  const struct ab_summary *sum, FILE *out)
{
	struct csv_table t = { 0 };
	json_t *root = json_object();
	int err = root ? parse_rows(row, nr, &t) : -ENOMEM;

	if (!err) {
		json_object_set_new(root, "base", text_to_json(sum->base));
		json_object_set_new(root, "head", text_to_json(sum->head));
		json_object_set_new(root, "threshold_ratio",
				    json_real(1 + sum->threshold));
		json_object_set_new(root, "regression",
				    json_boolean(sum->nr_worse != 0));
		json_object_set_new(root, "inconclusive",
				    json_integer(sum->nr_inconclusive));
		json_object_set_new(root, "figures", rows_to_json(&t));
		err = json_dumpf(root, out,
				 JSON_INDENT(2) | JSON_REAL_PRECISION(6)) ||
				      fputc('\n', out) == EOF
			      ? -EIO
			      : 0;
	}
	csv_table_fini(&t);
	json_decref(root);
	return err;
}
