// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmem_cache and slab_array under several threads, each of which is one CPU:
 * objects handed over a ring, and exchanged at random. Each object holds a
 * pattern from end to end while somebody owns it. What happened is counted, and
 * too little is a failure: a race that was never run proves nothing.
 *
 * A thread may be alone on the host for a whole time slice, so some threads
 * give up their host CPU in the window that a race needs.
 */
#include "mm_fixture.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "kmem_cache_internal.h"
#include "slab_array.h"
#include "under_tsan.h"

#define SIZE 1024u

enum { MAX_THREADS = 8, WATCHDOG_S = 10 };

struct crowd;

struct member {
	struct crowd *crowd;
	unsigned cpu;
	atomic_ulong progress;
	pthread_t thread;
};

enum { RING = 512, NR_EXCHANGE = 128 };

struct crowd {
	struct physmem *pm;
	struct kmem_cache *s; /* or */
	struct slab_array *a;
	unsigned nr_threads;
	uint64_t nr_ops; /* of each */
	atomic_uint nr_here;
	atomic_uint nr_done;
	atomic_ulong nr_remote; /* frees of what another thread allocated */
	void *_Atomic exchange[NR_EXCHANGE];
	void *ring[RING];
	atomic_ulong head, tail;
	struct member member[MAX_THREADS];
};

static void *take(struct crowd *c, unsigned cpu)
{
	void *object = NULL;
	int err = c->s ? kmem_cache_alloc(c->s, cpu, GFP_ATOMIC, &object)
		       : slab_array_alloc(c->a, cpu, GFP_ATOMIC, &object);

	if (err)
		abort();
	return object;
}

static void give(struct crowd *c, unsigned cpu, void *object)
{
	if (c->s)
		kmem_cache_free(c->s, cpu, object);
	else
		slab_array_free(c->a, cpu, object);
}

enum { WORDS = SIZE / sizeof(uint64_t) };

/* The CPU in the lowest bits; each eighth word, one of each cache line, and
 * another one of it each time. */
static void mark(uint64_t *word, uint64_t serial, unsigned cpu)
{
	uint64_t tag = serial * MAX_THREADS + cpu;

	word[0] = tag;
	for (unsigned i = 8; i < WORDS; i += 8)
		word[i + serial % 8] = tag * i;
}

/* The CPU that has marked the object. */
static unsigned verify(const uint64_t *word)
{
	uint64_t tag = word[0], serial = tag / MAX_THREADS;

	for (unsigned i = 8; i < WORDS; i += 8)
		if (word[i + serial % 8] != tag * i)
			abort();
	return tag % MAX_THREADS;
}

/* Between reading a slab's state and changing it, now and then: the others.
 * More rarely where it is done with list_lock held, which they may want. */
static void give_way(struct kmem_cache *s, struct page *slab,
		     enum slab_step step)
{
	static _Thread_local unsigned nr_calls;

	(void)s;
	(void)slab;
	if (++nr_calls % (step == STEP_ACQUIRE ? 256 : 16) == 0)
		sched_yield();
}

static void start_together(struct crowd *c)
{
	atomic_fetch_add(&c->nr_here, 1);
	while (atomic_load(&c->nr_here) < c->nr_threads)
		sched_yield();
}

/* Threads that hang cannot be stopped, so the whole program is. */
static void watch(struct crowd *c)
{
	const struct timespec tick = { .tv_nsec = 10000000 };
	unsigned long seen = 0;
	unsigned nr_idle = 0;

	while (atomic_load(&c->nr_done) < c->nr_threads) {
		unsigned long sum = 0;

		nanosleep(&tick, NULL);
		for (unsigned i = 0; i < c->nr_threads; i++)
			sum += atomic_load(&c->member[i].progress);
		nr_idle = sum == seen ? nr_idle + 1 : 0;
		seen = sum;
		if (nr_idle == WATCHDOG_S * 100) {
			fprintf(stderr, "no progress in %d s\n", WATCHDOG_S);
			abort();
		}
	}
}

static void run(struct crowd *c, void *(*fn[])(void *), unsigned nr_fns)
{
	for (unsigned i = 0; i < c->nr_threads; i++) {
		struct member *m = &c->member[i];

		m->crowd = c;
		m->cpu = i;
		assert_int_equal(
			pthread_create(&m->thread, NULL, fn[i % nr_fns], m), 0);
	}
	watch(c);
	for (unsigned i = 0; i < c->nr_threads; i++)
		pthread_join(c->member[i].thread, NULL);
}

