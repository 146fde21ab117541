// SPDX-License-Identifier: GPL-2.0-only
/*
 * slab_array against what mm/slab.c of Linux 6.1 does: geometry by object size
 * and CPUs, which objects move in a batch and in what order, what is kept.
 * Whole sequences: test_slab_array_golden.c.
 */
#include "array_fixture.h"

enum { NUM = 4, LIMIT = 54, BATCH = 27, SHARED = 216 }; /* of 1 KiB objects */

/* Figures of the kernel's own functions, run on these sizes. */
static const struct {
	unsigned size, align;
	bool init_on_free, small_ram;
	enum slab_freelist freelist;
	unsigned freelist_bytes, padded, order, num;
	unsigned colour, colour_off, limit;
} geometry[] = {
	{ 1024, 1024, 0, 0, OBJFREELIST_SLAB, 0, 1024, 0, 4, 0, 1024, 54 },
	{ 1024, 1024, 1, 0, OFF_SLAB, 32, 1024, 0, 4, 0, 1024, 54 },
	{ 1025, 1024, 0, 0, OBJFREELIST_SLAB, 0, 2048, 0, 2, 0, 1024, 24 },
	{ 1000, 8, 0, 0, OBJFREELIST_SLAB, 0, 1000, 0, 4, 1, 64, 54 },
	{ 1000, 8, 1, 0, ON_SLAB, 0, 1000, 0, 4, 1, 64, 54 },
	{ 960, 64, 0, 0, OBJFREELIST_SLAB, 0, 960, 0, 4, 4, 64, 54 },
	{ 700, 8, 0, 1, OBJFREELIST_SLAB, 0, 704, 0, 5, 9, 64, 54 },
	{ 16, 8, 0, 0, ON_SLAB, 0, 16, 0, 240, 0, 64, 120 },
	{ 16, 128, 0, 0, ON_SLAB, 0, 128, 0, 31, 0, 128, 120 },
	{ 64, 64, 0, 0, OBJFREELIST_SLAB, 0, 64, 0, 64, 0, 64, 120 },
	{ 256, 256, 1, 0, OFF_SLAB, 32, 256, 0, 16, 0, 256, 120 },
	{ 1536, 8, 0, 1, OBJFREELIST_SLAB, 0, 1536, 0, 2, 16, 64, 24 },
	{ 1536, 8, 0, 0, OBJFREELIST_SLAB, 0, 1536, 1, 5, 8, 64, 24 },
	{ 3072, 8, 0, 0, OBJFREELIST_SLAB, 0, 3072, 1, 2, 32, 64, 24 },
	{ 4096, 4096, 0, 0, OBJFREELIST_SLAB, 0, 4096, 0, 1, 0, 4096, 24 },
	{ 4000, 16, 1, 1, ON_SLAB, 0, 4000, 0, 1, 1, 64, 24 },
};

static void try_geometry(size_t i, unsigned nr_cpus)
{
	struct slab_geometry_config cfg = {
		.size = geometry[i].size,
		.align = geometry[i].align,
		.nr_cpus = nr_cpus,
		.ram_pages = geometry[i].small_ram ? 8192 : 8193,
		.init_on_free = geometry[i].init_on_free,
	};
	unsigned batch = geometry[i].limit / 2;
	struct slab_geometry g;

	assert_int_equal(slab_geometry(&cfg, &g), 0);
	assert_int_equal(g.size, geometry[i].padded);
	assert_int_equal(g.order, geometry[i].order);
	assert_int_equal(g.num, geometry[i].num);
	assert_int_equal(g.freelist, geometry[i].freelist);
	assert_int_equal(g.freelist_bytes, geometry[i].freelist_bytes);
	assert_int_equal(g.colour, geometry[i].colour);
	assert_int_equal(g.colour_off, geometry[i].colour_off);
	assert_int_equal(g.limit, geometry[i].limit);
	assert_int_equal(g.batchcount, batch);
	assert_int_equal(g.shared, nr_cpus > 1 ? 8 * batch : 0);
	assert_int_equal(g.free_limit, (1 + nr_cpus) * batch + g.num);
}

static void test_slab_array__geometry(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(geometry); i++)
		for (unsigned nr_cpus = 1; nr_cpus <= 9; nr_cpus++)
			try_geometry(i, nr_cpus);
}

