// SPDX-License-Identifier: GPL-2.0-only
/*
 * Strategies that are defective on purpose: that the memory pass shows their
 * defects with the figures known from the kernel, that the timed passes bear
 * them, and that nobody else's defect is let off.
 *
 * The figures of page_frag:mode=v3: 1000 times map and unmap of one slot gave
 * 968 dirty tables in a real page_frag_cache, the first of them the 33rd.
 */
#include "mm_fixture.h"

#include "replay.h"
#include "run.h"

static const struct v7s_config plain = {
	.ias = 32,
	.oas = 32,
	.pgsizes = V7S_PGSIZES,
};

struct bench {
	struct replay_config cfg;
	struct trace trace;
	struct l2_spec spec;
	struct replay_machine m;
	struct memory_result r;
	const char *why;
};

static void add(struct trace *trace, enum trace_type type, unsigned domain,
		uint64_t iova, uint64_t size)
{
	struct trace_event ev = {
		.iova = iova,
		.paddr = type == TRACE_MAP ? SZ_16M : 0,
		.size = size,
		.domain = (uint16_t)domain,
		.type = (uint8_t)type,
		.prot = TRACE_PROT_READ | TRACE_PROT_WRITE,
	};

	assert_int_equal(trace_append(trace, &ev), 0);
}

/* nr times, in turn in each domain: 4K into a slot, and the slot empty again. */
static void churn(struct trace *trace, unsigned nr, unsigned nr_domains)
{
	char name[2] = "a";

	for (unsigned d = 0; d < nr_domains; d++, name[0]++)
		assert_int_equal(trace_domain(trace, name), d);
	for (unsigned i = 0; i < nr; i++) {
		add(trace, TRACE_MAP, i % nr_domains, SZ_1M, SZ_4K);
		add(trace, TRACE_UNMAP, i % nr_domains, SZ_1M, SZ_1M);
	}
}

static void bench_open(struct bench *b, const char *text, unsigned nr,
		       unsigned nr_domains)
{
	char why[160];

	*b = (struct bench){ .cfg = { .profile = &machine_small } };
	b->cfg.pgtable = plain;
	churn(&b->trace, nr, nr_domains);
	if (l2_spec_parse(text, &b->spec, why, sizeof(why)))
		fail_msg("%s", why);
}

static int bench_run(struct bench *b)
{
	assert_int_equal(
		replay_machine_init(&b->m, &b->cfg, &b->trace, &b->spec), 0);
	return pass_memory(&b->m, &b->r, &b->why);
}

static void bench_close(struct bench *b)
{
	memory_result_fini(&b->r);
	replay_machine_fini(&b->m);
	trace_free(&b->trace);
}

static void assert_all_back(const struct bench *b)
{
	struct physmem_usage usage;

	physmem_usage(b->m.pm, &usage);
	assert_int_equal(usage.pages_free, usage.pages_total);
	assert_pm_sound(b->m.pm);
}

/* A chunk's first round is clean, and every table after it dirty. */
static void test_defects__v3_figures(void **state)
{
	static const struct {
		const char *text;
		unsigned per_chunk;
	} specs[] = {
		{ "page_frag:mode=v3", 32 },
		{ "page_frag:mode=v3,order=2", 16 },
		{ "page_frag:mode=v3,order=0", 4 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		unsigned nr = specs[i].per_chunk;
		struct bench b;

		bench_open(&b, specs[i].text, 1000, 1);
		assert_int_equal(bench_run(&b), 0);
		assert_true(b.r.defective && b.r.zeroes);
		assert_int_equal(b.r.l2_allocs, 1000);
		assert_int_equal(b.r.dirty_tables, 1000 - nr);
		assert_int_equal(b.r.first_dirty_alloc, nr + 1);
		assert_int_equal(b.r.leaked_bytes, nr * L2_TABLE_SIZE);
		assert_int_equal(b.r.nr_refills, 1);
		assert_int_equal(b.r.reports, 0);
		assert_all_back(&b);
		bench_close(&b);
	}
}

static void test_defects__v3_short_of_the_first(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "page_frag:mode=v3", 32, 1);
	assert_int_equal(bench_run(&b), 0);
	assert_int_equal(b.r.dirty_tables, 0);
	assert_int_equal(b.r.first_dirty_alloc, 0);
	assert_int_equal(b.r.anomalies, 0);
	assert_int_equal(b.r.leaked_bytes, 32768);
	bench_close(&b);
	bench_open(&b, "page_frag:mode=v3", 33, 1);
	assert_int_equal(bench_run(&b), 0);
	assert_int_equal(b.r.dirty_tables, 1);
	assert_int_equal(b.r.first_dirty_alloc, 33);
	assert_int_equal(b.r.anomalies, 1); /* the map met the stale entry */
	bench_close(&b);
}

