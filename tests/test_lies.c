// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decorators around a strategy that lies: the check decorator finds what is
 * wrong with a table handed out, and with a count; every decorator shows its
 * strategy's properties as its own, and passes on what it does not watch.
 */
#include "mm_fixture.h"

#include "liar_fixture.h"

static const struct lie {
	gfp_t zone_gfp;	 /* asked of the strategy */
	gfp_t where;	 /* where the page is from */
	unsigned offset; /* of va and paddr in it */
	unsigned skew;	 /* of paddr only */
	unsigned times;	 /* handed out */
	bool zeroes, dirty, zero_asked;
	enum l2_report report;
	unsigned nr_reports;
} lies[] = {
	{ GFP_DMA32, GFP_DMA32, 0, 0, 1, 0, 0, 0, L2_REPORT_OVERLAP, 0 },
	{ GFP_DMA32, GFP_DMA32, 1024, 0, 1, 0, 1, 1, L2_REPORT_OVERLAP, 0 },
	{ GFP_DMA32, GFP_DMA32, 0, 0, 3, 0, 0, 0, L2_REPORT_OVERLAP, 2 },
	{ GFP_DMA32, GFP_DMA32, 4, 0, 1, 0, 0, 0, L2_REPORT_MISALIGNED, 1 },
	{ GFP_DMA32, GFP_DMA32, 512, 0, 2, 0, 0, 0, L2_REPORT_MISALIGNED, 2 },
	{ GFP_DMA32, GFP_DMA32, 0, 1024, 1, 0, 0, 0, L2_REPORT_OUTSIDE, 1 },
	{ GFP_DMA32, GFP_DMA32, 0, 1u << 31, 1, 0, 0, 0, L2_REPORT_OUTSIDE, 1 },
	{ GFP_DMA32, 0, 0, 0, 1, 0, 0, 0, L2_REPORT_OUTSIDE, 1 },
	{ 0, 0, 0, 0, 1, 0, 0, 0, L2_REPORT_OUTSIDE, 0 },
	{ 0, 0, 0, 0, 1, 1, 1, 1, L2_REPORT_NOT_ZEROED, 1 },
	{ 0, 0, 0, 0, 1, 1, 1, 0, L2_REPORT_NOT_ZEROED, 0 },
	{ 0, 0, 0, 0, 1, 1, 0, 1, L2_REPORT_NOT_ZEROED, 0 },
};

static void tell(const struct lie *lie)
{
	struct l2_env env = { .pm = small_machine(), .nr_cpus = 1 };
	struct liar liar = {
		.base = { .ops = &liar_ops,
			  .zeroes = lie->zeroes,
			  .link_offset = L2_LINK_OFFSET },
	};
	struct l2_reports reports = { .nr_allocs = 0 };
	struct l2_strategy *l2;
	struct l2_table table;
	struct page *page;
	char *va;

	env.max_tables = 4096;
	env.zone_gfp = lie->zone_gfp;
	assert_int_equal(physmem_alloc_pages(env.pm, 0, lie->where | __GFP_ZERO,
					     1, &page),
			 0);
	va = physmem_page_va(env.pm, page);
	va[1023] = lie->dirty;
	liar.next.va = va + lie->offset;
	liar.next.paddr =
		physmem_page_paddr(env.pm, page) + lie->offset + lie->skew;
	assert_int_equal(l2_check_create(&liar.base, &env, &reports, &l2), 0);
	for (unsigned i = 0; i < lie->times; i++)
		l2->ops->alloc(l2, 0, lie->zero_asked ? __GFP_ZERO : 0, &table);
	assert_int_equal(reports.count[lie->report], lie->nr_reports);
	assert_int_equal(l2_reports_total(&reports), lie->nr_reports);
	l2_destroy(l2);
	physmem_destroy(env.pm);
}

static void test_lies__told(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++)
		tell(&lies[i]);
}

static void test_lies__wrong_count(void **state)
{
	struct l2_env env = { .pm = small_machine(), .nr_cpus = 1 };
	struct liar liar = { .base.ops = &liar_ops, .nr_tables = 7 };
	struct l2_reports reports = { .nr_allocs = 0 };
	struct l2_strategy *l2;
	const char *why = "";

	(void)state;
	assert_int_equal(l2_check_create(&liar.base, &env, &reports, &l2), 0);
	assert_int_equal(l2->ops->check(l2, &why), -EUCLEAN);
	assert_string_equal(
		why, "strategy and its users disagree on the tables alive");
	l2_destroy(l2);
	physmem_destroy(env.pm);
}

static void assert_shows(struct l2_strategy *l2, const struct liar *liar)
{
	struct l2_attrs attrs = { .nr = 0 };
	struct l2_usage usage;
	const char *why = "";

	assert_true(l2->zeroes);
	assert_true(l2->defective);
	assert_int_equal(l2->link_offset, liar->base.link_offset);
	l2->ops->usage(l2, &usage);
	assert_int_equal(usage.nr_tables, liar->nr_tables);
	l2->ops->attrs(l2, &attrs);
	assert_int_equal(attrs.nr, 1);
	assert_int_equal(attrs.row[0].value, liar->nr_tables);
	assert_int_equal(l2->ops->check(l2, &why), 0);
	l2_destroy(l2);
}

static void test_lies__shown_as_their_own(void **state)
{
	struct l2_env env = { .pm = small_machine(), .nr_cpus = 1 };
	struct liar liar = {
		.base = { .ops = &liar_ops,
			  .zeroes = true,
			  .defective = true,
			  .link_offset = 40 },
	};
	struct l2_reports reports = { .nr_allocs = 0 };
	struct fault_attr fault = { .nth = 0 };
	struct l2_strategy *l2;

	(void)state;
	assert_int_equal(l2_check_create(&liar.base, &env, &reports, &l2), 0);
	assert_shows(l2, &liar);
	assert_int_equal(l2_guard_create(&liar.base, &env, &reports, &l2), 0);
	assert_shows(l2, &liar);
	liar.nr_tables = 3;
	assert_int_equal(l2_fault_create(&liar.base, &fault, &l2), 0);
	assert_shows(l2, &liar);
	assert_int_equal(l2_reports_total(&reports), 0);
	physmem_destroy(env.pm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lies__told),
		cmocka_unit_test(test_lies__wrong_count),
		cmocka_unit_test(test_lies__shown_as_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
