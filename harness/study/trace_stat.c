// SPDX-License-Identifier: GPL-2.0-only
/*
 * Figures of a trace in one pass; see trace_stat.h.
 *
 * Page sizes are those that iommu_pgsize() of Linux 6.1 chooses for a driver
 * with 4K, 64K, 1M and 16M (harness/v7s/iommu.c), each page counted: drivers
 * with .map, as mtk_iommu and msm_iommu, are called for each.
 *
 * Cost: O(log n) of live ranges an event. Memory: that of the live ranges, and
 * TRACE_STAT_POINTS points, of which every second is dropped when there is no
 * room for another. Concurrency: none of its own.
 */
#include "trace_stat.h"

#include <errno.h>
#include <string.h>

#include "iommu.h"
#include "trace_cursor.h"
#include "v7s_config.h"

struct run {
	struct trace_stat *stat;
	struct live_map *live;
	uint64_t nr_events; /* of the trace */
	uint64_t events;    /* done */
	uint64_t interval;  /* events between two points */
	uint64_t first_ns;  /* of the first event */
	uint64_t min_ns, max_ns;
};

static enum trace_stat_page page_of(uint64_t pgsize)
{
	switch (pgsize) {
	case 1 << 12:
		return STAT_4K;
	case 1 << 16:
		return STAT_64K;
	case 1 << 20:
		return STAT_1M;
	default:
		return STAT_16M;
	}
}

static void count_pages(struct trace_stat_type *type,
			const struct trace_event *ev, uint64_t paddr)
{
	uint64_t done, pgsize;
	size_t count;

	for (done = 0; done < ev->size; done += pgsize * count) {
		pgsize = iommu_pgsize(V7S_PGSIZES, ev->iova + done,
				      paddr + done, ev->size - done, &count);
		type->page[page_of(pgsize)] += count;
	}
}

static void count_event(struct run *run, const struct trace_event *ev)
{
	bool map = ev->type == TRACE_MAP;
	struct trace_stat_type *type = map ? &run->stat->map
					   : &run->stat->unmap;

	type->bytes += ev->size;
	type->size[63 - __builtin_clzll(ev->size)]++;
	if (!(ev->flags & TRACE_ANY))
		count_pages(type, ev, map ? ev->paddr : ev->iova);
	if (!run->events)
		run->first_ns = run->min_ns = run->max_ns = ev->time_ns;
	if (run->min_ns > ev->time_ns)
		run->min_ns = ev->time_ns;
	if (run->max_ns < ev->time_ns)
		run->max_ns = ev->time_ns;
}

static int do_map(struct run *run, const struct trace_event *ev)
{
	struct live_removed removed;
	int err = live_map_remove(run->live, ev, &removed);

	if (err)
		return err;
	if (removed.bytes && !run->stat->maps_over_live++)
		run->stat->first_over_live_line = ev->line;
	return live_map_add(run->live, ev);
}

static int do_unmap(struct run *run, const struct trace_event *ev)
{
	struct trace_stat *stat = run->stat;
	struct live_removed removed;
	int err = live_map_remove(run->live, ev, &removed);

	if (err)
		return err;
	if (!removed.bytes)
		stat->unmaps_of_nothing++;
	else if (removed.bytes != ev->size)
		stat->unmaps_of_less++;
	stat->merging_unmaps += removed.maps > 1;
	if (removed.maps > 1 && stat->merged_most < removed.maps)
		stat->merged_most = removed.maps;
	stat->part_unmaps += removed.cut;
	return 0;
}

static void raise_to(uint64_t *peak, uint64_t value)
{
	if (*peak < value)
		*peak = value;
}

static void draw_point(struct run *run, const struct trace_event *ev,
		       bool is_last)
{
	struct trace_stat *stat = run->stat;

	if (stat->nr_points == TRACE_STAT_POINTS) {
		stat->nr_points /= 2;
		for (unsigned i = 0; i < stat->nr_points; i++)
			stat->point[i] = stat->point[2 * i + 1];
		run->interval *= 2;
		if (!is_last && run->events % run->interval)
			return;
	}
	stat->point[stat->nr_points++] = (struct trace_stat_point){
		.events = run->events,
		.time_ns = ev->time_ns > run->first_ns
				   ? ev->time_ns - run->first_ns
				   : 0,
		.live = live_map_total(run->live),
	};
}

static int do_event(struct run *run, const struct trace_event *ev, bool is_last)
{
	struct trace_stat *stat = run->stat;
	struct live_total live;
	int err;

	count_event(run, ev);
	err = ev->type == TRACE_MAP ? do_map(run, ev) : do_unmap(run, ev);
	if (err)
		return err;
	run->events++;
	live = live_map_total(run->live);
	raise_to(&stat->peak.bytes, live.bytes);
	raise_to(&stat->peak.slots, live.slots);
	raise_to(&stat->peak.ranges, live.ranges);
	if (is_last || run->events % run->interval == 0)
		draw_point(run, ev, is_last);
	return 0;
}

static int do_block(void *ctx, const struct trace_event *ev, size_t nr,
		    uint64_t first)
{
	struct run *run = ctx;
	int err = 0;

	for (size_t i = 0; !err && i < nr; i++)
		err = do_event(run, &ev[i], first + i + 1 == run->nr_events);
	return err;
}

int trace_stat_run(const struct trace *trace, struct trace_stat *ret, char *why)
{
	struct trace_stat stat = { 0 };
	struct run run = {
		.stat = &stat,
		.nr_events = trace->nr_events,
		.interval = 1,
	};
	int err = live_map_create(trace->nr_domains, &run.live);

	*why = '\0';
	if (!err)
		err = trace_each(trace, do_block, &run, why);
	if (err && !*why)
		snprintf(why, TRACE_WHY_SIZE, "%s", strerror(-err));
	if (!err) {
		stat.end = live_map_total(run.live);
		stat.duration_ns = run.max_ns - run.min_ns;
		*ret = stat;
	}
	live_map_destroy(run.live);
	return err;
}

bool trace_stat_ambiguous(const struct trace *trace,
			  const struct trace_stat *stat)
{
	return stat->maps_over_live && trace_names_no_domain(trace);
}
