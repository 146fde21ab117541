// SPDX-License-Identifier: GPL-2.0-only
/*
 * The iova allocator against a model that looks at every page: random
 * sequences below and above 4 GiB, with limits, in spaces that run full; then
 * what Linux 6.1 says of magazines, alignment and rounding, by number.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "iova.h"
#include "prng.h"

#define PFN_4G ((uint64_t)1 << 20)
#define NR_CPUS 2
#define NR_ORDERS 6
#define MAX_RANGES 8192

/* All that the kernel knows, in plain arrays. Pages are relative to start. */
struct model {
	uint64_t start, nr_pages;
	struct {
		uint64_t lo, size;
	} range[MAX_RANGES]; /* in no order */
	unsigned nr_ranges;
	/* Lowest pages of cached nodes; UINT64_MAX: the anchor. */
	uint64_t cached, cached32;
	uint64_t max32;
	struct stack {
		unsigned nr;
		uint64_t lo[IOVA_MAG_SIZE];
	} mag[NR_CPUS][NR_ORDERS][2]; /* loaded, previous */
	struct stack depot[NR_ORDERS][IOVA_MAX_GLOBAL_MAGS];
	unsigned nr_depot[NR_ORDERS];
	unsigned nr_full, nr_above, nr_hits; /* what was exercised */
};

static unsigned order_of(uint64_t size)
{
	unsigned order = 0;

	while (1ull << order < size)
		order++;
	return order;
}

static bool model_free_at(const struct model *m, uint64_t lo, uint64_t size)
{
	for (unsigned i = 0; i < m->nr_ranges; i++)
		if (lo < m->range[i].lo + m->range[i].size &&
		    m->range[i].lo < lo + size)
			return false;
	return true;
}

static uint64_t model_end(const struct model *m, uint64_t lo)
{
	for (unsigned i = 0; i < m->nr_ranges; i++)
		if (m->range[i].lo == lo)
			return lo + m->range[i].size;
	return UINT64_MAX;
}

/* The highest aligned place of [low, high); 0 if there is none. */
static uint64_t model_search(const struct model *m, uint64_t size, uint64_t low,
			     uint64_t high)
{
	uint64_t align = 1ull << order_of(size), at;

	if (high < size)
		return 0;
	for (at = (high - size) / align * align; at >= low && at; at -= align)
		if (model_free_at(m, at, size))
			return at;
	return 0;
}

static uint64_t model_walk(struct model *m, uint64_t size, uint64_t limit)
{
	bool low = limit <= PFN_4G;
	uint64_t cached = low ? m->cached32 : m->cached, at;

	if (low && size >= m->max32)
		return 0;
	at = model_search(m, size, m->start, limit < cached ? limit : cached);
	if (!at && cached != UINT64_MAX && model_end(m, cached) - 1 < limit) {
		at = model_search(m, size, model_end(m, cached), limit);
		m->nr_above += at != 0;
	}
	if (!at) {
		m->max32 = size;
		return 0;
	}
	assert_true(m->nr_ranges < MAX_RANGES);
	m->range[m->nr_ranges].lo = at;
	m->range[m->nr_ranges++].size = size;
	if (at + size - 1 < PFN_4G)
		m->cached32 = at;
	else
		m->cached = at;
	return at;
}

static uint64_t model_above(const struct model *m, uint64_t lo)
{
	uint64_t best = UINT64_MAX;

	for (unsigned i = 0; i < m->nr_ranges; i++)
		if (m->range[i].lo > lo && m->range[i].lo < best)
			best = m->range[i].lo;
	return best;
}

static void model_release(struct model *m, uint64_t lo)
{
	unsigned i = 0;

	while (m->range[i].lo != lo)
		assert_true(++i < m->nr_ranges);
	if (lo == m->cached32 ||
	    (lo + m->range[i].size - 1 < PFN_4G && lo >= m->cached32))
		m->cached32 = model_above(m, lo);
	if (lo < PFN_4G)
		m->max32 = PFN_4G;
	if (lo >= m->cached)
		m->cached = model_above(m, lo);
	m->range[i] = m->range[--m->nr_ranges];
}

static void model_empty(struct model *m, struct stack *mag)
{
	for (unsigned i = 0; i < mag->nr; i++)
		model_release(m, mag->lo[i]);
	mag->nr = 0;
}

static void model_swap(struct stack mag[2])
{
	struct stack loaded = mag[0];

	mag[0] = mag[1];
	mag[1] = loaded;
}

