// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the options of genalloc do: how large the pool is and of what it is
 * made, when memory is taken and given back, which hole is next, and which
 * options exclude each other. The contract: test_strategies.c.
 */
#include "mm_fixture.h"

#include "l2_strategy.h"

#define MAX_TABLES 16384
#define PAGES_PER_MAX_BLOCK (1u << MAX_ORDER)

struct pool {
	struct physmem *pm;
	uint64_t pages_free; /* before the pool */
	struct l2_env env;
	struct l2_strategy *l2;
	struct fault_attr fault;
	unsigned nr_tables;
	struct l2_table table[MAX_TABLES + 1];
};

static int pool_create(struct pool *p, const char *text)
{
	struct l2_spec spec;
	char why[160] = "";

	if (l2_spec_parse(text, &spec, why, sizeof(why)))
		fail_msg("%s", why);
	p->pages_free = pages_free(p->pm);
	return l2_create(&spec, &p->env, &p->l2);
}

/* Without an instance yet, on the small machine. */
static struct pool *pool_prepare(unsigned max_tables)
{
	struct pool *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->pm = small_machine();
	p->env = (struct l2_env){
		.pm = p->pm,
		.nr_cpus = 2,
		.max_tables = max_tables,
		.zone_gfp = GFP_DMA32,
	};
	return p;
}

static struct pool *pool_open(const char *text, unsigned max_tables)
{
	struct pool *p = pool_prepare(max_tables);

	assert_int_equal(pool_create(p, text), 0);
	return p;
}

static struct l2_usage usage_of(const struct pool *p)
{
	struct l2_usage usage;

	p->l2->ops->usage(p->l2, &usage);
	return usage;
}

static uint64_t attr(const struct pool *p, const char *name)
{
	struct l2_attrs attrs = { 0 };

	p->l2->ops->attrs(p->l2, &attrs);
	for (unsigned i = 0; i < attrs.nr; i++)
		if (!strcmp(attrs.row[i].name, name))
			return attrs.row[i].value;
	fail_msg("no attribute %s", name);
	return 0;
}

static void pool_check(const struct pool *p, uint64_t nr_pages)
{
	const char *why = "";

	if (p->l2->ops->check(p->l2, &why))
		fail_msg("%s", why);
	assert_int_equal(usage_of(p).pages_held, nr_pages);
	assert_int_equal(p->pages_free - pages_free(p->pm), nr_pages);
	assert_int_equal(attr(p, "gen_pool_size"), nr_pages * PAGE_SIZE);
	assert_int_equal(attr(p, "gen_pool_avail"),
			 nr_pages * PAGE_SIZE - p->nr_tables * L2_TABLE_SIZE);
	assert_int_equal(attr(p, "bits"), nr_pages * 4);
	assert_int_equal(attr(p, "metadata_bytes"), usage_of(p).metadata_bytes);
}

static void pool_close(struct pool *p)
{
	l2_destroy(p->l2);
	assert_int_equal(pages_free(p->pm), p->pages_free);
	assert_pm_sound(p->pm);
	physmem_destroy(p->pm);
	free(p);
}

static int take(struct pool *p)
{
	int err = p->l2->ops->alloc(p->l2, 0, GFP_ATOMIC,
				    &p->table[p->nr_tables]);

	p->nr_tables += !err;
	return err;
}

static void take_many(struct pool *p, unsigned nr)
{
	while (nr--)
		assert_int_equal(take(p), 0);
}

/* The newest one. */
static void give(struct pool *p)
{
	l2_free(p->l2, 1, &p->table[--p->nr_tables]);
}

static void give_many(struct pool *p, unsigned nr)
{
	while (nr--)
		give(p);
}

static const struct {
	const char *text;
	unsigned max_tables;
	unsigned nr_tables; /* that fit */
	unsigned nr_chunks;
} sizes[] = {
	{ "genalloc", 4096, 4096, 1 },
	{ "genalloc", 16384, 16384, 4 },
	{ "genalloc", 2, 4, 1 },
	{ "genalloc:tables=auto", 4096, 4096, 1 },
	{ "genalloc:tables=1", 4096, 4, 1 },
	{ "genalloc:tables=5", 4096, 8, 1 },
	{ "genalloc:tables=16384", 4096, 16384, 4 },
	{ "genalloc:tables=4097", 4096, 4100, 2 },
	{ "genalloc:tables=7000", 4096, 8192, 2 },
	{ "genalloc:take=pieces", 16384, 16384, 4 },
	{ "genalloc:take=pieces,tables=7", 4096, 8, 1 },
	{ "genalloc:take=pieces,tables=7000", 4096, 7000, 7 },
	{ "genalloc:take=pieces,when=late", 16384, 16384, 4 },
	{ "genalloc:when=late", 16384, 16384, 4 },
};

