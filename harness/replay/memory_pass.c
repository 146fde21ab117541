// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory pass: exact, untimed, everything checked; see replay.h.
 *
 * Cost: every instance is asked for its usage after every event.
 * Invariant: after the pass all pages are back in the page allocator.
 * Concurrency: none.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "physmem.h"
#include "survey.h"
#include "system.h"

/* Sums over instances and domains. */
struct totals {
	struct l2_usage usage;
	uint64_t live, allocs, frees, failures;
};

static void sum_up(const struct system *sys, struct totals *ret)
{
	unsigned i, k;

	memset(ret, 0, sizeof(*ret));
	for (i = 0; i < sys->nr_instances; i++) {
		struct l2_usage u;

		sys->instance[i]->ops->usage(sys->instance[i], &u);
		ret->usage.pages_held += u.pages_held;
		ret->usage.metadata_bytes += u.metadata_bytes;
		ret->usage.nr_refills += u.nr_refills;
		ret->usage.nr_fallbacks += u.nr_fallbacks;
		for (k = 0; k < L2_NR_FAILURES; k++)
			ret->usage.nr_failures[k] += u.nr_failures[k];
	}
	for (i = 0; i < sys->nr_domains; i++) {
		const struct v7s_stats *s = v7s_stats(sys->table[i]);

		ret->live += s->l2_live;
		ret->allocs += s->l2_allocs;
		ret->frees += s->l2_frees;
		ret->failures += s->l2_failures;
	}
}

static void account(struct memory_result *r, const struct totals *t)
{
	uint64_t held = t->usage.pages_held * PAGE_SIZE;

	if (held > r->held_bytes_peak)
		r->held_bytes_peak = held;
	if (t->live > r->l2_tables_peak)
		r->l2_tables_peak = t->live;
	if (t->usage.metadata_bytes > r->metadata_bytes_peak)
		r->metadata_bytes_peak = t->usage.metadata_bytes;
	r->held_bytes_mean += (double)held;
}

/* CPUs' clocks differ a little, so an event may lie before the first. */
static uint64_t time_since_start(const struct trace *trace, size_t i)
{
	uint64_t start = trace->event[0].time_ns;

	return trace->event[i].time_ns > start ? trace->event[i].time_ns - start
					       : 0;
}

/* Points are spread evenly over the events; the first is before any, and a
 * short trace has one for each event. */
static void draw_point(struct memory_result *r, const struct trace *trace,
		       size_t done, const struct totals *t)
{
	if (done * TIMELINE_POINTS < r->nr_points * trace->nr_events)
		return;
	r->point[r->nr_points++] = (struct timeline_point){
		.event = done,
		.time_ns = done ? time_since_start(trace, done - 1) : 0,
		.live_bytes = t->live * L2_TABLE_SIZE,
		.held_bytes = t->usage.pages_held * PAGE_SIZE,
	};
}

static void note_anomaly(struct memory_result *r, const struct trace_event *ev)
{
	if (!r->anomalies++) {
		r->first_anomaly_line = ev->line;
		r->first_anomaly_is_map = ev->type == TRACE_MAP;
	}
	if (ev->type == TRACE_MAP && !r->maps_over_live++)
		r->first_over_live_line = ev->line;
}

static int replay_counting(const struct system *sys, const struct trace *trace,
			   struct memory_result *r)
{
	struct totals t;
	size_t i;

	sum_up(sys, &t);
	r->held_bytes_start = t.usage.pages_held * PAGE_SIZE;
	account(r, &t);
	r->held_bytes_mean = 0;
	draw_point(r, trace, 0, &t);
	for (i = 0; i < trace->nr_events; i++) {
		int err;

		if (system_stopped(sys, i))
			return -EINTR;
		err = system_do(sys, &trace->event[i]);
		/* After a failed allocation what is not mapped may be ours. */
		if (err && err != -ENOMEM && !t.failures)
			note_anomaly(r, &trace->event[i]);
		sum_up(sys, &t);
		account(r, &t);
		draw_point(r, trace, i + 1, &t);
	}
	r->held_bytes_mean /= (double)trace->nr_events;
	r->held_bytes_end = t.usage.pages_held * PAGE_SIZE;
	r->l2_tables_end = t.live;
	r->l2_allocs = t.allocs;
	r->l2_frees = t.frees;
	r->alloc_failures = t.failures;
	r->nr_refills = t.usage.nr_refills;
	r->nr_fallbacks = t.usage.nr_fallbacks;
	memcpy(r->failures_by, t.usage.nr_failures, sizeof(r->failures_by));
	return 0;
}

static int read_attrs(const struct system *sys, struct memory_result *r)
{
	unsigned i;

	r->attrs = calloc(sys->nr_instances, sizeof(*r->attrs));
	if (!r->attrs)
		return -ENOMEM;
	r->nr_instances = sys->nr_instances;
	for (i = 0; i < sys->nr_instances; i++)
		sys->instance[i]->ops->attrs(sys->instance[i], &r->attrs[i]);
	return 0;
}

