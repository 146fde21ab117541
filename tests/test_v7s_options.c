// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a page table can be told beside its format: kernel, splits, a walker
 * that does not see the caches, refusals with causes, a probe.
 */
#include "iommu.h"
#include "v7s_fixture.h"

static void open_with(struct fixture *f, const struct v7s_config *cfg,
		      struct v7s_env env)
{
	assert_int_equal(fixture_try(f, cfg, env), 0);
}

static void open_kernel(struct fixture *f, enum v7s_kernel kernel,
			enum v7s_split split, uint32_t quirks)
{
	struct v7s_config cfg = config_plain;

	cfg.kernel = kernel;
	cfg.split = split;
	cfg.quirks = quirks;
	open_with(f, &cfg, (struct v7s_env){ 0 });
}

static int create_kernel(enum v7s_kernel kernel, unsigned ias, unsigned oas,
			 uint32_t quirks)
{
	struct v7s_config cfg = {
		.ias = ias,
		.oas = oas,
		.quirks = quirks,
		.pgsizes = V7S_PGSIZES,
		.kernel = kernel,
	};
	struct fixture f;
	int err = fixture_try(&f, &cfg, (struct v7s_env){ 0 });

	fixture_close(&f);
	return err;
}

static void test_v7s_options__what_each_kernel_has(void **state)
{
	const uint32_t mtk = V7S_QUIRK_MTK_EXT | V7S_QUIRK_NO_PERMS;
	const uint32_t mtk_4gb = V7S_QUIRK_MTK_4GB | V7S_QUIRK_NO_PERMS;

	(void)state;
	assert_int_equal(create_kernel(V7S_KERNEL_6_1, 34, 35, mtk), 0);
	assert_int_equal(create_kernel(V7S_KERNEL_6_13, 34, 35, mtk), 0);
	assert_int_equal(create_kernel(V7S_KERNEL_4_20, 34, 35, mtk), -EINVAL);
	assert_int_equal(create_kernel(V7S_KERNEL_4_20, 32, 32, mtk), -EINVAL);
	assert_int_equal(create_kernel(V7S_KERNEL_4_20, 33, 32, 0), -EINVAL);
	assert_int_equal(create_kernel(V7S_KERNEL_4_20, 32, 33, 0), -EINVAL);
	assert_int_equal(create_kernel(V7S_KERNEL_4_20, 32, 32, mtk_4gb), 0);
	assert_int_equal(create_kernel(V7S_KERNEL_4_20, 32, 32,
				       V7S_QUIRK_MTK_4GB),
			 -EINVAL);
	assert_int_equal(create_kernel(V7S_KERNEL_4_20, 32, 32,
				       V7S_QUIRK_TLBI_ON_MAP |
					       V7S_QUIRK_ARM_NS),
			 0);
	assert_int_equal(create_kernel(V7S_KERNEL_6_1, 32, 32, mtk_4gb),
			 -EINVAL);
	assert_int_equal(create_kernel(V7S_KERNEL_6_13, 32, 32,
				       V7S_QUIRK_TLBI_ON_MAP),
			 -EINVAL);
}

static int map_prot(struct v7s *table, uint64_t iova, phys_addr_t paddr,
		    size_t pgcount, int prot, size_t *ret_mapped)
{
	struct v7s_op op = {
		.iova = iova,
		.paddr = paddr,
		.pgsize = SZ_4K,
		.pgcount = pgcount,
		.prot = prot,
		.gfp = GFP_KERNEL,
	};

	return v7s_map_pages(table, &op, ret_mapped);
}

static void test_v7s_options__no_access(void **state)
{
	struct fixture f;
	size_t mapped;

	(void)state;
	open_kernel(&f, V7S_KERNEL_4_20, V7S_SPLIT_KERNEL, 0);
	assert_int_equal(map_prot(f.table, 0, SZ_4G, 3, 0, &mapped), 0);
	assert_int_equal(mapped, 3 * SZ_4K);
	assert_int_equal(v7s_iova_to_phys(f.table, 0), 0);
	assert_int_equal(v7s_stats(f.table)->warns, 0);
	fixture_close(&f);

	open_kernel(&f, V7S_KERNEL_6_13, V7S_SPLIT_KERNEL, 0);
	assert_int_equal(map_prot(f.table, 0, 0, 3, 0, &mapped), -EINVAL);
	assert_int_equal(mapped, 0);
	fixture_close(&f);
}

