/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The allocations and frees of tables that a trace leads to, without the trace
 * and the page table: recorded in one pass, done again in another. Of more
 * than TABLE_LOG_MAX the first are recorded.
 */
#ifndef TABLE_LOG_H
#define TABLE_LOG_H

#include "l2_strategy.h"

struct table_op {
	uint32_t handle;   /* names the table between its alloc and its free */
	uint16_t instance; /* of the system's */
	uint8_t cpu;
	bool is_free;
};

/* Longer logs would do nothing for a mean but take memory: 4 MiB. */
#define TABLE_LOG_MAX ((size_t)1 << 19)

/* Zeroed is an empty log. */
struct table_log {
	struct table_op *op;
	size_t nr_ops, max_ops;
	uint64_t nr_logged;   /* allocations among them */
	uint64_t nr_allocs;   /* all of the pass */
	uint64_t nr_frees;    /* likewise */
	uint64_t nr_failures; /* allocations that failed; not logged */
	uint32_t nr_handles;  /* handles used are below */
	/* While recording: */
	uint32_t *handle_of; /* by KiB of the arena */
	uint32_t *spare;     /* handles free again */
	uint32_t nr_spare, max_spare;
	phys_addr_t start;
	uint16_t nr_instances;
	int error; /* the first one; the log is then of no use */
};

/* Wraps inner, taking it over, as a decorator that records; each call is the
 * next instance. A failed allocation is not recorded. 0 or -ENOMEM. */
int table_log_wrap(struct table_log *log, struct l2_strategy *inner,
		   const struct l2_env *env, struct l2_strategy **ret);

/* Frees everything; NULL members are fine. */
void table_log_fini(struct table_log *log);

#endif /* TABLE_LOG_H */
