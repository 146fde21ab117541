/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Several threads at work at once: a start line, a watchdog, and a map that
 * tells who owns what.
 *
 * cmocka's asserts are for the main thread. A member counts what it finds wrong
 * and main asserts after all have been joined. One that makes no progress for
 * WATCHDOG_S seconds ends the program: nothing is left spinning.
 */
#ifndef THREADS_FIXTURE_H
#define THREADS_FIXTURE_H

#include "mm_fixture.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "under_tsan.h"

#define MAX_MEMBERS 8u
#define WATCHDOG_S 10

static const unsigned crew_sizes[] = { 2, 4, MAX_MEMBERS };

struct member {
	struct crew *crew;
	unsigned id;	 /* from 0; its simulated CPU too */
	uint64_t seed;	 /* of its own */
	atomic_ulong nr; /* steps made: the watchdog's, and main's */
	char pad[128];	 /* no line shared with the next */
};

/* Zeroed but for the first three. */
struct crew {
	unsigned size;
	void (*run)(struct member *m);
	void *job; /* what they share */
	struct member member[MAX_MEMBERS];
	atomic_uint nr_here; /* at the start line */
	atomic_uint nr_wrong;
};

static inline void step(struct member *m)
{
	atomic_fetch_add_explicit(&m->nr, 1, memory_order_relaxed);
}

/* Whether two threads can be at work in the same instant. */
static inline bool host_is_parallel(void)
{
	cpu_set_t set;

	return !sched_getaffinity(0, sizeof(set), &set) && CPU_COUNT(&set) > 1;
}

/* Nothing to do just now; the host CPU goes to another only now and then. */
static inline void idle(unsigned *nr)
{
	if (++*nr % 100 == 0)
		sched_yield();
}

/* Counts what must not be. */
static inline void want(struct member *m, bool ok)
{
	if (!ok)
		atomic_fetch_add_explicit(&m->crew->nr_wrong, 1,
					  memory_order_relaxed);
}

static inline void *member_main(void *arg)
{
	struct member *m = arg;

	atomic_fetch_add(&m->crew->nr_here, 1);
	while (atomic_load(&m->crew->nr_here) < m->crew->size)
		sched_yield();
	m->crew->run(m);
	return NULL;
}

static inline unsigned long crew_steps(struct crew *crew)
{
	unsigned long sum = 0;

	for (unsigned i = 0; i < crew->size; i++)
		sum += atomic_load_explicit(&crew->member[i].nr,
					    memory_order_relaxed);
	return sum;
}

/* Waits for one of them, as long as any of them gets on. */
static inline void watched_join(struct crew *crew, pthread_t thread)
{
	const struct timespec tick = { .tv_nsec = 1000000 };
	unsigned long steps = crew_steps(crew);
	time_t since = time(NULL);

	while (pthread_tryjoin_np(thread, NULL)) {
		nanosleep(&tick, NULL);
		if (crew_steps(crew) != steps) {
			steps = crew_steps(crew);
			since = time(NULL);
		} else if (time(NULL) - since > WATCHDOG_S) {
			fprintf(stderr, "no progress after %lu steps\n", steps);
			abort();
		}
	}
}

/* Runs all of them to the end; returns the steps they made. */
static inline unsigned long crew_run(struct crew *crew)
{
	pthread_t thread[MAX_MEMBERS];
	unsigned i;

	for (i = 0; i < crew->size; i++) {
		crew->member[i].crew = crew;
		crew->member[i].id = i;
		crew->member[i].seed = 20181105 + i;
		if (pthread_create(&thread[i], NULL, member_main,
				   &crew->member[i])) {
			/* Those at the start line would wait for ever. */
			fprintf(stderr, "no thread to be had\n");
			abort();
		}
	}
	for (i = 0; i < crew->size; i++)
		watched_join(crew, thread[i]);
	assert_int_equal(atomic_load(&crew->nr_wrong), 0);
	return crew_steps(crew);
}

/*
 * Who owns which granule, 0 for nobody. Relaxed: an order made here would hide
 * from ThreadSanitizer that an allocator makes none.
 */
struct owners {
	const struct physmem *pm;
	phys_addr_t start;
	unsigned shift;
	atomic_uint *owner;
};

static inline void owners_init(struct owners *o, const struct physmem *pm,
			       unsigned shift)
{
	const struct machine_profile *mp = physmem_profile(pm);

	o->pm = pm;
	o->start = mp->range[0].start;
	o->shift = shift;
	o->owner =
		calloc((mp->range[mp->nr_ranges - 1].end - o->start) >> shift,
		       sizeof(o->owner[0]));
	assert_non_null(o->owner);
}

static inline void owners_fini(struct owners *o)
{
	free(o->owner);
}

/* A member's block of size bytes changes hands; from it to 0, or back. */
static inline void owners_change(struct owners *o, struct member *m,
				 phys_addr_t paddr, size_t size, unsigned from,
				 unsigned to)
{
	uint64_t i = (paddr - o->start) >> o->shift;
	uint64_t n = size >> o->shift;

	want(m, physmem_valid(o->pm, paddr) &&
			physmem_valid(o->pm, paddr + size - 1));
	for (; n--; i++)
		want(m, atomic_exchange_explicit(&o->owner[i], to,
						 memory_order_relaxed) == from);
}

#endif /* THREADS_FIXTURE_H */
