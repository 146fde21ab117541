// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who waits for whom in a trace on several threads; see deps.h.
 *
 * One look at each event, in order, with a map of who was last at each range
 * of a domain's addresses. Only the last matters: it has waited itself for
 * whoever was there before.
 * Not done: a full transitive reduction, which needs a vector of all threads
 * for each event.
 * Cost: about a microsecond an event; 8 bytes an event and 8 a wait are kept,
 * 4 an event and 40 a piece of the map are needed while it is made.
 * Invariant: every wait is for an event earlier in the trace.
 * Concurrency: none.
 */
#include "deps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "range_map.h"

const char *const deal_name[] = {
	[DEAL_SLICE] = "slice",
	[DEAL_DOMAIN] = "domain",
	[DEAL_CPU] = "cpu",
	[NR_DEALS] = NULL,
};

unsigned deps_thread_of(const struct trace *trace,
			const struct deps_config *cfg, size_t event)
{
	size_t key = cfg->deal == DEAL_DOMAIN ? trace->event[event].domain
		     : cfg->deal == DEAL_CPU  ? trace->event[event].cpu
					      : event / DEAL_SLICE_EVENTS;

	return (unsigned)(key % cfg->nr_threads);
}

/* What the making of deps needs. */
struct maker {
	const struct trace *trace;
	const struct deps_config *cfg;
	struct deps *deps;
	struct range_map *map;
	uint32_t *step_of; /* by event: its place among its thread's */
	uint32_t event;	   /* that is looked at */
	unsigned thread;   /* whose it is */
	/* Events of each thread that must be done before it. */
	uint32_t need[PHYSMEM_MAX_CPUS];
	/* [a][b]: events of b that a has waited for. */
	uint32_t known[PHYSMEM_MAX_CPUS][PHYSMEM_MAX_CPUS];
};

/* The event comes after whoever was at this piece last. */
static void follow(void *ctx, struct range_piece *piece)
{
	const struct range_value *value = &piece->value;
	struct maker *m = ctx;
	unsigned thread = deps_thread_of(m->trace, m->cfg, value->last);
	uint32_t done = m->step_of[value->last] + 1;

	if (thread != m->thread && m->need[thread] < done)
		m->need[thread] = done;
}

/* Likewise, where it only cuts a page: what is mapped there stays. */
static void follow_and_mark(void *ctx, struct range_piece *piece)
{
	struct maker *m = ctx;

	follow(ctx, piece);
	piece->value.last = m->event;
}

static uint64_t end_of(const struct trace_event *ev)
{
	/* The last page of 64 bits may lack its last byte here. */
	return ev->iova + ev->size ? ev->iova + ev->size : UINT64_MAX;
}

/*
 * The page of a mapping that an address lies in: the largest that is aligned
 * in both addresses and inside, which is what iommu_pgsize() comes to. All of
 * them are powers of two, so one that is used somewhere is used wherever it
 * can be.
 */
static uint64_t page_around(const struct trace_event *map, uint64_t pgsizes,
			    uint64_t address, uint64_t *ret_start)
{
	while (pgsizes) {
		uint64_t size = 1ull << (63 - __builtin_clzll(pgsizes));
		uint64_t start = address & ~(size - 1);

		pgsizes &= ~size;
		if (start < map->iova || end_of(map) - start < size ||
		    (map->iova ^ map->paddr) & (size - 1))
			continue;
		*ret_start = start;
		return size;
	}
	*ret_start = address;
	return 0;
}

/* The range that an event's order depends on: its own, but pages that an unmap
 * cuts belong to it as a whole. */
static void find_reach(const struct maker *m, uint64_t *ret_start,
		       uint64_t *ret_end)
{
	const struct trace_event *ev = &m->trace->event[m->event];
	uint64_t end = end_of(ev), size, page;
	const struct range_value *value;

	*ret_start = ev->iova;
	*ret_end = end;
	if (ev->type == TRACE_MAP)
		return;
	value = range_map_at(m->map, ev->domain, ev->iova);
	if (value && value->mapped != RANGE_NOBODY)
		page_around(&m->trace->event[value->mapped], m->cfg->pgsizes,
			    ev->iova, ret_start);
	value = range_map_at(m->map, ev->domain, end - 1);
	if (!value || value->mapped == RANGE_NOBODY)
		return;
	size = page_around(&m->trace->event[value->mapped], m->cfg->pgsizes,
			   end - 1, &page);
	if (size && page + size > end)
		*ret_end = page + size;
}