/* 4.20 is called page by page: the one at 4 GiB is refused on its own. */
static void test_v7s_options__top_of_4_20(void **state)
{
	struct fixture f;
	size_t mapped;

	(void)state;
	open_kernel(&f, V7S_KERNEL_4_20, V7S_SPLIT_KERNEL,
		    V7S_QUIRK_TLBI_ON_MAP);
	assert_int_equal(map_n(f.table, SZ_4G - 2 * SZ_4K, 0, SZ_4K, 3,
			       &mapped),
			 -ERANGE);
	assert_int_equal(mapped, 2 * SZ_4K);
	assert_int_equal(v7s_stats(f.table)->warns, 1);
	assert_int_equal(v7s_stats(f.table)->tlb_walk, 2);
	assert_int_equal(map_n(f.table, 0, SZ_4G - SZ_4K, SZ_4K, 2, &mapped),
			 -ERANGE);
	assert_int_equal(mapped, SZ_4K);
	assert_int_equal(unmap_n(f.table, SZ_4G - 2 * SZ_4K, SZ_4K, 3),
			 2 * SZ_4K);
	assert_int_equal(v7s_stats(f.table)->warns, 3);
	assert_int_equal(v7s_stats(f.table)->tlb_walk, 3);
	fixture_close(&f);
}

/* Notes the gfp of the last call. */
struct gfp_noted {
	struct l2_strategy l2;
	struct l2_strategy *inner;
	gfp_t gfp;
};

static int noted_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
		       struct l2_table *ret)
{
	struct gfp_noted *n = container_of(l2, struct gfp_noted, l2);

	n->gfp = gfp & ~(gfp_t)__GFP_ZERO;
	return l2_alloc_zeroed(n->inner, cpu, gfp, ret);
}

static void noted_free(struct l2_strategy *l2, unsigned cpu,
		       const struct l2_table *table)
{
	l2_free(container_of(l2, struct gfp_noted, l2)->inner, cpu, table);
}

static const struct l2_strategy_ops noted_ops = {
	.name = "noted",
	.alloc = noted_alloc,
	.free = noted_free,
};

/* 4.20's map has no gfp; a split is atomic in all. */
static void test_v7s_options__gfp_of_a_table(void **state)
{
	(void)state;
	for (enum v7s_kernel k = 0; k < V7S_NR_KERNELS; k++) {
		bool old = k == V7S_KERNEL_4_20;
		struct gfp_noted n = {
			.l2 = { .ops = &noted_ops, .zeroes = true },
		};
		struct v7s_config cfg = config_plain;
		struct v7s_env env = { .l2 = &n.l2 };
		struct v7s_op op = { .pgsize = SZ_4K,
				     .pgcount = 1,
				     .gfp = GFP_KERNEL };
		struct v7s *table;
		struct fixture f;
		size_t mapped;

		cfg.kernel = k;
		cfg.split = V7S_SPLIT_FIXED;
		fixture_open(&f, &cfg);
		n.inner = f.l2;
		env.pm = f.pm;
		assert_int_equal(v7s_create(&cfg, &env, 0, &table), 0);
		assert_int_equal(map_prot(table, 0, 0, 1, PROT_RW, &mapped), 0);
		assert_int_equal(n.gfp, old ? GFP_ATOMIC : GFP_KERNEL);
		assert_int_equal(map_1(table, 0, 0x62000000, SZ_1M), 0);
		n.gfp = 0;
		assert_int_equal(v7s_unmap_pages(table, &op), SZ_4K);
		assert_int_equal(n.gfp, GFP_ATOMIC);
		v7s_destroy(table, 0);
		fixture_close(&f);
	}
}

static uint32_t first_leaf;

static void note_first_leaf(void *ctx, const struct v7s_entry *entry)
{
	(void)ctx;
	if (!entry->is_table && !first_leaf)
		first_leaf = entry->pte;
}

