/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A summary.csv as numbers, and who is best in it: what comparison.c shows and
 * comparison_words.c says.
 *
 * A block is the rows of one workload, which stand together.
 */
#ifndef FIGURES_H
#define FIGURES_H

#include "csvfile.h"
#include "verdicts.h"

enum figure {
	COL_STRATEGY,
	COL_WORKLOAD,
	COL_RANKED,
	COL_TABLES_PEAK,
	COL_TABLES_END,
	COL_HELD_START,
	COL_HELD_PEAK,
	COL_HELD_END,
	COL_RATIO,
	COL_ALLOC,
	COL_ALLOC_LOW,
	COL_ALLOC_HIGH,
	COL_P99,
	COL_MAP,
	COL_UNMAP,
	COL_FAILURES,
	COL_DIRTY,
	COL_FIRST_DIRTY,
	COL_LEAKED,
	/* Not in every summary: where missing, all empty. */
	COL_THREADS,
	COL_RACES,
	COL_WAITED,
	NR_COLS
};

struct figures {
	const struct csv_table *t;
	const struct verdicts *verdicts;
	size_t column[NR_COLS];
	bool has_column[NR_COLS];
	int reference;		    /* column, or negative */
	bool threads;		    /* any row has figures of them */
	bool ratios[NR_LANE_KINDS]; /* any row has one to its reference */
	double (*value)[NR_COLS];   /* NAN where empty */
};

/* Keeps both, which must live as long; v may be NULL, and all is judged in it.
 * 0; -EINVAL with a reason for a missing column or a cell that is no number
 * where one is due; -ENOMEM. */
int figures_read(const struct csv_table *summary, const struct verdicts *v,
		 struct figures *ret, char *why);
void figures_fini(struct figures *f);

const char *figures_text(const struct figures *f, size_t row, enum figure c);

/* Who could not serve the workload has not won it. */
bool figures_ranked(const struct figures *f, size_t row);

/* Rows [first, returned) are the block that starts at first. */
size_t figures_block(const struct figures *f, size_t first);

/* Lowest value above another among ranked rows; NAN if there is none. */
double figures_lowest(const struct figures *f, size_t first, size_t end,
		      enum figure c, double above);

/* Whom the block's ratios are against, or "". */
const char *figures_reference(const struct figures *f, size_t first);

/* Against a strategy of the same workload; false if that was not measured. */
bool figures_ratio(const struct figures *f, size_t row, enum lane_kind kind,
		   const char *versus, struct cell_ratio *ret);

/*
 * Who allocates fastest. With slices: who is better than each other ranked
 * strategy, by the verdicts; who may be is whom the best is not better than.
 * Without: whose interval of alloc_ns_mean lies below all others'.
 */
struct speed {
	enum {
		SPEED_NONE, /* not measured */
		SPEED_FEW,  /* too few repetitions for an interval */
		SPEED_OPEN, /* one cannot tell among those that contend */
		SPEED_BEST,
	} answer;
	bool slices;
	size_t best; /* row; of SPEED_OPEN one that contends */
};

struct speed figures_speed(const struct figures *f, size_t first, size_t end);

/* May this ranked row be the fastest of its block? */
bool figures_contends(const struct figures *f, const struct speed *s,
		      size_t row);

#endif /* FIGURES_H */
