// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rounds over all cells in random order; see measure.h. Patterns that scramble
 * a heap come after those that would suffer: pairs and batches, then batches
 * freed in random order, then churn.
 *
 * Cost: nr_slices times all cells, twice each. Invariant: between slices the
 * first heap of a subject is empty, and the second about half full.
 * Concurrency: none.
 */
#include "measure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "sequence.h"
#include "program.h"
#include "stats.h"

#define NR_PAIRS 4096u	 /* a slice of pairs: 4 us and up */
#define NR_TOGGLES 4096u /* a slice of churn */
#define WARM_UP_SLICES 4u
#define SEGMENT_NS 50000u
#define MAX_SEGMENTS 128u /* of each half of a batch */

const char *const pattern_name[NR_PATTERNS] = {
	[PATTERN_PAIR] = "pair",
	[PATTERN_BATCH] = "batch",
	[PATTERN_RANDOM] = "random",
	[PATTERN_CHURN] = "churn",
};

struct cell {
	unsigned subject;
	bool zeroed;
	enum pattern pattern;
	unsigned nr_segments; /* a slice is timed in so many parts */
	double *sample;	      /* [segment][round] */
};

struct bench {
	struct subjects *s;
	const struct measure_plan *plan;
	struct l2_table *table[MAX_SUBJECTS]; /* of the second heaps */
	struct l2_table *batch;		      /* of the first heap in use */
	uint32_t *order;		      /* slots of a slice */
	uint64_t random;
	unsigned nr_cells;
	struct cell cell[MAX_SUBJECTS * 2 * NR_PATTERNS];
	struct tally tally;
};

static const struct loops *cell_loops(const struct bench *b,
				      const struct cell *cell)
{
	const struct subject *subject = &b->s->row[cell->subject];

	return cell->zeroed ? subject->zeroed : subject->plain;
}

/* All tables out and back; ret_ns: of each segment, or NULL. */
static void run_batch(struct bench *b, const struct cell *cell,
		      const uint32_t *free_order, double *ret_ns)
{
	const struct loops *loops = cell_loops(b, cell);
	struct heap *h = &b->s->row[cell->subject].heap[0];
	unsigned nr = b->s->nr_tables, half = cell->nr_segments / 2;

	for (unsigned i = 0; i < 2 * half; i++) {
		unsigned from = (unsigned)((uint64_t)nr * (i % half) / half);
		unsigned to = (unsigned)((uint64_t)nr * (i % half + 1) / half);
		uint64_t start = clock_ns();

		if (i < half)
			loops->alloc(h, b->batch, b->s->in_order + from,
				     to - from, &b->tally);
		else
			loops->free(h, b->batch, free_order + from, to - from);
		if (ret_ns)
			ret_ns[i] = (double)(clock_ns() - start) / nr;
	}
}

static void run_pairs(struct bench *b, const struct cell *cell, double *ret_ns)
{
	const struct loops *loops = cell_loops(b, cell);
	struct heap *h = &b->s->row[cell->subject].heap[0];
	uint64_t start = clock_ns();

	loops->pair(h, b->batch, NR_PAIRS, &b->tally);
	if (ret_ns)
		*ret_ns = (double)(clock_ns() - start) / NR_PAIRS;
}

/* Two toggles are one table allocated and one freed. */
static void run_churn(struct bench *b, const struct cell *cell, double *ret_ns)
{
	const struct loops *loops = cell_loops(b, cell);
	struct heap *h = &b->s->row[cell->subject].heap[1];
	uint64_t start;

	for (unsigned i = 0; i < NR_TOGGLES; i++)
		b->order[i] = sequence_below(&b->random, b->s->nr_tables);
	start = clock_ns();
	loops->toggle(h, b->table[cell->subject], b->order, NR_TOGGLES,
		      &b->tally);
	if (ret_ns)
		*ret_ns = (double)(clock_ns() - start) / (NR_TOGGLES / 2);
}

static void run_slice(struct bench *b, const struct cell *cell, double *ret_ns)
{
	switch (cell->pattern) {
	case PATTERN_PAIR:
		run_pairs(b, cell, ret_ns);
		break;
	case PATTERN_RANDOM:
		memcpy(b->order, b->s->in_order,
		       b->s->nr_tables * sizeof(*b->order));
		sequence_shuffle(b->order, b->s->nr_tables, &b->random);
		run_batch(b, cell, b->order, ret_ns);
		break;
	case PATTERN_CHURN:
		run_churn(b, cell, ret_ns);
		break;
	default:
		run_batch(b, cell, b->s->in_order, ret_ns);
	}
}

/* Into how many parts a slice has to be cut, from one that was not. */
static int prepare_cell(struct bench *b, struct cell *cell)
{
	bool batch = cell->pattern == PATTERN_BATCH ||
		     cell->pattern == PATTERN_RANDOM;
	double ns[2] = { 0, 0 };
	unsigned half;

	cell->nr_segments = batch ? 2 : 1;
	/* Churn starts from an empty heap, unless its footprint was taken. */
	for (unsigned i = 0; i < WARM_UP_SLICES; i++)
		run_slice(b, cell, NULL);
	run_slice(b, cell, ns);
	if (batch) {
		half = (unsigned)((ns[0] + ns[1]) / 2 * b->s->nr_tables /
				  SEGMENT_NS);
		half = half < 1 ? 1 : half > MAX_SEGMENTS ? MAX_SEGMENTS : half;
		cell->nr_segments =
			2 * (half < b->s->nr_tables ? half : b->s->nr_tables);
	}
	cell->sample = calloc((size_t)cell->nr_segments * b->plan->nr_slices,
			      sizeof(*cell->sample));
	return cell->sample ? 0 : -ENOMEM;
}

