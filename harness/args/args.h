/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the options of all programs have in common: argp with errors of one
 * line, exit statuses, numbers and words. Whoever finds a value bad ends the
 * program with that line and EXIT_USAGE.
 *
 * Concurrency: one thread, before there are others.
 */
#ifndef ARGS_H
#define ARGS_H

#include <argp.h>

#define ARGS_ITEM_SIZE 256 /* of an item of a list; more is an error */

enum exit_status {
	EXIT_FINE = 0,
	EXIT_REGRESSION = 1, /* also: a difference that was looked for */
	EXIT_USAGE = 2,	     /* also: input that cannot be read as asked */
	EXIT_FAILED = 3,     /* the run failed, results disagree, I/O */
	EXIT_INCONCLUSIVE =
		4,     /* --strict: one cannot tell, or a goal is missed */
	EXIT_SKIP = 77 /* what it needs is not installed */
};

/* argp_parse(), but an error in the options is one line and EXIT_USAGE. */
void args_parse(const struct argp *argp, int argc, char **argv, void *input);

/* A number from min to max, decimal or 0x. option: "--seed". */
unsigned long long args_number(struct argp_state *state, const char *option,
			       const char *text, unsigned long long min,
			       unsigned long long max);

/* A number of bytes: digits, then nothing or one of K, M, G. */
unsigned long long args_size(struct argp_state *state, const char *option,
			     const char *text);

/* The place of text in a list that NULL ends. */
unsigned args_word(struct argp_state *state, const char *option,
		   const char *text, const char *const *words);

/**
 * args_items() - a list in which commas separate items, or settings of one
 * @option:	"--strategy"
 * @add:	is called for each item, in order
 *
 * What follows a comma and looks like key=value belongs to the item before:
 * "a,b:x=1,y=2,c" has three.
 */
void args_items(struct argp_state *state, const char *option, const char *text,
		void (*add)(void *ctx, struct argp_state *state,
			    const char *item),
		void *ctx);

#endif /* ARGS_H */
