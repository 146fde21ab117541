// SPDX-License-Identifier: GPL-2.0-only
/*
 * What our models answer to a run; see expect.h.
 *
 * Models: what module/ does on a real kernel, event by event. A point is made
 * where the kernel makes one. Pages held are those of the strategies, by their
 * own account; of the kernel they are counted from outside, and that both agree
 * is what the comparison is for. At the end tables and then strategies go, and
 * what is missing then is counted from outside here too.
 * Left out: cost.
 * Cost: a replay. Concurrency: none.
 */
#include "expect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dump.h"
#include "fnv.h"
#include "system.h"

struct expecting {
	const struct kernel_case *c;
	const struct system *sys;
	struct kernel_answer *answer;
	size_t max_points;
	uint64_t nr_events, ret;
};

static int64_t pages_held(const struct system *sys)
{
	int64_t pages = 0;

	for (unsigned i = 0; i < sys->nr_instances; i++) {
		struct l2_usage usage;

		sys->instance[i]->ops->usage(sys->instance[i], &usage);
		pages += (int64_t)usage.pages_held;
	}
	return pages;
}

static int add_point(struct expecting *e)
{
	struct kernel_answer *answer = e->answer;
	struct kernel_point point = {
		.events = e->nr_events,
		.ret = e->ret,
		.held = pages_held(e->sys),
	};
	size_t more = e->max_points ? 2 * e->max_points : 16;
	void *larger = answer->point;

	if (answer->nr_points == e->max_points) {
		larger = reallocarray(larger, more, sizeof(point));
		if (!larger)
			return -ENOMEM;
		answer->point = larger;
		e->max_points = more;
	}
	for (unsigned i = 0; i < e->sys->nr_domains; i++) {
		const struct v7s_stats *s = v7s_stats(e->sys->table[i]);

		point.allocs += s->l2_allocs;
		point.frees += s->l2_frees;
		point.live += s->l2_live;
		point.warns += s->warns;
	}
	answer->point[answer->nr_points++] = point;
	return 0;
}

static int do_event(void *ctx, const struct trace_event *ev)
{
	struct expecting *e = ctx;

	e->ret = fnv_step(e->ret, (uint64_t)system_result(e->sys, ev));
	return ++e->nr_events % e->c->every ? 0 : add_point(e);
}

static int add_states(const struct system *sys, struct kernel_answer *answer)
{
	answer->state = calloc(sys->nr_domains, sizeof(*answer->state));
	if (!answer->state)
		return -ENOMEM;
	answer->nr_domains = sys->nr_domains;
	for (unsigned i = 0; i < sys->nr_domains; i++) {
		struct dump_summary sums;

		dump_table(sys->table[i], NULL, NULL, &sums);
		answer->state[i] = (struct kernel_state){
			.l1_nonzero = sums.l1_nonzero,
			.l2_tables = sums.l2_tables,
			.l2_nonzero = sums.l2_nonzero,
			.fnv1a64 = sums.fnv1a64,
		};
	}
	return 0;
}

static int answer_events(const struct kernel_case *c, const struct system *sys,
			 struct kernel_answer *answer, char *why)
{
	struct expecting e = {
		.c = c,
		.sys = sys,
		.answer = answer,
		.ret = FNV_INIT,
	};
	int err;

	answer->held_open = pages_held(sys);
	err = kernel_case_each(c, do_event, &e, why);
	if (!err && e.nr_events % c->every)
		err = add_point(&e);
	return err ? err : add_states(sys, answer);
}

/* True if it was simulated memory that was missing. */
static bool no_room(const struct physmem *pm)
{
	struct physmem_usage usage;

	physmem_usage(pm, &usage);
	return usage.nr_failures != 0;
}

static int answer_run(const struct kernel_case *c, struct replay_machine *m,
		      struct kernel_answer *ret, char *why)
{
	struct kernel_answer answer = { 0 };
	struct system sys;
	int err = system_create(m, NULL, NULL, &sys);

	if (err == -ENOMEM && no_room(m->pm)) {
		snprintf(
			why, KERNEL_WHY_SIZE,
			"%s: %u domains with %s do not fit in the memory of %s",
			c->label, c->trace->nr_domains, c->spec->label,
			KERNEL_MACHINE);
		return -ENOSPC;
	}
	if (err)
		return err;
	strcpy(answer.label, c->label);
	strcpy(answer.strategy, c->spec->ops->name);
	err = answer_events(c, &sys, &answer, why);
	system_destroy(&sys);
	answer.live_closed = sys.tables_leaked;
	answer.held_closed = (int64_t)sys.pages_leaked;
	if (err)
		kernel_answer_free(&answer);
	else
		*ret = answer;
	return err;
}

int kernel_expect(const struct kernel_case *c, struct kernel_answer *ret,
		  char *why)
{
	struct replay_config cfg = {
		.profile = machine_profile_find(KERNEL_MACHINE),
		.nr_cpus = c->replay->nr_cpus,
		.pgtable = c->replay->pgtable,
		.rebase_paddr = c->replay->rebase_paddr,
		.stop = c->replay->stop,
	};
	struct replay_machine m;
	int err = kernel_case_check(c, why);

	if (err)
		return err;
	cfg.pgtable.kernel = V7S_KERNEL_6_1;
	cfg.pgtable.split = V7S_SPLIT_KERNEL;
	cfg.pgtable.path = V7S_PATH_KERNEL;
	cfg.pgtable.walker = V7S_COHERENT;
	*why = '\0';
	err = replay_machine_init(&m, &cfg, c->trace, c->spec);
	if (!err) {
		err = answer_run(c, &m, ret, why);
		replay_machine_fini(&m);
	}
	if (err && !*why)
		snprintf(why, KERNEL_WHY_SIZE, "our models, %s: %s", c->label,
			 strerror(-err));
	return err;
}
