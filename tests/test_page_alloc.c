// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page allocator as it is on a real machine: marks and reserves against
 * /proc/zoneinfo and /sys/kernel/debug/extfrag of real kernels
 * (golden/zoneinfo.csv, golden/extfrag.csv), per-CPU lists, grouping by
 * mobility. The buddy allocator alone is in test_mm.c, old memory in
 * test_ager.c.
 */
#include "mm_fixture.h"

#include <stdio.h>

#include "extfrag.h"

#define ZONE_PAGES (4 * SZ_16M / PAGE_SIZE)

/* Two zones of 64 MiB, with marks, lists and reserves. */
static const struct machine_profile full = {
	.name = "full",
	.nr_cpus = 2,
	.nr_ranges = 2,
	.range = {
		{ SZ_4G - 4 * SZ_16M, SZ_4G, ZONE_DMA32 },
		{ SZ_4G, SZ_4G + 4 * SZ_16M, ZONE_NORMAL },
	},
};

static struct physmem *open_full(void)
{
	struct physmem *pm;

	assert_int_equal(physmem_create(&full, &pm), 0);
	return pm;
}

static struct zone_info zone_info(const struct physmem *pm)
{
	struct zone_info info;

	physmem_zone_info(pm, ZONE_DMA32, &info);
	return info;
}

