// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_frag_cache: where fragments come from, when a chunk starts over, is
 * abandoned or goes back, and what happens without large blocks; several caches
 * with the same chunks; and what the options of the strategy make of them.
 */
#include "mm_fixture.h"

#include "l2_strategy.h"
#include "page_frag.h"

#define SIZE 1024u
#define PER_CHUNK 32

struct frags {
	struct physmem *pm;
	struct page_frag_chunks all;
	struct page_frag_cache nc;
	uint64_t pages_free; /* at the start */
	uint64_t nr_live;
};

static void frags_open(struct frags *f, unsigned max_order)
{
	memset(f, 0, sizeof(*f));
	f->pm = small_machine();
	f->pages_free = pages_free(f->pm);
	f->all.pm = f->pm;
	f->nc.all = &f->all;
	f->nc.max_order = max_order;
}

static void frags_check(const struct frags *f, uint64_t pages_held)
{
	const char *why = "";

	if (page_frag_check(&f->nc, 1, f->nr_live, &why))
		fail_msg("%s", why);
	assert_int_equal(f->all.pages_held, pages_held);
	assert_int_equal(f->pages_free - pages_free(f->pm), pages_held);
}

static void frags_close(struct frags *f)
{
	page_frag_cache_drain(&f->nc, 0);
	page_frag_chunks_fini(&f->all);
	assert_int_equal(pages_free(f->pm), f->pages_free);
	assert_pm_sound(f->pm);
	physmem_destroy(f->pm);
}

static char *take(struct frags *f, gfp_t gfp)
{
	void *va;

	assert_int_equal(page_frag_alloc(&f->nc, 0, SIZE, gfp | GFP_DMA32, &va),
			 0);
	f->nr_live++;
	return va;
}

static void give(struct frags *f, void *va)
{
	page_frag_free(&f->all, 1, va);
	f->nr_live--;
}

static void take_chunk(struct frags *f, char **ret)
{
	unsigned i;

	for (i = 0; i < PER_CHUNK; i++)
		ret[i] = take(f, GFP_ATOMIC);
}

static void test_page_frag__downward(void **state)
{
	struct frags f;
	char *va[PER_CHUNK];
	unsigned i;

	(void)state;
	frags_open(&f, PAGE_FRAG_CACHE_MAX_ORDER);
	frags_check(&f, 0);
	take_chunk(&f, va);
	for (i = 1; i < PER_CHUNK; i++)
		assert_ptr_equal(va[i], va[i - 1] - SIZE);
	assert_int_equal(physmem_paddr(f.pm, va[31]) % (PER_CHUNK * SIZE), 0);
	frags_check(&f, 8);
	assert_int_equal(f.all.nr_refills, 1);
	take(&f, GFP_ATOMIC);
	frags_check(&f, 16);
	assert_int_equal(f.all.nr_refills, 2);
	assert_int_equal(f.all.nr_fallbacks, 0);
	frags_close(&f);
}

/* With all fragments back a used-up chunk starts over, as dirty as it is. */
static void test_page_frag__rewinds_in_place(void **state)
{
	struct frags f;
	char *va[PER_CHUNK], *again;
	unsigned round, i;

	(void)state;
	frags_open(&f, PAGE_FRAG_CACHE_MAX_ORDER);
	take_chunk(&f, va);
	for (round = 0; round < 100; round++) {
		memset(va[0], 0x5a, SIZE);
		for (i = 0; i < PER_CHUNK; i++)
			give(&f, va[i]);
		frags_check(&f, 8);
		again = take(&f, GFP_ATOMIC | __GFP_ZERO);
		assert_ptr_equal(again, va[0]);
		assert_int_equal(again[0], 0x5a);
		assert_int_equal(again[SIZE - 1], 0x5a);
		for (i = 1; i < PER_CHUNK; i++)
			assert_ptr_equal(take(&f, GFP_ATOMIC), va[i]);
	}
	assert_int_equal(f.all.nr_refills, 1);
	assert_int_equal(f.nc.nr_reuses, 100);
	frags_close(&f);
}

static void test_page_frag__zeroes_fresh_chunks_only(void **state)
{
	struct frags f;
	struct page *dirty;
	char *va;
	unsigned i, k, nr_set = 0;

	(void)state;
	frags_open(&f, PAGE_FRAG_CACHE_MAX_ORDER);
	assert_int_equal(physmem_alloc_pages(f.pm, 0, GFP_DMA32, 3, &dirty), 0);
	memset(physmem_page_va(f.pm, dirty), 0x5a, 8 * PAGE_SIZE);
	physmem_free_pages(f.pm, 0, dirty, 3);
	for (i = 0; i < PER_CHUNK; i++) {
		va = take(&f, GFP_ATOMIC | __GFP_ZERO);
		assert_ptr_equal(physmem_head(f.pm, va), dirty);
		for (k = 0; k < SIZE; k++)
			nr_set += va[k] != 0;
	}
	assert_int_equal(nr_set, 0);
	frags_close(&f);
}

