// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every strategy under several threads, each with a simulated CPU of its own:
 * random work, tables freed on another CPU, a memory or a pool that runs out.
 * And that the locks of threads change nothing for one thread.
 */
#include "threads_fixture.h"

#include "l2_strategy.h"
#include "spec_fixture.h"

/* With lists of CPUs, marks and room for a block of 4 MiB for each CPU; and
 * counted to the page. */
static const struct machine_profile machine_listed = {
	.name = "threads",
	.nr_cpus = MAX_MEMBERS,
	.nr_ranges = 2,
	.range = {
		{ SZ_4G - 4 * SZ_16M, SZ_4G, ZONE_DMA32 },
		{ SZ_4G, SZ_4G + SZ_16M, ZONE_NORMAL },
	},
};

static const struct machine_profile machine_tight = {
	.name = "tight",
	.plain = true,
	.nr_cpus = MAX_MEMBERS,
	.nr_ranges = 1,
	.range = { { SZ_4G - SZ_16M, SZ_4G, ZONE_DMA32 } },
};

/* A block of 4 MiB for each CPU there can be, and one more. */
static const struct machine_profile machine_all = {
	.name = "all",
	.plain = true,
	.nr_cpus = PHYSMEM_MAX_CPUS,
	.nr_ranges = 1,
	.range = { { SZ_4G - 17 * SZ_16M, SZ_4G, ZONE_DMA32 } },
};

static const char *const variants[] = {
	"genalloc:ondemand=1",
	"genalloc:when=late,take=pieces",
	"genalloc:algo=best_fit",
	"page_frag:caches=cpu",
	"page_frag:order=0",
	"page_frag:caches=cpu,order=0",
	"pte_frag:keep=8",
	"slab_dma32:kernel=4.20",
	"slab_dma32:debug=FZPU",
	"slab_dma32:impl=slab",
	"slab_dma32:order=0,random=7",
};

/* Extents come and go with each table. Not built without the library, nor with
 * a sanitizer. */
static const char jemalloc_uncached[] = "jemalloc:tcache=0";

static unsigned for_each_threaded(void (*fn)(const char *text))
{
	const struct l2_strategy_ops *const *ops;
	unsigned nr = 0;

	for (ops = l2_strategies; *ops; ops++, nr++)
		fn((*ops)->name);
	for (size_t i = 0; i < ARRAY_SIZE(variants); i++, nr++)
		fn(variants[i]);
	if (l2_strategy_find("jemalloc"))
		fn(jemalloc_uncached);
	return nr;
}

enum { RING_SIZE = 512 };

/* One producer, one consumer; head and tail on lines of their own. */
struct ring {
	struct l2_table slot[RING_SIZE];
	char pad[SMP_CACHE_BYTES];
	atomic_ulong head; /* put */
	char pad_head[SMP_CACHE_BYTES];
	atomic_ulong tail; /* taken */
};

struct job {
	struct l2_env env;
	struct l2_strategy *l2;
	uint64_t pages_free; /* before there was an instance */
	struct owners owners;
	unsigned nr_steps;
	atomic_ulong nr_taken, nr_refused;
	struct ring ring;
	struct l2_table *table[MAX_MEMBERS]; /* of exhaustion, by member */
	unsigned nr_table[MAX_MEMBERS];
};

static struct l2_usage usage_of(const struct job *j)
{
	struct l2_usage usage;

	j->l2->ops->usage(j->l2, &usage);
	return usage;
}

static uint64_t failures_of(const struct job *j)
{
	struct l2_usage usage = usage_of(j);
	uint64_t sum = 0;

	for (unsigned i = 0; i < L2_NR_FAILURES; i++)
		sum += usage.nr_failures[i];
	return sum;
}

static void assert_sound(const struct job *j)
{
	const char *why = "";

	if (j->l2->ops->check(j->l2, &why))
		fail_msg("%s: %s", j->l2->ops->name, why);
	assert_pm_sound(j->env.pm);
	assert_int_equal(usage_of(j).pages_held,
			 j->pages_free - pages_free(j->env.pm));
}