static uint64_t model_recycled(struct model *m, unsigned cpu, uint64_t size,
			       uint64_t limit)
{
	unsigned order = order_of(size), i;
	struct stack *mag;
	uint64_t lo;

	if (order >= NR_ORDERS)
		return 0;
	mag = m->mag[cpu][order];
	if (!mag[0].nr && mag[1].nr)
		model_swap(mag);
	else if (!mag[0].nr && m->nr_depot[order])
		mag[0] = m->depot[order][--m->nr_depot[order]];
	for (i = mag[0].nr; i-- > 0;)
		if (mag[0].lo[i] <= limit - size)
			break;
	if (i == UINT32_MAX)
		return 0;
	lo = mag[0].lo[i];
	mag[0].lo[i] = mag[0].lo[--mag[0].nr];
	m->nr_hits++;
	return lo;
}

static uint64_t model_alloc(struct model *m, unsigned cpu, uint64_t size,
			    uint64_t limit_pfn)
{
	uint64_t at;

	if (size < 32)
		size = 1ull << order_of(size);
	at = model_recycled(m, cpu, size, limit_pfn + 1);
	if (!at)
		at = model_walk(m, size, limit_pfn + 1);
	if (at)
		return at;
	m->nr_full++;
	for (unsigned order = 0; order < NR_ORDERS; order++) {
		for (unsigned i = 0; i < NR_CPUS; i++) {
			model_empty(m, &m->mag[i][order][0]);
			model_empty(m, &m->mag[i][order][1]);
		}
		while (m->nr_depot[order])
			model_empty(m, &m->depot[order][--m->nr_depot[order]]);
	}
	return model_walk(m, size, limit_pfn + 1);
}

static void model_free(struct model *m, unsigned cpu, uint64_t lo,
		       uint64_t size)
{
	unsigned order = order_of(size);
	struct stack *mag;

	if (order >= NR_ORDERS) {
		model_release(m, lo);
		return;
	}
	mag = m->mag[cpu][order];
	if (mag[0].nr == IOVA_MAG_SIZE && mag[1].nr < IOVA_MAG_SIZE) {
		model_swap(mag);
	} else if (mag[0].nr == IOVA_MAG_SIZE) {
		if (m->nr_depot[order] < IOVA_MAX_GLOBAL_MAGS)
			m->depot[order][m->nr_depot[order]++] = mag[0];
		else
			model_empty(m, &mag[0]);
		mag[0].nr = 0;
	}
	mag[0].lo[mag[0].nr++] = lo;
}

/* What is alive, on both sides. */
struct live {
	struct iova *iova;
	uint64_t size;
};

struct course {
	uint64_t start, end; /* pages */
	uint64_t max_size;
	unsigned nr_ops, nr_alive, seed;
	bool limits; /* some requests with a lower limit */
};

static uint64_t pick_size(struct prng *rng, const struct course *c)
{
	return prng_below(rng, 3) ? 1 + prng_below(rng, 40)
				  : 1 + prng_below(rng, (uint32_t)c->max_size);
}

static void play(const struct course *c, struct model *m)
{
	struct live alive[MAX_RANGES];
	struct prng rng = { c->seed };
	struct iova_domain *iovad;
	unsigned nr = 0;

	*m = (struct model){ .start = c->start,
			     .nr_pages = c->end - c->start,
			     .cached = UINT64_MAX,
			     .cached32 = UINT64_MAX,
			     .max32 = PFN_4G };
	assert_int_equal(iova_domain_create(NR_CPUS, c->start, &iovad), 0);
	for (unsigned op = 0; op < c->nr_ops; op++) {
		unsigned cpu = prng_below(&rng, NR_CPUS);
		unsigned i = prng_below(&rng, c->nr_alive);

		if (i < nr) {
			model_free(m, cpu, alive[i].iova->pfn_lo,
				   alive[i].size);
			iova_free(iovad, cpu, alive[i].iova, alive[i].size);
			alive[i] = alive[--nr];
		} else {
			uint64_t size = pick_size(&rng, c), limit = c->end - 1;
			struct iova *iova = NULL;
			uint64_t expected;
			int err;

			if (c->limits && !prng_below(&rng, 4))
				limit -= prng_below(&rng,
						    (uint32_t)m->nr_pages / 2);
			expected = model_alloc(m, cpu, size, limit);
			err = iova_alloc(iovad, cpu, size, limit, &iova);
			assert_int_equal(err, expected ? 0 : -ENOSPC);
			if (err)
				continue;
			assert_true(iova->pfn_lo == expected);
			assert_true(iova->pfn_lo + size - 1 <= limit);
			alive[nr++] = (struct live){ iova, size };
		}
		if (iova_check(iovad))
			fail_msg("%s", iova_check(iovad));
		assert_int_equal(iova_stats(iovad).nr_ranges, m->nr_ranges);
		assert_int_equal(iova_stats(iovad).nr_hits, m->nr_hits);
		assert_int_equal(iova_stats(iovad).nr_flushes, m->nr_full);
	}
	iova_domain_destroy(iovad);
}

