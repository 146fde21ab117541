// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guard decorator: each misuse it can see, on every strategy, and each lie
 * of a strategy, gives exactly the report it should; a clean run gives none.
 */
#include "mm_fixture.h"

#include "liar_fixture.h"

#define NR_TABLES 64

struct lab {
	struct physmem *pm;
	struct l2_env env;
	struct l2_reports reports;
	struct l2_strategy *l2;
	struct l2_table table[NR_TABLES];
};

static void lab_open(struct lab *lab, const struct l2_strategy_ops *ops)
{
	struct l2_strategy *inner;
	struct l2_spec spec;
	char why[128];

	memset(lab, 0, sizeof(*lab));
	lab->pm = small_machine();
	lab->env = (struct l2_env){ .pm = lab->pm,
				    .nr_cpus = 2,
				    .max_tables = 4096,
				    .zone_gfp = GFP_DMA32 };
	assert_int_equal(l2_spec_parse(ops->name, &spec, why, sizeof(why)), 0);
	assert_int_equal(l2_create(&spec, &lab->env, &inner), 0);
	assert_int_equal(
		l2_guard_create(inner, &lab->env, &lab->reports, &lab->l2), 0);
	assert_int_equal(lab->l2->zeroes, inner->zeroes);
	for (unsigned i = 0; i < NR_TABLES; i++)
		assert_int_equal(l2_alloc_zeroed(lab->l2, i % 2, GFP_ATOMIC,
						 &lab->table[i]),
				 0);
}

static int lab_check(const struct lab *lab)
{
	const char *why = "";

	return lab->l2->ops->check(lab->l2, &why);
}

static void lab_close(struct lab *lab)
{
	l2_destroy(lab->l2);
	assert_pm_sound(lab->pm);
	physmem_destroy(lab->pm);
}

static void assert_reports(const struct l2_reports *reports,
			   enum l2_report what, uint64_t nr)
{
	assert_int_equal(reports->count[what], nr);
	assert_int_equal(l2_reports_total(reports), nr);
}

static void test_guard__clean_run(void **state)
{
	const struct l2_strategy_ops *const *ops;
	unsigned nr = 0;

	(void)state;
	for (ops = l2_strategies; *ops; ops++, nr++) {
		struct lab lab;

		lab_open(&lab, *ops);
		for (unsigned round = 0; round < 3; round++) {
			for (unsigned i = round; i < NR_TABLES; i += 2)
				l2_free(lab.l2, i % 2, &lab.table[i]);
			assert_int_equal(lab_check(&lab), 0);
			for (unsigned i = round; i < NR_TABLES; i += 2)
				assert_int_equal(l2_alloc_zeroed(lab.l2, 0,
								 GFP_ATOMIC,
								 &lab.table[i]),
						 0);
			assert_int_equal(lab_check(&lab), 0);
		}
		for (unsigned i = 0; i < NR_TABLES; i++)
			l2_free(lab.l2, 0, &lab.table[i]);
		lab_close(&lab);
		assert_int_equal(l2_reports_total(&lab.reports), 0);
	}
	assert_true(nr >= 6);
}

/* Counted, and kept from the strategy, which would abort or break. */
static void test_guard__bad_frees(void **state)
{
	const struct l2_strategy_ops *const *ops;

	(void)state;
	for (ops = l2_strategies; *ops; ops++) {
		struct l2_table bad;
		struct lab lab;

		lab_open(&lab, *ops);
		l2_free(lab.l2, 0, &lab.table[21]);
		l2_free(lab.l2, 1, &lab.table[21]);
		l2_free(lab.l2, 0, &lab.table[21]);
		assert_reports(&lab.reports, L2_REPORT_DOUBLE_FREE, 2);
		memset(&lab.reports, 0, sizeof(lab.reports));
		bad = lab.table[5];
		bad.paddr += 4;
		l2_free(lab.l2, 0, &bad);
		bad.paddr = 0;
		l2_free(lab.l2, 0, &bad);
		bad.paddr = SZ_4G;
		l2_free(lab.l2, 0, &bad);
		bad.paddr = ~0ull - L2_TABLE_SIZE + 1;
		l2_free(lab.l2, 0, &bad);
		assert_reports(&lab.reports, L2_REPORT_FOREIGN_FREE, 4);
		assert_int_equal(lab_check(&lab), 0);
		memset(&lab.reports, 0, sizeof(lab.reports));
		lab_close(&lab);
		assert_reports(&lab.reports, L2_REPORT_LEAK, NR_TABLES - 1);
	}
}

