// SPDX-License-Identifier: GPL-2.0-only
/*
 * The DMA API of generators, and the memory behind it: of what chunks buffers
 * are, by profile; that no page is in two of them; what is merged; what is one
 * event; and what happens when there is no room. Memory against a model that
 * knows the owner of each page.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dma.h"
#include "dma_mem.h"
#include "prng.h"
#include "sizes.h"

#define NR_PAGES (DMA_MEM_SIZE / SZ_4K)

/* Events end up in a trace. */
struct bench {
	struct trace trace;
	struct trace_event room[8];
	struct trace_sink sink;
	struct emitter out;
	struct dma *dma;
	size_t nr_seen;
	unsigned domain;
	int space;
};

static int take(struct trace_sink *sink)
{
	struct bench *b =
		(struct bench *)((char *)sink - offsetof(struct bench, sink));

	for (const struct trace_event *ev = sink->from; ev < sink->at; ev++)
		assert_int_equal(trace_append(&b->trace, ev), 0);
	sink->from = sink->at = b->room;
	return 0;
}

static void bench_open(struct bench *b, struct dma_profile profile)
{
	const struct dma_config cfg = { profile, 5, 2 };

	memset(b, 0, sizeof(*b));
	b->sink.from = b->sink.at = b->room;
	b->sink.end = b->room + 8;
	b->sink.take = take;
	b->out.info = &b->trace;
	b->out.sink = &b->sink;
	b->domain = (unsigned)emit_domain(&b->out, "");
	assert_int_equal(dma_create(&b->out, &cfg, &b->dma), 0);
	b->space = dma_space(b->dma, b->domain, 0, SZ_4G);
	assert_int_equal(b->space, 0);
}

static void bench_close(struct bench *b)
{
	if (dma_check(b->dma))
		fail_msg("%s", dma_check(b->dma));
	dma_destroy(b->dma);
	trace_free(&b->trace);
}

/* The events since the last call. */
static size_t events(struct bench *b, const struct trace_event **ret)
{
	size_t nr;

	take(&b->sink);
	nr = b->trace.nr_events - b->nr_seen;
	*ret = b->trace.event + b->nr_seen;
	b->nr_seen = b->trace.nr_events;
	return nr;
}

static struct dma_buf *get(struct bench *b, uint64_t size)
{
	struct dma_buf *buf = NULL;

	assert_int_equal(dma_alloc(b->dma, 0, 0, size, &buf), 0);
	return buf;
}

static const struct {
	struct dma_profile profile;
	uint64_t size;
	unsigned nr_maps; /* 0: it depends */
	uint64_t largest, smallest;
} chunk_cases[] = {
	/* Fresh memory: blocks follow each other. */
	{ { DMA_P0, 0, 0 }, 2 * SZ_1M, 1, 2 * SZ_1M, 2 * SZ_1M },
	{ { DMA_P0, 0, 0 }, 8294400, 1, 8294400, 8294400 },
	{ { DMA_P0, 0, 0 }, SZ_4K, 1, SZ_4K, SZ_4K },
	/* 2025 pages: 126 times 16, and 9. */
	{ { DMA_P1, 0, 0 }, 8294400, 135, SZ_64K, SZ_4K },
	{ { DMA_P2, 0, 0 }, 8294400, 2025, SZ_4K, SZ_4K },
	{ { DMA_P2, 0, 0 }, 1, 1, SZ_4K, SZ_4K },
	/* Nothing fails, but nothing merges. */
	{ { DMA_PMIX, 0, 0 }, 8294400, 7 + 14 + 9, SZ_1M, SZ_4K },
	{ { DMA_PMIX, 1000, 0 }, 8294400, 135, SZ_64K, SZ_4K },
	{ { DMA_PMIX, 1000, 1000 }, 8294400, 2025, SZ_4K, SZ_4K },
	{ { DMA_PMIX, 0, 1000 }, 8294400, 7 + 233, SZ_1M, SZ_4K },
	{ { DMA_PMIX, 300, 100 }, 40 * SZ_1M, 0, SZ_1M, SZ_4K },
	{ { DMA_BUDDY, 0, 0 }, 8294400, 1, 8294400, 8294400 },
};

