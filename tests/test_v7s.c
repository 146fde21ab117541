// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page table case by case: descriptors, errors, partial progress, splits
 * with 6.1's defects, walk and digest.
 */
#include "v7s_fixture.h"

struct pte_case {
	uint32_t quirks;
	int prot;
	uint32_t pte[4]; /* 4K, 64K, 1M, 16M; without address */
};

#define MTK_QUIRKS (V7S_QUIRK_ARM_NS | V7S_QUIRK_NO_PERMS)

static const struct pte_case pte_cases[] = {
	{ MTK_QUIRKS, PROT_RW, { 0xc42, 0x1c01, 0xb1002, 0xf1002 } },
	{ MTK_QUIRKS,
	  PROT_RW | IOMMU_CACHE,
	  { 0xc4e, 0x1c0d, 0xb100e, 0xf100e } },
	{ MTK_QUIRKS, PROT_RW | IOMMU_MMIO, { 0xc06, 0xc05, 0xb0006, 0xf0006 } },
	{ 0, PROT_RW, { 0xc72, 0x1c31, 0x31c02, 0x71c02 } },
	{ 0, IOMMU_READ, { 0xe72, 0x1e31, 0x39c02, 0x79c02 } },
	{ 0,
	  PROT_RW | IOMMU_CACHE | IOMMU_NOEXEC,
	  { 0xc7f, 0x9c3d, 0x31c1e, 0x71c1e } },
	{ 0, PROT_RW | IOMMU_PRIV, { 0xc52, 0x1c11, 0x31402, 0x71402 } },
};

static const uint64_t pgsizes[] = { SZ_4K, SZ_64K, SZ_1M, SZ_16M };

static void note_leaf(void *ctx, const struct v7s_entry *entry)
{
	if (!entry->is_table)
		*(uint32_t *)ctx = entry->pte;
}

static uint32_t leaf_of(const struct pte_case *c, uint64_t pgsize)
{
	struct v7s_config cfg = config_plain;
	struct v7s_op op = {
		.paddr = 0x41000000,
		.pgsize = pgsize,
		.pgcount = 1,
		.prot = c->prot,
		.gfp = GFP_ATOMIC,
	};
	struct fixture f;
	uint32_t pte = 0;
	size_t mapped;

	cfg.quirks = c->quirks;
	fixture_open(&f, &cfg);
	assert_int_equal(v7s_map_pages(f.table, &op, &mapped), 0);
	v7s_walk(f.table, note_leaf, &pte);
	fixture_close(&f);
	return pte;
}

static void test_v7s__descriptors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pte_cases); i++)
		for (size_t k = 0; k < ARRAY_SIZE(pgsizes); k++)
			assert_int_equal(leaf_of(&pte_cases[i], pgsizes[k]),
					 0x41000000 | pte_cases[i].pte[k]);
}

static void test_v7s__high_paddr(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, &config_mtk);
	for (uint64_t high = 0; high < 8; high++) {
		for (size_t k = 0; k < ARRAY_SIZE(pgsizes); k++) {
			uint64_t iova = (high * 4 + k) * SZ_16M;
			phys_addr_t paddr = high << 32 | 0x55000000;

			assert_int_equal(
				map_1(f.table, iova, paddr, pgsizes[k]), 0);
			assert_int_equal(v7s_iova_to_phys(f.table,
							  iova + 0xabc),
					 paddr + 0xabc);
		}
	}
	fixture_close(&f);
}

static int try_create(struct fixture *f, unsigned ias, unsigned oas,
		      uint32_t quirks)
{
	struct v7s_config cfg = { .ias = ias, .oas = oas, .quirks = quirks };
	struct v7s_env env = { .pm = f->pm, .l2 = f->l2 };
	int err = v7s_create(&cfg, &env, 0, &f->table);

	if (!err) {
		v7s_destroy(f->table, 0);
		f->table = NULL;
	}
	return err;
}