#define RAM (SZ_4G - 64 * SZ_1M) /* of the small machine */

static const struct lie {
	gfp_t zone_gfp;
	phys_addr_t paddr;
	unsigned times;
	enum l2_report report;
	unsigned nr_reports;
} lies[] = {
	{ GFP_DMA32, RAM, 1, L2_REPORT_LEAK, 1 },
	{ GFP_DMA32, RAM + 512, 2, L2_REPORT_MISALIGNED, 2 },
	{ GFP_DMA32, RAM + 1, 1, L2_REPORT_MISALIGNED, 1 },
	{ GFP_DMA32, RAM - L2_TABLE_SIZE, 1, L2_REPORT_OUTSIDE, 1 },
	{ GFP_DMA32, SZ_4G, 1, L2_REPORT_OUTSIDE, 1 },
	{ GFP_DMA32, SZ_4G - L2_TABLE_SIZE, 1, L2_REPORT_LEAK, 1 },
	{ 0, SZ_4G, 1, L2_REPORT_LEAK, 1 },
	{ 0, SZ_4G + 64 * SZ_1M, 1, L2_REPORT_OUTSIDE, 1 },
	{ 0, 0, 1, L2_REPORT_OUTSIDE, 1 },
};

static void test_guard__lies_of_a_strategy(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		const struct lie *lie = &lies[i];
		struct l2_env env = { .pm = small_machine(),
				      .nr_cpus = 1,
				      .max_tables = 4096,
				      .zone_gfp = lie->zone_gfp };
		struct liar liar = { .base.ops = &liar_ops };
		struct l2_reports reports = { .count = { 0 } };
		struct l2_strategy *l2;
		struct l2_table table;

		liar.next.paddr = lie->paddr;
		assert_int_equal(
			l2_guard_create(&liar.base, &env, &reports, &l2), 0);
		for (unsigned n = 0; n < lie->times; n++)
			assert_int_equal(l2->ops->alloc(l2, 0, 0, &table), 0);
		l2_destroy(l2);
		assert_reports(&reports, lie->report, lie->nr_reports);
		physmem_destroy(env.pm);
	}
}

static void test_guard__overlap_and_count(void **state)
{
	struct l2_env env = { .pm = small_machine(),
			      .nr_cpus = 1,
			      .max_tables = 4096,
			      .zone_gfp = GFP_DMA32 };
	struct liar liar = { .base.ops = &liar_ops, .next.paddr = RAM };
	struct l2_reports reports = { .count = { 0 } };
	struct l2_strategy *l2;
	struct l2_table table;
	const char *why = "";

	(void)state;
	assert_int_equal(l2_guard_create(&liar.base, &env, &reports, &l2), 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(l2->ops->alloc(l2, 0, 0, &table), 0);
	assert_reports(&reports, L2_REPORT_OVERLAP, 2);
	assert_int_equal(l2->ops->check(l2, &why), -EUCLEAN);
	liar.nr_tables = 1;
	assert_int_equal(l2->ops->check(l2, &why), 0);
	liar.err = -ENOSPC;
	assert_int_equal(l2->ops->alloc(l2, 0, 0, &table), -ENOSPC);
	assert_int_equal(l2->ops->check(l2, &why), 0);
	l2_free(l2, 0, &table);
	l2_free(l2, 0, &table);
	assert_int_equal(liar.nr_freed, 1);
	assert_int_equal(reports.count[L2_REPORT_DOUBLE_FREE], 1);
	l2_destroy(l2);
	assert_int_equal(reports.count[L2_REPORT_LEAK], 0);
	physmem_destroy(env.pm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guard__clean_run),
		cmocka_unit_test(test_guard__bad_frees),
		cmocka_unit_test(test_guard__lies_of_a_strategy),
		cmocka_unit_test(test_guard__overlap_and_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
