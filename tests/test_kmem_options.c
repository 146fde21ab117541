// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the options of a kmem_cache change: the rules of Linux 4.20, the sizes
 * and lists of slub_debug, the order of objects in a new slab. All figures are
 * worked out by hand from mm/slub.c; those of a debug cache of 6.1 that ran
 * are in golden/memory_more.csv.
 */
#include "kmem_fixture.h"

static struct kmem_cache_config config(enum kmem_cache_kernel kernel,
				       unsigned debug, unsigned nr_cpus)
{
	return (struct kmem_cache_config){
		.size = SIZE,
		.allocflags = GFP_DMA32,
		.nr_cpus = nr_cpus,
		.order = KMEM_CACHE_ORDER_AUTO,
		.kernel = kernel,
		.debug = debug,
	};
}

/* For 1 KiB objects; link: from the object. Orders for 1, 2, 4 and 8 CPUs. */
static const struct layout {
	enum kmem_cache_kernel kernel;
	unsigned debug, slab_size, link;
	unsigned order[4];
} layouts[] = {
	{ KMEM_CACHE_6_1, 0, 1024, 512, { 1, 2, 2, 3 } },
	{ KMEM_CACHE_6_1, SLAB_CONSISTENCY_CHECKS, 1024, 512, { 1, 2, 2, 3 } },
	{ KMEM_CACHE_6_1, SLAB_RED_ZONE, 3072, 512, { 3, 3, 3, 3 } },
	{ KMEM_CACHE_6_1, SLAB_POISON, 2048, 1024, { 2, 3, 3, 3 } },
	{ KMEM_CACHE_6_1, SLAB_STORE_USER, 2048, 512, { 2, 3, 3, 3 } },
	{ KMEM_CACHE_6_1, 3, 3072, 512, { 3, 3, 3, 3 } },
	{ KMEM_CACHE_6_1, 6, 3072, 1032, { 3, 3, 3, 3 } },
	{ KMEM_CACHE_6_1, 7, 3072, 1032, { 3, 3, 3, 3 } },
	{ KMEM_CACHE_6_1, 12, 2048, 1024, { 2, 3, 3, 3 } },
	{ KMEM_CACHE_6_1, SLAB_DEBUG_FLAGS, 3072, 1032, { 3, 3, 3, 3 } },
	{ KMEM_CACHE_4_20, 0, 1024, 0, { 1, 2, 2, 3 } },
	{ KMEM_CACHE_4_20, SLAB_RED_ZONE, 3072, 0, { 3, 3, 3, 3 } },
	{ KMEM_CACHE_4_20, SLAB_POISON, 2048, 1024, { 2, 3, 3, 3 } },
	{ KMEM_CACHE_4_20, SLAB_STORE_USER, 2048, 0, { 2, 3, 3, 3 } },
	{ KMEM_CACHE_4_20, SLAB_DEBUG_FLAGS, 3072, 1032, { 3, 3, 3, 3 } },
};

static void try_layout(const struct layout *l, unsigned cpus_log)
{
	struct kmem_cache_config cfg =
		config(l->kernel, l->debug, 1u << cpus_log);
	unsigned order = l->order[cpus_log];
	unsigned objects = (PAGE_SIZE << order) / l->slab_size;
	char *object, *next;
	struct cache c;

	cache_open_as(&c, &cfg);
	assert_int_equal(c.stats.object_size, SIZE);
	assert_int_equal(c.stats.slab_size, l->slab_size);
	assert_int_equal(c.stats.align, SIZE);
	assert_int_equal(c.stats.order, order);
	assert_int_equal(c.stats.objs_per_slab, objects);
	assert_int_equal(c.stats.min_partial, 5);
	assert_int_equal(c.stats.metadata_bytes, 32 * cfg.nr_cpus + 64);
	assert_int_equal(kmem_cache_link_offset(c.s), l->link);
	if (l->debug) {
		assert_int_equal(c.stats.cpu_partial, 0);
		assert_int_equal(c.stats.cpu_partial_slabs, 0);
	}
	for (unsigned i = 0; i < objects; i++, object = next) {
		next = take(&c, 0);
		assert_int_equal((uintptr_t)next % SIZE, 0);
		if (i && !(l->kernel == KMEM_CACHE_4_20 && l->debug))
			assert_ptr_equal(next, object + l->slab_size);
		else if (!i) /* behind a red zone as wide as the alignment */
			assert_int_equal((uintptr_t)next % PAGE_SIZE,
					 l->debug & SLAB_RED_ZONE ? SIZE : 0);
	}
	cache_check(&c);
	assert_int_equal(c.stats.slabs, 1);
	take(&c, 0);
	cache_check(&c);
	assert_int_equal(c.stats.slabs, 2);
	cache_close(&c);
}

