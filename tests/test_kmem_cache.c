// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmem_cache against what SLUB of Linux 6.1 does: geometry by object size and
 * CPUs, where an object goes when it is freed, what is kept, and that no two
 * objects ever overlap. Pages held after long sequences: test_memory_golden.c.
 */
#include "mm_fixture.h"

#include "kmem_cache.h"

#define SIZE 1024u

struct cache {
	struct physmem *pm;
	struct kmem_cache *s;
	uint64_t pages_free; /* at the start */
	struct kmem_cache_stats stats;
};

static void cache_open(struct cache *c, unsigned size, unsigned nr_cpus,
		       unsigned order)
{
	struct kmem_cache_config cfg = {
		.size = size,
		.allocflags = GFP_DMA32,
		.nr_cpus = nr_cpus,
		.order = order,
	};

	c->pm = small_machine();
	c->pages_free = pages_free(c->pm);
	assert_int_equal(kmem_cache_create(c->pm, &cfg, &c->s), 0);
	kmem_cache_stats(c->s, &c->stats);
}

static void cache_check(struct cache *c)
{
	const char *why = "";

	if (kmem_cache_check(c->s, &why))
		fail_msg("%s", why);
	kmem_cache_stats(c->s, &c->stats);
	assert_int_equal(c->stats.pages, c->pages_free - pages_free(c->pm));
}

static void cache_close(struct cache *c)
{
	cache_check(c);
	kmem_cache_destroy(c->s);
	assert_int_equal(pages_free(c->pm), c->pages_free);
	assert_pm_sound(c->pm);
	physmem_destroy(c->pm);
}

static char *take(struct cache *c, unsigned cpu)
{
	void *object;

	assert_int_equal(kmem_cache_alloc(c->s, cpu, GFP_ATOMIC, &object), 0);
	return object;
}

static void give(struct cache *c, unsigned cpu, void *object)
{
	kmem_cache_free(c->s, cpu, object);
}

/* Orders of 1 KiB objects by CPUs, then other sizes and forced orders. */
static const struct geometry {
	unsigned size, nr_cpus, order;
	unsigned slab_order, objects, cpu_partial, min_partial;
} geometry[] = {
	{ 1024, 1, KMEM_CACHE_ORDER_AUTO, 1, 8, 6, 5 },
	{ 1024, 2, KMEM_CACHE_ORDER_AUTO, 2, 16, 3, 5 },
	{ 1024, 3, KMEM_CACHE_ORDER_AUTO, 2, 16, 3, 5 },
	{ 1024, 4, KMEM_CACHE_ORDER_AUTO, 2, 16, 3, 5 },
	{ 1024, 5, KMEM_CACHE_ORDER_AUTO, 2, 16, 3, 5 },
	{ 1024, 6, KMEM_CACHE_ORDER_AUTO, 2, 16, 3, 5 },
	{ 1024, 7, KMEM_CACHE_ORDER_AUTO, 2, 16, 3, 5 },
	{ 1024, 8, KMEM_CACHE_ORDER_AUTO, 3, 32, 2, 5 },
	{ 1024, 9, KMEM_CACHE_ORDER_AUTO, 3, 32, 2, 5 },
	{ 1024, 10, KMEM_CACHE_ORDER_AUTO, 3, 32, 2, 5 },
	{ 1024, 11, KMEM_CACHE_ORDER_AUTO, 3, 32, 2, 5 },
	{ 1024, 12, KMEM_CACHE_ORDER_AUTO, 3, 32, 2, 5 },
	{ 1024, 13, KMEM_CACHE_ORDER_AUTO, 3, 32, 2, 5 },
	{ 1024, 14, KMEM_CACHE_ORDER_AUTO, 3, 32, 2, 5 },
	{ 1024, 15, KMEM_CACHE_ORDER_AUTO, 3, 32, 2, 5 },
	{ 1024, 16, KMEM_CACHE_ORDER_AUTO, 3, 32, 2, 5 },
	{ 1024, 1, 0, 0, 4, 12, 5 },
	{ 1024, 8, 1, 1, 8, 6, 5 },
	{ 1024, 1, 3, 3, 32, 2, 5 },
	{ 64, 1, KMEM_CACHE_ORDER_AUTO, 0, 64, 4, 5 },
	{ 128, 16, KMEM_CACHE_ORDER_AUTO, 0, 32, 8, 5 },
	{ 256, 8, KMEM_CACHE_ORDER_AUTO, 1, 32, 4, 5 },
	{ 512, 4, KMEM_CACHE_ORDER_AUTO, 1, 16, 7, 5 },
	{ 2048, 4, KMEM_CACHE_ORDER_AUTO, 3, 16, 3, 5 },
	{ 4096, 1, KMEM_CACHE_ORDER_AUTO, 3, 8, 2, 6 },
};

