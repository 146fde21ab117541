// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rounds of slices; see slices.h.
 *
 * Models nothing. Not done: taking off what a reading of the clock costs, some
 * 30 ns of 20 us, the same for all.
 * Cost: a reading of the clock before and after a slice, nothing within.
 * Invariant: between rounds all lanes of a place have done as many operations
 * of their cycle. Concurrency: none.
 */
#include "slices.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "clock.h"
#include "prng.h"
#include "stats.h"

struct rounds {
	const struct slices_config *cfg;
	struct lane *(*lane)[2];
	unsigned nr;
	size_t *end; /* of slices, in steps, then in operations */
	size_t nr_slices;
	size_t at[2]; /* slice of the cycle that comes next, by lane */
	struct prng rng;
	double *ns; /* of every slice */
	size_t nr_ns;
	struct slices out;
};

static uint64_t now(const struct slices_config *cfg)
{
	return cfg->clock ? cfg->clock(cfg->ctx) : clock_ns();
}

void slices_order(struct prng *rng, unsigned nr, struct slice_turn *ret)
{
	uint16_t p[SLICES_MAX_SUBJECTS];
	uint8_t first = (uint8_t)(prng_next(rng) >> 63);
	unsigned i;

	for (i = 0; i < nr; i++) {
		unsigned other = prng_below(rng, i + 1);

		p[i] = p[other];
		p[other] = (uint16_t)i;
	}
	for (i = 0; i < nr; i++) {
		*ret++ = (struct slice_turn){ p[i], first };
		*ret++ = (struct slice_turn){ p[nr - 1 - i], !first };
	}
}

size_t slices_cut(const uint64_t *ns, size_t nr, uint64_t slice_ns,
		  size_t *ret_end)
{
	uint64_t sum = 0;
	size_t nr_slices = 0, i;

	for (i = 0; i < nr; i++) {
		sum += ns[i];
		if (sum < slice_ns)
			continue;
		ret_end[nr_slices++] = i + 1;
		sum = 0;
	}
	if (nr && (!nr_slices || sum * 2 >= slice_ns))
		nr_slices++;
	if (nr_slices)
		ret_end[nr_slices - 1] = nr;
	return nr_slices;
}

static bool comparable(struct lane *(*lane)[2], unsigned nr)
{
	for (unsigned i = 0; i < 2 * nr; i++)
		if (lane[i / 2][i % 2]->length != lane[0][0]->length ||
		    lane[i / 2][i % 2]->work != lane[0][0]->work)
			return false;
	return true;
}

/* A cycle; the time of each step goes to ns. */
static int walk(const struct rounds *r, struct lane *lane, uint64_t *ns)
{
	uint64_t left = lane->length, before = now(r->cfg);

	for (; left; ns++) {
		size_t nr = left < SLICES_STEP ? left : SLICES_STEP;
		uint64_t after;

		lane->ops->run(lane, nr);
		after = now(r->cfg);
		*ns = after - before;
		before = after;
		left -= nr;
	}
	return lane->ops->rewind(lane);
}

/* All lanes, as often: a heap is another after each cycle. The first comes
 * last, whose times alone count. */
static int walk_all(const struct rounds *r, uint64_t *ns,
		    const volatile int *stop)
{
	int err = 0;

	for (unsigned i = 2 * r->nr; i-- && !err;)
		err = stop && *stop ? -EINTR
				    : walk(r, r->lane[i / 2][i % 2], ns);
	return err;
}

static void ends_in_operations(struct rounds *r)
{
	size_t before = 0;

	for (size_t i = 0; i < r->nr_slices; i++) {
		r->end[i] *= SLICES_STEP;
		if (r->end[i] > r->lane[0][0]->length)
			r->end[i] = r->lane[0][0]->length;
		if (r->end[i] - before > r->out.slice_ops)
			r->out.slice_ops = r->end[i] - before;
		before = r->end[i];
	}
}

static int cut(struct rounds *r, const volatile int *stop)
{
	size_t nr = (r->lane[0][0]->length + SLICES_STEP - 1) / SLICES_STEP;
	uint64_t *ns = malloc(nr * sizeof(*ns));
	int err = -ENOMEM;

	r->end = calloc(nr, sizeof(*r->end));
	if (ns && r->end)
		err = walk_all(r, ns, stop);
	if (!err) {
		r->nr_slices = slices_cut(ns, nr, r->cfg->slice_ns, r->end);
		ends_in_operations(r);
		err = r->nr_slices < 2 ? -ENODATA : 0;
	}
	free(ns);
	return err;
}

