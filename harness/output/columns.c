// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each column of summary.csv says. Formulas and units are in
 * results/SCHEMA.md, which a test compares with this list.
 * Invariant: a getter never gives NaN or infinity; what was not measured, or
 * what the clock could not see, is empty.
 */
#include "columns.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "extfrag.h"
#include "l2_strategy.h"
#include "physmem.h"

static struct value empty(void)
{
	return (struct value){ .type = VALUE_EMPTY };
}

static struct value text(const char *s)
{
	struct value v = { .type = VALUE_TEXT };

	snprintf(v.text, sizeof(v.text), "%s", s);
	return v;
}

static struct value u64(uint64_t n)
{
	return (struct value){ .type = VALUE_U64, .u64 = n };
}

/* Digits beyond what a figure can mean only make files differ. */
static struct value rounded(double x, double unit)
{
	return (struct value){ .type = VALUE_DOUBLE,
			       .number = round(x / unit) * unit };
}

#define GET_U64(name, expr)                                      \
	static struct value get_##name(const struct run_cell *c) \
	{                                                        \
		return u64(expr);                                \
	}

#define GET_TEXT(name, expr)                                     \
	static struct value get_##name(const struct run_cell *c) \
	{                                                        \
		return text(expr);                               \
	}

GET_TEXT(strategy, c->spec->label)
GET_TEXT(workload, c->workload)
GET_U64(events, c->memory.nr_events)
GET_U64(maps, c->memory.nr_maps)
GET_U64(unmaps, c->memory.nr_unmaps)
GET_U64(domains, c->memory.nr_domains)
GET_U64(l2_allocs, c->memory.l2_allocs)
GET_U64(l2_frees, c->memory.l2_frees)
GET_U64(l2_tables_peak, c->memory.l2_tables_peak)
GET_U64(l2_tables_end, c->memory.l2_tables_end)
GET_U64(live_bytes_peak, c->memory.l2_tables_peak *L2_TABLE_SIZE)
GET_U64(held_bytes_start, c->memory.held_bytes_start)
GET_U64(held_bytes_peak, c->memory.held_bytes_peak)
GET_U64(held_bytes_end, c->memory.held_bytes_end)
GET_U64(alloc_failures, c->memory.alloc_failures)
GET_U64(anomalies, c->memory.anomalies)
GET_U64(held_bytes_mean, (uint64_t)(c->memory.held_bytes_mean + 0.5))
GET_U64(metadata_bytes_peak, c->memory.metadata_bytes_peak)
GET_U64(empty_tables_end, c->memory.empty_tables_end)
GET_U64(refills, c->memory.nr_refills)
GET_U64(dirty_tables, c->memory.dirty_tables)
GET_U64(leaked_bytes, c->memory.leaked_bytes)
GET_U64(order_fallbacks, c->memory.nr_fallbacks)
GET_TEXT(zeroed_by, c->memory.zeroes ? "strategy" : "v7s")
GET_TEXT(profile, c->plan->replay.profile->name)
GET_U64(cpus, c->memory.nr_cpus)
GET_TEXT(share, replay_share_names[c->plan->replay.share])
GET_U64(instances, c->memory.shared ? 1 : c->memory.nr_domains)
GET_U64(ias, c->plan->replay.pgtable.ias)
GET_U64(oas, c->plan->replay.pgtable.oas)
GET_U64(quirks, c->plan->replay.pgtable.quirks)
GET_TEXT(kernel, v7s_kernel_names[c->plan->replay.pgtable.kernel])
GET_TEXT(split, v7s_split_names[c->plan->replay.pgtable.split])
GET_TEXT(path, v7s_path_names[c->plan->replay.pgtable.path])
GET_TEXT(coherent, v7s_walker_names[c->plan->replay.pgtable.walker])
GET_TEXT(rebased, c->plan->replay.rebase_paddr ? "yes" : "no")
GET_TEXT(ranked, c->spec->ops->baseline || c->memory.defective ? "no" : "yes")
GET_TEXT(built, c->memory.built ? "yes" : "no")
GET_U64(reps,
	c->event_ns.nr *(uint64_t)(c->nr_processes ? c->plan->nr_reps : 1))

