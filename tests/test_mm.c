// SPDX-License-Identifier: GPL-2.0-only
/*
 * Simulated memory: the page allocator below every strategy. kmem_cache,
 * gen_pool and page_frag_cache, right above it, have suites of their own.
 */
#include "mm_fixture.h"

/*
 * Small, so that walking it often is cheap, and awkward: zones that meet
 * between two buddies or end inside of a block of the largest order; a hole.
 */
static const struct machine_profile tiny = {
	.name = "tiny",
	.plain = true,
	.nr_cpus = 2,
	.nr_ranges = 3,
	.range = {
		{ SZ_1M, 5 * SZ_1M, ZONE_DMA },
		{ 5 * SZ_1M, 21 * SZ_1M, ZONE_DMA32 },
		{ SZ_4G, SZ_4G + 2 * SZ_4M + 5 * SZ_4K, ZONE_NORMAL },
	},
};

#define TINY_DMA (4 * SZ_1M / PAGE_SIZE)
#define TINY_DMA32 (SZ_16M / PAGE_SIZE)
#define TINY_NORMAL (2 * SZ_4M / PAGE_SIZE + 5)
#define TINY_PAGES (TINY_DMA + TINY_DMA32 + TINY_NORMAL)

struct areas {
	uint64_t nr[NR_ZONES][MAX_ORDER + 1];
};

static void read_areas(const struct physmem *pm, struct areas *ret)
{
	unsigned zone;

	for (zone = 0; zone < NR_ZONES; zone++)
		physmem_free_area(pm, zone, ret->nr[zone]);
}

static struct physmem *open_tiny(struct areas *ret)
{
	struct physmem *pm;

	assert_int_equal(physmem_create(&tiny, &pm), 0);
	read_areas(pm, ret);
	assert_pm_sound(pm);
	return pm;
}

static void close_tiny(struct physmem *pm, const struct areas *before)
{
	struct areas after;

	read_areas(pm, &after);
	assert_memory_equal(&after, before, sizeof(after));
	assert_int_equal(pages_free(pm), TINY_PAGES);
	assert_pm_sound(pm);
	physmem_destroy(pm);
}

static struct page *take(struct physmem *pm, gfp_t gfp, unsigned order)
{
	struct page *page = NULL;

	assert_int_equal(physmem_alloc_pages(pm, 0, gfp, order, &page), 0);
	return page;
}

static void test_physmem__profiles(void **state)
{
	const struct machine_profile *mp = machine_profiles;
	unsigned nr_seen = 0;

	(void)state;
	for (; mp->name; mp++, nr_seen++) {
		struct physmem *pm = machine(mp->name);
		uint64_t total = 0, in_lists = 0;
		struct physmem_usage usage;
		struct areas areas;
		unsigned i, order;

		for (i = 0; i < mp->nr_ranges; i++)
			total += (mp->range[i].end - mp->range[i].start) >>
				 PAGE_SHIFT;
		read_areas(pm, &areas);
		for (i = 0; i < NR_ZONES; i++)
			for (order = 0; order <= MAX_ORDER; order++)
				in_lists += areas.nr[i][order] << order;
		physmem_usage(pm, &usage);
		assert_int_equal(usage.pages_total, total);
		assert_int_equal(usage.pages_free, total);
		assert_int_equal(in_lists, total);
		assert_ptr_equal(physmem_profile(pm), mp);
		physmem_destroy(pm);
	}
	assert_true(nr_seen >= 4);
	assert_null(machine_profile_find("no such machine"));
	physmem_destroy(NULL);
}

static void test_physmem__initial_areas(void **state)
{
	/* 1 MiB to 5 MiB is 1 + 2 + 1 MiB; a tail of 5 pages is 4 + 1. */
	static const struct areas expected = { {
		[ZONE_DMA] = { [8] = 2, [9] = 1 },
		[ZONE_DMA32] = { [8] = 2, [9] = 1, [10] = 3 },
		[ZONE_NORMAL] = { [0] = 1, [2] = 1, [10] = 2 },
	} };
	struct areas areas;
	struct physmem *pm = open_tiny(&areas);

	(void)state;
	assert_memory_equal(&areas, &expected, sizeof(areas));
	close_tiny(pm, &areas);
}

