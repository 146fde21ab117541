// SPDX-License-Identifier: GPL-2.0-only
/*
 * Order and repetition of passes; see run.h.
 *
 * Not done: confirmation by a second run.
 * Cost: per cell one memory pass and six timed passes a repetition, and the
 * threads pass if asked for.
 * Invariant: a timed pass does as many allocations as the memory pass, lost
 * races not counted.
 */
#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run_slices.h"

/* splitmix64: enough to shuffle with, and the same everywhere. */
static uint64_t draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

enum pass_kind {
	PASS_ALLOC,
	PASS_EVENT,
	PASS_PHASES,
	PASS_TABLE,
	PASS_RUNS,
	PASS_BATCH,
	PASS_THREADS, /* the last: not always done */
	NR_PASSES
};

unsigned run_nr_passes(const struct run_plan *plan)
{
	return plan->replay.threads.nr ? NR_PASSES : PASS_THREADS;
}

/* One timed pass of one cell, waiting for its turn. */
struct slot {
	unsigned cell;
	enum pass_kind kind;
};

static void shuffle(struct slot *slot, unsigned nr, uint64_t *state)
{
	while (nr > 1) {
		unsigned other = (unsigned)(draw(state) % nr--);
		struct slot tmp = slot[nr];

		slot[nr] = slot[other];
		slot[other] = tmp;
	}
}

static void push(struct rep_series *series, const struct mean_timing *t)
{
	if (t->nr && series->nr < RUN_MAX_REPS)
		series->value[series->nr++] = t->mean_ns;
}

/* What one workload's passes share. */
struct bench {
	const struct run_plan *plan;
	const struct clock_info *clock;
	const struct run_observer *observer;
	struct run_cell *cell;
	struct replay_machine *machine; /* by cell */
	struct deps *deps;		/* NULL without threads */
	char *why;
};

static void announce(const struct bench *b, const struct run_cell *cell,
		     const char *pass, uint64_t weight)
{
	char what[160];

	if (!b->observer)
		return;
	snprintf(what, sizeof(what), "%s %s %s", cell->workload,
		 cell->spec->label, pass);
	b->observer->step(b->observer->ctx, what, weight);
}

static int time_alloc(struct bench *b, unsigned i)
{
	return pass_alloc(&b->machine[i], b->clock->cost_ns,
			  b->cell[i].alloc_lat);
}

static int time_event(struct bench *b, unsigned i)
{
	struct class_figures *f = b->cell[i].by_class;
	struct mean_timing t[NR_EVENT_CLASSES];
	struct latency *lat[NR_EVENT_CLASSES];
	unsigned c;
	int err;

	for (c = 0; c < NR_EVENT_CLASSES; c++)
		lat[c] = f[c].lat;
	err = pass_event(&b->machine[i], b->clock->cost_ns, b->cell[i].map_lat,
			 lat, t);
	for (c = 0; c < NR_EVENT_CLASSES && !err; c++)
		if (t[c].nr >= CLASS_MEAN_MIN)
			push(&f[c].ns, &t[c]);
	return err;
}

static void push_phases(struct class_figures *f, unsigned phases,
			const struct phase_timing *t)
{
	struct mean_timing mean = { t->nr, t->whole_ns };

	push(&f->probed, &mean);
	for (unsigned p = 0; p < V7S_NR_PHASES; p++) {
		if (!(phases >> p & 1))
			continue;
		mean.mean_ns = t->phase_ns[p];
		push(&f->phase[p], &mean);
	}
}

static int time_phases(struct bench *b, unsigned i)
{
	struct phase_timing t[NR_EVENT_CLASSES];
	struct run_cell *cell = &b->cell[i];
	int err;

	if (cell->memory.defective)
		return 0; /* the probe would mend it */
	err = pass_phases(&b->machine[i], b->clock->cost_ns, cell->phase_lat,
			  t);
	for (unsigned c = 0; c < NR_EVENT_CLASSES && !err; c++)
		if (t[c].nr >= CLASS_MEAN_MIN)
			push_phases(&cell->by_class[c], event_class_phases[c],
				    &t[c]);
	return err;
}

