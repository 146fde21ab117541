// SPDX-License-Identifier: GPL-2.0-only
/*
 * The random sequences of diff_random.h: every page size, overlaps, partial
 * unmaps, failing allocations, bad arguments, both ends of the address space
 * and runs over its top, addresses of the middle of a page or section. Left
 * out: 64K and 16M pages that begin in the middle of one, and paddrs whose
 * misaligned bits spill over other fields, which the oracle does not know.
 * Concurrency: none.
 */
#include "diff_random.h"

#include <stdlib.h>

#include "v7s_configs.h"

#define DIFF_MACHINE "x86-6g" /* where only TTBR_EXT lets all tables lie */
#define FULL_CHECK_EVERY 2000u

const struct diff_sweep diff_sweep_all = {
	.kernel = DIFF_ANY,
	.split = DIFF_ANY,
	.path = DIFF_ANY,
	.walker = DIFF_ANY,
};

static uint64_t next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static bool one_in(uint64_t *rng, unsigned n)
{
	return next(rng) % n == 0;
}

static const struct v7s_config configs_4_20[] = {
	{ .ias = 32, .oas = 32 },
	{ .ias = 32,
	  .oas = 32,
	  .quirks = QUIRKS_MTK_4_20 | V7S_QUIRK_ARM_NS |
		    V7S_QUIRK_TLBI_ON_MAP },
	{ .ias = 30, .oas = 26, .quirks = QUIRKS_MTK_4_20 },
	{ .ias = 32,
	  .oas = 32,
	  .quirks = V7S_QUIRK_ARM_NS | V7S_QUIRK_TLBI_ON_MAP },
	{ .ias = 26, .oas = 32, .quirks = V7S_QUIRK_NO_PERMS },
};

/* Takes one of nr values off the index, unless fixed. */
static int choose(uint64_t *index, int fixed, unsigned nr)
{
	int chosen;

	if (fixed != DIFF_ANY)
		return fixed;
	chosen = (int)(*index % nr);
	*index /= nr;
	return chosen;
}

#define NR_KERNELS V7S_NR_KERNELS
#define NR_SPLITS V7S_NR_SPLITS
#define NR_PATHS V7S_NR_PATHS
#define NR_WALKERS 2u /* that the counters tell from each other */

unsigned diff_nr_cases(const struct diff_sweep *sweep)
{
	return (sweep->kernel == DIFF_ANY ? NR_KERNELS : 1) *
	       (sweep->split == DIFF_ANY ? NR_SPLITS : 1) *
	       (sweep->path == DIFF_ANY ? NR_PATHS : 1) *
	       (sweep->walker == DIFF_ANY ? NR_WALKERS : 1);
}

/* Strategies that measure the harness do not count. */
static void default_spec(uint64_t index, struct l2_spec *ret)
{
	const struct l2_strategy_ops *const *ops;
	unsigned nr = 0;
	char why[128];

	for (ops = l2_strategies; *ops; ops++)
		nr += !(*ops)->baseline;
	/* Another order in each round, so that no case keeps its strategy. */
	nr = (unsigned)((index + index / nr) % nr);
	for (ops = l2_strategies; *ops; ops++)
		if (!(*ops)->baseline && !nr--)
			break;
	if (l2_spec_parse((*ops)->name, ret, why, sizeof(why)))
		abort();
}

void diff_case_of(const struct diff_sweep *sweep, uint64_t index,
		  struct diff_case *ret)
{
	uint64_t left = index;
	int kernel = choose(&left, sweep->kernel, NR_KERNELS);
	bool old = kernel == V7S_KERNEL_4_20;
	const struct v7s_config *cfg = old ? configs_4_20 : configs_6_1;
	size_t nr = old ? ARRAY_SIZE(configs_4_20) : ARRAY_SIZE(configs_6_1);

	*ret = (struct diff_case){
		.cfg = cfg[(index / NR_KERNELS + left / 12) % nr],
		.machine = DIFF_MACHINE,
		.plant = sweep->plant,
	};
	ret->cfg.pgsizes = V7S_PGSIZES;
	ret->cfg.kernel = (enum v7s_kernel)kernel;
	ret->cfg.split = (enum v7s_split)choose(&left, sweep->split, NR_SPLITS);
	ret->cfg.path = (enum v7s_path)choose(&left, sweep->path, NR_PATHS);
	ret->cfg.walker =
		(enum v7s_walker)choose(&left, sweep->walker, NR_WALKERS);
	if (sweep->spec)
		ret->spec = *sweep->spec;
	else
		default_spec(index, &ret->spec);
}

/* A page to start at; mostly one where the call has something to do. */
static unsigned pick_page(uint64_t *rng, const struct oracle *o,
			  const struct call *c)
{
	unsigned align = (unsigned)(c->pgsize / SZ_4K);
	unsigned page = 0;

	for (unsigned tries = 0; tries < 8; tries++) {
		page = (unsigned)(next(rng) % NR_PAGES);
		page -= page % align;
		if (!o->page[page].pgsize != c->unmap)
			break;
	}
	return page;
}