/* The ring runs empty once in this many objects, and full half way to the next
 * time, so that slabs go and come however fast the two threads are. */
enum { TIDE = 8192 };

static void *producer(void *arg)
{
	struct member *m = arg;
	struct crowd *c = m->crowd;

	start_together(c);
	for (uint64_t i = 0; i < c->nr_ops; i++) {
		uint64_t room = i % TIDE == TIDE / 2 ? 1 : RING;
		void *object;

		while (i - atomic_load_explicit(&c->tail,
						memory_order_acquire) >=
		       room)
			sched_yield();
		object = take(c, m->cpu);
		mark(object, i, m->cpu);
		c->ring[i % RING] = object;
		atomic_store_explicit(&c->head, i + 1, memory_order_release);
		atomic_store_explicit(&m->progress, i, memory_order_relaxed);
	}
	atomic_fetch_add(&c->nr_done, 1);
	return NULL;
}

static void *consumer(void *arg)
{
	struct member *m = arg;
	struct crowd *c = m->crowd;
	uint64_t i;

	start_together(c);
	for (i = 0; i < c->nr_ops; i++) {
		uint64_t ahead = i % TIDE ? 1 : RING;
		void *object;

		if (ahead > c->nr_ops - i)
			ahead = c->nr_ops - i;
		while (atomic_load_explicit(&c->head, memory_order_acquire) <
		       i + ahead)
			sched_yield();
		object = c->ring[i % RING];
		atomic_store_explicit(&c->tail, i + 1, memory_order_release);
		verify(object);
		give(c, m->cpu, object);
		atomic_store_explicit(&m->progress, i, memory_order_relaxed);
	}
	atomic_fetch_add(&c->nr_remote, i);
	atomic_fetch_add(&c->nr_done, 1);
	return NULL;
}

enum { AHEAD = 2048 };

/* Nobody is further ahead of the slowest: a thread that the host leaves waiting
 * would else find the others gone, and meet none of their objects. */
static void wait_for_others(const struct crowd *c, uint64_t i)
{
	for (unsigned n = 0; n < c->nr_threads; n++)
		while (atomic_load_explicit(&c->member[n].progress,
					    memory_order_relaxed) +
			       AHEAD <
		       i)
			sched_yield();
}

enum { NR_HELD = 192 };

/* Takes, gives back and exchanges; sweeps between nearly empty and full, so
 * that slabs go. */
static void *exchanger(void *arg)
{
	struct member *m = arg;
	struct crowd *c = m->crowd;
	uint64_t seed = m->cpu + 1, nr_remote = 0;
	void *held[NR_HELD] = { NULL };

	start_together(c);
	for (uint64_t i = 0; i < c->nr_ops + NR_HELD; i++) {
		unsigned range = i / 4096 % 2 ? NR_HELD / 8 : NR_HELD;
		unsigned n = i < c->nr_ops ? rng_below(&seed, NR_HELD)
					   : (unsigned)(i - c->nr_ops);
		unsigned slot = rng_below(&seed, 2 * NR_EXCHANGE);

		if (slot < NR_EXCHANGE && i < c->nr_ops) {
			held[n] = atomic_exchange(&c->exchange[slot], held[n]);
		} else if (held[n]) {
			nr_remote += verify(held[n]) != m->cpu;
			give(c, m->cpu, held[n]);
			held[n] = NULL;
		} else if (n < range && i < c->nr_ops) {
			held[n] = take(c, m->cpu);
			mark(held[n], i, m->cpu);
		}
		atomic_store_explicit(&m->progress, i, memory_order_relaxed);
		if (i % 64 == 0)
			sched_yield();
		if (i % AHEAD == 0)
			wait_for_others(c, i);
	}
	atomic_fetch_add(&c->nr_remote, nr_remote);
	atomic_fetch_add(&c->nr_done, 1);
	return NULL;
}

static struct physmem *open_machine(const char *name, unsigned nr_cpus)
{
	struct physmem *pm = name ? machine(name) : small_machine();

	physmem_set_nr_cpus(pm, nr_cpus);
	physmem_set_threads(pm, true);
	return pm;
}

