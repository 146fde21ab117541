// SPDX-License-Identifier: GPL-2.0-only
/*
 * The comparison of diff_engine.h. Models nothing. A page table that crashes
 * ends the program. Cost: a call of both, two or three walks; all pages of the
 * oracle's windows and all of level 1 for diff_check_all(). Concurrency: none.
 */
#include "diff_engine.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "l2_decorators.h"

#define NR_CPUS 2

#define PRRR 0x800b8204u
#define NMRR 0x40004000u

__attribute__((format(printf, 2, 3))) static bool
differ(struct diff *d, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(d->found.what, sizeof(d->found.what), format, args);
	va_end(args);
	return false;
}

static int open_strategy(struct diff *d)
{
	bool high = d->c.cfg.quirks & V7S_QUIRK_MTK_TTBR_EXT;
	struct l2_env env = {
		.pm = d->pm,
		.nr_cpus = NR_CPUS,
		.max_tables = 1u << (V7S_MAX_IAS - 20),
		.zone_gfp = high ? 0 : GFP_DMA32,
	};
	struct l2_strategy *inner, *planted;
	int err;

	err = l2_create(&d->c.spec, &env, &inner);
	if (err)
		return err;
	planted = inner;
	if (d->c.plant)
		err = d->c.plant(inner, &planted);
	if (!err) {
		inner = planted;
		err = l2_fault_create(inner, &d->fault, &d->l2);
	}
	if (err)
		l2_destroy(inner);
	return err;
}

static int open_table(struct diff *d)
{
	const struct machine_profile *machine;
	struct v7s_env env = { .nr_cpus = 0 };
	struct physmem_usage usage;
	int err;

	machine = machine_profile_find(d->c.machine);
	if (!machine)
		return -ENOENT;
	err = physmem_create(machine, &d->pm);
	if (err)
		return err;
	physmem_usage(d->pm, &usage);
	d->pages_free = usage.pages_free;
	err = open_strategy(d);
	if (err)
		return err;
	env.pm = d->pm;
	env.l2 = d->l2;
	return v7s_create(&d->c.cfg, &env, 0, &d->table);
}

static void drop(struct diff *d)
{
	v7s_destroy(d->table, 0);
	l2_destroy(d->l2);
	physmem_destroy(d->pm);
	free(d);
}

int diff_open(const struct diff_case *c, struct diff **ret)
{
	struct diff *d = calloc(1, sizeof(*d));
	int err;

	if (!d)
		return -ENOMEM;
	d->c = *c;
	err = open_table(d);
	if (err) {
		drop(d);
		return err;
	}
	oracle_init(&d->o, &c->cfg);
	*ret = d;
	return 0;
}

static bool same_counts(struct diff *d)
{
	uint64_t got, want, live = d->o.stats.l2_live;
	struct l2_usage usage;
	const char *name;

	name = oracle_counts_differ(&d->o, v7s_stats(d->table), &got, &want);
	if (name)
		return differ(d, "%s %" PRIu64 ", expected %" PRIu64, name, got,
			      want);
	d->l2->ops->usage(d->l2, &usage);
	if (usage.nr_tables != live)
		return differ(
			d,
			"%" PRIu64
			" tables of the strategy alive, expected %" PRIu64,
			usage.nr_tables, live);
	return true;
}

bool diff_check_page(struct diff *d, unsigned page)
{
	const struct found *want = &d->o.page[page];
	uint64_t iova = page_iova(&d->o, page);
	uint64_t want_phys = want->pgsize ? want->paddr + DIFF_OFFSET : 0;
	struct found got = walker_find(d->pm, d->table, iova);
	uint64_t above = (uint64_t)(page & 1) << d->o.iova_bits;
	uint64_t phys = v7s_iova_to_phys(d->table, iova + above + DIFF_OFFSET);

	d->found.translation = true;
	d->found.iova = iova;
	if (got.paddr != want->paddr || got.pgsize != want->pgsize ||
	    got.attrs != want->attrs)
		return differ(d,
			      "iova 0x%" PRIx64 ": walked paddr 0x%" PRIx64
			      " pgsize 0x%" PRIx64 " attrs 0x%" PRIx32
			      ", expected 0x%" PRIx64 " 0x%" PRIx64
			      " 0x%" PRIx32,
			      iova, got.paddr, got.pgsize, got.attrs,
			      want->paddr, want->pgsize, want->attrs);
	if (phys != want_phys)
		return differ(d,
			      "iova 0x%" PRIx64 ": iova_to_phys 0x%" PRIx64
			      ", expected 0x%" PRIx64,
			      iova + above + DIFF_OFFSET, phys, want_phys);
	d->found.translation = false;
	return true;
}