static void check_chunks(size_t i, const struct trace_event *ev, size_t nr)
{
	uint64_t done = 0, largest = 0, smallest = UINT64_MAX;

	for (size_t n = 0; n < nr; n++) {
		assert_true(ev[n].type == TRACE_MAP && ev[n].prot == 3);
		assert_true(ev[n].iova == ev[0].iova + done);
		done += ev[n].size;
		largest = ev[n].size > largest ? ev[n].size : largest;
		smallest = ev[n].size < smallest ? ev[n].size : smallest;
		if (chunk_cases[i].profile.id == DMA_BUDDY) {
			assert_true(ev[n].flags == TRACE_ANY && !ev[n].paddr);
			continue;
		}
		assert_true(ev[n].flags == 0 && ev[n].paddr >= DMA_MEM_BASE);
		assert_true(!n ||
			    ev[n].paddr != ev[n - 1].paddr + ev[n - 1].size);
		/* An order that failed is not tried again. */
		assert_true(!n || ev[n].size <= ev[n - 1].size);
		if (chunk_cases[i].profile.id != DMA_P0)
			assert_true(ev[n].paddr % ev[n].size == 0);
	}
	assert_true(done == (chunk_cases[i].size + SZ_4K - 1) / SZ_4K * SZ_4K);
	assert_true(largest == chunk_cases[i].largest);
	assert_true(smallest == chunk_cases[i].smallest);
}

static void test_dma__chunks(void **state)
{
	const struct trace_event *ev;
	struct bench b;

	(void)state;
	for (size_t i = 0; i < sizeof(chunk_cases) / sizeof(chunk_cases[0]);
	     i++) {
		struct dma_buf *buf;
		size_t nr;

		bench_open(&b, chunk_cases[i].profile);
		buf = get(&b, chunk_cases[i].size);
		nr = events(&b, &ev);
		if (chunk_cases[i].nr_maps)
			assert_int_equal(nr, chunk_cases[i].nr_maps);
		check_chunks(i, ev, nr);
		assert_true(ev->iova == dma_iova(buf));
		assert_int_equal(dma_free(b.dma, 1, buf), 0);
		assert_int_equal(events(&b, &ev), 1);
		assert_true(ev->type == TRACE_UNMAP && ev->cpu == 1);
		assert_true(ev->size ==
			    (chunk_cases[i].size + SZ_4K - 1) / SZ_4K * SZ_4K);
		bench_close(&b);
	}
}

/* One memory, two ranges of iova; it lives until nobody has it. */
static void test_dma__import(void **state)
{
	static const struct dma_profile p2 = { DMA_P2, 0, 0 };
	const struct trace_event *ev;
	struct dma_memory *memory;
	struct dma_buf *buf[2], *other;
	uint64_t first_paddr, iova[2];
	struct bench b;

	(void)state;
	bench_open(&b, p2);
	assert_int_equal(dma_space(b.dma, 0, SZ_4G, 2 * SZ_4G), 1);
	assert_int_equal(dma_heap_alloc(b.dma, 3 * SZ_4K, &memory), 0);
	assert_int_equal(dma_import(b.dma, 0, 0, memory, &buf[0]), 0);
	assert_int_equal(dma_import(b.dma, 1, 0, memory, &buf[1]), 0);
	dma_heap_free(b.dma, memory);
	assert_int_equal(events(&b, &ev), 6);
	for (unsigned i = 0; i < 3; i++) {
		assert_true(ev[i].paddr == ev[i + 3].paddr);
		assert_true(ev[i].iova < SZ_4G && ev[i + 3].iova >= SZ_4G);
	}
	first_paddr = ev[0].paddr;
	iova[0] = dma_iova(buf[0]);
	iova[1] = dma_iova(buf[1]);
	assert_int_equal(dma_free(b.dma, 0, buf[0]), 0);
	other = get(&b, SZ_4K);
	assert_int_equal(events(&b, &ev), 2);
	assert_true(ev[0].iova == iova[0]);
	assert_true(ev[1].paddr != first_paddr);
	assert_int_equal(dma_free(b.dma, 0, buf[1]), 0);
	assert_int_equal(events(&b, &ev), 1);
	assert_true(ev[0].iova == iova[1]);
	assert_int_equal(dma_free(b.dma, 0, other), 0);
	get(&b, SZ_4K);
	events(&b, &ev);
	assert_true(ev[1].paddr == first_paddr);
	bench_close(&b);
}

