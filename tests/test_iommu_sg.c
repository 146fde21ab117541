// SPDX-License-Identifier: GPL-2.0-only
/*
 * The IOMMU core with lists of segments: merged where they touch, undone as a
 * whole where one fails; and with 4.20's driver, called for each page.
 */
#include "iommu.h"
#include "v7s_fixture.h"

#define NR_LISTS 300
#define MAX_SEGMENTS 24
#define START (SZ_16M + 0x5000ull)

static uint64_t rng(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

struct list {
	struct iommu_segment segment[MAX_SEGMENTS];
	unsigned nr;
	uint64_t size;
	unsigned nr_merged; /* segments that follow the one before */
};

/* Half of the segments touch the one before, in memory. */
static void make_list(struct list *list, uint64_t *seed)
{
	phys_addr_t end = 0;

	*list = (struct list){ .nr = 1 + (unsigned)(rng(seed) % MAX_SEGMENTS) };
	for (unsigned i = 0; i < list->nr; i++) {
		struct iommu_segment *s = &list->segment[i];

		s->length = (1 + rng(seed) % 300) * SZ_4K;
		s->paddr = rng(seed) % 2 ? end : (rng(seed) % 4096) * SZ_64K;
		list->nr_merged += i && s->paddr == end;
		end = s->paddr + s->length;
		list->size += s->length;
	}
}

static struct iommu_range range_at(uint64_t iova)
{
	return (struct iommu_range){
		.iova = iova,
		.prot = PROT_RW,
		.gfp = GFP_ATOMIC,
	};
}

static int map_list(struct fixture *f, const struct list *list, uint64_t iova,
		    uint64_t *ret_mapped)
{
	struct iommu_range range = range_at(iova);

	return iommu_map_sg(f->table, &range, list->segment, list->nr,
			    ret_mapped);
}

static void assert_translates(const struct fixture *f, const struct list *list,
			      uint64_t iova)
{
	for (unsigned i = 0; i < list->nr; i++) {
		const struct iommu_segment *s = &list->segment[i];

		for (uint64_t at = 0; at < s->length; at += SZ_4K)
			assert_int_equal(v7s_iova_to_phys(f->table,
							  iova + at + 7),
					 s->paddr + at + 7);
		iova += s->length;
	}
}

static void test_iommu_sg__translates(void **state)
{
	static const struct v7s_config *const configs[] = { &config_plain,
							    &config_mtk };
	unsigned nr_merged = 0;
	uint64_t seed = 7;

	(void)state;
	for (unsigned i = 0; i < NR_LISTS; i++) {
		struct iommu_range range = range_at(START);
		uint64_t mapped = 0;
		struct list list;
		struct fixture f;

		make_list(&list, &seed);
		fixture_open(&f, configs[i % ARRAY_SIZE(configs)]);
		assert_int_equal(map_list(&f, &list, START, &mapped), 0);
		assert_int_equal(mapped, list.size);
		assert_translates(&f, &list, START);
		assert_int_equal(v7s_iova_to_phys(f.table, START - 1), 0);
		assert_int_equal(v7s_iova_to_phys(f.table, START + list.size),
				 0);
		range.size = list.size;
		assert_int_equal(iommu_unmap(f.table, &range), list.size);
		nr_merged += list.nr_merged;
		fixture_close(&f);
	}
	assert_true(nr_merged > NR_LISTS);
}

/* What touches becomes a section, and needs no table. */
static void test_iommu_sg__merges(void **state)
{
	struct list list = { .nr = 3, .size = SZ_1M };
	struct fixture f;
	uint64_t mapped;

	(void)state;
	list.segment[0] = (struct iommu_segment){ 0x62000000, SZ_64K };
	list.segment[1] = (struct iommu_segment){ 0x62010000, SZ_4K };
	list.segment[2] =
		(struct iommu_segment){ 0x62011000, SZ_1M - SZ_64K - SZ_4K };
	fixture_open(&f, &config_plain);
	assert_int_equal(map_list(&f, &list, SZ_1M, &mapped), 0);
	assert_int_equal(v7s_stats(f.table)->l2_allocs, 0);
	fixture_close(&f);

	list.segment[2].paddr += SZ_4K;
	fixture_open(&f, &config_plain);
	assert_int_equal(map_list(&f, &list, SZ_1M, &mapped), 0);
	assert_int_equal(v7s_stats(f.table)->l2_allocs, 1);
	fixture_close(&f);
}

static void test_iommu_sg__empty_list(void **state)
{
	struct iommu_range range = range_at(0);
	uint64_t mapped = 1;
	struct fixture f;

	(void)state;
	fixture_open(&f, &config_plain);
	assert_int_equal(iommu_map_sg(f.table, &range, NULL, 0, &mapped), 0);
	assert_int_equal(mapped, 0);
	fixture_close(&f);
}

/* Any table may be the one that is not to be had. */
static void test_iommu_sg__failures_are_undone(void **state)
{
	struct iommu_range neighbour = range_at(START - SZ_4K);
	uint64_t seed = 3, before, mapped;
	unsigned nr_failed = 0;

	(void)state;
	neighbour.size = SZ_4K;
	for (unsigned i = 0; i < NR_LISTS / 10; i++) {
		struct list list;
		struct fixture f;
		unsigned n = 0;

		make_list(&list, &seed);
		fixture_open(&f, &config_plain);
		assert_int_equal(iommu_map(f.table, &neighbour), 0);
		before = v7s_digest(f.table, V7S_DIGEST_INIT);
		for (;;) {
			f.fault = (struct fault_attr){ .nth = ++n };
			mapped = 1;
			if (!map_list(&f, &list, START, &mapped))
				break;
			assert_int_equal(f.fault.fired, 1);
			assert_int_equal(mapped, 1);
			assert_int_equal(v7s_digest(f.table, V7S_DIGEST_INIT),
					 before);
			nr_failed++;
		}
		assert_int_equal(f.fault.fired, 0);
		assert_translates(&f, &list, START);
		fixture_close(&f);
	}
	assert_true(nr_failed > NR_LISTS / 10);
}

static void test_iommu_sg__misaligned_segment(void **state)
{
	struct list list = { .nr = 3 };
	uint64_t mapped = 1;
	struct fixture f;

	(void)state;
	fixture_open(&f, &config_plain);
	for (unsigned i = 0; i < list.nr; i++) {
		for (unsigned k = 0; k < list.nr; k++)
			list.segment[k] = (struct iommu_segment){
				(k + 1) * SZ_16M,
				SZ_1M,
			};
		list.segment[i].length += SZ_1K;
		assert_int_equal(map_list(&f, &list, 0, &mapped), -EINVAL);
		list.segment[i].length = SZ_4K;
		list.segment[i].paddr += SZ_1K;
		assert_int_equal(map_list(&f, &list, 0, &mapped), -EINVAL);
		assert_int_equal(mapped, 1);
		assert_int_equal(v7s_digest(f.table, V7S_DIGEST_INIT),
				 V7S_DIGEST_INIT);
	}
	fixture_close(&f);
}

/* The same lists and the same pages, whoever counts them. */
static void test_iommu_sg__4_20_maps_alike(void **state)
{
	uint64_t seed = 11;

	(void)state;
	for (unsigned i = 0; i < NR_LISTS / 10; i++) {
		uint64_t digest[2], mapped;
		struct list list;

		make_list(&list, &seed);
		for (unsigned old = 0; old < 2; old++) {
			struct v7s_config cfg = config_plain;
			struct fixture f;

			cfg.kernel = old ? V7S_KERNEL_4_20 : V7S_KERNEL_6_1;
			fixture_open(&f, &cfg);
			assert_int_equal(map_list(&f, &list, START, &mapped),
					 0);
			digest[old] = v7s_digest(f.table, V7S_DIGEST_INIT);
			fixture_close(&f);
		}
		assert_int_equal(digest[0], digest[1]);
	}
}

/*
 * At a hole: 6.1 is told that less was unmapped, asks once more, and is warned
 * twice; 4.20, which asks for one page at a time, is told by the first warning.
 */
static void test_iommu_sg__4_20_unmaps_one_by_one(void **state)
{
	(void)state;
	for (unsigned old = 0; old < 2; old++) {
		struct iommu_range range = range_at(0);
		struct v7s_config cfg = config_plain;
		struct fixture f;

		cfg.kernel = old ? V7S_KERNEL_4_20 : V7S_KERNEL_6_1;
		fixture_open(&f, &cfg);
		range.size = 4 * SZ_4K;
		assert_int_equal(iommu_map(f.table, &range), 0);
		range.size = 8 * SZ_4K;
		assert_int_equal(iommu_unmap(f.table, &range), 4 * SZ_4K);
		assert_int_equal(v7s_stats(f.table)->warns, old ? 1 : 2);
		fixture_close(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_iommu_sg__translates),
		cmocka_unit_test(test_iommu_sg__merges),
		cmocka_unit_test(test_iommu_sg__empty_list),
		cmocka_unit_test(test_iommu_sg__failures_are_undone),
		cmocka_unit_test(test_iommu_sg__misaligned_segment),
		cmocka_unit_test(test_iommu_sg__4_20_maps_alike),
		cmocka_unit_test(test_iommu_sg__4_20_unmaps_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