/* patterns: a bit for each wanted. */
static int add_cells(struct bench *b, unsigned subject, unsigned patterns)
{
	const struct subject *row = &b->s->row[subject];
	int err = 0;

	for (unsigned zeroed = 0; zeroed < 2; zeroed++)
		for (unsigned i = 0; i < NR_PATTERNS && !err; i++) {
			struct cell *cell = &b->cell[b->nr_cells];

			if (!(zeroed ? row->zeroed : row->plain) ||
			    !(patterns & 1u << i))
				continue;
			cell->subject = subject;
			cell->zeroed = zeroed;
			cell->pattern = i;
			b->nr_cells++;
			err = prepare_cell(b, cell);
		}
	return err;
}

static int run_round(struct bench *b, unsigned round)
{
	uint32_t turn[ARRAY_SIZE(b->cell)];
	double ns[2 * MAX_SEGMENTS];

	for (unsigned i = 0; i < b->nr_cells; i++)
		turn[i] = i;
	sequence_shuffle(turn, b->nr_cells, &b->random);
	for (unsigned i = 0; i < b->nr_cells; i++) {
		struct cell *cell = &b->cell[turn[i]];

		b->tally = (struct tally){ 0, false };
		run_slice(b, cell, NULL);
		run_slice(b, cell, ns);
		for (unsigned k = 0; k < cell->nr_segments; k++)
			cell->sample[k * b->plan->nr_slices + round] = ns[k];
		if (b->tally.failed)
			return -ENOMEM;
		if (b->s->row[cell->subject].kind != SUBJECT_PEER &&
		    (b->tally.bits & (L2_TABLE_SIZE - 1)))
			return -EUCLEAN;
	}
	return 0;
}

static int summarise(const struct bench *b, struct figures *ret)
{
	for (unsigned i = 0; i < b->nr_cells; i++) {
		const struct cell *cell = &b->cell[i];
		double sum = 0, low;

		for (unsigned k = 0; k < cell->nr_segments; k++) {
			int err = stats_quantile(
				cell->sample + k * b->plan->nr_slices,
				b->plan->nr_slices, LOW_QUANTILE, &low);

			if (err)
				return err;
			sum += low;
		}
		ret->ns[cell->subject][cell->zeroed][cell->pattern] = sum;
	}
	return 0;
}

static int prepare(struct bench *b, struct figures *figures, char *ret_why,
		   size_t why_size)
{
	unsigned nr = b->s->nr_tables;
	int err = 0;

	b->batch = calloc(nr, sizeof(*b->batch));
	b->order = calloc(nr > NR_TOGGLES ? nr : NR_TOGGLES, sizeof(*b->order));
	if (!b->batch || !b->order)
		return -ENOMEM;
	for (unsigned i = 0; i < b->s->nr && !err; i++) {
		b->table[i] = calloc(nr, sizeof(*b->table[i]));
		if (!b->table[i])
			return -ENOMEM;
		if (b->s->row[i].kind >= SUBJECT_STRATEGY)
			err = churn_footprint(b->s, i, b->table[i], figures,
					      ret_why, why_size);
	}
	return err;
}

static void drop_cells(struct bench *b)
{
	for (unsigned i = 0; i < b->nr_cells; i++)
		free(b->cell[i].sample);
	b->nr_cells = 0;
}

static int run_phase(struct bench *b, unsigned patterns,
		     struct figures *figures)
{
	int err = 0;

	for (unsigned i = 0; i < b->s->nr && !err; i++)
		err = add_cells(b, i, patterns);
	for (unsigned i = 0; i < b->plan->nr_slices && !err; i++)
		err = run_round(b, i);
	if (!err)
		err = summarise(b, figures);
	drop_cells(b);
	return err;
}

/* What our strategies are like after all that. */
static int check_all(const struct subjects *s, char *ret_why, size_t why_size)
{
	for (unsigned n = 0; n < s->nr; n++)
		for (unsigned i = 0; i < 2; i++) {
			struct l2_strategy *l2 = s->row[n].heap[i].l2;
			const char *what = "a report of the guard";

			if (!l2 || (!l2_reports_total(&s->row[n].reports) &&
				    !l2->ops->check(l2, &what)))
				continue;
			snprintf(ret_why, why_size, "%s: %s", s->row[n].name,
				 what);
			return -EUCLEAN;
		}
	return 0;
}

int measure(struct subjects *s, const struct measure_plan *plan,
	    struct figures *ret, char *ret_why, size_t why_size)
{
	static const unsigned phases[] = {
		1u << PATTERN_PAIR | 1u << PATTERN_BATCH,
		1u << PATTERN_RANDOM,
		1u << PATTERN_CHURN,
	};
	struct bench *b = calloc(1, sizeof(*b));
	struct figures *figures = calloc(1, sizeof(*figures));
	int err = -ENOMEM;

	snprintf(ret_why, why_size, "out of memory");
	if (b && figures) {
		b->s = s;
		b->plan = plan;
		b->random = plan->seed;
		err = prepare(b, figures, ret_why, why_size);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(phases) && !err; i++) {
		err = run_phase(b, phases[i], figures);
		if (err == -EUCLEAN)
			snprintf(ret_why, why_size, "misaligned tables");
	}
	if (!err)
		err = check_all(s, ret_why, why_size);
	if (!err)
		*ret = *figures;
	for (unsigned i = 0; b && i < MAX_SUBJECTS; i++)
		free(b->table[i]);
	if (b) {
		free(b->batch);
		free(b->order);
	}
	free(figures);
	free(b);
	return err;
}