/* Small maps are pages; their iova stays with the CPU that unmapped. */
static void test_dma__single(void **state)
{
	static const struct dma_profile p0 = { DMA_P0, 0, 0 };
	struct dma_buf *buf, *again;
	uint64_t iova;
	struct bench b;

	(void)state;
	bench_open(&b, p0);
	assert_int_equal(dma_map_single(b.dma, 0, 0, 0, &buf), -EINVAL);
	assert_int_equal(dma_map_single(b.dma, 0, 0, 4097, &buf), -EINVAL);
	assert_int_equal(dma_map_single(b.dma, 0, 0, 100, &buf), 0);
	iova = dma_iova(buf);
	assert_true(iova == SZ_4G - SZ_4K);
	assert_int_equal(dma_free(b.dma, 1, buf), 0);
	assert_int_equal(dma_map_single(b.dma, 0, 0, 100, &buf), 0);
	assert_true(dma_iova(buf) == iova - SZ_4K);
	assert_int_equal(dma_map_single(b.dma, 0, 1, 100, &again), 0);
	assert_true(dma_iova(again) == iova);
	bench_close(&b);
}

static void test_dma__time(void **state)
{
	static const struct dma_profile p2 = { DMA_P2, 0, 0 };
	const struct trace_event *ev;
	struct bench b;

	(void)state;
	bench_open(&b, p2);
	dma_tick(b.dma, 5000000);
	get(&b, 2 * SZ_4K);
	dma_tick(b.dma, 1);
	assert_true(dma_now(b.dma) == 5002000);
	get(&b, SZ_4K);
	assert_int_equal(events(&b, &ev), 3);
	assert_true(ev[0].time_ns == 5000000 && ev[1].time_ns == 5001000 &&
		    ev[2].time_ns == 5002000);
	bench_close(&b);
}

static void test_dma__no_room(void **state)
{
	static const struct dma_profile p0 = { DMA_P0, 0, 0 };
	struct dma_memory *memory;
	struct dma_buf *buf;
	struct bench b;

	(void)state;
	bench_open(&b, p0);
	for (unsigned i = 0; i < 3072; i++)
		get(&b, SZ_1M);
	assert_null(b.out.why);
	assert_int_equal(dma_alloc(b.dma, 0, 0, SZ_4K, &buf), -ENOSPC);
	assert_string_equal(b.out.why, "buffers exceed 3 GiB of memory");
	bench_close(&b);

	bench_open(&b, p0);
	assert_int_equal(dma_space(b.dma, 0, SZ_4G, SZ_4G + SZ_1M), 1);
	assert_int_equal(dma_heap_alloc(b.dma, SZ_1M, &memory), 0);
	assert_int_equal(dma_import(b.dma, 1, 0, memory, &buf), 0);
	assert_true(dma_iova(buf) == SZ_4G);
	assert_int_equal(dma_import(b.dma, 1, 0, memory, &buf), -ENOSPC);
	assert_string_equal(b.out.why, "buffers exceed the iova space");
	bench_close(&b);

	/* The page at 0 is never given. */
	bench_open(&b, p0);
	assert_int_equal(dma_space(b.dma, 0, 0, 2 * SZ_4K), 1);
	assert_int_equal(dma_map_single(b.dma, 1, 0, SZ_4K, &buf), 0);
	assert_true(dma_iova(buf) == SZ_4K);
	assert_int_equal(dma_map_single(b.dma, 1, 0, SZ_4K, &buf), -ENOSPC);
	assert_string_equal(b.out.why, "buffers exceed the iova space");
	bench_close(&b);

	bench_open(&b, p0);
	for (int i = 1; i < DMA_MAX_SPACES; i++)
		assert_int_equal(dma_space(b.dma, 0, 0, SZ_4G), i);
	assert_int_equal(dma_space(b.dma, 0, 0, SZ_4G), -ENOSPC);
	bench_close(&b);
}

struct block {
	uint64_t paddr;
	unsigned order;
};

