// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lanes; see lane.h. Each has a machine of its own, which borrows the log of
 * the one it is made from.
 *
 * Not modelled: what is not the strategy's. Table lanes have page tables, as
 * their memory has level-1 tables in it, but map nothing.
 * Cost: run() is what pass_table() and pass_batch() time: a loop around the
 * calls. rewind() of events builds a system.
 * Invariant: at the start of a cycle no table is out. After an allocation has
 * failed in a cycle nothing more is done in it. Concurrency: none.
 */
#include "lane.h"

#include <errno.h>
#include <stdlib.h>

#include "fnv.h"
#include "system.h"

const char *const lane_kind_names[NR_LANE_KINDS + 1] = {
	[LANE_TABLE] = "table",
	[LANE_EVENT] = "event",
	[NR_LANE_KINDS] = NULL,
};

/* What a cycle has done. */
struct cycle {
	uint64_t allocs, frees, failures, digest;
};

struct replay_lane {
	struct lane lane;
	struct replay_machine m; /* its log is another's */
	struct system sys;
	int (*wrap)(void *ctx, struct l2_strategy *inner,
		    const struct l2_env *env, struct l2_strategy **ret);
	void *ctx;
	uint64_t pos;	    /* operations done of the cycle */
	struct cycle first; /* what each must do */
	/* Of tables: */
	const struct table_op *op; /* nr_ops of them, then nr_left frees */
	struct table_op *left;
	size_t nr_ops, nr_left;
	size_t at;		/* in op and left together */
	struct l2_table *table; /* by handle */
	bool failed;		/* in this cycle */
};

static struct replay_lane *lane_of(struct lane *lane)
{
	return container_of(lane, struct replay_lane, lane);
}

static bool table_ops(struct replay_lane *l, const struct table_op *op,
		      size_t nr)
{
	for (; nr; nr--, op++) {
		struct l2_strategy *l2 = l->sys.instance[op->instance];
		struct l2_table *table = &l->table[op->handle];

		if (op->is_free)
			l2_free(l2, op->cpu, table);
		else if (l2_alloc_zeroed(l2, op->cpu, GFP_ATOMIC, table))
			return false;
	}
	return true;
}

static void table_run(struct lane *lane, size_t nr)
{
	struct replay_lane *l = lane_of(lane);

	l->pos += nr;
	while (nr && !l->failed) {
		bool in_log = l->at < l->nr_ops;
		const struct table_op *op =
			in_log ? &l->op[l->at] : &l->left[l->at - l->nr_ops];
		size_t n =
			(in_log ? l->nr_ops : l->nr_ops + l->nr_left) - l->at;

		if (n > nr)
			n = nr;
		if (!table_ops(l, op, n))
			l->failed = true;
		nr -= n;
		l->at += n;
		if (l->at == l->nr_ops + l->nr_left)
			l->at = 0;
	}
}

static uint64_t tables_out(const struct replay_lane *l)
{
	uint64_t nr = 0;

	for (unsigned i = 0; i < l->sys.nr_instances; i++) {
		struct l2_usage usage;

		l->sys.instance[i]->ops->usage(l->sys.instance[i], &usage);
		nr += usage.nr_tables;
	}
	return nr;
}

static int table_rewind(struct lane *lane)
{
	struct replay_lane *l = lane_of(lane);

	if (l->pos != lane->length)
		return -EINVAL;
	if (l->failed || tables_out(l))
		return -EUCLEAN;
	l->pos = 0;
	return 0;
}

static void event_run(struct lane *lane, size_t nr)
{
	struct replay_lane *l = lane_of(lane);
	const struct trace_event *ev = &l->m.trace->event[l->pos];

	for (size_t i = 0; i < nr; i++)
		system_do(&l->sys, &ev[i]);
	l->pos += nr;
}

static struct cycle event_cycle(const struct replay_lane *l)
{
	struct cycle c = { .digest = V7S_DIGEST_INIT };

	for (unsigned i = 0; i < l->sys.nr_domains; i++) {
		const struct v7s_stats *s = v7s_stats(l->sys.table[i]);

		c.allocs += s->l2_allocs;
		c.frees += s->l2_frees;
		c.failures += s->l2_failures;
		c.digest = v7s_digest(l->sys.table[i], c.digest);
	}
	return c;
}

static int build(struct replay_lane *l)
{
	return system_create(&l->m, l->wrap, l->ctx, &l->sys);
}

static void tear_down(struct replay_lane *l)
{
	system_destroy(&l->sys);
	l->sys = (struct system){ .pm = l->m.pm };
}

static int event_rewind(struct lane *lane)
{
	struct replay_lane *l = lane_of(lane);
	const struct cycle c = event_cycle(l);

	if (l->pos != lane->length)
		return -EINVAL;
	if (c.allocs != l->first.allocs || c.frees != l->first.frees ||
	    c.failures != l->first.failures || c.digest != l->first.digest)
		return -EUCLEAN;
	l->pos = 0;
	tear_down(l);
	if (l->sys.pages_leaked)
		return -EUCLEAN;
	return build(l);
}

