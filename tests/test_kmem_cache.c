// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmem_cache against what SLUB of Linux 6.1 does: geometry by object size and
 * CPUs, where an object goes when it is freed, what is kept. Pages held after
 * long sequences: test_memory_golden.c.
 */
#include "kmem_fixture.h"

/* Orders of 1 KiB objects by CPUs, then other sizes and forced orders. */
static const struct geometry {
	unsigned size, min_cpus, max_cpus, order;
	unsigned slab_order, objects, cpu_partial, min_partial;
} geometry[] = {
	{ 1024, 1, 1, KMEM_CACHE_ORDER_AUTO, 1, 8, 6, 5 },
	{ 1024, 2, 3, KMEM_CACHE_ORDER_AUTO, 2, 16, 3, 5 },
	{ 1024, 4, 7, KMEM_CACHE_ORDER_AUTO, 2, 16, 3, 5 },
	{ 1024, 8, 15, KMEM_CACHE_ORDER_AUTO, 3, 32, 2, 5 },
	{ 1024, 16, 17, KMEM_CACHE_ORDER_AUTO, 3, 32, 2, 5 },
	{ 1024, 1, 16, 0, 0, 4, 12, 5 },
	{ 1024, 1, 16, 1, 1, 8, 6, 5 },
	{ 1024, 1, 16, 3, 3, 32, 2, 5 },
	{ 64, 1, 1, KMEM_CACHE_ORDER_AUTO, 0, 64, 4, 5 },
	{ 128, 16, 31, KMEM_CACHE_ORDER_AUTO, 0, 32, 8, 5 },
	{ 256, 8, 15, KMEM_CACHE_ORDER_AUTO, 1, 32, 4, 5 },
	{ 512, 4, 7, KMEM_CACHE_ORDER_AUTO, 1, 16, 7, 5 },
	{ 2048, 4, 7, KMEM_CACHE_ORDER_AUTO, 3, 16, 3, 5 },
	{ 4096, 1, 16, KMEM_CACHE_ORDER_AUTO, 3, 8, 2, 6 },
};

static void try_geometry(const struct geometry *g, unsigned nr_cpus)
{
	struct cache c;

	cache_open(&c, g->size, nr_cpus, g->order);
	assert_int_equal(c.stats.order, g->slab_order);
	assert_int_equal(c.stats.objs_per_slab, g->objects);
	assert_int_equal(c.stats.cpu_partial_slabs, g->cpu_partial);
	assert_int_equal(c.stats.min_partial, g->min_partial);
	assert_int_equal(c.stats.pages, 0);
	assert_int_equal(kmem_cache_link_offset(c.s), g->size / 2);
	take(&c, 0);
	cache_check(&c);
	assert_int_equal(c.stats.pages, 1u << g->slab_order);
	cache_close(&c);
}

static void test_kmem_cache__geometry(void **state)
{
	size_t i;
	unsigned n;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(geometry); i++)
		for (n = geometry[i].min_cpus; n <= geometry[i].max_cpus; n++)
			try_geometry(&geometry[i], n);
}

static void test_kmem_cache__bad_config(void **state)
{
	static const struct kmem_cache_config table[] = {
		{ .size = 0, .nr_cpus = 1 },
		{ .size = 32, .nr_cpus = 1 },
		{ .size = 1000, .nr_cpus = 1 },
		{ .size = 8192, .nr_cpus = 1 },
		{ .size = 1024, .nr_cpus = 0 },
		{ .size = 1024, .nr_cpus = 1, .order = 4 },
		{ .size = 1024, .nr_cpus = 1, .order = 0xfe },
	};
	struct physmem *pm = small_machine();
	struct kmem_cache *s = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++)
		assert_int_equal(kmem_cache_create(pm, &table[i], &s), -EINVAL);
	assert_null(s);
	kmem_cache_destroy(NULL);
	physmem_destroy(pm);
}

/* A fresh slab hands out ascending; what was freed last goes out first. */
static void test_kmem_cache__order_of_objects(void **state)
{
	struct cache c;
	char *object[16];
	unsigned i;

	(void)state;
	cache_open(&c, SIZE, 4, KMEM_CACHE_ORDER_AUTO);
	for (i = 0; i < 16; i++) {
		object[i] = take(&c, 0);
		assert_ptr_equal(object[i], object[0] + i * SIZE);
	}
	assert_int_equal(physmem_paddr(c.pm, object[0]) % (16 * SIZE), 0);
	give(&c, 0, object[3]);
	give(&c, 0, object[9]);
	assert_ptr_equal(take(&c, 0), object[9]);
	assert_ptr_equal(take(&c, 0), object[3]);
	cache_check(&c);
	assert_int_equal(c.stats.slabs, 1);
	assert_int_equal(c.stats.alive, 16);
	cache_close(&c);
}