static void close_machine(struct physmem *pm, uint64_t nr_free)
{
	assert_int_equal(pages_free(pm), nr_free);
	assert_pm_sound(pm);
	physmem_destroy(pm);
}

/* A kmem_cache's end: all objects are back, and so are all pages. */
static void close_cache(struct crowd *c, uint64_t nr_free,
			struct kmem_cache_stats *ret)
{
	const char *why = "";

	if (kmem_cache_check(c->s, &why))
		fail_msg("%s", why);
	kmem_cache_stats(c->s, ret);
	assert_int_equal(ret->alive, 0);
	kmem_cache_destroy(c->s);
	close_machine(c->pm, nr_free);
}

static void close_array(struct crowd *c, uint64_t nr_free,
			struct slab_array_stats *ret)
{
	const char *why = "";

	if (slab_array_check(c->a, &why))
		fail_msg("%s", why);
	slab_array_stats(c->a, ret);
	assert_int_equal(ret->objects, 0);
	slab_array_destroy(c->a);
	close_machine(c->pm, nr_free);
}

/* What a cache is like: the rest of its config is always the same. */
struct kind {
	enum kmem_cache_kernel kernel;
	unsigned debug;
	uint64_t random;
	unsigned nr_threads;
	bool give_way;
};

static void run_cache(const struct kind *kind, const char *name,
		      uint64_t nr_ops, void *(*fn[])(void *), unsigned nr_fns,
		      struct kmem_cache_stats *ret)
{
	struct kmem_cache_config cfg = {
		.size = SIZE,
		.allocflags = GFP_DMA32,
		.nr_cpus = kind->nr_threads,
		.order = KMEM_CACHE_ORDER_AUTO,
		.kernel = kind->kernel,
		.debug = kind->debug,
		.random = kind->random,
	};
	struct crowd *c = calloc(1, sizeof(*c));
	uint64_t nr_free;

	assert_non_null(c);
	c->pm = open_machine(name, kind->nr_threads);
	nr_free = pages_free(c->pm);
	assert_int_equal(kmem_cache_create(c->pm, &cfg, &c->s), 0);
	if (kind->give_way)
		c->s->interleave = give_way;
	c->nr_threads = kind->nr_threads;
	c->nr_ops = nr_ops;
	run(c, fn, nr_fns);
	for (unsigned i = 0; i < NR_EXCHANGE; i++)
		if (c->exchange[i])
			give(c, 0, c->exchange[i]);
	assert_true(atomic_load(&c->nr_remote) >= nr_ops / 1000);
	close_cache(c, nr_free, ret);
	free(c);
}

static void run_array(unsigned nr_threads, const char *name, uint64_t nr_ops,
		      void *(*fn[])(void *), unsigned nr_fns,
		      struct slab_array_stats *ret)
{
	struct slab_array_config cfg = {
		.size = SIZE,
		.align = SIZE,
		.allocflags = GFP_DMA32,
		.nr_cpus = nr_threads,
		.link = SIZE / 2,
	};
	struct crowd *c = calloc(1, sizeof(*c));
	uint64_t nr_free;

	assert_non_null(c);
	c->pm = open_machine(name, nr_threads);
	nr_free = pages_free(c->pm);
	assert_int_equal(slab_array_create(c->pm, &cfg, &c->a), 0);
	c->nr_threads = nr_threads;
	c->nr_ops = nr_ops;
	run(c, fn, nr_fns);
	for (unsigned i = 0; i < NR_EXCHANGE; i++)
		if (c->exchange[i])
			give(c, 0, c->exchange[i]);
	assert_true(atomic_load(&c->nr_remote) >= nr_ops / 1000);
	close_array(c, nr_free, ret);
	free(c);
}

enum { RING_OPS = SCALED(2000000) };

static void *(*ring_fns[])(void *) = { producer, consumer };
static void *(*exchange_fns[])(void *) = { exchanger };

/* All that CPU 1 frees is of CPU 0's slabs; a full one becomes CPU 1's, and
 * when it has too many, they go back to the node, for CPU 0 to take again. */
