// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that replay a trace together; see team.h.
 *
 * A thread tells how many of its events are done by a store with release to a
 * cache line of its own, and waits with loads with acquire: so all that was
 * done for an event is seen by whoever waits for it. Who waits long gives up
 * its host CPU, since there may be more threads than those.
 * Not done: stealing of events; a thread that waits does nothing else.
 * Cost: an indirect call and a store an event; a load and a compare a wait.
 * Invariant: events are done in the order of deps. It comes to an end: see
 * deps.h; and once stop is set every thread ends, those that wait too.
 */
#include "team.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "mm_lock.h"

#define LINE 128	/* a cache line, and the one fetched beside it */
#define STOP_EVERY 1024 /* events between two looks at the stop flag */

struct team;

struct worker {
	_Alignas(LINE) uint32_t done;	  /* of its events; all may read it */
	_Alignas(LINE) struct team *team; /* from here on it is its own */
	unsigned self;
	pthread_t thread;
	uint64_t start_ns, end_ns;
	uint64_t nr_waited;
	int bind_error;
	bool stopped;
};

struct team {
	const struct deps *deps;
	const struct team_env *env;
	struct worker *worker;
	pthread_mutex_t gate; /* held until all threads are there */
	bool cancelled;	      /* they are not; written under gate */
	pthread_barrier_t start;
};

static bool stopped(const struct team *team)
{
	return team->env->stop &&
	       __atomic_load_n(team->env->stop, __ATOMIC_RELAXED);
}

static bool is_done(const struct team *team, const struct deps_wait *wait)
{
	return __atomic_load_n(&team->worker[wait->thread].done,
			       __ATOMIC_ACQUIRE) >= wait->done;
}

/* False if it was not worth waiting for: stop is set. Hardly ever called. */
static __attribute__((noinline)) bool wait_for(const struct team *team,
					       const struct deps_wait *wait)
{
	unsigned spins = 0;

	while (!is_done(team, wait)) {
		mm_lock_relax();
		if (++spins % MM_LOCK_SPINS)
			continue;
		if (stopped(team))
			return false;
		sched_yield();
	}
	return true;
}

/* Waits for all that a step waits for. False: stopped. */
static inline bool wait_for_all(struct worker *w, const struct deps_wait *wait,
				uint32_t nr)
{
	bool waited = false;

	for (; nr; nr--, wait++) {
		if (is_done(w->team, wait))
			continue;
		waited = true;
		if (!wait_for(w->team, wait))
			return false;
	}
	w->nr_waited += waited;
	return true;
}

static void do_steps(struct worker *w)
{
	const struct team_env *env = w->team->env;
	const struct deps_thread *mine = &w->team->deps->thread[w->self];
	const struct deps_wait *wait = mine->wait;
	uint32_t i;

	for (i = 0; i < mine->nr_steps; i++) {
		const struct deps_step *step = &mine->step[i];

		w->stopped = i % STOP_EVERY == 0 && stopped(w->team);
		if (w->stopped)
			return;
		if (step->nr_waits) {
			w->stopped = !wait_for_all(w, wait, step->nr_waits);
			if (w->stopped)
				return;
			wait += step->nr_waits;
		}
		env->fn(env->ctx, w->self, step->event);
		__atomic_store_n(&w->done, i + 1, __ATOMIC_RELEASE);
	}
}

/* The nth CPU of a set that has more than n. */
static unsigned nth_cpu(const cpu_set_t *set, unsigned n)
{
	unsigned cpu = 0;

	while (!CPU_ISSET(cpu, set) || n--)
		cpu++;
	return cpu;
}

static void bind_to_host(struct worker *w)
{
	const cpu_set_t *host = w->team->env->host;
	unsigned nr = host ? (unsigned)CPU_COUNT(host) : 0;
	cpu_set_t one;

	if (!nr)
		return;
	CPU_ZERO(&one);
	CPU_SET(nth_cpu(host, w->self % nr), &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		w->bind_error = -errno;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct team *team = w->team;
	bool cancelled;

	pthread_mutex_lock(&team->gate);
	cancelled = team->cancelled;
	pthread_mutex_unlock(&team->gate);
	if (cancelled)
		return NULL;
	bind_to_host(w);
	pthread_barrier_wait(&team->start);
	w->start_ns = clock_ns();
	do_steps(w);
	w->end_ns = clock_ns();
	return NULL;
}

static void sum_up(const struct team *team, struct team_result *ret)
{
	const cpu_set_t *host = team->env->host;
	unsigned nr = team->deps->nr_threads, i;
	uint64_t start = UINT64_MAX, end = 0;
	unsigned nr_cpus = host ? (unsigned)CPU_COUNT(host) : 0;

	memset(ret, 0, sizeof(*ret));
	for (i = 0; i < nr; i++) {
		const struct worker *w = &team->worker[i];

		if (w->start_ns < start)
			start = w->start_ns;
		if (w->end_ns > end)
			end = w->end_ns;
		ret->nr_waited += w->nr_waited;
		if (w->bind_error)
			ret->bind_error = w->bind_error;
	}
	ret->wall_ns = end - start;
	if (!ret->bind_error)
		ret->nr_host_cpus = nr < nr_cpus ? nr : nr_cpus;
}

/* Threads begin together, or not at all. */
static int start_and_join(struct team *team)
{
	unsigned nr = 0, i;
	int err = 0;

	pthread_mutex_lock(&team->gate);
	while (nr < team->deps->nr_threads && !err) {
		struct worker *w = &team->worker[nr];

		w->team = team;
		w->self = nr;
		err = -pthread_create(&w->thread, NULL, work, w);
		nr += !err;
	}
	team->cancelled = err != 0;
	pthread_mutex_unlock(&team->gate);
	for (i = 0; i < nr; i++) {
		pthread_join(team->worker[i].thread, NULL);
		if (!err && team->worker[i].stopped)
			err = -EINTR;
	}
	return err;
}

int team_run(const struct deps *deps, const struct team_env *env,
	     struct team_result *ret)
{
	struct team team = { .deps = deps, .env = env };
	size_t size = deps->nr_threads * sizeof(*team.worker);
	int err;

	team.worker = aligned_alloc(LINE, size);
	if (!team.worker)
		return -ENOMEM;
	memset(team.worker, 0, size);
	pthread_mutex_init(&team.gate, NULL);
	err = -pthread_barrier_init(&team.start, NULL, deps->nr_threads);
	if (!err) {
		err = start_and_join(&team);
		pthread_barrier_destroy(&team.start);
	}
	pthread_mutex_destroy(&team.gate);
	if (!err)
		sum_up(&team, ret);
	free(team.worker);
	return err;
}