/* A page is cut from the low end of the smallest block that is there. */
static void test_physmem__split_and_merge(void **state)
{
	enum { SPLIT_ORDER = 8 };
	struct areas before, after;
	struct physmem *pm = open_tiny(&before);
	struct page *first = take(pm, GFP_DMA32, 0), *second;
	unsigned order;

	(void)state;
	read_areas(pm, &after);
	assert_int_equal(physmem_page_paddr(pm, first), 5 * SZ_1M);
	for (order = 0; order < SPLIT_ORDER; order++)
		assert_int_equal(after.nr[ZONE_DMA32][order], 1);
	assert_int_equal(after.nr[ZONE_DMA32][SPLIT_ORDER], 1);
	assert_int_equal(after.nr[ZONE_DMA32][MAX_ORDER], 3);
	assert_pm_sound(pm);

	second = take(pm, GFP_DMA32, 0);
	assert_int_equal(physmem_page_paddr(pm, second), 5 * SZ_1M + SZ_4K);
	physmem_free_pages(pm, 0, first, 0);
	read_areas(pm, &after);
	assert_int_equal(after.nr[ZONE_DMA32][0], 1);
	assert_int_equal(after.nr[ZONE_DMA32][SPLIT_ORDER], 1);
	physmem_free_pages(pm, 1, second, 0);
	close_tiny(pm, &before);
}

/* Takes pages until there are none; they must come from these zones. */
static void drain_zones(gfp_t gfp, const enum zone_type *zone,
			const uint64_t *nr, unsigned nr_zones)
{
	static struct page *page[TINY_PAGES];
	struct areas before;
	struct physmem *pm = open_tiny(&before);
	struct page *none = NULL;
	struct physmem_usage usage;
	uint64_t n = 0, k;
	unsigned i;

	for (i = 0; i < nr_zones; i++)
		for (k = 0; k < nr[i]; k++, n++) {
			page[n] = take(pm, gfp, 0);
			assert_int_equal(page[n]->zone, zone[i]);
		}
	assert_int_equal(physmem_alloc_pages(pm, 0, gfp, 0, &none), -ENOMEM);
	assert_null(none);
	physmem_usage(pm, &usage);
	assert_int_equal(usage.nr_allocs, n);
	assert_int_equal(usage.nr_failures, 1);
	assert_int_equal(usage.pages_free, TINY_PAGES - n);
	assert_pm_sound(pm);
	while (n--)
		physmem_free_pages(pm, 0, page[n], 0);
	close_tiny(pm, &before);
}

static void test_physmem__zone_fallback(void **state)
{
	static const enum zone_type zone[] = { ZONE_NORMAL, ZONE_DMA32,
					       ZONE_DMA };
	static const uint64_t nr[] = { TINY_NORMAL, TINY_DMA32, TINY_DMA };

	(void)state;
	drain_zones(GFP_KERNEL, zone, nr, 3);
	drain_zones(GFP_ATOMIC | GFP_DMA32, zone + 1, nr + 1, 2);
	drain_zones(GFP_DMA, zone + 2, nr + 2, 1);
}

static void test_physmem__order_limits(void **state)
{
	struct areas before;
	struct physmem *pm = open_tiny(&before);
	struct page *page = NULL, *block[3];
	unsigned i;

	(void)state;
	assert_int_equal(physmem_alloc_pages(pm, 0, 0, MAX_ORDER + 1, &page),
			 -EINVAL);
	assert_int_equal(physmem_alloc_pages(pm, 0, 0, ~0u, &page), -EINVAL);
	/* ZONE_DMA has pages enough, but no block of that order. */
	assert_int_equal(physmem_alloc_pages(pm, 0, GFP_DMA, MAX_ORDER, &page),
			 -ENOMEM);
	assert_null(page);
	for (i = 0; i < 3; i++)
		block[i] = take(pm, GFP_DMA32, MAX_ORDER);
	assert_int_equal(physmem_alloc_pages(pm, 0, GFP_DMA32, MAX_ORDER,
					     &page),
			 -ENOMEM);
	while (i--)
		physmem_free_pages(pm, 0, block[i], MAX_ORDER);
	close_tiny(pm, &before);
}