GET_U64(fail_nomem, c->memory.failures_by[L2_FAIL_NOMEM])
GET_U64(fail_exhausted, c->memory.failures_by[L2_FAIL_EXHAUSTED])
GET_U64(fail_range, c->memory.failures_by[L2_FAIL_RANGE])
GET_U64(fail_unfit, c->memory.pgtable.l2_unfit)
GET_U64(fail_dma_error, c->memory.pgtable.l2_dma_errors)
GET_U64(fail_dma_translated, c->memory.pgtable.l2_dma_translated)
GET_U64(page_fail_mark, c->memory.page_failures[PAGE_FAIL_MARK])
GET_U64(page_fail_order, c->memory.page_failures[PAGE_FAIL_ORDER])
GET_U64(page_steals, c->memory.steals)
GET_U64(buffer_failures, c->memory.buffer_failures)
GET_U64(buffer_bytes_peak, c->memory.buffer_bytes_peak)
GET_U64(pageblocks_polluted_peak, c->memory.pageblocks_polluted_peak)
GET_U64(pageblocks_polluted_end, c->memory.pageblocks_polluted_end)
GET_U64(pinned_bytes_end, c->memory.pinned_bytes_end)
GET_U64(zone_bytes, c->plan->replay.age.zone_bytes)
GET_U64(age_seed, c->plan->replay.age.seed)

static struct value get_frag(const struct run_cell *c)
{
	char name[AGE_TEXT_SIZE];

	age_format(&c->plan->replay.age, name);
	return text(name);
}

static int blocks(const uint64_t *nr_free, unsigned order)
{
	return (int)nr_free[order];
}

/* A number for each order, from 0. */
static struct value by_order(const uint64_t *nr_free,
			     int (*what)(const uint64_t *, unsigned))
{
	struct value v = { .type = VALUE_TEXT };
	size_t at = 0;
	unsigned order;

	for (order = 0; order <= MAX_ORDER && at < sizeof(v.text); order++)
		at += (size_t)snprintf(v.text + at, sizeof(v.text) - at, "%s%d",
				       order ? " " : "", what(nr_free, order));
	return v;
}

/* Of a walker that is not coherent; there is nothing to count in another. */
static struct value dma(const struct run_cell *c, uint64_t nr)
{
	return c->plan->replay.pgtable.walker ? u64(nr) : empty();
}

static struct value get_first_dirty_alloc(const struct run_cell *c)
{
	uint64_t nr = c->memory.first_dirty_alloc;

	return nr ? u64(nr) : empty();
}

static struct value get_overhead_ratio_peak(const struct run_cell *c)
{
	uint64_t live = c->memory.l2_tables_peak * L2_TABLE_SIZE;

	return live ? rounded((double)c->memory.held_bytes_peak / (double)live,
			      1e-6)
		    : empty();
}

static struct value get_digest(const struct run_cell *c)
{
	struct value v = { .type = VALUE_TEXT };

	snprintf(v.text, sizeof(v.text), "%016" PRIx64, c->memory.digest);
	return v;
}

static struct value median_of(const struct rep_series *series)
{
	double x;

	return rep_median(series, &x) ? empty() : rounded(x, 0.01);
}

static struct value percentile(const struct run_cell *c,
			       const struct latency *lat, unsigned permyriad)
{
	uint64_t ns;

	/* With fewer values the percentile would be the largest of them. */
	if (!lat || latency_count(lat) * (10000 - permyriad) < 10000 ||
	    latency_publish(lat, permyriad, c->quantum_ns, &ns))
		return empty();
	return u64(ns);
}

static struct value interval(const struct rep_series *series, bool high)
{
	struct stats_interval i;

	if (stats_interval(series->value, series->nr, &i))
		return empty();
	return rounded(high ? i.high : i.low, 0.01);
}

#define GET_VALUE(name, expr)                                    \
	static struct value get_##name(const struct run_cell *c) \
	{                                                        \
		return expr;                                     \
	}

GET_VALUE(dma_maps, dma(c, c->memory.pgtable.dma_maps))
GET_VALUE(dma_unmaps, dma(c, c->memory.pgtable.dma_unmaps))
GET_VALUE(dma_syncs, dma(c, c->memory.pgtable.dma_syncs))
GET_VALUE(dma_lines, dma(c, c->memory.pgtable.dma_lines))

