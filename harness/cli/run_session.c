// SPDX-License-Identifier: GPL-2.0-only
/*
 * A run's workloads looked at, and a run in words; see run_session.h.
 */
#include "run_session.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"
#include "paired.h"

/* Two places and two kinds of lanes, which are walked twice first. */
static uint64_t slices_ns(const struct run_plan *plan, uint64_t nr_events)
{
	uint64_t lanes = (uint64_t)(plan->nr_specs + 1) * 2 * NR_LANE_KINDS;

	if (nr_events < LANE_MIN_OPS)
		nr_events = LANE_MIN_OPS;
	if (nr_events > LANE_MAX_OPS)
		nr_events = LANE_MAX_OPS;
	return plan->nr_rounds ? lanes * (plan->nr_rounds * RUN_SLICE_NS +
					  2 * nr_events * RUN_EVENT_NS)
			       : 0;
}

static int look_at(struct run_session *s, unsigned i)
{
	const struct plan_options *plan = &s->opts->plan;
	struct run_plan exact = plan->plan;
	struct replay_config cfg = plan->plan.replay;
	const struct workload_spec *spec = &s->opts->workload[i];
	char why[TRACE_WHY_SIZE];
	struct trace trace;
	int err = workload_open(spec, 0, &trace, why), status;

	if (err)
		return cli_fail(cli_input_status(err), "%s", why);
	status = cli_check_trace(spec->label, &trace, plan, &cfg);
	exact.nr_reps = 0;
	s->label[i] = spec->label;
	s->ias[i] = cfg.pgtable.ias;
	s->weight[i] = run_weight(&exact, &trace);
	s->unit_weight[i] = run_weight(&plan->plan, &trace);
	s->slices_ns[i] = slices_ns(&plan->plan, trace.nr_events);
	if (!i)
		s->first_events = trace.nr_events;
	trace_free(&trace);
	return status;
}

int run_session_open(struct run_session *s)
{
	int status = EXIT_FINE;

	for (unsigned i = 0; i < s->opts->nr_workloads && !status; i++)
		status = look_at(s, i);
	return status;
}

static json_t *list_of(const struct words *words)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < words->nr; i++)
		json_array_append_new(list, text_to_json(words->word[i]));
	return list;
}

json_t *run_session_plan_more(const struct run_session *s)
{
	const struct run_options *opts = s->opts;
	struct words words = { 0 };
	json_t *root = NULL, *names = json_array();

	for (unsigned i = 0; i < opts->nr_workloads; i++)
		json_array_append_new(names,
				      text_to_json(opts->workload[i].label));
	if (!words_of_plan(opts, &opts->plan.plan, &words))
		root = json_pack("{s:i, s:i, s:o, s:o}", "processes",
				 (int)opts->nr_processes, "slice_ns",
				 RUN_SLICE_NS, "workloads", names, "options",
				 list_of(&words));
	else
		json_decref(names);
	words_destroy(&words);
	return root;
}

json_t *run_session_plan(const struct run_session *s)
{
	struct result_meta meta = {
		.plan = &s->opts->plan.plan,
		.plan_more = run_session_plan_more(s),
	};
	json_t *plan = meta.plan_more ? result_plan_to_json(&meta) : NULL;

	json_decref(meta.plan_more);
	return plan;
}

/* Values of a metric of the reference, of all units. */
struct collected {
	double *value;
	size_t nr, room;
};

static void collect(void *ctx, const struct sample *s)
{
	struct collected *c = ctx;

	/* One a unit, unless a file that was resumed has more. */
	if (c->nr < c->room)
		c->value[c->nr++] = s->value;
}

/* The median over all units, and how many have one. */
static json_t *median_of(const struct run_session *s, const char *metric,
			 size_t *ret_nr)
{
	struct collected c = {
		.value = calloc(s->units.nr + 1, sizeof(double)),
		.room = s->units.nr,
	};
	double median = 0;
	json_t *json;

	for (unsigned w = 0; c.value && w < s->opts->nr_workloads; w++)
		observations_of(s->obs, w, s->opts->plan.plan.reference,
				OBSERVATIONS_ALONE, metric, 0, collect, &c);
	*ret_nr = c.nr;
	json = c.nr && !stats_median(c.value, c.nr, &median) ? json_real(median)
							     : json_null();
	free(c.value);
	return json;
}

static json_t *units_done(const struct run_session *s)
{
	json_t *done = json_object();

	for (unsigned w = 0; w < s->opts->nr_workloads; w++) {
		json_t *list = json_array();

		for (unsigned p = 1; p <= s->opts->nr_processes; p++)
			if (units_find(&s->units, w, p)->done)
				json_array_append_new(list, json_integer(p));
		json_object_set_new(done, s->label[w], list);
	}
	return done;
}

/* Least and most over the workloads, as a ratio minus 1. */
static json_t *floors(const struct run_session *s, enum lane_kind kind)
{
	double least = INFINITY, most = -1;

	for (unsigned w = 0; w < s->opts->nr_workloads; w++) {
		double floor = verdicts_floor(s->verdicts, s->label[w], kind);

		if (floor < 0)
			continue;
		least = fmin(least, expm1(floor));
		most = fmax(most, expm1(floor));
	}
	return most < 0 ? json_null() : json_pack("[f, f]", least, most);
}

json_t *run_session_measurement(const struct run_session *s)
{
	unsigned nr_done = units_nr_done(&s->units);
	size_t nr_table, nr_event, nr_pinned;
	struct environment now;
	json_t *table = median_of(s, "table_slice_ns", &nr_table);
	json_t *event = median_of(s, "event_slice_ns", &nr_event);
	json_t *root;

	json_decref(median_of(s, "pinned_cpu", &nr_pinned));
	environment_read(&now);
	root = json_pack(
		"{s:b, s:i, s:o, s:b, s:{s:o, s:o}, s:{s:o, s:o}, s:s, s:s, s:i}",
		"forced",
		s->opts->force && s->units.nr && environment_unfit(&s->env),
		"units", (int)s->units.nr, "units_done", units_done(s),
		"pinned", nr_done && nr_pinned == nr_done, "slice_ns_median",
		"table", table, "event", event, "twin_floor", "table",
		floors(s, LANE_TABLE), "event", floors(s, LANE_EVENT),
		"load_1min_before", s->env.load_1min, "load_1min_after",
		now.load_1min, "processes_for_a_verdict", PAIRED_MIN);
	return root;
}
