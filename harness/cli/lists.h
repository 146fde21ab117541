/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lists in options: numbers, and strategies. Bad ones end in one line and
 * EXIT_USAGE.
 */
#ifndef LISTS_H
#define LISTS_H

#include "cli.h"
#include "l2_strategy.h"

/* "1,2,8" or "1-64,128": ascending, from 1 to max; ranges are both ends and
 * all between. Returns how many, at most ret_max. */
unsigned cli_number_list(struct argp_state *state, const char *option,
			 const char *text, unsigned max, unsigned *ret,
			 unsigned ret_max);

/* Calls add for each item of a list of words between commas. */
void cli_word_list(struct argp_state *state, const char *option,
		   const char *text,
		   void (*add)(void *ctx, struct argp_state *state,
			       const char *word),
		   void *ctx);

#endif /* LISTS_H */
