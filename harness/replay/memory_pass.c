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
#include "trace_cursor.h"

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

/* What requests for buffers' pages did, which is in no other figure. */
struct buffer_requests {
	uint64_t failures[NR_PAGE_FAILURES];
	uint64_t steals;
};

/* A memory pass on its way through the trace. */
struct counting {
	const struct system *sys;
	struct memory_result *r;
	struct totals t;   /* after the last event */
	uint64_t start_ns; /* time of the first event */
	struct buffer_requests *requests;
};

/* Points are spread evenly over the events; the first is before any, and a
 * short trace has one for each event. CPUs' clocks differ a little, so an event
 * may lie before the first. */
static void draw_point(const struct counting *c, uint64_t done,
		       uint64_t time_ns)
{
	struct memory_result *r = c->r;

	if (done * TIMELINE_POINTS < r->nr_points * r->nr_events)
		return;
	r->point[r->nr_points++] = (struct timeline_point){
		.event = done,
		.time_ns = time_ns > c->start_ns ? time_ns - c->start_ns : 0,
		.live_bytes = c->t.live * L2_TABLE_SIZE,
		.held_bytes = c->t.usage.pages_held * PAGE_SIZE,
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

static void add_requests(struct buffer_requests *sums,
			 const struct physmem_usage *before,
			 const struct physmem_usage *after)
{
	for (unsigned i = 0; i < NR_PAGE_FAILURES; i++)
		sums->failures[i] +=
			after->nr_failures_by[i] - before->nr_failures_by[i];
	sums->steals += after->nr_steals - before->nr_steals;
}

static int do_event(struct counting *c, const struct trace_event *ev)
{
	struct physmem_usage before, after;
	int err;

	if (!c->sys->buffers)
		return system_do(c->sys, ev);
	physmem_usage(c->sys->pm, &before);
	system_take(c->sys, ev);
	physmem_usage(c->sys->pm, &after);
	add_requests(c->requests, &before, &after);
	err = system_call(c->sys, ev);
	system_give(c->sys, ev, err);
	return err;
}

static int count_block(void *ctx, const struct trace_event *ev, size_t nr,
		       uint64_t first)
{
	struct counting *c = ctx;

	if (!first)
		c->start_ns = ev[0].time_ns;
	for (size_t i = 0; i < nr; i++) {
		int err;

		if (system_stopped(c->sys, i))
			return -EINTR;
		err = do_event(c, &ev[i]);
		/* After a failed allocation what is not mapped may be ours. */
		if (err && err != -ENOMEM && !c->t.failures &&
		    !system_buffer_failures(c->sys))
			note_anomaly(c->r, &ev[i]);
		sum_up(c->sys, &c->t);
		account(c->r, &c->t);
		draw_point(c, first + i + 1, ev[i].time_ns);
	}
	return 0;
}

static void note_buffers(const struct counting *c)
{
	const struct buffers *b = c->sys->buffers;
	struct memory_result *r = c->r;

	if (!b)
		return;
	r->buffer_failures = b->nr_failures;
	r->buffer_bytes_peak = b->pages_peak * PAGE_SIZE;
}

static int replay_counting(struct replay_machine *m, const struct system *sys,
			   struct memory_result *r,
			   struct buffer_requests *requests)
{
	struct counting c = { .sys = sys, .r = r, .requests = requests };
	const struct totals *t = &c.t;
	int err;

	sum_up(sys, &c.t);
	r->held_bytes_start = t->usage.pages_held * PAGE_SIZE;
	account(r, t);
	r->held_bytes_mean = 0;
	draw_point(&c, 0, 0);
	err = trace_each(m->trace, count_block, &c, m->why);
	if (!err && sys->buffers)
		err = sys->buffers->error;
	if (err)
		return err;
	note_buffers(&c);
	r->held_bytes_mean /= (double)r->nr_events;
	r->held_bytes_end = t->usage.pages_held * PAGE_SIZE;
	r->l2_tables_end = t->live;
	r->l2_allocs = t->allocs;
	r->l2_frees = t->frees;
	r->alloc_failures = t->failures;
	r->nr_refills = t->usage.nr_refills;
	r->nr_fallbacks = t->usage.nr_fallbacks;
	memcpy(r->failures_by, t->usage.nr_failures, sizeof(r->failures_by));
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
		r->digest = m->trace->nr_any
				    ? v7s_digest_iova(sys->table[i], r->digest)
				    : v7s_digest(sys->table[i], r->digest);
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
			  const struct buffer_requests *requests,
			  struct memory_result *r)
{
	struct physmem_usage usage;

	physmem_usage(pm, &usage);
	for (unsigned i = 0; i < NR_PAGE_FAILURES; i++)
		r->page_failures[i] =
			usage.nr_failures_by[i] - requests->failures[i];
	r->steals = usage.nr_steals - requests->steals;
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
	struct buffer_requests requests = { .steals = 0 };
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
	err = replay_counting(m, &sys, ret, &requests);
	if (!err)
		err = read_attrs(&sys, ret);
	if (!err)
		err = examine(&sys, m, ret, why);
	if (!err)
		survey_memory(m->pm, &watch.survey, &requests, ret);
	/* Teardown frees tables too; those are no events of the trace. */
	nr_ops = m->log.nr_ops;
	system_destroy(&sys);
	survey_fini(&watch.survey);
	m->log.nr_ops = nr_ops;
	if (!err)
		err = m->log.error;
	return err ? err : judge(&watch, &sys, ret, why);
}