static void claim(uint8_t *owner, const struct block *block, uint8_t from,
		  uint8_t to)
{
	uint64_t page = (block->paddr - DMA_MEM_BASE) / SZ_4K;

	assert_true(block->paddr % (SZ_4K << block->order) == 0);
	for (unsigned i = 0; i < 1u << block->order; i++) {
		assert_true(page + i < NR_PAGES);
		assert_int_equal(owner[page + i], from);
		owner[page + i] = to;
	}
}

/* Blocks come and go; in the end memory is full, then whole again. */
static void test_dma__memory(void **state)
{
	static const unsigned orders[] = { 0, 0, 0, 4, 4, 8 };
	static struct block block[NR_PAGES];
	uint8_t *owner = calloc(NR_PAGES, 1);
	struct prng rng = { 3 };
	unsigned nr = 0, nr_adjacent = 0;
	struct dma_mem *mem;
	uint64_t end = 0;

	(void)state;
	assert_non_null(owner);
	assert_int_equal(dma_mem_create(&mem), 0);
	for (unsigned op = 0; op < 60000; op++) {
		unsigned i = prng_below(&rng, 4000);

		if (i < nr) {
			claim(owner, &block[i], 1, 0);
			dma_mem_free(mem, block[i].paddr,
				     SZ_4K << block[i].order);
			block[i] = block[--nr];
		} else {
			block[nr].order = orders[prng_below(&rng, 6)];
			assert_int_equal(dma_mem_alloc(mem, block[nr].order,
						       op % 2 ? end : 0,
						       &block[nr].paddr),
					 0);
			nr_adjacent += op % 2 && block[nr].paddr == end;
			end = block[nr].paddr + (SZ_4K << block[nr].order);
			claim(owner, &block[nr++], 0, 1);
		}
		if (op % 100 == 0)
			assert_null(dma_mem_check(mem));
	}
	assert_int_equal(nr_adjacent, 0);
	for (int order = 8; order >= 0; order -= 4)
		for (; !dma_mem_alloc(mem, (unsigned)order, end,
				      &block[nr].paddr);
		     nr++) {
			block[nr].order = (unsigned)order;
			end = block[nr].paddr + (SZ_4K << order);
			claim(owner, &block[nr], 0, 1);
		}
	assert_int_equal(dma_mem_free_pages(mem), 0);
	assert_null(dma_mem_check(mem));
	assert_null(memchr(owner, 0, NR_PAGES));
	while (nr--)
		dma_mem_free(mem, block[nr].paddr, SZ_4K << block[nr].order);
	assert_int_equal(dma_mem_free_pages(mem), NR_PAGES);
	assert_null(dma_mem_check(mem));
	for (nr = 0; nr < NR_PAGES / 256; nr++)
		assert_int_equal(dma_mem_alloc(mem, 8, 0, &block[0].paddr), 0);
	dma_mem_destroy(mem);
	free(owner);
}

/* Apart if it can be; if there is but one block it is had all the same. */
static void test_dma__apart(void **state)
{
	static const unsigned orders[] = { 0, 4, 8 };
	struct dma_mem *mem;
	uint64_t paddr, again;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		uint64_t last =
			DMA_MEM_BASE + DMA_MEM_SIZE - (SZ_4K << orders[i]);

		assert_int_equal(dma_mem_create(&mem), 0);
		while (dma_mem_free_pages(mem))
			assert_int_equal(dma_mem_alloc(mem, 8, 0, &paddr), 0);
		dma_mem_free(mem, last, SZ_4K << orders[i]);
		assert_int_equal(dma_mem_alloc(mem, orders[i], last, &again),
				 0);
		assert_true(again == last);
		assert_int_equal(dma_mem_alloc(mem, 0, last, &again), -ENOSPC);
		assert_null(dma_mem_check(mem));
		dma_mem_destroy(mem);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dma__chunks),
		cmocka_unit_test(test_dma__import),
		cmocka_unit_test(test_dma__single),
		cmocka_unit_test(test_dma__time),
		cmocka_unit_test(test_dma__no_room),
		cmocka_unit_test(test_dma__memory),
		cmocka_unit_test(test_dma__apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