static void test_v7s__create_refuses(void **state)
{
	uint32_t mtk = V7S_QUIRK_MTK_EXT | V7S_QUIRK_NO_PERMS;
	struct fixture f;

	(void)state;
	fixture_machine(&f, "x86-2g");
	fixture_strategy(&f, "page", 0);
	assert_int_equal(try_create(&f, 32, 32, 0), 0);
	assert_int_equal(try_create(&f, 20, 0, 0), 0);
	assert_int_equal(try_create(&f, 34, 35, mtk), 0);
	assert_int_equal(try_create(&f, 19, 32, 0), -EINVAL);
	assert_int_equal(try_create(&f, 33, 32, 0), -EINVAL);
	assert_int_equal(try_create(&f, 32, 33, 0), -EINVAL);
	assert_int_equal(try_create(&f, 35, 35, mtk), -EINVAL);
	assert_int_equal(try_create(&f, 34, 36, mtk), -EINVAL);
	assert_int_equal(try_create(&f, 32, 32, 1u << 2), -EINVAL);
	assert_int_equal(try_create(&f, 32, 32, 1u << 5), -EINVAL);
	assert_int_equal(try_create(&f, 32, 32, V7S_QUIRK_MTK_EXT), -EINVAL);
	assert_int_equal(try_create(&f, 32, 32, V7S_QUIRK_MTK_TTBR_EXT),
			 -EINVAL);
	/* All RAM of this machine is above 2^20. */
	assert_int_equal(try_create(&f, 32, 20, mtk | V7S_QUIRK_MTK_TTBR_EXT),
			 -ERANGE);
	fixture_close(&f);
}

static void test_v7s__create_without_memory(void **state)
{
	struct fault_attr fault = { .nth = 1 };
	struct fixture f;

	(void)state;
	fixture_machine(&f, "x86-2g");
	fixture_strategy(&f, "page", 0);
	physmem_set_fault(f.pm, &fault);
	assert_int_equal(try_create(&f, 32, 32, 0), -ENOMEM);
	assert_int_equal(fault.fired, 1);
	assert_int_equal(try_create(&f, 32, 32, 0), 0);
	physmem_set_fault(f.pm, NULL);
	fixture_close(&f);
	v7s_destroy(NULL, 0);
}

static void test_v7s__registers(void **state)
{
	struct v7s_regs regs;
	struct fixture f;

	(void)state;
	fixture_open(&f, &config_plain);
	v7s_regs(f.table, &regs);
	assert_int_equal(regs.tcr, 0);
	assert_int_equal(regs.prrr, 0x800b8204);
	assert_int_equal(regs.nmrr, 0x40004000);
	assert_int_equal(regs.ttbr & 0xfff, 0x6a);
	fixture_close(&f);
}

static void test_v7s__map_errors(void **state)
{
	struct v7s_op op = { .pgsize = SZ_4K, .pgcount = 1, .gfp = GFP_ATOMIC };
	struct fixture f;
	size_t mapped = 1;

	(void)state;
	fixture_open(&f, &config_plain);
	assert_int_equal(v7s_map_pages(f.table, &op, &mapped), -EINVAL);
	assert_int_equal(mapped, 0);
	op.prot = IOMMU_CACHE | IOMMU_NOEXEC | IOMMU_MMIO | IOMMU_PRIV;
	assert_int_equal(v7s_map_pages(f.table, &op, &mapped), -EINVAL);
	assert_int_equal(map_n(f.table, 0, 0, SZ_4K, 0, NULL), -EINVAL);
	assert_int_equal(map_1(f.table, 0, 0, 0), -EINVAL);
	assert_int_equal(map_1(f.table, 0, 0, SZ_4K | SZ_64K), -EINVAL);
	assert_int_equal(map_1(f.table, 0, 0, 2 * SZ_4K), -EINVAL);
	assert_int_equal(v7s_stats(f.table)->warns, 0);
	assert_int_equal(map_1(f.table, SZ_4G, 0, SZ_4K), -ERANGE);
	assert_int_equal(map_1(f.table, 0, SZ_4G, SZ_4K), -ERANGE);
	assert_int_equal(v7s_stats(f.table)->warns, 2);
	assert_int_equal(unmap_n(f.table, 0, 2 * SZ_4K, 1), 0);
	assert_int_equal(unmap_n(f.table, 0, SZ_4K, 0), 0);
	assert_int_equal(v7s_stats(f.table)->warns, 2);
	assert_int_equal(unmap_n(f.table, SZ_4G, SZ_4K, 1), 0);
	assert_int_equal(v7s_stats(f.table)->warns, 3);
	assert_int_equal(v7s_stats(f.table)->l2_allocs, 0);
	fixture_close(&f);
}

