// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every allocation of a short sequence of maps and unmaps fails once, and from
 * there on, for every strategy; in the page allocator and in the strategy.
 *
 * What must hold: a failed call returns what its contract says and leaves the
 * translation as it was; it succeeds when tried again; in the end the table is
 * the same as without failures, all checks pass and all pages are back.
 */
#include "v7s_fixture.h"

enum where { IN_PHYSMEM, IN_STRATEGY };

struct step {
	bool unmap;
	uint64_t iova;
	uint64_t pgsize;
	size_t pgcount;
};

/* Takes 8 tables, two of them by splits, and frees 6. */
static const struct step steps[] = {
	{ false, 0, SZ_4K, 3 },
	{ false, 2 * SZ_1M, SZ_64K, 2 },
	{ false, 3 * SZ_1M - SZ_4K, SZ_4K, 1 },
	{ false, 3 * SZ_1M, SZ_4K, 256 },
	{ false, 4 * SZ_1M, SZ_1M, 2 },
	{ true, 4 * SZ_1M + 0x7000, SZ_4K, 1 },
	{ true, 5 * SZ_1M + SZ_64K, SZ_64K, 1 },
	{ true, SZ_4K, SZ_4K, 1 },
	{ true, 3 * SZ_1M, SZ_1M, 1 },
	{ false, 3 * SZ_1M, SZ_64K, 1 },
	{ false, SZ_16M, SZ_16M, 1 },
	{ true, 2 * SZ_1M, SZ_1M, 4 },
	{ false, 2 * SZ_1M, SZ_4K, 1 },
	{ true, 2 * SZ_1M, SZ_4K, 1 },
	{ false, 0, SZ_1M, 1 },
	{ false, 8 * SZ_1M + SZ_64K, SZ_4K, 16 },
};

struct sweep {
	const struct l2_strategy_ops *ops;
	enum where where;
	bool persistent;
	uint64_t reference; /* digest without any fault */

	struct physmem *pm;
	struct l2_strategy *l2;
	struct v7s *table;
	struct fault_attr fault;
	uint64_t nr_failed; /* calls that failed */
};

/* How many faults fired, by strategy placement. Every sweep adds to it. */
struct tally {
	uint64_t fired;
	uint64_t failed;
};

static void arm(struct sweep *s, uint64_t nth)
{
	s->fault = (struct fault_attr){
		.nth = nth,
		.persistent = s->persistent,
	};
	if (s->where == IN_PHYSMEM)
		physmem_set_fault(s->pm, &s->fault);
}

/* Keeps what was counted. */
static void disarm(struct sweep *s)
{
	s->fault.nth = 0;
	s->fault.persistent = false;
}

static uint64_t pages_free(const struct sweep *s)
{
	struct physmem_usage usage;

	physmem_usage(s->pm, &usage);
	return usage.pages_free;
}

static int make_strategy(struct sweep *s)
{
	struct l2_env env = {
		.pm = s->pm,
		.nr_cpus = 2,
		.max_tables = 4096,
		.zone_gfp = GFP_DMA32,
	};
	struct l2_strategy *inner;
	struct l2_spec spec;
	char why[128];
	int err;

	assert_int_equal(l2_spec_parse(s->ops->name, &spec, why, sizeof(why)),
			 0);
	err = l2_create(&spec, &env, &inner);
	if (err < 0)
		return err;
	s->l2 = inner;
	if (s->where == IN_STRATEGY)
		assert_int_equal(l2_fault_create(inner, &s->fault, &s->l2), 0);
	return 0;
}

static int make_table(struct sweep *s)
{
	struct v7s_env env = { .pm = s->pm, .l2 = s->l2 };

	return v7s_create(&config_plain, &env, 0, &s->table);
}

/* Runs create, tried again after a failure, which must leak no page. */
static void make(struct sweep *s, int (*create)(struct sweep *s))
{
	uint64_t before = pages_free(s);

	if (!create(s))
		return;
	s->nr_failed++;
	assert_true(s->fault.fired > 0);
	assert_int_equal(pages_free(s), before);
	disarm(s);
	assert_int_equal(create(s), 0);
}