static void test_slab_array__kmalloc_size(void **state)
{
	static const unsigned size[] = { 32,  64,  96,	 128,  192,
					 256, 512, 1024, 2048, 4096 };
	unsigned i = 0;

	(void)state;
	for (unsigned bytes = 1; bytes <= 4096; bytes++) {
		i += bytes > size[i];
		assert_int_equal(slab_kmalloc_size(bytes), size[i]);
	}
}

static void test_slab_array__bad_config(void **state)
{
	static const struct slab_array_config table[] = {
		{ .size = 15, .align = 8, .nr_cpus = 1 },
		{ .size = 4097, .align = 8, .nr_cpus = 1 },
		{ .size = 1024, .align = 0, .nr_cpus = 1 },
		{ .size = 1024, .align = 4, .nr_cpus = 1 },
		{ .size = 1024, .align = 24, .nr_cpus = 1 },
		{ .size = 1024, .align = 8192, .nr_cpus = 1 },
		{ .size = 1024, .align = 1024, .nr_cpus = 0 },
		{ .size = 1024, .align = 1024, .nr_cpus = 1, .link = 1021 },
		{ .size = 1024, .align = 1024, .nr_cpus = 1, .link = ~0u },
		{ .size = 64, .align = 64, .nr_cpus = 1, .link = 1 },
	};
	struct slab_array_config last = array_config(1);
	struct physmem *pm = small_machine();
	struct slab_array *s = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		assert_int_equal(slab_array_create(pm, &table[i], &s), -EINVAL);
	assert_null(s);
	slab_array_destroy(NULL);
	last.link = SIZE - NUM;
	assert_int_equal(slab_array_create(pm, &last, &s), 0);
	slab_array_destroy(s);
	physmem_destroy(pm);
}

/* A new slab goes whole to the CPU, which hands out from its end. */
static void test_slab_array__new_slab(void **state)
{
	struct array a;
	char *object;

	(void)state;
	array_open(&a, 4);
	object = take(&a, 2);
	array_check(&a);
	assert_int_equal(a.stats.slabs, 1);
	assert_int_equal(a.stats.free_objects, 0);
	assert_int_equal(physmem_paddr(a.pm, object) % PAGE_SIZE, 3 * SIZE);
	for (unsigned i = 1; i < NUM; i++)
		assert_ptr_equal(take(&a, 2), object - i * SIZE);
	array_check(&a);
	assert_int_equal(a.stats.pages, 1);
	/* Another CPU has none of it. */
	take(&a, 0);
	array_check(&a);
	assert_int_equal(a.stats.pages, 2);
	assert_int_equal(a.stats.objects, NUM + 1);
	array_close(&a);
}

/* Of a slab with many objects an unused CPU takes 16, then batches of 60. */
static void test_slab_array__first_batch(void **state)
{
	struct slab_array_config cfg = array_config(2);
	struct array a;
	char *object;

	(void)state;
	cfg.size = cfg.align = 64;
	array_open_on(&a, small_machine(), &cfg);
	object = take(&a, 0);
	array_check(&a);
	assert_int_equal(a.stats.free_objects, 64 - 16);
	assert_int_equal(physmem_paddr(a.pm, object) % PAGE_SIZE, 15 * 64);
	for (unsigned i = 1; i < 16; i++)
		take(&a, 0);
	array_check(&a);
	assert_int_equal(a.stats.free_objects, 64 - 16);
	assert_ptr_equal(take(&a, 0), object + 48 * 64);
	array_check(&a);
	assert_int_equal(a.stats.free_objects, 0);
	assert_int_equal(a.stats.slabs, 1);
	for (unsigned i = 0; i < 48; i++)
		take(&a, 0); /* the last of them from a new slab */
	array_check(&a);
	assert_int_equal(a.stats.slabs, 2);
	assert_int_equal(a.stats.free_objects, 64 - 60);
	array_close(&a);
}

/* Takes n objects on a CPU. */
static void take_all(struct array *a, unsigned cpu, char **object, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		object[i] = take(a, cpu);
}

static void give_all(struct array *a, unsigned cpu, char **object, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		give(a, cpu, object[i]);
}