static void test_v7s__exists_keeps_what_came_before(void **state)
{
	struct fixture f;
	size_t mapped;

	(void)state;
	fixture_open(&f, &config_plain);
	assert_int_equal(map_1(f.table, 4 * SZ_4K, 0, SZ_4K), 0);
	assert_int_equal(map_n(f.table, 0, SZ_1M, SZ_4K, 16, &mapped), -EEXIST);
	assert_int_equal(mapped, 4 * SZ_4K);
	assert_int_equal(v7s_iova_to_phys(f.table, 3 * SZ_4K),
			 SZ_1M + 3 * SZ_4K);
	assert_int_equal(map_1(f.table, 0, SZ_1M, SZ_64K), -EEXIST);
	assert_int_equal(v7s_stats(f.table)->warns, 2);
	fixture_close(&f);
}

static void test_v7s__run_wraps_over_the_top(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, &config_plain);
	assert_int_equal(
		map_n(f.table, SZ_4G - SZ_1M, 0xfff00000, SZ_1M, 2, NULL), 0);
	assert_int_equal(v7s_iova_to_phys(f.table, SZ_4G - 1), 0xffffffff);
	assert_int_equal(v7s_iova_to_phys(f.table, 5), 5);
	assert_int_equal(unmap_n(f.table, SZ_4G - SZ_1M, SZ_1M, 2), 2 * SZ_1M);
	fixture_close(&f);
}

static void test_v7s__past_the_end_of_a_table(void **state)
{
	struct v7s_config cfg = config_plain;
	struct fixture f;

	(void)state;
	cfg.ias = 24;
	fixture_open(&f, &cfg);
	assert_int_equal(map_1(f.table, SZ_1M, 0, SZ_16M), -EINVAL);
	assert_int_equal(map_1(f.table, 0xf1000, 0, SZ_64K), -EINVAL);
	/* As in 6.1, the table is there before the page turns out not to fit;
	 * and what lies before the end is looked at first. */
	assert_int_equal(v7s_stats(f.table)->l2_allocs, 1);
	assert_int_equal(unmap_n(f.table, SZ_1M, SZ_16M, 1), 0);
	assert_int_equal(v7s_stats(f.table)->warns, 1);
	assert_int_equal(map_1(f.table, 0xf5000, 0, SZ_4K), 0);
	assert_int_equal(map_1(f.table, 0xf1000, 0, SZ_64K), -EEXIST);
	assert_int_equal(v7s_stats(f.table)->warns, 2);
	assert_int_equal(map_n(f.table, 0, 0, SZ_1M, 16, NULL), 0);
	assert_int_equal(map_1(f.table, SZ_1M, 0, SZ_16M), -EEXIST);
	assert_int_equal(unmap_n(f.table, SZ_1M, SZ_16M, 1), 0);
	assert_int_equal(map_1(f.table, 0, 0, SZ_4K), -EEXIST);
	assert_int_equal(unmap_n(f.table, 0, SZ_16M, 1), SZ_16M);
	assert_int_equal(map_n(f.table, 0, 0, SZ_4K, 256, NULL), 0);
	assert_int_equal(unmap_n(f.table, 0xf1000, SZ_64K, 1), 0);
	assert_int_equal(v7s_iova_to_phys(f.table, 0xf1000), 0xf1000);
	fixture_close(&f);
}

static void test_v7s__block_over_tables(void **state)
{
	const struct v7s_stats *stats;
	struct fixture f;

	(void)state;
	fixture_open(&f, &config_plain);
	stats = v7s_stats(f.table);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(map_1(f.table, i * SZ_1M, 0, SZ_4K), 0);
	assert_int_equal(map_1(f.table, 0, 0, SZ_1M), 0);
	assert_int_equal(stats->l2_frees, 1);
	assert_int_equal(map_1(f.table, 9 * SZ_1M, 0, SZ_1M), 0);
	assert_int_equal(unmap_n(f.table, 0, SZ_1M, 1), SZ_1M);
	/* Meets the section at 9M only after it freed three tables. */
	assert_int_equal(map_1(f.table, 0, 0, SZ_16M), -EEXIST);
	assert_int_equal(stats->l2_frees, 4);
	assert_int_equal(stats->l2_live, 0);
	assert_int_equal(stats->tlb_walk, 4);
	assert_int_equal(v7s_iova_to_phys(f.table, SZ_1M), 0);
	fixture_close(&f);
}