static void test_iova__model(void **state)
{
	static struct model m;
	unsigned nr_full = 0, nr_above = 0, nr_hits = 0, nr = 0;

	(void)state;
	for (unsigned seed = 1; seed <= 8; seed++) {
		const struct course courses[] = {
			{ PFN_4G - 4096, PFN_4G, 300, 4000, 60, seed, false },
			{ PFN_4G - 4096, PFN_4G, 300, 4000, 60, seed, true },
			{ PFN_4G - 512, PFN_4G, 300, 4000, 30, seed, true },
			{ 1, 2048, 200, 4000, 40, seed, true },
			{ PFN_4G, PFN_4G + 4096, 300, 4000, 60, seed, true },
			{ PFN_4G - 2048, PFN_4G + 2048, 300, 4000, 60, seed,
			  true },
		};

		for (unsigned i = 0; i < sizeof(courses) / sizeof(courses[0]);
		     i++, nr++) {
			play(&courses[i], &m);
			nr_full += m.nr_full;
			nr_above += m.nr_above;
			nr_hits += m.nr_hits;
		}
	}
	assert_int_equal(nr, 48);
	assert_true(nr_full > 1000);
	assert_true(nr_above > 100);
	assert_true(nr_hits > 10000);
}

static struct iova_domain *new_domain(void)
{
	struct iova_domain *iovad;

	assert_int_equal(iova_domain_create(NR_CPUS, 1, &iovad), 0);
	return iovad;
}

static struct iova *get(struct iova_domain *iovad, unsigned cpu, uint64_t size)
{
	struct iova *iova = NULL;

	assert_int_equal(iova_alloc(iovad, cpu, size, PFN_4G - 1, &iova), 0);
	return iova;
}

/* Top-down; the start aligned to the next power of two of the length. */
static void test_iova__alignment(void **state)
{
	struct iova_domain *iovad = new_domain();
	uint64_t last = PFN_4G;

	(void)state;
	for (uint64_t size = 1; size <= 5000; size = size * 3 / 2 + 1) {
		const struct iova *iova = get(iovad, 0, size);
		uint64_t align = 1ull << order_of(size);
		uint64_t taken = size < 32 ? align : size;

		assert_true(iova->pfn_lo % align == 0);
		assert_true(iova->pfn_hi - iova->pfn_lo + 1 == taken);
		assert_true(iova->pfn_hi < last);
		assert_true(last - iova->pfn_hi <= align);
		last = iova->pfn_lo;
	}
	iova_domain_destroy(iovad);
}

/* 127 in each of two, then 32 times 127 in the depot, then 127 at once go. */
static void test_iova__magazines(void **state)
{
	enum { ROOM = 127 * 2 + 127 * 32, NR = ROOM + 1 };
	static struct iova *iova[NR];
	struct iova_domain *iovad = new_domain();
	struct iova_stats stats;

	(void)state;
	for (unsigned i = 0; i < NR; i++)
		iova[i] = get(iovad, 0, 1);
	assert_int_equal(iova_stats(iovad).nr_hits, 0);
	for (unsigned i = 0; i < ROOM; i++)
		iova_free(iovad, 0, iova[i], 1);
	stats = iova_stats(iovad);
	assert_int_equal(stats.nr_kept, ROOM);
	assert_int_equal(stats.nr_ranges, NR);
	assert_int_equal(stats.nr_spilled, 0);
	iova_free(iovad, 0, iova[ROOM], 1);
	stats = iova_stats(iovad);
	assert_int_equal(stats.nr_kept, ROOM - 127 + 1);
	assert_int_equal(stats.nr_ranges, NR - 127);
	assert_int_equal(stats.nr_spilled, 1);
	assert_null(iova_check(iovad));
	/* The depot is everybody's, the two magazines are the CPU's. */
	for (unsigned i = 0; i < 127 * 32; i++)
		get(iovad, 1, 1);
	assert_int_equal(iova_stats(iovad).nr_hits, 127 * 32);
	assert_int_equal(iova_stats(iovad).nr_kept, 128);
	get(iovad, 1, 1);
	assert_int_equal(iova_stats(iovad).nr_hits, 127 * 32);
	assert_ptr_equal(get(iovad, 0, 1), iova[ROOM]);
	assert_null(iova_check(iovad));
	iova_domain_destroy(iovad);
}

