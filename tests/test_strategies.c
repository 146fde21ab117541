// SPDX-License-Identifier: GPL-2.0-only
/*
 * The contract of l2_strategy.h, for every strategy of the registry with every
 * word and the ends of every range of its options; failure of every page
 * allocation; equal results for equal calls. How specs are read: test_spec.c.
 * Misuse: test_detectors.c.
 */
#include "mm_fixture.h"

#include "l2_decorators.h"
#include "spec_fixture.h"

#define NR_SLOTS 600u

struct slot {
	struct l2_table table;
	uint32_t id; /* 0: empty; else every word of the table */
	unsigned cpu;
};

/* One instance of a strategy under a random sequence of calls. */
struct run {
	struct physmem *pm;
	struct l2_env env;
	struct l2_strategy *l2;
	uint64_t pages_free; /* before the instance was made */
	struct fault_attr fault;

	struct slot slot[NR_SLOTS];
	struct oracle oracle;
	uint64_t seed;
	uint32_t last_id;

	uint64_t nr_failed;
	uint64_t nr_remote; /* frees on another CPU */
	uint64_t nr_high;   /* tables above 4 GiB */
	uint64_t digest;    /* of every address handed out */
};

static struct l2_usage usage_of(const struct run *r)
{
	struct l2_usage usage;

	r->l2->ops->usage(r->l2, &usage);
	return usage;
}

static void assert_sound(const struct run *r)
{
	const char *why = "";

	if (r->l2->ops->check(r->l2, &why))
		fail_msg("%s: %s", r->l2->ops->name, why);
}

static void assert_usage(const struct run *r)
{
	struct l2_usage usage = usage_of(r);

	assert_int_equal(usage.nr_tables, r->oracle.nr_live);
	assert_int_equal(usage.pages_held, r->pages_free - pages_free(r->pm));
	assert_true(usage.pages_held * PAGE_SIZE >=
		    usage.nr_tables * L2_TABLE_SIZE);
	assert_true(usage.nr_fallbacks <= usage.nr_refills);
}

static int create(struct run *r, const char *text)
{
	struct l2_strategy *untouched = r->l2;
	struct l2_spec spec;
	char why[128];
	int err;

	if (l2_spec_parse(text, &spec, why, sizeof(why)))
		fail_msg("%s", why);
	err = l2_create(&spec, &r->env, &r->l2);
	if (err) {
		assert_int_equal(err, -ENOMEM);
		assert_ptr_equal(r->l2, untouched);
		assert_int_equal(pages_free(r->pm), r->pages_free);
	}
	return err;
}

static struct run *run_open(unsigned nr_cpus, gfp_t zone_gfp)
{
	struct run *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	r->pm = small_machine();
	r->pages_free = pages_free(r->pm);
	r->env.pm = r->pm;
	r->env.nr_cpus = nr_cpus;
	r->env.max_tables = 4096;
	r->env.zone_gfp = zone_gfp;
	r->seed = 20181105;
	oracle_init(&r->oracle, r->pm, L2_TABLE_SHIFT);
	return r;
}

/* Whoever is still alive, every page must come back, but from a strategy whose
 * defect it is to leak. */
static void run_close(struct run *r)
{
	bool defective = r->l2->defective;

	assert_usage(r);
	assert_sound(r);
	l2_destroy(r->l2);
	if (defective)
		assert_true(physmem_reclaim(r->pm) > 0);
	assert_int_equal(pages_free(r->pm), r->pages_free);
	assert_pm_sound(r->pm);
	oracle_fini(&r->oracle);
	physmem_destroy(r->pm);
	free(r);
}

static void fill(const struct l2_table *table, uint32_t id)
{
	uint32_t *word = table->va;

	for (unsigned i = 0; i < L2_TABLE_SIZE / sizeof(*word); i++)
		word[i] = id;
}

static void assert_filled(const struct l2_table *table, uint32_t id)
{
	const uint32_t *word = table->va;
	unsigned nr_same = 0;

	for (unsigned i = 0; i < L2_TABLE_SIZE / sizeof(*word); i++)
		nr_same += word[i] == id;
	assert_int_equal(nr_same, L2_TABLE_SIZE / sizeof(*word));
}

