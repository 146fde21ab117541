// SPDX-License-Identifier: GPL-2.0-only
/*
 * Figures of a trace as CSV, JSON and tables; see trace_report.h.
 *
 * Cost: small; not measured. Invariant: a figure has one getter, whatever the
 * form. Concurrency: none.
 */
#include "trace_report.h"

#include <errno.h>
#include <inttypes.h>

#include "result.h"

#define GET(name, expression)                                    \
	static uint64_t get_##name(const struct trace_report *r) \
	{                                                        \
		return (uint64_t)(expression);                   \
	}

GET(events, r->trace->nr_events)
GET(maps, r->trace->nr_maps)
GET(unmaps, r->trace->nr_unmaps)
GET(domains, r->trace->nr_domains)
GET(cpus, r->trace->nr_cpus)
GET(lost, r->trace->nr_lost)
GET(other, r->trace->nr_other)
GET(points, r->trace->nr_points)
GET(probes, r->trace->nr_probes)
GET(unjoined_points, r->trace->unjoined_points)
GET(unjoined_probes, r->trace->unjoined_probes)
GET(any, r->trace->nr_any)
GET(duration_ns, r->stat->duration_ns)
GET(map_bytes, r->stat->map.bytes)
GET(unmap_bytes, r->stat->unmap.bytes)
GET(map_4k, r->stat->map.page[STAT_4K])
GET(map_64k, r->stat->map.page[STAT_64K])
GET(map_1m, r->stat->map.page[STAT_1M])
GET(map_16m, r->stat->map.page[STAT_16M])
GET(unmap_4k, r->stat->unmap.page[STAT_4K])
GET(unmap_64k, r->stat->unmap.page[STAT_64K])
GET(unmap_1m, r->stat->unmap.page[STAT_1M])
GET(unmap_16m, r->stat->unmap.page[STAT_16M])
GET(live_bytes_peak, r->stat->peak.bytes)
GET(live_bytes_end, r->stat->end.bytes)
GET(live_slots_peak, r->stat->peak.slots)
GET(live_slots_end, r->stat->end.slots)
GET(live_ranges_peak, r->stat->peak.ranges)
GET(live_ranges_end, r->stat->end.ranges)
GET(merging_unmaps, r->stat->merging_unmaps)
GET(merged_most, r->stat->merged_most)
GET(part_unmaps, r->stat->part_unmaps)
GET(anomalies, trace_stat_anomalies(r->stat))
GET(maps_over_live, r->stat->maps_over_live)
GET(unmaps_of_nothing, r->stat->unmaps_of_nothing)
GET(unmaps_of_less, r->stat->unmaps_of_less)
GET(ambiguous, trace_stat_ambiguous(r->trace, r->stat))

#define COLUMN(name, what)              \
	{                               \
#name, what, get_##name \
	}

const struct trace_column trace_columns[] = {
	COLUMN(events, "map and unmap events"),
	COLUMN(maps, "maps"),
	COLUMN(unmaps, "unmaps"),
	COLUMN(domains, "domains"),
	COLUMN(cpus, "highest CPU, plus 1"),
	COLUMN(lost, "events that the recorder lost"),
	COLUMN(other, "events of another kind"),
	COLUMN(points, "tracepoints, taken or not"),
	COLUMN(probes, "kprobes, taken or not"),
	COLUMN(unjoined_points, "tracepoints without a kprobe (--join)"),
	COLUMN(unjoined_probes, "kprobes without a tracepoint (--join)"),
	COLUMN(any, "maps of any memory"),
	COLUMN(duration_ns, "ns from the first event to the last"),
	COLUMN(map_bytes, "bytes mapped"),
	COLUMN(unmap_bytes, "bytes unmapped"),
	COLUMN(map_4k, "calls to map a 4K page"),
	COLUMN(map_64k, "calls to map a 64K page"),
	COLUMN(map_1m, "calls to map a 1M page"),
	COLUMN(map_16m, "calls to map a 16M page"),
	COLUMN(unmap_4k, "calls to unmap a 4K page"),
	COLUMN(unmap_64k, "calls to unmap a 64K page"),
	COLUMN(unmap_1m, "calls to unmap a 1M page"),
	COLUMN(unmap_16m, "calls to unmap a 16M page"),
	COLUMN(live_bytes_peak, "bytes mapped at once, at most"),
	COLUMN(live_bytes_end, "bytes mapped at the end"),
	COLUMN(live_slots_peak,
	       "slots of 1 MiB with something mapped, at most"),
	COLUMN(live_slots_end, "the same at the end"),
	COLUMN(live_ranges_peak, "ranges mapped at once, at most"),
	COLUMN(live_ranges_end, "ranges mapped at the end"),
	COLUMN(merging_unmaps, "unmaps of several maps at once"),
	COLUMN(merged_most, "maps in one of them, at most"),
	COLUMN(part_unmaps, "unmaps that leave part of a map"),
	COLUMN(anomalies, "anomalies, the sum of these three:"),
	COLUMN(maps_over_live, "maps over a live iova"),
	COLUMN(unmaps_of_nothing, "unmaps of what is not mapped"),
	COLUMN(unmaps_of_less, "unmaps of what is mapped in part"),
	COLUMN(ambiguous, "1: seems to be of several domains, not told apart"),
	{ NULL, NULL, NULL },
};

