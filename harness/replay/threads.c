// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pass with threads; see replay.h. Thread t is simulated CPU t: it calls
 * the page table with that number, whatever CPU the trace names.
 *
 * Not exact: times, lost races, who waited, which allocation fails where
 * memory is short, and how much per-CPU lists hold. Exact: the translations
 * and the tables linked at the end, if nothing failed; deps.h says why.
 * Not measured: making the threads; each waits at a barrier for the others.
 * Cost: as the batch pass, and a walk of all tables at the end for the digest.
 * Invariant: after the pass all pages are back, and the machine is for one
 * thread again.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "system.h"
#include "team.h"

struct job {
	const struct system *sys;
	const struct trace_event *event;
};

static void do_event(void *ctx, unsigned thread, uint32_t event)
{
	const struct job *job = ctx;

	system_do_on(job->sys, &job->event[event], thread);
}

static int examine(const struct system *sys, struct threads_result *r,
		   const char **why)
{
	unsigned i;
	int err = 0;

	r->digest = V7S_DIGEST_INIT;
	for (i = 0; i < sys->nr_domains; i++) {
		const struct v7s_stats *s = v7s_stats(sys->table[i]);

		r->l2_allocs += s->l2_allocs;
		r->l2_failures += s->l2_failures;
		r->l2_tables_end += s->l2_live;
		r->lost_races += s->l2_races;
		r->digest = v7s_digest(sys->table[i], r->digest);
	}
	for (i = 0; i < sys->nr_instances && !err; i++) {
		struct l2_strategy *l2 = sys->instance[i];
		struct l2_usage usage;

		l2->ops->usage(l2, &usage);
		r->held_bytes_end += usage.pages_held * PAGE_SIZE;
		err = l2->ops->check(l2, why);
	}
	return err;
}

static int fail(int err, const char **why)
{
	*why = err == -ENOMEM	? "out of memory"
	       : err == -EAGAIN ? "a thread cannot be started"
				: strerror(-err);
	return err;
}

int pass_threads(struct replay_machine *m, const struct deps *deps,
		 struct threads_result *ret, const char **why)
{
	struct job job = { .event = deps->trace->event };
	struct team_env env = {
		.host = &m->cfg->threads.host,
		.stop = m->cfg->stop,
		.fn = do_event,
		.ctx = &job,
	};
	struct threads_result r = { 0 };
	struct system sys;
	bool defective;
	int err = system_create_threads(m, deps->nr_threads, &sys);

	if (err)
		return fail(err, why);
	job.sys = &sys;
	defective = sys.instance[0]->defective;
	err = team_run(deps, &env, &r.team);
	if (err)
		fail(err, why);
	else
		err = examine(&sys, &r, why);
	system_destroy(&sys);
	if (!err && sys.pages_leaked && !defective) {
		*why = "pages missing after teardown";
		err = -EUCLEAN;
	}
	if (err)
		return err;
	r.event_ns = (double)r.team.wall_ns / (double)deps->trace->nr_events;
	*ret = r;
	return 0;
}

int threads_agree(const struct memory_result *m, const struct threads_result *t,
		  char *why)
{
	uint64_t kept = t->l2_allocs - t->lost_races;

	if (!m->built || m->alloc_failures || t->l2_failures || m->anomalies ||
	    m->defective)
		return 0;
	if (t->digest != m->digest)
		snprintf(why, REPLAY_WHY_SIZE,
			 "other translations than on one thread");
	else if (t->l2_tables_end != m->l2_tables_end)
		snprintf(why, REPLAY_WHY_SIZE,
			 "%" PRIu64 " tables in the end, %" PRIu64
			 " on one thread",
			 t->l2_tables_end, m->l2_tables_end);
	else if (kept != m->l2_allocs)
		snprintf(why, REPLAY_WHY_SIZE,
			 "%" PRIu64 " tables taken and kept, %" PRIu64
			 " on one thread",
			 kept, m->l2_allocs);
	else
		return 0;
	return -EBADMSG;
}
