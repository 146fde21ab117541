// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of buffers: which chunks the machine gives, when they go back, and a
 * digest of mappings that does not look at where memory lies.
 */
#include "mm_fixture.h"

#include "buffers.h"
#include "l2_strategy.h"

static const struct v7s_config pgtable = {
	.ias = 32,
	.oas = 35,
	.pgsizes = V7S_PGSIZES,
	.quirks = V7S_QUIRK_MTK_EXT | V7S_QUIRK_NO_PERMS,
};

static uint64_t length_of(const struct buffers *b)
{
	uint64_t length = 0;

	for (unsigned i = 0; i < b->nr_segments; i++)
		length += b->segment[i].length;
	return length;
}

static void assert_chunks(const struct buffers *b, unsigned nr_1m,
			  unsigned nr_64k, unsigned nr_4k)
{
	unsigned nr[3] = { 0 };

	for (unsigned i = 0; i < b->nr_segments; i++)
		nr[b->segment[i].length == SZ_1M    ? 0
		   : b->segment[i].length == SZ_64K ? 1
						    : 2]++;
	assert_int_equal(nr[0], nr_1m);
	assert_int_equal(nr[1], nr_64k);
	assert_int_equal(nr[2], nr_4k);
}

static void test_buffers__chunks(void **state)
{
	static const struct {
		uint64_t size;
		unsigned nr_1m, nr_64k, nr_4k;
	} buffer[] = {
		{ SZ_4K, 0, 0, 1 },
		{ SZ_64K - SZ_4K, 0, 0, 15 },
		{ SZ_64K, 0, 1, 0 },
		{ SZ_1M - SZ_4K, 0, 15, 15 },
		{ SZ_16M, 16, 0, 0 },
		{ 1920 * 1088 * 4 / SZ_4K * SZ_4K, 7, 15, 8 },
	};
	struct physmem *pm = small_machine();
	uint64_t all = pages_free(pm);
	struct buffers b;

	(void)state;
	buffers_init(&b, pm, &pgtable);
	for (unsigned i = 0; i < ARRAY_SIZE(buffer); i++) {
		assert_int_equal(buffers_take(&b, 0, buffer[i].size), 0);
		assert_int_equal(length_of(&b), buffer[i].size);
		assert_chunks(&b, buffer[i].nr_1m, buffer[i].nr_64k,
			      buffer[i].nr_4k);
		assert_int_equal(pages_free(pm),
				 all - (buffer[i].size >> PAGE_SHIFT));
		buffers_leave(&b, 0);
		assert_int_equal(pages_free(pm), all);
	}
	buffers_fini(&b);
	physmem_destroy(pm);
}

/* The table has no pages of 64K: none are made use of. */
static void test_buffers__sizes_of_the_table(void **state)
{
	struct v7s_config cfg = pgtable;
	struct physmem *pm = small_machine();
	struct buffers b;

	(void)state;
	cfg.pgsizes = SZ_4K | SZ_1M;
	buffers_init(&b, pm, &cfg);
	assert_int_equal(buffers_take(&b, 0, SZ_1M + SZ_64K), 0);
	assert_chunks(&b, 1, 0, 16);
	buffers_fini(&b);
	physmem_destroy(pm);
}

/* Takes every page, gives back those whose number is no multiple of step. */
static void pin_pages(struct physmem *pm, unsigned step, struct page **pinned,
		      unsigned *ret_nr)
{
	unsigned nr = 0, kept = 0;
	uint64_t all = pages_free(pm);
	struct page **page = calloc(all, sizeof(struct page *));

	assert_non_null(page);
	while (nr < all && !physmem_alloc_pages(pm, 0, 0, 0, &page[nr]))
		nr++;
	for (unsigned i = 0; i < nr; i++) {
		phys_addr_t paddr = physmem_page_paddr(pm, page[i]);

		if (paddr / SZ_4K % step == 0)
			pinned[kept++] = page[i];
		else
			physmem_free_pages(pm, 0, page[i], 0);
	}
	free(page);
	*ret_nr = kept;
}

