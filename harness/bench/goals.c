// SPDX-License-Identifier: GPL-2.0-only
/*
 * The figures to reach, each computed from the rows that were measured.
 *
 * Rows contain the loop, so a limit on a row is a limit on call and loop. A
 * difference of rows does not. Nothing here decides a status: times are no
 * tests.
 * Cost: none to speak of. Concurrency: none.
 */
#include "report.h"

#include <string.h>

#define BEST_NS 4.0
#define SLAB_NS 10.0
#define GUARD_NS 3.0
#define OPS_NS 2.5
#define FLOOR_FACTOR 1.15

struct goals {
	const struct subjects *s;
	const struct figures *f;
	FILE *out;
};

/* Index of the row of that name; -1 if there is none. */
static int row_of(const struct goals *g, const char *name)
{
	const struct subject *row = subject_find(g->s, name);

	return row ? (int)(row - g->s->row) : -1;
}

static double ns(const struct goals *g, int row, unsigned zeroed,
		 enum pattern p)
{
	return g->f->ns[row][zeroed][p];
}

/* One line: what was asked, what came out, and by how much it misses. */
static void line(const struct goals *g, const char *what, enum pattern p,
		 double limit, double value, const char *who)
{
	fprintf(g->out,
		"figure to reach: %s, %s, at most %.2f ns: %.2f ns%s%s, ", what,
		pattern_name[p], limit, value, *who ? " " : "", who);
	if (value <= limit)
		fputs("reached\n", g->out);
	else
		fprintf(g->out, "not reached (%.2fx)\n", value / limit);
}

static void missing(const struct goals *g, const char *what)
{
	fprintf(g->out, "figure to reach: %s: not measured\n", what);
}

static void goal_best(const struct goals *g)
{
	for (unsigned p = PATTERN_BATCH; p <= PATTERN_RANDOM; p++) {
		int best = -1;

		for (unsigned n = 0; n < g->s->nr; n++)
			if (g->s->row[n].ranked &&
			    (best < 0 ||
			     ns(g, (int)n, 0, p) < ns(g, best, 0, p)))
				best = (int)n;
		if (best >= 0)
			line(g, "best strategy", p, BEST_NS, ns(g, best, 0, p),
			     g->s->row[best].name);
	}
}

static void goal_slab(const struct goals *g)
{
	int slab = row_of(g, "slab_dma32");

	for (unsigned p = PATTERN_BATCH; p <= PATTERN_RANDOM; p++)
		if (slab >= 0)
			line(g, "slab_dma32", p, SLAB_NS, ns(g, slab, 0, p),
			     "");
}

/* A line for each ranked row that value() puts over its limit, or one line. */
static void goal_each(const struct goals *g, const char *what,
		      double (*limit)(const struct goals *g, int row,
				      enum pattern p),
		      unsigned zeroed)
{
	unsigned nr = 0, nr_missed = 0;

	for (unsigned n = 0; n < g->s->nr; n++)
		for (unsigned p = 0; p < NR_PATTERNS; p++) {
			double most, value;

			if (!g->s->row[n].ranked)
				continue;
			most = limit(g, (int)n, p);
			value = ns(g, (int)n, zeroed, p);
			nr++;
			if (value <= most)
				continue;
			nr_missed++;
			line(g, what, p, most, value, g->s->row[n].name);
		}
	fprintf(g->out, "figure to reach: %s: reached in %u of %u cases\n",
		what, nr - nr_missed, nr);
}

static double tcmalloc_limit(const struct goals *g, int row, enum pattern p)
{
	(void)row;
	return ns(g, row_of(g, "tcmalloc"), 0, p);
}

/* Pairs clear one table again and again, batches ascending memory; what comes
 * back from frees in random order may lie anywhere. */
static double zeroed_limit(const struct goals *g, int row, enum pattern p)
{
	bool shuffled = p == PATTERN_RANDOM || p == PATTERN_CHURN;
	double floor_ns = ns(g,
			     row_of(g, shuffled ? "memset floor, shuffled"
						: "memset floor"),
			     1, p);

	floor_ns -= ns(g, row_of(g, "loop alone"), 0, p);
	/* From few slices the loop may seem to take longer than what it is in. */
	if (floor_ns < 0)
		floor_ns = 0;
	return ns(g, row, 0, p) + FLOOR_FACTOR * floor_ns;
}

/* By how much each guarded row exceeds the plain one. */
static void goal_guard(const struct goals *g)
{
	for (unsigned p = 0; p < NR_PATTERNS; p++)
		for (unsigned n = 0; n < g->s->nr; n++) {
			const struct subject *row = &g->s->row[n];
			char name[2 * SUBJECT_NAME];
			int guard;

			snprintf(name, sizeof(name), "guard(%s)", row->name);
			guard = row_of(g, name);
			if (row->ranked && guard >= 0)
				line(g, "guard over plain", p, GUARD_NS,
				     ns(g, guard, 0, p) - ns(g, (int)n, 0, p),
				     row->name);
		}
}

static void goal_ops(const struct goals *g)
{
	int null = row_of(g, "null"),
	    direct = row_of(g, "list, called directly");

	for (unsigned p = 0; p < NR_PATTERNS; p++)
		if (null >= 0 && direct >= 0)
			line(g, "null through the ops table over a direct call",
			     p, OPS_NS, ns(g, null, 0, p) - ns(g, direct, 0, p),
			     "");
}

void report_goals(const struct subjects *s, const struct figures *f, FILE *out)
{
	struct goals g = { .s = s, .f = f, .out = out };

	goal_best(&g);
	goal_slab(&g);
	if (row_of(&g, "tcmalloc") >= 0)
		goal_each(&g, "not slower than tcmalloc", tcmalloc_limit, 0);
	else
		missing(&g, "not slower than tcmalloc");
	goal_each(&g, "zeroed within 1.15 memset floors of unzeroed",
		  zeroed_limit, 1);
	goal_guard(&g);
	goal_ops(&g);
}
