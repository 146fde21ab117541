// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target of the strategies: the input chooses one with its options and
 * is a sequence of allocations and frees on several CPUs, of page allocations
 * that fail, and of pages that someone else takes and gives back.
 *
 * What must hold: the contract of l2_strategy.h, as the check decorator, the
 * strategy's own check() and the content of each table show it; failures are
 * told, counted and change nothing; in the end each page is back.
 */
#include <errno.h>

#include "fuzz_machine.h"
#include "l2_decorators.h"

#define MAX_OPS 400
#define MAX_TABLES 4096
#define MAX_BLOCKS 64
#define UNTOUCHED ((void *)(uintptr_t)0xa5a5a5a5)

struct run {
	struct bytes in;
	struct physmem *pm;
	struct l2_env env;
	struct l2_strategy *l2; /* the check decorator */
	struct l2_reports reports;
	struct fault_attr fault;
	uint64_t nr_failures[L2_NR_FAILURES];

	struct l2_table table[MAX_TABLES];
	uint8_t fill[MAX_TABLES]; /* what its owner wrote */
	unsigned nr_tables;

	struct page *block[MAX_BLOCKS]; /* someone else's */
	uint64_t nr_other_pages;
	unsigned nr_blocks;
};

enum op {
	OP_ALLOC,
	OP_ALLOC_ZEROED,
	OP_FREE,
	OP_FREE_MANY,
	OP_FAULT,
	OP_TAKE_PAGES,
	OP_GIVE_PAGES,
	OP_CHECK,
	NR_OPS
};

static unsigned take_cpu(struct run *r)
{
	return take_u8(&r->in) % r->env.nr_cpus;
}

static gfp_t take_gfp(struct run *r)
{
	unsigned choice = take_u8(&r->in);
	gfp_t gfp = choice & 1 ? GFP_KERNEL : GFP_ATOMIC;

	gfp |= choice & 2 ? __GFP_ZERO : 0;
	return gfp | (choice & 4 ? __GFP_NOWARN : 0);
}

static void check_content(const struct l2_table *table, uint8_t fill)
{
	const uint8_t *byte = table->va;

	CHECK(byte[0] == fill && !memcmp(byte, byte + 1, L2_TABLE_SIZE - 1));
}

static void check_usage(struct run *r)
{
	struct physmem_usage pages;
	struct l2_usage usage;

	r->l2->ops->usage(r->l2, &usage);
	physmem_usage(r->pm, &pages);
	CHECK(usage.nr_tables == r->nr_tables);
	CHECK(usage.nr_tables * L2_TABLE_SIZE <= usage.pages_held * PAGE_SIZE);
	CHECK(pages.pages_free + usage.pages_held + r->nr_other_pages ==
	      pages.pages_total);
	CHECK(!memcmp(usage.nr_failures, r->nr_failures,
		      sizeof(r->nr_failures)));
}

static void check_all(struct run *r)
{
	const char *why = NULL;

	check_usage(r);
	if (r->l2->ops->check(r->l2, &why)) {
		fprintf(stderr, "check: %s\n", why);
		abort();
	}
	CHECK(!physmem_check(r->pm, &why));
	for (unsigned i = 0; i < r->nr_tables; i++)
		check_content(&r->table[i], r->fill[i]);
	for (unsigned i = 0; i < L2_NR_REPORTS; i++)
		if (r->reports.count[i])
			fprintf(stderr, "report: enum l2_report %u\n", i);
	CHECK(!l2_reports_total(&r->reports));
}

static enum l2_failure failure_of(int err)
{
	CHECK(err == -ENOMEM || err == -ENOSPC || err == -ERANGE);
	return err == -ENOMEM	? L2_FAIL_NOMEM
	       : err == -ENOSPC ? L2_FAIL_EXHAUSTED
				: L2_FAIL_RANGE;
}

/* -ENOMEM needs a page allocation that failed. */
static void check_failed(struct run *r, int err, uint64_t page_failures,
			 const struct l2_table *ret)
{
	struct physmem_usage pages;

	r->nr_failures[failure_of(err)]++;
	physmem_usage(r->pm, &pages);
	if (err == -ENOMEM)
		CHECK(pages.nr_failures > page_failures);
	CHECK(ret->va == UNTOUCHED && ret->paddr == 1);
}

static bool alloc_one(struct run *r, bool zeroed, unsigned cpu, gfp_t gfp)
{
	struct l2_table *table = &r->table[r->nr_tables];
	struct physmem_usage pages;
	int err;

	physmem_usage(r->pm, &pages);
	*table = (struct l2_table){ .va = UNTOUCHED, .paddr = 1 };
	err = zeroed ? l2_alloc_zeroed(r->l2, cpu, gfp, table)
		     : r->l2->ops->alloc(r->l2, cpu, gfp, table);
	if (err) {
		check_failed(r, err, pages.nr_failures, table);
		check_usage(r);
		return false;
	}
	CHECK(physmem_va(r->pm, table->paddr) == table->va);
	if (zeroed && !r->l2->defective)
		check_content(table, 0);
	r->fill[r->nr_tables] = (uint8_t)(r->nr_tables % 255 + 1);
	memset(table->va, r->fill[r->nr_tables], L2_TABLE_SIZE);
	r->nr_tables++;
	return true;
}

/* Few, or so many that a zone can run out. */
static unsigned take_nr(struct run *r)
{
	unsigned choice = take_u8(&r->in);

	return choice < 0xf0 ? choice % 32 : 0xff;
}

