// SPDX-License-Identifier: GPL-2.0-only
/*
 * Old memory: every state has the free blocks it says, whatever the seed and
 * the machine, and memory is as new once it is settled.
 */
#include "mm_fixture.h"

#include "ager.h"
#include "extfrag.h"

struct areas {
	uint64_t nr[MAX_ORDER + 1];
};

static struct areas areas_of(const struct physmem *pm)
{
	struct areas a;

	physmem_free_area(pm, ZONE_DMA32, a.nr);
	return a;
}

/* Pages in blocks of order low to high. */
static uint64_t pages_in(const struct areas *a, unsigned low, unsigned high)
{
	uint64_t nr = 0;

	for (; low <= high; low++)
		nr += a->nr[low] << low;
	return nr;
}

static struct age_config config(const char *text, uint64_t zone_bytes)
{
	struct age_config cfg = { .zone_bytes = zone_bytes, .seed = 1 };

	assert_int_equal(age_parse(text, &cfg), 0);
	return cfg;
}

static struct areas age(struct physmem *pm, const struct age_config *cfg)
{
	physmem_settle(pm);
	assert_int_equal(ager_limit(pm, cfg), 0);
	assert_int_equal(ager_fragment(pm, cfg), 0);
	assert_pm_sound(pm);
	return areas_of(pm);
}

static void test_age__words(void **state)
{
	static const struct {
		const char *text;
		uint32_t f8, f4;
		const char *again;
	} good[] = {
		{ "fresh", 0, 0, "fresh" },
		{ "p1", AGE_ONE, 0, "p1" },
		{ "p2", AGE_ONE, AGE_ONE, "p2" },
		{ "mix:0,0", 0, 0, "fresh" },
		{ "mix:1,1", AGE_ONE, AGE_ONE, "p2" },
		{ "mix:0.5,.25", AGE_ONE / 2, AGE_ONE / 4, "mix:0.5,0.25" },
		{ "unusable:0.7", AGE_ONE, 7 * (AGE_ONE / 10), "mix:1,0.7" },
	};
	static const char *const bad[] = {
		"",	      "Fresh",	   "p3",
		"mix",	      "mix:",	   "mix:1",
		"mix:1,",     "mix:,1",	   "mix:2,0",
		"mix:-1,0",   "mix:nan,0", "mix:0,0,0",
		"mix:0 ,0",   "mix:1e9,0", "p1 ",
		"unusable",   "unusable:", "unusable:1.5",
		"mix:0x1,0 ", "mix: 1,0",  "unusable:inf",
		"mix:1e-1,0", "mix:.,0",   "mix:0x1,0",
	};
	struct age_config cfg = { .f8 = 7, .f4 = 9 };
	char text[AGE_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(age_parse(bad[i], &cfg), -EINVAL);
		assert_int_equal(cfg.f8, 7);
		assert_int_equal(cfg.f4, 9);
	}
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(age_parse(good[i].text, &cfg), 0);
		assert_int_equal(cfg.f8, good[i].f8);
		assert_int_equal(cfg.f4, good[i].f4);
		age_format(&cfg, text);
		assert_string_equal(text, good[i].again);
	}
}

static void test_age__limit(void **state)
{
	static const uint64_t pages[] = { 1, 3, 256, 1000, 5000, 16384 };
	struct physmem *pm = small_machine();
	struct age_config cfg;
	struct areas a;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		struct page *page;

		cfg = config("fresh", pages[i] * PAGE_SIZE);
		a = age(pm, &cfg);
		assert_int_equal(pages_in(&a, 0, MAX_ORDER), pages[i]);
		/* In one piece, from the low end. */
		assert_int_equal(a.nr[0], pages[i] & 1);
		assert_int_equal(
			physmem_alloc_pages(pm, 0, GFP_DMA32, 0, &page), 0);
		assert_true(physmem_page_paddr(pm, page) <
			    machine_small.range[0].start +
				    pages[i] * PAGE_SIZE);
		physmem_free_pages(pm, 0, page, 0);
	}
	cfg.zone_bytes = 16385 * PAGE_SIZE;
	physmem_settle(pm);
	assert_int_equal(ager_limit(pm, &cfg), -ERANGE);
	assert_pm_sound(pm);
	physmem_destroy(pm);
}

