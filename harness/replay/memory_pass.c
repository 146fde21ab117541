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
#include "system.h"

/* Sums over instances and domains. */
struct totals {
	struct l2_usage usage;
	uint64_t live, allocs, frees, failures;
};

static void sum_up(const struct system *sys, struct totals *ret)
{
	unsigned i;

	memset(ret, 0, sizeof(*ret));
	for (i = 0; i < sys->nr_instances; i++) {
		struct l2_usage u;

		sys->instance[i]->ops->usage(sys->instance[i], &u);
		ret->usage.pages_held += u.pages_held;
		ret->usage.metadata_bytes += u.metadata_bytes;
		ret->usage.nr_refills += u.nr_refills;
		ret->usage.nr_fallbacks += u.nr_fallbacks;
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
	struct table_log *log;
};

static int wrap_watch(void *ctx, struct l2_strategy *inner,
		      const struct l2_env *env, struct l2_strategy **ret)
{
	struct watch *watch = ctx;
	struct l2_strategy *recorder;
	int err = table_log_wrap(watch->log, inner, env, &recorder);

	if (err)
		return err;
	err = l2_check_create(recorder, env, &watch->reports, ret);
	if (err)
		l2_destroy(recorder);
	return err;
}

static int check_all_back(const struct physmem *pm, const char **why)
{
	struct physmem_usage usage;

	physmem_usage(pm, &usage);
	*why = "pages missing after teardown";
	return usage.pages_free == usage.pages_total ? 0 : -EUCLEAN;
}

int pass_memory(struct replay_machine *m, struct memory_result *ret,
		const char **why)
{
	struct watch watch = { .log = &m->log };
	struct system sys;
	size_t nr_ops;
	int err = system_create(m, wrap_watch, &watch, &sys);

	if (err)
		return err;
	memset(ret, 0, sizeof(*ret));
	ret->nr_events = m->trace->nr_events;
	ret->nr_maps = m->trace->nr_maps;
	ret->nr_unmaps = m->trace->nr_unmaps;
	ret->nr_domains = m->trace->nr_domains;
	ret->zeroes = sys.instance[0]->zeroes;
	ret->shared = sys.nr_instances < sys.nr_domains;
	ret->nr_cpus = sys.nr_cpus;
	err = replay_counting(&sys, m->trace, ret);
	if (!err)
		err = read_attrs(&sys, ret);
	if (!err)
		err = examine(&sys, m, ret, why);
	/* Teardown frees tables too; those are no events of the trace. */
	nr_ops = m->log.nr_ops;
	system_destroy(&sys);
	m->log.nr_ops = nr_ops;
	if (!err)
		err = m->log.error;
	ret->reports = l2_reports_total(&watch.reports);
	if (err)
		return err;
	*why = "a strategy broke its contract";
	if (ret->reports)
		return -EUCLEAN;
	return check_all_back(m->pm, why);
}