static void test_v7s__unmap_stops_at_hole(void **state)
{
	const struct v7s_stats *stats;
	struct fixture f;

	(void)state;
	fixture_open(&f, &config_plain);
	stats = v7s_stats(f.table);
	assert_int_equal(unmap_n(f.table, 0, SZ_4K, 1), 0);
	assert_int_equal(unmap_n(f.table, 0, SZ_1M, 1), 0);
	assert_int_equal(stats->warns, 2);
	assert_int_equal(map_n(f.table, 0, 0, SZ_4K, 15, NULL), 0);
	assert_int_equal(unmap_n(f.table, 0, SZ_64K, 1), 0);
	assert_int_equal(unmap_n(f.table, 0, SZ_4K, 16), 15 * SZ_4K);
	assert_int_equal(stats->warns, 4);
	assert_int_equal(v7s_empty_tables(f.table), 1);
	assert_int_equal(stats->l2_live, 1);
	/* The empty table goes with its whole slot. */
	assert_int_equal(unmap_n(f.table, 0, SZ_1M, 1), SZ_1M);
	assert_int_equal(v7s_empty_tables(f.table), 0);
	assert_int_equal(stats->l2_live, 0);
	fixture_close(&f);
}

static void test_v7s__split_keeps_address(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, &config_mtk);
	assert_int_equal(map_1(f.table, 0, 0x640010000, SZ_64K), 0);
	assert_int_equal(unmap_n(f.table, 0x3000, SZ_4K, 1), SZ_4K);
	assert_int_equal(v7s_iova_to_phys(f.table, 0x2fff), 0x640012fff);
	assert_int_equal(v7s_iova_to_phys(f.table, 0x3000), 0);
	assert_int_equal(v7s_iova_to_phys(f.table, 0x4000), 0x640014000);

	assert_int_equal(map_1(f.table, SZ_16M, 0x761000000, SZ_16M), 0);
	assert_int_equal(unmap_n(f.table, SZ_16M + 5 * SZ_1M, SZ_1M, 1), SZ_1M);
	assert_int_equal(v7s_iova_to_phys(f.table, SZ_16M + 4 * SZ_1M),
			 0x761400000);
	assert_int_equal(v7s_iova_to_phys(f.table, SZ_16M + 5 * SZ_1M), 0);
	fixture_close(&f);
}

static void test_v7s__split_section_loses_address(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, &config_mtk);
	assert_int_equal(map_1(f.table, SZ_1M, 0x650100000, SZ_1M), 0);
	assert_int_equal(unmap_n(f.table, 0x112000, SZ_4K, 1), SZ_4K);
	assert_int_equal(v7s_iova_to_phys(f.table, 0x112345), 0);
	assert_int_equal(v7s_iova_to_phys(f.table, 0x113345), 0x13345);

	assert_int_equal(map_1(f.table, 2 * SZ_1M, 0x650100000, SZ_1M), 0);
	assert_int_equal(unmap_n(f.table, 0x230000, SZ_64K, 1), SZ_64K);
	assert_int_equal(v7s_iova_to_phys(f.table, 0x2f1234), 0xf1234);
	assert_int_equal(v7s_iova_to_phys(f.table, 0x23ffff), 0);
	fixture_close(&f);
}