/* One fragment keeps a chunk; its last one gives it back, on any CPU. */
static void test_page_frag__abandons(void **state)
{
	struct frags f;
	char *va[PER_CHUNK];
	unsigned i;

	(void)state;
	frags_open(&f, PAGE_FRAG_CACHE_MAX_ORDER);
	take_chunk(&f, va);
	for (i = 0; i < PER_CHUNK; i++)
		if (i != 17)
			give(&f, va[i]);
	frags_check(&f, 8);
	take(&f, GFP_ATOMIC);
	frags_check(&f, 16);
	assert_int_equal(f.nr_live, 2);
	give(&f, va[17]);
	frags_check(&f, 8);
	frags_close(&f);
}

static void test_page_frag__fallback(void **state)
{
	struct fault_attr fault = { .nth = 1 };
	struct frags f;
	char *va[4];
	unsigned i;

	(void)state;
	frags_open(&f, PAGE_FRAG_CACHE_MAX_ORDER);
	physmem_set_fault(f.pm, &fault);
	for (i = 0; i < 4; i++)
		va[i] = take(&f, GFP_ATOMIC);
	assert_int_equal(physmem_paddr(f.pm, va[3]) % PAGE_SIZE, 0);
	assert_ptr_equal(va[3] + 3 * SIZE, va[0]);
	frags_check(&f, 1);
	assert_int_equal(f.all.nr_fallbacks, 1);
	take(&f, GFP_ATOMIC);
	frags_check(&f, 1 + 8);
	assert_int_equal(f.all.nr_fallbacks, 1);
	assert_int_equal(f.all.nr_refills, 2);
	assert_int_equal(fault.calls, 3);
	frags_close(&f);
}

static void test_page_frag__small_orders(void **state)
{
	unsigned order, i;

	(void)state;
	for (order = 0; order < PAGE_FRAG_CACHE_MAX_ORDER; order++) {
		struct frags f;

		frags_open(&f, order);
		for (i = 0; i < 4u << order; i++)
			take(&f, GFP_ATOMIC);
		frags_check(&f, 1u << order);
		take(&f, GFP_ATOMIC);
		frags_check(&f, 2u << order);
		assert_int_equal(f.all.nr_fallbacks, 0);
		frags_close(&f);
	}
}

/* Without a page nothing changes hands, and the next try starts anew. */
static void test_page_frag__no_pages(void **state)
{
	struct fault_attr fault = { .nth = 1, .persistent = true };
	struct frags f;
	char *va[PER_CHUNK];
	void *none = NULL;

	(void)state;
	frags_open(&f, PAGE_FRAG_CACHE_MAX_ORDER);
	take_chunk(&f, va);
	physmem_set_fault(f.pm, &fault);
	assert_int_equal(page_frag_alloc(&f.nc, 0, SIZE, GFP_ATOMIC, &none),
			 -ENOMEM);
	assert_int_equal(page_frag_alloc(&f.nc, 0, SIZE, GFP_ATOMIC, &none),
			 -ENOMEM);
	assert_null(none);
	assert_int_equal(fault.fired, 4);
	frags_check(&f, 8);
	assert_int_equal(f.all.nr_fallbacks, 0);
	assert_int_equal(f.all.nr_refills, 1);
	physmem_set_fault(f.pm, NULL);
	take(&f, GFP_ATOMIC);
	frags_check(&f, 16);
	frags_close(&f);
}

static void test_page_frag__drain(void **state)
{
	struct frags f;
	char *va[2];

	(void)state;
	frags_open(&f, PAGE_FRAG_CACHE_MAX_ORDER);
	page_frag_cache_drain(&f.nc, 0);
	va[0] = take(&f, GFP_ATOMIC);
	page_frag_cache_drain(&f.nc, 0);
	page_frag_cache_drain(&f.nc, 0);
	frags_check(&f, 8); /* its fragment still lives */
	va[1] = take(&f, GFP_ATOMIC);
	frags_check(&f, 16);
	give(&f, va[0]);
	frags_check(&f, 8);
	give(&f, va[1]);
	frags_check(&f, 8); /* the current chunk stays */
	page_frag_cache_drain(&f.nc, 0);
	frags_check(&f, 0);
	frags_close(&f);
}