static void test_kmem_options__layout(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++)
		for (unsigned cpus_log = 0; cpus_log < 4; cpus_log++)
			try_layout(&layouts[i], cpus_log);
}

/* Other sizes, where objects do not fill a slab: a 16th may be lost. */
static void test_kmem_options__waste(void **state)
{
	static const struct {
		unsigned size, debug, nr_cpus, slab_size, order, objects;
	} table[] = {
		{ 64, SLAB_RED_ZONE, 4, 192, 0, 21 },
		{ 256, SLAB_RED_ZONE, 1, 768, 1, 10 },
		{ 256, SLAB_RED_ZONE, 4, 768, 2, 21 },
		{ 512, SLAB_DEBUG_FLAGS, 4, 1536, 3, 21 },
		{ 2048, SLAB_RED_ZONE, 4, 6144, 3, 5 },
		{ 4096, SLAB_POISON, 4, 8192, 3, 4 },
		/* A quarter is lost, and nothing better fits. */
		{ 4096, SLAB_RED_ZONE, 4, 12288, 3, 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct kmem_cache_config cfg = config(
			KMEM_CACHE_6_1, table[i].debug, table[i].nr_cpus);
		struct cache c;

		cfg.size = table[i].size;
		cache_open_as(&c, &cfg);
		assert_int_equal(c.stats.slab_size, table[i].slab_size);
		assert_int_equal(c.stats.order, table[i].order);
		assert_int_equal(c.stats.objs_per_slab, table[i].objects);
		take(&c, 0);
		cache_close(&c);
	}
}

static void test_kmem_options__bad_config(void **state)
{
	struct kmem_cache_config bad[] = {
		config(KMEM_CACHE_KERNELS, 0, 1),
		config(KMEM_CACHE_6_1, SLAB_DEBUG_FLAGS + 1, 1),
		config(KMEM_CACHE_6_1, SLAB_POISON, 1),
	};
	struct physmem *pm = small_machine();
	struct kmem_cache *s = NULL;

	(void)state;
	/* 8 KiB with what poisoning adds: more than a page. */
	bad[2].size = 4096;
	bad[2].order = 0;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(kmem_cache_create(pm, &bad[i], &s), -EINVAL);
	assert_null(s);
	physmem_destroy(pm);
}

/* Fills slabs and one object more, so that none of them is active; the first
 * object of each. */
static void fill_slabs(struct cache *c, unsigned nr, char **ret_first)
{
	for (unsigned i = 0; i < nr; i++) {
		ret_first[i] = take(c, 0);
		for (unsigned k = 1; k < c->stats.objs_per_slab; k++)
			take(c, 0);
	}
	take(c, 0);
}

/* 4.20 gathers until there are more than 6 free objects, whatever the order:
 * with one in each slab, the eighth moves seven slabs to the node. */
static void test_kmem_options__cpu_partial_of_4_20(void **state)
{
	enum { NR_SLABS = 20 };

	(void)state;
	for (unsigned nr_cpus = 1; nr_cpus <= 8; nr_cpus *= 2) {
		struct kmem_cache_config cfg =
			config(KMEM_CACHE_4_20, 0, nr_cpus);
		char *first[NR_SLABS];
		struct cache c;

		cache_open_as(&c, &cfg);
		assert_int_equal(c.stats.cpu_partial, 6);
		fill_slabs(&c, NR_SLABS, first);
		for (unsigned i = 0; i < NR_SLABS; i++) {
			give(&c, 0, first[i]);
			cache_check(&c);
			assert_int_equal(c.stats.partial, i / 7 * 7);
			assert_int_equal(c.stats.cpu_partial_drain, i / 7);
		}
		cache_close(&c);
	}
}

/* Objects freed to a slab after it was listed do not count. */
static void test_kmem_options__later_frees_do_not_count(void **state)
{
	struct kmem_cache_config cfg = config(KMEM_CACHE_4_20, 0, 4);
	char *first[8];
	struct cache c;

	(void)state;
	cache_open_as(&c, &cfg);
	fill_slabs(&c, 8, first);
	for (unsigned i = 0; i < 7; i++)
		for (unsigned k = 0; k < 8; k++)
			give(&c, 0, first[i] + k * SIZE);
	cache_check(&c);
	assert_int_equal(c.stats.partial, 0);
	give(&c, 0, first[7]);
	cache_check(&c);
	assert_int_equal(c.stats.partial, 7);
	cache_close(&c);
}

/*
 * How many slabs come along from the node. 4.20: until more than 3 objects
 * have been found; 6.1: one, and then half of cpu_partial_slabs and one more.
 */
static unsigned nr_refilled(enum kmem_cache_kernel kernel, unsigned nr_free)
{
	enum { NR_SLABS = 8 };
	struct kmem_cache_config cfg = config(kernel, 0, 4);
	struct kmem_cache_counts counts;
	char *first[NR_SLABS];
	struct cache c;

	cache_open_as(&c, &cfg);
	fill_slabs(&c, NR_SLABS, first);
	for (unsigned i = 0; i < NR_SLABS; i++)
		for (unsigned k = 0; k < nr_free; k++)
			give(&c, 1, first[i] + k * SIZE);
	kmem_cache_shrink(c.s); /* now all are on the node */
	take(&c, 2);
	cache_check(&c);
	kmem_cache_counts(c.s, &counts);
	assert_int_equal(c.stats.alloc_from_partial, 1);
	assert_int_equal(c.stats.cpu_partial_node, counts.slabs_cpu_partial);
	assert_int_equal(counts.cpu_slabs, 1 + counts.slabs_cpu_partial);
	cache_close(&c);
	return (unsigned)counts.cpu_slabs;
}

static void test_kmem_options__refill(void **state)
{
	(void)state;
	assert_int_equal(nr_refilled(KMEM_CACHE_4_20, 1), 4);
	assert_int_equal(nr_refilled(KMEM_CACHE_4_20, 2), 2);
	assert_int_equal(nr_refilled(KMEM_CACHE_4_20, 3), 2);
	assert_int_equal(nr_refilled(KMEM_CACHE_4_20, 4), 1);
	assert_int_equal(nr_refilled(KMEM_CACHE_6_1, 1), 3);
	assert_int_equal(nr_refilled(KMEM_CACHE_6_1, 4), 3);
}

/* Deactivating a slab turns its freelist around in 4.20. */
static void test_kmem_options__deactivate(void **state)
{
	(void)state;
	for (unsigned kernel = 0; kernel < KMEM_CACHE_KERNELS; kernel++) {
		struct kmem_cache_config cfg = config(kernel, 0, 4);
		char *object[4], *next;
		struct cache c;

		cache_open_as(&c, &cfg);
		for (unsigned i = 0; i < 4; i++)
			object[i] = take(&c, 0);
		kmem_cache_shrink(c.s);
		next = take(&c, 0);
		assert_ptr_equal(next, object[0] + (kernel ? 15 : 4) * SIZE);
		cache_check(&c);
		assert_int_equal(c.stats.cpuslab_flush, 1);
		assert_int_equal(c.stats.deactivate_to_head, 1);
		cache_close(&c);
	}
}

/* No CPU keeps a slab, and an empty one goes once the node has five. */
static void debug_lists(enum kmem_cache_kernel kernel, unsigned debug)
{
	enum { NR_SLABS = 9, OBJECTS = 10 };
	struct kmem_cache_config cfg = config(kernel, debug, 4);
	struct kmem_cache_counts counts;
	char *object[NR_SLABS * OBJECTS];
	struct cache c;

	cache_open_as(&c, &cfg);
	assert_int_equal(c.stats.objs_per_slab, OBJECTS);
	for (unsigned i = 0; i < NR_SLABS * OBJECTS; i++) {
		object[i] = take(&c, i % 4);
		cache_check(&c);
		assert_int_equal(c.stats.slabs, i / OBJECTS + 1);
		assert_int_equal(c.stats.partial, i % OBJECTS != OBJECTS - 1);
	}
	kmem_cache_counts(c.s, &counts);
	assert_int_equal(counts.cpu_slabs, 0);
	assert_int_equal(counts.objects, NR_SLABS * OBJECTS);
	for (unsigned i = 0; i < NR_SLABS * OBJECTS; i++) {
		unsigned nr_touched = i / OBJECTS + 1;

		give(&c, i % 3, object[i]);
		cache_check(&c);
		/* The slab is itself on the list when it runs empty. */
		if (nr_touched > 5 || (nr_touched == 5 && i % OBJECTS == 9))
			assert_in_range(c.stats.partial, 4, 5);
		else
			assert_int_equal(c.stats.partial, nr_touched);
	}
	assert_int_equal(c.stats.slabs, 4);
	assert_int_equal(c.stats.free_slab, 5);
	assert_int_equal(c.stats.free_remove_partial, 5);
	assert_int_equal(c.stats.free_add_partial, NR_SLABS);
	kmem_cache_shrink(c.s);
	cache_check(&c);
	assert_int_equal(c.stats.slabs, 0);
	cache_close(&c);
}

static void test_kmem_options__debug_lists(void **state)
{
	(void)state;
	for (unsigned kernel = 0; kernel < KMEM_CACHE_KERNELS; kernel++) {
		debug_lists(kernel, SLAB_DEBUG_FLAGS);
		debug_lists(kernel, SLAB_RED_ZONE);
	}
}

/* Whether check() sees a full slab that its list has lost. */
static void test_kmem_options__full_list(void **state)
{
	struct kmem_cache_config cfg =
		config(KMEM_CACHE_6_1, SLAB_DEBUG_FLAGS, 1);
	const char *why = "";
	struct page *slab;
	struct cache c;

	(void)state;
	cache_open_as(&c, &cfg);
	slab = physmem_head(c.pm, take(&c, 0));
	for (unsigned i = 1; i < c.stats.objs_per_slab; i++)
		take(&c, 0);
	cache_check(&c);
	*slab->slab_list.tqe_prev = NULL;
	assert_int_equal(kmem_cache_check(c.s, &why), -EUCLEAN);
	assert_string_equal(why, "full slab not on the full list");
	*slab->slab_list.tqe_prev = slab;
	cache_close(&c);
}

/* Objects of the first nr slabs as numbers from the start of each. */
static void take_slabs(uint64_t seed, unsigned order, unsigned nr,
		       unsigned *ret)
{
	struct kmem_cache_config cfg = config(KMEM_CACHE_6_1, 0, 4);
	struct cache c;
	unsigned i, nr_objects;

	cfg.random = seed;
	cfg.order = order;
	cache_open_as(&c, &cfg);
	nr_objects = (unsigned)c.stats.objs_per_slab;
	for (i = 0; i < nr * nr_objects; i++) {
		char *object = take(&c, 0);
		char *start = physmem_page_va(c.pm, physmem_head(c.pm, object));

		ret[i] = (unsigned)(object - start) / SIZE;
	}
	cache_check(&c);
	assert_int_equal(c.stats.slabs, nr);
	cache_close(&c);
}

/* Each slab holds every object once, in one cyclic order, entered anywhere. */
static void test_kmem_options__random_order(void **state)
{
	enum { NR = 40, OBJECTS = 16 };
	unsigned got[NR * OBJECTS], same[NR * OBJECTS], other[NR * OBJECTS];
	unsigned after[OBJECTS], nr_starts = 0, starts = 0, nr_ascending = 0;

	(void)state;
	take_slabs(1, 2, NR, got);
	take_slabs(1, 2, NR, same);
	take_slabs(2, 2, NR, other);
	assert_memory_equal(got, same, sizeof(got));
	assert_memory_not_equal(got, other, sizeof(got));
	for (unsigned i = 0; i < OBJECTS; i++)
		after[got[i]] = got[(i + 1) % OBJECTS];
	for (unsigned i = 0; i < NR; i++) {
		const unsigned *slab = &got[i * OBJECTS];
		unsigned seen = 0;

		nr_starts += !(starts & 1u << slab[0]);
		starts |= 1u << slab[0];
		for (unsigned k = 0; k < OBJECTS; k++) {
			seen |= 1u << slab[k];
			assert_int_equal(slab[(k + 1) % OBJECTS],
					 after[slab[k]]);
			nr_ascending += after[slab[k]] ==
					(slab[k] + 1) % OBJECTS;
		}
		assert_int_equal(seen, 0xffff);
	}
	assert_true(nr_starts > OBJECTS / 2);
	assert_true(nr_ascending < NR * OBJECTS / 2);
}

/* A slab of the smallest order has room for some of the order only. */
static void test_kmem_options__random_fallback(void **state)
{
	struct kmem_cache_config cfg = config(KMEM_CACHE_6_1, 0, 8);
	struct fault_attr fault = { .nth = 1,
				    .persistent = true,
				    .min_order = 1 };
	struct cache c;

	(void)state;
	cfg.random = 99;
	cache_open_as(&c, &cfg);
	physmem_set_fault(c.pm, &fault);
	for (unsigned i = 1; i <= 40; i++) {
		take(&c, 0);
		cache_check(&c);
		assert_int_equal(c.stats.pages, (i + 3) / 4);
	}
	assert_int_equal(c.stats.order_fallback, 10);
	assert_int_equal(fault.fired, 10);
	cache_close(&c);
}

/* Where slots choose what is freed, the order of objects changes no count. */
static void test_kmem_options__random_counts(void **state)
{
	enum { NR_SLOTS = 1000, NR_OPS = 30000 };
	static void *object[2][NR_SLOTS];

	(void)state;
	for (unsigned kernel = 0; kernel < KMEM_CACHE_KERNELS; kernel++) {
		struct kmem_cache_config cfg = config(kernel, 0, 4);
		struct cache c[2];
		uint64_t seed = 5;
		unsigned nr_moved = 0;

		memset(object, 0, sizeof(object));
		cache_open_as(&c[0], &cfg);
		cfg.random = 12345;
		cache_open_as(&c[1], &cfg);
		for (unsigned i = 0; i < NR_OPS; i++) {
			unsigned slot = rng_below(&seed, NR_SLOTS);
			unsigned cpu = rng_below(&seed, 4);

			for (unsigned k = 0; k < 2; k++)
				if (object[k][slot]) {
					give(&c[k], cpu, object[k][slot]);
					object[k][slot] = NULL;
				} else {
					object[k][slot] = take(&c[k], cpu);
				}
			if (!object[0][slot])
				continue;
			nr_moved += physmem_paddr(c[0].pm, object[0][slot]) !=
				    physmem_paddr(c[1].pm, object[1][slot]);
			kmem_cache_stats(c[0].s, &c[0].stats);
			kmem_cache_stats(c[1].s, &c[1].stats);
			assert_memory_equal(&c[0].stats, &c[1].stats,
					    sizeof(c[0].stats));
		}
		assert_true(nr_moved > NR_OPS / 4);
		cache_close(&c[0]);
		cache_close(&c[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kmem_options__layout),
		cmocka_unit_test(test_kmem_options__waste),
		cmocka_unit_test(test_kmem_options__bad_config),
		cmocka_unit_test(test_kmem_options__cpu_partial_of_4_20),
		cmocka_unit_test(test_kmem_options__later_frees_do_not_count),
		cmocka_unit_test(test_kmem_options__refill),
		cmocka_unit_test(test_kmem_options__deactivate),
		cmocka_unit_test(test_kmem_options__debug_lists),
		cmocka_unit_test(test_kmem_options__full_list),
		cmocka_unit_test(test_kmem_options__random_order),
		cmocka_unit_test(test_kmem_options__random_fallback),
		cmocka_unit_test(test_kmem_options__random_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
