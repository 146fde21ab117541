// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sampled pass; see sampled.h.
 *
 * Not here: a histogram, for which one event in 64 gives few values.
 * Cost: two readings of the clock and some 10 ns for every 64 events.
 * Invariant: every event is done once, in order. Concurrency: none.
 */
#include "sampled.h"

#include <errno.h>

#include "clock.h"
#include "system.h"
#include "trace_cursor.h"

/* The pass on its way through the trace. */
struct sampling {
	const struct system *sys;
	struct sampler sampler;
	unsigned skip; /* events until the next one timed */
	uint64_t nr_timed, timed_ns;
	uint64_t replay_ns;
};

static void time_one(struct sampling *s, const struct trace_event *ev)
{
	uint64_t start, ns;
	int refused;

	system_before(s->sys, ev);
	start = clock_ns();
	refused = system_call(s->sys, ev);
	ns = clock_ns() - start;
	system_after(s->sys, ev, refused);
	s->nr_timed++;
	s->timed_ns += ns;
}

static int sampled_block(void *ctx, const struct trace_event *ev, size_t nr,
			 uint64_t first)
{
	struct sampling *s = ctx;
	uint64_t start = clock_ns();
	size_t i = 0;

	(void)first;
	while (i < nr) {
		size_t end = nr - i > s->skip ? i + s->skip : nr;

		s->skip -= (unsigned)(end - i);
		while (i < end)
			system_do(s->sys, &ev[i++]);
		if (s->sys->cfg->stop && *s->sys->cfg->stop)
			return -EINTR;
		if (i == nr)
			break;
		time_one(s, &ev[i++]);
		s->skip = sampler_skip(&s->sampler);
	}
	s->replay_ns += clock_ns() - start;
	return 0;
}

int pass_sampled(struct replay_machine *m, double clock_cost_ns,
		 struct prng *rng, struct sampled_timing *ret)
{
	struct system sys;
	struct sampling s = {
		.sys = &sys,
		.sampler.rng = *rng,
	};
	int err = system_create(m, NULL, NULL, &sys);

	*ret = (struct sampled_timing){ .replay_ns_mean = 0 };
	if (err)
		return err;
	s.skip = sampler_skip(&s.sampler);
	err = trace_each(m->trace, sampled_block, &s, m->why);
	*rng = s.sampler.rng;
	ret->event = mean_timing_of(s.timed_ns, s.nr_timed, s.nr_timed,
				    clock_cost_ns);
	ret->replay_ns_mean = (double)s.replay_ns / (double)m->trace->nr_events;
	return system_finish(&sys, m, err);
}
