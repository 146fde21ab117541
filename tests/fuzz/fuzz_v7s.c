// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target of the page table: the input is a configuration with its kernel,
 * split mode, path and walker, a strategy for the tables, and a sequence of
 * map, unmap and iova_to_phys calls of all page sizes, with allocations that
 * fail in the strategy and below it. Each call must return, change, allocate,
 * free, flush and sync what the flat oracle (v7s_oracle.h) says, as the raw
 * walker (v7s_walker.h) sees it.
 *
 * The oracle is told which allocation failed, and that is believed only if the
 * strategy counted a failure.
 */
#include <errno.h>

#include "fuzz_machine.h"
#include "l2_decorators.h"
#include "v7s_oracle.h"

#define MAX_OPS 128
#define OFFSET 0x123 /* in a page */

struct run {
	struct bytes in;
	struct physmem *pm;
	struct l2_strategy *l2; /* check around fault around the strategy */
	struct v7s *table;
	struct l2_reports reports;
	struct fault_attr fault;      /* in the strategy */
	struct fault_attr page_fault; /* in physmem */
	struct oracle o;
	bool touched[NR_SLOTS];
};

/* One step of the input. */
struct op {
	enum { OP_MAP, OP_UNMAP, OP_PHYS, OP_FAULT } kind;
	struct call call;
};

static uint64_t strategy_failures(const struct run *r)
{
	struct l2_usage usage;
	uint64_t sum = 0;

	r->l2->ops->usage(r->l2, &usage);
	for (unsigned i = 0; i < L2_NR_FAILURES; i++)
		sum += usage.nr_failures[i];
	return sum;
}

static void check_page(const struct run *r, unsigned page)
{
	const struct found *want = &r->o.page[page];
	uint64_t iova = page_iova(&r->o, page);
	struct found got = walker_find(r->pm, r->table, iova);

	CHECK(got.paddr == want->paddr);
	CHECK(got.pgsize == want->pgsize);
	CHECK(got.attrs == want->attrs);
	CHECK(v7s_iova_to_phys(r->table, iova + OFFSET) ==
	      (want->pgsize ? want->paddr + OFFSET : 0));
}

static void check_slot(const struct run *r, unsigned slot)
{
	for (unsigned i = 0; i < SLOT_PAGES; i++)
		check_page(r, slot * SLOT_PAGES + i);
}

static void check_counts(const struct run *r)
{
	uint64_t got, want;
	struct l2_usage usage;

	CHECK(!oracle_counts_differ(&r->o, v7s_stats(r->table), &got, &want));
	r->l2->ops->usage(r->l2, &usage);
	CHECK(r->o.stats.l2_live == usage.nr_tables);
}

/* A slot that no call was about has no table: one look says all. */
static void check_all(const struct run *r)
{
	unsigned nr_l1 = 0, nr_empty = 0;
	const char *why;

	for (unsigned slot = 0; slot < NR_SLOTS; slot++) {
		uint64_t mapped = 0;

		if (r->touched[slot])
			check_slot(r, slot);
		else
			check_page(r, slot * SLOT_PAGES);
		for (unsigned i = 0; i < SLOT_PAGES; i++)
			mapped += r->o.page[slot * SLOT_PAGES + i].pgsize;
		nr_l1 += r->o.has_table[slot] || mapped;
		nr_empty += r->o.has_table[slot] && !mapped;
	}
	CHECK(walker_nr_l1(r->pm, r->table) == nr_l1);
	CHECK(v7s_empty_tables(r->table) == nr_empty);
	CHECK(!r->l2->ops->check(r->l2, &why));
	CHECK(!l2_reports_total(&r->reports));
}

static uint64_t iova_end(const struct run *r)
{
	return 1ull << r->o.iova_bits;
}

/* Keeps a run inside the windows, which it may leave over the top only. */
static void clamp_count(struct call *c, unsigned page, bool wrap)
{
	unsigned window = page < NR_PAGES / 2 ? NR_PAGES / 2 : NR_PAGES;
	unsigned nr = (unsigned)(c->pgsize / SZ_4K);
	uint64_t room = (window - page) / nr;

	if (wrap && window == NR_PAGES)
		room += NR_PAGES / 2 / nr;
	if (c->pgcount > room)
		c->pgcount = room;
}