/* The second lanes to their places. */
static void spread(struct rounds *r)
{
	r->at[1] = 1 + prng_below(&r->rng, (uint32_t)r->nr_slices - 1);
	for (unsigned i = 0; i < r->nr; i++)
		r->lane[i][1]->ops->run(r->lane[i][1], r->end[r->at[1] - 1]);
}

static void take_turn(struct rounds *r, const struct slice_turn *turn,
		      double *log_ns)
{
	struct lane *lane = r->lane[turn->subject][turn->lane];
	size_t at = r->at[turn->lane];
	size_t nr = r->end[at] - (at ? r->end[at - 1] : 0);
	uint64_t start = now(r->cfg), ns;

	lane->ops->run(lane, nr);
	ns = now(r->cfg) - start;
	/* A coarse clock may show nothing. */
	r->ns[r->nr_ns] = (double)(ns ? ns : 1);
	log_ns[turn->subject] += log(r->ns[r->nr_ns++]) / 2;
}

/* Rewinding cools caches: it is done for all before the next slice. */
static int next_place(struct rounds *r, const struct slice_turn *turn)
{
	int err = 0;

	for (unsigned k = 0; k < 2; k++)
		r->at[k] = (r->at[k] + 1) % r->nr_slices;
	for (unsigned i = 0; i < 2 * r->nr && !err; i++) {
		struct lane *lane = r->lane[turn[i].subject][turn[i].lane];

		if (!r->at[turn[i].lane])
			err = lane->ops->rewind(lane);
	}
	return err;
}

static int measure(struct rounds *r, const volatile int *stop)
{
	struct slice_turn turn[2 * SLICES_MAX_SUBJECTS];
	double *log_ns = r->out.log_ns;
	int err = 0;

	for (unsigned i = 0; i < r->cfg->nr_rounds && !err; i++) {
		if (stop && *stop)
			return -EINTR;
		slices_order(&r->rng, r->nr, turn);
		for (unsigned k = 0; k < 2 * r->nr; k++)
			take_turn(r, &turn[k], log_ns);
		log_ns += r->nr;
		err = next_place(r, turn);
	}
	return err ? err : stats_median(r->ns, r->nr_ns, &r->out.slice_ns);
}

int slices_measure(struct lane *(*lane)[2], unsigned nr,
		   const struct slices_config *cfg, const volatile int *stop,
		   struct slices *ret)
{
	struct rounds r = { .cfg = cfg, .lane = lane, .nr = nr };
	size_t nr_values = (size_t)cfg->nr_rounds * nr;
	int err;

	if (!nr || nr > SLICES_MAX_SUBJECTS || !cfg->nr_rounds ||
	    !cfg->slice_ns || !comparable(lane, nr))
		return -EINVAL;
	r.rng.state = cfg->seed;
	r.out.nr_subjects = nr;
	r.out.nr_rounds = cfg->nr_rounds;
	r.out.log_ns = calloc(nr_values, sizeof(double));
	r.ns = calloc(nr_values, 2 * sizeof(double));
	err = r.out.log_ns && r.ns ? cut(&r, stop) : -ENOMEM;
	if (!err) {
		spread(&r);
		err = measure(&r, stop);
	}
	free(r.end);
	free(r.ns);
	if (err)
		slices_fini(&r.out);
	else
		*ret = r.out;
	return err;
}

void slices_fini(struct slices *s)
{
	free(s->log_ns);
	s->log_ns = NULL;
}

int slices_log_ratio(const struct slices *s, unsigned a, unsigned b,
		     double *ret)
{
	double *x = malloc(s->nr_rounds * sizeof(*x));
	int err;

	if (!x)
		return -ENOMEM;
	for (unsigned i = 0; i < s->nr_rounds; i++) {
		const double *log_ns = &s->log_ns[(size_t)i * s->nr_subjects];

		x[i] = log_ns[a] - log_ns[b];
	}
	err = stats_median(x, s->nr_rounds, ret);
	free(x);
	return err;
}