/* One CPU, so no shared array: the oldest 27 go back to their slabs. */
static void test_slab_array__flush_at_limit(void **state)
{
	char *object[LIMIT + 2];
	struct array a;

	(void)state;
	array_open(&a, 1);
	take_all(&a, 0, object, LIMIT + 2); /* 14 slabs, and nothing left */
	give_all(&a, 0, object, LIMIT);
	array_check(&a);
	assert_int_equal(a.stats.free_objects, 0);
	give(&a, 0, object[LIMIT]);
	array_check(&a);
	assert_int_equal(a.stats.free_objects, BATCH);
	assert_int_equal(a.stats.free_slabs, BATCH / NUM);
	/* What was freed last goes out first, down to the 28th. */
	for (unsigned i = LIMIT; i >= BATCH; i--)
		assert_ptr_equal(take(&a, 0), object[i]);
	array_check(&a);
	assert_int_equal(a.stats.free_objects, BATCH);
	/* Then a batch: the partial slab first, then what was freed last. */
	assert_int_equal(a.stats.free_slabs, BATCH / NUM);
	take(&a, 0);
	array_check(&a);
	assert_int_equal(a.stats.free_objects, 0);
	assert_int_equal(a.stats.free_slabs, 0);
	assert_int_equal(a.stats.slabs, (LIMIT + 2) / NUM);
	array_close(&a);
}

/* With more CPUs they go to the shared array, where others find them. */
static void test_slab_array__shared(void **state)
{
	char *object[200];
	struct array a;

	(void)state;
	array_open(&a, 2);
	take_all(&a, 0, object, 200);
	give_all(&a, 0, object, 200);
	array_check(&a);
	assert_int_equal(a.stats.shared_avail, 6 * BATCH);
	assert_int_equal(a.stats.free_objects, 0);
	/* The first refill of an unused CPU is 16, the next a batch. */
	for (unsigned i = 0; i < 16; i++)
		assert_ptr_equal(take(&a, 1), object[6 * BATCH - 1 - i]);
	array_check(&a);
	assert_int_equal(a.stats.shared_avail, 6 * BATCH - 16);
	assert_ptr_equal(take(&a, 1), object[6 * BATCH - 17]);
	array_check(&a);
	assert_int_equal(a.stats.shared_avail, 5 * BATCH - 16);
	assert_int_equal(a.stats.pages, 50);
	array_close(&a);
}

/* The shared array takes what it has room for; only then do slabs get some. */
static void test_slab_array__shared_full(void **state)
{
	enum { N = 400 };
	char *object[N];
	struct array a;
	unsigned n = LIMIT + SHARED;

	(void)state;
	array_open(&a, 2);
	take_all(&a, 0, object, N);
	give_all(&a, 0, object, n);
	array_check(&a);
	assert_int_equal(a.stats.shared_avail, SHARED);
	assert_int_equal(a.stats.free_objects, 0);
	take(&a, 1); /* 16 fewer */
	give(&a, 0, object[n++]);
	array_check(&a);
	assert_int_equal(a.stats.shared_avail, SHARED);
	assert_int_equal(a.stats.free_objects, 0);
	for (unsigned i = 0; i < 16; i++)
		give(&a, 0, object[n++]);
	array_check(&a);
	assert_int_equal(a.stats.free_objects, BATCH);
	assert_int_equal(a.stats.shared_avail, SHARED);
	array_close(&a);
}

/* All freed, on another CPU: the arrays stay full, the node keeps its limit. */
static void test_slab_array__free_limit(void **state)
{
	enum { N = 1200 };
	static const unsigned cpus[] = { 1, 2, 4, 8 };
	static char *object[N];

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(cpus); k++) {
		unsigned n = cpus[k], limit = (1 + n) * BATCH + NUM, i;
		bool dropped = false;
		struct array a;

		array_open(&a, n);
		assert_int_equal(a.stats.geometry.free_limit, limit);
		take_all(&a, 0, object, N);
		array_check(&a);
		for (i = 0; i < N; i++) {
			uint64_t slabs = a.stats.slabs;

			give(&a, n - 1, object[i]);
			array_check(&a);
			/* Not before there are too many, nor too many of it. */
			if (a.stats.slabs == slabs)
				continue;
			dropped = true;
			assert_true(a.stats.free_objects > limit - NUM);
		}
		assert_true(dropped);
		assert_true(a.stats.free_objects <= limit);
		assert_int_equal(a.stats.objects, 0);
		assert_int_equal(a.stats.shared_avail, n > 1 ? SHARED : 0);
		slab_array_shrink(a.s);
		array_check(&a);
		assert_int_equal(a.stats.slabs, 0);
		assert_int_equal(a.stats.shared_avail, 0);
		array_close(&a);
	}
}