/* Each domain leaks its own chunk; allocations are counted over all. */
static void test_defects__v3_domains(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "page_frag:mode=v3", 1000, 5);
	assert_int_equal(bench_run(&b), 0);
	assert_int_equal(b.r.dirty_tables, 1000 - 5 * 32);
	assert_int_equal(b.r.first_dirty_alloc, 5 * 32 + 1);
	assert_int_equal(b.r.leaked_bytes, 5 * 32768);
	assert_all_back(&b);
	bench_close(&b);
}

static void test_defects__timed_passes(void **state)
{
	struct latency *lat = latency_create(), *by_class[NR_EVENT_CLASSES];
	struct latency *const by_type[] = { lat, lat };
	struct event_timing e;
	struct mean_timing t, u;
	struct bench b;
	double ns;

	(void)state;
	assert_non_null(lat);
	for (unsigned c = 0; c < NR_EVENT_CLASSES; c++)
		by_class[c] = lat;
	bench_open(&b, "page_frag:mode=v3", 300, 3);
	assert_int_equal(bench_run(&b), 0);
	/* Often enough that leaks which add up would not fit. */
	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(pass_alloc(&b.m, 0, lat), 0);
		if (i % 100)
			continue;
		assert_int_equal(pass_event(&b.m, 0, by_type, by_class, &e), 0);
		assert_int_equal(pass_table(&b.m, 0, &t, &u), 0);
		assert_int_equal(t.nr, 300);
		assert_int_equal(pass_runs(&b.m, 0, &t, &u), 0);
		assert_int_equal(pass_batch(&b.m, &ns), 0);
		assert_all_back(&b);
	}
	bench_close(&b);
	latency_destroy(lat);
}

static void test_defects__nobody_else(void **state)
{
	const struct l2_strategy_ops *const *ops;
	unsigned nr = 0;

	(void)state;
	for (ops = l2_strategies; *ops; ops++, nr++) {
		struct bench b;

		bench_open(&b, (*ops)->name, 1000, 2);
		if (bench_run(&b))
			fail_msg("%s: %s", (*ops)->name, b.why);
		assert_false(b.r.defective);
		assert_int_equal(b.r.dirty_tables, 0);
		assert_int_equal(b.r.first_dirty_alloc, 0);
		assert_int_equal(b.r.leaked_bytes, 0);
		assert_int_equal(b.r.anomalies, 0);
		assert_all_back(&b);
		bench_close(&b);
	}
	assert_true(nr >= 6);
}

/* The same defects, not declared. */
static struct l2_strategy_ops secret_ops;

static int secret_create(const struct l2_env *env, const uint64_t *value,
			 struct l2_strategy **ret)
{
	int err = l2_strategy_find("page_frag")->create(env, value, ret);

	if (err)
		return err;
	(*ret)->ops = &secret_ops;
	(*ret)->defective = false;
	return 0;
}

/* It would not leak if it were not. */
static void secret_destroy(struct l2_strategy *l2)
{
	l2->defective = true;
	l2_strategy_find("page_frag")->destroy(l2);
}

static void assert_secret_fails(unsigned nr, const char *expected)
{
	struct bench b;

	bench_open(&b, "page_frag:mode=v3", nr, 1);
	secret_ops = *b.spec.ops;
	secret_ops.create = secret_create;
	secret_ops.destroy = secret_destroy;
	b.spec.ops = &secret_ops;
	assert_int_equal(bench_run(&b), -EUCLEAN);
	assert_string_equal(b.why, expected);
	bench_close(&b);
}