static struct l2_spec spec_of(const char *text)
{
	struct l2_spec spec;
	char why[128];

	if (l2_spec_parse(text, &spec, why, sizeof(why)))
		fail_msg("%s", why);
	return spec;
}

static struct job *job_open(const char *text, const struct machine_profile *mp,
			    bool threads)
{
	struct job *j = calloc(1, sizeof(*j));
	struct l2_spec spec = spec_of(text);

	assert_non_null(j);
	assert_int_equal(physmem_create(mp, &j->env.pm), 0);
	physmem_set_threads(j->env.pm, threads);
	j->env.nr_cpus = MAX_MEMBERS;
	j->env.max_tables = 4096;
	j->env.zone_gfp = GFP_DMA32;
	j->env.threads = threads;
	j->pages_free = pages_free(j->env.pm);
	owners_init(&j->owners, j->env.pm, L2_TABLE_SHIFT);
	assert_int_equal(l2_create(&spec, &j->env, &j->l2), 0);
	return j;
}

static void job_close(struct job *j)
{
	assert_sound(j);
	l2_destroy(j->l2);
	assert_int_equal(pages_free(j->env.pm), j->pages_free);
	assert_pm_sound(j->env.pm);
	for (unsigned i = 0; i < MAX_MEMBERS; i++)
		free(j->table[i]);
	owners_fini(&j->owners);
	physmem_destroy(j->env.pm);
	free(j);
}

/* 0 and a table that is the member's and nobody else's. */
static int take(struct member *m, struct l2_table *ret)
{
	struct job *j = m->crew->job;
	int err = j->l2->ops->alloc(j->l2, m->id, GFP_ATOMIC, ret);

	if (err) {
		want(m, err == -ENOMEM || err == -ENOSPC);
		atomic_fetch_add_explicit(&j->nr_refused, 1,
					  memory_order_relaxed);
		return err;
	}
	want(m, !(ret->paddr % L2_TABLE_SIZE) &&
			physmem_va(j->env.pm, ret->paddr) == ret->va);
	owners_change(&j->owners, m, ret->paddr, L2_TABLE_SIZE, 0, m->id + 1);
	atomic_fetch_add_explicit(&j->nr_taken, 1, memory_order_relaxed);
	return 0;
}

/* Of member owner, who may be another. */
static void give(struct member *m, unsigned owner, const struct l2_table *table)
{
	struct job *j = m->crew->job;

	owners_change(&j->owners, m, table->paddr, L2_TABLE_SIZE, owner + 1, 0);
	l2_free(j->l2, m->id, table);
}

/* Plain writes and reads, so that a sanitizer sees tables change hands. */
static void fill(const struct l2_table *table, uint32_t id)
{
	uint32_t *word = table->va;

	for (unsigned i = 0; i < L2_TABLE_SIZE / sizeof(*word); i++)
		word[i] = id;
}

static bool is_filled(const struct l2_table *table, uint32_t id)
{
	const uint32_t *word = table->va;
	uint32_t differ = 0;

	for (unsigned i = 0; i < L2_TABLE_SIZE / sizeof(*word); i++)
		differ |= word[i] ^ id;
	return !differ;
}

enum { NR_SLOTS = 200, RANDOM_STEPS = SCALED(20000) };

static void random_run(struct member *m)
{
	struct {
		struct l2_table table;
		uint32_t id; /* 0: empty */
	} slot[NR_SLOTS];
	unsigned i, n;

	memset(slot, 0, sizeof(slot));
	for (i = 0; i < RANDOM_STEPS + NR_SLOTS; i++, step(m)) {
		bool last = i >= RANDOM_STEPS;

		n = last ? i - RANDOM_STEPS : rng_below(&m->seed, NR_SLOTS);
		if (slot[n].id) {
			want(m, is_filled(&slot[n].table, slot[n].id));
			give(m, m->id, &slot[n].table);
			slot[n].id = 0;
		} else if (!last && !take(m, &slot[n].table)) {
			slot[n].id = (m->id + 1) << 24 | (i + 1);
			fill(&slot[n].table, slot[n].id);
		}
	}
}