static int time_table(struct bench *b, unsigned i)
{
	struct run_cell *cell = &b->cell[i];
	struct mean_timing alloc, release;
	int err =
		pass_table(&b->machine[i], b->clock->cost_ns, &alloc, &release);

	if (err)
		return err;
	push(&cell->alloc_ns, &alloc);
	push(&cell->free_ns, &release);
	return 0;
}

static int time_runs(struct bench *b, unsigned i)
{
	struct mean_timing map, unmap;
	int err = pass_runs(&b->machine[i], b->clock->cost_ns, &map, &unmap);

	if (err)
		return err;
	push(&b->cell[i].map_ns, &map);
	push(&b->cell[i].unmap_ns, &unmap);
	return 0;
}

static int time_batch(struct bench *b, unsigned i)
{
	struct mean_timing event = { .nr = 1 };
	int err = pass_batch(&b->machine[i], &event.mean_ns);

	if (!err)
		push(&b->cell[i].event_ns, &event);
	return err;
}

static void push_number(struct rep_series *series, uint64_t number)
{
	const struct mean_timing t = { .nr = 1, .mean_ns = (double)number };

	push(series, &t);
}

static int time_threads(struct bench *b, unsigned i)
{
	struct run_cell *cell = &b->cell[i];
	struct thread_figures *f = &cell->threads;
	struct mean_timing event = { .nr = 1 };
	const char *reason = "";
	char differ[REPLAY_WHY_SIZE];
	struct threads_result r;
	int err = pass_threads(&b->machine[i], b->deps, &r, &reason);

	if (!err) {
		reason = differ;
		err = threads_agree(&cell->memory, &r, differ);
	}
	if (err) {
		snprintf(b->why, RUN_WHY_SIZE, "%s on %s: %u thread%s: %s",
			 cell->spec->label, cell->workload, b->deps->nr_threads,
			 b->deps->nr_threads > 1 ? "s" : "", reason);
		return err;
	}
	event.mean_ns = r.event_ns;
	push(&f->event_ns, &event);
	push_number(&f->lost_races, r.lost_races);
	push_number(&f->waited, r.team.nr_waited);
	if (r.l2_failures > f->failures)
		f->failures = r.l2_failures;
	f->nr_host_cpus = r.team.nr_host_cpus;
	if (r.team.bind_error)
		f->bind_errno = (uint64_t)-r.team.bind_error;
	return 0;
}

/* True if it was the trace that a pass failed by. */
static bool note_reading(struct bench *b, unsigned i)
{
	const char *why = b->machine[i].why;

	if (*why)
		snprintf(b->why, RUN_WHY_SIZE, "%s", why);
	return *why;
}

static int repeat(struct bench *b, struct slot *slot, uint64_t *state)
{
	static const struct {
		const char *name;
		int (*run)(struct bench *, unsigned);
	} pass[NR_PASSES] = {
		[PASS_ALLOC] = { "alloc", time_alloc },
		[PASS_EVENT] = { "event", time_event },
		[PASS_PHASES] = { "phases", time_phases },
		[PASS_TABLE] = { "table", time_table },
		[PASS_RUNS] = { "runs", time_runs },
		[PASS_BATCH] = { "batch", time_batch },
		[PASS_THREADS] = { "threads", time_threads },
	};
	unsigned nr = b->plan->nr_specs * run_nr_passes(b->plan), i;

	shuffle(slot, nr, state);
	for (i = 0; i < nr; i++) {
		struct run_cell *cell = &b->cell[slot[i].cell];
		int err = 0;

		announce(b, cell, pass[slot[i].kind].name,
			 cell->memory.nr_events);
		if (cell->memory.built)
			err = pass[slot[i].kind].run(b, slot[i].cell);
		if (err && note_reading(b, slot[i].cell))
			return err;
		if (err == -EUCLEAN && slot[i].kind != PASS_THREADS)
			snprintf(
				b->why, RUN_WHY_SIZE,
				"%s on %s: the %s pass took other tables than the memory pass",
				cell->spec->label, cell->workload,
				pass[slot[i].kind].name);
		if (err)
			return err;
	}
	return 0;
}