static void assert_new_table(struct run *r, const struct slot *slot)
{
	phys_addr_t paddr = slot->table.paddr;

	assert_int_equal(paddr % L2_TABLE_SIZE, 0);
	assert_ptr_equal(physmem_va(r->pm, paddr), slot->table.va);
	if (r->env.zone_gfp & GFP_DMA32)
		assert_true(paddr + L2_TABLE_SIZE <= SZ_4G);
	if (!r->l2->defective)
		assert_filled(&slot->table, 0);
	oracle_take(&r->oracle, slot->table.va, L2_TABLE_SIZE, slot->id);
	r->nr_high += paddr >= SZ_4G;
	r->digest = (r->digest ^ paddr) * 0x100000001b3ull;
}

/* A failed call changes one counter and nothing else. */
static void assert_no_trace(struct run *r, int err,
			    const struct l2_usage *before)
{
	struct l2_usage after = usage_of(r);
	enum l2_failure what = err == -ENOMEM	? L2_FAIL_NOMEM
			       : err == -ENOSPC ? L2_FAIL_EXHAUSTED
						: L2_FAIL_RANGE;

	assert_true(err == -ENOMEM || err == -ENOSPC || err == -ERANGE);
	assert_int_equal(after.nr_failures[what],
			 before->nr_failures[what] + 1);
	after.nr_failures[what]--;
	assert_memory_equal(after.nr_failures, before->nr_failures,
			    sizeof(after.nr_failures));
	assert_int_equal(after.nr_tables, before->nr_tables);
	assert_int_equal(after.pages_held, before->pages_held);
	assert_sound(r);
	r->nr_failed++;
}

/* The errno of the call, after looking at all it did. */
static int acquire(struct run *r, struct slot *slot, unsigned cpu)
{
	struct l2_table untouched = slot->table;
	struct l2_usage before = usage_of(r);
	int err = l2_alloc_zeroed(r->l2, cpu, GFP_ATOMIC, &slot->table);

	if (err) {
		assert_memory_equal(&slot->table, &untouched,
				    sizeof(untouched));
		assert_no_trace(r, err, &before);
		return err;
	}
	slot->id = ++r->last_id;
	slot->cpu = cpu;
	assert_new_table(r, slot);
	fill(&slot->table, slot->id);
	return 0;
}

static void release(struct run *r, struct slot *slot, unsigned cpu)
{
	assert_filled(&slot->table, slot->id);
	oracle_drop(&r->oracle, slot->table.va, L2_TABLE_SIZE, slot->id);
	r->nr_remote += cpu != slot->cpu;
	l2_free(r->l2, cpu, &slot->table);
	slot->id = 0;
}

static void release_all(struct run *r)
{
	for (unsigned i = 0; i < NR_SLOTS; i++)
		if (r->slot[i].id)
			release(r, &r->slot[i], i % r->env.nr_cpus);
	assert_int_equal(usage_of(r).nr_tables, 0);
}

/* Takes or gives back one table; -errno if none was to be had. */
static int random_step(struct run *r, unsigned nr_slots)
{
	struct slot *slot = &r->slot[rng_below(&r->seed, nr_slots)];
	unsigned cpu = rng_below(&r->seed, r->env.nr_cpus);
	int err = 0;

	if (slot->id)
		release(r, slot, cpu);
	else
		err = acquire(r, slot, cpu);
	assert_usage(r);
	return err;
}

static void contract_one(const char *text, unsigned nr_cpus, gfp_t zone_gfp,
			 bool leave_alive)
{
	enum { NR_OPS = 6000 };
	struct run *r = run_open(nr_cpus, zone_gfp);

	assert_int_equal(create(r, text), 0);
	assert_usage(r);
	for (unsigned i = 1; i <= NR_OPS; i++) {
		/* Few, then many, then few again. */
		int err = random_step(r, i / 2000 % 2 ? NR_SLOTS : 64);

		if (err)
			assert_int_equal(err, -ENOSPC);
		if (i % 64 == 0)
			assert_sound(r);
	}
	assert_true(r->last_id + r->nr_failed >= NR_OPS / 3);
	assert_true(r->last_id > 100);
	assert_true(nr_cpus == 1 || r->nr_remote > 100);
	assert_true(zone_gfp || r->nr_high > 0);
	if (!leave_alive)
		release_all(r);
	else
		assert_true(r->oracle.nr_live > 0);
	run_close(r);
}

