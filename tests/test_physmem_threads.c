// SPDX-License-Identifier: GPL-2.0-only
/*
 * Simulated memory under several threads, each with a CPU of its own: mixed
 * orders, zones and flags in memory that does not suffice, so that marks,
 * per-CPU lists, drains by another CPU, steals and reserves all meet.
 */
#include "threads_fixture.h"

#include "zone.h"

/* Small, so that lists of CPUs are worth draining; and without lists at all. */
static const struct machine_profile machines[] = {
	{
		.name = "tight",
		.nr_cpus = MAX_MEMBERS,
		.nr_ranges = 3,
		.range = {
			{ SZ_16M / 2, SZ_16M, ZONE_DMA },
			{ SZ_16M, 3 * SZ_16M, ZONE_DMA32 },
			{ SZ_4G, SZ_4G + 2 * SZ_16M, ZONE_NORMAL },
		},
	},
	{
		.name = "tight-plain",
		.plain = true,
		.nr_cpus = MAX_MEMBERS,
		.nr_ranges = 2,
		.range = {
			{ SZ_16M, 3 * SZ_16M, ZONE_DMA32 },
			{ SZ_4G, SZ_4G + 2 * SZ_16M, ZONE_NORMAL },
		},
	},
};

enum { NR_BLOCKS = 1500, NR_CALLS = 60000, STEPS = SCALED(NR_CALLS) };

struct job {
	struct physmem *pm;
	struct owners owners;
	unsigned max_order; /* of what most calls ask for */
	atomic_ulong nr_taken, nr_refused, pages_taken;
};

struct block {
	struct page *page; /* or NULL */
	unsigned order;
};

static gfp_t some_gfp(uint64_t *seed)
{
	static const gfp_t zones[] = { 0, GFP_DMA32, GFP_DMA32, GFP_DMA };
	static const gfp_t contexts[] = { GFP_ATOMIC, GFP_ATOMIC, GFP_KERNEL,
					  __GFP_NOMEMALLOC };
	static const gfp_t types[] = { 0, 0, __GFP_MOVABLE, __GFP_RECLAIMABLE };

	return zones[rng_below(seed, 4)] | contexts[rng_below(seed, 4)] |
	       types[rng_below(seed, 4)];
}

/* First and last word: plain, so that a sanitizer sees how pages change
 * hands. */
static void stamp(struct member *m, const struct block *b, bool check)
{
	struct job *j = m->crew->job;
	char *va = physmem_page_va(j->pm, b->page);
	uint64_t *word[] = {
		(uint64_t *)(void *)va,
		(uint64_t *)(void *)(va + ((size_t)PAGE_SIZE << b->order) - 8),
	};

	for (unsigned i = 0; i < 2; i++) {
		if (check)
			want(m,
			     *word[i] == (uint64_t)(uintptr_t)b->page + m->id);
		*word[i] = check ? 0 : (uint64_t)(uintptr_t)b->page + m->id;
	}
}

static void take(struct member *m, struct block *b)
{
	struct job *j = m->crew->job;
	unsigned order = rng_below(&m->seed, 16)
				 ? rng_below(&m->seed, j->max_order + 1)
				 : rng_below(&m->seed, MAX_ORDER + 1);
	struct page *page;

	if (physmem_alloc_pages(j->pm, m->id, some_gfp(&m->seed), order,
				&page)) {
		atomic_fetch_add_explicit(&j->nr_refused, 1,
					  memory_order_relaxed);
		return;
	}
	b->page = page;
	b->order = order;
	owners_change(&j->owners, m, physmem_page_paddr(j->pm, page),
		      (size_t)PAGE_SIZE << order, 0, m->id + 1);
	stamp(m, b, false);
	atomic_fetch_add_explicit(&j->nr_taken, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&j->pages_taken, 1ul << order,
				  memory_order_relaxed);
}

static void give(struct member *m, struct block *b)
{
	struct job *j = m->crew->job;

	stamp(m, b, true);
	owners_change(&j->owners, m, physmem_page_paddr(j->pm, b->page),
		      (size_t)PAGE_SIZE << b->order, m->id + 1, 0);
	physmem_free_pages(j->pm, m->id, b->page, b->order);
	b->page = NULL;
}

static void mixed_run(struct member *m)
{
	struct block block[NR_BLOCKS] = { { 0 } };

	for (unsigned i = 0; i < STEPS; i++, step(m)) {
		/* Now and then nearly all goes back, so that blocks merge. */
		unsigned share = i / (STEPS / 6) % 2 ? 4 : 1;
		struct block *b =
			&block[rng_below(&m->seed, NR_BLOCKS / share)];

		if (b->page)
			give(m, b);
		else
			take(m, b);
	}
	for (unsigned i = 0; i < NR_BLOCKS; i++)
		if (block[i].page)
			give(m, &block[i]);
}