GET_VALUE(alloc_ns_mean, median_of(&c->alloc_ns))
GET_VALUE(alloc_ns_mean_low, interval(&c->alloc_ns, false))
GET_VALUE(alloc_ns_mean_high, interval(&c->alloc_ns, true))
GET_VALUE(alloc_ns_p50, percentile(c, c->alloc_lat, 5000))
GET_VALUE(alloc_ns_p99, percentile(c, c->alloc_lat, 9900))
GET_VALUE(free_ns_mean, median_of(&c->free_ns))
GET_VALUE(map_ns_mean, median_of(&c->map_ns))
GET_VALUE(map_ns_p99, percentile(c, c->map_lat, 9900))
GET_VALUE(unmap_ns_mean, median_of(&c->unmap_ns))
GET_VALUE(event_ns_mean, median_of(&c->event_ns))
GET_VALUE(event_ns_mean_low, interval(&c->event_ns, false))
GET_VALUE(event_ns_mean_high, interval(&c->event_ns, true))

/* Of the threads pass; empty without it. */
static struct value of_threads(const struct run_cell *c, struct value v)
{
	return c->plan->replay.threads.nr ? v : empty();
}

static struct value get_threads(const struct run_cell *c)
{
	const struct replay_threads *t = &c->plan->replay.threads;
	struct value v = { .type = VALUE_TEXT };

	snprintf(v.text, sizeof(v.text), "%u:%s", t->nr, deal_name[t->deal]);
	return of_threads(c, v);
}

GET_VALUE(dependent_events, of_threads(c, u64(c->threads.dependent)))
GET_VALUE(threads_event_ns_mean, median_of(&c->threads.event_ns))
GET_VALUE(threads_event_ns_mean_low, interval(&c->threads.event_ns, false))
GET_VALUE(threads_event_ns_mean_high, interval(&c->threads.event_ns, true))
GET_VALUE(lost_races, median_of(&c->threads.lost_races))
GET_VALUE(waited_events, median_of(&c->threads.waited))
GET_VALUE(threads_failures, of_threads(c, u64(c->threads.failures)))
GET_VALUE(threads_host_cpus, of_threads(c, u64(c->threads.nr_host_cpus)))

