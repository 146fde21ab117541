// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of metrics, and a process's rows; see cell_samples.h.
 *
 * Histograms are folded into (value, count). A value below 4096 ns is itself.
 * Above, the value of a bar is the middle of its bucket, or the largest value
 * seen, which lies in that bucket too: so, added to a histogram again, it
 * falls into the bucket it came from, and sums of histograms are the histogram
 * of all values. The largest value has a row of its own. Lost is, since values
 * have nine digits, the tenth of one of a second and more.
 */
#include "cell_samples.h"

#include <string.h>

#include "columns.h"
#include "fnv.h"
#include "l2_strategy.h"
#include "verdicts.h"

#define ROW(metric, what, text, field)                             \
	{                                                          \
		.name = metric, .unit = text, .kind = CELL_##what, \
		.offset = offsetof(struct run_cell, field)         \
	}

static const struct cell_metric plain[] = {
	ROW("alloc_ns_mean", SERIES, "ns", alloc_ns),
	ROW("free_ns_mean", SERIES, "ns", free_ns),
	ROW("map_ns_mean", SERIES, "ns", map_ns),
	ROW("unmap_ns_mean", SERIES, "ns", unmap_ns),
	ROW("event_ns_mean", SERIES, "ns", event_ns),
	ROW("sampled_event_ns_mean", SERIES, "ns", sampled_event_ns),
	ROW("each_event_ns_mean", SERIES, "ns", each_event_ns),
	ROW("sampled_replay_ns_mean", SERIES, "ns", sampled_replay_ns),
	ROW("each_replay_ns_mean", SERIES, "ns", each_replay_ns),
	ROW("threads_event_ns_mean", SERIES, "ns", threads.event_ns),
	ROW("lost_races", SERIES, "1", threads.lost_races),
	ROW("waited_events", SERIES, "1", threads.waited),
	ROW("threads_failures", COUNT, "1", threads.failures),
	ROW("threads_host_cpus", COUNT, "1", threads.nr_host_cpus),
	ROW("threads_bind_errno", COUNT, "1", threads.bind_errno),
	ROW("dependent_events", COUNT, "1", threads.dependent),
	ROW("alloc_ns", BARS, "ns", alloc_lat),
	ROW("map_ns", BARS, "ns", map_lat),
	ROW("unmap_ns", BARS, "ns", unmap_lat),
	ROW("clock_quantum_ns", REAL, "ns", quantum_ns),
	ROW("table_slice_ns", SERIES, "ns", slice_ns[LANE_TABLE]),
	ROW("event_slice_ns", SERIES, "ns", slice_ns[LANE_EVENT]),
	ROW("pinned_cpu", SERIES, "1", pinned_cpu),
	{ .name = "exact_check", .unit = "1", .kind = CELL_CHECK },
	{ .name = "table_log_ratio", .unit = RATIO_UNIT, .kind = CELL_PAIR },
	{ .name = "event_log_ratio", .unit = RATIO_UNIT, .kind = CELL_PAIR },
};

/* Of each class of events. */
static const struct {
	const char *suffix;
	enum cell_metric_kind kind;
	size_t offset; /* in struct class_figures */
} of_class[] = {
	{ "ns", CELL_BARS, offsetof(struct class_figures, lat) },
	{ "ns_mean", CELL_SERIES, offsetof(struct class_figures, ns) },
	{ "probed_ns_mean", CELL_SERIES,
	  offsetof(struct class_figures, probed) },
};

_Static_assert(ARRAY_SIZE(plain) +
			       NR_EVENT_CLASSES *
				       (ARRAY_SIZE(of_class) + V7S_NR_PHASES) +
			       V7S_NR_PHASES <=
		       CELL_METRICS_MAX,
	       "all fit");

static size_t class_offset(unsigned c, size_t inside)
{
	return offsetof(struct run_cell, by_class) +
	       c * sizeof(struct class_figures) + inside;
}

static struct cell_metric named(const char *class, const char *suffix,
				enum cell_metric_kind kind, size_t offset)
{
	struct cell_metric m = { .unit = "ns", .kind = kind, .offset = offset };

	snprintf(m.name, sizeof(m.name), "%s_%s", class, suffix);
	return m;
}