static void test_kmem_cache__geometry(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(geometry); i++) {
		const struct geometry *g = &geometry[i];
		struct cache c;

		cache_open(&c, g->size, g->nr_cpus, g->order);
		assert_int_equal(c.stats.order, g->slab_order);
		assert_int_equal(c.stats.objs_per_slab, g->objects);
		assert_int_equal(c.stats.cpu_partial, g->cpu_partial);
		assert_int_equal(c.stats.min_partial, g->min_partial);
		assert_int_equal(c.stats.pages, 0);
		assert_int_equal(kmem_cache_link_offset(c.s), g->size / 2);
		take(&c, 0);
		cache_check(&c);
		assert_int_equal(c.stats.pages, 1u << g->slab_order);
		cache_close(&c);
	}
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
	assert_int_equal(c.stats.objects, 16);
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
	for (i = 0; i < SIZE; i++)
		nr_same += object[i] == 0x5a;
	/* All but the link. */
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
		limit = c.stats.cpu_partial;
		objects = c.stats.objs_per_slab;
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
	assert_int_equal(c.stats.objects, 0);
	assert_int_equal(c.stats.partial, c.stats.min_partial);
	/* The active slab of CPU 0, and up to a list's worth on CPU 1. */
	assert_true(c.stats.slabs > c.stats.min_partial);
	assert_true(c.stats.slabs <=
		    c.stats.min_partial + c.stats.cpu_partial + 1);
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

static void random_ops(unsigned size, unsigned nr_cpus, unsigned nr_ops)
{
	enum { NR_LIVE = 1500 };
	static struct {
		void *object;
		uint32_t id;
		unsigned cpu;
	} live[NR_LIVE];
	uint64_t seed = size + nr_cpus, nr_remote = 0;
	struct oracle oracle;
	struct cache c;
	uint32_t i;

	memset(live, 0, sizeof(live));
	cache_open(&c, size, nr_cpus, KMEM_CACHE_ORDER_AUTO);
	oracle_init(&oracle, c.pm, 6);
	for (i = 1; i <= nr_ops; i++) {
		/* Sweeps between nearly empty and full, so that slabs go. */
		unsigned range = i / 50000 % 2 ? NR_LIVE / 8 : NR_LIVE;
		unsigned n = rng_below(&seed, i % 3 ? range : NR_LIVE);
		unsigned cpu = rng_below(&seed, nr_cpus);

		if (live[n].object) {
			oracle_drop(&oracle, live[n].object, size, live[n].id);
			nr_remote += cpu != live[n].cpu;
			give(&c, cpu, live[n].object);
			live[n].object = NULL;
		} else if (n < range) {
			live[n].object = take(&c, cpu);
			live[n].id = i;
			live[n].cpu = cpu;
			oracle_take(&oracle, live[n].object, size, i);
		}
		if (i % 1024 == 0)
			cache_check(&c);
		if (i % 100000 == 0)
			kmem_cache_shrink(c.s);
	}
	cache_check(&c);
	assert_int_equal(c.stats.objects, oracle.nr_live);
	assert_true(nr_remote > nr_ops / 8 || nr_cpus == 1);
	assert_true(c.stats.alloc_slab > c.stats.slabs);
	for (i = 0; i < NR_LIVE; i++)
		if (live[i].object)
			give(&c, 0, live[i].object);
	kmem_cache_shrink(c.s);
	cache_check(&c);
	assert_int_equal(c.stats.pages, 0);
	oracle_fini(&oracle);
	cache_close(&c);
}