static void test_page_frag__random(void **state)
{
	enum { NR_OPS = 300000, NR_LIVE = 400 };
	static struct {
		char *va;
		uint32_t id;
	} live[NR_LIVE];
	struct oracle oracle;
	struct frags f;
	uint64_t seed = 99;
	uint32_t i;

	(void)state;
	frags_open(&f, PAGE_FRAG_CACHE_MAX_ORDER);
	oracle_init(&oracle, f.pm, 10);
	for (i = 1; i <= NR_OPS; i++) {
		unsigned n = rng_below(&seed, NR_LIVE);

		if (live[n].va) {
			oracle_drop(&oracle, live[n].va, SIZE, live[n].id);
			give(&f, live[n].va);
			live[n].va = NULL;
		} else {
			live[n].va = take(&f, GFP_ATOMIC);
			live[n].id = i;
			oracle_take(&oracle, live[n].va, SIZE, i);
		}
		if (rng_below(&seed, 1000) == 0)
			page_frag_cache_drain(&f.nc, 0);
		if (i % 64 == 0)
			frags_check(&f, f.pages_free - pages_free(f.pm));
	}
	assert_int_equal(oracle.nr_live, f.nr_live);
	assert_true(f.all.nr_refills > NR_OPS / 2 / PER_CHUNK / 2);
	oracle_fini(&oracle);
	frags_close(&f);
}

static void test_page_frag__check_detects(void **state)
{
	struct frags f;
	struct page *chunk;
	const char *why = "";

	(void)state;
	frags_open(&f, PAGE_FRAG_CACHE_MAX_ORDER);
	chunk = physmem_head(f.pm, take(&f, GFP_ATOMIC));
	chunk->refcount--;
	assert_int_equal(page_frag_check(&f.nc, 1, 1, &why), -EUCLEAN);
	assert_string_equal(why, "references and live fragments disagree");
	chunk->refcount++;
	assert_int_equal(page_frag_check(&f.nc, 1, 2, &why), -EUCLEAN);
	assert_string_equal(why, "references and live fragments disagree");
	f.all.pages_held++;
	assert_int_equal(page_frag_check(&f.nc, 1, 1, &why), -EUCLEAN);
	assert_string_equal(why, "pages of chunks and pages held disagree");
	f.all.pages_held--;
	page_frag_cache_drain(&f.nc, 0);
	chunk->refcount = 0;
	assert_int_equal(page_frag_check(&f.nc, 1, 1, &why), -EUCLEAN);
	assert_string_equal(why, "chunk without a reference");
	chunk->refcount = 1;
	frags_check(&f, 8);
	take(&f, GFP_ATOMIC);
	f.nc.offset = 32 * SIZE + 1;
	assert_int_equal(page_frag_check(&f.nc, 1, 2, &why), -EUCLEAN);
	assert_string_equal(why, "current chunk and its offset disagree");
	f.nc.offset = 31 * SIZE;
	frags_check(&f, 16);
	f.all.nr_chunks++;
	assert_int_equal(page_frag_check(&f.nc, 1, 2, &why), -EUCLEAN);
	f.all.nr_chunks--;
	frags_close(&f);
}

/* Each with a chunk of its own; a fragment goes back to whichever it is of. */
static void test_page_frag__caches(void **state)
{
	struct page_frag_cache nc[2];
	struct frags f;
	void *va[2][PER_CHUNK];
	const char *why = "";

	(void)state;
	frags_open(&f, PAGE_FRAG_CACHE_MAX_ORDER);
	nc[0] = nc[1] = f.nc;
	for (unsigned i = 0; i < 2 * PER_CHUNK; i++)
		assert_int_equal(page_frag_alloc(&nc[i % 2], i % 2, SIZE,
						 GFP_ATOMIC | GFP_DMA32,
						 &va[i % 2][i / 2]),
				 0);
	assert_int_equal(f.all.nr_chunks, 2);
	assert_int_equal(f.all.nr_refills, 2);
	for (unsigned i = 1; i < PER_CHUNK; i++)
		assert_ptr_equal(va[1][i], (char *)va[1][i - 1] - SIZE);
	assert_int_equal(page_frag_check(nc, 2, 2 * PER_CHUNK, &why), 0);
	for (unsigned i = 0; i < PER_CHUNK; i++)
		page_frag_free(&f.all, 0, va[1][i]);
	assert_int_equal(page_frag_check(nc, 2, PER_CHUNK, &why), 0);
	page_frag_cache_drain(&nc[1], 0);
	assert_int_equal(f.all.nr_chunks, 1);
	assert_int_equal(f.all.pages_held, 8);
	page_frag_cache_drain(&nc[0], 0);
	assert_int_equal(f.all.pages_held, 8);
	for (unsigned i = 0; i < PER_CHUNK; i++)
		page_frag_free(&f.all, 1, va[0][i]);
	assert_int_equal(f.all.nr_chunks, 0);
	assert_int_equal(page_frag_check(nc, 2, 0, &why), 0);
	frags_close(&f);
}