static FILE *open_golden(const char *name)
{
	char path[512], line[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/golden/%s", getenv("TEST_DATA"), name);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	return f;
}

struct guest_zone {
	char guest[8], name[8];
	unsigned cpus;
	unsigned long managed, min, low, high, protection, pcp_high, pcp_batch;
};

static bool read_zone(FILE *f, struct guest_zone *z)
{
	return fscanf(f, " %7[^,],%u,%7[^,],%lu,%lu,%lu,%lu,%lu,%lu,%lu",
		      z->guest, &z->cpus, z->name, &z->managed, &z->min,
		      &z->low, &z->high, &z->protection, &z->pcp_high,
		      &z->pcp_batch) == 10;
}

static enum zone_type zone_named(const char *name)
{
	return !strcmp(name, "DMA")	? ZONE_DMA
	       : !strcmp(name, "DMA32") ? ZONE_DMA32
					: ZONE_NORMAL;
}

/* A machine whose zones manage exactly what the guest's did. */
static struct physmem *guest_machine(struct machine_profile *mp,
				     const struct guest_zone *z, unsigned nr)
{
	static const phys_addr_t start[NR_ZONES] = { SZ_1M, SZ_16M, SZ_4G };
	struct physmem *pm;

	*mp = (struct machine_profile){
		.name = z->guest,
		.khugepaged = true,
		.nr_cpus = z->cpus,
		.nr_ranges = nr,
	};
	for (unsigned i = 0; i < nr; i++) {
		enum zone_type type = zone_named(z[i].name);

		mp->range[i] = (struct machine_range){
			start[type],
			start[type] + ((uint64_t)z[i].managed << PAGE_SHIFT),
			type
		};
	}
	assert_int_equal(physmem_create(mp, &pm), 0);
	return pm;
}

/* Boot frees its own memory after the marks are set, up to 1.3 % of a zone
 * here, so that marks are a little lower than what is managed says. */
static void assert_near(uint64_t ours, uint64_t real)
{
	assert_in_range(ours + 3, real - real / 64, real + real / 64 + 6);
}

static void compare_zones(const struct guest_zone *z, unsigned nr)
{
	struct machine_profile mp;
	struct physmem *pm = guest_machine(&mp, z, nr);
	uint64_t min = 0, real_min = 0;

	for (unsigned i = 0; i < nr; i++) {
		enum zone_type type = zone_named(z[i].name);
		struct zone_info info;

		physmem_zone_info(pm, type, &info);
		assert_int_equal(info.managed, z[i].managed);
		assert_int_equal(info.pcp_batch, z[i].pcp_batch);
		assert_near(info.min, z[i].min);
		assert_near(info.low, z[i].low);
		assert_near(info.high, z[i].high);
		assert_near(info.pcp_high, z[i].pcp_high);
		assert_near(info.protection[ZONE_NORMAL], z[i].protection);
		/* Only ZONE_DMA's was set before its upper zones had grown. */
		if (type == ZONE_DMA32)
			assert_int_equal(info.protection[ZONE_NORMAL],
					 z[i].protection);
		min += info.min;
		real_min += z[i].min;
	}
	/* What all zones share is exact, but for rounding in each. */
	assert_in_range(min, real_min - nr, real_min + nr);
	physmem_destroy(pm);
}

static void test_zones__as_real_kernels(void **state)
{
	FILE *f = open_golden("zoneinfo.csv");
	struct guest_zone z[NR_ZONES + 1];
	unsigned nr = 0, nr_guests = 0;

	(void)state;
	while (read_zone(f, &z[nr])) {
		if (nr && !strcmp(z[nr].name, "DMA")) {
			struct guest_zone next = z[nr];

			compare_zones(z, nr);
			nr_guests++;
			z[0] = next;
			nr = 0;
		}
		nr++;
	}
	compare_zones(z, nr);
	assert_int_equal(nr_guests + 1, 16);
	fclose(f);
}

static void test_extfrag__as_real_kernels(void **state)
{
	FILE *f = open_golden("extfrag.csv");
	char guest[8], zone[8];
	unsigned cpus, nr = 0;

	(void)state;
	while (fscanf(f, " %7[^,],%u,%7[^,],", guest, &cpus, zone) == 3) {
		uint64_t nr_free[MAX_ORDER + 1];
		unsigned long n;
		int index;

		for (unsigned i = 0; i <= MAX_ORDER; i++) {
			assert_int_equal(fscanf(f, "%lu", &n), 1);
			nr_free[i] = n;
		}
		assert_int_equal(fgetc(f), ',');
		for (unsigned i = 0; i <= MAX_ORDER; i++) {
			int ours = extfrag_unusable(nr_free, i);

			assert_int_equal(fscanf(f, "%d", &index), 1);
			/* The kernel was asked for one after the other. */
			assert_in_range(ours + 1, index, index + 2);
			assert_int_equal(extfrag_index(nr_free, i), -1000);
		}
		nr++;
	}
	assert_int_equal(nr, 40);
	fclose(f);
}

/* Worked out by hand from the formulas. */
static void test_extfrag__by_hand(void **state)
{
	static const struct {
		uint64_t nr_free[MAX_ORDER + 1];
		unsigned order;
		int unusable, index;
	} table[] = {
		{ { 0 }, 0, 1000, 0 },
		{ { 0 }, 3, 1000, 0 },
		/* 100 pages alone: 1000 - (1000 + 100000 / 8) / 100 */
		{ { 100 }, 3, 1000, 865 },
		{ { 100 }, 0, 0, -1000 },
		/* one page: 1000 - (1000 + 1000 / 2) / 1 */
		{ { 1 }, 1, 1000, -500 },
		/* 8 + 2 * 8 pages: 8 of 24 too small */
		{ { 8, 0, 0, 2 }, 3, 333, -1000 },
		{ { 8, 0, 0, 2 }, 1, 333, -1000 },
		/* 1000 - (1000 + 24000 / 16) / 10 */
		{ { 8, 0, 0, 2 }, 4, 1000, 750 },
		/* 4 + 1024 pages: 4 of 1028 */
		{ { 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, 3, 3, -1000 },
		{ { 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, 10, 3, -1000 },
		/* 512 pages in 2: 1000 - (1000 + 512000 / 512) / 2 */
		{ { 0, 0, 0, 0, 0, 0, 0, 0, 2 }, 9, 1000, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		assert_int_equal(extfrag_unusable(table[i].nr_free,
						  table[i].order),
				 table[i].unusable);
		assert_int_equal(extfrag_index(table[i].nr_free,
					       table[i].order),
				 table[i].index);
	}
}

/* Takes single pages until there are none for gfp; the list of them. */
static uint64_t drain(struct physmem *pm, gfp_t gfp, struct page **page)
{
	uint64_t nr = 0;

	while (!physmem_alloc_pages(pm, 0, gfp, 0, &page[nr]))
		nr++;
	return nr;
}

static void give_back(struct physmem *pm, struct page **page, uint64_t nr)
{
	while (nr--)
		physmem_free_pages(pm, 0, page[nr], 0);
	assert_pm_sound(pm);
}

/* How deep a request may empty the zone. */
static void test_marks__by_gfp(void **state)
{
	static struct page *page[2 * ZONE_PAGES];
	struct zone_info fresh;
	struct physmem *pm = open_full();
	const struct {
		gfp_t gfp;
		unsigned eighths; /* of the minimum that stay */
	} table[] = {
		{ GFP_ATOMIC | GFP_DMA32, 3 },
		{ __GFP_HIGH | __GFP_NOMEMALLOC | GFP_DMA32, 4 },
		{ GFP_DMA32, 8 }, /* as the level-1 table is asked for */
		{ GFP_KERNEL | GFP_DMA32, 8 },
	};

	(void)state;
	fresh = zone_info(pm);
	assert_int_equal(fresh.nr_free, ZONE_PAGES);
	assert_true(fresh.min > 100 && fresh.pcp_batch > 1);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		uint64_t nr = drain(pm, table[i].gfp, page);
		struct zone_info info = zone_info(pm);
		uint64_t mark = fresh.min * table[i].eighths / 8;

		/* A list is filled by a batch, whose last page may cross. */
		assert_in_range(info.nr_free, mark - fresh.pcp_batch, mark + 1);
		assert_int_equal(info.nr_free + info.nr_pcp + nr, ZONE_PAGES);
		give_back(pm, page, nr);
		physmem_settle(pm);
		assert_int_equal(zone_info(pm).nr_free, ZONE_PAGES);
	}
	physmem_destroy(pm);
}

static void test_marks__reserve_for_lower_zones(void **state)
{
	static struct page *page[2 * ZONE_PAGES];
	struct physmem *pm = open_full();
	struct physmem_usage usage;
	struct zone_info info;
	struct page *low = NULL;
	uint64_t nr;

	(void)state;
	nr = drain(pm, GFP_KERNEL, page);
	info = zone_info(pm);
	assert_int_equal(info.protection[ZONE_NORMAL], ZONE_PAGES / 256);
	assert_int_equal(info.protection[ZONE_DMA32], 0);
	assert_in_range(info.nr_free,
			info.min + ZONE_PAGES / 256 - info.pcp_batch,
			info.min + ZONE_PAGES / 256);
	physmem_usage(pm, &usage);
	assert_int_equal(usage.nr_failures_by[PAGE_FAIL_MARK], 1);
	/* Who asks for this zone is served still. */
	assert_int_equal(
		physmem_alloc_pages(pm, 0, GFP_KERNEL | GFP_DMA32, 0, &low), 0);
	physmem_free_pages(pm, 0, low, 0);
	give_back(pm, page, nr);
	physmem_destroy(pm);
}

/* A CPU's list is its own, newest first, and filled by the batch. */
static void test_pcp__lists(void **state)
{
	struct physmem *pm = open_full();
	uint32_t batch = zone_info(pm).pcp_batch;
	struct page *a, *b, *c;

	(void)state;
	assert_int_equal(physmem_alloc_pages(pm, 0, GFP_DMA32, 0, &a), 0);
	assert_int_equal(zone_info(pm).nr_free, ZONE_PAGES - batch);
	assert_int_equal(zone_info(pm).nr_pcp, batch - 1);
	assert_int_equal(physmem_alloc_pages(pm, 1, GFP_DMA32, 0, &b), 0);
	assert_int_equal(zone_info(pm).nr_free, ZONE_PAGES - 2 * batch);
	physmem_free_pages(pm, 1, a, 0);
	assert_int_equal(physmem_alloc_pages(pm, 0, GFP_DMA32, 0, &c), 0);
	assert_ptr_not_equal(c, a);
	physmem_free_pages(pm, 0, c, 0);
	assert_int_equal(physmem_alloc_pages(pm, 1, GFP_DMA32, 0, &c), 0);
	assert_ptr_equal(c, a);
	physmem_free_pages(pm, 1, c, 0);
	physmem_free_pages(pm, 1, b, 0);
	assert_int_equal(zone_info(pm).nr_pcp, 2 * batch);
	/* Orders above the limit have no list. */
	assert_int_equal(physmem_alloc_pages(pm, 0, GFP_DMA32,
					     PCP_MAX_ORDER + 1, &a),
			 0);
	physmem_free_pages(pm, 0, a, PCP_MAX_ORDER + 1);
	assert_int_equal(zone_info(pm).nr_pcp, 2 * batch);
	assert_pm_sound(pm);
	physmem_settle(pm);
	assert_int_equal(zone_info(pm).nr_pcp, 0);
	physmem_destroy(pm);
}

static void test_pcp__limit(void **state)
{
	static struct page *page[ZONE_PAGES];
	struct physmem *pm = open_full();
	uint32_t high = zone_info(pm).pcp_high;
	uint64_t nr;

	(void)state;
	for (nr = 0; nr < 4ull * high; nr++)
		assert_int_equal(
			physmem_alloc_pages(pm, 0, GFP_DMA32, 0, &page[nr]), 0);
	while (nr--) {
		physmem_free_pages(pm, 0, page[nr], 0);
		assert_true(zone_info(pm).nr_pcp <= high);
	}
	assert_pm_sound(pm);
	physmem_destroy(pm);
}

/* Single pages only, six batches, and a drain is a batch. */
static void test_pcp__of_4_20(void **state)
{
	static struct page *page[4000];
	struct physmem *pm = machine("mt8173-4.20");
	struct zone_info info = zone_info(pm);
	uint64_t managed = info.managed;
	struct page *block;
	unsigned i;

	(void)state;
	assert_int_equal(info.pcp_batch, 63);
	assert_int_equal(info.pcp_high, 6 * 63);
	assert_int_equal(physmem_alloc_pages(pm, 0, GFP_DMA32, 1, &block), 0);
	assert_int_equal(zone_info(pm).nr_pcp, 0);
	physmem_free_pages(pm, 0, block, 1);
	assert_int_equal(zone_info(pm).nr_free, managed);
	for (i = 0; i < ARRAY_SIZE(page); i++)
		assert_int_equal(
			physmem_alloc_pages(pm, 0, GFP_DMA32, 0, &page[i]), 0);
	while (i--) {
		uint64_t before = zone_info(pm).nr_pcp;

		physmem_free_pages(pm, 0, page[i], 0);
		info = zone_info(pm);
		assert_true(info.nr_pcp == before + 1 ||
			    (before + 1 == 6 * 63 && info.nr_pcp == 5 * 63));
	}
	assert_pm_sound(pm);
	physmem_destroy(pm);
}

/* What another CPU keeps is lost to who may not reclaim. */
static void test_pcp__drained_by_reclaim(void **state)
{
	static struct page *page[2 * ZONE_PAGES];
	struct physmem *pm = open_full();
	struct page *one = NULL;
	uint64_t nr, i;

	(void)state;
	nr = drain(pm, GFP_KERNEL | GFP_DMA32, page);
	for (i = 0; i < 20; i++)
		physmem_free_pages(pm, 1, page[--nr], 0);
	assert_int_equal(physmem_alloc_pages(pm, 0, GFP_DMA32, 0, &one),
			 -ENOMEM);
	assert_int_equal(
		physmem_alloc_pages(pm, 0, GFP_KERNEL | GFP_DMA32, 0, &one), 0);
	physmem_free_pages(pm, 0, one, 0);
	give_back(pm, page, nr);
	physmem_destroy(pm);
}

/* Unmovable pages gather in one block instead of spoiling many. */
static void test_types__unmovable_together(void **state)
{
	static struct page *movable[2000], *table[200];
	struct physmem *pm = open_full();
	uint64_t blocks = 0, last = ~0ull;
	struct physmem_usage usage;
	unsigned i;

	(void)state;
	for (i = 0; i < 2000; i++) {
		assert_int_equal(physmem_alloc_pages(pm, 0,
						     GFP_DMA32 | __GFP_MOVABLE,
						     0, &movable[i]),
				 0);
		if (i % 10 == 0)
			assert_int_equal(physmem_alloc_pages(pm, 0, GFP_DMA32,
							     0, &table[i / 10]),
					 0);
	}
	for (i = 0; i < 200; i++) {
		uint64_t block = physmem_page_paddr(pm, table[i]) >>
				 (PAGE_SHIFT + PAGEBLOCK_ORDER);

		blocks += block != last;
		last = block;
	}
	assert_int_equal(blocks, 1);
	physmem_usage(pm, &usage);
	assert_true(usage.nr_steals > 0);
	assert_pm_sound(pm);
	for (i = 0; i < 2000; i++)
		physmem_free_pages(pm, 0, movable[i], 0);
	give_back(pm, table, 200);
	physmem_destroy(pm);
}

/* Below the low mark an atomic request of order 3 keeps a block for others. */
static void test_types__highatomic(void **state)
{
	static struct page *page[2 * ZONE_PAGES];
	struct physmem *pm = open_full();
	struct page *block = NULL, *other = NULL;
	struct zone_info info;
	uint64_t nr = 0;

	(void)state;
	while (zone_info(pm).nr_free >= zone_info(pm).low)
		assert_int_equal(physmem_alloc_pages(pm, 0,
						     GFP_DMA32 | __GFP_MOVABLE,
						     0, &page[nr++]),
				 0);
	assert_true(zone_info(pm).nr_free > zone_info(pm).min);
	assert_int_equal(zone_info(pm).nr_highatomic, 0);
	assert_int_equal(physmem_alloc_pages(pm, 0, GFP_ATOMIC | GFP_DMA32, 3,
					     &block),
			 0);
	info = zone_info(pm);
	assert_int_equal(info.nr_highatomic, 1u << PAGEBLOCK_ORDER);
	/* The reserve is not there for who has no right to it. */
	assert_int_equal(physmem_alloc_pages(pm, 0, GFP_KERNEL | GFP_DMA32, 0,
					     &other),
			 -ENOMEM);
	assert_int_equal(physmem_alloc_pages(pm, 0, GFP_ATOMIC | GFP_DMA32, 0,
					     &other),
			 0);
	assert_pm_sound(pm);
	physmem_free_pages(pm, 0, other, 0);
	physmem_free_pages(pm, 0, block, 3);
	give_back(pm, page, nr);
	physmem_settle(pm);
	assert_int_equal(zone_info(pm).nr_highatomic, 0);
	assert_int_equal(zone_info(pm).nr_free, ZONE_PAGES);
	assert_pm_sound(pm);
	physmem_destroy(pm);
}

static void test_page_alloc__random(void **state)
{
	enum { NR_OPS = 300000, NR_LIVE = 8000 };
	static const gfp_t gfp[] = { GFP_ATOMIC | GFP_DMA32, GFP_KERNEL,
				     GFP_DMA32 | __GFP_MOVABLE,
				     GFP_DMA32 | __GFP_RECLAIMABLE,
				     GFP_KERNEL | __GFP_MOVABLE };
	static struct {
		struct page *page;
		unsigned order;
	} live[NR_LIVE];
	struct physmem *pm = open_full();
	uint64_t before[MAX_ORDER + 1], after[MAX_ORDER + 1];
	uint64_t seed = 20181113, nr_failed = 0, held = 0;

	(void)state;
	memset(live, 0, sizeof(live));
	physmem_free_area(pm, ZONE_DMA32, before);
	for (unsigned i = 0; i < NR_OPS; i++) {
		unsigned n = rng_below(&seed, NR_LIVE);
		unsigned cpu = rng_below(&seed, 2);

		if (live[n].page) {
			physmem_free_pages(pm, cpu, live[n].page,
					   live[n].order);
			held -= 1ull << live[n].order;
			live[n].page = NULL;
		} else {
			live[n].order = rng_below(&seed, 6);
			if (physmem_alloc_pages(pm, cpu,
						gfp[rng_below(&seed, 5)],
						live[n].order, &live[n].page))
				nr_failed++;
			else
				held += 1ull << live[n].order;
		}
		assert_int_equal(pages_free(pm), 2 * ZONE_PAGES - held);
		if (i % 1000 == 0)
			assert_pm_sound(pm);
	}
	assert_true(nr_failed > 100);
	for (unsigned n = 0; n < NR_LIVE; n++)
		if (live[n].page)
			physmem_free_pages(pm, 0, live[n].page, live[n].order);
	assert_pm_sound(pm);
	physmem_settle(pm);
	physmem_free_area(pm, ZONE_DMA32, after);
	assert_memory_equal(before, after, sizeof(before));
	assert_pm_sound(pm);
	physmem_destroy(pm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zones__as_real_kernels),
		cmocka_unit_test(test_extfrag__as_real_kernels),
		cmocka_unit_test(test_extfrag__by_hand),
		cmocka_unit_test(test_marks__by_gfp),
		cmocka_unit_test(test_marks__reserve_for_lower_zones),
		cmocka_unit_test(test_pcp__lists),
		cmocka_unit_test(test_pcp__limit),
		cmocka_unit_test(test_pcp__of_4_20),
		cmocka_unit_test(test_pcp__drained_by_reclaim),
		cmocka_unit_test(test_types__unmovable_together),
		cmocka_unit_test(test_types__highatomic),
		cmocka_unit_test(test_page_alloc__random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