static void test_defects__not_declared(void **state)
{
	(void)state;
	assert_secret_fails(33, "a strategy broke its contract");
	assert_secret_fails(32, "pages missing after teardown");
}

/* What the driver sees: a map that fails, and an iova that nobody mapped and
 * that leads to where the last table's did. */
static void test_defects__stale_entries(void **state)
{
	static const struct {
		const char *text;
		bool stale;
	} specs[] = {
		{ "page_frag", false },
		{ "page_frag:caches=cpu", false },
		{ "page_frag:mode=v3", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		struct l2_env env = { .nr_cpus = 2, .max_tables = 4096 };
		struct v7s_env v7s_env = { .pm = small_machine() };
		struct iommu_range range = {
			.iova = 0x105000,
			.paddr = 0x42000000,
			.size = SZ_4K,
			.prot = IOMMU_READ | IOMMU_WRITE,
			.gfp = GFP_ATOMIC,
		};
		struct iommu_range slot = { .iova = SZ_1M, .size = SZ_1M };
		struct l2_spec spec;
		struct v7s *table;
		char why[160];

		env.pm = v7s_env.pm;
		env.zone_gfp = GFP_DMA32;
		assert_int_equal(l2_spec_parse(specs[i].text, &spec, why,
					       sizeof(why)),
				 0);
		assert_int_equal(l2_create(&spec, &env, &v7s_env.l2), 0);
		assert_int_equal(v7s_create(&plain, &v7s_env, 0, &table), 0);
		for (unsigned n = 0; n < 32; n++) {
			assert_int_equal(iommu_map(table, &range), 0);
			assert_int_equal(iommu_unmap(table, &slot), SZ_1M);
		}
		range.iova = 0x106000;
		assert_int_equal(iommu_map(table, &range), 0);
		assert_int_equal(v7s_iova_to_phys(table, 0x105000),
				 specs[i].stale ? 0x42000000 : 0);
		range.iova = 0x105000;
		assert_int_equal(iommu_map(table, &range),
				 specs[i].stale ? -EEXIST : 0);
		v7s_destroy(table, 0);
		l2_destroy(v7s_env.l2);
		assert_int_equal(physmem_reclaim(env.pm),
				 specs[i].stale ? 8 : 0);
		assert_pm_sound(env.pm);
		physmem_destroy(env.pm);
	}
}

static void test_defects__digest(void **state)
{
	struct l2_spec spec = { .label = "x" };
	static struct run_cell cell[4]; /* megabytes */
	char why[RUN_WHY_SIZE] = "";

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		cell[i].spec = &spec;
		cell[i].workload = "w";
		cell[i].memory.built = true;
		cell[i].memory.digest = 7;
	}
	cell[0].memory.digest = 1;
	cell[2].memory.digest = 2;
	assert_int_equal(run_same_digest(cell, 4, why), -EBADMSG);
	cell[0].memory.defective = true;
	assert_int_equal(run_same_digest(cell, 4, why), -EBADMSG);
	cell[2].memory.defective = true;
	assert_int_equal(run_same_digest(cell, 4, why), 0);
	assert_int_equal(run_same_digest(cell, 1, why), 0);
	cell[3].memory.digest = 3;
	assert_int_equal(run_same_digest(cell, 4, why), -EBADMSG);
	assert_string_equal(why, "w: x and x end with different translations");
	cell[3].memory.alloc_failures = 1;
	assert_int_equal(run_same_digest(cell, 4, why), 0);
	cell[3].memory.alloc_failures = 0;
	cell[3].memory.built = false;
	assert_int_equal(run_same_digest(cell, 4, why), 0);
	cell[3].memory.built = true;
	assert_int_equal(run_same_digest(cell, 4, why), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defects__v3_figures),
		cmocka_unit_test(test_defects__v3_short_of_the_first),
		cmocka_unit_test(test_defects__v3_domains),
		cmocka_unit_test(test_defects__timed_passes),
		cmocka_unit_test(test_defects__nobody_else),
		cmocka_unit_test(test_defects__not_declared),
		cmocka_unit_test(test_defects__stale_entries),
		cmocka_unit_test(test_defects__digest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
