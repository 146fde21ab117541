// SPDX-License-Identifier: GPL-2.0-only
/*
 * The order in which the page allocator hands out blocks, on every profile: a
 * hash over the addresses of a random run. It must not move when the allocator
 * is made faster. Machines of x86 matter most: their memory begins inside of a
 * large block, so that buddies lie below the arena.
 */
#include "mm_fixture.h"

#define NR_STEPS 300000u
#define NR_SLOTS 20000u

static const struct {
	const char *profile;
	uint64_t hash; /* taken before the allocator was tuned */
} golden[] = {
	{ "mt8173", 0x7c91dc6aea15aa57ull },
	{ "mt8183", 0xce484a16cc724a57ull },
	{ "x86-6g", 0x63b83ccd99841687ull },
	{ "x86-2g", 0xa85fe769e232dddeull },
};

/* FNV-1a, by words. */
static uint64_t hash_add(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * 0x100000001b3ull;
}

static gfp_t random_gfp(uint64_t *seed)
{
	static const gfp_t how[] = { GFP_KERNEL, GFP_ATOMIC,
				     GFP_KERNEL | __GFP_MOVABLE,
				     GFP_KERNEL | __GFP_RECLAIMABLE };
	static const gfp_t where[] = { GFP_DMA32, GFP_DMA32, GFP_DMA, 0 };
	gfp_t gfp = how[rng_below(seed, ARRAY_SIZE(how))];

	return gfp | where[rng_below(seed, ARRAY_SIZE(where))];
}

static uint64_t run(const struct machine_profile *profile)
{
	struct page **page = calloc(NR_SLOTS, sizeof(page[0]));
	uint64_t hash = 0xcbf29ce484222325ull, seed = 1;
	struct physmem *pm;
	unsigned nr = 0;

	assert_non_null(page);
	assert_int_equal(physmem_create(profile, &pm), 0);
	for (unsigned step = 0; step < NR_STEPS; step++) {
		unsigned cpu = rng_below(&seed, profile->nr_cpus);
		/* More comes than goes, then the other way round. */
		unsigned share = step / 30000 % 2 ? 40 : 60;

		if (!nr || (nr < NR_SLOTS && rng_below(&seed, 100) < share)) {
			gfp_t gfp = random_gfp(&seed);
			unsigned order = rng_below(&seed, MAX_ORDER + 1);

			if (physmem_alloc_pages(pm, cpu, gfp, order, &page[nr]))
				hash = hash_add(hash, 1);
			else
				hash = hash_add(hash, physmem_page_paddr(
							      pm, page[nr++]));
		} else {
			unsigned i = rng_below(&seed, nr);

			physmem_free_pages(pm, cpu, page[i], page[i]->order);
			page[i] = page[--nr];
		}
	}
	assert_pm_sound(pm);
	physmem_destroy(pm);
	free(page);
	return hash;
}

static void test_mm_order__golden(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(golden); i++) {
		const struct machine_profile *profile =
			machine_profile_find(golden[i].profile);

		assert_non_null(profile);
		assert_int_equal(run(profile), golden[i].hash);
	}
}

/* A profile that is added is to be added above. */
static void test_mm_order__all_profiles(void **state)
{
	size_t nr = 0;

	(void)state;
	while (machine_profiles[nr].name)
		nr++;
	assert_int_equal(nr, ARRAY_SIZE(golden));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mm_order__golden),
		cmocka_unit_test(test_mm_order__all_profiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