static uint64_t take_paddr(struct run *r, uint64_t pgsize)
{
	uint64_t limit = 1ull << r->o.paddr_bits;
	uint64_t value = take_u32(&r->in);
	uint64_t paddr = (value << PAGE_SHIFT) % limit & ~(pgsize - 1);

	/* The high bits, left over, choose ends and what lies behind. */
	switch (value >> 24 & 15) {
	case 0:
		return limit - (limit > pgsize ? pgsize : limit);
	case 1:
		return paddr + limit;
	case 2:
		return paddr + (value & (SZ_4K - 1));
	default:
		return paddr;
	}
}

static struct op take_op(struct run *r)
{
	static const uint64_t sizes[] = { SZ_4K, SZ_64K, SZ_1M, SZ_16M };
	static const unsigned counts[] = { 1, 2, 3, 16, 17, 40, 300, 0 };
	unsigned head = take_u8(&r->in);
	unsigned page = take_u16(&r->in);
	bool outside = page & 0x8000, wrap = page & 0x4000;
	struct op op = { .kind = head & 3 };

	op.call.unmap = op.kind == OP_UNMAP;
	op.call.pgsize = sizes[head >> 2 & 3];
	op.call.pgcount = counts[head >> 5];
	page %= NR_PAGES;
	page -= page % (unsigned)(op.call.pgsize / SZ_4K);
	clamp_count(&op.call, page, wrap);
	op.call.iova = page_iova(&r->o, page);
	/* Whatever the size, one bit more than the address space has. */
	if (outside && wrap)
		op.call.iova += iova_end(r);
	if (op.kind == OP_MAP) {
		op.call.prot = take_u8(&r->in) % 64;
		op.call.paddr = take_paddr(r, op.call.pgsize);
	}
	return op;
}

static void touch(struct run *r, const struct call *c)
{
	uint64_t last = c->pgsize * (c->pgcount ? c->pgcount : 1) - SZ_4K;
	unsigned slot;

	if (c->iova >= iova_end(r))
		return;
	slot = page_index(&r->o, c->iova) / SLOT_PAGES;
	last = page_index(&r->o, c->iova + last) / SLOT_PAGES;
	while (slot != last) {
		r->touched[slot] = true;
		slot = (slot + 1) % NR_SLOTS;
	}
	r->touched[slot] = true;
}

/* Which allocation of the call failed, from 1; 0 if none. */
static uint64_t failed_alloc(const struct run *r,
			     const struct v7s_stats *before, uint64_t failures)
{
	const struct v7s_stats *now = v7s_stats(r->table);
	uint64_t nr = now->l2_failures - before->l2_failures;
	bool high = r->o.cfg.quirks & V7S_QUIRK_MTK_TTBR_EXT;

	CHECK(nr <= 1);
	if (!high || r->o.cfg.oas > 32)
		CHECK(nr == strategy_failures(r) - failures);
	return nr ? now->l2_allocs - before->l2_allocs + 1 : 0;
}

static void do_call(struct run *r, struct call *c)
{
	struct v7s_stats before = *v7s_stats(r->table);
	uint64_t failures = strategy_failures(r);
	struct v7s_op op = {
		.iova = c->iova,
		.paddr = c->paddr,
		.pgsize = c->pgsize,
		.pgcount = c->pgcount,
		.prot = c->prot,
		.gfp = GFP_ATOMIC,
		.cpu = (unsigned)(c->iova >> PAGE_SHIFT) % FUZZ_NR_CPUS,
	};
	uint64_t want_done;
	size_t done;
	int err = 0, want = 0;

	if (c->unmap)
		done = v7s_unmap_pages(r->table, &op);
	else
		err = v7s_map_pages(r->table, &op, &done);
	c->fail_in = failed_alloc(r, &before, failures);
	if (c->unmap)
		want_done = oracle_unmap(&r->o, c);
	else
		want = oracle_map(&r->o, c, &want_done);
	CHECK(err == want);
	CHECK(done == want_done);
	CHECK(!r->o.fail_in);
	touch(r, c);
	check_counts(r);
	if (c->iova < iova_end(r))
		check_page(r, page_index(&r->o, c->iova));
}

static void do_fault(struct run *r)
{
	unsigned choice = take_u8(&r->in);
	struct fault_attr *fault = choice & 32 ? &r->page_fault : &r->fault;

	*fault = (struct fault_attr){
		.nth = choice % 16,
		.persistent = choice & 16,
	};
}