static void test_v7s_options__mtk_4gb_sets_bit_9(void **state)
{
	static const struct {
		uint64_t pgsize;
		uint32_t pte;
	} leaf[] = {
		{ SZ_4K, 0x60000c42 | 0x200 },
		{ SZ_64K, 0x60001c01 | 0x200 },
		{ SZ_1M, 0x60031002 | 0x200 },
		{ SZ_16M, 0x60071002 | 0x200 },
	};
	struct fixture f;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(leaf); i++) {
		open_kernel(&f, V7S_KERNEL_4_20, V7S_SPLIT_KERNEL,
			    V7S_QUIRK_MTK_4GB | V7S_QUIRK_NO_PERMS);
		assert_int_equal(map_1(f.table, 0, 0x60000000, leaf[i].pgsize),
				 0);
		first_leaf = 0;
		v7s_walk(f.table, note_first_leaf, NULL);
		assert_int_equal(first_leaf, leaf[i].pte);
		assert_int_equal(v7s_iova_to_phys(f.table, 0x123), 0x60000123);
		fixture_close(&f);
	}
}

/* Unmaps 4K in the middle of a large page; what is left next to it. */
static phys_addr_t neighbour_after(struct fixture *f, uint64_t pgsize,
				   uint64_t hole, size_t *ret_unmapped)
{
	assert_int_equal(map_1(f->table, 0, 0x62000000, pgsize), 0);
	*ret_unmapped = unmap_n(f->table, hole, SZ_4K, 1);
	return v7s_iova_to_phys(f->table, hole + SZ_4K);
}

static void test_v7s_options__splits(void **state)
{
	static const struct {
		enum v7s_kernel kernel;
		enum v7s_split split;
		uint64_t pgsize, hole;
		size_t unmapped;
		phys_addr_t neighbour;
		unsigned splits, warns;
	} c[] = {
		{ V7S_KERNEL_6_1, V7S_SPLIT_KERNEL, SZ_1M, 0x7000, SZ_4K,
		  0x8000, 1, 0 },
		{ V7S_KERNEL_4_20, V7S_SPLIT_KERNEL, SZ_1M, 0x7000, SZ_4K,
		  0x8000, 1, 0 },
		{ V7S_KERNEL_6_1, V7S_SPLIT_FIXED, SZ_1M, 0x7000, SZ_4K,
		  0x62008000, 1, 0 },
		{ V7S_KERNEL_6_13, V7S_SPLIT_FIXED, SZ_1M, 0x7000, SZ_4K,
		  0x62008000, 1, 0 },
		{ V7S_KERNEL_6_13, V7S_SPLIT_KERNEL, SZ_1M, 0x7000, 0,
		  0x62008000, 0, 1 },
		{ V7S_KERNEL_6_1, V7S_SPLIT_OFF, SZ_1M, 0x7000, 0, 0x62008000,
		  0, 1 },
		{ V7S_KERNEL_6_13, V7S_SPLIT_KERNEL, SZ_64K, 0x7000, 0,
		  0x62008000, 0, 1 },
		{ V7S_KERNEL_6_1, V7S_SPLIT_KERNEL, SZ_64K, 0x7000, SZ_4K,
		  0x62008000, 1, 0 },
		{ V7S_KERNEL_6_1, V7S_SPLIT_KERNEL, SZ_16M, 0x307000, 0,
		  0x62308000, 1, 0 },
		{ V7S_KERNEL_6_1, V7S_SPLIT_FIXED, SZ_16M, 0x307000, SZ_4K,
		  0x62308000, 2, 0 },
		{ V7S_KERNEL_4_20, V7S_SPLIT_OFF, SZ_16M, 0x307000, 0,
		  0x62308000, 0, 1 },
	};
	struct fixture f;
	size_t unmapped;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(c); i++) {
		open_kernel(&f, c[i].kernel, c[i].split, 0);
		assert_int_equal(neighbour_after(&f, c[i].pgsize, c[i].hole,
						 &unmapped),
				 c[i].neighbour);
		assert_int_equal(unmapped, c[i].unmapped);
		assert_int_equal(v7s_stats(f.table)->splits, c[i].splits);
		assert_int_equal(v7s_stats(f.table)->warns, c[i].warns);
		assert_int_equal(v7s_iova_to_phys(f.table, c[i].hole) != 0,
				 !unmapped);
		fixture_close(&f);
	}
}