/* Bytes done; for a map, fails the test on any errno but -ENOMEM. */
static size_t run_step(struct sweep *s, const struct step *step, size_t skip)
{
	uint64_t iova = step->iova + skip;
	size_t pgcount = step->pgcount - skip / step->pgsize;
	size_t done;
	int err;

	if (step->unmap)
		return unmap_n(s->table, iova, step->pgsize, pgcount);
	err = map_n(s->table, iova, 0x40000000 + iova, step->pgsize, pgcount,
		    &done);
	if (err < 0)
		assert_int_equal(err, -ENOMEM);
	assert_true(err < 0 || done == pgcount * step->pgsize);
	return done;
}

static void run_steps(struct sweep *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		size_t size = steps[i].pgsize * steps[i].pgcount;
		uint64_t before = v7s_digest(s->table, V7S_DIGEST_INIT);
		const char *why;
		size_t done;

		done = run_step(s, &steps[i], 0);
		if (done == size)
			continue;
		s->nr_failed++;
		assert_true(s->fault.fired > 0);
		assert_int_equal(s->l2->ops->check(s->l2, &why), 0);
		if (!done)
			assert_int_equal(v7s_digest(s->table, V7S_DIGEST_INIT),
					 before);
		disarm(s);
		assert_int_equal(run_step(s, &steps[i], done), size - done);
	}
}

static void finish(struct sweep *s)
{
	const struct v7s_stats *stats = v7s_stats(s->table);
	struct l2_usage usage;
	const char *why;

	s->l2->ops->usage(s->l2, &usage);
	assert_int_equal(usage.nr_tables, stats->l2_live);
	v7s_destroy(s->table, 0);
	s->l2->ops->usage(s->l2, &usage);
	assert_int_equal(usage.nr_tables, 0);
	assert_int_equal(s->l2->ops->check(s->l2, &why), 0);
	l2_destroy(s->l2);
}

/* One pass with the nth call failing; whether any did. */
static bool pass(struct sweep *s, uint64_t nth, struct tally *tally)
{
	uint64_t before, digest;
	const char *why;

	s->nr_failed = 0;
	before = pages_free(s);
	arm(s, nth);
	make(s, make_strategy);
	make(s, make_table);
	run_steps(s);
	digest = v7s_digest(s->table, V7S_DIGEST_INIT);
	if (!nth)
		s->reference = digest;
	assert_int_equal(digest, s->reference);
	finish(s);
	physmem_set_fault(s->pm, NULL);
	assert_int_equal(pages_free(s), before);
	assert_int_equal(physmem_check(s->pm, &why), 0);
	tally->fired += s->fault.fired;
	tally->failed += s->nr_failed;
	return s->fault.fired > 0;
}

static void sweep(struct sweep *s, struct tally *tally)
{
	uint64_t nth = 0;

	assert_int_equal(physmem_create(machine_profile_find("x86-2g"), &s->pm),
			 0);
	assert_false(pass(s, nth++, tally));
	while (pass(s, nth, tally))
		nth++;
	physmem_destroy(s->pm);
}

static void sweep_all(enum where where, bool persistent)
{
	const struct l2_strategy_ops *const *ops;
	unsigned nr_swept = 0;

	for (ops = l2_strategies; *ops; ops++, nr_swept++) {
		struct tally tally = { 0 };
		struct sweep s = {
			.ops = *ops,
			.where = where,
			.persistent = persistent,
		};

		sweep(&s, &tally);
		/* In physmem one site at least: the level-1 table. */
		assert_true(tally.fired >= (where == IN_STRATEGY ? 8 : 1));
		assert_true(tally.failed >= (where == IN_STRATEGY ? 8 : 1));
	}
	assert_true(nr_swept >= 5);
}

static void test_v7s_sweep__physmem_once(void **state)
{
	(void)state;
	sweep_all(IN_PHYSMEM, false);
}

static void test_v7s_sweep__physmem_from_there_on(void **state)
{
	(void)state;
	sweep_all(IN_PHYSMEM, true);
}

static void test_v7s_sweep__strategy_once(void **state)
{
	(void)state;
	sweep_all(IN_STRATEGY, false);
}

static void test_v7s_sweep__strategy_from_there_on(void **state)
{
	(void)state;
	sweep_all(IN_STRATEGY, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_v7s_sweep__physmem_once),
		cmocka_unit_test(test_v7s_sweep__physmem_from_there_on),
		cmocka_unit_test(test_v7s_sweep__strategy_once),
		cmocka_unit_test(test_v7s_sweep__strategy_from_there_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
