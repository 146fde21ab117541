// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records what a strategy is asked for; see table_log.h.
 *
 * Handles are reused, newest first, so that there are never more than tables
 * alive at once. Cost: O(1) an operation, 4 bytes a KiB of RAM, touched where
 * used. Concurrency: none.
 */
#include "table_log.h"

#include <errno.h>
#include <stdlib.h>

#include "l2_decorators.h"
#include "physmem.h"

struct recorder {
	struct l2_decorator d;
	struct table_log *log;
	uint16_t instance;
};

/* Makes room for one more; the array at *p has *max elements of size. */
static int grow(void *p, size_t nr, size_t *max, size_t size)
{
	void **array = p;
	size_t want = *max ? 2 * *max : 4096;
	void *bigger;

	if (nr < *max)
		return 0;
	bigger = realloc(*array, want * size);
	if (!bigger)
		return -ENOMEM;
	*array = bigger;
	*max = want;
	return 0;
}

static void append(struct table_log *log, const struct table_op *op)
{
	if (log->nr_ops == TABLE_LOG_MAX)
		return;
	if (!log->error)
		log->error = grow(&log->op, log->nr_ops, &log->max_ops,
				  sizeof(log->op[0]));
	if (log->error)
		return;
	log->op[log->nr_ops++] = *op;
	log->nr_logged += !op->is_free;
}

static uint32_t *slot_of(struct table_log *log, const struct l2_table *table)
{
	return &log->handle_of[(table->paddr - log->start) >> L2_TABLE_SHIFT];
}

static void put_spare(struct table_log *log, uint32_t handle)
{
	size_t max = log->max_spare;

	if (!log->error)
		log->error = grow(&log->spare, log->nr_spare, &max,
				  sizeof(log->spare[0]));
	if (log->error)
		return;
	log->max_spare = (uint32_t)max;
	log->spare[log->nr_spare++] = handle;
}

static int recorder_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
			  struct l2_table *ret)
{
	struct recorder *r = container_of(l2, struct recorder, d.base);
	struct table_log *log = r->log;
	struct table_op op = { .instance = r->instance, .cpu = (uint8_t)cpu };
	int err = r->d.inner->ops->alloc(r->d.inner, cpu, gfp, ret);

	if (err) {
		log->nr_failures++;
		return err;
	}
	op.handle = log->nr_spare ? log->spare[--log->nr_spare]
				  : log->nr_handles++;
	*slot_of(log, ret) = op.handle;
	log->nr_allocs++;
	append(log, &op);
	return 0;
}

static void recorder_free(struct l2_strategy *l2, unsigned cpu,
			  const struct l2_table *table)
{
	struct recorder *r = container_of(l2, struct recorder, d.base);
	struct table_op op = {
		.handle = *slot_of(r->log, table),
		.instance = r->instance,
		.cpu = (uint8_t)cpu,
		.is_free = true,
	};

	put_spare(r->log, op.handle);
	r->log->nr_frees++;
	append(r->log, &op);
	l2_free(r->d.inner, cpu, table);
}

static const struct l2_strategy_ops recorder_ops = {
	.name = "recorder",
	.summary = "records allocations and frees",
	.destroy = l2_forward_destroy,
	.alloc = recorder_alloc,
	.free = recorder_free,
	.usage = l2_forward_usage,
	.attrs = l2_forward_attrs,
	.check = l2_forward_check,
};

static int start(struct table_log *log, const struct physmem *pm)
{
	const struct machine_profile *mp = physmem_profile(pm);
	phys_addr_t end = mp->range[mp->nr_ranges - 1].end;

	if (log->handle_of)
		return 0;
	log->start = mp->range[0].start;
	log->handle_of = calloc((end - log->start) >> L2_TABLE_SHIFT,
				sizeof(log->handle_of[0]));
	return log->handle_of ? 0 : -ENOMEM;
}

int table_log_wrap(struct table_log *log, struct l2_strategy *inner,
		   const struct l2_env *env, struct l2_strategy **ret)
{
	struct recorder *r = calloc(1, sizeof(*r));

	if (!r || start(log, env->pm)) {
		free(r);
		return -ENOMEM;
	}
	l2_decorator_init(&r->d, &recorder_ops, inner);
	r->log = log;
	r->instance = log->nr_instances++;
	*ret = &r->d.base;
	return 0;
}

void table_log_fini(struct table_log *log)
{
	free(log->op);
	free(log->handle_of);
	free(log->spare);
	*log = (struct table_log){ 0 };
}