/* With 35-bit addresses, and in groups of 64K. */
static void test_v7s_options__fixed_split_keeps_high_bits(void **state)
{
	struct v7s_config cfg = config_mtk;
	struct fixture f;

	(void)state;
	cfg.split = V7S_SPLIT_FIXED;
	open_with(&f, &cfg, (struct v7s_env){ 0 });
	assert_int_equal(map_1(f.table, 0, 0x762000000, SZ_1M), 0);
	assert_int_equal(unmap_n(f.table, 0x30000, SZ_64K, 1), SZ_64K);
	for (uint64_t iova = 0; iova < SZ_1M; iova += SZ_4K)
		assert_int_equal(v7s_iova_to_phys(f.table, iova),
				 iova / SZ_64K == 3 ? 0 : 0x762000000 + iova);
	fixture_close(&f);
}

/* By hand, from where 6.1 calls __arm_v7s_pte_sync() and maps tables. */
static void test_v7s_options__walker_costs(void **state)
{
	struct v7s_config cfg = config_plain;
	const struct v7s_stats *s;
	struct fixture f;

	(void)state;
	cfg.walker = V7S_NONCOHERENT_FLUSH;
	open_with(&f, &cfg, (struct v7s_env){ 0 });
	s = v7s_stats(f.table);
	assert_int_equal(s->dma_maps, 1);
	assert_int_equal(s->dma_lines, 4096 * 4 / 64);

	/* The new table and its entry in level 1; each later page syncs that
	 * entry again; and a line for the page's own entry. */
	assert_int_equal(map_n(f.table, 0, 0x1000, SZ_4K, 3, NULL), 0);
	assert_int_equal(s->dma_maps, 2);
	assert_int_equal(s->dma_syncs, 3 + 3);
	assert_int_equal(s->dma_lines, 256 + 16 + 6);

	/* Sixteen entries in one line, or over two. */
	assert_int_equal(map_1(f.table, 0x10000, 0x10000, SZ_64K), 0);
	assert_int_equal(s->dma_syncs, 6 + 2);
	assert_int_equal(s->dma_lines, 256 + 16 + 6 + 2);
	assert_int_equal(map_1(f.table, SZ_16M, SZ_16M, SZ_16M), 0);
	assert_int_equal(s->dma_syncs, 8 + 1);

	/* A 4K page out of a 64K one: sixteen rewritten, one cleared. */
	assert_int_equal(unmap_n(f.table, 0x11000, SZ_4K, 1), SZ_4K);
	assert_int_equal(s->dma_syncs, 9 + 2);
	assert_int_equal(s->dma_unmaps, 0);

	assert_int_equal(unmap_n(f.table, 0, SZ_1M, 1), SZ_1M);
	assert_int_equal(s->dma_syncs, 11 + 1);
	assert_int_equal(s->dma_unmaps, 1);
	fixture_close(&f);
}

static void test_v7s_options__coherent_counts_nothing(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, &config_plain);
	assert_int_equal(map_n(f.table, 0, 0, SZ_4K, 300, NULL), 0);
	assert_int_equal(unmap_n(f.table, 0, SZ_1M, 1), SZ_1M);
	assert_int_equal(v7s_stats(f.table)->dma_maps, 0);
	assert_int_equal(v7s_stats(f.table)->dma_syncs, 0);
	assert_int_equal(v7s_stats(f.table)->dma_lines, 0);
	assert_int_equal(v7s_stats(f.table)->dma_unmaps, 0);
	fixture_close(&f);
}

static void test_v7s_options__ttbr_of_a_walker(void **state)
{
	struct v7s_config cfg = config_plain;
	struct v7s_regs regs;
	struct fixture f;

	(void)state;
	cfg.walker = V7S_NONCOHERENT;
	open_with(&f, &cfg, (struct v7s_env){ 0 });
	v7s_regs(f.table, &regs);
	assert_int_equal(regs.ttbr & 0xfff, 0x02);
	fixture_close(&f);
}

