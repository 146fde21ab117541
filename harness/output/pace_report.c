// SPDX-License-Identifier: GPL-2.0-only
/*
 * Figures of replays at the trace's pace as CSV, JSON and tables; see
 * pace_report.h.
 *
 * Cost: small; not measured. Invariant: a figure has one getter, whatever the
 * form; a percentile is there if the clock could see it and values are enough.
 * Concurrency: none.
 */
#include "pace_report.h"

#include <errno.h>
#include <math.h>

#include "csvfile.h"
#include "result.h"

static double percentile(const struct pace_row *r, const struct latency *lat,
			 unsigned permyriad)
{
	uint64_t ns;

	if (!r->built || !latency_enough(lat, permyriad) ||
	    latency_publish(lat, permyriad, r->quantum_ns, &ns))
		return NAN;
	return (double)ns;
}

static double if_built(const struct pace_row *r, double x)
{
	return r->built ? x : NAN;
}

#define GET(name, expression)                              \
	static double get_##name(const struct pace_row *r) \
	{                                                  \
		return if_built(r, (double)(expression));  \
	}

#define GET_PLAN(name, expression)                         \
	static double get_##name(const struct pace_row *r) \
	{                                                  \
		return (double)(expression);               \
	}

GET_PLAN(speed, r->speed)
GET_PLAN(turn, r->turn)
GET_PLAN(trace_s, (double)r->span.trace_ns / 1e9)
GET(replay_s, (double)r->open.replay_ns / 1e9)
GET(events, r->open.nr_events)
GET(refused, r->open.nr_refused)
GET(alloc_failures, r->open.l2_failures)
GET(late_events, r->open.nr_late)
GET(late_ratio, (double)r->open.nr_late / (double)r->open.nr_events)