static unsigned phase_metrics(unsigned c, struct cell_metric *ret)
{
	char suffix[32];
	unsigned nr = 0, p;

	for (p = 0; p < V7S_NR_PHASES; p++) {
		snprintf(suffix, sizeof(suffix), "%s_ns_mean", phase_name[p]);
		ret[nr++] = named(
			event_class_name[c], suffix, CELL_SERIES,
			class_offset(c, offsetof(struct class_figures, phase) +
						p * sizeof(struct rep_series)));
		if (c != MAP_NEW)
			continue;
		snprintf(suffix, sizeof(suffix), "%s_ns", phase_name[p]);
		ret[nr++] = named(event_class_name[c], suffix, CELL_BARS,
				  offsetof(struct run_cell, phase_lat) +
					  p * sizeof(struct latency *));
	}
	return nr;
}

unsigned cell_metrics(struct cell_metric *ret)
{
	unsigned nr = ARRAY_SIZE(plain), c, i;

	memcpy(ret, plain, sizeof(plain));
	for (c = 0; c < NR_EVENT_CLASSES; c++) {
		for (i = 0; i < ARRAY_SIZE(of_class); i++)
			ret[nr++] = named(event_class_name[c],
					  of_class[i].suffix, of_class[i].kind,
					  class_offset(c, of_class[i].offset));
		nr += phase_metrics(c, &ret[nr]);
	}
	return nr;
}

/* Its end too, so that where one text ends and another begins matters. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
	return fnv_step(fnv_text(hash, text), 0);
}

uint64_t cell_check(const struct run_cell *cell)
{
	uint64_t hash = FNV_INIT;
	const struct column *col;

	for (col = columns; col->name; col++) {
		struct value v = column_value(col, cell);
		char number[32];

		if (col->kind != COLUMN_EXACT)
			continue;
		snprintf(number, sizeof(number), "%llu %.9g",
			 (unsigned long long)v.u64, v.number);
		hash = hash_text(hash_text(hash, number), v.text);
	}
	return hash % 1000000000;
}

static int put_series(struct csv_writer *w, struct sample *s,
		      const struct rep_series *series)
{
	for (s->rep = 1; s->rep <= series->nr; s->rep++) {
		s->value = series->value[s->rep - 1];
		samples_put(w, s);
	}
	return w->error;
}

static int put_bars(struct csv_writer *w, struct sample *s,
		    const struct latency *lat)
{
	struct latency_bar bar;
	size_t pos = 0;

	if (!lat || !latency_count(lat))
		return w->error;
	while (latency_next(lat, &pos, &bar)) {
		bool last = bar.high_ns >= lat->max_ns;

		s->value = (double)bar.value_ns;
		s->count = bar.count - last;
		if (s->count)
			samples_put(w, s);
	}
	/* In a row of its own, so that it is known exactly. */
	s->value = (double)lat->max_ns;
	s->count = 1;
	return samples_put(w, s);
}

/* 0 is what a reader finds without a row. */
static int put_number(struct csv_writer *w, struct sample *s, double value)
{
	s->value = value;
	return value > 0 ? samples_put(w, s) : w->error;
}

static int put_metric(struct csv_writer *w, const struct run_cell *cell,
		      const struct cell_metric *m)
{
	const void *field = (const char *)cell + m->offset;
	struct sample s = {
		.source = "v7sbench",
		.strategy = cell->spec->label,
		.workload = cell->workload,
		.process = 1,
		.metric = m->name,
		.unit = m->unit,
		.count = 1,
		.versus = "",
	};

	switch (m->kind) {
	case CELL_SERIES:
		return put_series(w, &s, field);
	case CELL_BARS:
		return put_bars(w, &s, *(struct latency *const *)field);
	case CELL_COUNT:
		return put_number(w, &s, (double)*(const uint64_t *)field);
	case CELL_REAL:
		return put_number(w, &s, *(const double *)field);
	case CELL_CHECK:
		s.value = (double)cell_check(cell);
		return samples_put(w, &s);
	case CELL_PAIR:
		break;
	}
	return w->error;
}

int cell_samples_put(struct csv_writer *w, const struct run_cell *cell)
{
	struct cell_metric metric[CELL_METRICS_MAX];
	unsigned nr = cell_metrics(metric), i;

	for (i = 0; i < nr; i++)
		put_metric(w, cell, &metric[i]);
	return w->error;
}

int pair_samples_put(struct csv_writer *w, const struct run_plan *plan,
		     const char *workload, const struct slice_results *r)
{
	for (unsigned i = 0; i < r->nr; i++) {
		const struct slice_pair *p = &r->pair[i];
		struct sample s = {
			.source = "v7sbench",
			.strategy = plan->spec[p->a].label,
			.workload = workload,
			.process = 1,
			.metric = ratio_metric_names[p->kind],
			.unit = RATIO_UNIT,
			.value = p->log_ratio,
			.count = 1,
			.versus = plan->spec[p->b].label,
		};

		samples_put(w, &s);
	}
	return w->error;
}
