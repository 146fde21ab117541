// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads lists of numbers and of words; see lists.h.
 */
#include "lists.h"

#include <string.h>

#define WORD_SIZE 64

struct numbers {
	const char *option;
	unsigned limit; /* of a number */
	unsigned *value;
	unsigned nr, max;
};

static void add_numbers(void *ctx, struct argp_state *state, const char *word)
{
	struct numbers *n = ctx;
	char first[WORD_SIZE];
	const char *dash = strchr(word, '-');
	size_t len = dash ? (size_t)(dash - word) : strlen(word);
	unsigned low, high;

	memcpy(first, word, len);
	first[len] = '\0';
	low = (unsigned)args_number(state, n->option, first, 1, n->limit);
	high = dash ? (unsigned)args_number(state, n->option, dash + 1, low,
					    n->limit)
		    : low;
	if (n->nr && low <= n->value[n->nr - 1])
		argp_error(state, "%s: %u after %u: must ascend", n->option,
			   low, n->value[n->nr - 1]);
	for (; low <= high; low++) {
		if (n->nr == n->max)
			argp_error(state, "%s: more than %u numbers", n->option,
				   n->max);
		n->value[n->nr++] = low;
	}
}

unsigned cli_number_list(struct argp_state *state, const char *option,
			 const char *text, unsigned max, unsigned *ret,
			 unsigned ret_max)
{
	struct numbers n = { option, max, ret, 0, ret_max };

	cli_word_list(state, option, text, add_numbers, &n);
	return n.nr;
}

void cli_word_list(struct argp_state *state, const char *option,
		   const char *text,
		   void (*add)(void *ctx, struct argp_state *state,
			       const char *word),
		   void *ctx)
{
	char word[WORD_SIZE];

	do {
		size_t len = strcspn(text, ",");

		if (!len || len >= sizeof(word))
			argp_error(state, "%s: empty or too long: '%s'", option,
				   text);
		memcpy(word, text, len);
		word[len] = '\0';
		add(ctx, state, word);
		text += len;
	} while (*text++ == ',');
}