static void test_kmem_threads__ring(void **state)
{
	(void)state;
	for (unsigned kernel = 0; kernel < KMEM_CACHE_KERNELS; kernel++) {
		struct kind kind = { .kernel = kernel,
				     .nr_threads = 2,
				     .give_way = true };
		struct kmem_cache_stats st;

		run_cache(&kind, "mt8173", RING_OPS, ring_fns, 2, &st);
		assert_int_equal(st.free_slowpath, RING_OPS);
		assert_true(st.free_frozen > RING_OPS / 2);
		assert_true(st.cpu_partial_drain > RING_OPS / 1000);
		assert_true(st.alloc_from_partial > RING_OPS / 1000);
	}
}

enum { EXCHANGE_OPS = SCALED(200000) };

/* What several runs did. */
struct total {
	uint64_t nr_retries, nr_frozen, nr_emptied, nr_drains, nr_acquired,
		nr_refills;
};

static void add_up(struct total *total, const struct kmem_cache_stats *st)
{
	total->nr_retries += st->cmpxchg_double_fail;
	total->nr_frozen += st->free_frozen;
	total->nr_emptied += st->free_remove_partial;
	total->nr_drains += st->cpu_partial_drain;
	total->nr_acquired += st->alloc_from_partial;
	total->nr_refills += st->alloc_refill;
}

/* The minimums are some fifth of what is usual on two host CPUs. */
static void test_kmem_threads__exchange(void **state)
{
	static const struct kind kinds[] = {
		{ KMEM_CACHE_6_1, 0, 0, 2, true },
		{ KMEM_CACHE_6_1, 0, 7, 4, true },
		{ KMEM_CACHE_6_1, 0, 0, 8, true },
		{ KMEM_CACHE_6_1, 0, 0, 8, false },
		{ KMEM_CACHE_4_20, 0, 0, 2, true },
		{ KMEM_CACHE_4_20, 0, 7, 4, true },
		{ KMEM_CACHE_4_20, 0, 0, 8, true },
		{ KMEM_CACHE_4_20, 0, 0, 8, false },
	};
	struct total total = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct kmem_cache_stats st;

		run_cache(&kinds[i], NULL, EXCHANGE_OPS, exchange_fns, 1, &st);
		add_up(&total, &st);
	}
	assert_true(total.nr_retries >= 1000);
	assert_true(total.nr_frozen >= SCALED(100000));
	assert_true(total.nr_emptied >= SCALED(300));
	assert_true(total.nr_drains >= SCALED(5000));
	assert_true(total.nr_acquired >= SCALED(5000));
	assert_true(total.nr_refills >= SCALED(50000));
}

/* No CPU keeps anything. 6.1 has a lock around everything, 4.20 freezes a slab
 * for one object. */
static void test_kmem_threads__debug(void **state)
{
	static const struct kind kinds[] = {
		{ KMEM_CACHE_6_1, SLAB_DEBUG_FLAGS, 0, 4, false },
		{ KMEM_CACHE_6_1, SLAB_STORE_USER, 7, 8, false },
		{ KMEM_CACHE_4_20, SLAB_DEBUG_FLAGS, 0, 4, true },
		{ KMEM_CACHE_4_20, SLAB_STORE_USER, 7, 8, true },
		{ KMEM_CACHE_4_20, SLAB_POISON, 0, 2, true },
	};
	struct total total = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct kmem_cache_stats st;

		run_cache(&kinds[i], NULL, EXCHANGE_OPS, exchange_fns, 1, &st);
		assert_int_equal(st.cpu_partial_free, 0);
		add_up(&total, &st);
	}
	assert_true(total.nr_retries >= SCALED(2000));
	assert_true(total.nr_frozen >= SCALED(2000));
	assert_true(total.nr_emptied >= SCALED(300));
}

static void test_kmem_threads__slab_array(void **state)
{
	struct slab_array_stats st;

	(void)state;
	run_array(2, "mt8173", RING_OPS, ring_fns, 2, &st);
	/* The consumer's array and the shared one overflow, and slabs go. */
	assert_true(st.grown > RING_OPS / 1000);
	assert_true(st.slabs < st.grown);
	for (unsigned nr_threads = 2; nr_threads <= 8; nr_threads *= 2)
		run_array(nr_threads, NULL, EXCHANGE_OPS, exchange_fns, 1, &st);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kmem_threads__ring),
		cmocka_unit_test(test_kmem_threads__exchange),
		cmocka_unit_test(test_kmem_threads__debug),
		cmocka_unit_test(test_kmem_threads__slab_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
