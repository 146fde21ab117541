// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stretches whose instructions are counted; see count_pass.h.
 *
 * A pass before them, not counted, records the log and touches what they will.
 * Not done: traces that are not in memory, since reading them would be counted.
 * Cost: three replays, by class five. Invariant: a stretch is one call, or none
 * at all if the system could not be built. Concurrency: none.
 */
#include "count_pass.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "system.h"
#include "trace_cursor.h"

/* Not inlined, not cloned, not one with another that does the same, and not
 * renamed by an optimising linker. */
#ifdef __clang__
#define STRETCH __attribute__((noinline, used))
#else
#define STRETCH \
	__attribute__((noinline, noclone, no_icf, used, externally_visible))
#endif

/* A function of that name, with its prototype. */
#define EVENT_STRETCH(name)                                                \
	void name(const struct system *sys, const struct trace_event *ev); \
	STRETCH void name(const struct system *sys,                        \
			  const struct trace_event *ev)

void counted_events(const struct system *sys, const struct trace_event *ev,
		    size_t nr);
int table_ops_counted(const struct system *sys, const struct table_log *log,
		      struct l2_table *table);
void events_by_class(const struct system *sys, const struct trace_event *ev,
		     size_t nr, const uint8_t *kind);
int ops_by_class(const struct system *sys, const struct table_log *log,
		 struct l2_table *table);
int class_alloc(struct l2_strategy *l2, unsigned cpu, struct l2_table *ret);
void class_free(struct l2_strategy *l2, unsigned cpu,
		const struct l2_table *table);

STRETCH void counted_events(const struct system *sys,
			    const struct trace_event *ev, size_t nr)
{
	for (; nr; nr--, ev++)
		system_do(sys, ev);
}

STRETCH int class_alloc(struct l2_strategy *l2, unsigned cpu,
			struct l2_table *ret)
{
	return l2_alloc_zeroed(l2, cpu, GFP_ATOMIC, ret);
}

STRETCH void class_free(struct l2_strategy *l2, unsigned cpu,
			const struct l2_table *table)
{
	l2_free(l2, cpu, table);
}

/* by_class is a constant: one of the two ways is left. */
static inline __attribute__((always_inline)) int
do_table_ops(const struct system *sys, const struct table_log *log,
	     struct l2_table *table, bool by_class)
{
	const struct table_op *op = log->op;
	const struct table_op *end = op + log->nr_ops;
	int err = 0;

	for (; op < end && !err; op++) {
		struct l2_strategy *l2 = sys->instance[op->instance];
		struct l2_table *t = &table[op->handle];

		if (by_class && op->is_free)
			class_free(l2, op->cpu, t);
		else if (by_class)
			err = class_alloc(l2, op->cpu, t);
		else if (op->is_free)
			l2_free(l2, op->cpu, t);
		else
			err = l2_alloc_zeroed(l2, op->cpu, GFP_ATOMIC, t);
	}
	return err;
}

STRETCH int table_ops_counted(const struct system *sys,
			      const struct table_log *log,
			      struct l2_table *table)
{
	return do_table_ops(sys, log, table, false);
}

STRETCH int ops_by_class(const struct system *sys, const struct table_log *log,
			 struct l2_table *table)
{
	return do_table_ops(sys, log, table, true);
}

EVENT_STRETCH(class_map)
{
	system_do(sys, ev);
}

EVENT_STRETCH(class_map_table)
{
	system_do(sys, ev);
}

EVENT_STRETCH(class_unmap)
{
	system_do(sys, ev);
}

EVENT_STRETCH(class_unmap_table)
{
	system_do(sys, ev);
}

static void (*const do_event[NR_COUNT_CLASSES])(const struct system *,
						const struct trace_event *) = {
	[COUNT_MAP] = class_map,
	[COUNT_MAP_TABLE] = class_map_table,
	[COUNT_UNMAP] = class_unmap,
	[COUNT_UNMAP_TABLE] = class_unmap_table,
};

STRETCH void events_by_class(const struct system *sys,
			     const struct trace_event *ev, size_t nr,
			     const uint8_t *kind)
{
	for (; nr; nr--, ev++, kind++)
		do_event[*kind](sys, ev);
}

const char *const count_class_functions[NR_COUNT_CLASSES] = {
	[COUNT_ALLOC] = "class_alloc",
	[COUNT_FREE] = "class_free",
	[COUNT_MAP] = "class_map",
	[COUNT_MAP_TABLE] = "class_map_table",
	[COUNT_UNMAP] = "class_unmap",
	[COUNT_UNMAP_TABLE] = "class_unmap_table",
};

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

/* What an event did to tables makes its class. */
static enum count_class do_and_class(const struct system *sys,
				     const struct table_log *log,
				     const struct trace_event *ev)
{
	uint64_t allocs = log->nr_allocs, frees = log->nr_frees;

	system_do(sys, ev);
	if (ev->type == TRACE_MAP)
		return log->nr_allocs == allocs ? COUNT_MAP : COUNT_MAP_TABLE;
	return log->nr_frees == frees ? COUNT_UNMAP : COUNT_UNMAP_TABLE;
}

/* kind: of each event its class, or NULL. */
static int record(struct replay_machine *m, uint8_t *kind, bool *ret_built)
{
	struct system sys;
	size_t nr_ops;
	int err = system_create(m, wrap_log, &m->log, &sys);

	*ret_built = !err;
	if (err)
		return no_room(m->pm) ? 0 : err;
	/* Not the function that is watched. */
	for (size_t i = 0; i < m->trace->nr_events; i++) {
		enum count_class c =
			do_and_class(&sys, &m->log, &m->trace->event[i]);

		if (kind)
			kind[i] = (uint8_t)c;
	}
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

static int count_event_classes(struct replay_machine *m, const uint8_t *kind)
{
	struct system sys;
	int err = system_create(m, NULL, NULL, &sys);

	if (err)
		return err;
	events_by_class(&sys, m->trace->event, m->trace->nr_events, kind);
	return system_finish(&sys, m, 0);
}

/* do_ops: all of the log. */
static int
count_table(struct replay_machine *m,
	    int (*do_ops)(const struct system *, const struct table_log *,
			  struct l2_table *),
	    const struct counter *counter, struct counter_reading *ret)
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
			failed = do_ops(&sys, &m->log, table);
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

static int count_all(struct replay_machine *m, const struct counter *counter,
		     const uint8_t *kind, struct count_result *r)
{
	int err = count_events(m, counter, &r->events);

	if (!err && stopped(m))
		err = -EINTR;
	if (!err)
		err = count_table(m, table_ops_counted, counter, &r->table);
	if (!err && stopped(m))
		err = -EINTR;
	if (!err && kind)
		err = count_event_classes(m, kind);
	if (!err && kind)
		err = count_table(m, ops_by_class, NULL, NULL);
	return err;
}

int pass_count(struct replay_machine *m, const struct counter *counter,
	       bool classes, struct count_result *ret)
{
	struct count_result r = { .nr_events = m->trace->nr_events };
	uint8_t *kind = NULL;
	int err = 0;

	/* Else nothing: what is asked of malloc moves counts of jemalloc. */
	if (classes)
		kind = calloc(m->trace->nr_events + 1, 1);
	if (classes && !kind)
		err = -ENOMEM;
	if (!err)
		err = record(m, kind, &r.built);
	r.nr_table_ops = m->log.nr_ops;
	if (!err && stopped(m))
		err = -EINTR;
	if (!err && r.built)
		err = count_all(m, counter, kind, &r);
	free(kind);
	if (!err)
		*ret = r;
	return err;
}
