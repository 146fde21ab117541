// SPDX-License-Identifier: GPL-2.0-only
/*
 * The passes of single events, without and with a probe; see split.h.
 *
 * A phase may be shorter than a step of the clock. Its mean over many events is
 * right nevertheless, because events begin anywhere between two steps; how
 * many are enough is the caller's to say.
 * Not here: the TLB, which is not modelled, so that a flush is its callback
 * alone; what a caller does with a refused event.
 * An event in which the host gave the CPU to somebody else lasts thousands of
 * times as long, and in a rare class would be most of the mean: the histogram
 * has it, the mean has not. What a hypervisor takes is not seen.
 * Cost: see split.h. What is added to histograms and sums is added between
 * events, and may cost the next one a line of the host's cache.
 * Invariant: the stretches of an event's phases lie between its two readings,
 * without a gap. Concurrency: none.
 */
#include "split.h"

#include <errno.h>
#include <sys/resource.h>

#include "clock.h"
#include "system.h"
#include "trace_cursor.h"

const char *const event_class_name[NR_EVENT_CLASSES] = {
	[MAP_EXISTING] = "map_existing", [MAP_NEW] = "map_new",
	[MAP_OVER] = "map_over",	 [UNMAP_EXISTING] = "unmap_existing",
	[UNMAP_FREE] = "unmap_free",	 [UNMAP_SPLIT] = "unmap_split",
};

const char *const phase_name[V7S_NR_PHASES] = {
	[V7S_WALK] = "walk",	   [V7S_ALLOC] = "alloc", [V7S_ZERO] = "zero",
	[V7S_INSTALL] = "install", [V7S_FILL] = "fill",	  [V7S_CLEAR] = "clear",
	[V7S_FREE] = "free",	   [V7S_FLUSH] = "flush",
};

#define PHASES_OF_ALLOC (1u << V7S_ALLOC | 1u << V7S_ZERO | 1u << V7S_INSTALL)
#define PHASES_OF_FREE (1u << V7S_FREE | 1u << V7S_FLUSH)

const unsigned event_class_phases[NR_EVENT_CLASSES] = {
	[MAP_NEW] = 1u << V7S_WALK | PHASES_OF_ALLOC | 1u << V7S_FILL,
	[MAP_OVER] = 1u << V7S_WALK | PHASES_OF_ALLOC | 1u << V7S_FILL |
		     PHASES_OF_FREE,
	[UNMAP_FREE] = 1u << V7S_CLEAR | PHASES_OF_FREE,
	[UNMAP_SPLIT] = 1u << V7S_CLEAR | PHASES_OF_ALLOC | PHASES_OF_FREE,
};

enum event_class event_class_of(enum trace_type type,
				const struct event_counts *before,
				const struct event_counts *after)
{
	if (type == TRACE_MAP) {
		if (after->replaced != before->replaced)
			return MAP_OVER;
		return after->allocs != before->allocs ? MAP_NEW : MAP_EXISTING;
	}
	if (after->splits != before->splits)
		return UNMAP_SPLIT;
	return after->frees != before->frees ? UNMAP_FREE : UNMAP_EXISTING;
}

static uint64_t without(uint64_t ns, uint64_t cost_ns)
{
	return ns > cost_ns ? ns - cost_ns : 0;
}

/* An event this long is asked about; others are too short for a switch. */
#define SUSPECT_NS 20000

/* Context switches of this thread so far. */
static uint64_t count_switches(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return (uint64_t)usage.ru_nvcsw + (uint64_t)usage.ru_nivcsw;
}

/* Was the CPU taken away in an event of so many ns? Once it was taken away
 * between events, the next long event is suspected wrongly. */
static bool interrupted(uint64_t ns, uint64_t *switches)
{
	uint64_t before = *switches;

	if (ns < SUSPECT_NS)
		return false;
	*switches = count_switches();
	return *switches != before;
}

/* Of a class in a pass. */
struct class_sums {
	uint64_t nr, nr_interrupted, ns;
	uint64_t phase_ns[V7S_NR_PHASES];
	uint64_t nr_stretches[V7S_NR_PHASES];
};

static bool add_event(struct class_sums *sums, uint64_t ns, uint64_t *switches)
{
	if (interrupted(ns, switches)) {
		sums->nr_interrupted++;
		return false;
	}
	sums->nr++;
	sums->ns += ns;
	return true;
}

/* The event pass on its way through the trace. */
struct event_timer {
	const struct system *sys;
	uint64_t cost_ns;
	uint64_t switches;
	struct latency *const *by_type;
	struct latency *const *by_class;
	struct class_sums sums[NR_EVENT_CLASSES];
	uint64_t nr, ns; /* all events, refused and interrupted ones too */
	uint64_t replay_ns;
};

static int event_block(void *ctx, const struct trace_event *block, size_t nr,
		       uint64_t first)
{
	struct event_timer *t = ctx;
	uint64_t block_start = clock_ns();

	(void)first;
	for (size_t i = 0; i < nr; i++) {
		const struct trace_event *ev = &block[i];
		const struct v7s *table = t->sys->table[ev->domain];
		struct event_counts before = event_counts(table), after;
		uint64_t start, ns;
		int refused;

		system_before(t->sys, ev);
		start = clock_ns();
		refused = system_call(t->sys, ev);
		ns = clock_ns() - start;
		system_after(t->sys, ev, refused);
		after = event_counts(table);
		latency_add(t->by_type[ev->type], without(ns, t->cost_ns));
		t->nr++;
		t->ns += ns;
		if (!refused) {
			enum event_class c =
				event_class_of(ev->type, &before, &after);

			latency_add(t->by_class[c], without(ns, t->cost_ns));
			add_event(&t->sums[c], ns, &t->switches);
		}
		if (system_stopped(t->sys, i))
			return -EINTR;
	}
	t->replay_ns += clock_ns() - block_start;
	return 0;
}