static int run_timed(struct bench *b)
{
	unsigned each = run_nr_passes(b->plan), i;
	unsigned nr = b->plan->nr_specs * each;
	struct slot *slot = calloc(nr, sizeof(*slot));
	uint64_t state = b->plan->seed;
	int err = 0;

	if (!slot)
		return -ENOMEM;
	for (i = 0; i < nr; i++)
		slot[i] = (struct slot){ i / each, i % each };
	for (i = 0; i < b->plan->nr_reps && !err; i++)
		err = repeat(b, slot, &state);
	free(slot);
	return err;
}

static int run_exact(struct bench *b, unsigned i)
{
	struct run_cell *cell = &b->cell[i];
	const char *reason = "";
	int err;

	/* Accounting makes this pass about as dear as three others. */
	announce(b, cell, "memory", 3 * b->machine[i].trace->nr_events);
	err = pass_memory(&b->machine[i], &cell->memory, &reason);
	if (err && note_reading(b, i))
		return err;
	if (err == -ENOMEM)
		reason = "out of memory";
	if (err == -ERANGE)
		reason =
			"ZONE_DMA32 cannot be brought into that state (--dma32, --frag)";
	if (err == -EUCLEAN || err == -ENOMEM || err == -ERANGE)
		snprintf(b->why, RUN_WHY_SIZE, "%s on %s: %s",
			 cell->spec->label, cell->workload, reason);
	return err;
}

static int create_latencies(struct run_cell *cell)
{
	bool ok;
	unsigned i;

	cell->alloc_lat = latency_create();
	cell->map_lat = latency_create();
	ok = cell->alloc_lat && cell->map_lat;
	for (i = 0; i < NR_EVENT_CLASSES; i++) {
		cell->by_class[i].lat = latency_create();
		ok = ok && cell->by_class[i].lat;
	}
	for (i = 0; i < V7S_NR_PHASES; i++) {
		if (!(event_class_phases[MAP_NEW] >> i & 1))
			continue;
		cell->phase_lat[i] = latency_create();
		ok = ok && cell->phase_lat[i];
	}
	return ok ? 0 : -ENOMEM;
}

int run_cell_init(struct run_cell *cell, const struct run_plan *plan,
		  const struct l2_spec *spec, const char *workload)
{
	cell->spec = spec;
	cell->workload = workload;
	cell->plan = plan;
	return create_latencies(cell);
}

static int prepare(struct bench *b, unsigned i, const char *workload,
		   const struct trace *trace)
{
	struct run_cell *cell = &b->cell[i];
	int err = run_cell_init(cell, b->plan, &b->plan->spec[i], workload);

	if (err)
		return err;
	cell->quantum_ns = b->plan->nr_reps ? b->clock->quantum_ns : 0;
	return replay_machine_init(&b->machine[i], &b->plan->replay, trace,
				   cell->spec);
}

/* Who waits for whom, which is no strategy's. */
static int prepare_threads(struct bench *b, const struct trace *trace)
{
	const struct replay_config *cfg = &b->plan->replay;
	const struct deps_config how = {
		.nr_threads = cfg->threads.nr,
		.deal = cfg->threads.deal,
		.pgsizes = cfg->pgtable.pgsizes,
	};
	unsigned i;
	int err;

	if (!how.nr_threads || !b->plan->nr_reps)
		return 0;
	err = deps_create(trace, &how, &b->deps);
	if (err == -EINVAL)
		snprintf(b->why, RUN_WHY_SIZE,
			 "%s: threads need the trace in memory",
			 b->cell[0].workload);
	for (i = 0; i < b->plan->nr_specs && !err; i++)
		b->cell[i].threads.dependent = b->deps->nr_dependent;
	return err;
}