/* No block of 1M is left, then none of 64K either. */
static void test_buffers__smaller_chunks(void **state)
{
	static struct page *pinned[32768];

	(void)state;
	for (unsigned step = 256; step >= 16; step /= 16) {
		struct physmem *pm = small_machine();
		struct buffers b;
		unsigned nr;

		pin_pages(pm, step, pinned, &nr);
		buffers_init(&b, pm, &pgtable);
		assert_int_equal(buffers_take(&b, 0, 2 * SZ_1M), 0);
		assert_chunks(&b, 0, step == 256 ? 32 : 0,
			      step == 256 ? 0 : 512);
		/* Asked for 1M once, not for each of the rest. */
		struct physmem_usage usage;

		physmem_usage(pm, &usage);
		assert_int_equal(usage.nr_failures, step == 256 ? 1 : 2);
		buffers_fini(&b);
		while (nr)
			physmem_free_pages(pm, 0, pinned[--nr], 0);
		physmem_destroy(pm);
	}
}

static void test_buffers__no_memory(void **state)
{
	struct physmem *pm = small_machine();
	uint64_t all = pages_free(pm);
	struct buffers b;

	(void)state;
	buffers_init(&b, pm, &pgtable);
	assert_int_equal(buffers_take(&b, 0, (all + 1) * PAGE_SIZE), -ENOMEM);
	assert_int_equal(b.nr_failures, 1);
	assert_int_equal(b.error, 0);
	assert_int_equal(b.pages, 0);
	assert_int_equal(pages_free(pm), all);
	assert_int_equal(buffers_take(&b, 0, all * PAGE_SIZE), 0);
	assert_int_equal(pages_free(pm), 0);
	assert_int_equal(b.pages_peak, all);
	buffers_keep(&b, 0, 0, 0, all * PAGE_SIZE);
	assert_int_equal(buffers_take(&b, 0, PAGE_SIZE), -ENOMEM);
	assert_int_equal(b.nr_failures, 2);
	buffers_fini(&b);
	assert_int_equal(pages_free(pm), all);
	physmem_destroy(pm);
}

/* Above 4 GiB there is more than half of this machine. */
static void test_buffers__out_of_reach(void **state)
{
	struct v7s_config cfg = pgtable;
	struct physmem *pm = small_machine();
	uint64_t all = pages_free(pm);
	struct buffers b;

	(void)state;
	cfg.oas = 32;
	cfg.quirks = 0;
	buffers_init(&b, pm, &cfg);
	assert_int_equal(buffers_take(&b, 0, all * PAGE_SIZE / 2), 0);
	for (unsigned i = 0; i < b.nr_segments; i++)
		assert_true(b.segment[i].paddr + b.segment[i].length <= SZ_4G);
	buffers_keep(&b, 0, 0, 0, all * PAGE_SIZE / 2);
	assert_int_equal(buffers_take(&b, 0, PAGE_SIZE), -ENOMEM);
	buffers_fini(&b);
	physmem_destroy(pm);
}

#define ORACLE_PAGES 64u
#define ORACLE_DOMAINS 2u

/* What is mapped where, page by page. */
struct page_oracle {
	unsigned owner[ORACLE_DOMAINS][ORACLE_PAGES]; /* 0: nobody */
	unsigned *live, *size;			      /* by buffer */
	unsigned nr;
};

static void oracle_set(struct page_oracle *o, unsigned domain, unsigned at,
		       unsigned nr, unsigned owner)
{
	for (; nr; nr--, at++) {
		o->live[o->owner[domain][at]]--;
		o->owner[domain][at] = owner;
		o->live[owner]++;
	}
}

static uint64_t oracle_pages(const struct page_oracle *o)
{
	uint64_t pages = 0;

	for (unsigned i = 1; i <= o->nr; i++)
		pages += o->live[i] ? o->size[i] : 0;
	return pages;
}