#define GET_CLASS(name, CLASS) \
	GET_VALUE(name##_ns_mean, median_of(&c->by_class[CLASS].ns))

#define GET_PHASE(name, CLASS, step, PHASE) \
	GET_VALUE(name##_##step##_ns_mean,  \
		  median_of(&c->by_class[CLASS].phase[V7S_##PHASE]))

GET_CLASS(map_existing, MAP_EXISTING)
GET_CLASS(map_new, MAP_NEW)
GET_CLASS(unmap_free, UNMAP_FREE)
GET_PHASE(map_new, MAP_NEW, walk, WALK)
GET_PHASE(map_new, MAP_NEW, alloc, ALLOC)
GET_PHASE(map_new, MAP_NEW, zero, ZERO)
GET_PHASE(map_new, MAP_NEW, install, INSTALL)
GET_PHASE(map_new, MAP_NEW, fill, FILL)
GET_PHASE(unmap_free, UNMAP_FREE, clear, CLEAR)
GET_PHASE(unmap_free, UNMAP_FREE, free, FREE)
GET_PHASE(unmap_free, UNMAP_FREE, flush, FLUSH)

static struct value get_probe_ns_mean(const struct run_cell *c)
{
	const struct class_figures *f = &c->by_class[MAP_NEW];
	double with, plain;

	if (rep_median(&f->probed, &with) || rep_median(&f->ns, &plain))
		return empty();
	return rounded(with - plain, 0.01);
}

/* A logarithm of a ratio as the ratio, less if it is to be a difference. */
static struct value factor(double log_ratio, double less)
{
	double x = exp(log_ratio) - less;

	return isfinite(x) ? rounded(x, 1e-4) : empty();
}

/* Three digits: however small, it is not 0. */
static struct value probability(double p)
{
	return rounded(p, pow(10, floor(log10(p)) - 2));
}

static struct value ratio(const struct cell_ratio *r)
{
	return r->measured ? factor(r->r.log_ratio, 0) : empty();
}

static struct value ratio_end(const struct cell_ratio *r, double end)
{
	return r->measured && r->r.has_interval ? factor(end, 0) : empty();
}

static struct value ratio_p(const struct cell_ratio *r)
{
	return r->measured ? probability(r->r.p) : empty();
}

static struct value ratio_floor(const struct cell_ratio *r)
{
	return r->measured && r->floor >= 0 ? factor(r->floor, 1) : empty();
}

static struct value ratio_verdict(const struct cell_ratio *r)
{
	return r->measured ? text(paired_verdict_names[r->verdict]) : empty();
}

#define GET_RATIO(name, LANE)                                        \
	GET_VALUE(name##_ratio, ratio(&c->ratio[LANE]))              \
	GET_VALUE(name##_ratio_low,                                  \
		  ratio_end(&c->ratio[LANE], c->ratio[LANE].r.low))  \
	GET_VALUE(name##_ratio_high,                                 \
		  ratio_end(&c->ratio[LANE], c->ratio[LANE].r.high)) \
	GET_VALUE(name##_p, ratio_p(&c->ratio[LANE]))                \
	GET_VALUE(name##_floor, ratio_floor(&c->ratio[LANE]))        \
	GET_VALUE(name##_verdict, ratio_verdict(&c->ratio[LANE]))

GET_RATIO(table, LANE_TABLE)
GET_RATIO(event, LANE_EVENT)
GET_VALUE(reference, c->reference ? text(c->reference) : empty())
GET_VALUE(processes, c->nr_processes ? u64(c->nr_processes) : empty())

GET_VALUE(free_area_start, by_order(c->memory.free_area_start, blocks))
GET_VALUE(free_area_end, by_order(c->memory.free_area_end, blocks))
GET_VALUE(unusable_index_start,
	  by_order(c->memory.free_area_start, extfrag_unusable))
GET_VALUE(unusable_index_end,
	  by_order(c->memory.free_area_end, extfrag_unusable))
GET_VALUE(frag_index_end, by_order(c->memory.free_area_end, extfrag_index))

#define COLUMN(column, what)                                                \
	{                                                                   \
		.name = #column, .kind = COLUMN_##what, .get = get_##column \
	}

const struct column columns[] = {
	COLUMN(strategy, KEY),
	COLUMN(workload, KEY),
	COLUMN(events, EXACT),
	COLUMN(maps, EXACT),
	COLUMN(unmaps, EXACT),
	COLUMN(domains, EXACT),
	COLUMN(l2_allocs, EXACT),
	COLUMN(l2_frees, EXACT),
	COLUMN(l2_tables_peak, EXACT),
	COLUMN(l2_tables_end, EXACT),
	COLUMN(live_bytes_peak, EXACT),
	COLUMN(held_bytes_start, EXACT),
	COLUMN(held_bytes_peak, EXACT),
	COLUMN(held_bytes_end, EXACT),
	COLUMN(overhead_ratio_peak, EXACT),
	COLUMN(alloc_failures, EXACT),
	COLUMN(alloc_ns_mean, TIMED),
	COLUMN(alloc_ns_p50, TIMED),
	COLUMN(alloc_ns_p99, TIMED),
	COLUMN(map_ns_mean, TIMED),
	COLUMN(map_ns_p99, TIMED),
	COLUMN(unmap_ns_mean, TIMED),
	COLUMN(anomalies, EXACT),
	COLUMN(digest, EXACT),
	COLUMN(held_bytes_mean, EXACT),
	COLUMN(metadata_bytes_peak, EXACT),
	COLUMN(empty_tables_end, EXACT),
	COLUMN(refills, EXACT),
	COLUMN(order_fallbacks, EXACT),
	COLUMN(fail_nomem, EXACT),
	COLUMN(fail_exhausted, EXACT),
	COLUMN(fail_range, EXACT),
	COLUMN(fail_unfit, EXACT),
	COLUMN(fail_dma_error, EXACT),
	COLUMN(fail_dma_translated, EXACT),
	COLUMN(page_fail_mark, EXACT),
	COLUMN(page_fail_order, EXACT),
	COLUMN(page_steals, EXACT),
	COLUMN(buffer_failures, EXACT),
	COLUMN(buffer_bytes_peak, EXACT),
	COLUMN(pageblocks_polluted_peak, EXACT),
	COLUMN(pageblocks_polluted_end, EXACT),
	COLUMN(pinned_bytes_end, EXACT),
	COLUMN(free_area_start, EXACT),
	COLUMN(free_area_end, EXACT),
	COLUMN(unusable_index_start, EXACT),
	COLUMN(unusable_index_end, EXACT),
	COLUMN(frag_index_end, EXACT),
	COLUMN(dirty_tables, EXACT),
	COLUMN(first_dirty_alloc, EXACT),
	COLUMN(leaked_bytes, EXACT),
	COLUMN(dma_maps, EXACT),
	COLUMN(dma_unmaps, EXACT),
	COLUMN(dma_syncs, EXACT),
	COLUMN(dma_lines, EXACT),
	COLUMN(alloc_ns_mean_low, TIMED),
	COLUMN(alloc_ns_mean_high, TIMED),
	COLUMN(free_ns_mean, TIMED),
	COLUMN(event_ns_mean, TIMED),
	COLUMN(event_ns_mean_low, TIMED),
	COLUMN(event_ns_mean_high, TIMED),
	COLUMN(map_existing_ns_mean, TIMED),
	COLUMN(map_new_ns_mean, TIMED),
	COLUMN(map_new_walk_ns_mean, TIMED),
	COLUMN(map_new_alloc_ns_mean, TIMED),
	COLUMN(map_new_zero_ns_mean, TIMED),
	COLUMN(map_new_install_ns_mean, TIMED),
	COLUMN(map_new_fill_ns_mean, TIMED),
	COLUMN(probe_ns_mean, TIMED),
	COLUMN(unmap_free_ns_mean, TIMED),
	COLUMN(unmap_free_clear_ns_mean, TIMED),
	COLUMN(unmap_free_flush_ns_mean, TIMED),
	COLUMN(unmap_free_free_ns_mean, TIMED),
	COLUMN(threads_event_ns_mean, TIMED),
	COLUMN(threads_event_ns_mean_low, TIMED),
	COLUMN(threads_event_ns_mean_high, TIMED),
	COLUMN(lost_races, TIMED),
	COLUMN(waited_events, TIMED),
	COLUMN(threads_failures, TIMED),
	COLUMN(table_ratio, TIMED),
	COLUMN(table_ratio_low, TIMED),
	COLUMN(table_ratio_high, TIMED),
	COLUMN(table_p, TIMED),
	COLUMN(table_floor, TIMED),
	COLUMN(table_verdict, TIMED),
	COLUMN(event_ratio, TIMED),
	COLUMN(event_ratio_low, TIMED),
	COLUMN(event_ratio_high, TIMED),
	COLUMN(event_p, TIMED),
	COLUMN(event_floor, TIMED),
	COLUMN(event_verdict, TIMED),
	COLUMN(reference, INFO),
	COLUMN(processes, INFO),
	COLUMN(reps, INFO),
	COLUMN(built, INFO),
	COLUMN(ranked, INFO),
	COLUMN(zeroed_by, INFO),
	COLUMN(profile, INFO),
	COLUMN(cpus, INFO),
	COLUMN(threads, INFO),
	COLUMN(threads_host_cpus, INFO),
	COLUMN(dependent_events, INFO),
	COLUMN(frag, INFO),
	COLUMN(zone_bytes, INFO),
	COLUMN(age_seed, INFO),
	COLUMN(share, INFO),
	COLUMN(instances, INFO),
	COLUMN(ias, INFO),
	COLUMN(oas, INFO),
	COLUMN(quirks, INFO),
	COLUMN(kernel, INFO),
	COLUMN(split, INFO),
	COLUMN(path, INFO),
	COLUMN(coherent, INFO),
	COLUMN(rebased, INFO),
	{ .name = NULL },
};

struct value column_value(const struct column *column,
			  const struct run_cell *cell)
{
	bool figure = column->kind == COLUMN_EXACT ||
		      column->kind == COLUMN_TIMED;

	return figure && !cell->memory.built ? empty() : column->get(cell);
}