void memory_result_fini(struct memory_result *r)
{
	free(r->attrs);
	r->attrs = NULL;
	r->nr_instances = 0;
}

static int examine(const struct system *sys, const struct replay_machine *m,
		   struct memory_result *r, const char **why)
{
	unsigned i;
	int err;

	r->digest = V7S_DIGEST_INIT;
	for (i = 0; i < sys->nr_domains; i++) {
		v7s_stats_add(&r->pgtable, v7s_stats(sys->table[i]));
		r->digest = v7s_digest(sys->table[i], r->digest);
		r->empty_tables_end += v7s_empty_tables(sys->table[i]);
	}
	for (i = 0; i < sys->nr_instances; i++) {
		err = sys->instance[i]->ops->check(sys->instance[i], why);
		if (err)
			return err;
	}
	return physmem_check(m->pm, why);
}

/* What a memory pass wraps instances in. */
struct watch {
	struct l2_reports reports;
	struct survey survey;
	struct table_log *log;
};

static int wrap_watch(void *ctx, struct l2_strategy *inner,
		      const struct l2_env *env, struct l2_strategy **ret)
{
	struct watch *watch = ctx;
	int err = table_log_wrap(watch->log, inner, env, &inner);

	if (!err)
		err = survey_wrap(&watch->survey, inner, env, &inner);
	if (!err)
		err = l2_check_create(inner, env, &watch->reports, ret);
	if (err)
		l2_destroy(inner);
	return err;
}

/* True if it was simulated memory that was missing. */
static bool note_unbuilt(const struct physmem *pm, struct memory_result *r)
{
	struct physmem_usage usage;

	physmem_usage(pm, &usage);
	memcpy(r->page_failures, usage.nr_failures_by,
	       sizeof(r->page_failures));
	return usage.nr_failures != 0;
}

/* The state of memory after the last event. */
static void survey_memory(const struct physmem *pm, const struct survey *s,
			  struct memory_result *r)
{
	struct physmem_usage usage;

	physmem_usage(pm, &usage);
	memcpy(r->page_failures, usage.nr_failures_by,
	       sizeof(r->page_failures));
	r->steals = usage.nr_steals;
	physmem_free_area(pm, ZONE_DMA32, r->free_area_end);
	r->pageblocks_polluted_end = s->polluted;
	r->pageblocks_polluted_peak = s->polluted_peak;
	r->pinned_bytes_end =
		r->held_bytes_end - survey_busy_pages(s) * PAGE_SIZE;
}

/* What a defective strategy breaks is a figure, of any other an error. */
static int judge(const struct watch *watch, const struct system *sys,
		 struct memory_result *r, const char **why)
{
	r->reports = l2_reports_total(&watch->reports);
	r->dirty_tables = watch->reports.dirty_tables;
	r->first_dirty_alloc = watch->reports.first_dirty_alloc;
	r->leaked_bytes = sys->pages_leaked * PAGE_SIZE;
	*why = "a strategy broke its contract";
	if (r->reports)
		return -EUCLEAN;
	*why = "pages missing after teardown";
	return r->leaked_bytes && !r->defective ? -EUCLEAN : 0;
}

int pass_memory(struct replay_machine *m, struct memory_result *ret,
		const char **why)
{
	struct watch watch = { .log = &m->log };
	struct system sys;
	size_t nr_ops;
	int err = system_create(m, wrap_watch, &watch, &sys);

	memset(ret, 0, sizeof(*ret));
	if (err) {
		survey_fini(&watch.survey);
		return note_unbuilt(m->pm, ret) ? 0 : err;
	}
	ret->built = true;
	ret->nr_events = m->trace->nr_events;
	ret->nr_maps = m->trace->nr_maps;
	ret->nr_unmaps = m->trace->nr_unmaps;
	ret->nr_domains = m->trace->nr_domains;
	ret->zeroes = sys.instance[0]->zeroes;
	ret->defective = sys.instance[0]->defective;
	ret->shared = sys.nr_instances < sys.nr_domains;
	ret->nr_cpus = sys.nr_cpus;
	physmem_free_area(m->pm, ZONE_DMA32, ret->free_area_start);
	err = replay_counting(&sys, m->trace, ret);
	if (!err)
		err = read_attrs(&sys, ret);
	if (!err)
		err = examine(&sys, m, ret, why);
	if (!err)
		survey_memory(m->pm, &watch.survey, ret);
	/* Teardown frees tables too; those are no events of the trace. */
	nr_ops = m->log.nr_ops;
	system_destroy(&sys);
	survey_fini(&watch.survey);
	m->log.nr_ops = nr_ops;
	if (!err)
		err = m->log.error;
	return err ? err : judge(&watch, &sys, ret, why);
}