/* Fills m->need, and has the map know of the event. */
static int pass_over(struct maker *m)
{
	const struct trace_event *ev = &m->trace->event[m->event];
	struct range_value value = {
		.last = m->event,
		.mapped = ev->type == TRACE_MAP ? m->event : RANGE_NOBODY,
	};
	uint64_t start, end, own_end = end_of(ev);
	int err = 0;

	find_reach(m, &start, &end);
	if (start < ev->iova)
		err = range_map_each(m->map, ev->domain, start, ev->iova - 1,
				     follow_and_mark, m);
	if (!err && end > own_end)
		err = range_map_each(m->map, ev->domain, own_end, end - 1,
				     follow_and_mark, m);
	if (!err)
		err = range_map_each(m->map, ev->domain, ev->iova, own_end - 1,
				     follow, m);
	return err ? err
		   : range_map_set(m->map, ev->domain, ev->iova, own_end - 1,
				   value);
}

static int add_wait(struct deps_thread *t, struct deps_wait wait)
{
	uint32_t nr = t->nr_waits;

	/* Full at each power of two. */
	if (!(nr & (nr - 1))) {
		size_t max = nr ? 2 * (size_t)nr : 1;
		struct deps_wait *grown =
			reallocarray(t->wait, max, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		t->wait = grown;
	}
	t->wait[t->nr_waits++] = wait;
	return 0;
}

static int add_waits(struct maker *m, struct deps_step *step)
{
	uint32_t *known = m->known[m->thread];
	bool dependent = false;
	unsigned i;
	int err;

	for (i = 0; i < m->cfg->nr_threads; i++) {
		struct deps_wait wait = { .thread = i, .done = m->need[i] };

		dependent |= wait.done != 0;
		if (wait.done <= known[i])
			continue;
		known[i] = wait.done;
		err = add_wait(&m->deps->thread[m->thread], wait);
		if (err)
			return err;
		step->nr_waits++;
	}
	m->deps->nr_dependent += dependent;
	return 0;
}

static int look_at(struct maker *m, uint32_t event)
{
	struct deps_thread *t;
	int err;

	m->event = event;
	m->thread = deps_thread_of(m->trace, m->cfg, event);
	memset(m->need, 0, sizeof(m->need));
	t = &m->deps->thread[m->thread];
	m->step_of[event] = t->nr_steps;
	t->step[t->nr_steps] = (struct deps_step){ .event = event };
	err = pass_over(m);
	return err ? err : add_waits(m, &t->step[t->nr_steps++]);
}

/* Room for each thread's steps. */
static int make_room(struct maker *m)
{
	uint32_t nr[PHYSMEM_MAX_CPUS] = { 0 };
	size_t i;

	for (i = 0; i < m->trace->nr_events; i++)
		nr[deps_thread_of(m->trace, m->cfg, i)]++;
	for (i = 0; i < m->cfg->nr_threads; i++) {
		struct deps_thread *t = &m->deps->thread[i];

		t->step = calloc(nr[i] + 1ul, sizeof(*t->step));
		if (!t->step)
			return -ENOMEM;
	}
	return 0;
}

static int make(struct maker *m)
{
	uint32_t i;
	int err = make_room(m);

	m->step_of = calloc(m->trace->nr_events + 1, sizeof(*m->step_of));
	if (!err && !m->step_of)
		err = -ENOMEM;
	if (!err)
		err = range_map_create(m->trace->nr_domains, &m->map);
	for (i = 0; i < m->trace->nr_events && !err; i++)
		err = look_at(m, i);
	range_map_destroy(m->map);
	free(m->step_of);
	return err;
}

int deps_create(const struct trace *trace, const struct deps_config *cfg,
		struct deps **ret)
{
	struct maker *m = calloc(1, sizeof(*m));
	struct deps *deps = calloc(
		1, sizeof(*deps) + cfg->nr_threads * sizeof(deps->thread[0]));
	int err = -ENOMEM;

	if (!trace->event && trace->source)
		err = -EINVAL;
	else if (deps && m && trace->nr_events < RANGE_NOBODY) {
		deps->trace = trace;
		deps->nr_threads = cfg->nr_threads;
		m->trace = trace;
		m->cfg = cfg;
		m->deps = deps;
		err = make(m);
	}
	free(m);
	if (err)
		deps_destroy(deps);
	else
		*ret = deps;
	return err;
}

void deps_destroy(struct deps *deps)
{
	unsigned i;

	for (i = 0; deps && i < deps->nr_threads; i++) {
		free(deps->thread[i].step);
		free(deps->thread[i].wait);
	}
	free(deps);
}
