// SPDX-License-Identifier: GPL-2.0-only
/*
 * The IOMMU core: page size selection against a brute-force reference, and map
 * and unmap with rollback, holes and whole slots.
 */
#include "iommu.h"
#include "v7s_fixture.h"

#define NR_RANDOM 200000

static uint64_t rng(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* Largest supported size that divides both addresses and fits, by trial. */
static uint64_t ref_pgsize(uint64_t pgsizes, uint64_t iova, uint64_t paddr,
			   uint64_t size)
{
	uint64_t best = 0;

	for (unsigned bit = 12; bit < 32; bit++) {
		uint64_t pgsize = 1ull << bit;

		if (!(pgsizes & pgsize) || pgsize > size)
			continue;
		if (iova % pgsize == 0 && paddr % pgsize == 0)
			best = pgsize;
	}
	return best;
}

/* Pages of pgsize until the next larger size is usable, one at a time. */
static uint64_t ref_count(uint64_t pgsizes, uint64_t pgsize, uint64_t iova,
			  uint64_t paddr, uint64_t size)
{
	uint64_t larger = pgsize * 2;
	uint64_t done = pgsize;

	while (larger < SZ_4G && !(pgsizes & larger))
		larger *= 2;
	while (size - done >= pgsize) {
		if (larger < SZ_4G && (iova + done) % larger == 0 &&
		    (paddr + done) % larger == 0 && size - done >= larger)
			break;
		done += pgsize;
	}
	return done / pgsize;
}

static void test_iommu__pgsize_equals_brute_force(void **state)
{
	static const uint64_t sets[] = { V7S_PGSIZES, SZ_4K, SZ_4K | SZ_1M,
					 SZ_4K | SZ_64K | SZ_1M,
					 SZ_4K | SZ_16M };
	unsigned seen[32] = { 0 };
	uint64_t seed = 1;

	(void)state;
	for (unsigned i = 0; i < NR_RANDOM; i++) {
		uint64_t set = sets[rng(&seed) % ARRAY_SIZE(sets)];
		uint64_t align = ~0ull << (12 + rng(&seed) % 14);
		uint64_t iova = rng(&seed) % SZ_4G & align;
		uint64_t paddr = rng(&seed) % SZ_4G & align;
		uint64_t size =
			(1 + rng(&seed) % (1ull << rng(&seed) % 14)) * SZ_4K;
		uint64_t pgsize;
		size_t count;

		if (rng(&seed) % 2)
			paddr = iova;
		iova &= -(uint64_t)SZ_4K;
		pgsize = iommu_pgsize(set, iova, paddr, size, &count);
		assert_int_equal(pgsize, ref_pgsize(set, iova, paddr, size));
		assert_int_equal(count,
				 ref_count(set, pgsize, iova, paddr, size));
		seen[fls64(pgsize) - 1]++;
	}
	assert_true(seen[12] > 1000);
	assert_true(seen[16] > 1000);
	assert_true(seen[20] > 1000);
	assert_true(seen[24] > 100);
}

static struct iommu_range range_of(uint64_t iova, phys_addr_t paddr,
				   uint64_t size)
{
	return (struct iommu_range){
		.iova = iova,
		.paddr = paddr,
		.size = size,
		.prot = PROT_RW,
		.gfp = GFP_ATOMIC,
	};
}

static void count_leaf(void *ctx, const struct v7s_entry *entry)
{
	unsigned *nr = ctx;

	nr[0] += entry->is_table;
	nr[1] += entry->l2_index >= 0;
	nr[2] += entry->l2_index < 0 && !entry->is_table;
}

static void test_iommu__map_uses_all_sizes(void **state)
{
	uint64_t size = SZ_16M + SZ_1M + SZ_64K + SZ_4K;
	struct iommu_range range =
		range_of(SZ_16M, SZ_16M * 2, SZ_16M + SZ_1M + SZ_64K + SZ_4K);
	unsigned nr[3] = { 0 };
	struct fixture f;

	(void)state;
	fixture_open(&f, &config_plain);
	assert_int_equal(iommu_map(f.table, &range), 0);
	v7s_walk(f.table, count_leaf, nr);
	assert_int_equal(nr[0], 1);
	assert_int_equal(nr[1], 17);
	assert_int_equal(nr[2], 17);
	for (uint64_t i = 0; i < size; i += SZ_4K)
		assert_int_equal(v7s_iova_to_phys(f.table, SZ_16M + i),
				 SZ_16M * 2 + i);
	assert_int_equal(v7s_iova_to_phys(f.table, SZ_16M + size), 0);
	assert_int_equal(iommu_unmap(f.table, &range), size);
	assert_int_equal(v7s_digest(f.table, V7S_DIGEST_INIT), V7S_DIGEST_INIT);
	fixture_close(&f);
}

static void test_iommu__misaligned_is_refused(void **state)
{
	struct iommu_range good = range_of(SZ_4K, SZ_4K, SZ_4K);
	struct iommu_range bad;
	struct fixture f;

	(void)state;
	fixture_open(&f, &config_plain);
	bad = range_of(SZ_4K + 1, SZ_4K, SZ_4K);
	assert_int_equal(iommu_map(f.table, &bad), -EINVAL);
	assert_int_equal(iommu_unmap(f.table, &bad), 0);
	bad = range_of(SZ_4K, SZ_1K, SZ_4K);
	assert_int_equal(iommu_map(f.table, &bad), -EINVAL);
	bad = range_of(SZ_4K, SZ_4K, SZ_4K + SZ_1K);
	assert_int_equal(iommu_map(f.table, &bad), -EINVAL);
	assert_int_equal(iommu_unmap(f.table, &bad), 0);
	assert_int_equal(v7s_stats(f.table)->l2_allocs, 0);
	bad = range_of(SZ_4K, SZ_4K, 0);
	assert_int_equal(iommu_map(f.table, &bad), 0);
	assert_int_equal(iommu_unmap(f.table, &bad), 0);
	assert_int_equal(iommu_map(f.table, &good), 0);
	assert_int_equal(iommu_unmap(f.table, &good), SZ_4K);
	fixture_close(&f);
}

static void test_iommu__no_page_size(void **state)
{
	struct iommu_range range = range_of(0, 0, SZ_4K);
	struct v7s_config cfg = config_plain;
	struct fixture f;

	(void)state;
	cfg.pgsizes = 0x40000000;
	fixture_open(&f, &cfg);
	assert_int_equal(iommu_map(f.table, &range), -ENODEV);
	assert_int_equal(iommu_unmap(f.table, &range), 0);
	fixture_close(&f);
}

static void test_iommu__failed_map_is_undone(void **state)
{
	struct iommu_range range = range_of(SZ_1M - SZ_64K, 0, 4 * SZ_1M);
	struct iommu_range in_the_way = range_of(4 * SZ_1M, 0, SZ_4K);
	struct fixture f;
	uint64_t before;

	(void)state;
	fixture_open(&f, &config_plain);
	assert_int_equal(iommu_map(f.table, &in_the_way), 0);
	before = v7s_digest(f.table, V7S_DIGEST_INIT);
	assert_int_equal(iommu_map(f.table, &range), -EEXIST);
	assert_int_equal(v7s_digest(f.table, V7S_DIGEST_INIT), before);

	f.fault = (struct fault_attr){ .nth = 3 };
	range = range_of(SZ_16M, 0x5000, 4 * SZ_1M);
	assert_int_equal(iommu_map(f.table, &range), -ENOMEM);
	assert_int_equal(f.fault.fired, 1);
	assert_int_equal(v7s_digest(f.table, V7S_DIGEST_INIT), before);
	assert_int_equal(iommu_map(f.table, &range), 0);
	fixture_close(&f);
}

static void test_iommu__range_errors_pass(void **state)
{
	struct iommu_range range = range_of(SZ_4G, 0, SZ_4K);
	struct fixture f;

	(void)state;
	fixture_open(&f, &config_plain);
	assert_int_equal(iommu_map(f.table, &range), -ERANGE);
	assert_int_equal(iommu_unmap(f.table, &range), 0);
	range = range_of(0, 0, SZ_4K);
	range.prot = IOMMU_CACHE;
	assert_int_equal(iommu_map(f.table, &range), -EINVAL);
	fixture_close(&f);
}

static void test_iommu__unmap_frees_whole_slots(void **state)
{
	/* 4K pages only: iova and paddr differ modulo 64K. */
	struct iommu_range range = range_of(SZ_1M, 0x5000, 2 * SZ_1M + SZ_64K);
	struct fixture f;

	(void)state;
	fixture_open(&f, &config_plain);
	assert_int_equal(iommu_map(f.table, &range), 0);
	assert_int_equal(v7s_stats(f.table)->l2_live, 3);
	assert_int_equal(iommu_unmap(f.table, &range), range.size);
	assert_int_equal(v7s_stats(f.table)->l2_live, 1);
	assert_int_equal(v7s_empty_tables(f.table), 1);
	fixture_close(&f);
}

static void test_iommu__unmap_stops_at_hole(void **state)
{
	struct iommu_range all = range_of(SZ_1M, SZ_1M, SZ_1M);
	struct iommu_range hole = range_of(SZ_1M + SZ_64K, 0, SZ_64K);
	struct iommu_range part = range_of(SZ_1M + SZ_4K, 0, SZ_1M - SZ_4K);
	struct v7s_config cfg = config_plain;
	struct fixture f;

	(void)state;
	cfg.pgsizes = SZ_4K | SZ_64K;
	fixture_open(&f, &cfg);
	assert_int_equal(iommu_map(f.table, &all), 0);
	assert_int_equal(iommu_unmap(f.table, &hole), SZ_64K);
	assert_int_equal(iommu_unmap(f.table, &part), SZ_64K - SZ_4K);
	assert_int_equal(v7s_iova_to_phys(f.table, SZ_1M), SZ_1M);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_iommu__pgsize_equals_brute_force),
		cmocka_unit_test(test_iommu__map_uses_all_sizes),
		cmocka_unit_test(test_iommu__misaligned_is_refused),
		cmocka_unit_test(test_iommu__no_page_size),
		cmocka_unit_test(test_iommu__failed_map_is_undone),
		cmocka_unit_test(test_iommu__range_errors_pass),
		cmocka_unit_test(test_iommu__unmap_frees_whole_slots),
		cmocka_unit_test(test_iommu__unmap_stops_at_hole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