static bool is_slab(const struct array *a, const char *object)
{
	const struct page *page = physmem_head(a->pm, object);

	return page->flags == PG_HEAD && page->array_cache == a->s;
}

/*
 * Of 400 objects freed in order, 351 reach the node: slabs 0 to 86, and 3 of
 * slab 87. The oldest go to the page allocator until 55 objects are left, and
 * of those the partial slab, then the newest, are used first.
 */
static void test_slab_array__oldest_go(void **state)
{
	enum { N = 400, TO_NODE = 13 * BATCH, NR_GONE = 74 };
	char *object[N];
	struct array a;

	(void)state;
	array_open(&a, 1);
	take_all(&a, 0, object, N);
	give_all(&a, 0, object, N);
	array_check(&a);
	assert_int_equal(a.stats.free_objects, TO_NODE - NR_GONE * NUM);
	assert_int_equal(a.stats.slabs, N / NUM - NR_GONE);
	for (unsigned i = 0; i < N; i++)
		assert_int_equal(is_slab(&a, object[i]), i / NUM >= NR_GONE);
	for (unsigned i = N; i-- > TO_NODE;)
		assert_ptr_equal(take(&a, 0), object[i]);
	for (unsigned i = 81; i <= 86; i++)
		for (unsigned k = 0; k < NUM; k++)
			assert_ptr_equal(physmem_head(a.pm, take(&a, 0)),
					 physmem_head(a.pm, object[i * NUM]));
	for (unsigned k = 0; k < 3; k++)
		assert_ptr_equal(physmem_head(a.pm, take(&a, 0)),
				 physmem_head(a.pm, object[87 * NUM]));
	array_close(&a);
}

/* Shrink takes what the arrays hold, and leaves slabs in use alone. */
static void test_slab_array__shrink(void **state)
{
	enum { N = 40 };
	char *object[N];
	struct array a;

	(void)state;
	array_open(&a, 4);
	take_all(&a, 3, object, N);
	for (unsigned i = 0; i < N; i++)
		if (i % (2 * NUM))
			give(&a, i % 4, object[i]);
	slab_array_shrink(a.s);
	array_check(&a);
	assert_int_equal(a.stats.slabs, N / (2 * NUM));
	assert_int_equal(a.stats.free_slabs, 0);
	assert_int_equal(a.stats.free_objects, N / (2 * NUM) * (NUM - 1));
	/* Those are used before any new slab. */
	take_all(&a, 0, object, N / (2 * NUM) * (NUM - 1));
	array_check(&a);
	assert_int_equal(a.stats.slabs, N / (2 * NUM));
	array_close(&a);
}

/* The first object of each slab lies a cache line further, four in turn. */
static void test_slab_array__colour(void **state)
{
	struct slab_array_config cfg = array_config(1);
	struct array a;

	(void)state;
	cfg.size = 960;
	cfg.align = 64;
	array_open_on(&a, small_machine(), &cfg);
	for (unsigned i = 1; i <= 9; i++) {
		for (unsigned k = NUM; k-- > 0;)
			assert_int_equal(physmem_paddr(a.pm, take(&a, 0)) %
						 PAGE_SIZE,
					 i % 4 * 64 + k * 960);
		array_check(&a);
		assert_int_equal(a.stats.slabs, i);
	}
	array_close(&a);
}

/* Bytes of an object that are not fill, in [from, to). */
static unsigned count_other(const char *object, unsigned from, unsigned to,
			    char fill)
{
	unsigned nr = 0;

	for (unsigned i = from; i < to; i++)
		nr += object[i] != fill;
	return nr;
}

/* A free object keeps what it held, but for a freelist where config says. */
static void freelist_bytes(unsigned link)
{
	enum { N = 216 };
	struct slab_array_config cfg = array_config(1);
	unsigned nr_link = 0;
	char *object[N];
	struct array a;

	cfg.link = link;
	array_open_on(&a, small_machine(), &cfg);
	take_all(&a, 0, object, N);
	for (unsigned i = 0; i < N; i++)
		memset(object[i], 0x5a, SIZE);
	for (unsigned i = 0; i < N; i++)
		if (i % NUM)
			give(&a, 0, object[i]);
	for (unsigned i = 0; i < N; i++) {
		if (i % NUM)
			object[i] = take(&a, 0);
		assert_int_equal(count_other(object[i], 0, link, 0x5a), 0);
		assert_int_equal(count_other(object[i], link + NUM, SIZE, 0x5a),
				 0);
		nr_link += count_other(object[i], link, link + NUM, 0x5a) > 0;
	}
	array_check(&a);
	assert_int_equal(a.stats.grown, N / NUM);
	assert_true(nr_link > N / NUM / 2);
	array_close(&a);
}