/* All that fit, and one more: -ENOSPC. */
static void test_genalloc__sizes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct pool *p = pool_open(sizes[i].text, sizes[i].max_tables);

		take_many(p, sizes[i].nr_tables);
		pool_check(p, sizes[i].nr_tables / 4);
		assert_int_equal(attr(p, "chunks"), sizes[i].nr_chunks);
		assert_int_equal(usage_of(p).nr_refills, sizes[i].nr_chunks);
		assert_int_equal(usage_of(p).nr_fallbacks, 0);
		assert_int_equal(take(p), -ENOSPC);
		assert_int_equal(usage_of(p).nr_failures[L2_FAIL_EXHAUSTED], 1);
		assert_int_equal(usage_of(p).nr_failures[L2_FAIL_NOMEM], 0);
		give(p);
		assert_int_equal(take(p), 0);
		pool_check(p, sizes[i].nr_tables / 4);
		pool_close(p);
	}
}

/* Takes all of DMA32 and gives every other block of that order back. */
static unsigned fragment(struct pool *p, unsigned order, struct page **ret)
{
	unsigned nr = 0, kept = 0;

	while (!physmem_alloc_pages(p->pm, 0, GFP_DMA32, order, &ret[nr]))
		nr++;
	for (unsigned i = 0; i < nr; i++) {
		if (i % 2)
			physmem_free_pages(p->pm, 0, ret[i], order);
		else
			ret[kept++] = ret[i];
	}
	assert_true(kept >= nr / 2 && kept > 0);
	return kept;
}

static void test_genalloc__fragmented_memory(void **state)
{
	static struct page *hole[16384];
	static const unsigned orders[] = { 9, 4, 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		struct pool *p = pool_prepare(4096);
		unsigned nr_pieces = PAGES_PER_MAX_BLOCK >> orders[i];
		uint64_t metadata;

		fragment(p, orders[i], hole);
		assert_int_equal(pool_create(p, "genalloc"), -ENOMEM);
		assert_int_equal(pages_free(p->pm), p->pages_free);
		assert_int_equal(pool_create(p, "genalloc:take=pieces"), 0);
		pool_check(p, PAGES_PER_MAX_BLOCK);
		assert_int_equal(attr(p, "chunks"), nr_pieces);
		/* The last piece is as large as what is missing. */
		assert_int_equal(usage_of(p).nr_fallbacks, nr_pieces - 1);
		/* Of each piece a page, for a bitmap however short. */
		metadata = usage_of(p).metadata_bytes;
		assert_int_equal(metadata / PAGE_SIZE, nr_pieces);
		take_many(p, 4096);
		assert_int_equal(take(p), -ENOSPC);
		pool_check(p, PAGES_PER_MAX_BLOCK);
		give_many(p, 4096);
		pool_close(p);
	}
}

/* No block of 4 MiB when the first table is wanted; a later one finds some. */
static void test_genalloc__fragmented_memory_and_late(void **state)
{
	static struct page *hole[16384];
	struct pool *p = pool_prepare(4096);
	unsigned nr = fragment(p, 9, hole);

	(void)state;
	assert_int_equal(pool_create(p, "genalloc:when=late"), 0);
	pool_check(p, 0);
	assert_int_equal(take(p), -ENOMEM);
	assert_int_equal(take(p), -ENOMEM);
	assert_int_equal(usage_of(p).nr_failures[L2_FAIL_NOMEM], 2);
	pool_check(p, 0);
	while (nr--)
		physmem_free_pages(p->pm, 0, hole[nr], 9);
	p->pages_free = pages_free(p->pm);
	assert_int_equal(take(p), 0);
	pool_check(p, PAGES_PER_MAX_BLOCK);
	pool_close(p);
}