static void test_buffers__random(void **state)
{
	const unsigned nr_ops = 20000;
	struct page_oracle o = { .nr = 0 };
	struct physmem *pm = small_machine();
	uint64_t all = pages_free(pm), x = 7, nr_gone = 0;
	struct buffers b;

	(void)state;
	o.live = calloc(nr_ops + 1, sizeof(*o.live));
	o.size = calloc(nr_ops + 1, sizeof(*o.size));
	assert_true(o.live && o.size);
	buffers_init(&b, pm, &pgtable);
	for (unsigned i = 0; i < nr_ops; i++) {
		unsigned domain = rng_below(&x, ORACLE_DOMAINS);
		unsigned at = rng_below(&x, ORACLE_PAGES);
		unsigned nr = 1 + rng_below(&x, ORACLE_PAGES - at);
		uint64_t before = b.pages;

		if (rng_below(&x, 3)) {
			buffers_drop(&b, 0, domain, at * PAGE_SIZE,
				     nr * PAGE_SIZE);
			oracle_set(&o, domain, at, nr, 0);
		} else {
			assert_int_equal(buffers_take(&b, 0, nr * PAGE_SIZE),
					 0);
			buffers_keep(&b, 0, domain, at * PAGE_SIZE,
				     nr * PAGE_SIZE);
			o.size[++o.nr] = nr;
			oracle_set(&o, domain, at, nr, o.nr);
		}
		assert_int_equal(b.pages, oracle_pages(&o));
		assert_int_equal(pages_free(pm), all - b.pages);
		nr_gone += b.pages < before;
	}
	assert_true(nr_gone > 1000);
	assert_true(o.nr > 5000);
	buffers_fini(&b);
	assert_int_equal(pages_free(pm), all);
	free(o.live);
	free(o.size);
	physmem_destroy(pm);
}

/* Which pages are mapped, in whatever pages they are. */
static uint64_t digest_of(uint64_t iova, phys_addr_t paddr, uint64_t size,
			  int prot, uint64_t piece)
{
	const struct v7s_config cfg = { .ias = 32,
					.oas = 32,
					.pgsizes = V7S_PGSIZES };
	struct l2_spec spec;
	struct physmem *pm = small_machine();
	struct l2_env l2_env = { .pm = pm,
				 .nr_cpus = 1,
				 .max_tables = 4096,
				 .zone_gfp = GFP_DMA32 };
	struct l2_strategy *l2;
	struct v7s *table;
	uint64_t digest;
	char why[200];

	assert_int_equal(l2_spec_parse("slab_dma32", &spec, why, sizeof(why)),
			 0);
	assert_int_equal(l2_create(&spec, &l2_env, &l2), 0);
	assert_int_equal(v7s_create(&cfg,
				    &(struct v7s_env){ .pm = pm, .l2 = l2 }, 0,
				    &table),
			 0);
	for (uint64_t done = 0; done < size; done += piece) {
		const struct iommu_range range = {
			.iova = iova + done,
			.paddr = paddr + done,
			.size = piece,
			.prot = prot,
			.gfp = GFP_ATOMIC,
		};

		assert_int_equal(iommu_map(table, &range), 0);
	}
	digest = v7s_digest_iova(table, V7S_DIGEST_INIT);
	v7s_destroy(table, 0);
	l2_destroy(l2);
	physmem_destroy(pm);
	return digest;
}

static void test_buffers__digest(void **state)
{
	static const int prot[] = { IOMMU_READ, IOMMU_READ | IOMMU_WRITE,
				    IOMMU_READ | IOMMU_NOEXEC,
				    IOMMU_READ | IOMMU_CACHE,
				    IOMMU_READ | IOMMU_MMIO };
	uint64_t seen[ARRAY_SIZE(prot)];

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(prot); i++) {
		uint64_t by_16m =
			digest_of(SZ_16M, SZ_16M, SZ_16M, prot[i], SZ_16M);

		seen[i] = by_16m;
		assert_int_equal(by_16m,
				 digest_of(SZ_16M, 0, SZ_16M, prot[i], SZ_1M));
		assert_int_equal(by_16m,
				 digest_of(SZ_16M, 0, SZ_16M, prot[i], SZ_64K));
		assert_int_equal(by_16m, digest_of(SZ_16M, SZ_4K, SZ_16M,
						   prot[i], SZ_4K));
		for (unsigned k = 0; k < i; k++)
			assert_int_not_equal(seen[i], seen[k]);
		assert_int_not_equal(by_16m,
				     digest_of(SZ_16M, 0, SZ_16M - SZ_4K,
					       prot[i], SZ_4K));
		assert_int_not_equal(by_16m, digest_of(SZ_1M, 0, SZ_16M,
						       prot[i], SZ_4K));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buffers__chunks),
		cmocka_unit_test(test_buffers__sizes_of_the_table),
		cmocka_unit_test(test_buffers__smaller_chunks),
		cmocka_unit_test(test_buffers__no_memory),
		cmocka_unit_test(test_buffers__out_of_reach),
		cmocka_unit_test(test_buffers__random),
		cmocka_unit_test(test_buffers__digest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
