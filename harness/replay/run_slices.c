// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lanes of a run's strategies, timed slice by slice; see run_slices.h.
 *
 * Not done: verdicts, which need more than one process.
 * Cost: two machines' memory a subject while a kind is measured.
 * Invariant: subject 0 is the reference, subject 1 its twin.
 */
#include "run_slices.h"

#include <errno.h>
#include <stdlib.h>

#include "prng.h"
#include "slices.h"

#define TWIN 1

struct subjects {
	struct lane *lane[SLICES_MAX_SUBJECTS][2];
	unsigned spec[SLICES_MAX_SUBJECTS]; /* of the plan */
	unsigned nr;
};

static void destroy_lanes(struct subjects *s)
{
	for (unsigned i = 0; i < s->nr; i++) {
		lane_destroy(s->lane[i][0]);
		lane_destroy(s->lane[i][1]);
		s->lane[i][0] = s->lane[i][1] = NULL;
	}
}

/* False if there is nothing to compare. */
static bool choose(const struct run_plan *plan, const struct run_cell *cells,
		   struct subjects *s)
{
	unsigned nr = plan->nr_specs, i, k;

	s->nr = 0;
	for (k = 0; k < nr; k++) {
		i = (plan->reference + k) % nr;
		if (run_is_comparable(&cells[i].memory))
			break;
	}
	if (k == nr)
		return false;
	s->spec[s->nr++] = i;
	s->spec[s->nr++] = i;
	for (k = 0; k < nr && s->nr < SLICES_MAX_SUBJECTS; k++)
		if (k != i && run_is_comparable(&cells[k].memory))
			s->spec[s->nr++] = k;
	return true;
}

/* In random order: who comes first gets other addresses. */
static int create_lanes(struct subjects *s, enum lane_kind kind,
			const struct replay_machine *machine, struct prng *rng)
{
	unsigned order[2 * SLICES_MAX_SUBJECTS], nr = 2 * s->nr, i, k, swap;
	int err;

	for (i = 0; i < nr; i++)
		order[i] = i;
	for (i = nr; i > 1; i--) {
		k = prng_below(rng, i);
		swap = order[i - 1];
		order[i - 1] = order[k];
		order[k] = swap;
	}
	for (i = 0; i < nr; i++) {
		struct lane **lane = &s->lane[order[i] / 2][order[i] % 2];

		err = lane_create(&machine[s->spec[order[i] / 2]], kind, NULL,
				  NULL, lane);
		if (err && err != -ENODATA && err != -ENOTSUP)
			return err;
	}
	return 0;
}

static bool same_work(const struct lane *a, const struct lane *b)
{
	return a && b && a->length == b->length && a->work == b->work;
}

/* Those that do what the reference does move together. False without it. */
static bool keep_equal(struct subjects *s)
{
	unsigned nr = s->nr, i;

	if (!s->lane[0][0])
		return false;
	s->nr = 0;
	for (i = 0; i < nr; i++) {
		struct lane *a = s->lane[i][0], *b = s->lane[i][1];

		s->lane[i][0] = s->lane[i][1] = NULL;
		if (same_work(s->lane[0][0] ? s->lane[0][0] : a, a) &&
		    same_work(a, b)) {
			s->lane[s->nr][0] = a;
			s->lane[s->nr][1] = b;
			s->spec[s->nr++] = s->spec[i];
			continue;
		}
		lane_destroy(a);
		lane_destroy(b);
	}
	return s->nr > TWIN && s->spec[TWIN] == s->spec[0];
}

static int add_pair(struct slice_results *r, const struct slices *slices,
		    const struct subjects *s, enum lane_kind kind, unsigned i,
		    unsigned k)
{
	struct slice_pair *p = &r->pair[r->nr];
	int err;

	/* In the plan's order; the reference stands first here. */
	if (s->spec[i] > s->spec[k]) {
		unsigned swap = i;

		i = k;
		k = swap;
	}
	p->kind = kind;
	p->a = s->spec[i];
	p->b = s->spec[k];
	err = slices_log_ratio(slices, i, k, &p->log_ratio);
	r->nr += !err;
	return err;
}

static int add_pairs(struct slice_results *r, const struct slices *slices,
		     const struct subjects *s, enum lane_kind kind)
{
	unsigned i, k;
	int err = 0;

	r->slice_ns[kind] = slices->slice_ns;
	for (i = 0; i < s->nr && !err; i++)
		for (k = i + 1; k < s->nr && !err; k++)
			if (i != TWIN && (k != TWIN || i == 0))
				err = add_pair(r, slices, s, kind, i, k);
	return err;
}

static int measure_kind(const struct run_plan *plan, struct subjects *s,
			enum lane_kind kind, struct prng *rng,
			struct slice_results *r)
{
	const struct slices_config cfg = {
		.nr_rounds = plan->nr_rounds,
		.slice_ns = RUN_SLICE_NS,
		.seed = prng_next(rng),
	};
	struct slices slices;
	int err = slices_measure(s->lane, s->nr, &cfg, plan->replay.stop,
				 &slices);

	if (err == -ENODATA || err == -ENOTSUP)
		return 0;
	if (err)
		return err;
	err = add_pairs(r, &slices, s, kind);
	slices_fini(&slices);
	return err;
}

int run_slices(const struct run_plan *plan,
	       const struct replay_machine *machine,
	       const struct run_cell *cells, struct slice_results *ret)
{
	size_t most = (size_t)plan->nr_specs * (plan->nr_specs + 1) / 2 + 1;
	struct prng rng = { ~plan->seed };
	struct slice_results r = { 0 };
	struct subjects *s = calloc(1, sizeof(*s));
	int err = 0;

	r.pair = calloc(most * NR_LANE_KINDS, sizeof(*r.pair));
	if (!s || !r.pair)
		err = -ENOMEM;
	for (unsigned kind = 0; kind < NR_LANE_KINDS && !err; kind++) {
		if (!choose(plan, cells, s))
			break;
		err = create_lanes(s, kind, machine, &rng);
		if (!err && keep_equal(s))
			err = measure_kind(plan, s, kind, &rng, &r);
		destroy_lanes(s);
	}
	free(s);
	if (err)
		slice_results_fini(&r);
	else
		*ret = r;
	return err;
}

void slice_results_fini(struct slice_results *r)
{
	free(r->pair);
	*r = (struct slice_results){ 0 };
}
