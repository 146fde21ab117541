/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of a page table as text: the lines of a "dump" of golden vectors,
 * and what "hash" says of them. The same on a real kernel.
 */
#ifndef DUMP_H
#define DUMP_H

#include <stdint.h>

struct v7s;

struct dump_summary {
	uint64_t l1_nonzero, l2_tables, l2_nonzero;
	uint64_t fnv1a64; /* over all lines, '\n' behind each included */
};

/* Is given a line without '\n', which is the callee's until it returns. */
typedef void (*dump_line_fn)(void *ctx, const char *line);

/* A line for each non-zero entry, ascending. fn may be NULL. */
void dump_table(const struct v7s *table, dump_line_fn fn, void *ctx,
		struct dump_summary *ret);

#endif /* DUMP_H */
