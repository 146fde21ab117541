// SPDX-License-Identifier: GPL-2.0-only
/*
 * The passes in open and closed loop; see pace.h.
 *
 * Not here: several threads, an arrival process other than the trace's own, and
 * priorities; the scheduler of the host decides when a sleeper runs.
 * Cost: two readings of the clock an event, the last PACE_SPIN_NS before each a
 * CPU all to itself.
 * Invariant: each event within the limit is done once, in the order of the
 * trace, and none before its deadline. Concurrency: none.
 */
#include "pace.h"

#include <errno.h>
#include <stdio.h>

#include "clock.h"
#include "system.h"
#include "trace_cursor.h"

/* What a walk gives back when it has come to the limit. */
#define AT_LIMIT 1

static uint64_t host_now(void *ctx)
{
	(void)ctx;
	return clock_ns();
}

static void host_sleep_until(void *ctx, uint64_t ns)
{
	const struct timespec until = {
		.tv_sec = (time_t)(ns / 1000000000u),
		.tv_nsec = (long)(ns % 1000000000u),
	};

	(void)ctx;
	/* A signal ends it early, which is fine. */
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

const struct pace_clock pace_host_clock = {
	.now = host_now,
	.sleep_until = host_sleep_until,
};

/* Time of the trace, which never goes back. */
struct trace_time {
	bool begun;
	uint64_t first_ns, latest_ns;
};

/* Since the first event. */
static uint64_t elapsed(struct trace_time *t, const struct trace_event *ev)
{
	if (!t->begun)
		t->first_ns = t->latest_ns = ev->time_ns;
	t->begun = true;
	if (ev->time_ns > t->latest_ns)
		t->latest_ns = ev->time_ns;
	return t->latest_ns - t->first_ns;
}

struct spanning {
	struct trace_time time;
	uint64_t limit_ns;
	struct pace_span span;
};

static int span_block(void *ctx, const struct trace_event *ev, size_t nr,
		      uint64_t first)
{
	struct spanning *s = ctx;

	(void)first;
	for (; nr; nr--, ev++) {
		uint64_t ns = elapsed(&s->time, ev);

		if (ns > s->limit_ns)
			return AT_LIMIT;
		s->span.nr_events++;
		s->span.trace_ns = ns;
	}
	return 0;
}

int pace_span(const struct trace *trace, uint64_t limit_ns,
	      struct pace_span *ret, char *why)
{
	struct spanning s = { .limit_ns = limit_ns };
	int err;

	if (trace->nr_no_unit) {
		snprintf(
			why, TRACE_WHY_SIZE,
			"%s have no time, or one without a unit (a clock that counts)",
			trace->nr_no_unit < trace->nr_events ? "some events"
							     : "events");
		return -EINVAL;
	}
	err = trace_each(trace, span_block, &s, why);
	if (err && err != AT_LIMIT)
		return err;
	*ret = s.span;
	return 0;
}

/* A pass on its way through the trace. */
struct pacer {
	const struct system *sys;
	const struct pace_config *cfg;
	struct pace_figures *fig;
	struct trace_time time;
	uint64_t cost_ns;
	uint64_t start_ns, end_ns;
	bool closed;
};

static uint64_t read_clock(const struct pacer *p)
{
	return p->cfg->clock->now(p->cfg->clock->ctx);
}

/* From a to b, 0 if that is backwards. */
static uint64_t from_to(uint64_t a, uint64_t b)
{
	return b > a ? b - a : 0;
}

static bool stopped(const struct pacer *p)
{
	return p->sys->cfg->stop && *p->sys->cfg->stop;
}

/* 0, or -EINTR. *ret_ns is the last reading, at or after the deadline. */
static int wait_until(const struct pacer *p, uint64_t deadline_ns,
		      uint64_t *ret_ns)
{
	const struct pace_clock *clock = p->cfg->clock;
	uint64_t now;

	while ((now = read_clock(p)) < deadline_ns) {
		uint64_t left = deadline_ns - now;

		if (stopped(p))
			return -EINTR;
		if (left <= PACE_SPIN_NS)
			continue;
		left -= PACE_SPIN_NS;
		if (left > PACE_SLEEP_NS)
			left = PACE_SLEEP_NS;
		clock->sleep_until(clock->ctx, now + left);
	}
	*ret_ns = now;
	return 0;
}

/* The clock does not reach that far, and the product stays a number. */
#define FOREVER_NS 9e18

static uint64_t deadline_of(const struct pacer *p, uint64_t trace_ns)
{
	double ns = (double)trace_ns / p->cfg->speed;

	return p->start_ns + (uint64_t)(ns < FOREVER_NS ? ns : FOREVER_NS);
}

static int do_event(struct pacer *p, const struct trace_event *ev,
		    uint64_t deadline_ns)
{
	struct pace_figures *fig = p->fig;
	uint64_t start, service, lateness;
	int err, refused;

	system_before(p->sys, ev);
	err = wait_until(p, deadline_ns, &start);
	if (err) {
		/* What was taken for it; an unmap has not happened. */
		if (ev->type == TRACE_MAP)
			system_after(p->sys, ev, err);
		return err;
	}
	refused = system_call(p->sys, ev);
	p->end_ns = read_clock(p);
	system_after(p->sys, ev, refused);
	fig->nr_events++;
	fig->nr_refused += refused != 0;
	service = from_to(p->cost_ns, from_to(start, p->end_ns));
	latency_add(fig->service, service);
	if (p->closed)
		return 0;
	lateness = start - deadline_ns;
	fig->nr_late += lateness > PACE_LATE_NS;
	latency_add(fig->lateness, lateness);
	latency_add(fig->response, lateness + service);
	return 0;
}

static int pace_block(void *ctx, const struct trace_event *ev, size_t nr,
		      uint64_t first)
{
	struct pacer *p = ctx;

	(void)first;
	for (size_t i = 0; i < nr; i++, ev++) {
		uint64_t ns = elapsed(&p->time, ev);
		int err;

		if (ns > p->cfg->limit_ns)
			return AT_LIMIT;
		if (system_stopped(p->sys, i))
			return -EINTR;
		err = do_event(p, ev, p->closed ? 0 : deadline_of(p, ns));
		if (err)
			return err;
	}
	return 0;
}

static void add_tables(struct pace_figures *fig, const struct system *sys)
{
	for (unsigned i = 0; i < sys->nr_domains; i++) {
		const struct v7s_stats *s = v7s_stats(sys->table[i]);

		fig->l2_allocs += s->l2_allocs;
		fig->l2_failures += s->l2_failures;
	}
}

static int run(struct replay_machine *m, const struct pace_config *cfg,
	       bool closed, struct pace_figures *ret)
{
	struct pace_figures fig = {
		.service = ret->service,
		.lateness = ret->lateness,
		.response = ret->response,
	};
	struct system sys;
	struct pacer p = {
		.sys = &sys,
		.cfg = cfg,
		.fig = &fig,
		.cost_ns = (uint64_t)(cfg->clock_cost_ns + 0.5),
		.closed = closed,
	};
	int err = system_create(m, NULL, NULL, &sys);

	if (err)
		return err;
	p.start_ns = p.end_ns = read_clock(&p);
	err = trace_each(m->trace, pace_block, &p, m->why);
	if (err == AT_LIMIT)
		err = 0;
	fig.replay_ns = from_to(p.start_ns, p.end_ns);
	add_tables(&fig, &sys);
	if (!err && sys.buffers)
		err = sys.buffers->error;
	system_destroy(&sys);
	if (!err)
		*ret = fig;
	return err;
}

int pass_pace(struct replay_machine *m, const struct pace_config *cfg,
	      struct pace_figures *fig)
{
	return run(m, cfg, false, fig);
}

int pass_closed(struct replay_machine *m, const struct pace_config *cfg,
		struct pace_figures *fig)
{
	return run(m, cfg, true, fig);
}
