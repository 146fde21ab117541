/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes a failing sequence small, by delta debugging: ever smaller blocks of
 * calls are left out while any difference stays, then counts, failures and
 * arguments are made simple.
 */
#ifndef DIFF_MINIMIZE_H
#define DIFF_MINIMIZE_H

#include "diff_random.h"

/**
 * diff_minimize() - shrink a sequence that ends in a difference
 * @seq:	calls and case, both made simpler; the case prefers what
 *		v7sbench conform has: its machine, kernel 6.1, a coherent walker
 * @budget:	calls to try at most; what is reached by then is the result
 * @ret_found:	written on success: the difference of the result
 *
 * The result's last call is the first after which a look at everything sees
 * the difference. Without a call it is there at creation or destruction.
 *
 * Return: 0; -ESTALE if the sequence shows no difference.
 */
int diff_minimize(struct diff_sequence *seq, uint64_t budget,
		  struct diff_found *ret_found);

/**
 * diff_replay() - run a sequence again
 * @each:	look at everything after each call, not at the end only
 * @ret_nr:	written on a difference: calls made until it was seen
 * @ret_found:	written on a difference
 *
 * Return: 0 equal; 1 a difference; else as diff_open().
 */
int diff_replay(const struct diff_sequence *seq, bool each, size_t *ret_nr,
		struct diff_found *ret_found);

#endif /* DIFF_MINIMIZE_H */
