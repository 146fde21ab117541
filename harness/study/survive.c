// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bisects for the smallest zone; see survive.h.
 *
 * Left out: other users of the zone while the trace runs; the hog is all there
 * is. Cost: some 25 replays, each on a fresh machine, shorter where they fail.
 * Invariant: the size found has been tried, and so has the page below it.
 */
#include "survive.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "system.h"
#include "trace_cursor.h"

struct attempt {
	const struct system *sys;
	uint64_t failed_event; /* from 1; 0: none */
};

#define ATTEMPT_OVER 1 /* ends the walk */

static int try_block(void *ctx, const struct trace_event *ev, size_t nr,
		     uint64_t first)
{
	struct attempt *a = ctx;

	for (size_t i = 0; i < nr; i++, ev++) {
		if (system_stopped(a->sys, i))
			return -EINTR;
		system_do(a->sys, ev);
		if (!v7s_stats(a->sys->table[ev->domain])->l2_failures &&
		    !system_buffer_failures(a->sys))
			continue;
		a->failed_event = first + i + 1;
		return ATTEMPT_OVER;
	}
	return 0;
}

static int run_events(struct replay_machine *m, const struct system *sys,
		      bool *ret, uint64_t *ret_event)
{
	struct attempt a = { .sys = sys };
	int err = trace_each(m->trace, try_block, &a, m->why);

	if (sys->buffers && sys->buffers->error)
		return sys->buffers->error;
	if (err && err != ATTEMPT_OVER)
		return err;
	*ret = !err;
	if (err)
		*ret_event = a.failed_event;
	return 0;
}

/* Of an error in building: was it simulated memory that was missing? */
static bool simulated(const struct replay_machine *m, int err)
{
	struct physmem_usage usage;

	physmem_usage(m->pm, &usage);
	return err == -ERANGE || (err == -ENOMEM && usage.nr_failures);
}

int survive_once(const struct replay_config *cfg, const struct trace *trace,
		 const struct l2_spec *spec, bool *ret, uint64_t *ret_event,
		 char *why)
{
	struct replay_machine m;
	struct system sys;
	int err = replay_machine_init(&m, cfg, trace, spec);

	if (err)
		goto out_fini;
	err = system_create(&m, NULL, NULL, &sys);
	if (!err) {
		err = run_events(&m, &sys, ret, ret_event);
		system_destroy(&sys);
	} else if (simulated(&m, err)) {
		err = 0;
		*ret = false;
		*ret_event = 0;
	}
out_fini:
	if (err && *m.why)
		snprintf(why, TRACE_WHY_SIZE, "%s", m.why);
	else if (err)
		snprintf(why, TRACE_WHY_SIZE, "%s: %s", spec->label,
			 strerror(-err));
	replay_machine_fini(&m);
	return err;
}

struct search {
	survive_try_fn try;
	void *ctx;
	unsigned trials;
};

static int try_size(struct search *s, uint64_t pages, bool *ret)
{
	s->trials++;
	return s->try(s->ctx, pages, ret);
}

/* Doubles until a size serves: *low does not, *high does or is max. */
static int bracket(struct search *s, uint64_t max, uint64_t *low,
		   uint64_t *high, bool *served)
{
	int err;

	for (*low = 0, *high = 16;; *low = *high, *high *= 2) {
		if (*high > max)
			*high = max;
		err = try_size(s, *high, served);
		if (err || *served || *high == max)
			return err;
	}
}

static int bisect(struct search *s, uint64_t low, uint64_t *high)
{
	int err = 0;

	while (*high - low > 1 && !err) {
		uint64_t middle = low + (*high - low) / 2;
		bool served;

		err = try_size(s, middle, &served);
		if (!err && served)
			*high = middle;
		else
			low = middle;
	}
	return err;
}

/* Tries eighths of the size below and above it. */
static int probe(struct search *s, uint64_t found, uint64_t max,
		 unsigned *contradictions)
{
	unsigned i;
	int err = 0;

	for (i = 1; i <= SURVIVE_PROBES && !err; i++) {
		uint64_t step = (found + 7) / 8 * i;
		bool served = false;

		if (step < found - 1)
			err = try_size(s, found - 1 - step, &served);
		*contradictions += served;
		served = true;
		if (!err && found + step <= max)
			err = try_size(s, found + step, &served);
		*contradictions += !served;
	}
	return err;
}

int survive_search(survive_try_fn try, void *ctx, uint64_t max_pages,
		   struct survive_result *ret)
{
	struct search s = { .try = try, .ctx = ctx };
	struct survive_result r = { .found = false };
	uint64_t low, high;
	int err = bracket(&s, max_pages, &low, &high, &r.found);

	if (!err && r.found)
		err = bisect(&s, low, &high);
	if (!err && r.found)
		err = probe(&s, high, max_pages, &r.contradictions);
	if (err)
		return err;
	r.bytes = r.found ? high * PAGE_SIZE : 0;
	r.trials = s.trials;
	*ret = r;
	return 0;
}

struct scene {
	struct replay_config cfg;
	const struct trace *trace;
	const struct l2_spec *spec;
	uint64_t failed_event; /* of the last try that failed */
	char *why;
};

static int try_scene(void *ctx, uint64_t pages, bool *ret)
{
	struct scene *scene = ctx;

	scene->cfg.age.zone_bytes = pages * PAGE_SIZE;
	return survive_once(&scene->cfg, scene->trace, scene->spec, ret,
			    &scene->failed_event, scene->why);
}

/* A quarter of the zone: a fragmented one needs the rest for its holes. */
static uint64_t most_pages(const struct machine_profile *profile)
{
	uint64_t bytes = 0;
	unsigned i;

	for (i = 0; i < profile->nr_ranges; i++)
		if (profile->range[i].zone == ZONE_DMA32)
			bytes +=
				profile->range[i].end - profile->range[i].start;
	return bytes / 4 / PAGE_SIZE;
}

int survive_least(const struct replay_config *cfg, const struct trace *trace,
		  const struct l2_spec *spec, struct survive_result *ret,
		  char *why)
{
	struct scene scene = {
		.cfg = *cfg,
		.trace = trace,
		.spec = spec,
		.why = why,
	};
	uint64_t max = most_pages(cfg->profile);
	struct survive_result r;
	bool served = false;
	int err = survive_search(try_scene, &scene, max, &r);

	if (!err && r.bytes != PAGE_SIZE)
		err = try_scene(&scene, r.found ? r.bytes / PAGE_SIZE - 1 : max,
				&served);
	if (err)
		return err;
	/* The same machine and trace must end the same. */
	if (served) {
		snprintf(why, TRACE_WHY_SIZE,
			 "%s: a size that failed serves when tried again",
			 spec->label);
		return -EUCLEAN;
	}
	r.failed_event = scene.failed_event;
	*ret = r;
	return 0;
}