static void random_work(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(crew_sizes); i++) {
		struct job *j = job_open(text, &machine_listed, true);
		struct crew crew = { .size = crew_sizes[i],
				     .run = random_run,
				     .job = j };

		crew_run(&crew);
		assert_true(atomic_load(&j->nr_taken) >=
			    crew.size * RANDOM_STEPS / 3);
		assert_int_equal(atomic_load(&j->nr_refused), 0);
		assert_int_equal(failures_of(j), 0);
		assert_int_equal(usage_of(j).nr_tables, 0);
		assert_true(usage_of(j).nr_refills > 0);
		job_close(j);
	}
}

static void test_threads__random_work(void **state)
{
	(void)state;
	assert_true(for_each_threaded(random_work) >= 5 + ARRAY_SIZE(variants));
}

/* Both ends of a ring: tables of one CPU are freed on another. */
enum { NR_OBJECTS = SCALED(2000000) };

static void produce(struct member *m)
{
	struct job *j = m->crew->job;
	struct ring *r = &j->ring;
	struct l2_table table;
	unsigned nr_idle = 0;

	for (unsigned long n = 0; n < NR_OBJECTS;) {
		if (n - atomic_load_explicit(&r->tail, memory_order_acquire) ==
			    RING_SIZE ||
		    take(m, &table)) {
			idle(&nr_idle);
			continue;
		}
		*(uint64_t *)table.va = n;
		r->slot[n % RING_SIZE] = table;
		atomic_store_explicit(&r->head, ++n, memory_order_release);
		step(m);
	}
}

static void consume(struct member *m)
{
	struct job *j = m->crew->job;
	struct ring *r = &j->ring;
	unsigned nr_idle = 0;

	for (unsigned long n = 0; n < NR_OBJECTS;) {
		struct l2_table table;

		if (atomic_load_explicit(&r->head, memory_order_acquire) == n) {
			idle(&nr_idle);
			continue;
		}
		table = r->slot[n % RING_SIZE];
		want(m, *(uint64_t *)table.va == n);
		/* Before the free, which so has no order but the strategy's. */
		atomic_store_explicit(&r->tail, ++n, memory_order_release);
		give(m, 0, &table);
		step(m);
	}
}

static void ring_run(struct member *m)
{
	if (m->id)
		consume(m);
	else
		produce(m);
}

static void ring(const char *text)
{
	struct job *j = job_open(text, &machine_listed, true);
	struct crew crew = { .size = 2, .run = ring_run, .job = j };

	assert_int_equal(crew_run(&crew), 2 * NR_OBJECTS);
	assert_int_equal(atomic_load(&j->nr_taken), NR_OBJECTS);
	assert_int_equal(failures_of(j), atomic_load(&j->nr_refused));
	assert_int_equal(usage_of(j).nr_tables, 0);
	job_close(j);
}

static void test_threads__ring(void **state)
{
	(void)state;
	for_each_threaded(ring);
}

/* Takes until there is nothing; all meet; each gives what its neighbour has. */
static void exhaust_run(struct member *m)
{
	struct job *j = m->crew->job;
	struct l2_table table;

	while (!take(m, &table)) {
		j->table[m->id][j->nr_table[m->id]++] = table;
		step(m);
	}
}

static void return_run(struct member *m)
{
	struct job *j = m->crew->job;
	unsigned other = (m->id + 1) % m->crew->size;

	while (j->nr_table[other]) {
		give(m, other, &j->table[other][--j->nr_table[other]]);
		step(m);
	}
}

/* How many tables one thread gets out of such a machine. */
static unsigned long capacity(const char *text)
{
	struct job *j = job_open(text, &machine_tight, false);
	struct l2_table table;
	unsigned long nr = 0;

	while (!j->l2->ops->alloc(j->l2, 0, GFP_ATOMIC, &table))
		nr++;
	job_close(j);
	return nr;
}

