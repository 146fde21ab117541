// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes of instances as tables, CSV and JSON; see slabinfo.h.
 *
 * Cost: small; not measured. Invariant: values are printed as they are.
 * Concurrency: none.
 */
#include "slabinfo.h"

#include <errno.h>

#include "csvfile.h"
#include "result.h"

static const char *domain_of(const struct run_cell *cell, unsigned instance,
			     const struct trace *trace)
{
	return cell->memory.shared ? "*" : trace->domain[instance];
}

static int print_attrs(const struct l2_attrs *attrs, enum table_format format,
		       bool color, FILE *out)
{
	struct table *t = table_create();
	unsigned i;

	table_column(t, "name", TABLE_LEFT);
	table_column(t, "value", TABLE_RIGHT);
	for (i = 0; i < attrs->nr; i++) {
		table_cell(t, attrs->row[i].name);
		table_cellf(t, "%llu", (unsigned long long)attrs->row[i].value);
	}
	return table_finish(t, format, color, out);
}

static void print_heading(const struct run_cell *cell, unsigned instance,
			  const struct trace *trace, FILE *out)
{
	const char *id = cell->memory.attrs[instance].id;
	const char *domain = trace->domain[instance];

	fputs(cell->spec->label, out);
	if (*id)
		fprintf(out, ", %s", id);
	if (cell->memory.shared)
		fprintf(out, ", all %u domains", trace->nr_domains);
	else if (*domain)
		fprintf(out, ", domain %s", domain);
	fputs("\n\n", out);
}

int slabinfo_print(const struct run_cell *cells, unsigned nr,
		   const struct trace *trace, enum table_format format,
		   bool color, FILE *out)
{
	unsigned i, k;
	int err = 0;

	for (i = 0; i < nr; i++)
		for (k = 0; k < cells[i].memory.nr_instances && !err; k++) {
			if (i || k)
				fputc('\n', out);
			print_heading(&cells[i], k, trace, out);
			err = print_attrs(&cells[i].memory.attrs[k], format,
					  color, out);
		}
	return err;
}

static void write_attrs(struct csv_writer *w, const struct run_cell *cell,
			unsigned instance, const struct trace *trace)
{
	const struct l2_attrs *attrs = &cell->memory.attrs[instance];
	unsigned i;

	for (i = 0; i < attrs->nr; i++) {
		csv_put_text(w, cell->spec->label);
		csv_put_text(w, cell->workload);
		csv_put_text(w, domain_of(cell, instance, trace));
		csv_put_text(w, attrs->id);
		csv_put_text(w, attrs->row[i].name);
		csv_put_u64(w, attrs->row[i].value);
		csv_end_row(w);
	}
}

int slabinfo_write(const struct run_cell *cells, unsigned nr,
		   const struct trace *trace, FILE *out)
{
	static const char *const header[] = {
		"strategy", "workload", "domain", "id", "name", "value",
	};
	struct csv_writer w;
	unsigned i, k;

	csv_writer_init(&w, out);
	for (i = 0; i < sizeof(header) / sizeof(header[0]); i++)
		csv_put_text(&w, header[i]);
	csv_end_row(&w);
	for (i = 0; i < nr; i++)
		for (k = 0; k < cells[i].memory.nr_instances; k++)
			write_attrs(&w, &cells[i], k, trace);
	return w.error;
}

static json_t *attrs_to_json(const struct run_cell *cell, unsigned instance,
			     const struct trace *trace)
{
	const struct l2_attrs *attrs = &cell->memory.attrs[instance];
	json_t *values = json_object();
	unsigned i;
	int err = 0;

	for (i = 0; i < attrs->nr && !err; i++)
		err = json_object_set_new(
			values, attrs->row[i].name,
			json_integer((json_int_t)attrs->row[i].value));
	if (err) {
		json_decref(values);
		return NULL;
	}
	return json_pack("{s:s, s:o, s:o, s:s, s:o}", "strategy",
			 cell->spec->label, "workload",
			 text_to_json(cell->workload), "domain",
			 text_to_json(domain_of(cell, instance, trace)), "id",
			 attrs->id, "attributes", values);
}

json_t *slabinfo_to_json(const struct run_cell *cells, unsigned nr,
			 const struct trace *trace)
{
	json_t *list = json_array();
	unsigned i, k;
	int err = 0;

	for (i = 0; i < nr; i++)
		for (k = 0; k < cells[i].memory.nr_instances && !err; k++)
			err = json_array_append_new(
				list, attrs_to_json(&cells[i], k, trace));
	if (err) {
		json_decref(list);
		return NULL;
	}
	return list;
}
