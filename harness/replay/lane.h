/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A lane: one strategy at one place of a workload, that goes on by so many
 * operations at a time, round and round. What is timed when strategies, or two
 * builds of one, are compared slice by slice (slices.h).
 *
 *	table	the allocations and frees of the memory pass's log, then frees
 *		of what is left, in the order of the log; a short log several
 *		times: one cycle. Nothing is built anew.
 *	event	the events of the trace; at its end the system is torn down and
 *		built again by rewind(), which nobody times
 *
 * A cycle has the first LANE_MAX_OPS operations of log or trace: a longer one
 * would say no more and take long to walk.
 *
 * Each lane has memory of its own: as many machines as lanes.
 *
 * The struct is also what a module (harness/cli/lane_module.h) hands over that
 * was built from another revision: any change of it, or of what a call means,
 * is a new LANE_ABI.
 *
 * Concurrency: none.
 */
#ifndef LANE_H
#define LANE_H

#include <stddef.h>
#include <stdint.h>

#define LANE_ABI 1

#define LANE_MIN_OPS 16384 /* a log is repeated until it has as many */
#define LANE_MAX_OPS 32768 /* frees of what is left not counted */

enum lane_kind { LANE_TABLE, LANE_EVENT, NR_LANE_KINDS };

/* "table", "event", NULL. */
extern const char *const lane_kind_names[NR_LANE_KINDS + 1];

struct lane;

struct lane_ops {
	/* The next nr operations; at most as many as are left of the cycle. */
	void (*run)(struct lane *lane, size_t nr);
	/* At the end of a cycle: to its start. 0; -ENOMEM; -EUCLEAN if the
	 * cycle took other tables than the first, translated otherwise, or
	 * did not give all back; -EINVAL if it is not at its end. */
	int (*rewind)(struct lane *lane);
	void (*destroy)(struct lane *lane);
};

struct lane {
	const struct lane_ops *ops;
	uint64_t length; /* operations in a cycle, > 0 */
	uint64_t work;	 /* digest of what a cycle does, the same for every
			  * strategy on a workload: lanes may be compared if
			  * length and this are equal */
};

struct replay_machine;
struct l2_strategy;
struct l2_env;

/**
 * lane_create() - a lane of a machine's strategy on its trace
 * @m:	has had its memory pass; must outlive the lane; its memory is not used
 * @wrap, @ctx: decorates each instance as system_create() has it; or NULL
 * @ret: written on success only
 *
 * Walks a cycle, to know what it does.
 *
 * Return: 0; -ENOMEM; -ERANGE if memory cannot be brought into the state of
 * the machine's config; -ENODATA if there is nothing to do in a cycle; -ENOTSUP
 * for what cannot go round and round: a strategy that could not be built, had
 * allocations fail, or is defective; for events a trace that is not in memory,
 * or leaves memory to the machine.
 */
int lane_create(const struct replay_machine *m, enum lane_kind kind,
		int (*wrap)(void *ctx, struct l2_strategy *inner,
			    const struct l2_env *env, struct l2_strategy **ret),
		void *ctx, struct lane **ret);

static inline void lane_destroy(struct lane *lane)
{
	if (lane)
		lane->ops->destroy(lane);
}

#endif /* LANE_H */