bool diff_check_all(struct diff *d)
{
	unsigned nr_l1 = 0, nr_empty = 0, got;
	const char *why;

	for (unsigned slot = 0; slot < NR_SLOTS; slot++) {
		const struct found *page = &d->o.page[slot * SLOT_PAGES];
		bool mapped = false;

		for (unsigned i = 0; i < SLOT_PAGES; i++) {
			if (!diff_check_page(d, slot * SLOT_PAGES + i))
				return false;
			mapped |= page[i].pgsize != 0;
		}
		nr_l1 += d->o.has_table[slot] || mapped;
		nr_empty += d->o.has_table[slot] && !mapped;
	}
	got = walker_nr_l1(d->pm, d->table);
	if (got != nr_l1)
		return differ(d, "%u entries in level 1, expected %u", got,
			      nr_l1);
	got = (unsigned)v7s_empty_tables(d->table);
	if (got != nr_empty)
		return differ(d, "%u empty tables, expected %u", got, nr_empty);
	if (d->l2->ops->check(d->l2, &why))
		return differ(d, "check of the strategy: %s", why);
	return true;
}

static bool same_map(struct diff *d, const struct call *c,
		     const struct v7s_op *op)
{
	uint64_t want_mapped;
	int want = oracle_map(&d->o, c, &want_mapped);
	size_t mapped;
	int err = v7s_map_pages(d->table, op, &mapped);

	if (err == want && mapped == want_mapped)
		return true;
	return differ(d,
		      "map returned %d, mapped 0x%zx, expected %d, 0x%" PRIx64,
		      err, mapped, want, want_mapped);
}

static bool same_unmap(struct diff *d, const struct call *c,
		       const struct v7s_op *op)
{
	uint64_t want = oracle_unmap(&d->o, c);
	size_t got = v7s_unmap_pages(d->table, op);

	return got == want
		       ? true
		       : differ(d, "unmap returned 0x%zx, expected 0x%" PRIx64,
				got, want);
}

bool diff_call(struct diff *d, const struct call *c)
{
	struct v7s_op op = {
		.iova = c->iova,
		.paddr = c->paddr,
		.pgsize = c->pgsize,
		.pgcount = c->pgcount,
		.prot = c->prot,
		.gfp = GFP_ATOMIC,
		.cpu = c->cpu,
	};
	bool same;
	unsigned page;

	d->fault = (struct fault_attr){ .nth = c->fail_in };
	same = c->unmap ? same_unmap(d, c, &op) : same_map(d, c, &op);
	d->fault.nth = 0;
	if (!same || !same_counts(d))
		return false;
	if (c->iova >> d->o.iova_bits)
		return true;
	page = page_index(&d->o, c->iova);
	if (!diff_check_page(d, page))
		return false;
	page += (unsigned)(c->pgsize * c->pgcount / SZ_4K) + NR_PAGES - 1;
	return diff_check_page(d, page % NR_PAGES);
}

/* The registers as they must be for the table's whole life. */
static bool same_regs(struct diff *d)
{
	bool old = d->c.cfg.kernel == V7S_KERNEL_4_20;
	uint32_t low = old || d->o.coherent ? 0x6a : 0x2;
	struct v7s_regs regs;

	v7s_regs(d->table, &regs);
	if (d->c.cfg.quirks & V7S_QUIRK_MTK_EXT)
		low = regs.ttbr & 0x7;
	if (regs.tcr != (old ? 0x20u : 0) || regs.prrr != PRRR ||
	    regs.nmrr != NMRR || (regs.ttbr & 0xfff) != low)
		return differ(d, "registers");
	return true;
}

bool diff_close(struct diff *d, struct diff_found *ret_found)
{
	struct physmem_usage pages;
	struct l2_usage tables;
	bool same = same_regs(d);
	const char *why;

	d->found.translation = false;
	v7s_destroy(d->table, 0);
	d->table = NULL;
	d->l2->ops->usage(d->l2, &tables);
	if (tables.nr_tables)
		same = differ(d, "%" PRIu64 " tables alive at the end",
			      tables.nr_tables);
	else if (d->l2->ops->check(d->l2, &why))
		same = differ(d, "check of the strategy at the end: %s", why);
	if (!d->l2->defective) {
		l2_destroy(d->l2);
		d->l2 = NULL;
		physmem_usage(d->pm, &pages);
		if (pages.pages_free != d->pages_free)
			same = differ(d, "pages are missing at the end");
		else if (physmem_check(d->pm, &why))
			same = differ(d, "memory at the end: %s", why);
	}
	if (!same)
		*ret_found = d->found;
	drop(d);
	return same;
}