int trace_report_write(const struct trace_report *report, FILE *out)
{
	const struct trace_column *col;
	struct csv_writer w;

	csv_writer_init(&w, out);
	csv_put_text(&w, "trace");
	for (col = trace_columns; col->name; col++)
		csv_put_text(&w, col->name);
	csv_end_row(&w);
	csv_put_text(&w, report->name);
	for (col = trace_columns; col->name; col++)
		csv_put_u64(&w, col->get(report));
	return csv_end_row(&w);
}

static json_t *u64_to_json(uint64_t value)
{
	return json_integer((json_int_t)value);
}

/* Ends both unless the row can be appended; NULL from no memory is fine. */
static json_t *append(json_t *list, json_t *row)
{
	if (!json_array_append_new(list, row))
		return list;
	json_decref(list);
	return NULL;
}

static json_t *sizes_to_json(const struct trace_stat *stat)
{
	json_t *list = json_array();
	unsigned i;

	for (i = 0; i < TRACE_STAT_SIZES; i++) {
		if (!stat->map.size[i] && !stat->unmap.size[i])
			continue;
		list = append(list,
			      json_pack("{s:o, s:o, s:o}", "bytes",
					u64_to_json((uint64_t)1 << i), "maps",
					u64_to_json(stat->map.size[i]),
					"unmaps",
					u64_to_json(stat->unmap.size[i])));
	}
	return list;
}

static json_t *points_to_json(const struct trace_stat *stat)
{
	json_t *list = json_array();
	unsigned i;

	for (i = 0; i < stat->nr_points; i++) {
		const struct trace_stat_point *p = &stat->point[i];

		list = append(list,
			      json_pack("{s:o, s:o, s:o, s:o}", "event",
					u64_to_json(p->events), "trace_ns",
					u64_to_json(p->time_ns), "live_bytes",
					u64_to_json(p->live.bytes),
					"live_slots",
					u64_to_json(p->live.slots)));
	}
	return list;
}

json_t *trace_report_to_json(const struct trace_report *report)
{
	json_t *obj = json_object();
	const struct trace_column *col;
	int err;

	err = json_object_set_new(obj, "trace", text_to_json(report->name));
	for (col = trace_columns; col->name; col++)
		err |= json_object_set_new(obj, col->name,
					   u64_to_json(col->get(report)));
	err |= json_object_set_new(obj, "sizes", sizes_to_json(report->stat));
	err |= json_object_set_new(obj, "timeline",
				   points_to_json(report->stat));
	if (!err)
		return obj;
	json_decref(obj);
	return NULL;
}

static struct table *figures(const struct trace_report *report)
{
	struct table *t = table_create();
	const struct trace_column *col;

	table_column(t, report->name, TABLE_LEFT);
	table_column(t, "", TABLE_RIGHT);
	for (col = trace_columns; col->name; col++) {
		uint64_t value = col->get(report);

		table_cell(t, col->what);
		table_cellf(t, "%" PRIu64, value);
		if (value &&
		    (col->get == get_anomalies || col->get == get_lost ||
		     col->get == get_ambiguous))
			table_highlight(t);
	}
	return t;
}

/* "4 KiB", "1 MiB": 2^shift bytes. */
static void put_size(struct table *t, unsigned shift)
{
	static const char *const unit[] = { "B",   "KiB", "MiB", "GiB",
					    "TiB", "PiB", "EiB" };

	table_cellf(t, "%u %s", 1u << shift % 10, unit[shift / 10]);
}

static struct table *sizes(const struct trace_report *report)
{
	const struct trace_stat *stat = report->stat;
	struct table *t = table_create();
	unsigned i;

	table_column(t, "size from", TABLE_RIGHT);
	table_column(t, "maps", TABLE_RIGHT);
	table_column(t, "unmaps", TABLE_RIGHT);
	for (i = 0; i < TRACE_STAT_SIZES; i++) {
		if (!stat->map.size[i] && !stat->unmap.size[i])
			continue;
		put_size(t, i);
		table_cellf(t, "%" PRIu64, stat->map.size[i]);
		table_cellf(t, "%" PRIu64, stat->unmap.size[i]);
	}
	return t;
}

static struct table *timeline(const struct trace_report *report)
{
	struct table *t = table_create();
	unsigned i;

	table_column(t, "events", TABLE_RIGHT);
	table_column(t, "s", TABLE_RIGHT);
	table_column(t, "live KiB", TABLE_RIGHT);
	table_column(t, "live slots", TABLE_RIGHT);
	for (i = 0; i < report->stat->nr_points; i++) {
		const struct trace_stat_point *p = &report->stat->point[i];

		table_cellf(t, "%" PRIu64, p->events);
		table_cellf(t, "%.6f", (double)p->time_ns / 1e9);
		table_cellf(t, "%" PRIu64, p->live.bytes / 1024);
		table_cellf(t, "%" PRIu64, p->live.slots);
	}
	return t;
}

int trace_report_print(const struct trace_report *report,
		       enum table_format format, bool color, FILE *out)
{
	static struct table *(*const make[])(const struct trace_report *) = {
		figures,
		sizes,
		timeline,
	};
	unsigned i;
	int err = 0;

	for (i = 0; !err && i < sizeof(make) / sizeof(make[0]); i++) {
		struct table *t = make[i](report);

		if (i)
			fputc('\n', out);
		err = table_finish(t, format, color, out);
	}
	return err;
}