static void contract(const char *text)
{
	contract_one(text, 1, GFP_DMA32, false);
	contract_one(text, 4, GFP_DMA32, false);
	contract_one(text, 4, 0, false);
	contract_one(text, 4, GFP_DMA32, true);
}

static void test_strategies__contract(void **state)
{
	(void)state;
	assert_true(for_each_spec(contract) >= 33);
}

static void test_strategies__registry(void **state)
{
	const struct l2_strategy_ops *const *p, *const *q;
	unsigned nr_seen = 0;

	(void)state;
	for (p = l2_strategies; *p; p++, nr_seen++) {
		const struct l2_strategy_ops *ops = *p;
		const struct l2_option *opt = ops->options;

		assert_true(ops->create && ops->destroy && ops->alloc);
		assert_true(ops->free && ops->usage && ops->check);
		assert_true(*ops->name && *ops->summary && *ops->models);
		assert_ptr_equal(l2_strategy_find(ops->name), ops);
		for (q = p + 1; *q; q++)
			assert_string_not_equal(ops->name, (*q)->name);
		for (; opt && opt->key; opt++)
			assert_true(*opt->key && *opt->help &&
				    (opt->choices || (opt->def >= opt->min &&
						      opt->def <= opt->max)));
		assert_true(!ops->options ||
			    opt - ops->options <= L2_MAX_OPTIONS);
		ops->destroy(NULL);
	}
	assert_true(nr_seen >= 6);
	assert_null(l2_strategy_find("no such strategy"));
	l2_destroy(NULL);
}

/* The whole 4 GiB of iova, 4096 tables, and one more. */
static void test_strategies__full_domain(void **state)
{
	static struct l2_table table[4097];
	const struct l2_strategy_ops *const *ops;
	unsigned nr_full = 0;

	(void)state;
	for (ops = l2_strategies; *ops; ops++) {
		struct run *r = run_open(2, GFP_DMA32);
		unsigned i, n;
		int err = 0;

		assert_int_equal(create(r, (*ops)->name), 0);
		for (n = 0; n < 4097 && !err; n += !err)
			err = r->l2->ops->alloc(r->l2, n % 2, GFP_ATOMIC,
						&table[n]);
		assert_true(n >= 4096);
		assert_int_equal(err, n == 4097 ? 0 : -ENOSPC);
		nr_full += n == 4096;
		assert_int_equal(usage_of(r).nr_tables, n);
		assert_int_equal(usage_of(r).nr_failures[L2_FAIL_EXHAUSTED],
				 n == 4096);
		for (i = 0; i < n; i++)
			l2_free(r->l2, 0, &table[i]);
		run_close(r);
	}
	assert_int_equal(nr_full, 1); /* genalloc */
}

/* Runs a short sequence; a failed call must succeed once the fault is over. */
static void faulty_sequence(struct run *r)
{
	enum { NR_OPS = 400, NR_USED = 150 };

	for (unsigned i = 0; i < NR_OPS; i++) {
		uint64_t seed = r->seed;
		uint64_t nr_failed = r->nr_failed;

		int err = random_step(r, NR_USED);

		/* A small pool is full, whatever else fails. */
		if (!err || err == -ENOSPC)
			continue;
		assert_true(r->fault.fired > 0);
		assert_int_equal(r->nr_failed, nr_failed + 1);
		r->fault.nth = 0;
		r->seed = seed;
		assert_int_equal(random_step(r, NR_USED), 0);
	}
	release_all(r);
}

enum where { IN_PHYSMEM, IN_DECORATOR };

struct sweep {
	enum where where;
	bool persistent;
	uint64_t fired;
	uint64_t nr_failed;
};

