// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows of survive.csv and of its table; see survive_report.h.
 */
#include "survive_report.h"

const char *const survive_columns[] = {
	"strategy",   "workload",     "frag",	"profile",	  "cpus",
	"zone_bytes", "failed_event", "trials", "contradictions", NULL,
};

int survive_csv_header(struct csv_writer *w)
{
	const char *const *name;

	for (name = survive_columns; *name; name++)
		csv_put_text(w, *name);
	return csv_end_row(w);
}

int survive_csv_row(struct csv_writer *w, const struct survive_row *row)
{
	char frag[AGE_TEXT_SIZE];

	age_format(&row->cfg->age, frag);
	csv_put_text(w, row->spec->label);
	csv_put_text(w, row->workload);
	csv_put_text(w, frag);
	csv_put_text(w, row->cfg->profile->name);
	csv_put_u64(w, replay_nr_cpus(row->cfg));
	if (row->result.found)
		csv_put_u64(w, row->result.bytes);
	else
		csv_put_empty(w);
	csv_put_u64(w, row->result.failed_event);
	csv_put_u64(w, row->result.trials);
	csv_put_u64(w, row->result.contradictions);
	return csv_end_row(w);
}

void survive_table_header(struct table *t)
{
	table_column(t, "workload", TABLE_LEFT);
	table_column(t, "frag", TABLE_LEFT);
	table_column(t, "strategy", TABLE_LEFT);
	table_column(t, "least DMA32 KiB", TABLE_RIGHT);
	table_column(t, "a page less, or all tried", TABLE_LEFT);
	table_column(t, "contradictions", TABLE_RIGHT);
}

void survive_table_row(struct table *t, const struct survive_row *row)
{
	const struct survive_result *r = &row->result;
	char frag[AGE_TEXT_SIZE];

	age_format(&row->cfg->age, frag);
	table_cell(t, row->workload);
	table_cell(t, frag);
	table_cell(t, row->spec->label);
	if (r->found)
		table_cellf(t, "%llu", (unsigned long long)(r->bytes / 1024));
	else
		table_cell(t, "none will do");
	if (r->failed_event)
		table_cellf(t, "fails at event %llu",
			    (unsigned long long)r->failed_event);
	else
		table_cell(t, "fails before the first event");
	if (r->found)
		table_cellf(t, "%u of %u", r->contradictions,
			    2 * SURVIVE_PROBES);
	else
		table_cell(t, "");
}