static void destroy(struct lane *lane)
{
	struct replay_lane *l = lane_of(lane);

	if (l->sys.pm)
		system_destroy(&l->sys);
	l->m.log = (struct table_log){ 0 };
	replay_machine_fini(&l->m);
	free(l->left);
	free(l->table);
	free(l);
}

static const struct lane_ops table_lane_ops = {
	.run = table_run,
	.rewind = table_rewind,
	.destroy = destroy,
};

static const struct lane_ops event_lane_ops = {
	.run = event_run,
	.rewind = event_rewind,
	.destroy = destroy,
};

/* FNV-1a-64 of numbers. */
static uint64_t mix(uint64_t digest, uint64_t number)
{
	for (unsigned i = 0; i < sizeof(number); i++)
		digest = fnv_step(digest, number >> 8 * i & 0xff);
	return digest;
}

/* Instances are left out: a strategy may have one for all domains. */
static uint64_t mix_ops(uint64_t digest, const struct table_op *op, size_t nr)
{
	for (; nr; nr--, op++)
		digest = mix(digest, (uint64_t)op->handle << 16 |
					     (uint64_t)op->cpu << 8 |
					     op->is_free);
	return digest;
}

/* What the log leaves out, in the order in which it was taken. */
static int find_left(struct replay_lane *l)
{
	bool *freed = calloc(l->nr_ops + 1, sizeof(*freed));
	size_t *taken = calloc((size_t)l->m.log.nr_handles + 1, sizeof(*taken));
	size_t nr_frees = 0, i;
	int err = freed && taken ? 0 : -ENOMEM;

	for (i = 0; i < l->nr_ops && !err; i++) {
		if (l->op[i].is_free)
			freed[taken[l->op[i].handle]] = true;
		else
			taken[l->op[i].handle] = i;
		nr_frees += l->op[i].is_free;
	}
	if (!err)
		l->left =
			calloc(l->nr_ops - 2 * nr_frees + 1, sizeof(*l->left));
	if (!l->left)
		err = -ENOMEM;
	for (i = 0; i < l->nr_ops && !err; i++) {
		if (l->op[i].is_free || freed[i])
			continue;
		l->left[l->nr_left] = l->op[i];
		l->left[l->nr_left++].is_free = true;
	}
	free(freed);
	free(taken);
	return err;
}

static int prepare_tables(struct replay_lane *l)
{
	const struct table_log *log = &l->m.log;
	size_t each;
	int err;

	if (log->nr_failures)
		return -ENOTSUP;
	l->op = log->op;
	l->nr_ops = log->nr_ops < LANE_MAX_OPS ? log->nr_ops : LANE_MAX_OPS;
	l->table = calloc((size_t)log->nr_handles + 1, sizeof(*l->table));
	err = l->table ? find_left(l) : -ENOMEM;
	each = l->nr_ops + l->nr_left;
	if (err || !each)
		return err ? err : -ENODATA;
	l->lane.ops = &table_lane_ops;
	l->lane.length = (LANE_MIN_OPS + each - 1) / each * each;
	l->lane.work =
		mix_ops(mix(V7S_DIGEST_INIT, l->lane.length), l->op, l->nr_ops);
	return 0;
}

static int prepare_events(struct replay_lane *l)
{
	const struct trace *trace = l->m.trace;

	if (!trace->event || trace->nr_any)
		return -ENOTSUP;
	l->lane.ops = &event_lane_ops;
	l->lane.length = trace->nr_events < LANE_MAX_OPS ? trace->nr_events
							 : LANE_MAX_OPS;
	return l->lane.length ? 0 : -ENODATA;
}

static int first_cycle(struct replay_lane *l, enum lane_kind kind)
{
	const struct cycle *c = &l->first;

	l->lane.ops->run(&l->lane, l->lane.length);
	if (kind == LANE_EVENT) {
		l->first = event_cycle(l);
		l->lane.work =
			mix(mix(mix(c->digest, l->lane.length), c->allocs),
			    c->frees);
	}
	if (l->failed || c->failures)
		return -ENOTSUP;
	return l->lane.ops->rewind(&l->lane);
}

/* -ENOTSUP if it was simulated memory that was missing. */
static int build_first(struct replay_lane *l)
{
	struct physmem_usage usage;
	int err = build(l);

	if (err) {
		physmem_usage(l->m.pm, &usage);
		return err == -ENOMEM && usage.nr_failures ? -ENOTSUP : err;
	}
	return l->sys.instance[0]->defective ? -ENOTSUP : 0;
}

int lane_create(const struct replay_machine *m, enum lane_kind kind,
		int (*wrap)(void *ctx, struct l2_strategy *inner,
			    const struct l2_env *env, struct l2_strategy **ret),
		void *ctx, struct lane **ret)
{
	struct replay_lane *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	l->wrap = wrap;
	l->ctx = ctx;
	err = replay_machine_init(&l->m, m->cfg, m->trace, m->spec);
	l->m.log = m->log;
	if (!err)
		err = build_first(l);
	if (!err)
		err = kind == LANE_TABLE ? prepare_tables(l)
					 : prepare_events(l);
	if (!err)
		err = first_cycle(l, kind);
	if (err)
		destroy(&l->lane);
	else
		*ret = &l->lane;
	return err;
}