static void test_v7s__supersection_needs_second_try(void **state)
{
	const struct v7s_stats *stats;
	struct fixture f;

	(void)state;
	fixture_open(&f, &config_plain);
	stats = v7s_stats(f.table);
	assert_int_equal(map_1(f.table, 0, 0x62000000, SZ_16M), 0);
	assert_int_equal(unmap_n(f.table, 0x607000, SZ_4K, 1), 0);
	assert_int_equal(stats->l2_allocs, 1);
	assert_int_equal(stats->l2_frees, 1);
	assert_int_equal(stats->warns, 0);
	assert_int_equal(v7s_iova_to_phys(f.table, 0x607000), 0x62607000);
	assert_int_equal(unmap_n(f.table, 0x607000, SZ_4K, 1), SZ_4K);
	assert_int_equal(v7s_iova_to_phys(f.table, 0x607000), 0);
	assert_int_equal(v7s_iova_to_phys(f.table, 0x701000), 0x62701000);

	assert_int_equal(map_1(f.table, SZ_16M, 0x62000000, SZ_16M), 0);
	assert_int_equal(unmap_n(f.table, SZ_16M, SZ_4K, 1), SZ_4K);
	fixture_close(&f);
}

static void test_v7s__split_without_memory(void **state)
{
	struct fixture f;
	uint64_t before;

	(void)state;
	fixture_open(&f, &config_plain);
	assert_int_equal(map_1(f.table, 0, 0x62000000, SZ_1M), 0);
	before = v7s_digest(f.table, V7S_DIGEST_INIT);
	f.fault = (struct fault_attr){ .nth = 1 };
	assert_int_equal(unmap_n(f.table, 0x7000, SZ_4K, 1), 0);
	assert_int_equal(f.fault.fired, 1);
	assert_int_equal(v7s_stats(f.table)->l2_failures, 1);
	assert_int_equal(v7s_digest(f.table, V7S_DIGEST_INIT), before);
	assert_int_equal(unmap_n(f.table, 0x7000, SZ_4K, 1), SZ_4K);
	fixture_close(&f);
}

static void test_v7s__tables_above_4g(void **state)
{
	struct v7s_config cfg = config_ttbr_ext;
	struct v7s_regs regs;
	struct fixture f;

	(void)state;
	fixture_machine(&f, "x86-6g");
	fixture_strategy(&f, "page", cfg.quirks);
	fixture_table(&f, &cfg);
	v7s_regs(f.table, &regs);
	assert_int_not_equal(regs.ttbr & 7, 0);
	assert_int_equal(map_n(f.table, 0, 0x123456000, SZ_4K, 600, NULL), 0);
	assert_int_equal(v7s_iova_to_phys(f.table, 599 * SZ_4K),
			 0x123456000 + 599 * SZ_4K);
	assert_int_equal(unmap_n(f.table, 0, SZ_1M, 2), 2 * SZ_1M);
	assert_int_equal(v7s_stats(f.table)->l2_live, 1);
	fixture_close(&f);
}

struct walked {
	unsigned nr;
	struct v7s_entry entry[8];
};

static void note_entry(void *ctx, const struct v7s_entry *entry)
{
	struct walked *walked = ctx;

	assert_true(walked->nr < ARRAY_SIZE(walked->entry));
	walked->entry[walked->nr++] = *entry;
}

static void test_v7s__walk_ascends(void **state)
{
	struct walked walked = { 0 };
	struct fixture f;

	(void)state;
	fixture_open(&f, &config_plain);
	assert_int_equal(map_1(f.table, 7 * SZ_1M, 0, SZ_1M), 0);
	assert_int_equal(map_1(f.table, 2 * SZ_1M + 0xff000, 0, SZ_4K), 0);
	assert_int_equal(map_1(f.table, 2 * SZ_1M + 0x1000, 0, SZ_4K), 0);
	v7s_walk(f.table, note_entry, &walked);
	assert_int_equal(walked.nr, 4);
	assert_int_equal(walked.entry[0].l1_index, 2);
	assert_int_equal(walked.entry[0].l2_index, -1);
	assert_true(walked.entry[0].is_table);
	assert_int_equal(walked.entry[1].l1_index, 2);
	assert_int_equal(walked.entry[1].l2_index, 1);
	assert_false(walked.entry[1].is_table);
	assert_int_equal(walked.entry[2].l2_index, 255);
	assert_int_equal(walked.entry[3].l1_index, 7);
	assert_int_equal(walked.entry[3].l2_index, -1);
	assert_false(walked.entry[3].is_table);
	fixture_close(&f);
}

