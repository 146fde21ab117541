/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of simulated memory, its allocators and the strategies share:
 * machines, a random generator, an oracle of live blocks, death by a signal.
 */
#ifndef MM_FIXTURE_H
#define MM_FIXTURE_H

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "physmem.h"

/* xorshift64: the state must not be 0. */
static inline uint64_t rng_next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static inline unsigned rng_below(uint64_t *x, unsigned n)
{
	return (unsigned)((rng_next(x) >> 33) % n);
}

/*
 * For tests that open many machines: small, because AddressSanitizer's shadow
 * of all of the arena is written when one is closed; and on both sides of
 * 4 GiB.
 */
static const struct machine_profile machine_small = {
	.name = "small",
	.plain = true,
	.nr_cpus = 4,
	.nr_ranges = 2,
	.range = {
		{ SZ_4G - 4 * SZ_16M, SZ_4G, ZONE_DMA32 },
		{ SZ_4G, SZ_4G + 4 * SZ_16M, ZONE_NORMAL },
	},
};

static inline struct physmem *small_machine(void)
{
	struct physmem *pm;

	assert_int_equal(physmem_create(&machine_small, &pm), 0);
	return pm;
}

static inline struct physmem *machine(const char *name)
{
	struct physmem *pm;

	assert_int_equal(physmem_create(machine_profile_find(name), &pm), 0);
	return pm;
}

static inline uint64_t pages_free(const struct physmem *pm)
{
	struct physmem_usage usage;

	physmem_usage(pm, &usage);
	return usage.pages_free;
}

static inline void assert_pm_sound(const struct physmem *pm)
{
	const char *why = "";

	if (physmem_check(pm, &why))
		fail_msg("%s", why);
}

/*
 * Which bytes of a machine are handed out: an owner for every granule, 0 for
 * none. Taking looks at each granule of the block, so an overlap shows from
 * either side; dropping does so too, so a wrong start or size shows.
 */
struct oracle {
	const struct physmem *pm;
	phys_addr_t start;
	unsigned shift; /* log2 of a granule in bytes */
	uint32_t *owner;
	uint64_t nr_live;
};

static inline void oracle_init(struct oracle *o, const struct physmem *pm,
			       unsigned shift)
{
	const struct machine_profile *mp = physmem_profile(pm);
	uint64_t size;

	o->pm = pm;
	o->start = mp->range[0].start;
	o->shift = shift;
	o->nr_live = 0;
	size = mp->range[mp->nr_ranges - 1].end - o->start;
	o->owner = calloc(size >> shift, sizeof(o->owner[0]));
	assert_non_null(o->owner);
}

static inline void oracle_fini(struct oracle *o)
{
	free(o->owner);
}

static inline void oracle_change(struct oracle *o, const void *va, size_t size,
				 uint32_t from, uint32_t to)
{
	phys_addr_t paddr = physmem_paddr(o->pm, va);
	uint64_t i = (paddr - o->start) >> o->shift;
	uint64_t n = size >> o->shift;

	assert_true(physmem_owns(o->pm, va));
	assert_true(physmem_valid(o->pm, paddr));
	assert_true(physmem_valid(o->pm, paddr + size - 1));
	for (; n--; i++) {
		assert_int_equal(o->owner[i], from);
		o->owner[i] = to;
	}
}

/* id: not 0, and another one for each block alive. */
static inline void oracle_take(struct oracle *o, const void *va, size_t size,
			       uint32_t id)
{
	oracle_change(o, va, size, 0, id);
	o->nr_live++;
}

static inline void oracle_drop(struct oracle *o, const void *va, size_t size,
			       uint32_t id)
{
	oracle_change(o, va, size, id, 0);
	o->nr_live--;
}

/* Runs fn in a child; whether it died by SIGABRT. */
static inline bool aborts(void (*fn)(void *), void *arg)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		signal(SIGABRT, SIG_DFL);
		fn(arg);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

#endif /* MM_FIXTURE_H */
