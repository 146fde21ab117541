// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two stretches whose instructions are counted; see count_pass.h.
 *
 * A pass before them, not counted, records the log and touches what they will.
 * Not done: traces that are not in memory, since reading them would be counted.
 * Cost: three replays. Invariant: a stretch is one call, or none at all if the
 * system could not be built. Concurrency: none.
 */
#include "count_pass.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "system.h"
#include "trace_cursor.h"

/* Not inlined, not cloned, and not renamed by an optimising linker. */
#ifdef __clang__
#define STRETCH __attribute__((noinline, used))
#else
#define STRETCH __attribute__((noinline, noclone, used, externally_visible))
#endif

void counted_events(const struct system *sys, const struct trace_event *ev,
		    size_t nr);
int table_ops_counted(const struct system *sys, const struct table_log *log,
		      struct l2_table *table);

STRETCH void counted_events(const struct system *sys,
			    const struct trace_event *ev, size_t nr)
{
	for (; nr; nr--, ev++)
		system_do(sys, ev);
}

STRETCH int table_ops_counted(const struct system *sys,
			      const struct table_log *log,
			      struct l2_table *table)
{
	const struct table_op *op = log->op;
	const struct table_op *end = op + log->nr_ops;
	int err = 0;

	for (; op < end && !err; op++) {
		struct l2_strategy *l2 = sys->instance[op->instance];

		if (op->is_free)
			l2_free(l2, op->cpu, &table[op->handle]);
		else
			err = l2_alloc_zeroed(l2, op->cpu, GFP_ATOMIC,
					      &table[op->handle]);
	}
	return err;
}

struct head {
	struct trace_event *event;
	size_t nr, max;
};

static int copy_block(void *ctx, const struct trace_event *ev, size_t nr,
		      uint64_t first)
{
	struct head *head = ctx;

	(void)first;
	if (nr > head->max - head->nr)
		nr = head->max - head->nr;
	memcpy(head->event + head->nr, ev, nr * sizeof(*ev));
	head->nr += nr;
	return head->nr == head->max;
}

int count_head(const struct trace *trace, size_t nr, struct trace *ret,
	       char *why)
{
	size_t names = trace->nr_domains * sizeof(trace->domain[0]);
	struct head head = {
		.max = nr < trace->nr_events ? nr : trace->nr_events,
	};
	struct trace part = {
		.domain = malloc(names),
		.nr_domains = trace->nr_domains,
	};
	int err = -ENOMEM;

	*why = '\0';
	part.event = head.event = calloc(head.max, sizeof(*head.event));
	if (part.event && part.domain)
		err = trace_each(trace, copy_block, &head, why);
	if (err < 0) {
		trace_free(&part);
		return err;
	}
	memcpy(part.domain, trace->domain, names);
	trace_count(&part, head.event, head.nr);
	*ret = part;
	return 0;
}

static int wrap_log(void *ctx, struct l2_strategy *inner,
		    const struct l2_env *env, struct l2_strategy **ret)
{
	int err = table_log_wrap(ctx, inner, env, ret);

	if (err)
		l2_destroy(inner);
	return err;
}

/* True if it was simulated memory that was missing. */
static bool no_room(const struct physmem *pm)
{
	struct physmem_usage usage;

	physmem_usage(pm, &usage);
	return usage.nr_failures != 0;
}

static int record(struct replay_machine *m, bool *ret_built)
{
	struct system sys;
	size_t nr_ops;
	int err = system_create(m, wrap_log, &m->log, &sys);

	*ret_built = !err;
	if (err)
		return no_room(m->pm) ? 0 : err;
	/* Not the function that is watched. */
	for (size_t i = 0; i < m->trace->nr_events; i++)
		system_do(&sys, &m->trace->event[i]);
	/* Teardown frees tables too; those are no events of the trace. */
	nr_ops = m->log.nr_ops;
	err = system_finish(&sys, m, 0);
	m->log.nr_ops = nr_ops;
	return err ? err : m->log.error;
}

static int start(const struct counter *counter)
{
	return counter ? counter_start(counter) : 0;
}

static int stop(const struct counter *counter, struct counter_reading *ret)
{
	return counter ? counter_stop(counter, ret) : 0;
}

static int count_events(struct replay_machine *m, const struct counter *counter,
			struct counter_reading *ret)
{
	struct system sys;
	int err = system_create(m, NULL, NULL, &sys);

	if (err)
		return err;
	err = start(counter);
	if (!err) {
		counted_events(&sys, m->trace->event, m->trace->nr_events);
		err = stop(counter, ret);
	}
	return system_finish(&sys, m, err);
}

static int count_table(struct replay_machine *m, const struct counter *counter,
		       struct counter_reading *ret)
{
	struct l2_table *table =
		calloc((size_t)m->log.nr_handles + 1, sizeof(*table));
	struct system sys;
	int err, failed = 0;

	if (!table)
		return -ENOMEM;
	err = system_create(m, NULL, NULL, &sys);
	if (!err) {
		err = start(counter);
		if (!err)
			failed = table_ops_counted(&sys, &m->log, table);
		if (!err)
			err = stop(counter, ret);
		system_destroy(&sys);
	}
	free(table);
	return err ? err : failed ? -EUCLEAN : 0;
}

static bool stopped(const struct replay_machine *m)
{
	return m->cfg->stop && *m->cfg->stop;
}

int pass_count(struct replay_machine *m, const struct counter *counter,
	       struct count_result *ret)
{
	struct count_result r = { .nr_events = m->trace->nr_events };
	int err = record(m, &r.built);

	r.nr_table_ops = m->log.nr_ops;
	if (!err && stopped(m))
		err = -EINTR;
	if (!err && r.built)
		err = count_events(m, counter, &r.events);
	if (!err && stopped(m))
		err = -EINTR;
	if (!err && r.built)
		err = count_table(m, counter, &r.table);
	if (!err)
		*ret = r;
	return err;
}