static uint64_t digest_with(const char *strategy, bool reversed, uint64_t iova,
			    phys_addr_t paddr)
{
	struct fixture f;
	uint64_t digest;

	fixture_machine(&f, "x86-2g");
	fixture_strategy(&f, strategy, 0);
	fixture_table(&f, &config_mtk);
	for (unsigned i = 0; i < 64; i++) {
		uint64_t offset = (reversed ? 63 - i : i) * 17ull * SZ_4K;

		assert_int_equal(map_1(f.table, iova + offset, paddr + offset,
				       SZ_4K),
				 0);
	}
	digest = v7s_digest(f.table, V7S_DIGEST_INIT);
	fixture_close(&f);
	return digest;
}

static void test_v7s__digest(void **state)
{
	uint64_t reference = digest_with("page", false, 0, 0x640000000);
	const struct l2_strategy_ops *const *ops;
	unsigned compared = 0;

	(void)state;
	for (ops = l2_strategies; *ops; ops++, compared++)
		assert_int_equal(digest_with((*ops)->name, true, 0,
					     0x640000000),
				 reference);
	assert_true(compared >= 5);
	assert_int_not_equal(reference, V7S_DIGEST_INIT);
	assert_int_not_equal(digest_with("page", false, SZ_4K, 0x640000000),
			     reference);
	assert_int_not_equal(digest_with("page", false, 0, 0x240000000),
			     reference);
}

/* The digest of one page of the given size and prot. */
static uint64_t digest_of(uint64_t pgsize, int prot)
{
	struct v7s_op op = {
		.paddr = SZ_16M,
		.pgsize = pgsize,
		.pgcount = SZ_16M / pgsize,
		.prot = prot,
		.gfp = GFP_ATOMIC,
	};
	struct fixture f;
	uint64_t digest;
	size_t mapped;

	fixture_open(&f, &config_plain);
	assert_int_equal(v7s_map_pages(f.table, &op, &mapped), 0);
	digest = v7s_digest(f.table, V7S_DIGEST_INIT);
	fixture_close(&f);
	return digest;
}

static void test_v7s__digest_sees_size_and_prot(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pgsizes); i++) {
		uint64_t digest = digest_of(pgsizes[i], PROT_RW);

		assert_int_equal(digest_of(pgsizes[i], PROT_RW), digest);
		assert_int_not_equal(digest_of(pgsizes[i], IOMMU_READ), digest);
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(digest_of(pgsizes[k], PROT_RW),
					     digest);
	}
}

static void test_v7s__config_copy(void **state)
{
	struct v7s_config cfg = config_plain;
	struct fixture f;

	(void)state;
	cfg.pgsizes = 0xffffffff;
	fixture_open(&f, &cfg);
	assert_int_equal(v7s_config(f.table)->pgsizes, V7S_PGSIZES);
	assert_int_equal(v7s_config(f.table)->ias, 32);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_v7s__descriptors),
		cmocka_unit_test(test_v7s__high_paddr),
		cmocka_unit_test(test_v7s__create_refuses),
		cmocka_unit_test(test_v7s__create_without_memory),
		cmocka_unit_test(test_v7s__registers),
		cmocka_unit_test(test_v7s__map_errors),
		cmocka_unit_test(test_v7s__exists_keeps_what_came_before),
		cmocka_unit_test(test_v7s__run_wraps_over_the_top),
		cmocka_unit_test(test_v7s__past_the_end_of_a_table),
		cmocka_unit_test(test_v7s__block_over_tables),
		cmocka_unit_test(test_v7s__unmap_stops_at_hole),
		cmocka_unit_test(test_v7s__split_keeps_address),
		cmocka_unit_test(test_v7s__split_section_loses_address),
		cmocka_unit_test(test_v7s__supersection_needs_second_try),
		cmocka_unit_test(test_v7s__split_without_memory),
		cmocka_unit_test(test_v7s__tables_above_4g),
		cmocka_unit_test(test_v7s__walk_ascends),
		cmocka_unit_test(test_v7s__digest),
		cmocka_unit_test(test_v7s__digest_sees_size_and_prot),
		cmocka_unit_test(test_v7s__config_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
