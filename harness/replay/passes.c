// SPDX-License-Identifier: GPL-2.0-only
/*
 * The four passes; see replay.h for what each may and may not do.
 *
 * Cost: the memory pass asks every instance for its usage after every event;
 * the alloc pass reads the clock twice an allocation, the event pass twice an
 * event, the batch pass twice.
 * Invariant: after a pass all pages are back in the page allocator.
 * Concurrency: none.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "physmem.h"
#include "system.h"

#define STOP_EVERY 1024 /* events between two looks at the stop flag */

static bool stopped(const struct replay_config *cfg, size_t i)
{
	return cfg->stop && i % STOP_EVERY == 0 && *cfg->stop;
}

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

/* Points are spread evenly over the events; the first is before any, and a
 * short trace has one for each event. */
static void draw_point(struct memory_result *r, const struct trace *trace,
		       size_t done, const struct totals *t)
{
	if (done * TIMELINE_POINTS < r->nr_points * trace->nr_events)
		return;
	r->point[r->nr_points++] = (struct timeline_point){
		.event = done,
		.time_ns = done ? trace->event[done - 1].time_ns -
					   trace->event[0].time_ns
				: 0,
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

		if (stopped(sys->cfg, i))
			return -EINTR;
		err = system_do(sys, &trace->event[i]);
		if (err && err != -ENOMEM)
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

static int wrap_check(void *ctx, struct l2_strategy *inner,
		      const struct l2_env *env, struct l2_strategy **ret)
{
	return l2_check_create(inner, env, ctx, ret);
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
	struct l2_reports reports = { { 0 } };
	struct system sys;
	int err = system_create(m, wrap_check, &reports, &sys);

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
		err = examine(&sys, m, ret, why);
	system_destroy(&sys);
	ret->reports = l2_reports_total(&reports);
	if (err)
		return err;
	*why = "a strategy broke its contract";
	if (ret->reports)
		return -EUCLEAN;
	return check_all_back(m->pm, why);
}

/* Decorator that times allocations, with the clearing they need. */
struct probe {
	struct l2_strategy base;
	struct l2_strategy *inner;
	struct probe_sums *sums;
};

struct probe_sums {
	uint64_t cost_ns; /* of the clock */
	uint64_t nr, total_ns;
	struct latency *lat;
};

static int probe_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
		       struct l2_table *ret)
{
	struct probe *p = container_of(l2, struct probe, base);
	uint64_t start = clock_ns(), ns;
	int err = l2_alloc_zeroed(p->inner, cpu, gfp, ret);

	ns = clock_ns() - start;
	if (err)
		return err;
	p->sums->nr++;
	p->sums->total_ns += ns;
	latency_add(p->sums->lat,
		    ns > p->sums->cost_ns ? ns - p->sums->cost_ns : 0);
	return 0;
}

static void probe_free(struct l2_strategy *l2, unsigned cpu,
		       const struct l2_table *table)
{
	l2_free(container_of(l2, struct probe, base)->inner, cpu, table);
}

static void probe_destroy(struct l2_strategy *l2)
{
	struct probe *p = container_of(l2, struct probe, base);

	l2_destroy(p->inner);
	free(p);
}

static void probe_usage(const struct l2_strategy *l2, struct l2_usage *ret)
{
	const struct probe *p = container_of(l2, const struct probe, base);

	p->inner->ops->usage(p->inner, ret);
}

static int probe_check(const struct l2_strategy *l2, const char **ret_why)
{
	const struct probe *p = container_of(l2, const struct probe, base);

	return p->inner->ops->check(p->inner, ret_why);
}

static const struct l2_strategy_ops probe_ops = {
	.name = "probe",
	.summary = "times allocations",
	.destroy = probe_destroy,
	.alloc = probe_alloc,
	.free = probe_free,
	.usage = probe_usage,
	.check = probe_check,
};

static int wrap_probe(void *ctx, struct l2_strategy *inner,
		      const struct l2_env *env, struct l2_strategy **ret)
{
	struct probe *p = calloc(1, sizeof(*p));

	(void)env;
	if (!p)
		return -ENOMEM;
	p->base.ops = &probe_ops;
	p->base.zeroes = true;
	p->inner = inner;
	p->sums = ctx;
	*ret = &p->base;
	return 0;
}

static int replay_plain(const struct system *sys, const struct trace *trace)
{
	size_t i;

	for (i = 0; i < trace->nr_events; i++) {
		if (stopped(sys->cfg, i))
			return -EINTR;
		system_do(sys, &trace->event[i]);
	}
	return 0;
}

int pass_alloc(struct replay_machine *m, double clock_cost_ns,
	       struct latency *lat, struct alloc_timing *ret)
{
	struct probe_sums sums = {
		.cost_ns = (uint64_t)(clock_cost_ns + 0.5),
		.lat = lat,
	};
	struct system sys;
	int err = system_create(m, wrap_probe, &sums, &sys);

	if (err)
		return err;
	err = replay_plain(&sys, m->trace);
	system_destroy(&sys);
	ret->nr = sums.nr;
	ret->mean_ns = sums.nr ? (double)sums.total_ns / (double)sums.nr -
					 clock_cost_ns
			       : 0;
	return err;
}

int pass_event(struct replay_machine *m, double clock_cost_ns,
	       struct latency *map, struct event_timing *ret)
{
	uint64_t cost = (uint64_t)(clock_cost_ns + 0.5);
	uint64_t total[2] = { 0, 0 }, nr[2] = { 0, 0 };
	const struct trace *trace = m->trace;
	struct system sys;
	size_t i;
	int err = system_create(m, NULL, NULL, &sys);

	if (err)
		return err;
	for (i = 0; i < trace->nr_events && !err; i++) {
		const struct trace_event *ev = &trace->event[i];
		uint64_t start = clock_ns(), ns;

		system_do(&sys, ev);
		ns = clock_ns() - start;
		nr[ev->type]++;
		total[ev->type] += ns;
		if (ev->type == TRACE_MAP)
			latency_add(map, ns > cost ? ns - cost : 0);
		if (stopped(sys.cfg, i))
			err = -EINTR;
	}
	system_destroy(&sys);
	ret->nr_maps = nr[TRACE_MAP];
	ret->nr_unmaps = nr[TRACE_UNMAP];
	ret->map_mean_ns =
		nr[TRACE_MAP]
			? (double)total[TRACE_MAP] / (double)nr[TRACE_MAP] -
				  clock_cost_ns
			: 0;
	ret->unmap_mean_ns =
		nr[TRACE_UNMAP]
			? (double)total[TRACE_UNMAP] / (double)nr[TRACE_UNMAP] -
				  clock_cost_ns
			: 0;
	return err;
}

int pass_batch(struct replay_machine *m, double *ret_event_ns)
{
	struct system sys;
	uint64_t start;
	int err = system_create(m, NULL, NULL, &sys);

	if (err)
		return err;
	start = clock_ns();
	err = replay_plain(&sys, m->trace);
	*ret_event_ns =
		(double)(clock_ns() - start) / (double)m->trace->nr_events;
	system_destroy(&sys);
	return err;
}