static void do_op(struct run *r)
{
	struct op op = take_op(r);

	switch (op.kind) {
	case OP_FAULT:
		do_fault(r);
		break;
	case OP_PHYS:
		check_page(r, page_index(&r->o, op.call.iova));
		CHECK(v7s_iova_to_phys(r->table, op.call.iova + iova_end(r)) ==
		      v7s_iova_to_phys(r->table, op.call.iova));
		break;
	default:
		do_call(r, &op.call);
		break;
	}
}

static void open_strategy(struct run *r)
{
	bool high = r->o.cfg.quirks & V7S_QUIRK_MTK_TTBR_EXT;
	struct l2_env env = {
		.pm = r->pm,
		.nr_cpus = FUZZ_NR_CPUS,
		.max_tables = 4096,
		.zone_gfp = high ? 0 : GFP_DMA32,
	};
	struct l2_strategy *inner, *fault;
	struct l2_spec spec;

	fuzz_take_spec(&r->in, &spec);
	CHECK(!l2_create(&spec, &env, &inner));
	if (inner->defective) {
		/* The oracle knows nothing of stale entries. */
		l2_destroy(inner);
		fuzz_set_defaults(&spec);
		CHECK(!l2_create(&spec, &env, &inner));
	}
	CHECK(!l2_fault_create(inner, &r->fault, &fault));
	CHECK(!l2_check_create(fault, &env, &r->reports, &r->l2));
}

/* Small numbers count from where the windows of the oracle fit; the last byte
 * is kernel, split, path, walker, and 4.20's quirks. */
static void take_config(struct run *r)
{
	unsigned ias = take_u8(&r->in), oas = take_u8(&r->in);
	unsigned quirks = take_u8(&r->in), mode = take_u8(&r->in);

	r->o.cfg = (struct v7s_config){
		.ias = ias < 128 ? 26 + ias % 9 : ias - 128,
		.oas = oas < 128 ? 26 + oas % 10 : oas - 128,
		.quirks = quirks | (mode >> 6) << 8,
		.pgsizes = V7S_PGSIZES,
		.kernel = (enum v7s_kernel)((mode & 3) % 3),
		.split = (enum v7s_split)((mode >> 2 & 3) % 3),
		.path = mode & 16 ? V7S_PATH_BATCH : V7S_PATH_KERNEL,
		.walker = mode & 32 ? V7S_NONCOHERENT : V7S_COHERENT,
	};
}

static bool open_table(struct run *r)
{
	struct v7s_env env = { .pm = r->pm, .l2 = r->l2 };
	uint64_t before = fuzz_pages_free(r->pm);
	unsigned choice = take_u8(&r->in);
	int err;

	r->page_fault.nth = choice & 1;
	physmem_set_fault(r->pm, &r->page_fault);
	err = v7s_create(&r->o.cfg, &env, 0, &r->table);
	CHECK((err == -EINVAL) == !oracle_config_valid(&r->o.cfg));
	if (!err)
		return true;
	CHECK(fuzz_pages_free(r->pm) == before);
	if (err == -ERANGE)
		CHECK(r->o.cfg.quirks & V7S_QUIRK_MTK_TTBR_EXT &&
		      r->o.cfg.oas <= 32);
	else if (err != -EINVAL)
		CHECK(err == -ENOMEM && r->page_fault.fired == 1);
	return false;
}

static void close_table(struct run *r)
{
	struct l2_usage usage;
	const char *why;

	v7s_destroy(r->table, 0);
	r->l2->ops->usage(r->l2, &usage);
	CHECK(!usage.nr_tables);
	CHECK(!r->l2->ops->check(r->l2, &why));
}

static void do_ops(struct run *r)
{
	struct v7s_config cfg = r->o.cfg;

	oracle_init(&r->o, &cfg);
	for (unsigned i = 0; i < MAX_OPS && r->in.left; i++)
		do_op(r);
	check_all(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run *r = calloc(1, sizeof(*r));

	CHECK(r);
	r->in = (struct bytes){ .next = data, .left = size };
	take_config(r);
	CHECK(!physmem_create(&fuzz_machine, &r->pm));
	open_strategy(r);
	if (open_table(r)) {
		if (oracle_iova_bits(&r->o.cfg) >= MIN_IOVA_BITS)
			do_ops(r);
		close_table(r);
	}
	l2_destroy(r->l2);
	CHECK(!l2_reports_total(&r->reports));
	fuzz_machine_close(r->pm);
	free(r);
	return 0;
}
