// SPDX-License-Identifier: GPL-2.0-only
/*
 * The timed passes but those of single events, which are in split_pass.c and
 * sampled_pass.c; see replay.h for what each may and may not do.
 *
 * Means come from runs of up to RUN_MAX operations of one kind between two
 * readings of the clock, since one operation is shorter than a reading; the
 * pass of single allocations only fills a histogram.
 * Cost: alloc two readings an operation; table and runs two a run; batch two a
 * block, which is the whole of a trace in memory. Invariant: after a pass all
 * pages are back. Concurrency: none.
 */
#include <errno.h>
#include <stdlib.h>

#include "clock.h"
#include "system.h"
#include "trace_cursor.h"

#define RUN_MAX 64

/* Decorator that times allocations, with the clearing they need. */
struct probe {
	struct l2_decorator d;
	struct probe_sums *sums;
};

struct probe_sums {
	uint64_t cost_ns; /* of the clock */
	struct latency *lat;
};

static int probe_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
		       struct l2_table *ret)
{
	struct probe *p = container_of(l2, struct probe, d.base);
	uint64_t start = clock_ns(), ns;
	int err = l2_alloc_zeroed(p->d.inner, cpu, gfp, ret);

	ns = clock_ns() - start;
	if (err)
		return err;
	latency_add(p->sums->lat,
		    ns > p->sums->cost_ns ? ns - p->sums->cost_ns : 0);
	return 0;
}

static const struct l2_strategy_ops probe_ops = {
	.name = "probe",
	.summary = "times allocations",
	.destroy = l2_forward_destroy,
	.alloc = probe_alloc,
	.free = l2_forward_free,
	.usage = l2_forward_usage,
	.attrs = l2_forward_attrs,
	.check = l2_forward_check,
};

static int wrap_probe(void *ctx, struct l2_strategy *inner,
		      const struct l2_env *env, struct l2_strategy **ret)
{
	struct probe *p = calloc(1, sizeof(*p));

	(void)env;
	if (!p) {
		l2_destroy(inner);
		return -ENOMEM;
	}
	l2_decorator_init(&p->d, &probe_ops, inner);
	p->d.base.zeroes = true; /* whoever does it */
	p->sums = ctx;
	*ret = &p->d.base;
	return 0;
}

/* Events with nothing between them, and how long they took. */
struct plain {
	const struct system *sys;
	uint64_t ns;
};

static int plain_block(void *ctx, const struct trace_event *ev, size_t nr,
		       uint64_t first)
{
	struct plain *p = ctx;
	uint64_t start = clock_ns();

	(void)first;
	for (size_t i = 0; i < nr; i++) {
		if (system_stopped(p->sys, i))
			return -EINTR;
		system_do(p->sys, &ev[i]);
	}
	p->ns += clock_ns() - start;
	return 0;
}

int pass_alloc(struct replay_machine *m, double clock_cost_ns,
	       struct latency *lat)
{
	struct probe_sums sums = {
		.cost_ns = (uint64_t)(clock_cost_ns + 0.5),
		.lat = lat,
	};
	struct system sys;
	struct plain plain = { .sys = &sys };
	int err = system_create(m, wrap_probe, &sums, &sys);

	if (err)
		return err;
	return system_finish(&sys, m,
			     trace_each(m->trace, plain_block, &plain, m->why));
}

/* Sums of one kind of operation, the other being timed beside it. */
struct run_sums {
	uint64_t nr, nr_runs;
	uint64_t ns;
};

static void add_run(struct run_sums *sums, size_t nr, uint64_t ns)
{
	sums->nr += nr;
	sums->nr_runs++;
	sums->ns += ns;
}

static struct mean_timing mean_of(const struct run_sums *sums, double cost_ns)
{
	return mean_timing_of(sums->ns, sums->nr_runs, sums->nr, cost_ns);
}

/* Length of the run of one kind from op[i], at most RUN_MAX. */
static size_t table_run(const struct table_log *log, size_t i)
{
	size_t end = i + 1;

	while (end < log->nr_ops && end - i < RUN_MAX &&
	       log->op[end].is_free == log->op[i].is_free)
		end++;
	return end - i;
}