/* Keeps a run inside the windows, which it may leave over the top only. */
static uint64_t clamp_count(uint64_t *rng, const struct call *c, unsigned page)
{
	bool high = page >= NR_PAGES / 2;
	unsigned end = high ? NR_PAGES : NR_PAGES / 2;
	uint64_t room = (end - page) * (uint64_t)SZ_4K / c->pgsize;

	if (high && one_in(rng, 16))
		room += NR_PAGES / 2 * (uint64_t)SZ_4K / c->pgsize;
	return c->pgcount <= room ? c->pgcount : room;
}

/* Bits below the entry that a page of this size is made of mean nothing. */
static uint64_t meaningless(uint64_t *rng, const struct call *c)
{
	return next(rng) % (c->pgsize < SZ_1M ? SZ_4K : SZ_1M);
}

static uint64_t random_paddr(uint64_t *rng, const struct oracle *o,
			     const struct call *c)
{
	uint64_t limit = 1ull << o->paddr_bits;
	uint64_t paddr = next(rng) % limit & ~(c->pgsize - 1);

	switch (next(rng) % 32) {
	case 0:
	case 1: /* runs lose the bits that do not fit */
		paddr = limit - c->pgsize;
		break;
	case 2: /* runs carry into bits 32 to 34 */
		paddr = (1 + next(rng) % 8) * SZ_4G - c->pgsize;
		paddr %= limit;
		break;
	case 3:
	case 4:
		paddr += meaningless(rng, c);
		break;
	}
	return paddr;
}

static void random_call(uint64_t *rng, const struct oracle *o, struct call *ret)
{
	static const uint64_t sizes[16] = { SZ_4K,  SZ_4K,  SZ_4K,  SZ_4K,
					    SZ_4K,  SZ_4K,  SZ_4K,  SZ_64K,
					    SZ_64K, SZ_64K, SZ_64K, SZ_64K,
					    SZ_1M,  SZ_1M,  SZ_1M,  SZ_16M };
	static const uint64_t counts[] = { 1, 1, 1, 1, 2, 3, 16, 17, 40, 300 };
	static const uint64_t nth[] = { 1, 1, 1, 2, 2, 3, 8 };
	struct call c = { .unmap = next(rng) % 2 };
	unsigned page;

	c.pgsize = sizes[next(rng) % ARRAY_SIZE(sizes)];
	c.pgcount = counts[next(rng) % ARRAY_SIZE(counts)];
	if (one_in(rng, 128))
		c.pgcount = SZ_16M / SZ_4K;
	page = pick_page(rng, o, &c);
	c.pgcount = clamp_count(rng, &c, page);
	c.iova = page_iova(o, page);
	c.prot = (int)(next(rng) % 64) | (one_in(rng, 8) ? 0 : IOMMU_READ);
	c.paddr = random_paddr(rng, o, &c);
	c.cpu = next(rng) % 2;
	if (one_in(rng, 32))
		c.iova += meaningless(rng, &c);
	if (one_in(rng, 32))
		c.fail_in = nth[next(rng) % ARRAY_SIZE(nth)];
	switch (next(rng) % 128) {
	case 0:
		c.iova += 1ull << o->iova_bits;
		break;
	case 1:
		c.paddr += 1ull << o->paddr_bits;
		break;
	case 2:
		c.pgcount = 0;
		break;
	}
	*ret = c;
}

static bool random_calls(uint64_t *rng, struct diff *d,
			 struct diff_sequence *seq)
{
	seq->nr = 0;
	while (seq->nr < seq->nr_max) {
		struct call *c = &seq->call[seq->nr++];

		random_call(rng, &d->o, c);
		if (!diff_call(d, c) ||
		    !diff_check_page(d, (unsigned)(next(rng) % NR_PAGES)))
			return false;
		if (seq->nr % FULL_CHECK_EVERY == 0 && !diff_check_all(d))
			return false;
	}
	return diff_check_all(d);
}

int diff_random(uint64_t *rng, struct diff_sequence *seq, uint64_t *event,
		struct diff_found *ret_found)
{
	struct diff_found found, at_end;
	struct diff *d;
	int err = diff_open(&seq->c, &d);
	bool same;

	if (err)
		return err;
	same = random_calls(rng, d, seq);
	for (unsigned i = 0; i < NR_EVENTS; i++)
		event[i] += d->o.event[i];
	found = d->found;
	if (!diff_close(d, &at_end) && same) {
		same = false;
		found = at_end;
	}
	if (!same)
		*ret_found = found;
	return !same;
}

int diff_seed(const struct diff_sweep *sweep, uint64_t seed, uint64_t nr_ops,
	      struct diff_sequence *seq, uint64_t *event, uint64_t *ret_ops,
	      struct diff_found *ret_found)
{
	uint64_t nr_tables = (nr_ops + DIFF_TABLE_OPS - 1) / DIFF_TABLE_OPS;
	uint64_t rng = seed;
	int err = 0;

	*ret_ops = 0;
	for (uint64_t i = 0; i < nr_tables && !err; i++) {
		uint64_t left = nr_ops - *ret_ops;

		diff_case_of(sweep, seed * nr_tables + i, &seq->c);
		seq->nr_max = left < DIFF_TABLE_OPS ? left : DIFF_TABLE_OPS;
		err = diff_random(&rng, seq, event, ret_found);
		*ret_ops += err < 0 ? 0 : seq->nr;
	}
	return err;
}
