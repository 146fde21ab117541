/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A page table and the flat oracle (v7s_oracle.h) side by side: each call goes
 * to both, and what they return, count and translate must be equal, as the raw
 * walker (v7s_walker.h) sees it. Ends at the first difference, says which.
 */
#ifndef DIFF_ENGINE_H
#define DIFF_ENGINE_H

#include "l2_strategy.h"
#include "v7s_oracle.h"

#define DIFF_WHAT_SIZE 256
#define DIFF_OFFSET 0x123u /* in a page that is looked up */

/* What a sequence of calls runs on. */
struct diff_case {
	struct v7s_config cfg;
	struct l2_spec spec;
	const char *machine; /* a profile */
	/* Wraps the strategy into a defective one, for tests; or NULL. */
	int (*plant)(struct l2_strategy *inner, struct l2_strategy **ret);
};

struct diff_found {
	char what[DIFF_WHAT_SIZE];
	bool translation; /* of iova; else of a result or a count */
	uint64_t iova;
};

struct diff {
	struct diff_case c;
	struct oracle o;
	struct physmem *pm;
	struct l2_strategy *l2; /* a fault decorator around the strategy */
	struct v7s *table;
	struct fault_attr fault;
	uint64_t pages_free; /* at the start */
	struct diff_found found;
};

/**
 * diff_open() - an empty table and an oracle that knows it
 * @ret: written on success only; for diff_close() and free()
 *
 * Return: 0; else what the machine, the strategy or v7s_create() say, -ENOENT
 * for a machine profile that there is not.
 */
int diff_open(const struct diff_case *c, struct diff **ret);

/* Runs a call on both. True if all is equal, else d->found says what differs.
 * Nothing may be called but diff_close() then. Looks at both ends of the run;
 * elsewhere do diff_check_page() and diff_check_all(). */
bool diff_call(struct diff *d, const struct call *call);
bool diff_check_page(struct diff *d, unsigned page);
bool diff_check_all(struct diff *d);

/* Destroys the table, which must leave nothing behind. As above, and d itself
 * is freed, whatever it says; *ret_found is written on a difference. */
bool diff_close(struct diff *d, struct diff_found *ret_found);

#endif /* DIFF_ENGINE_H */