static void test_physmem__compound(void **state)
{
	struct areas before;
	struct physmem *pm = open_tiny(&before);
	unsigned order, i;

	(void)state;
	for (order = 0; order <= MAX_ORDER; order++) {
		struct page *page = take(pm, GFP_DMA32, order);
		char *va = physmem_page_va(pm, page);
		phys_addr_t paddr = physmem_page_paddr(pm, page);

		assert_int_equal(page->flags, PG_HEAD);
		assert_int_equal(page->order, order);
		assert_int_equal(paddr & ((PAGE_SIZE << order) - 1), 0);
		assert_ptr_equal(physmem_va(pm, paddr), va);
		assert_int_equal(physmem_paddr(pm, va), paddr);
		for (i = 0; i < 1u << order; i++) {
			char *last = va + (i + 1ull) * PAGE_SIZE - 1;

			assert_int_equal(page[i].flags, i ? PG_TAIL : PG_HEAD);
			assert_ptr_equal(physmem_head(pm, last), page);
			assert_ptr_equal(physmem_page(pm,
						      physmem_paddr(pm, last)),
					 page + i);
		}
		physmem_free_pages(pm, 0, page, order);
	}
	close_tiny(pm, &before);
}

static void test_physmem__addresses(void **state)
{
	static const struct {
		phys_addr_t paddr;
		bool valid;
	} table[] = {
		{ 0, false },
		{ SZ_1M - 1, false },
		{ SZ_1M, true },
		{ 21 * SZ_1M - 1, true },
		{ 21 * SZ_1M, false },
		{ SZ_4G - 1, false },
		{ SZ_4G, true },
		{ SZ_4G + 2 * SZ_4M + 5 * SZ_4K - 1, true },
		{ SZ_4G + 2 * SZ_4M + 5 * SZ_4K, false },
		{ ~0ull, false },
	};
	struct areas before;
	struct physmem *pm = open_tiny(&before);
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++)
		assert_int_equal(physmem_valid(pm, table[i].paddr),
				 table[i].valid);
	assert_true(physmem_owns(pm, physmem_va(pm, SZ_1M)));
	assert_false(physmem_owns(pm, (char *)physmem_va(pm, SZ_1M) - 1));
	assert_false(physmem_owns(pm, &before));
	close_tiny(pm, &before);
}

static void test_physmem__zero(void **state)
{
	struct areas before;
	struct physmem *pm = open_tiny(&before);
	struct page *page = take(pm, 0, 1);
	unsigned char *va = physmem_page_va(pm, page);
	unsigned i, nr_set = 0;

	(void)state;
	memset(va, 0x5a, 2 * PAGE_SIZE);
	physmem_free_pages(pm, 0, page, 1);
	assert_ptr_equal(take(pm, 0, 1), page);
	for (i = 0; i < 2 * PAGE_SIZE; i++)
		nr_set += va[i] == 0x5a;
	assert_int_equal(nr_set, 2 * PAGE_SIZE);
	physmem_free_pages(pm, 0, page, 1);
	assert_ptr_equal(take(pm, __GFP_ZERO, 1), page);
	for (i = 0; i < 2 * PAGE_SIZE; i++)
		assert_int_equal(va[i], 0);
	physmem_free_pages(pm, 0, page, 1);
	close_tiny(pm, &before);
}

static void test_physmem__fault(void **state)
{
	/* Outcome of calls 1 to 5: 1 for a failure. */
	static const struct {
		uint64_t nth;
		bool persistent;
		bool fails[5];
		uint64_t fired;
	} table[] = {
		{ 0, false, { 0, 0, 0, 0, 0 }, 0 },
		{ 0, true, { 0, 0, 0, 0, 0 }, 0 },
		{ 1, false, { 1, 0, 0, 0, 0 }, 1 },
		{ 3, false, { 0, 0, 1, 0, 0 }, 1 },
		{ 3, true, { 0, 0, 1, 1, 1 }, 3 },
		{ 6, true, { 0, 0, 0, 0, 0 }, 0 },
	};
	struct areas before;
	struct physmem *pm = open_tiny(&before);
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct fault_attr fault = {
			.nth = table[i].nth,
			.persistent = table[i].persistent,
		};

		physmem_set_fault(pm, &fault);
		for (k = 0; k < 5; k++) {
			struct page *page = NULL;
			int err = physmem_alloc_pages(pm, 0, 0, 2, &page);

			assert_int_equal(err, table[i].fails[k] ? -ENOMEM : 0);
			if (!err)
				physmem_free_pages(pm, 0, page, 2);
		}
		assert_int_equal(fault.calls, 5);
		assert_int_equal(fault.fired, table[i].fired);
		physmem_set_fault(pm, NULL);
		physmem_free_pages(pm, 0, take(pm, 0, 2), 2);
		assert_int_equal(fault.calls, 5);
	}
	close_tiny(pm, &before);
}