static void exhaust(const char *text, unsigned size, unsigned nr_rounds)
{
	unsigned long most = capacity(text), nr;
	struct job *j = job_open(text, &machine_tight, true);

	for (unsigned i = 0; i < size; i++) {
		j->table[i] =
			calloc(SZ_16M / L2_TABLE_SIZE, sizeof(j->table[i][0]));
		assert_non_null(j->table[i]);
	}
	for (unsigned round = 1; round <= nr_rounds; round++) {
		struct crew takers = { .size = size,
				       .run = exhaust_run,
				       .job = j };
		struct crew givers = { .size = size,
				       .run = return_run,
				       .job = j };

		nr = crew_run(&takers);
		/* The library keeps what lies in caches of other CPUs; objects
		 * of 3 KiB fill eight pages better than one, and which there
		 * were depends on who came first. */
		if (strncmp(text, "jemalloc", 8) && !strstr(text, "debug="))
			assert_int_equal(nr, most);
		assert_in_range(nr, most - most / 8, most + most / 8);
		assert_int_equal(usage_of(j).nr_tables, nr);
		assert_int_equal(failures_of(j), (uint64_t)round * size);
		assert_int_equal(atomic_load(&j->nr_refused), round * size);
		assert_sound(j);
		assert_int_equal(crew_run(&givers), nr);
		assert_int_equal(usage_of(j).nr_tables, 0);
		assert_sound(j);
	}
	job_close(j);
}

static void exhaust_machine(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(crew_sizes); i++)
		exhaust(text, crew_sizes[i], 2);
}

static void test_threads__machine_runs_out(void **state)
{
	(void)state;
	for_each_threaded(exhaust_machine);
}

/* Few tables, so that members meet at the last ones, often. */
static void test_threads__pool_runs_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(crew_sizes); i++)
		exhaust("genalloc:tables=64", crew_sizes[i], 100);
	assert_int_equal(capacity("genalloc:tables=64"), 64);
}

/* One thread on nr_cpus CPUs, with or without locks: all that can be seen. */
static uint64_t digest(const char *text, const struct machine_profile *mp,
		       unsigned nr_cpus, uint64_t seed, bool threads)
{
	struct job *j = job_open(text, mp, threads);
	struct l2_table table[NR_SLOTS] = { { 0 } };
	uint64_t sum = 1469598103934665603ull;
	unsigned i, n;

	for (i = 0; i < 4000 + NR_SLOTS; i++) {
		unsigned cpu = rng_below(&seed, nr_cpus);
		struct l2_usage usage;

		n = i < 4000 ? rng_below(&seed, NR_SLOTS) : i - 4000;
		if (table[n].va) {
			l2_free(j->l2, cpu, &table[n]);
			table[n].va = NULL;
		} else if (i < 4000) {
			int err = l2_alloc_zeroed(j->l2, cpu, GFP_ATOMIC,
						  &table[n]);

			sum = (sum ^ (unsigned)-err) * 0x100000001b3ull;
			sum = (sum ^ table[n].paddr) * 0x100000001b3ull;
		}
		usage = usage_of(j);
		sum = (sum ^ usage.nr_tables) * 0x100000001b3ull;
		sum = (sum ^ usage.pages_held) * 0x100000001b3ull;
		sum = (sum ^ usage.metadata_bytes) * 0x100000001b3ull;
		sum = (sum ^ usage.nr_refills) * 0x100000001b3ull;
		sum = (sum ^ usage.nr_fallbacks) * 0x100000001b3ull;
		sum = (sum ^ failures_of(j)) * 0x100000001b3ull;
	}
	job_close(j);
	return sum;
}

static void same_for_one(const char *text)
{
	static const struct machine_profile *const mp[] = { &machine_listed,
							    &machine_tight };
	/* With threads null has a list for each CPU, and jemalloc's hooks name
	 * one: the same only where there is one. */
	bool by_cpu = !strcmp(text, "null") || !strncmp(text, "jemalloc", 8);

	for (unsigned i = 0; i < 4; i++) {
		unsigned nr_cpus = i % 2 && !by_cpu ? 4 : 1;

		assert_int_equal(digest(text, mp[i / 2], nr_cpus, i + 1, true),
				 digest(text, mp[i / 2], nr_cpus, i + 1,
					false));
	}
}