static void test_age__states(void **state)
{
	static const char *const names[] = { "mt8173", "x86-6g", "x86-2g" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct physmem *pm = machine(names[i]);
		struct areas fresh = areas_of(pm), a;
		uint64_t all = pages_in(&fresh, 0, MAX_ORDER);
		struct age_config cfg = config("p1", 0);
		uint64_t nr = all / 4;

		a = age(pm, &cfg);
		assert_int_equal(pages_in(&a, 4, 4), nr - nr % 16);
		assert_int_equal(pages_in(&a, 0, MAX_ORDER), nr);
		cfg = config("p2", 0);
		a = age(pm, &cfg);
		assert_int_equal(a.nr[0], nr);
		cfg = config("mix:0.5,0.5", 0);
		a = age(pm, &cfg);
		assert_int_equal(pages_in(&a, 0, MAX_ORDER), nr);
		assert_in_range(pages_in(&a, 8, MAX_ORDER), nr / 2 - 256,
				nr / 2 + 1);
		assert_in_range(pages_in(&a, 4, 4), nr / 4 - 256, nr / 4 + 256);
		assert_in_range(a.nr[0], nr / 4, nr / 4 + 16);
		cfg = config("unusable:0.7", 0);
		a = age(pm, &cfg);
		assert_in_range(extfrag_unusable(a.nr, 3), 699, 701);
		physmem_settle(pm);
		a = areas_of(pm);
		assert_memory_equal(&a, &fresh, sizeof(a));
		assert_pm_sound(pm);
		physmem_destroy(pm);
	}
}

static void test_age__size_and_state(void **state)
{
	struct physmem *pm = machine("mt8173");
	struct age_config cfg = config("p2", SZ_4M);
	struct areas a = age(pm, &cfg);
	struct zone_info info;

	(void)state;
	assert_int_equal(a.nr[0], SZ_4M / PAGE_SIZE);
	physmem_zone_info(pm, ZONE_DMA32, &info);
	assert_int_equal(info.managed, SZ_4M / PAGE_SIZE);
	assert_in_range(info.min, 1, 16);
	/* All of a zone cannot be free and full of holes. */
	cfg = config("p2", 3ull * 1024 * SZ_1M);
	physmem_settle(pm);
	assert_int_equal(ager_limit(pm, &cfg), 0);
	assert_int_equal(ager_fragment(pm, &cfg), -ERANGE);
	physmem_destroy(pm);
}

/* What was taken before memory aged stays, and comes back. */
static void test_age__after_boot(void **state)
{
	struct physmem *pm = small_machine();
	struct age_config cfg = config("p2", 2 * SZ_4M);
	struct areas fresh = areas_of(pm), a;
	struct page *block, *page = NULL;

	(void)state;
	assert_int_equal(ager_limit(pm, &cfg), 0);
	assert_int_equal(physmem_alloc_pages(pm, 0, GFP_DMA32, 8, &block), 0);
	memset(physmem_page_va(pm, block), 0x5a, (size_t)PAGE_SIZE << 8);
	assert_int_equal(ager_fragment(pm, &cfg), 0);
	assert_pm_sound(pm);
	a = areas_of(pm);
	assert_int_equal(a.nr[0], 2 * SZ_4M / PAGE_SIZE - 256);
	assert_int_equal(physmem_alloc_pages(pm, 0, GFP_DMA32, 1, &page),
			 -ENOMEM);
	assert_int_equal(*(uint8_t *)physmem_page_va(pm, block), 0x5a);
	physmem_free_pages(pm, 0, block, 8);
	assert_pm_sound(pm);
	physmem_settle(pm);
	a = areas_of(pm);
	assert_memory_equal(&a, &fresh, sizeof(a));
	physmem_destroy(pm);
}