static int measure_slices(struct bench *b, struct slice_results *ret)
{
	int err;

	announce(b, &b->cell[b->plan->reference], "slices", 0);
	err = run_slices(b->plan, b->machine, b->cell, ret);
	if (err)
		snprintf(b->why, RUN_WHY_SIZE, "%s: slices: %s",
			 b->cell[0].workload,
			 err == -EUCLEAN
				 ? "a cycle did something else than the "
				   "first"
				 : strerror(-err));
	return err;
}

uint64_t run_weight(const struct run_plan *plan, const struct trace *trace)
{
	return plan->nr_specs * trace->nr_events *
	       (3 + run_nr_passes(plan) * (uint64_t)plan->nr_reps);
}

int run_workload(const struct run_plan *plan, const char *workload,
		 const struct trace *trace, const struct run_env *env,
		 struct run_cell *ret_cells, char *why)
{
	struct bench b = {
		.plan = plan,
		.clock = env->clock,
		.observer = env->observer,
		.cell = ret_cells,
		.why = why,
	};
	uint64_t state = ~plan->seed;
	unsigned nr = plan->nr_specs, first, i;
	int err = 0;

	snprintf(why, RUN_WHY_SIZE, "%s: out of memory", workload);
	b.machine = calloc(nr, sizeof(*b.machine));
	if (!b.machine)
		return -ENOMEM;
	first = (unsigned)(draw(&state) % nr);
	for (i = 0; i < nr && !err; i++)
		err = prepare(&b, (first + i) % nr, workload, trace);
	if (!err)
		err = prepare_threads(&b, trace);
	for (i = 0; i < nr && !err; i++)
		err = run_exact(&b, (first + i) % nr);
	if (!err)
		err = run_timed(&b);
	if (!err && plan->nr_rounds && env->slices)
		err = measure_slices(&b, env->slices);
	for (i = 0; i < plan->nr_specs; i++)
		replay_machine_fini(&b.machine[i]);
	free(b.machine);
	deps_destroy(b.deps);
	return err;
}

void run_cell_fini(struct run_cell *cell)
{
	unsigned i;

	latency_destroy(cell->alloc_lat);
	latency_destroy(cell->map_lat);
	cell->alloc_lat = NULL;
	cell->map_lat = NULL;
	for (i = 0; i < NR_EVENT_CLASSES; i++) {
		latency_destroy(cell->by_class[i].lat);
		cell->by_class[i].lat = NULL;
	}
	for (i = 0; i < V7S_NR_PHASES; i++) {
		latency_destroy(cell->phase_lat[i]);
		cell->phase_lat[i] = NULL;
	}
	memory_result_fini(&cell->memory);
}

/* A failed allocation is a mapping less: a result, not a difference. */
bool run_is_comparable(const struct memory_result *m)
{
	return m->built && !m->alloc_failures && !m->buffer_failures &&
	       !m->defective;
}

int run_same_digest(const struct run_cell *cells, unsigned nr, char *why)
{
	const struct run_cell *a = NULL, *c;

	for (c = cells; c < cells + nr; c++) {
		if (!run_is_comparable(&c->memory))
			continue;
		if (!a)
			a = c;
		if (c->memory.digest == a->memory.digest)
			continue;
		snprintf(why, RUN_WHY_SIZE,
			 "%s: %s and %s end with different translations",
			 a->workload, a->spec->label, c->spec->label);
		return -EBADMSG;
	}
	return 0;
}

int rep_median(const struct rep_series *series, double *ret)
{
	return stats_median(series->value, series->nr, ret);
}