struct live_block {
	struct page *page;
	unsigned order;
	uint32_t id;
};

/* Order 0 half of the time, MAX_ORDER once in 2048. */
static unsigned random_order(uint64_t *seed)
{
	unsigned order = (unsigned)__builtin_ctzll(rng_next(seed) | 1ull << 11);

	return order > MAX_ORDER ? 0 : order;
}

static void test_physmem__random(void **state)
{
	enum { NR_OPS = 1000000, NR_LIVE = 1200 };
	static const gfp_t gfp[] = { 0, GFP_DMA32, GFP_DMA };
	static struct live_block live[NR_LIVE];
	struct areas before;
	struct physmem *pm = open_tiny(&before);
	uint64_t seed = 20181105, nr_failed = 0, held = 0;
	struct oracle oracle;
	uint32_t i;

	(void)state;
	memset(live, 0, sizeof(live));
	oracle_init(&oracle, pm, PAGE_SHIFT);
	for (i = 1; i <= NR_OPS; i++) {
		struct live_block *b = &live[rng_below(&seed, NR_LIVE)];

		if (b->page) {
			oracle_drop(&oracle, physmem_page_va(pm, b->page),
				    (size_t)PAGE_SIZE << b->order, b->id);
			physmem_free_pages(pm, 0, b->page, b->order);
			held -= 1ull << b->order;
			b->page = NULL;
		} else {
			b->order = random_order(&seed);
			b->id = i;
			if (physmem_alloc_pages(pm, 0, gfp[i % 3], b->order,
						&b->page)) {
				nr_failed++;
				continue;
			}
			oracle_take(&oracle, physmem_page_va(pm, b->page),
				    (size_t)PAGE_SIZE << b->order, i);
			held += 1ull << b->order;
		}
		assert_int_equal(pages_free(pm), TINY_PAGES - held);
		if (i % 64 == 0)
			assert_pm_sound(pm);
	}
	for (i = 0; i < NR_LIVE; i++)
		if (live[i].page)
			physmem_free_pages(pm, 0, live[i].page, live[i].order);
	assert_true(oracle.nr_live > 100);
	assert_true(nr_failed > 1000);
	oracle_fini(&oracle);
	close_tiny(pm, &before);
}

/* Where physmem__check_detects breaks a struct page. */
struct victims {
	struct page *head; /* of a free block of MAX_ORDER, first on its list */
	struct page *block;  /* taken, of order 2; its buddy is free */
	struct page *single; /* free, of order 0 */
};

static void break_zone(const struct victims *v)
{
	v->head->zone = ZONE_DMA;
}

static void break_order(const struct victims *v)
{
	v->head->order = MAX_ORDER + 1;
}

static void break_alignment(const struct victims *v)
{
	v->block->order = 3;
}

static void break_tail(const struct victims *v)
{
	v->block[1].to_head = 2;
}

static void break_tail_flag(const struct victims *v)
{
	v->block[3].flags = PG_HEAD;
}

static void break_block_head(const struct victims *v)
{
	v->block->flags = 0;
}

static void break_free_head(const struct victims *v)
{
	v->head->flags = PG_TAIL;
}

static void break_merge(const struct victims *v)
{
	v->block->flags = PG_BUDDY;
}

static void break_sum(const struct victims *v)
{
	v->single->flags = PG_HEAD;
}

static void break_list(const struct victims *v)
{
	v->head->buddy.tqe_next = NULL;
}

static const struct {
	void (*break_it)(const struct victims *v);
	const char *why;
} breaks[] = {
	{ break_zone, "block head with wrong zone, order or alignment" },
	{ break_order, "block head with wrong zone, order or alignment" },
	{ break_alignment, "block head with wrong zone, order or alignment" },
	{ break_tail, "tail page that does not know its head" },
	{ break_tail_flag, "tail page that does not know its head" },
	{ break_block_head, "page that heads no block" },
	{ break_free_head, "page that heads no block" },
	{ break_merge, "two free buddies left unmerged" },
	{ break_sum, "free pages do not add up" },
	{ break_list, "free list and its counter disagree" },
};

