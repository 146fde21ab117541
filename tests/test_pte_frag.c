// SPDX-License-Identifier: GPL-2.0-only
/*
 * What pte_frag promises beyond the contract: how many pages it holds, and when
 * it calls the page allocator. Whether check() and free() see damage.
 */
#include "mm_fixture.h"

#include <stdio.h>

#include "l2_strategy.h"

#define NR_SLOTS 4096u
#define PER_PAGE (PAGE_SIZE / L2_TABLE_SIZE)

struct frag {
	struct physmem *pm;
	struct l2_strategy *l2;
	struct l2_table table[NR_SLOTS];
	bool live[NR_SLOTS];
	unsigned nr_live;
};

static struct frag *frag_open(const char *text)
{
	struct frag *f = calloc(1, sizeof(*f));
	struct l2_env env = { .nr_cpus = 1,
			      .max_tables = NR_SLOTS,
			      .zone_gfp = GFP_DMA32 };
	struct l2_spec spec;
	char why[128];

	assert_non_null(f);
	f->pm = env.pm = small_machine();
	assert_int_equal(l2_spec_parse(text, &spec, why, sizeof(why)), 0);
	assert_int_equal(l2_create(&spec, &env, &f->l2), 0);
	return f;
}

static void frag_close(struct frag *f)
{
	const char *why = "";

	if (f->l2->ops->check(f->l2, &why))
		fail_msg("%s", why);
	l2_destroy(f->l2);
	assert_pm_sound(f->pm);
	physmem_destroy(f->pm);
	free(f);
}

static void toggle(struct frag *f, unsigned slot)
{
	if (f->live[slot])
		l2_free(f->l2, 0, &f->table[slot]);
	else
		assert_int_equal(f->l2->ops->alloc(f->l2, 0, GFP_ATOMIC,
						   &f->table[slot]),
				 0);
	f->live[slot] = !f->live[slot];
	f->nr_live += f->live[slot] ? 1 : -1;
}

static struct l2_usage usage_of(const struct frag *f)
{
	struct l2_usage usage;

	f->l2->ops->usage(f->l2, &usage);
	return usage;
}

static unsigned pages_needed(const struct frag *f)
{
	return (f->nr_live + PER_PAGE - 1) / PER_PAGE;
}

/* The churn of golden/memory.csv, where SLUB holds 524 and 540 pages. */
static void test_pte_frag__churn(void **state)
{
	struct frag *f = frag_open("pte_frag");
	uint64_t x = 0x9E3779B97F4A7C15ull;
	unsigned most = 0;

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		unsigned excess;

		toggle(f, rng_below(&x, NR_SLOTS));
		excess = (unsigned)usage_of(f).pages_held - pages_needed(f);
		most = excess > most ? excess : most;
		if (i == 10000)
			assert_in_range(usage_of(f).pages_held, 517, 524);
	}
	assert_int_equal(f->nr_live, 2092);
	assert_in_range(usage_of(f).pages_held, 523, 540);
	assert_in_range(most, 1, 40);
	frag_close(f);
}

/* Nothing is taken that is not needed while tables only come. */
static void test_pte_frag__fills_pages(void **state)
{
	struct frag *f = frag_open("pte_frag");

	(void)state;
	for (unsigned i = 0; i < NR_SLOTS; i++) {
		toggle(f, i);
		assert_int_equal(usage_of(f).pages_held, pages_needed(f));
	}
	frag_close(f);
}

/* However many are alive: a pair more calls the page allocator at most once. */
static void test_pte_frag__pairs_keep_the_page(void **state)
{
	struct frag *f = frag_open("pte_frag:keep=0");

	(void)state;
	for (unsigned nr = 0; nr < 4 * PER_PAGE; nr++) {
		uint64_t before = usage_of(f).nr_refills;

		for (unsigned i = 0; i < 100; i++) {
			toggle(f, NR_SLOTS - 1);
			toggle(f, NR_SLOTS - 1);
		}
		assert_in_range(usage_of(f).nr_refills - before, 0, 1);
		toggle(f, nr);
	}
	frag_close(f);
}