static void test_genalloc__late(void **state)
{
	struct pool *p = pool_open("genalloc:when=late", 16384);

	(void)state;
	pool_check(p, 0);
	assert_int_equal(attr(p, "metadata_bytes"), 0);
	assert_int_equal(attr(p, "chunks"), 0);
	/* The third of four blocks fails: all go back. */
	p->fault.nth = 3;
	physmem_set_fault(p->pm, &p->fault);
	assert_int_equal(take(p), -ENOMEM);
	pool_check(p, 0);
	assert_int_equal(usage_of(p).nr_refills, 0);
	assert_int_equal(take(p), 0);
	pool_check(p, 4 * PAGES_PER_MAX_BLOCK);
	give(p);
	pool_check(p, 4 * PAGES_PER_MAX_BLOCK);
	pool_close(p);
}

/* Not by way of the caller's __GFP_ZERO either: that would clear megabytes for
 * one table. */
static void test_genalloc__pages_are_not_cleared(void **state)
{
	static const char *const texts[] = {
		"genalloc:when=late",
		"genalloc:ondemand=1",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct pool *p = pool_prepare(4096);
		struct page *page;
		unsigned nr = 0;

		for (; !physmem_alloc_pages(p->pm, 0, GFP_DMA32, MAX_ORDER,
					    &page);
		     nr++)
			memset(physmem_page_va(p->pm, page), 0x5a,
			       PAGE_SIZE << MAX_ORDER);
		assert_true(nr > 0);
		physmem_reclaim(p->pm);
		assert_int_equal(pool_create(p, texts[i]), 0);
		assert_int_equal(p->l2->ops->alloc(p->l2, 0,
						   GFP_ATOMIC | __GFP_ZERO,
						   &p->table[0]),
				 0);
		assert_int_equal(*(char *)p->table[0].va, 0x5a);
		p->nr_tables = 1;
		pool_close(p);
	}
}

static void test_genalloc__ondemand(void **state)
{
	struct pool *p = pool_open("genalloc:ondemand=1", 4096);
	unsigned i;

	(void)state;
	pool_check(p, 0);
	for (i = 1; i <= 8; i++) {
		take_many(p, 64);
		pool_check(p, i * 16);
		assert_int_equal(attr(p, "chunks"), i);
		assert_int_equal(attr(p, "empty_chunks"), 0);
	}
	/* One empty chunk is kept: at the edge nothing is taken or given. */
	for (i = 0; i < 10; i++) {
		take(p);
		pool_check(p, 9 * 16);
		give(p);
		pool_check(p, 9 * 16);
		assert_int_equal(attr(p, "empty_chunks"), 1);
	}
	assert_int_equal(usage_of(p).nr_refills, 9);
	give_many(p, 63);
	pool_check(p, 9 * 16);
	give(p); /* the second empty one goes */
	pool_check(p, 8 * 16);
	give_many(p, 7 * 64);
	pool_check(p, 16);
	assert_int_equal(attr(p, "empty_chunks"), 1);
	/* There is no limit but memory. */
	take_many(p, 4097);
	pool_check(p, 65 * 16);
	pool_close(p);
}

static void test_genalloc__ondemand_falls_back(void **state)
{
	struct pool *p = pool_open("genalloc:ondemand=1", 4096);

	(void)state;
	physmem_set_fault(p->pm, &p->fault);
	/* Persistent from the first on: no order will do. */
	p->fault = (struct fault_attr){ .nth = 1, .persistent = true };
	assert_int_equal(take(p), -ENOMEM);
	assert_int_equal(p->fault.calls, 5);
	pool_check(p, 0);
	assert_int_equal(usage_of(p).nr_failures[L2_FAIL_NOMEM], 1);
	p->fault = (struct fault_attr){ .nth = 1 };
	take_many(p, 32);
	pool_check(p, 8);
	assert_int_equal(usage_of(p).nr_fallbacks, 1);
	take_many(p, 1);
	pool_check(p, 8 + 16);
	assert_int_equal(usage_of(p).nr_fallbacks, 1);
	take_many(p, 200);
	give_many(p, 32 + 1 + 200);
	assert_int_equal(attr(p, "chunks"), 1);
	pool_close(p);
}

/* Frees the tables at these places of a full pool: which goes out next? */
static unsigned next_after(const char *text, const unsigned *hole, unsigned nr)
{
	struct pool *p = pool_open(text, 4096);
	phys_addr_t start;
	unsigned bit;

	take_many(p, 4096);
	start = p->table[0].paddr;
	for (unsigned i = 0; i < nr; i++)
		l2_free(p->l2, 0, &p->table[hole[i]]);
	assert_int_equal(p->l2->ops->alloc(p->l2, 0, GFP_ATOMIC, &p->table[0]),
			 0);
	bit = (unsigned)((p->table[0].paddr - start) / L2_TABLE_SIZE);
	pool_close(p);
	return bit;
}