/* Below a limit only the loaded magazine is looked through. */
static void test_iova__limit(void **state)
{
	enum { NR = IOVA_MAG_SIZE + 1 };
	struct iova *iova[NR], *low = NULL;
	struct iova_domain *iovad = new_domain();

	(void)state;
	for (unsigned i = 0; i < NR; i++)
		iova[i] = get(iovad, 0, 1);
	for (unsigned i = NR; i-- > 0;)
		iova_free(iovad, 0, iova[i], 1);
	/* Only the highest is loaded; the limit is that of the next one. */
	assert_int_equal(iova_alloc(iovad, 0, 1, PFN_4G - 2, &low), 0);
	assert_true(low->pfn_lo == PFN_4G - NR - 1);
	assert_int_equal(iova_stats(iovad).nr_hits, 0);
	assert_ptr_equal(get(iovad, 0, 1), iova[0]);
	/* Now the other magazine is, from its end. */
	assert_int_equal(iova_alloc(iovad, 0, 1, PFN_4G - 3, &low), 0);
	assert_ptr_equal(low, iova[2]);
	assert_int_equal(iova_stats(iovad).nr_hits, 2);
	assert_null(iova_check(iovad));
	iova_domain_destroy(iovad);
}

/* Who needs all of the space gets it from all magazines and the depot. */
static void test_iova__flush(void **state)
{
	enum { NR = 512, OTHERS = 100 };
	struct iova *iova[NR], *all = NULL;
	struct iova_domain *iovad;

	(void)state;
	assert_int_equal(iova_domain_create(NR_CPUS, PFN_4G - NR, &iovad), 0);
	for (unsigned i = 0; i < NR; i++)
		iova[i] = get(iovad, 0, 1);
	assert_int_equal(iova_alloc(iovad, 0, 1, PFN_4G - 1, &all), -ENOSPC);
	/* CPU 0: 31 loaded, 127 previous, two in the depot; 1: the rest. */
	for (unsigned i = 0; i < NR; i++)
		iova_free(iovad, i < OTHERS, iova[i], 1);
	assert_int_equal(iova_stats(iovad).nr_kept, NR);
	assert_int_equal(iova_stats(iovad).nr_flushes, 1);
	assert_int_equal(iova_alloc(iovad, 1, NR, PFN_4G - 1, &all), 0);
	assert_true(all->pfn_lo == PFN_4G - NR);
	assert_int_equal(iova_stats(iovad).nr_kept, 0);
	assert_int_equal(iova_stats(iovad).nr_ranges, 1);
	assert_int_equal(iova_stats(iovad).nr_flushes, 2);
	assert_int_equal(iova_stats(iovad).nr_hits, 0);
	assert_null(iova_check(iovad));
	iova_domain_destroy(iovad);
}

/* 32 pages are kept, 33 are not; 17 to 32 are of one size. */
static void test_iova__cached_sizes(void **state)
{
	struct iova_domain *iovad = new_domain();
	struct iova *iova = get(iovad, 0, 33);

	(void)state;
	iova_free(iovad, 0, iova, 33);
	assert_int_equal(iova_stats(iovad).nr_ranges, 0);
	iova = get(iovad, 0, 17);
	iova_free(iovad, 0, iova, 17);
	assert_int_equal(iova_stats(iovad).nr_kept, 1);
	assert_ptr_equal(get(iovad, 0, 32), iova);
	assert_int_equal(iova_stats(iovad).nr_kept, 0);
	iova_free(iovad, 0, iova, 32);
	assert_ptr_not_equal(get(iovad, 0, 16), iova);
	assert_ptr_not_equal(get(iovad, 1, 32), iova);
	iova_domain_destroy(iovad);
}

/* A gap above the range taken last is used once something above is freed. */
static void test_iova__gaps(void **state)
{
	struct iova_domain *iovad = new_domain();
	struct iova *a = get(iovad, 0, 256), *b = get(iovad, 0, 256);
	const struct iova *c = get(iovad, 0, 256);
	uint64_t top = a->pfn_lo;

	(void)state;
	assert_true(top == PFN_4G - 256);
	assert_true(b->pfn_lo == top - 256 && c->pfn_lo == top - 512);
	iova_free(iovad, 0, a, 256);
	a = get(iovad, 0, 256);
	assert_true(a->pfn_lo == top);
	iova_free(iovad, 0, b, 256);
	/* Too large for the gap, so below all; then the gap is passed over,
	 * since the search goes on from there. */
	assert_true(get(iovad, 0, 512)->pfn_lo == top - 512 - 768);
	assert_true(get(iovad, 0, 256)->pfn_lo == top - 512 - 1024);
	iova_domain_destroy(iovad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_iova__model),
		cmocka_unit_test(test_iova__alignment),
		cmocka_unit_test(test_iova__magazines),
		cmocka_unit_test(test_iova__limit),
		cmocka_unit_test(test_iova__flush),
		cmocka_unit_test(test_iova__cached_sizes),
		cmocka_unit_test(test_iova__gaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
