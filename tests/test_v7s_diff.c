// SPDX-License-Identifier: GPL-2.0-only
/*
 * Differential test of the page table: long random sequences of calls against
 * the flat oracle (v7s_oracle.h) and the raw walker (v7s_walker.h), with every
 * page size, overlaps, partial unmaps, failing allocations, bad arguments, and
 * runs over the top of the address space.
 */
#include <stdlib.h>

#include "v7s_fixture.h"
#include "v7s_oracle.h"

#define NR_SEEDS 10
#define NR_OPS 100000
#define FULL_CHECK_EVERY 2000

/* Sums over all seeds; below these the test has not tested. */
static const uint64_t event_min[NR_EVENTS] = {
	[EV_MAP] = 100000,	    [EV_MAP_EXISTS] = 20000,
	[EV_MAP_NOMEM] = 500,	    [EV_MAP_INVALID] = 1000,
	[EV_MAP_RANGE] = 1000,	    [EV_UNMAP] = 100000,
	[EV_UNMAP_HOLE] = 20000,    [EV_UNMAP_RANGE] = 1000,
	[EV_SPLIT_64K] = 5000,	    [EV_SPLIT_1M] = 5000,
	[EV_SPLIT_16M] = 500,	    [EV_SPLIT_NOMEM] = 100,
	[EV_SECOND_TRY] = 300,	    [EV_BLOCK_OVER_TABLE] = 3000,
	[EV_TABLE_UNMAPPED] = 3000, [EV_WRAPPED] = 100,
};