/* Pageblocks stay what they were; so tables go on to steal, as on a board. */
static void test_age__types(void **state)
{
	static const char *const names[] = { "mt8173", "x86-6g" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct physmem *pm = machine(names[i]);
		struct age_config cfg = config("p2", 0);
		struct page *l1, *page[4000];
		struct physmem_usage before, after;
		unsigned n;

		assert_int_equal(physmem_alloc_pages(pm, 0, GFP_DMA32, 2, &l1),
				 0);
		physmem_usage(pm, &before);
		assert_int_equal(ager_fragment(pm, &cfg), 0);
		assert_pm_sound(pm);
		for (n = 0; n < ARRAY_SIZE(page); n++)
			assert_int_equal(physmem_alloc_pages(
						 pm, 0, GFP_ATOMIC | GFP_DMA32,
						 0, &page[n]),
					 0);
		physmem_usage(pm, &after);
		assert_true(after.nr_steals > before.nr_steals + 2);
		while (n--) {
			assert_int_equal(page[n]->zone, ZONE_DMA32);
			physmem_free_pages(pm, 0, page[n], 0);
		}
		physmem_free_pages(pm, 0, l1, 2);
		assert_pm_sound(pm);
		physmem_destroy(pm);
	}
}

/* Requests for ZONE_DMA32 must not find another way out. */
static void test_age__lower_zones(void **state)
{
	struct physmem *pm = machine("x86-6g");
	struct age_config cfg = config("fresh", 3 * PAGE_SIZE);
	struct page *page[4] = { NULL };
	uint64_t nr = 0;

	(void)state;
	assert_int_equal(ager_limit(pm, &cfg), 0);
	assert_pm_sound(pm);
	while (nr < 4 && !physmem_alloc_pages(pm, 0, GFP_ATOMIC | GFP_DMA32, 0,
					      &page[nr]))
		nr++;
	assert_in_range(nr, 1, 3);
	while (nr--)
		physmem_free_pages(pm, 0, page[nr], 0);
	physmem_settle(pm);
	assert_int_equal(physmem_alloc_pages(pm, 0, GFP_DMA, 0, &page[0]), 0);
	physmem_free_pages(pm, 0, page[0], 0);
	physmem_destroy(pm);
}

static void test_age__seed(void **state)
{
	struct physmem *pm = small_machine();
	struct age_config cfg = config("mix:0.9,0.5", 4 * SZ_4M);
	phys_addr_t first[3];
	struct areas a[3];

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct page *page;

		cfg.seed = i == 2 ? 99 : 7;
		a[i] = age(pm, &cfg);
		assert_int_equal(
			physmem_alloc_pages(pm, 0, GFP_DMA32, 0, &page), 0);
		first[i] = physmem_page_paddr(pm, page);
		physmem_free_pages(pm, 0, page, 0);
	}
	assert_memory_equal(&a[0], &a[1], sizeof(a[0]));
	assert_int_equal(first[0], first[1]);
	assert_true(first[0] != first[2]);
	cfg.seed = 0;
	age(pm, &cfg);
	physmem_destroy(pm);
}

/* Allocation goes on on old memory, and nothing of the hog's is handed out. */
static void test_age__in_use(void **state)
{
	enum { NR_LIVE = 3000, NR_OPS = 100000 };
	static struct page *live[NR_LIVE];
	static uint8_t order[NR_LIVE];
	struct physmem *pm = machine("mt8173");
	struct age_config cfg = config("mix:1,0.5", 16 * SZ_1M);
	uint64_t seed = 42, nr_failed = 0;

	(void)state;
	memset(live, 0, sizeof(live));
	age(pm, &cfg);
	for (unsigned i = 0; i < NR_OPS; i++) {
		unsigned n = rng_below(&seed, NR_LIVE), cpu = i % 4;

		if (live[n]) {
			physmem_free_pages(pm, cpu, live[n], order[n]);
			live[n] = NULL;
			continue;
		}
		order[n] = (uint8_t)rng_below(&seed, 4);
		if (physmem_alloc_pages(pm, cpu, GFP_ATOMIC | GFP_DMA32,
					order[n], &live[n]))
			nr_failed++;
		else
			assert_false(live[n]->movable);
	}
	assert_true(nr_failed > 100);
	for (unsigned n = 0; n < NR_LIVE; n++)
		if (live[n])
			physmem_free_pages(pm, 0, live[n], order[n]);
	assert_pm_sound(pm);
	assert_int_equal(physmem_reclaim(pm), 0);
	physmem_destroy(pm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_age__words),
		cmocka_unit_test(test_age__limit),
		cmocka_unit_test(test_age__states),
		cmocka_unit_test(test_age__size_and_state),
		cmocka_unit_test(test_age__after_boot),
		cmocka_unit_test(test_age__types),
		cmocka_unit_test(test_age__lower_zones),
		cmocka_unit_test(test_age__seed),
		cmocka_unit_test(test_age__in_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