#define GET_PERCENTILES(what, lat)                    \
	GET(what##_ns_p50, percentile(r, lat, 5000))  \
	GET(what##_ns_p90, percentile(r, lat, 9000))  \
	GET(what##_ns_p99, percentile(r, lat, 9900))  \
	GET(what##_ns_p999, percentile(r, lat, 9990)) \
	GET(what##_ns_max, percentile(r, lat, 10000))

GET_PERCENTILES(service, r->open.service)
GET_PERCENTILES(lateness, r->open.lateness)
GET_PERCENTILES(response, r->open.response)
GET_PERCENTILES(closed_service, r->closed.service)

#define TEXT(column)                          \
	{                                     \
		.name = #column, .text = true \
	}
#define WHOLE(column)                                               \
	{                                                           \
		.name = #column, .whole = true, .get = get_##column \
	}
#define NUMBER(column)                               \
	{                                            \
		.name = #column, .get = get_##column \
	}
#define PERCENTILES(what)                                                 \
	WHOLE(what##_ns_p50), WHOLE(what##_ns_p90), WHOLE(what##_ns_p99), \
		WHOLE(what##_ns_p999), WHOLE(what##_ns_max)

const struct pace_column pace_columns[] = {
	TEXT(strategy),
	TEXT(workload),
	NUMBER(speed),
	WHOLE(turn),
	NUMBER(trace_s),
	NUMBER(replay_s),
	WHOLE(events),
	WHOLE(refused),
	WHOLE(alloc_failures),
	WHOLE(late_events),
	NUMBER(late_ratio),
	PERCENTILES(service),
	PERCENTILES(lateness),
	PERCENTILES(response),
	PERCENTILES(closed_service),
	{ .name = NULL },
};

int pace_write(const struct pace_row *rows, unsigned nr, FILE *out)
{
	const struct pace_column *col;
	struct csv_writer w;

	csv_writer_init(&w, out);
	for (col = pace_columns; col->name; col++)
		csv_put_text(&w, col->name);
	csv_end_row(&w);
	for (; nr; nr--, rows++) {
		csv_put_text(&w, rows->strategy);
		csv_put_text(&w, rows->workload);
		for (col = pace_columns; col->name; col++) {
			double x = col->text ? NAN : col->get(rows);

			if (col->text)
				continue;
			if (isnan(x))
				csv_put_empty(&w);
			else
				csv_put_digits(&w, x, col->whole ? 15 : 10);
		}
		csv_end_row(&w);
	}
	return w.error;
}

static json_t *row_to_json(const struct pace_row *row)
{
	json_t *obj = json_object();
	const struct pace_column *col;
	int err;

	err = json_object_set_new(obj, "strategy", text_to_json(row->strategy));
	err |= json_object_set_new(obj, "workload",
				   text_to_json(row->workload));
	for (col = pace_columns; col->name; col++) {
		double x = col->text ? NAN : col->get(row);

		if (!col->text)
			err |= json_object_set_new(
				obj, col->name,
				isnan(x)     ? json_null()
				: col->whole ? json_integer((json_int_t)x)
					     : json_real(x));
	}
	if (!err)
		return obj;
	json_decref(obj);
	return NULL;
}

json_t *pace_to_json(const struct pace_row *rows, unsigned nr)
{
	json_t *list = json_array();

	for (; nr; nr--, rows++)
		if (json_array_append_new(list, row_to_json(rows))) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static void put_percentile(struct table *t, const struct pace_row *row,
			   const struct latency *lat, unsigned permyriad)
{
	double ns = percentile(row, lat, permyriad);

	if (!isnan(ns))
		table_cellf(t, "%.0f", ns);
	else if (row->built && latency_enough(lat, permyriad))
		table_cellf(t, "<%.0f", LATENCY_MIN_QUANTA * row->quantum_ns);
	else
		table_cell(t, "-");
}

static void put_row(struct table *t, const struct pace_row *row)
{
	static const unsigned permyriad[] = { 5000, 9000, 9900, 9990, 10000 };
	const struct {
		const char *what;
		const struct latency *lat;
	} shown[] = {
		{ "closed loop: service", row->closed.service },
		{ "service", row->open.service },
		{ "lateness", row->open.lateness },
		{ "response", row->open.response },
	};
	size_t i, k;

	for (i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		table_cell(t, row->strategy);
		table_cell(t, shown[i].what);
		for (k = 0; k < sizeof(permyriad) / sizeof(permyriad[0]); k++)
			put_percentile(t, row, shown[i].lat, permyriad[k]);
		if (shown[i].lat == row->open.lateness && row->built)
			table_cellf(t, "%.3f", 100 * get_late_ratio(row));
		else
			table_cell(t, "");
	}
}

int pace_print(const struct pace_row *rows, unsigned nr,
	       enum table_format format, FILE *out)
{
	struct table *t = table_create();
	unsigned i;
	int err;

	table_column(t, "strategy", TABLE_LEFT);
	table_column(t, "ns", TABLE_LEFT);
	table_column(t, "p50", TABLE_RIGHT);
	table_column(t, "p90", TABLE_RIGHT);
	table_column(t, "p99", TABLE_RIGHT);
	table_column(t, "p99.9", TABLE_RIGHT);
	table_column(t, "max", TABLE_RIGHT);
	table_column(t, "late %", TABLE_RIGHT);
	for (i = 0; i < nr; i++)
		put_row(t, &rows[i]);
	err = table_finish(t, format, false, out);
	if (err)
		return err;
	fprintf(out,
		"\n%s: %llu events in %.3f s of the trace, %g times as fast.\n",
		rows->workload, (unsigned long long)rows->span.nr_events,
		(double)rows->span.trace_ns / 1e9, rows->speed);
	fputs("closed loop: coordinated omission: an event waits for the one before, and that wait is in no figure.\n"
	      "service: end - start; lateness: start - deadline; response: end - deadline.\n",
	      out);
	fprintf(out, "late: began more than %u us behind the deadline.\n",
		PACE_LATE_NS / 1000);
	return ferror(out) ? -EIO : 0;
}