static uint64_t attr(const struct l2_strategy *l2, const char *name)
{
	struct l2_attrs attrs = { 0 };

	l2->ops->attrs(l2, &attrs);
	for (unsigned i = 0; i < attrs.nr; i++)
		if (!strcmp(attrs.row[i].name, name))
			return attrs.row[i].value;
	fail_msg("no attribute %s", name);
	return 0;
}

/* Ten tables from each of four CPUs, then as many again as one chunk has from
 * the first, each freed at once. */
static void test_page_frag__attrs(void **state)
{
	static const struct {
		const char *text;
		uint64_t caches, chunks, reuses, offset, pagecnt_bias;
	} want[] = {
		/* 40 and 32 tables of three chunks, all with a live one. */
		{ "page_frag", 1, 3, 0, 24 * SIZE, 32769 - 8 },
		/* CPU 0: 22 tables to the end of its chunk, then 10. */
		{ "page_frag:caches=cpu", 4, 5, 0, (3 * 22 + 22) * SIZE,
		  3 * (32769 - 10) + 32769 - 10 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		struct l2_env env = { .pm = small_machine(), .nr_cpus = 4 };
		struct l2_strategy *l2;
		struct l2_table table;
		struct l2_spec spec;
		char why[160];

		env.zone_gfp = GFP_DMA32;
		assert_int_equal(l2_spec_parse(want[i].text, &spec, why,
					       sizeof(why)),
				 0);
		assert_int_equal(l2_create(&spec, &env, &l2), 0);
		assert_int_equal(attr(l2, "offset"), 0);
		assert_int_equal(attr(l2, "chunks"), 0);
		for (unsigned n = 0; n < 40; n++)
			assert_int_equal(l2_alloc_zeroed(l2, n % 4, GFP_ATOMIC,
							 &table),
					 0);
		for (unsigned n = 0; n < PER_CHUNK; n++) {
			assert_int_equal(
				l2_alloc_zeroed(l2, 0, GFP_ATOMIC, &table), 0);
			l2_free(l2, 1, &table);
		}
		assert_int_equal(attr(l2, "tables"), 40);
		assert_int_equal(attr(l2, "caches"), want[i].caches);
		assert_int_equal(attr(l2, "chunks"), want[i].chunks);
		assert_int_equal(attr(l2, "refills"), want[i].chunks);
		assert_int_equal(attr(l2, "order_fallbacks"), 0);
		assert_int_equal(attr(l2, "reuses"), want[i].reuses);
		assert_int_equal(attr(l2, "offset"), want[i].offset);
		assert_int_equal(attr(l2, "pagecnt_bias"),
				 want[i].pagecnt_bias);
		l2_destroy(l2);
		assert_int_equal(physmem_reclaim(env.pm), 0);
		physmem_destroy(env.pm);
	}
}

struct bad_free {
	struct frags *f;
	void *va;
};

static void do_bad_free(void *arg)
{
	struct bad_free *bad = arg;

	page_frag_free(&bad->f->all, 0, bad->va);
}

static void test_page_frag__bad_free_aborts(void **state)
{
	struct frags f;
	struct bad_free bad = { .f = &f };

	(void)state;
	frags_open(&f, PAGE_FRAG_CACHE_MAX_ORDER);
	bad.va = take(&f, GFP_ATOMIC);
	page_frag_cache_drain(&f.nc, 0);
	assert_false(aborts(do_bad_free, &bad));
	give(&f, bad.va);
	assert_true(aborts(do_bad_free, &bad)); /* its chunk is gone */
	frags_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page_frag__downward),
		cmocka_unit_test(test_page_frag__rewinds_in_place),
		cmocka_unit_test(test_page_frag__zeroes_fresh_chunks_only),
		cmocka_unit_test(test_page_frag__abandons),
		cmocka_unit_test(test_page_frag__fallback),
		cmocka_unit_test(test_page_frag__small_orders),
		cmocka_unit_test(test_page_frag__no_pages),
		cmocka_unit_test(test_page_frag__drain),
		cmocka_unit_test(test_page_frag__random),
		cmocka_unit_test(test_page_frag__check_detects),
		cmocka_unit_test(test_page_frag__caches),
		cmocka_unit_test(test_page_frag__attrs),
		cmocka_unit_test(test_page_frag__bad_free_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