static void do_alloc(struct run *r, bool zeroed)
{
	unsigned nr = take_nr(r);
	unsigned cpu = take_cpu(r);
	gfp_t gfp = take_gfp(r);

	while (nr-- && r->nr_tables < MAX_TABLES)
		if (!alloc_one(r, zeroed, cpu, gfp))
			break;
}

static void free_one(struct run *r, unsigned cpu, unsigned i)
{
	struct l2_table table = r->table[i];

	check_content(&table, r->fill[i]);
	r->nr_tables--;
	r->table[i] = r->table[r->nr_tables];
	r->fill[i] = r->fill[r->nr_tables];
	l2_free(r->l2, cpu, &table);
}

/* Every step-th table from first on. */
static void do_free(struct run *r, unsigned nr)
{
	unsigned cpu = take_cpu(r);
	unsigned first = take_u16(&r->in);
	unsigned step = take_u8(&r->in);

	while (nr-- && r->nr_tables) {
		free_one(r, cpu, first % r->nr_tables);
		first += step;
	}
}

static void do_fault(struct run *r)
{
	unsigned choice = take_u8(&r->in);

	r->fault = (struct fault_attr){
		.nth = choice >> 1,
		.persistent = choice & 1,
	};
	physmem_set_fault(r->pm, choice ? &r->fault : NULL);
}

static void do_take_pages(struct run *r)
{
	static const gfp_t zones[] = { GFP_DMA32, GFP_DMA, 0 };
	unsigned choice = take_u8(&r->in);
	unsigned order = choice % (MAX_ORDER + 1);
	gfp_t zone = zones[choice / 16 % ARRAY_SIZE(zones)];

	if (r->nr_blocks == MAX_BLOCKS ||
	    physmem_alloc_pages(r->pm, 0, zone, order, &r->block[r->nr_blocks]))
		return;
	r->nr_blocks++;
	r->nr_other_pages += 1u << order;
}

static void do_give_pages(struct run *r, unsigned choice)
{
	struct page *page;
	unsigned order;

	if (!r->nr_blocks)
		return;
	choice %= r->nr_blocks;
	page = r->block[choice];
	order = page->order;
	r->block[choice] = r->block[--r->nr_blocks];
	r->nr_other_pages -= 1u << order;
	physmem_free_pages(r->pm, 0, page, order);
}

static void do_op(struct run *r)
{
	switch ((enum op)(take_u8(&r->in) % NR_OPS)) {
	case OP_ALLOC:
		do_alloc(r, false);
		break;
	case OP_ALLOC_ZEROED:
		do_alloc(r, true);
		break;
	case OP_FREE:
		do_free(r, 1);
		break;
	case OP_FREE_MANY:
		do_free(r, take_u8(&r->in));
		break;
	case OP_FAULT:
		do_fault(r);
		break;
	case OP_TAKE_PAGES:
		do_take_pages(r);
		break;
	case OP_GIVE_PAGES:
		do_give_pages(r, take_u8(&r->in));
		break;
	default:
		check_all(r);
		break;
	}
	check_usage(r);
}

/* False if page allocations that failed, failed it: nothing stays. */
static bool open_strategy(struct run *r)
{
	struct l2_strategy *inner = NULL;
	struct physmem_usage pages;
	struct l2_spec spec;
	unsigned choice;
	int err;

	fuzz_take_spec(&r->in, &spec);
	choice = take_u8(&r->in);
	r->env.pm = r->pm;
	r->env.nr_cpus = 1 + choice % FUZZ_NR_CPUS;
	r->env.max_tables = 4096;
	r->env.zone_gfp = choice & 0x80 ? 0 : GFP_DMA32;
	do_fault(r);
	err = l2_create(&spec, &r->env, &inner);
	if (err) {
		CHECK(err == -ENOMEM && !inner);
		physmem_usage(r->pm, &pages);
		CHECK(pages.nr_failures);
		return false;
	}
	CHECK(!l2_check_create(inner, &r->env, &r->reports, &r->l2));
	CHECK(r->l2->zeroes == inner->zeroes);
	check_usage(r);
	return true;
}

/* With tables alive, or with none. */
static void close_strategy(struct run *r, bool leak)
{
	const char *why;

	check_all(r);
	while (r->nr_tables && !leak)
		free_one(r, r->nr_tables % r->env.nr_cpus, r->nr_tables / 2);
	check_usage(r);
	CHECK(!r->l2->ops->check(r->l2, &why));
	CHECK(!l2_reports_total(&r->reports));
	while (r->l2->defective && r->nr_blocks)
		do_give_pages(r, 0);
	fuzz_destroy(r->pm, r->l2);
	CHECK(r->reports.count[L2_REPORT_LEAK] == r->nr_tables);
	CHECK(l2_reports_total(&r->reports) == r->nr_tables);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run *r = calloc(1, sizeof(*r));
	bool leak;

	CHECK(r);
	r->in = (struct bytes){ .next = data, .left = size };
	leak = take_u8(&r->in) & 1;
	CHECK(!physmem_create(&fuzz_machine, &r->pm));
	if (open_strategy(r)) {
		for (unsigned i = 0; i < MAX_OPS && r->in.left; i++)
			do_op(r);
		close_strategy(r, leak);
	}
	physmem_set_fault(r->pm, NULL);
	while (r->nr_blocks)
		do_give_pages(r, 0);
	fuzz_machine_close(r->pm);
	free(r);
	return 0;
}
