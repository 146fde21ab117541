/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of a replay by threads share: traces made by hand, threads
 * that cannot be started or are seen when they are bound, and an end to a test
 * that hangs.
 */
#ifndef TEAM_FIXTURE_H
#define TEAM_FIXTURE_H

#include "mm_fixture.h"

#include <pthread.h>
#include <sched.h>

#include "trace.h"
#include "under_tsan.h"

/* Nothing here takes a second; without an end after ten it hangs. To be called
 * again where something has got on. */
static inline void watchdog(void)
{
	alarm(10);
}

/* The linker sends calls of pthread_create() here. */
static unsigned creates_left = UINT32_MAX; /* that succeed */

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
			  void *(*fn)(void *), void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
			  void *(*fn)(void *), void *arg);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
			  void *(*fn)(void *), void *arg)
{
	return creates_left-- ? __real_pthread_create(thread, attr, fn, arg)
			      : EAGAIN;
}

/* And those of sched_setaffinity(): to this, if a test sets it. */
static int (*bind_thread)(const cpu_set_t *set);

int __real_sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set);
int __wrap_sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set);

int __wrap_sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set)
{
	return bind_thread ? bind_thread(set)
			   : __real_sched_setaffinity(pid, size, set);
}

static inline struct trace_event event_of(enum trace_type type, unsigned domain,
					  unsigned cpu, uint64_t iova,
					  uint64_t size)
{
	return (struct trace_event){
		.iova = iova,
		.paddr = type == TRACE_MAP ? iova : 0,
		.size = size,
		.domain = (uint16_t)domain,
		.cpu = (uint16_t)cpu,
		.type = (uint8_t)type,
		.prot = TRACE_PROT_READ | TRACE_PROT_WRITE,
	};
}

static inline void add_event(struct trace *trace, const struct trace_event *ev)
{
	assert_int_equal(trace_append(trace, ev), 0);
}

static inline void add_domains(struct trace *trace, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++) {
		char name[2] = { (char)('a' + i), 0 };

		assert_int_equal(trace_domain(trace, name), i);
	}
}

#endif /* TEAM_FIXTURE_H */