/* One pass with the nth call failing; whether any did. */
static bool sweep_pass(struct sweep *s, const char *name, uint64_t nth)
{
	struct run *r = run_open(2, GFP_DMA32);
	struct l2_strategy *inner;
	uint64_t fired;

	r->fault.nth = nth;
	r->fault.persistent = s->persistent;
	if (s->where == IN_PHYSMEM)
		physmem_set_fault(r->pm, &r->fault);
	if (create(r, name)) {
		assert_true(r->fault.fired > 0);
		s->nr_failed++;
		r->fault.nth = 0;
		assert_int_equal(create(r, name), 0);
	}
	inner = r->l2;
	if (s->where == IN_DECORATOR)
		assert_int_equal(l2_fault_create(inner, &r->fault, &r->l2), 0);
	faulty_sequence(r);
	fired = r->fault.fired;
	s->fired += fired;
	s->nr_failed += r->nr_failed;
	run_close(r);
	return fired > 0;
}

/* Sites at least swept; a spec that is not named has one. */
static const struct {
	const char *name;
	unsigned nr_sites;
} expected_sites[] = {
	{ "slab_dma32", 6 },
	{ "slab_dma32:impl=slab", 20 },
	{ "page_frag", 6 },
	{ "page", 190 },
	{ "pte_frag", 21 },
	{ "genalloc", 1 },
	{ "null", 1 },
	{ "genalloc:ondemand=1", 2 },
	{ "genalloc:tables=16384", 4 },
	{ "page_frag:order=0", 30 },
	{ "page_frag:caches=cpu", 6 },
	{ "page_frag:mode=v3", 6 },
};

static unsigned min_sites(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(expected_sites); i++)
		if (!strcmp(expected_sites[i].name, name))
			return expected_sites[i].nr_sites;
	return 1;
}

static void sweep(const char *text, enum where where, bool persistent)
{
	struct sweep s = { .where = where, .persistent = persistent };
	uint64_t nth = 1;

	assert_false(sweep_pass(&s, text, 0));
	while (sweep_pass(&s, text, nth))
		nth++;
	if (nth - 1 < (where ? 200 : min_sites(text)))
		fail_msg("%s: only %u sites", text, (unsigned)nth - 1);
	/*
	 * A large block that fails is made up for by a small one, and a cache
	 * that fills up ahead may do with less.
	 */
	if (persistent || where)
		assert_true(s.nr_failed >= (where ? nth - 1 : 1));
	assert_true(s.fired >= nth - 1);
}

static void sweep_once(const char *text)
{
	sweep(text, IN_PHYSMEM, false);
}

static void sweep_from_there_on(const char *text)
{
	sweep(text, IN_PHYSMEM, true);
}

static void test_strategies__no_page_once(void **state)
{
	(void)state;
	assert_true(for_each_spec(sweep_once) >= 33);
}

static void test_strategies__no_page_from_there_on(void **state)
{
	(void)state;
	assert_true(for_each_spec(sweep_from_there_on) >= 33);
}

static void test_strategies__fault_decorator(void **state)
{
	const struct l2_strategy_ops *const *ops;

	(void)state;
	for (ops = l2_strategies; *ops; ops++) {
		sweep((*ops)->name, IN_DECORATOR, false);
		sweep((*ops)->name, IN_DECORATOR, true);
	}
}

static uint64_t addresses(const char *name)
{
	struct run *r = run_open(4, GFP_DMA32);
	uint64_t digest;

	assert_int_equal(create(r, name), 0);
	for (unsigned i = 0; i < 20000; i++)
		random_step(r, NR_SLOTS);
	digest = r->digest;
	run_close(r);
	return digest;
}

static void twice(const char *text)
{
	uint64_t digest = addresses(text);

	assert_int_not_equal(digest, 0);
	assert_int_equal(addresses(text), digest);
}

static void test_strategies__deterministic(void **state)
{
	(void)state;
	assert_true(for_each_spec(twice) >= 33);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strategies__registry),
		cmocka_unit_test(test_strategies__contract),
		cmocka_unit_test(test_strategies__full_domain),
		cmocka_unit_test(test_strategies__no_page_once),
		cmocka_unit_test(test_strategies__no_page_from_there_on),
		cmocka_unit_test(test_strategies__fault_decorator),
		cmocka_unit_test(test_strategies__deterministic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
