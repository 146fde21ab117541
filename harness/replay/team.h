/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads that do the events of a trace, each its own, in the order that deps
 * ask for.
 *
 * Concurrency: events that do not depend on each other are done at the same
 * time; what fn does for one is seen by fn for all that wait for it.
 */
#ifndef TEAM_H
#define TEAM_H

#include <sched.h>
#include <signal.h>

#include "deps.h"

struct team_env {
	const cpu_set_t *host; /* CPUs to bind to: thread t to the t-th, modulo
				* their number; NULL or empty: none */
	const volatile sig_atomic_t *stop; /* as in struct replay_config */
	/* Does an event; to be left by returning. */
	void (*fn)(void *ctx, unsigned thread, uint32_t event);
	void *ctx;
};

struct team_result {
	uint64_t wall_ns;   /* from the start of the first to the last's end */
	uint64_t nr_waited; /* events that found one not done they wait for */
	unsigned nr_host_cpus; /* that threads were bound to; 0: not bound */
	int bind_error;	       /* why not, or 0 */
};

/**
 * team_run() - all events of deps->trace, once
 * @ret: written on success only
 *
 * Return: 0; -ENOMEM; -EINTR; what pthread_create() says, with no event done.
 */
int team_run(const struct deps *deps, const struct team_env *env,
	     struct team_result *ret);

#endif /* TEAM_H */
