// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of gfp flags in a slab cache: the bits of the two rules, and
 * what a cache does with them when asked, new slab or not.
 */
#include "mm_fixture.h"

#include "slab_trial.h"

#define HIGH __GFP_HIGHMEM
#define UNKNOWN ((gfp_t)0x80000000)

static void test_slab_flags__bits(void **state)
{
	static const struct {
		enum slab_flags_rule rule;
		gfp_t allocflags, gfp, bug;
	} table[] = {
		{ SLAB_FLAGS_MERGED, 0, GFP_KERNEL | __GFP_ZERO, 0 },
		{ SLAB_FLAGS_MERGED, 0, GFP_DMA | GFP_ATOMIC, 0 },
		{ SLAB_FLAGS_MERGED, 0, GFP_DMA32, GFP_DMA32 },
		{ SLAB_FLAGS_MERGED, GFP_DMA32, GFP_DMA32, GFP_DMA32 },
		{ SLAB_FLAGS_MERGED, GFP_DMA32, GFP_DMA32 | HIGH,
		  GFP_DMA32 | HIGH },
		{ SLAB_FLAGS_MERGED, 0, UNKNOWN | GFP_ATOMIC, UNKNOWN },
		{ SLAB_FLAGS_V4, 0, GFP_DMA32 | GFP_ATOMIC, GFP_DMA32 },
		{ SLAB_FLAGS_V4, GFP_DMA32, GFP_DMA32, 0 },
		{ SLAB_FLAGS_V4, GFP_DMA, GFP_DMA32, GFP_DMA32 },
		{ SLAB_FLAGS_V4, GFP_DMA32, GFP_DMA32 | HIGH, HIGH },
		{ SLAB_FLAGS_V4, GFP_DMA32, UNKNOWN, UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		assert_int_equal(slab_bug_flags(table[i].rule,
						table[i].allocflags,
						table[i].gfp),
				 table[i].bug);
	assert_int_equal(slab_page_flags(GFP_ATOMIC | GFP_DMA32 | GFP_DMA |
					 HIGH | __GFP_ZERO | __GFP_MOVABLE |
					 UNKNOWN),
			 GFP_ATOMIC);
	assert_int_equal(slab_page_flags(GFP_KERNEL), GFP_KERNEL);
}

/*
 * New slabs; on a hit nothing is ever said. The rows of SLAB_FLAGS_MERGED are
 * what Linux 6.1.192 said and did when asked, in a 6 GB guest.
 */
static const struct {
	enum slab_flags_rule rule;
	bool dma32_cache;
	gfp_t gfp;
	gfp_t stripped;
	enum zone_type zone;
} trials[] = {
	{ SLAB_FLAGS_MERGED, false, 0, 0, ZONE_NORMAL },
	{ SLAB_FLAGS_MERGED, false, GFP_DMA32, GFP_DMA32, ZONE_NORMAL },
	{ SLAB_FLAGS_MERGED, false, HIGH, HIGH, ZONE_NORMAL },
	{ SLAB_FLAGS_MERGED, false, GFP_DMA, 0, ZONE_NORMAL },
	{ SLAB_FLAGS_MERGED, true, 0, 0, ZONE_DMA32 },
	{ SLAB_FLAGS_MERGED, true, GFP_DMA32, GFP_DMA32, ZONE_DMA32 },
	{ SLAB_FLAGS_MERGED, true, HIGH, HIGH, ZONE_DMA32 },
	{ SLAB_FLAGS_MERGED, true, GFP_DMA32 | HIGH, GFP_DMA32 | HIGH,
	  ZONE_DMA32 },
	{ SLAB_FLAGS_MERGED, true, GFP_DMA, 0, ZONE_DMA32 },
	{ SLAB_FLAGS_V4, false, 0, 0, ZONE_NORMAL },
	{ SLAB_FLAGS_V4, false, GFP_DMA32, GFP_DMA32, ZONE_NORMAL },
	{ SLAB_FLAGS_V4, false, HIGH, HIGH, ZONE_NORMAL },
	{ SLAB_FLAGS_V4, true, 0, 0, ZONE_DMA32 },
	{ SLAB_FLAGS_V4, true, GFP_DMA32, 0, ZONE_DMA32 },
	{ SLAB_FLAGS_V4, true, HIGH, HIGH, ZONE_DMA32 },
};

static void test_slab_flags__trials(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(trials); i++) {
		struct slab_trial trial = {
			.rule = trials[i / 2].rule,
			.dma32_cache = trials[i / 2].dma32_cache,
			.gfp = GFP_ATOMIC | trials[i / 2].gfp,
			.hit = i % 2,
		};
		gfp_t stripped = trial.hit ? 0 : trials[i / 2].stripped;
		struct slab_trial_result result;

		assert_int_equal(slab_trial_run(&trial, &result), 0);
		assert_int_equal(result.nr_warnings, stripped != 0);
		assert_int_equal(result.stripped, stripped);
		assert_int_equal(result.zone, trials[i / 2].zone);
	}
}

/* It is said once for each new slab, and the object is handed out. */
static void test_slab_flags__each_slab(void **state)
{
	struct physmem *pm = small_machine();
	struct kmem_cache_config cfg = {
		.size = 1024,
		.nr_cpus = 1,
		.order = 0,
	};
	struct kmem_cache_stats stats;
	struct kmem_cache *s;
	void *object;

	(void)state;
	assert_int_equal(kmem_cache_create(pm, &cfg, &s), 0);
	for (unsigned i = 0; i < 12; i++) {
		assert_int_equal(kmem_cache_alloc(s, 0, GFP_DMA32, &object), 0);
		assert_true(physmem_paddr(pm, object) >= SZ_4G);
		kmem_cache_stats(s, &stats);
		assert_int_equal(stats.flag_warnings, i / 4 + 1);
	}
	kmem_cache_destroy(s);
	physmem_destroy(pm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slab_flags__bits),
		cmocka_unit_test(test_slab_flags__trials),
		cmocka_unit_test(test_slab_flags__each_slab),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
