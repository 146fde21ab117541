// SPDX-License-Identifier: GPL-2.0-only
/*
 * skeleton: the file a new strategy starts from. It is compiled, so that it
 * cannot rot, and never linked.
 *
 * To use it: copy to my_strategy.c, replace "skeleton" by "my_strategy", fill
 * in the six operations, add 'my_strategy' to the list in meson.build, run
 * `ninja -C build test`. The suites for all strategies then test it: contract,
 * failure sweep, misuse, equal translations.
 *
 * Replace this comment by what a reader must know:
 * Models: <kernel version, file, function>, or what the idea is.
 * Not modelled: <what is left out>.
 * Cost: <of alloc and free>.
 * Invariant: <what check() checks>.
 * Concurrency: <what is a CPU's, and which lock keeps what is shared; or, where
 * threads are refused, the same line as .one_thread>.
 */
#include <stdlib.h>

#include "l2_internal.h"

extern const struct l2_strategy_ops l2_strategy_skeleton;

/* base comes first; the harness only sees a pointer to it. */
struct skeleton {
	struct l2_strategy base;
	struct l2_env env;
	struct l2_counts counts; /* by CPU; up to date, as usage() is O(1) */
};

/* One row per option; its index is that of the value in create(). A strategy
 * without options leaves .options out. */
enum { OPT_EXAMPLE };

static const struct l2_option options[] = {
	[OPT_EXAMPLE] = { .key = "example",
			  .help = "what it changes, with its unit",
			  .min = 0,
			  .max = 8,
			  .def = 0 },
	{ .key = NULL },
};

/* Return every page to physmem, also those of tables still alive. Must take
 * NULL and half-built instances. Required. */
static void skeleton_destroy(struct l2_strategy *l2)
{
	if (!l2)
		return;
	free(container_of(l2, struct skeleton, base));
}

/* Build an instance; take no more memory than the real thing would before the
 * first table. *ret is written on success only. Required. */
static int skeleton_create(const struct l2_env *env, const uint64_t *value,
			   struct l2_strategy **ret)
{
	struct skeleton *s = calloc(1, sizeof(*s));

	(void)value[OPT_EXAMPLE];
	if (!s)
		return -ENOMEM;
	s->base.ops = &l2_strategy_skeleton;
	s->base.link_offset = L2_LINK_OFFSET;
	s->base.zeroes = false; /* true: alloc() honours __GFP_ZERO itself */
	s->env = *env;
	l2_counts_init(&s->counts, env);
	*ret = &s->base;
	return 0;
}

/* Find 1 KiB aligned to 1 KiB and hand it out with l2_publish(). Pages come
 * from physmem_alloc_pages() with gfp | env.zone_gfp; count them in pages_held
 * of the CPU's shard. On failure return l2_fail(). If env.threads, another
 * thread may be in here with another cpu: what they share needs a struct
 * mm_lock in the instance, mm_lock(&s->lock, s->env.threads). Required. */
static int skeleton_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
			  struct l2_table *ret)
{
	struct skeleton *s = container_of(l2, struct skeleton, base);

	(void)gfp;
	(void)ret;
	return l2_fail(l2_shard(&s->counts, cpu), L2_FAIL_NOMEM);
}

/* Take a table back with l2_retire(), on whatever CPU. Nothing in it may be
 * written but the link at L2_LINK_OFFSET. A table that is not ours is a bug of
 * the caller: abort(). Required. */
static void skeleton_free(struct l2_strategy *l2, unsigned cpu,
			  const struct l2_table *table)
{
	struct skeleton *s = container_of(l2, struct skeleton, base);

	l2_retire(l2_shard(&s->counts, cpu), table->va);
}

/* Copy the counters; called after every event of a trace. Required. */
static void skeleton_usage(const struct l2_strategy *l2, struct l2_usage *ret)
{
	l2_counts_sum(&container_of(l2, const struct skeleton, base)->counts,
		      ret);
}

/* What people may want to read, by name. Required. */
static void skeleton_attrs(const struct l2_strategy *l2, struct l2_attrs *ret)
{
	struct l2_usage usage;

	skeleton_usage(l2, &usage);
	l2_usage_attrs(&usage, ret);
}

/* Walk all state, compare it with the counters. Required. */
static int skeleton_check(const struct l2_strategy *l2, const char **ret_why)
{
	struct l2_usage usage;

	skeleton_usage(l2, &usage);
	*ret_why = "more tables than the pages held have room for";
	return usage.nr_tables <= usage.pages_held * L2_TABLES_PER_PAGE
		       ? 0
		       : -EUCLEAN;
}

const struct l2_strategy_ops l2_strategy_skeleton = {
	.name = "skeleton",
	.summary = "one line for `v7sbench list`",
	.models = "kernel version and file",
	.scope = L2_PER_DOMAIN, /* or L2_SHARED: one for the whole system */
	.options = options,
	.create = skeleton_create,
	.destroy = skeleton_destroy,
	.alloc = skeleton_alloc,
	.free = skeleton_free,
	.usage = skeleton_usage,
	.attrs = skeleton_attrs,
	.check = skeleton_check,
};