/* Each cause takes the second table; who is refused leaves nothing behind. */
static void test_v7s_options__refusals(void **state)
{
	(void)state;
	for (unsigned cause = 0; cause < 3; cause++) {
		struct v7s_faults faults = { 0 };
		struct fault_attr *const fault[] = { &faults.unfit,
						     &faults.dma_error,
						     &faults.dma_translated };
		struct v7s_config cfg = config_plain;
		const struct v7s_stats *s;
		struct fixture f;
		uint64_t before;

		cfg.walker = V7S_NONCOHERENT;
		open_with(&f, &cfg, (struct v7s_env){ .faults = &faults });
		s = v7s_stats(f.table);
		assert_int_equal(map_1(f.table, 0, 0, SZ_4K), 0);
		before = v7s_digest(f.table, V7S_DIGEST_INIT);
		*fault[cause] = (struct fault_attr){ .nth = 1 };
		assert_int_equal(map_1(f.table, SZ_1M, 0, SZ_4K), -ENOMEM);
		assert_int_equal(fault[cause]->fired, 1);
		assert_int_equal(s->l2_failures, 1);
		assert_int_equal(s->l2_unfit, cause == 0);
		assert_int_equal(s->l2_dma_errors, cause == 1);
		assert_int_equal(s->l2_dma_translated, cause == 2);
		assert_int_equal(s->dma_maps - s->dma_unmaps, 2);
		assert_int_equal(s->l2_allocs, 1);
		assert_int_equal(v7s_digest(f.table, V7S_DIGEST_INIT), before);
		assert_int_equal(map_1(f.table, SZ_1M, 0, SZ_4K), 0);
		fixture_close(&f);
	}
}

/* A coherent walker has no DMA layer that could fail. */
static void test_v7s_options__coherent_is_not_mapped(void **state)
{
	struct v7s_faults faults = {
		.dma_error = { .nth = 1, .persistent = true },
		.dma_translated = { .nth = 1, .persistent = true },
	};
	struct fixture f;

	(void)state;
	open_with(&f, &config_plain, (struct v7s_env){ .faults = &faults });
	assert_int_equal(map_1(f.table, 0, 0, SZ_4K), 0);
	assert_int_equal(faults.dma_error.calls, 0);
	fixture_close(&f);
}

static void test_v7s_options__level_1_refused(void **state)
{
	static const int expected[] = { -ERANGE, -EIO, -ERANGE };

	(void)state;
	for (unsigned cause = 0; cause < 3; cause++) {
		struct v7s_faults faults = { 0 };
		struct fault_attr *const fault[] = { &faults.unfit,
						     &faults.dma_error,
						     &faults.dma_translated };
		struct v7s_env env = { .faults = &faults };
		struct v7s_config cfg = config_plain;
		struct fixture f;

		cfg.walker = V7S_NONCOHERENT;
		fault[cause]->nth = 1;
		assert_int_equal(fixture_try(&f, &cfg, env), expected[cause]);
		fixture_close(&f);
	}
}

struct phases {
	struct v7s_probe probe;
	unsigned nr;
	enum v7s_phase entered[16];
};

static void note_phase(struct v7s_probe *probe, enum v7s_phase phase)
{
	struct phases *p = container_of(probe, struct phases, probe);

	assert_true(p->nr < ARRAY_SIZE(p->entered));
	p->entered[p->nr++] = phase;
}

static void assert_phases(struct phases *p, unsigned nr,
			  const enum v7s_phase *expected)
{
	assert_int_equal(p->nr, nr);
	for (unsigned i = 0; i < nr; i++)
		assert_int_equal(p->entered[i], expected[i]);
	p->nr = 0;
}

static void test_v7s_options__phases(void **state)
{
	static const enum v7s_phase map_new[] = { V7S_ALLOC, V7S_ZERO,
						  V7S_INSTALL, V7S_FILL };
	static const enum v7s_phase map_over[] = { V7S_FLUSH, V7S_FREE,
						   V7S_FILL };
	static const enum v7s_phase unmap_free[] = { V7S_FLUSH, V7S_FREE,
						     V7S_CLEAR };
	static const enum v7s_phase unmap_split[] = { V7S_ALLOC, V7S_ZERO,
						      V7S_INSTALL, V7S_CLEAR };
	struct phases p = { .probe = { .enter = note_phase } };
	struct fixture f;

	(void)state;
	open_with(&f, &config_plain, (struct v7s_env){ .probe = &p.probe });
	assert_int_equal(map_1(f.table, 0, 0, SZ_4K), 0);
	assert_phases(&p, 4, map_new);
	assert_int_equal(map_1(f.table, SZ_4K, 0, SZ_4K), 0);
	assert_int_equal(unmap_n(f.table, 0, SZ_4K, 2), 2 * SZ_4K);
	assert_phases(&p, 0, NULL);
	assert_int_equal(map_1(f.table, 0, 0, SZ_1M), 0);
	assert_phases(&p, 3, map_over);
	assert_int_equal(unmap_n(f.table, 0, SZ_4K, 1), SZ_4K);
	assert_phases(&p, 4, unmap_split);
	assert_int_equal(unmap_n(f.table, 0, SZ_1M, 1), SZ_1M);
	assert_phases(&p, 3, unmap_free);
	fixture_close(&f);
}

