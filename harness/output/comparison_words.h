/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A workload's answer as a sentence: who holds least, who allocates fastest,
 * who failed.
 */
#ifndef COMPARISON_WORDS_H
#define COMPARISON_WORDS_H

#include "figures.h"

/* Of rows [first, end), which are a block; with its line's end. */
void comparison_sentence(const struct figures *f, size_t first, size_t end,
			 FILE *out);

#endif /* COMPARISON_WORDS_H */