static void test_kmem_cache__zero(void **state)
{
	struct cache c;
	unsigned i, nr_same = 0, nr_set = 0;
	void *again;
	char *object;

	(void)state;
	cache_open(&c, SIZE, 1, KMEM_CACHE_ORDER_AUTO);
	object = take(&c, 0);
	memset(object, 0x5a, SIZE);
	give(&c, 0, object);
	assert_ptr_equal(take(&c, 0), object);
	/* All but the link, a pointer whose bytes may be anything. */
	memset(object + SIZE / 2, 0, sizeof(void *));
	for (i = 0; i < SIZE; i++)
		nr_same += object[i] == 0x5a;
	assert_int_equal(nr_same, SIZE - sizeof(void *));
	give(&c, 0, object);
	assert_int_equal(kmem_cache_alloc(c.s, 0, __GFP_ZERO, &again), 0);
	assert_ptr_equal(again, object);
	for (i = 0; i < SIZE; i++)
		nr_set += object[i] != 0;
	assert_int_equal(nr_set, 0);
	cache_close(&c);
}

static void test_kmem_cache__order_fallback(void **state)
{
	struct fault_attr fault = { .nth = 1 };
	struct cache c;
	unsigned i;

	(void)state;
	cache_open(&c, SIZE, 4, KMEM_CACHE_ORDER_AUTO);
	physmem_set_fault(c.pm, &fault);
	for (i = 0; i < 4; i++)
		take(&c, 0);
	cache_check(&c);
	assert_int_equal(fault.calls, 2);
	assert_int_equal(c.stats.order_fallback, 1);
	assert_int_equal(c.stats.alloc_slab, 1);
	assert_int_equal(c.stats.pages, 1);
	take(&c, 0);
	cache_check(&c);
	assert_int_equal(c.stats.order_fallback, 1);
	assert_int_equal(c.stats.pages, 1 + 4);
	cache_close(&c);
}

static void test_kmem_cache__no_pages(void **state)
{
	struct fault_attr fault = { .nth = 1, .persistent = true };
	void *none = NULL;
	struct cache c;

	(void)state;
	cache_open(&c, SIZE, 4, KMEM_CACHE_ORDER_AUTO);
	physmem_set_fault(c.pm, &fault);
	assert_int_equal(kmem_cache_alloc(c.s, 1, GFP_ATOMIC, &none), -ENOMEM);
	assert_null(none);
	assert_int_equal(fault.fired, 2);
	cache_check(&c);
	assert_int_equal(c.stats.pages, 0);
	assert_int_equal(c.stats.order_fallback, 0);
	physmem_set_fault(c.pm, NULL);
	take(&c, 1);
	cache_close(&c);
}

/* What another CPU frees to the active slab waits on the slab. */
static void test_kmem_cache__remote_free_to_active(void **state)
{
	struct cache c;
	char *object[16];
	unsigned i;

	(void)state;
	cache_open(&c, SIZE, 4, KMEM_CACHE_ORDER_AUTO);
	for (i = 0; i < 15; i++)
		object[i] = take(&c, 0);
	give(&c, 1, object[2]);
	give(&c, 2, object[5]);
	object[15] = take(&c, 0); /* still from the CPU's own list */
	assert_ptr_equal(object[15], object[0] + 15 * SIZE);
	assert_ptr_equal(take(&c, 0), object[5]);
	assert_ptr_equal(take(&c, 0), object[2]);
	cache_check(&c);
	assert_int_equal(c.stats.slabs, 1);
	take(&c, 0);
	cache_check(&c);
	assert_int_equal(c.stats.slabs, 2);
	cache_close(&c);
}

/* A full slab goes to the CPU that first frees to it, whoever filled it. */
static void test_kmem_cache__remote_free_to_full(void **state)
{
	struct cache c;
	char *object[16], *other;
	unsigned i;

	(void)state;
	cache_open(&c, SIZE, 4, KMEM_CACHE_ORDER_AUTO);
	for (i = 0; i < 16; i++)
		object[i] = take(&c, 0);
	other = take(&c, 0); /* the full one is no CPU's now */
	give(&c, 3, object[7]);
	give(&c, 0, object[8]); /* no matter who frees next */
	cache_check(&c);
	assert_int_equal(c.stats.slabs, 2);
	assert_int_equal(c.stats.partial, 0);
	assert_ptr_equal(take(&c, 0), other + SIZE);
	assert_ptr_equal(take(&c, 3), object[8]);
	assert_ptr_equal(take(&c, 3), object[7]);
	cache_check(&c);
	assert_int_equal(c.stats.slabs, 2);
	cache_close(&c);
}

/*
 * One object freed in each of many full slabs: they gather on the CPU's list;
 * the first that finds it full sends the whole list to the node.
 */
static void test_kmem_cache__cpu_partial_limit(void **state)
{
	static const unsigned cpus[] = { 1, 2, 4, 8 };
	enum { NR_SLABS = 20 };
	size_t n;

	(void)state;
	for (n = 0; n < ARRAY_SIZE(cpus); n++) {
		char *first[NR_SLABS];
		struct cache c;
		unsigned i, k, limit, objects;

		cache_open(&c, SIZE, cpus[n], KMEM_CACHE_ORDER_AUTO);
		limit = (unsigned)c.stats.cpu_partial_slabs;
		objects = (unsigned)c.stats.objs_per_slab;
		for (i = 0; i < NR_SLABS; i++) {
			first[i] = take(&c, 0);
			for (k = 1; k < objects; k++)
				take(&c, 0);
		}
		take(&c, 0); /* so that no slab of those is active */
		for (i = 0; i < NR_SLABS; i++) {
			give(&c, 0, first[i]);
			cache_check(&c);
			assert_int_equal(c.stats.partial, i / limit * limit);
		}
		cache_close(&c);
	}
}