static struct physmem_usage usage_of(const struct physmem *pm)
{
	struct physmem_usage usage;

	physmem_usage(pm, &usage);
	return usage;
}

static void mixed(const struct machine_profile *mp, unsigned size,
		  unsigned max_order)
{
	struct job j = { .max_order = max_order };
	struct crew crew = { .size = size, .run = mixed_run, .job = &j };
	struct physmem_usage usage;
	unsigned long nr;

	assert_int_equal(physmem_create(mp, &j.pm), 0);
	physmem_set_threads(j.pm, true);
	owners_init(&j.owners, j.pm, PAGE_SHIFT);
	crew_run(&crew);
	usage = usage_of(j.pm);
	nr = atomic_load(&j.nr_taken);
	assert_int_equal(usage.nr_allocs, nr);
	assert_int_equal(usage.nr_failures, atomic_load(&j.nr_refused));
	assert_int_equal(usage.pages_free, usage.pages_total);
	assert_pm_sound(j.pm);
	assert_true(nr > STEPS / 2);
	assert_true(atomic_load(&j.pages_taken) > nr);
	assert_true(size == 2 || usage.nr_failures > STEPS / 100);
	if (!mp->plain) {
		assert_true(usage.nr_steals > 0);
		assert_true(size == 2 ||
			    usage.nr_failures_by[PAGE_FAIL_MARK] > 0);
	}
	assert_int_equal(usage.nr_failures_by[PAGE_FAIL_INJECTED], 0);
	/* As at the start: nothing was lost or is marked. */
	physmem_settle(j.pm);
	assert_int_equal(usage_of(j.pm).pages_free, usage.pages_total);
	assert_pm_sound(j.pm);
	owners_fini(&j.owners);
	physmem_destroy(j.pm);
}

static void test_physmem_threads__mixed(void **state)
{
	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(machines); k++)
		for (size_t i = 0; i < ARRAY_SIZE(crew_sizes); i++)
			mixed(&machines[k], crew_sizes[i], 4);
}

/*
 * Single pages, of which each CPU has a list, while one of them asks for blocks
 * that are not to be had and so drains all lists again and again: owners must
 * find their lock taken now and then, and do without their list.
 */
static void drained_run(struct member *m)
{
	struct job *j = m->crew->job;
	struct block block[64] = { { 0 } };
	struct page *page;

	for (unsigned i = 0; i < STEPS; i++, step(m)) {
		struct block *b = &block[rng_below(&m->seed, 64)];

		if (!m->id) {
			want(m, physmem_alloc_pages(
					j->pm, m->id, GFP_KERNEL | GFP_DMA,
					MAX_ORDER, &page) == -ENOMEM);
			continue;
		}
		if (b->page)
			give(m, b);
		else
			take(m, b);
	}
	for (unsigned i = 0; i < 64; i++)
		if (block[i].page)
			give(m, &block[i]);
}

/* Often enough for owners to have met a drain; hardly ever more than once. */
enum { MIN_MISSED = 10, MAX_ROUNDS = 100 };

static void drained(unsigned size)
{
	struct job j = { 0 };
	struct page *held[8];
	unsigned nr = 0, rounds = 0;

	assert_int_equal(physmem_create(&machines[0], &j.pm), 0);
	physmem_set_threads(j.pm, true);
	owners_init(&j.owners, j.pm, PAGE_SHIFT);
	while (!physmem_alloc_pages(j.pm, 0, GFP_KERNEL | GFP_DMA, MAX_ORDER,
				    &held[nr]))
		nr++;
	assert_true(nr > 0);
	do {
		struct crew crew = { .size = size,
				     .run = drained_run,
				     .job = &j };

		crew_run(&crew);
	} while (host_is_parallel() && ++rounds < MAX_ROUNDS &&
		 usage_of(j.pm).nr_pcp_missed < MIN_MISSED);
	while (nr--)
		physmem_free_pages(j.pm, 0, held[nr], MAX_ORDER);
	assert_true(usage_of(j.pm).nr_failures >= STEPS);
	assert_true(usage_of(j.pm).nr_pcp_missed >= MIN_MISSED ||
		    !host_is_parallel());
	assert_int_equal(usage_of(j.pm).pages_free, usage_of(j.pm).pages_total);
	assert_pm_sound(j.pm);
	owners_fini(&j.owners);
	physmem_destroy(j.pm);
}

static void test_physmem_threads__drained_by_another(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(crew_sizes); i++)
		drained(crew_sizes[i]);
}