static void test_physmem__check_detects(void **state)
{
	struct areas before;
	struct physmem *pm = open_tiny(&before);
	struct page *buddy = take(pm, GFP_DMA32, 2);
	struct victims v = {
		.head = physmem_page(pm, 2 * SZ_4M),
		.block = take(pm, GFP_DMA32, 2),
		.single = physmem_page(pm, SZ_4G + 2 * SZ_4M + 4 * SZ_4K),
	};
	size_t i;

	(void)state;
	physmem_free_pages(pm, 0, buddy, 2);
	assert_int_equal(v.head->flags, PG_BUDDY);
	assert_int_equal(v.single->flags, PG_BUDDY);
	for (i = 0; i < ARRAY_SIZE(breaks); i++) {
		struct page head = *v.head, single = *v.single, block[4];
		const char *why = "";

		memcpy(block, v.block, sizeof(block));
		breaks[i].break_it(&v);
		assert_int_equal(physmem_check(pm, &why), -EUCLEAN);
		assert_string_equal(why, breaks[i].why);
		*v.head = head;
		*v.single = single;
		memcpy(v.block, block, sizeof(block));
		assert_pm_sound(pm);
	}
	physmem_free_pages(pm, 0, v.block, 2);
	close_tiny(pm, &before);
}

struct bad_free {
	struct physmem *pm;
	struct page *page;
	unsigned order;
};

static void do_bad_free(void *arg)
{
	struct bad_free *f = arg;

	physmem_free_pages(f->pm, 0, f->page, f->order);
}

static void test_physmem__bad_free_aborts(void **state)
{
	struct areas before;
	struct physmem *pm = open_tiny(&before);
	struct page *page = take(pm, GFP_DMA32, 2);
	struct bad_free table[] = {
		{ pm, page, 1 },     { pm, page, 3 },
		{ pm, page + 1, 2 }, { pm, page + 4, 2 }, /* free */
		{ pm, page, 2 }, /* right, and the child must survive */
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++)
		assert_int_equal(aborts(do_bad_free, &table[i]),
				 i + 1 < ARRAY_SIZE(table));
	physmem_free_pages(pm, 0, page, 2);
	assert_true(aborts(do_bad_free, &table[i - 1]));
	close_tiny(pm, &before);
}

/* Whoever holds what: afterwards the machine is as new. */
static void test_physmem__reclaim(void **state)
{
	struct physmem *pm = small_machine();
	uint64_t before[MAX_ORDER + 1], after[MAX_ORDER + 1];
	uint64_t total = pages_free(pm), seed = 5, taken;
	struct page *page;

	(void)state;
	assert_int_equal(physmem_reclaim(pm), 0);
	physmem_free_area(pm, ZONE_DMA32, before);
	for (unsigned round = 0; round < 20; round++) {
		for (unsigned i = 0; i < 300; i++) {
			unsigned order = rng_below(&seed, 8);

			if (physmem_alloc_pages(pm, 0, i % 2 ? GFP_DMA32 : 0,
						order, &page))
				continue;
			if (i % 3 == 0)
				physmem_free_pages(pm, 0, page, order);
		}
		taken = total - pages_free(pm);
		assert_true(taken > 0);
		assert_int_equal(physmem_reclaim(pm), taken);
		assert_int_equal(pages_free(pm), total);
		assert_pm_sound(pm);
		physmem_free_area(pm, ZONE_DMA32, after);
		assert_memory_equal(after, before, sizeof(before));
	}
	physmem_destroy(pm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_physmem__profiles),
		cmocka_unit_test(test_physmem__initial_areas),
		cmocka_unit_test(test_physmem__split_and_merge),
		cmocka_unit_test(test_physmem__zone_fallback),
		cmocka_unit_test(test_physmem__order_limits),
		cmocka_unit_test(test_physmem__compound),
		cmocka_unit_test(test_physmem__addresses),
		cmocka_unit_test(test_physmem__zero),
		cmocka_unit_test(test_physmem__fault),
		cmocka_unit_test(test_physmem__random),
		cmocka_unit_test(test_physmem__check_detects),
		cmocka_unit_test(test_physmem__bad_free_aborts),
		cmocka_unit_test(test_physmem__reclaim),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