/* With everything freed: what is kept, and that shrink keeps nothing. */
static void test_kmem_cache__min_partial(void **state)
{
	enum { NR = 1024 };
	static void *object[NR];
	struct cache c;
	unsigned i;

	(void)state;
	cache_open(&c, SIZE, 4, KMEM_CACHE_ORDER_AUTO);
	for (i = 0; i < NR; i++)
		object[i] = take(&c, 0);
	for (i = 0; i < NR; i++)
		give(&c, 1, object[i]);
	cache_check(&c);
	assert_int_equal(c.stats.alive, 0);
	assert_int_equal(c.stats.partial, c.stats.min_partial);
	/* The active slab of CPU 0, and up to a list's worth on CPU 1. */
	assert_true(c.stats.slabs > c.stats.min_partial);
	assert_true(c.stats.slabs <=
		    c.stats.min_partial + c.stats.cpu_partial_slabs + 1);
	kmem_cache_shrink(c.s);
	cache_check(&c);
	assert_int_equal(c.stats.slabs, 0);
	assert_int_equal(c.stats.partial, 0);
	cache_close(&c);
}

/* After a shrink the fullest slabs come first, and the full ones nowhere. */
static void test_kmem_cache__shrink_sorts(void **state)
{
	enum { NR_SLABS = 4, OBJECTS = 8 };
	static const unsigned nr_freed[NR_SLABS] = { 5, 1, 8, 3 };
	char *object[NR_SLABS][OBJECTS];
	struct cache c;
	unsigned i, k;

	(void)state;
	cache_open(&c, SIZE, 1, KMEM_CACHE_ORDER_AUTO);
	for (i = 0; i < NR_SLABS; i++)
		for (k = 0; k < OBJECTS; k++)
			object[i][k] = take(&c, 0);
	for (i = 0; i < NR_SLABS; i++)
		for (k = 0; k < nr_freed[i]; k++)
			give(&c, 0, object[i][k]);
	kmem_cache_shrink(c.s);
	cache_check(&c);
	assert_int_equal(c.stats.slabs, NR_SLABS - 1);
	assert_int_equal(c.stats.partial, NR_SLABS - 1);
	assert_ptr_equal(take(&c, 0), object[1][0]);
	cache_check(&c);
	assert_int_equal(c.stats.partial, 0); /* the others came along */
	cache_close(&c);
}

/*
 * Of two slabs equally full, the one that was active comes last, but first if
 * another CPU had freed to it: it went to the tail of the node list.
 */
static void shrink_active(unsigned cpu, bool active_first)
{
	enum { NR_SLABS = 5, OBJECTS = 16 };
	char *object[NR_SLABS][OBJECTS], *got;
	struct cache c;
	unsigned i, k;

	cache_open(&c, SIZE, 2, KMEM_CACHE_ORDER_AUTO);
	for (i = 0; i < NR_SLABS; i++)
		for (k = 0; k < OBJECTS; k++)
			object[i][k] = take(&c, 0);
	for (i = 0; i < NR_SLABS; i++)
		for (k = 0; k <= i; k++)
			give(&c, 0, object[i][k]);
	kmem_cache_shrink(c.s);
	/* Slab 0 is active, 1 and 2 come along, 3 and 4 stay on the node. */
	assert_ptr_equal(take(&c, 0), object[0][0]);
	for (k = 0; k < 4; k++)
		give(&c, k ? 0 : cpu, object[0][k]);
	kmem_cache_shrink(c.s);
	take(&c, 0);
	take(&c, 0); /* slab 1 is used up, 2 and the first of 4 free come */
	got = take(&c, 0);
	i = active_first ? 0 : 3;
	assert_ptr_equal(physmem_head(c.pm, got),
			 physmem_head(c.pm, object[i][0]));
	cache_close(&c);
}

static void test_kmem_cache__shrink_active(void **state)
{
	(void)state;
	shrink_active(0, false);
	shrink_active(1, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kmem_cache__geometry),
		cmocka_unit_test(test_kmem_cache__bad_config),
		cmocka_unit_test(test_kmem_cache__order_of_objects),
		cmocka_unit_test(test_kmem_cache__zero),
		cmocka_unit_test(test_kmem_cache__order_fallback),
		cmocka_unit_test(test_kmem_cache__no_pages),
		cmocka_unit_test(test_kmem_cache__remote_free_to_active),
		cmocka_unit_test(test_kmem_cache__remote_free_to_full),
		cmocka_unit_test(test_kmem_cache__cpu_partial_limit),
		cmocka_unit_test(test_kmem_cache__min_partial),
		cmocka_unit_test(test_kmem_cache__shrink_sorts),
		cmocka_unit_test(test_kmem_cache__shrink_active),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