static uint64_t attr(const struct frag *f, const char *name)
{
	struct l2_attrs attrs = { .nr = 0 };

	f->l2->ops->attrs(f->l2, &attrs);
	for (unsigned i = 0; i < attrs.nr; i++)
		if (!strcmp(attrs.row[i].name, name))
			return attrs.row[i].value;
	fail_msg("no attribute %s", name);
	return 0;
}

/* All pages that may stay do, no more; and they are used before new ones. */
static void test_pte_frag__keep(void **state)
{
	static const unsigned keeps[] = { 0, 1, 5, 1024 };

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(keeps); k++) {
		unsigned kept = keeps[k] < 1023 ? keeps[k] + 1 : 1024;
		char text[32];
		struct frag *f;

		snprintf(text, sizeof(text), "pte_frag:keep=%u", keeps[k]);
		f = frag_open(text);
		for (unsigned i = 0; i < 2 * NR_SLOTS; i++)
			toggle(f, i % NR_SLOTS);
		assert_int_equal(usage_of(f).pages_held, kept);
		assert_int_equal(attr(f, "pages_empty"), kept);
		assert_int_equal(attr(f, "keep"), keeps[k]);
		for (unsigned i = 0; i < kept * PER_PAGE; i++)
			toggle(f, i);
		assert_int_equal(usage_of(f).nr_refills, 1024);
		assert_int_equal(attr(f, "pages_empty"), 0);
		frag_close(f);
	}
}

struct damage {
	struct frag *f;
	unsigned slot;
};

static void free_again(void *arg)
{
	struct damage *d = arg;

	l2_free(d->f->l2, 0, &d->f->table[d->slot]);
}

/* In the current page, in another one, in one that has gone back. */
static void test_pte_frag__double_free_aborts(void **state)
{
	struct frag *f = frag_open("pte_frag");
	unsigned slot[] = { 9, 1, 4, 5, 6, 7 };

	(void)state;
	for (unsigned i = 0; i < 10; i++)
		toggle(f, i);
	for (size_t i = 0; i < ARRAY_SIZE(slot); i++)
		toggle(f, slot[i]);
	assert_int_equal(usage_of(f).pages_held, 2);
	for (size_t i = 0; i < ARRAY_SIZE(slot); i++) {
		struct damage d = { f, slot[i] };

		assert_true(aborts(free_again, &d));
	}
	frag_close(f);
}

/* A bit that flips in a full page, a partly used one, the current one. */
static void test_pte_frag__check_sees_damage(void **state)
{
	static const uint8_t flips[] = { 1, 2, 4, 8, 15 };
	struct frag *f = frag_open("pte_frag");
	unsigned nr_seen = 0;
	const char *why = "";

	(void)state;
	for (unsigned i = 0; i < 10; i++)
		toggle(f, i);
	toggle(f, 1);
	for (unsigned slot = 0; slot < 10; slot += PER_PAGE)
		for (size_t i = 0; i < ARRAY_SIZE(flips); i++) {
			struct page *page =
				physmem_page(f->pm, f->table[slot].paddr);

			page->frag_free ^= flips[i];
			nr_seen += f->l2->ops->check(f->l2, &why) == -EUCLEAN;
			page->frag_free ^= flips[i];
		}
	assert_int_equal(nr_seen, 3 * ARRAY_SIZE(flips));
	frag_close(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pte_frag__churn),
		cmocka_unit_test(test_pte_frag__fills_pages),
		cmocka_unit_test(test_pte_frag__pairs_keep_the_page),
		cmocka_unit_test(test_pte_frag__keep),
		cmocka_unit_test(test_pte_frag__double_free_aborts),
		cmocka_unit_test(test_pte_frag__check_sees_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
