/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decorators: strategies that wrap another one and speak the same ops table,
 * so that a measured path contains none of what they do.
 *
 * Each takes ownership of inner: destroying the decorator destroys it. On
 * failure of the constructor, inner stays the caller's.
 *
 * Concurrency: one thread, whatever inner bears: none of them has a lock.
 */
#ifndef L2_DECORATORS_H
#define L2_DECORATORS_H

#include "l2_strategy.h"

struct fault_attr;

/* First member of every decorator, which is one piece of malloc() memory. */
struct l2_decorator {
	struct l2_strategy base; /* inner's, but for ops */
	struct l2_strategy *inner;
};

/* Starts a decorator: base becomes inner's with other ops. */
void l2_decorator_init(struct l2_decorator *d,
		       const struct l2_strategy_ops *ops,
		       struct l2_strategy *inner);

/* The operations that a decorator does not care about: inner's. */
void l2_forward_destroy(struct l2_strategy *l2);
void l2_forward_free(struct l2_strategy *l2, unsigned cpu,
		     const struct l2_table *table);
void l2_forward_usage(const struct l2_strategy *l2, struct l2_usage *ret);
void l2_forward_attrs(const struct l2_strategy *l2, struct l2_attrs *ret);
int l2_forward_check(const struct l2_strategy *l2, const char **ret_why);

/**
 * l2_fault_create() - makes allocations fail on purpose
 * @attr: which calls; stays the caller's. A call it picks returns -ENOMEM
 *	without reaching inner.
 *
 * Return: 0 or -ENOMEM.
 */
int l2_fault_create(struct l2_strategy *inner, struct fault_attr *attr,
		    struct l2_strategy **ret);

/* What the check decorator can find. */
enum l2_report {
	L2_REPORT_MISALIGNED,	/* handed out: not at a multiple of 1 KiB */
	L2_REPORT_OUTSIDE,	/* handed out: no RAM, or not below the limit */
	L2_REPORT_OVERLAP,	/* handed out while alive */
	L2_REPORT_NOT_ZEROED,	/* claims to zero, and did not */
	L2_REPORT_WRITTEN,	/* free memory was written: use after free, or
				 * a neighbour ran over its end */
	L2_REPORT_DOUBLE_FREE,	/* freed: a table already free */
	L2_REPORT_FOREIGN_FREE, /* freed: never handed out here */
	L2_REPORT_LEAK,		/* destroyed: with tables alive, one each */
	L2_NR_REPORTS
};

struct l2_reports {
	uint64_t count[L2_NR_REPORTS];
	/* Figures, and no violations of a defective strategy. Dirty: handed
	 * out with something in it where a zeroed table was promised. */
	uint64_t nr_allocs;
	uint64_t dirty_tables;
	uint64_t first_dirty_alloc; /* counted from 1; 0: none */
};

/**
 * l2_check_create() - watches the contract of inner and of its caller
 * @env:	what inner was created with
 * @reports:	counted up as violations are found; stays the caller's
 *
 * Freed tables are filled with a pattern; that it is intact is tested when the
 * memory is handed out again and in check(). A bad free is counted and not
 * passed on. check() also runs inner's. Freed tables of a defective strategy
 * keep what is in them, which is how its stale ones come to be: writes to them
 * are not seen. Cost: some hundred ns a call; memory 9 bytes for each KiB of
 * RAM, touched where used.
 *
 * Return: 0 or -ENOMEM.
 */
int l2_check_create(struct l2_strategy *inner, const struct l2_env *env,
		    struct l2_reports *reports, struct l2_strategy **ret);

/**
 * l2_guard_create() - the light one: alignment, zone, double free
 * @env:	what inner was created with
 * @reports:	as above. A table handed out misaligned and one outside are
 *		counted once, and their free as foreign; a free of a table that
 *		is not out is a double one wherever RAM may be
 *
 * Watches every call and touches no table: about 3 ns for a pair of calls;
 * memory one byte for each KiB of RAM. A bad free is not passed on.
 *
 * Return: 0 or -ENOMEM.
 */
int l2_guard_create(struct l2_strategy *inner, const struct l2_env *env,
		    struct l2_reports *reports, struct l2_strategy **ret);

/* What is planted, to see whether it is found. */
struct l2_slow_config {
	uint64_t delay; /* L2_SLOW_UNITs of a unit of l2_slow_work(), that each
			 * call of alloc and free owes; may be changed between
			 * calls */
	unsigned table_bytes; /* metadata more for each table alive */
};

#define L2_SLOW_UNIT 65536

/**
 * l2_slow_create() - makes inner slower, or look larger
 * @cfg: stays the caller's. With zeros everything is as with inner, for the
 *	price of a call: what is slower is to be compared with that, not with
 *	inner.
 *
 * Return: 0 or -ENOMEM.
 */
int l2_slow_create(struct l2_strategy *inner, const struct l2_slow_config *cfg,
		   struct l2_strategy **ret);

/* nr operations, each of which waits for the one before: some ns in all. */
uint64_t l2_slow_work(uint64_t x, uint64_t nr);

/* Sum of all counts. */
uint64_t l2_reports_total(const struct l2_reports *reports);

#endif /* L2_DECORATORS_H */