static void test_kmem_cache__random(void **state)
{
	static const struct {
		unsigned size, nr_cpus, nr_ops;
	} table[] = {
		{ 1024, 4, 1000000 }, { 1024, 1, 100000 }, { 1024, 16, 100000 },
		{ 64, 2, 100000 },    { 256, 8, 100000 },  { 4096, 3, 100000 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++)
		random_ops(table[i].size, table[i].nr_cpus, table[i].nr_ops);
}

/* What check_detects breaks: an active slab and one on the CPU's list. */
struct victims {
	struct page *active, *listed;
	char *freed; /* of the listed one, last on its freelist */
};

static void break_inuse(const struct victims *v)
{
	v->listed->inuse++;
}

static void break_frozen(const struct victims *v)
{
	v->listed->frozen = false;
}

static void break_owner(const struct victims *v)
{
	v->active->slab_cache = NULL;
}

static void break_head(const struct victims *v)
{
	v->active->flags = PG_TAIL;
}

static void break_node_list(const struct victims *v)
{
	v->listed->on_node_list = true;
}

static void break_freelist(const struct victims *v)
{
	v->listed->freelist = NULL;
}

/* A link is data in a free object: what a write after free hits. */
static void break_link(const struct victims *v)
{
	void *outside = v->freed + (1 << 20);

	memcpy(v->freed + SIZE / 2, &outside, sizeof(outside));
}

static void break_loop(const struct victims *v)
{
	memcpy(v->freed + SIZE / 2, &v->freed, sizeof(v->freed));
}

static const struct {
	void (*break_it)(const struct victims *v);
	const char *why;
} breaks[] = {
	{ break_inuse, "freelist and inuse of a slab disagree" },
	{ break_frozen,
	  "frozen slab without a CPU, or a CPU's slab not frozen" },
	{ break_owner, "slab that is no block of this cache" },
	{ break_head, "slab that is no block of this cache" },
	{ break_node_list, "slab counters do not add up" },
	{ break_freelist, "freelist and inuse of a slab disagree" },
	{ break_link, "freelist and inuse of a slab disagree" },
	{ break_loop, "freelist and inuse of a slab disagree" },
};

static void test_kmem_cache__check_detects(void **state)
{
	struct victims v;
	struct cache c;
	unsigned i;

	(void)state;
	cache_open(&c, SIZE, 2, KMEM_CACHE_ORDER_AUTO);
	v.freed = take(&c, 0);
	for (i = 1; i < c.stats.objs_per_slab; i++)
		take(&c, 0);
	v.active = physmem_head(c.pm, take(&c, 0));
	give(&c, 1, v.freed);
	v.listed = physmem_head(c.pm, v.freed);
	for (i = 0; i < ARRAY_SIZE(breaks); i++) {
		struct page active = *v.active, listed = *v.listed;
		const char *why = "";
		void *link;

		memcpy(&link, v.freed + SIZE / 2, sizeof(link));
		breaks[i].break_it(&v);
		assert_int_equal(kmem_cache_check(c.s, &why), -EUCLEAN);
		assert_string_equal(why, breaks[i].why);
		*v.active = active;
		*v.listed = listed;
		memcpy(v.freed + SIZE / 2, &link, sizeof(link));
		cache_check(&c);
	}
	cache_close(&c);
}

struct bad_free {
	struct kmem_cache *s;
	void *object;
};

static void do_bad_free(void *arg)
{
	struct bad_free *f = arg;

	kmem_cache_free(f->s, 0, f->object);
}

static void test_kmem_cache__bad_free_aborts(void **state)
{
	struct kmem_cache *other;
	struct bad_free f;
	struct page *page;
	struct cache c;
	struct kmem_cache_config cfg = { .size = SIZE, .nr_cpus = 1 };

	(void)state;
	cache_open(&c, SIZE, 1, KMEM_CACHE_ORDER_AUTO);
	assert_int_equal(kmem_cache_create(c.pm, &cfg, &other), 0);
	assert_int_equal(physmem_alloc_pages(c.pm, 0, 0, 1, &page), 0);
	page->slab_cache = NULL;
	f = (struct bad_free){ c.s, physmem_page_va(c.pm, page) };
	assert_true(aborts(do_bad_free, &f));
	f.object = physmem_page_va(c.pm, page + 1);
	assert_true(aborts(do_bad_free, &f));
	assert_int_equal(kmem_cache_alloc(other, 0, 0, &f.object), 0);
	assert_true(aborts(do_bad_free, &f));
	f.s = other;
	assert_false(aborts(do_bad_free, &f));
	physmem_free_pages(c.pm, 0, page, 1);
	kmem_cache_destroy(other);
	cache_close(&c);
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
		cmocka_unit_test(test_kmem_cache__random),
		cmocka_unit_test(test_kmem_cache__check_detects),
		cmocka_unit_test(test_kmem_cache__bad_free_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