static void test_threads__nothing_new_for_one(void **state)
{
	(void)state;
	for_each_threaded(same_for_one);
	/* The digest does see something. */
	assert_true(digest("page", &machine_listed, 4, 1, true) !=
		    digest("page", &machine_listed, 4, 2, true));
}

/* A table on each CPU there can be, freed on the next: no counter is missed. */
static void counts_on_all(const char *text)
{
	struct l2_table table[PHYSMEM_MAX_CPUS];
	struct l2_spec spec = spec_of(text);
	struct job j = { 0 };
	unsigned cpu;

	assert_int_equal(physmem_create(&machine_all, &j.env.pm), 0);
	physmem_set_threads(j.env.pm, true);
	j.env.nr_cpus = PHYSMEM_MAX_CPUS;
	j.env.max_tables = 4096;
	j.env.threads = true;
	j.pages_free = pages_free(j.env.pm);
	assert_int_equal(l2_create(&spec, &j.env, &j.l2), 0);
	for (cpu = 0; cpu < PHYSMEM_MAX_CPUS; cpu++) {
		assert_int_equal(j.l2->ops->alloc(j.l2, cpu, GFP_ATOMIC,
						  &table[cpu]),
				 0);
		assert_int_equal(usage_of(&j).nr_tables, cpu + 1);
		assert_sound(&j);
	}
	for (cpu = 0; cpu < PHYSMEM_MAX_CPUS; cpu++) {
		l2_free(j.l2, (cpu + 1) % PHYSMEM_MAX_CPUS, &table[cpu]);
		assert_int_equal(usage_of(&j).nr_tables,
				 PHYSMEM_MAX_CPUS - 1 - cpu);
		assert_sound(&j);
	}
	l2_destroy(j.l2);
	assert_int_equal(pages_free(j.env.pm), j.pages_free);
	physmem_destroy(j.env.pm);
}

static void test_threads__counts_on_all_cpus(void **state)
{
	(void)state;
	for_each_threaded(counts_on_all);
}

/* Who cannot bear threads says so in a line, and is not made for them. */
static unsigned nr_refused;

static void refuses(const char *text)
{
	struct l2_spec spec = spec_of(text);
	const char *why = l2_spec_one_thread(&spec);
	struct l2_env env = { .nr_cpus = 2, .max_tables = 64, .threads = true };
	struct l2_strategy *l2 = NULL;

	if (!why)
		return;
	nr_refused++;
	assert_in_range(strlen(why), 20, 100);
	assert_null(strchr(why, '\n'));
	assert_int_equal(physmem_create(&machine_tight, &env.pm), 0);
	physmem_set_threads(env.pm, true);
	assert_int_equal(l2_create(&spec, &env, &l2), -EINVAL);
	assert_null(l2);
	env.threads = false;
	assert_int_equal(l2_create(&spec, &env, &l2), 0);
	l2_destroy(l2);
	physmem_destroy(env.pm);
}

static void test_threads__refuses(void **state)
{
	struct l2_spec spec = spec_of("page_frag:mode=v3");

	(void)state;
	assert_non_null(l2_spec_one_thread(&spec));
	spec = spec_of("page_frag");
	assert_null(l2_spec_one_thread(&spec));
	nr_refused = 0;
	for_each_spec(refuses);
	assert_true(nr_refused >= 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads__random_work),
		cmocka_unit_test(test_threads__ring),
		cmocka_unit_test(test_threads__machine_runs_out),
		cmocka_unit_test(test_threads__pool_runs_out),
		cmocka_unit_test(test_threads__nothing_new_for_one),
		cmocka_unit_test(test_threads__counts_on_all_cpus),
		cmocka_unit_test(test_threads__refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