static uint64_t rng(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

struct run {
	struct fixture f;
	struct oracle *o;
	uint64_t rng;
	unsigned seed, nr_ops;
};

static void check_page(const struct run *r, unsigned page)
{
	const struct found *want = &r->o->page[page];
	uint64_t iova = page_iova(r->o, page);
	struct found got = walker_find(r->f.pm, r->f.table, iova);
	uint64_t phys = v7s_iova_to_phys(r->f.table, iova + 0x123);

	if (got.paddr != want->paddr || got.pgsize != want->pgsize ||
	    got.attrs != want->attrs)
		fail_msg("seed %u op %u iova %#llx: walked %#llx/%#llx/%#x, "
			 "expected %#llx/%#llx/%#x",
			 r->seed, r->nr_ops, (unsigned long long)iova,
			 (unsigned long long)got.paddr,
			 (unsigned long long)got.pgsize, got.attrs,
			 (unsigned long long)want->paddr,
			 (unsigned long long)want->pgsize, want->attrs);
	if (phys != (want->pgsize ? want->paddr + 0x123 : 0))
		fail_msg("seed %u op %u iova %#llx: iova_to_phys %#llx",
			 r->seed, r->nr_ops, (unsigned long long)iova,
			 (unsigned long long)phys);
}

static void check_all(const struct run *r)
{
	uint64_t nr_empty = 0;
	const char *why;

	for (unsigned slot = 0; slot < NR_SLOTS; slot++) {
		uint64_t mapped = 0;

		for (unsigned i = 0; i < SLOT_PAGES; i++) {
			check_page(r, slot * SLOT_PAGES + i);
			mapped += r->o->page[slot * SLOT_PAGES + i].pgsize;
		}
		nr_empty += r->o->has_table[slot] && !mapped;
	}
	assert_int_equal(v7s_empty_tables(r->f.table), nr_empty);
	assert_int_equal(r->f.l2->ops->check(r->f.l2, &why), 0);
}

static void check_counts(const struct run *r)
{
	const struct v7s_stats *got = v7s_stats(r->f.table);
	const struct v7s_stats *want = &r->o->stats;

	if (got->l2_allocs != want->l2_allocs ||
	    got->l2_frees != want->l2_frees || got->l2_live != want->l2_live ||
	    got->warns != want->warns || got->tlb_add != want->tlb_add ||
	    got->tlb_walk != want->tlb_walk)
		fail_msg("seed %u op %u: allocs %d frees %d live %d warns %d "
			 "tlb_add %d tlb_walk %d more than expected",
			 r->seed, r->nr_ops,
			 (int)(got->l2_allocs - want->l2_allocs),
			 (int)(got->l2_frees - want->l2_frees),
			 (int)(got->l2_live - want->l2_live),
			 (int)(got->warns - want->warns),
			 (int)(got->tlb_add - want->tlb_add),
			 (int)(got->tlb_walk - want->tlb_walk));
}

static enum event map_event(int err)
{
	switch (err) {
	case 0:
		return EV_MAP;
	case -EEXIST:
		return EV_MAP_EXISTS;
	case -ENOMEM:
		return EV_MAP_NOMEM;
	case -ERANGE:
		return EV_MAP_RANGE;
	default:
		return EV_MAP_INVALID;
	}
}

static void do_map(struct run *r, const struct call *c)
{
	struct v7s_op op = {
		.iova = c->iova,
		.paddr = c->paddr,
		.pgsize = c->pgsize,
		.pgcount = c->pgcount,
		.prot = c->prot,
		.gfp = GFP_ATOMIC,
		.cpu = rng(&r->rng) % 2,
	};
	uint64_t want_mapped;
	int want = oracle_map(r->o, c, &want_mapped);
	size_t mapped;
	int err = v7s_map_pages(r->f.table, &op, &mapped);

	if (err != want || mapped != want_mapped)
		fail_msg(
			"seed %u op %u: map %d, %#zx bytes, expected %d, %#llx",
			r->seed, r->nr_ops, err, mapped, want,
			(unsigned long long)want_mapped);
	r->o->event[map_event(err)]++;
}

static void do_unmap(struct run *r, const struct call *c)
{
	struct v7s_op op = {
		.iova = c->iova,
		.pgsize = c->pgsize,
		.pgcount = c->pgcount,
		.cpu = rng(&r->rng) % 2,
	};
	uint64_t want = oracle_unmap(r->o, c);
	size_t got = v7s_unmap_pages(r->f.table, &op);

	if (got != want)
		fail_msg("seed %u op %u: unmapped %#zx, expected %#llx",
			 r->seed, r->nr_ops, got, (unsigned long long)want);
}

/* A page to start at; mostly one where the call has something to do. */
static unsigned pick_page(struct run *r, const struct call *c)
{
	unsigned align = (unsigned)(c->pgsize / SZ_4K);
	unsigned page = 0;

	for (unsigned tries = 0; tries < 8; tries++) {
		page = (unsigned)(rng(&r->rng) % NR_PAGES);
		page -= page % align;
		if (!r->o->page[page].pgsize != c->unmap)
			break;
	}
	return page;
}

/* Keeps a run inside the windows, which it may leave over the top only. */
static uint64_t clamp_count(struct run *r, const struct call *c, unsigned page)
{
	bool high = page >= NR_PAGES / 2;
	bool wrap = high && rng(&r->rng) % 16 == 0;
	unsigned end = high ? NR_PAGES : NR_PAGES / 2;
	uint64_t room = (end - page) * (uint64_t)SZ_4K / c->pgsize;

	if (wrap)
		room += NR_PAGES / 2 * (uint64_t)SZ_4K / c->pgsize;
	if (c->pgcount <= room)
		return c->pgcount;
	return room;
}

static struct call random_call(struct run *r)
{
	static const uint64_t sizes[16] = { SZ_4K,  SZ_4K,  SZ_4K,  SZ_4K,
					    SZ_4K,  SZ_4K,  SZ_4K,  SZ_64K,
					    SZ_64K, SZ_64K, SZ_64K, SZ_64K,
					    SZ_1M,  SZ_1M,  SZ_1M,  SZ_16M };
	static const uint64_t counts[] = { 1, 1, 1, 1, 2, 3, 16, 17, 40, 300 };
	struct call c = { .unmap = rng(&r->rng) % 2 };
	uint64_t limit = 1ull << r->o->cfg.oas;
	unsigned page;

	c.pgsize = sizes[rng(&r->rng) % ARRAY_SIZE(sizes)];
	c.pgcount = counts[rng(&r->rng) % ARRAY_SIZE(counts)];
	page = pick_page(r, &c);
	c.pgcount = clamp_count(r, &c, page);
	c.iova = page_iova(r->o, page);
	c.prot = (int)(rng(&r->rng) % 64) | (rng(&r->rng) % 8 ? 1 : 0);
	c.paddr = rng(&r->rng) % limit & ~(c.pgsize - 1);
	if (rng(&r->rng) % 16 == 0)
		c.paddr = limit - c.pgsize;
	if (rng(&r->rng) % 16 == 0)
		c.paddr += rng(&r->rng) % SZ_4K;
	switch (rng(&r->rng) % 128) {
	case 0:
		c.iova += 1ull << r->o->cfg.ias;
		break;
	case 1:
		c.paddr += limit;
		break;
	case 2:
		c.pgcount = 0;
		break;
	}
	return c;
}

static bool crosses_top(const struct run *r, const struct call *c)
{
	uint64_t top = 1ull << r->o->cfg.ias;

	return c->iova < top && c->iova + c->pgsize * c->pgcount > top;
}

static void step(struct run *r)
{
	struct call c = random_call(r);
	unsigned page;

	if (rng(&r->rng) % 32 == 0)
		r->o->fail_in = 1 + rng(&r->rng) % 2;
	r->f.fault = (struct fault_attr){ .nth = r->o->fail_in };
	r->o->event[EV_WRAPPED] += crosses_top(r, &c);
	if (c.unmap)
		do_unmap(r, &c);
	else
		do_map(r, &c);
	r->o->fail_in = 0;
	r->f.fault.nth = 0;
	check_counts(r);
	if (c.iova < 1ull << r->o->cfg.ias) {
		page = page_index(r->o, c.iova);
		check_page(r, page);
		page += (unsigned)(c.pgsize * c.pgcount / SZ_4K) + NR_PAGES - 1;
		check_page(r, page % NR_PAGES);
	}
	check_page(r, (unsigned)(rng(&r->rng) % NR_PAGES));
}

static const struct v7s_config *config_of(unsigned seed)
{
	static const struct v7s_config configs[] = {
		{ .ias = 32, .oas = 32 },
		{ .ias = 32, .oas = 32, .quirks = V7S_QUIRK_ARM_NS },
		{ .ias = 26, .oas = 30, .quirks = V7S_QUIRK_NO_PERMS },
		{ .ias = 32,
		  .oas = 35,
		  .quirks = V7S_QUIRK_MTK_EXT | V7S_QUIRK_NO_PERMS },
		{ .ias = 34,
		  .oas = 34,
		  .quirks = V7S_QUIRK_MTK_EXT | V7S_QUIRK_NO_PERMS |
			    V7S_QUIRK_ARM_NS },
		{ .ias = 34,
		  .oas = 35,
		  .quirks = V7S_QUIRK_MTK_EXT | V7S_QUIRK_NO_PERMS |
			    V7S_QUIRK_MTK_TTBR_EXT | V7S_QUIRK_ARM_NS },
		{ .ias = 30, .oas = 32 },
	};

	return &configs[seed % ARRAY_SIZE(configs)];
}

/* Strategies that measure the harness do not count. */
static const char *strategy_of(unsigned seed)
{
	const struct l2_strategy_ops *const *ops;
	unsigned nr = 0;

	for (ops = l2_strategies; *ops; ops++)
		nr += !(*ops)->baseline;
	assert_true(nr > 0);
	nr = seed % nr;
	for (ops = l2_strategies; *ops; ops++)
		if (!(*ops)->baseline && !nr--)
			break;
	return (*ops)->name;
}

static void run_seed(unsigned seed, uint64_t *event)
{
	struct run r = { .seed = seed, .rng = seed };

	r.o = calloc(1, sizeof(*r.o));
	assert_non_null(r.o);
	r.o->cfg = *config_of(seed);
	/* Memory above 4 GiB, where only TTBR_EXT lets tables lie. */
	fixture_machine(&r.f, "x86-6g");
	fixture_strategy(&r.f, strategy_of(seed), r.o->cfg.quirks);
	fixture_table(&r.f, &r.o->cfg);
	for (; r.nr_ops < NR_OPS; r.nr_ops++) {
		step(&r);
		if (r.nr_ops % FULL_CHECK_EVERY == 0)
			check_all(&r);
	}
	check_all(&r);
	fixture_close(&r.f);
	for (unsigned i = 0; i < NR_EVENTS; i++)
		event[i] += r.o->event[i];
	free(r.o);
}

static void test_v7s_diff__random_calls(void **state)
{
	uint64_t event[NR_EVENTS] = { 0 };

	(void)state;
	for (unsigned seed = 0; seed < NR_SEEDS; seed++)
		run_seed(seed, event);
	for (unsigned i = 0; i < NR_EVENTS; i++)
		if (event[i] < event_min[i])
			fail_msg("event %u was seen %llu times only", i,
				 (unsigned long long)event[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_v7s_diff__random_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