/* While another CPU drains the lists of CPU 1, that does with the zone, for an
 * allocation as for a free, and counts both. */
static void test_physmem_threads__misses_are_counted(void **state)
{
	struct per_cpu_pages *pcp;
	struct physmem *pm;
	struct page *page;

	(void)state;
	assert_int_equal(physmem_create(&machines[0], &pm), 0);
	physmem_set_threads(pm, true);
	assert_int_equal(physmem_alloc_pages(pm, 1, GFP_ATOMIC, 0, &page), 0);
	assert_int_equal(usage_of(pm).nr_pcp_missed, 0);
	pcp = &zone_of(pm, page)->pcp[1];
	physmem_free_pages(pm, 1, page, 0);
	mm_lock(&pcp->lock, true);
	assert_int_equal(physmem_alloc_pages(pm, 1, GFP_ATOMIC, 0, &page), 0);
	assert_int_equal(usage_of(pm).nr_pcp_missed, 1);
	physmem_free_pages(pm, 1, page, 0);
	assert_int_equal(usage_of(pm).nr_pcp_missed, 2);
	mm_unlock(&pcp->lock, true);
	assert_pm_sound(pm);
	physmem_destroy(pm);
}

/* All single pages of a plain machine, once each. */
static void exhaust_run(struct member *m)
{
	struct job *j = m->crew->job;
	struct page *page;

	while (!physmem_alloc_pages(j->pm, m->id, GFP_ATOMIC, 0, &page)) {
		owners_change(&j->owners, m, physmem_page_paddr(j->pm, page),
			      PAGE_SIZE, 0, m->id + 1);
		atomic_fetch_add_explicit(&j->nr_taken, 1,
					  memory_order_relaxed);
		step(m);
	}
	atomic_fetch_add(&j->nr_refused, 1);
}

static void test_physmem_threads__hands_out_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(crew_sizes); i++) {
		struct job j = { 0 };
		struct crew crew = { .size = crew_sizes[i],
				     .run = exhaust_run,
				     .job = &j };
		struct physmem_usage usage;

		assert_int_equal(physmem_create(&machines[1], &j.pm), 0);
		physmem_set_threads(j.pm, true);
		owners_init(&j.owners, j.pm, PAGE_SHIFT);
		crew_run(&crew);
		usage = usage_of(j.pm);
		assert_int_equal(usage.pages_free, 0);
		assert_int_equal(atomic_load(&j.nr_taken), usage.pages_total);
		assert_int_equal(usage.nr_failures, crew.size);
		assert_int_equal(atomic_load(&j.nr_refused), crew.size);
		assert_pm_sound(j.pm);
		assert_int_equal(physmem_reclaim(j.pm), usage.pages_total);
		assert_pm_sound(j.pm);
		owners_fini(&j.owners);
		physmem_destroy(j.pm);
	}
}

/* Injected faults are counted exactly, whoever they hit. */
static void fault_run(struct member *m)
{
	struct job *j = m->crew->job;
	struct page *page;

	for (unsigned i = 0; i < STEPS / 4; i++, step(m)) {
		if (physmem_alloc_pages(j->pm, m->id, GFP_ATOMIC, 0, &page)) {
			atomic_fetch_add_explicit(&j->nr_refused, 1,
						  memory_order_relaxed);
			continue;
		}
		physmem_free_pages(j->pm, m->id, page, 0);
	}
}

static void test_physmem_threads__counts_faults(void **state)
{
	struct job j = { 0 };
	struct crew crew = { .size = 4, .run = fault_run, .job = &j };
	struct fault_attr fault = { .nth = STEPS / 2, .persistent = true };

	(void)state;
	assert_int_equal(physmem_create(&machines[0], &j.pm), 0);
	physmem_set_threads(j.pm, true);
	physmem_set_fault(j.pm, &fault);
	crew_run(&crew);
	assert_int_equal(fault.calls, 4 * (STEPS / 4));
	assert_int_equal(fault.fired, fault.calls - (fault.nth - 1));
	assert_int_equal(atomic_load(&j.nr_refused), fault.fired);
	assert_int_equal(usage_of(j.pm).nr_failures_by[PAGE_FAIL_INJECTED],
			 fault.fired);
	assert_pm_sound(j.pm);
	physmem_destroy(j.pm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_physmem_threads__mixed),
		cmocka_unit_test(test_physmem_threads__drained_by_another),
		cmocka_unit_test(test_physmem_threads__misses_are_counted),
		cmocka_unit_test(test_physmem_threads__hands_out_all),
		cmocka_unit_test(test_physmem_threads__counts_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
