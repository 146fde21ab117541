// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmem_cache over long random sequences, where no two objects may overlap and
 * check() must pass; on structures broken by hand, where it must say how; and
 * what ends the program.
 */
#include "kmem_fixture.h"

#include "kmem_cache_internal.h"

static void random_ops(const struct kmem_cache_config *cfg, unsigned nr_ops)
{
	enum { NR_LIVE = 1500 };
	static struct {
		void *object;
		uint32_t id;
		unsigned cpu;
	} live[NR_LIVE];
	unsigned size = cfg->size, nr_cpus = cfg->nr_cpus;
	uint64_t seed = size + nr_cpus, nr_remote = 0;
	struct oracle oracle;
	struct cache c;
	uint32_t i;

	memset(live, 0, sizeof(live));
	cache_open_as(&c, cfg);
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
	assert_int_equal(c.stats.alive, oracle.nr_live);
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

static void test_kmem_check__random(void **state)
{
	static const struct {
		unsigned size, nr_cpus, nr_ops;
	} table[] = {
		{ 1024, 4, 1000000 }, { 1024, 1, 100000 }, { 1024, 16, 100000 },
		{ 64, 2, 100000 },    { 256, 8, 100000 },  { 4096, 3, 100000 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct kmem_cache_config cfg = {
			.size = table[i].size,
			.allocflags = GFP_DMA32,
			.nr_cpus = table[i].nr_cpus,
			.order = KMEM_CACHE_ORDER_AUTO,
		};

		random_ops(&cfg, table[i].nr_ops);
	}
}

/* Each kernel with each set of debug flags; half of them with a seed. */
static void test_kmem_check__random_options(void **state)
{
	unsigned kernel, debug;

	(void)state;
	for (kernel = 0; kernel < KMEM_CACHE_KERNELS; kernel++)
		for (debug = 0; debug <= SLAB_DEBUG_FLAGS; debug++) {
			struct kmem_cache_config cfg = {
				.size = SIZE,
				.allocflags = GFP_DMA32,
				.nr_cpus = 1 + debug % 4,
				.order = KMEM_CACHE_ORDER_AUTO,
				.kernel = kernel,
				.debug = debug,
				.random = (kernel + debug) % 2,
			};

			random_ops(&cfg, 60000);
		}
}

/* What check_detects breaks: an active slab and one on the CPU's list. */
struct victims {
	struct page *active, *listed;
	char *freed; /* of the listed one, last on its freelist */
};

static void break_inuse(const struct victims *v)
{
	set_state(v->listed, get_state(v->listed) + SLAB_STATE_INUSE);
}

static void break_frozen(const struct victims *v)
{
	set_state(v->listed, get_state(v->listed) ^ SLAB_STATE_FROZEN);
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
	unsigned inuse = state_inuse(get_state(v->listed));

	set_state(v->listed, make_state(NULL, inuse, true));
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

static void break_length(const struct victims *v)
{
	v->listed->slabs++;
}

static void break_limited_length(const struct victims *v)
{
	v->listed->pobjects = 0;
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
	{ break_length, "lengths along a per-CPU partial list" },
	{ break_limited_length, "lengths along a per-CPU partial list" },
};

static void test_kmem_check__detects(void **state)
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

static void test_kmem_check__bad_free_aborts(void **state)
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
		cmocka_unit_test(test_kmem_check__random),
		cmocka_unit_test(test_kmem_check__random_options),
		cmocka_unit_test(test_kmem_check__detects),
		cmocka_unit_test(test_kmem_check__bad_free_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