static int do_allocs(const struct system *sys, const struct table_op *op,
		     size_t nr, struct l2_table *table)
{
	for (; nr; nr--, op++)
		if (l2_alloc_zeroed(sys->instance[op->instance], op->cpu,
				    GFP_ATOMIC, &table[op->handle]))
			return -EUCLEAN;
	return 0;
}

static void do_frees(const struct system *sys, const struct table_op *op,
		     size_t nr, const struct l2_table *table)
{
	for (; nr; nr--, op++)
		l2_free(sys->instance[op->instance], op->cpu,
			&table[op->handle]);
}

static int replay_log(const struct system *sys, const struct table_log *log,
		      struct l2_table *table, struct run_sums sums[2])
{
	size_t i, nr;
	int err = 0;

	for (i = 0; i < log->nr_ops && !err; i += nr) {
		bool is_free = log->op[i].is_free;
		uint64_t start;

		nr = table_run(log, i);
		start = clock_ns();
		if (is_free)
			do_frees(sys, &log->op[i], nr, table);
		else
			err = do_allocs(sys, &log->op[i], nr, table);
		add_run(&sums[is_free], nr, clock_ns() - start);
		if (sys->cfg->stop && *sys->cfg->stop)
			err = -EINTR;
	}
	return err;
}

int pass_table(struct replay_machine *m, double clock_cost_ns,
	       struct mean_timing *ret_alloc, struct mean_timing *ret_free)
{
	struct run_sums sums[2] = { { 0 } };
	struct l2_table *table;
	struct system sys;
	int err;

	table = calloc((size_t)m->log.nr_handles + 1, sizeof(*table));
	if (!table)
		return -ENOMEM;
	err = system_create(m, NULL, NULL, &sys);
	if (!err) {
		err = replay_log(&sys, &m->log, table, sums);
		system_destroy(&sys);
	}
	free(table);
	*ret_alloc = mean_of(&sums[0], clock_cost_ns);
	*ret_free = mean_of(&sums[1], clock_cost_ns);
	return err || sums[0].nr == m->log.nr_logged ? err : -EUCLEAN;
}

/* Length of the run of one kind from the first of nr events. */
static size_t event_run(const struct trace_event *ev, size_t nr)
{
	size_t end = 1;

	while (end < nr && end < RUN_MAX && ev[end].type == ev[0].type)
		end++;
	return end;
}

struct runs {
	const struct system *sys;
	struct run_sums sums[2];
};

static int time_block(void *ctx, const struct trace_event *ev, size_t nr,
		      uint64_t first)
{
	struct runs *r = ctx;
	size_t i, k, len;
	int err = 0;

	(void)first;
	for (i = 0; i < nr; i += len) {
		uint64_t start;

		/* In a longer run buffers would be taken in another order. */
		len = r->sys->buffers ? 1 : event_run(&ev[i], nr - i);
		system_before(r->sys, &ev[i]);
		start = clock_ns();
		for (k = i; k < i + len; k++)
			err = system_call(r->sys, &ev[k]);
		add_run(&r->sums[ev[i].type], len, clock_ns() - start);
		system_after(r->sys, &ev[i], err);
		if (r->sys->cfg->stop && *r->sys->cfg->stop)
			return -EINTR;
	}
	return 0;
}

int pass_runs(struct replay_machine *m, double clock_cost_ns,
	      struct mean_timing *ret_map, struct mean_timing *ret_unmap)
{
	struct system sys;
	struct runs runs = { .sys = &sys };
	int err = system_create(m, NULL, NULL, &sys);

	if (err)
		return err;
	err = trace_each(m->trace, time_block, &runs, m->why);
	*ret_map = mean_of(&runs.sums[TRACE_MAP], clock_cost_ns);
	*ret_unmap = mean_of(&runs.sums[TRACE_UNMAP], clock_cost_ns);
	return system_finish(&sys, m, err);
}

int pass_batch(struct replay_machine *m, double *ret_event_ns)
{
	struct system sys;
	struct plain plain = { .sys = &sys };
	int err = system_create(m, NULL, NULL, &sys);

	if (err)
		return err;
	err = trace_each(m->trace, plain_block, &plain, m->why);
	*ret_event_ns = (double)plain.ns / (double)m->trace->nr_events;
	return system_finish(&sys, m, err);
}