/* With a probe tables are cleared apart, all the same. */
static void test_v7s_options__probed_tables_are_clear(void **state)
{
	struct phases p = { .probe = { .enter = note_phase } };
	const struct l2_strategy_ops *const *ops;

	(void)state;
	for (ops = l2_strategies; *ops; ops++) {
		struct v7s_env env = { .probe = &p.probe };
		struct fixture f;

		fixture_machine(&f, "x86-2g");
		fixture_strategy(&f, (*ops)->name, 0);
		env.pm = f.pm;
		env.l2 = f.l2;
		assert_int_equal(v7s_create(&config_plain, &env, 0, &f.table),
				 0);
		for (unsigned i = 0; i < 40; i++) {
			p.nr = 0;
			assert_int_equal(map_1(f.table, 0, 0x1000, SZ_4K), 0);
			assert_int_equal(v7s_iova_to_phys(f.table, SZ_4K), 0);
			assert_int_equal(
				map_n(f.table, SZ_4K, 0, SZ_4K, 255, NULL), 0);
			p.nr = 0;
			assert_int_equal(unmap_n(f.table, 0, SZ_1M, 1), SZ_1M);
		}
		fixture_close(&f);
	}
}

static void note_table(void *ctx, const struct v7s_entry *entry)
{
	phys_addr_t *paddr = ctx;

	if (entry->is_table)
		*paddr = entry->pte & 0xfffffc00u;
}

/* Who clears a page for a table clears all of it with a probe too, or the
 * time of that is too short. */
static void test_v7s_options__probed_page_is_all_clear(void **state)
{
	struct phases p = { .probe = { .enter = note_phase } };
	phys_addr_t paddr = 0;
	struct l2_table l2;
	struct fixture f;
	const char *va;

	(void)state;
	open_with(&f, &config_plain, (struct v7s_env){ .probe = &p.probe });
	assert_int_equal(l2_alloc_zeroed(f.l2, 0, GFP_ATOMIC, &l2), 0);
	memset(l2.va, 0xff, PAGE_SIZE);
	l2_free(f.l2, 0, &l2);
	assert_int_equal(map_1(f.table, 0, 0x1000, SZ_4K), 0);
	v7s_walk(f.table, note_table, &paddr);
	va = physmem_va(f.pm, paddr);
	assert_ptr_equal(va, l2.va);
	for (unsigned i = sizeof(uint32_t); i < PAGE_SIZE; i++)
		assert_int_equal(va[i], 0);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_v7s_options__what_each_kernel_has),
		cmocka_unit_test(test_v7s_options__no_access),
		cmocka_unit_test(test_v7s_options__top_of_4_20),
		cmocka_unit_test(test_v7s_options__mtk_4gb_sets_bit_9),
		cmocka_unit_test(test_v7s_options__gfp_of_a_table),
		cmocka_unit_test(test_v7s_options__splits),
		cmocka_unit_test(test_v7s_options__fixed_split_keeps_high_bits),
		cmocka_unit_test(test_v7s_options__walker_costs),
		cmocka_unit_test(test_v7s_options__coherent_counts_nothing),
		cmocka_unit_test(test_v7s_options__ttbr_of_a_walker),
		cmocka_unit_test(test_v7s_options__refusals),
		cmocka_unit_test(test_v7s_options__coherent_is_not_mapped),
		cmocka_unit_test(test_v7s_options__level_1_refused),
		cmocka_unit_test(test_v7s_options__phases),
		cmocka_unit_test(test_v7s_options__probed_tables_are_clear),
		cmocka_unit_test(test_v7s_options__probed_page_is_all_clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