int pass_event(struct replay_machine *m, double clock_cost_ns,
	       struct latency *const *by_type, struct latency *const *by_class,
	       struct event_timing *ret)
{
	struct system sys;
	struct event_timer t = {
		.sys = &sys,
		.cost_ns = (uint64_t)(clock_cost_ns + 0.5),
		.switches = count_switches(),
		.by_type = by_type,
		.by_class = by_class,
	};
	int err = system_create(m, NULL, NULL, &sys);

	*ret = (struct event_timing){ .replay_ns_mean = 0 };
	if (err)
		return err;
	err = trace_each(m->trace, event_block, &t, m->why);
	for (unsigned c = 0; c < NR_EVENT_CLASSES; c++)
		ret->by_class[c] = mean_timing_of(t.sums[c].ns, t.sums[c].nr,
						  t.sums[c].nr, clock_cost_ns);
	ret->event = mean_timing_of(t.ns, t.nr, t.nr, clock_cost_ns);
	ret->replay_ns_mean = (double)t.replay_ns / (double)m->trace->nr_events;
	return system_finish(&sys, m, err);
}

/* What a page table is told to report to. */
struct phase_probe {
	struct v7s_probe probe;
	struct phase_meter meter;
};

static void enter(struct v7s_probe *probe, enum v7s_phase phase)
{
	struct phase_probe *p = container_of(probe, struct phase_probe, probe);

	phase_meter_enter(&p->meter, phase, clock_ns());
}

static void add_phases(struct class_sums *sums, const struct phase_meter *meter)
{
	for (unsigned p = 0; p < V7S_NR_PHASES; p++) {
		sums->phase_ns[p] += meter->ns[p];
		sums->nr_stretches[p] += meter->nr[p];
	}
}

/* The phases of one event; those that it did not have took no time. */
static void add_latencies(struct latency *const *lat,
			  const struct phase_meter *meter, uint64_t cost_ns)
{
	for (unsigned p = 0; p < V7S_NR_PHASES; p++)
		if (lat[p])
			latency_add(lat[p], without(meter->ns[p],
						    meter->nr[p] * cost_ns));
}

static struct phase_timing timing_of(const struct class_sums *sums,
				     double cost_ns)
{
	struct phase_timing t = {
		.nr = sums->nr,
		.nr_interrupted = sums->nr_interrupted,
	};
	uint64_t nr_stretches = 0;

	for (unsigned p = 0; p < V7S_NR_PHASES && t.nr; p++) {
		t.phase_ns[p] = mean_timing_of(sums->phase_ns[p],
					       sums->nr_stretches[p], t.nr,
					       cost_ns)
					.mean_ns;
		t.nr_stretches[p] = sums->nr_stretches[p];
		nr_stretches += sums->nr_stretches[p];
	}
	t.whole_ns =
		mean_timing_of(sums->ns, nr_stretches, t.nr, cost_ns).mean_ns;
	return t;
}

/* The phases pass on its way through the trace. */
struct phase_timer {
	const struct system *sys;
	struct phase_probe p;
	uint64_t cost_ns;
	uint64_t switches;
	struct latency *const *map_new;
	struct class_sums sums[NR_EVENT_CLASSES];
};

static int phases_block(void *ctx, const struct trace_event *block, size_t nr,
			uint64_t first)
{
	struct phase_timer *t = ctx;
	struct phase_meter *meter = &t->p.meter;

	(void)first;
	for (size_t i = 0; i < nr; i++) {
		const struct trace_event *ev = &block[i];
		const struct v7s *table = t->sys->table[ev->domain];
		struct event_counts before = event_counts(table), after;
		enum event_class c;
		uint64_t start, end;
		int refused;

		phase_meter_reset(meter,
				  ev->type == TRACE_MAP ? V7S_WALK : V7S_CLEAR);
		system_before(t->sys, ev);
		start = clock_ns();
		meter->since_ns = start;
		refused = system_call(t->sys, ev);
		end = clock_ns();
		phase_meter_enter(meter, meter->phase, end);
		system_after(t->sys, ev, refused);
		after = event_counts(table);
		if (system_stopped(t->sys, i))
			return -EINTR;
		if (refused)
			continue;
		c = event_class_of(ev->type, &before, &after);
		if (add_event(&t->sums[c], end - start, &t->switches))
			add_phases(&t->sums[c], meter);
		if (c == MAP_NEW)
			add_latencies(t->map_new, meter, t->cost_ns);
	}
	return 0;
}

int pass_phases(struct replay_machine *m, double clock_cost_ns,
		struct latency *const *map_new, struct phase_timing *ret)
{
	struct system sys;
	struct phase_timer t = {
		.sys = &sys,
		.p.probe.enter = enter,
		.cost_ns = (uint64_t)(clock_cost_ns + 0.5),
		.switches = count_switches(),
		.map_new = map_new,
	};
	int err;

	m->probe = &t.p.probe;
	err = system_create(m, NULL, NULL, &sys);
	if (!err)
		err = system_finish(&sys, m,
				    trace_each(m->trace, phases_block, &t,
					       m->why));
	m->probe = NULL;
	for (unsigned c = 0; c < NR_EVENT_CLASSES; c++)
		ret[c] = timing_of(&t.sums[c], clock_cost_ns);
	return err;
}
