/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One event in SAMPLE_EVERY timed, the others not: what a program can afford to
 * do while it works. Beside the same events untimed (the batch pass) and each
 * timed (the event pass) it shows what timing adds to what is timed.
 *
 * Events are taken in groups of SAMPLE_EVERY, and of each group one at a place
 * drawn at random, so that traces with a period do not beat with the sampling.
 * A place behind the end of the last group is nobody's: each event of a trace
 * is timed with the same probability, and their mean is without bias.
 *
 * Concurrency: none.
 */
#ifndef SAMPLED_H
#define SAMPLED_H

#include "prng.h"
#include "replay.h"

#define SAMPLE_EVERY 64u

struct sampler {
	struct prng rng;
	unsigned rest; /* events of the group behind the last one timed */
};

/* How many events not to time before the next one that is. */
static inline unsigned sampler_skip(struct sampler *s)
{
	unsigned place = prng_below(&s->rng, SAMPLE_EVERY);
	unsigned skip = s->rest + place;

	s->rest = SAMPLE_EVERY - 1 - place;
	return skip;
}

struct sampled_timing {
	struct mean_timing event; /* those timed, whatever befell them */
	double replay_ns_mean;	  /* the whole pass by all events, with the
				   * clock in it */
};

/**
 * pass_sampled() - the trace, one event in SAMPLE_EVERY timed
 * @rng:	says which; goes on from pass to pass
 * @ret:	written also on failure
 *
 * Return: as the timed passes in replay.h.
 */
int pass_sampled(struct replay_machine *m, double clock_cost_ns,
		 struct prng *rng, struct sampled_timing *ret);

#endif /* SAMPLED_H */