static void test_genalloc__algorithms(void **state)
{
	static const unsigned hole[] = { 10, 11, 500, 700, 701 };
	unsigned nr = ARRAY_SIZE(hole);

	(void)state;
	assert_int_equal(next_after("genalloc", hole, nr), 10);
	assert_int_equal(next_after("genalloc:algo=first_fit", hole, nr), 10);
	assert_int_equal(next_after("genalloc:algo=order_align", hole, nr), 10);
	assert_int_equal(next_after("genalloc:algo=best_fit", hole, nr), 500);
	assert_int_equal(next_after("genalloc:algo=best_fit", hole, 2), 10);
}

static const struct {
	const char *text, *why;
} conflicts[] = {
	{ "genalloc:ondemand=1,tables=64",
	  "genalloc: ondemand=1 has no size: leave tables=N out" },
	{ "genalloc:tables=4096,ondemand=1",
	  "genalloc: ondemand=1 has no size: leave tables=N out" },
	{ "genalloc:ondemand=1,take=pieces",
	  "genalloc: ondemand=1 takes one chunk at a time: leave take=pieces out" },
	{ "genalloc:when=late,ondemand=1",
	  "genalloc: ondemand=1 takes memory when it is needed: leave when=late out" },
};

static void test_genalloc__conflicts(void **state)
{
	/* One that l2_spec_parse() would not have let through. */
	struct l2_spec by_hand = {
		.ops = l2_strategy_find("genalloc"),
		.value = { 64, 0, 0, 0, 1 },
	};
	struct pool *p = pool_prepare(4096);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(conflicts); i++) {
		struct l2_spec spec = { .ops = NULL };
		char why[160] = "";

		assert_int_equal(l2_spec_parse(conflicts[i].text, &spec, why,
					       sizeof(why)),
				 -EINVAL);
		assert_string_equal(why, conflicts[i].why);
		assert_null(spec.ops);
	}
	assert_int_equal(l2_create(&by_hand, &p->env, &p->l2), -EINVAL);
	assert_null(p->l2);
	assert_int_equal(pool_create(p, "genalloc:ondemand=1,tables=auto,"
					"take=contiguous,when=boot"),
			 0);
	pool_close(p);
}

static void test_genalloc__check_detects(void **state)
{
	struct pool *p = pool_open("genalloc:ondemand=1", 4096);
	const char *why = "";
	struct page *block;

	(void)state;
	take_many(p, 3);
	block = physmem_head(p->pm, p->table[0].va);
	block->refcount++;
	assert_int_equal(p->l2->ops->check(p->l2, &why), -EUCLEAN);
	assert_string_equal(why,
			    "tables of chunks and tables handed out disagree");
	block->refcount--;
	block->order++;
	assert_int_equal(p->l2->ops->check(p->l2, &why), -EUCLEAN);
	assert_string_equal(why, "pages of blocks and pages held disagree");
	block->order--;
	pool_check(p, 16);
	pool_close(p);
}

static void free_again(void *arg)
{
	struct pool *p = arg;

	l2_free(p->l2, 0, &p->table[0]);
}

/* The kernel's BUG: whatever the options, a table freed twice. */
static void test_genalloc__double_free_aborts(void **state)
{
	static const char *const texts[] = {
		"genalloc",
		"genalloc:algo=best_fit",
		"genalloc:algo=order_align,take=pieces",
		"genalloc:when=late",
		"genalloc:ondemand=1",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct pool *p = pool_open(texts[i], 4096);

		take_many(p, 2);
		assert_false(aborts(free_again, p));
		free_again(p);
		assert_true(aborts(free_again, p));
		pool_close(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_genalloc__sizes),
		cmocka_unit_test(test_genalloc__fragmented_memory),
		cmocka_unit_test(test_genalloc__fragmented_memory_and_late),
		cmocka_unit_test(test_genalloc__late),
		cmocka_unit_test(test_genalloc__pages_are_not_cleared),
		cmocka_unit_test(test_genalloc__ondemand),
		cmocka_unit_test(test_genalloc__ondemand_falls_back),
		cmocka_unit_test(test_genalloc__algorithms),
		cmocka_unit_test(test_genalloc__conflicts),
		cmocka_unit_test(test_genalloc__check_detects),
		cmocka_unit_test(test_genalloc__double_free_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