static void test_slab_array__link(void **state)
{
	(void)state;
	freelist_bytes(0);
	freelist_bytes(SIZE / 2);
	freelist_bytes(SIZE - NUM);
}

static void test_slab_array__zero(void **state)
{
	struct slab_array_config cfg = array_config(1);
	struct array a;
	void *again;
	char *object;

	(void)state;
	array_open(&a, 1);
	object = take(&a, 0);
	memset(object, 0x5a, SIZE);
	give(&a, 0, object);
	assert_ptr_equal(take(&a, 0), object);
	assert_int_equal(count_other(object, 0, SIZE, 0x5a), 0);
	give(&a, 0, object);
	assert_int_equal(slab_array_alloc(a.s, 0, __GFP_ZERO, &again), 0);
	assert_ptr_equal(again, object);
	assert_int_equal(count_other(object, 0, SIZE, 0), 0);
	array_close(&a);

	cfg.init_on_free = true;
	array_open_on(&a, small_machine(), &cfg);
	object = take(&a, 0);
	memset(object, 0x5a, SIZE);
	give(&a, 0, object);
	assert_ptr_equal(take(&a, 0), object);
	assert_int_equal(count_other(object, 0, SIZE, 0), 0);
	array_close(&a);
}

/* Arrays of every CPU and the shared one, the node, 32 bytes per off-slab
 * freelist. */
static void test_slab_array__metadata(void **state)
{
	struct slab_array_config cfg = array_config(1);
	struct array a;

	(void)state;
	array_open(&a, 1);
	take(&a, 0);
	array_check(&a);
	assert_int_equal(a.stats.metadata_bytes, 16 + LIMIT * 8 + 128);
	array_close(&a);
	cfg.nr_cpus = 4;
	cfg.init_on_free = true;
	array_open_on(&a, small_machine(), &cfg);
	for (unsigned i = 0; i < 3 * NUM; i++)
		take(&a, 3);
	array_check(&a);
	assert_int_equal(a.stats.metadata_bytes,
			 4 * (16 + LIMIT * 8) + 2048 + 128 + 3 * 32);
	array_close(&a);
}

/* The cache says where its pages lie, whatever the caller asks for. */
static void test_slab_array__zone(void **state)
{
	struct slab_array_config cfg = array_config(1);
	struct array a;
	void *object;

	(void)state;
	array_open(&a, 1);
	assert_int_equal(slab_array_alloc(a.s, 0, GFP_KERNEL, &object), 0);
	assert_true(physmem_paddr(a.pm, object) < SZ_4G);
	array_close(&a);
	cfg.allocflags = 0;
	array_open_on(&a, small_machine(), &cfg);
	assert_int_equal(
		slab_array_alloc(a.s, 0, GFP_ATOMIC | GFP_DMA32, &object), 0);
	assert_true(physmem_paddr(a.pm, object) >= SZ_4G);
	array_close(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slab_array__geometry),
		cmocka_unit_test(test_slab_array__kmalloc_size),
		cmocka_unit_test(test_slab_array__bad_config),
		cmocka_unit_test(test_slab_array__new_slab),
		cmocka_unit_test(test_slab_array__first_batch),
		cmocka_unit_test(test_slab_array__flush_at_limit),
		cmocka_unit_test(test_slab_array__shared),
		cmocka_unit_test(test_slab_array__shared_full),
		cmocka_unit_test(test_slab_array__free_limit),
		cmocka_unit_test(test_slab_array__oldest_go),
		cmocka_unit_test(test_slab_array__shrink),
		cmocka_unit_test(test_slab_array__colour),
		cmocka_unit_test(test_slab_array__link),
		cmocka_unit_test(test_slab_array__zero),
		cmocka_unit_test(test_slab_array__metadata),
		cmocka_unit_test(test_slab_array__zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
