// SPDX-License-Identifier: GPL-2.0-only
/*
 * The flat oracle of v7s_oracle.h. Models results, not descriptors; does not
 * know misaligned pages. Cost: up to 4096 records a page. Invariant: a slot
 * with a table holds pages below 1M only, a slot without only larger ones.
 */
#include "v7s_oracle.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

unsigned page_index(const struct oracle *o, uint64_t iova)
{
	uint64_t pages = 1ull << (o->cfg.ias - PAGE_SHIFT);
	uint64_t page = (iova >> PAGE_SHIFT) % pages;

	if (page < NR_PAGES / 2)
		return (unsigned)page;
	assert_true(page >= pages - NR_PAGES / 2);
	return (unsigned)(page - (pages - NR_PAGES));
}

uint64_t page_iova(const struct oracle *o, unsigned page)
{
	uint64_t pages = 1ull << (o->cfg.ias - PAGE_SHIFT);

	if (page >= NR_PAGES / 2)
		return (pages - NR_PAGES + page) << PAGE_SHIFT;
	return (uint64_t)page << PAGE_SHIFT;
}

static bool oracle_alloc(struct oracle *o)
{
	if (o->fail_in && !--o->fail_in)
		return false;
	o->stats.l2_allocs++;
	o->stats.l2_live++;
	return true;
}

static void oracle_free_table(struct oracle *o, unsigned slot)
{
	memset(&o->page[slot * SLOT_PAGES], 0, SLOT_PAGES * sizeof(o->page[0]));
	o->has_table[slot] = false;
	o->stats.l2_frees++;
	o->stats.l2_live--;
	o->stats.tlb_walk++;
}

static struct found *slot_pages(struct oracle *o, unsigned slot)
{
	return &o->page[slot * SLOT_PAGES];
}

/* The slots of a 1M or 16M page lie side by side: it is aligned. */
static unsigned slot_of(const struct oracle *o, uint64_t iova)
{
	return page_index(o, iova) / SLOT_PAGES;
}

static uint32_t expected_attrs(const struct v7s_config *cfg, int prot)
{
	uint32_t attrs = ATTR_SHARED | ATTR_NOT_GLOBAL;

	if (cfg->quirks & V7S_QUIRK_ARM_NS)
		attrs |= ATTR_NON_SECURE;
	if (prot & IOMMU_MMIO)
		attrs |= ATTR_DEVICE;
	else if (prot & IOMMU_CACHE)
		attrs |= ATTR_CACHED;
	if (cfg->quirks & V7S_QUIRK_NO_PERMS)
		return attrs;
	attrs |= ATTR_ACCESS;
	attrs |= prot & IOMMU_WRITE ? 0 : ATTR_READ_ONLY;
	attrs |= prot & IOMMU_PRIV ? 0 : ATTR_USER;
	attrs |= prot & IOMMU_NOEXEC ? ATTR_NO_EXEC : 0;
	return attrs;
}

/* Writes nr pages from first on; paddr is that of the first. */
static void oracle_fill(struct oracle *o, const struct call *c, unsigned first,
			unsigned nr, uint64_t paddr)
{
	unsigned paddr_bits = o->cfg.quirks & V7S_QUIRK_MTK_EXT ? 35 : 32;

	paddr %= 1ull << paddr_bits;
	for (unsigned i = 0; i < nr; i++)
		o->page[first + i] = (struct found){
			.paddr = paddr + i * (uint64_t)PAGE_SIZE,
			.pgsize = c->pgsize,
			.attrs = expected_attrs(&o->cfg, c->prot),
		};
}

static int oracle_map_block(struct oracle *o, const struct call *c,
			    uint64_t iova, uint64_t paddr)
{
	unsigned nr = (unsigned)(c->pgsize / SZ_1M);
	unsigned slot = slot_of(o, iova);

	for (unsigned i = 0; i < nr; i++) {
		if (o->has_table[slot + i]) {
			oracle_free_table(o, slot + i);
			o->event[EV_BLOCK_OVER_TABLE]++;
		} else if (slot_pages(o, slot + i)->pgsize) {
			o->stats.warns++;
			return -EEXIST;
		}
	}
	oracle_fill(o, c, slot * SLOT_PAGES, nr * SLOT_PAGES,
		    paddr - paddr % SZ_1M);
	return 0;
}

static int oracle_map_page(struct oracle *o, const struct call *c,
			   uint64_t iova, uint64_t paddr)
{
	unsigned nr = (unsigned)(c->pgsize / SZ_4K);
	unsigned first = page_index(o, iova);
	unsigned slot = first / SLOT_PAGES;

	if (!o->has_table[slot] && !slot_pages(o, slot)->pgsize) {
		if (!oracle_alloc(o))
			return -ENOMEM;
		o->has_table[slot] = true;
	}
	for (unsigned i = 0; i < nr; i++) {
		if (o->page[first + i].pgsize) {
			o->stats.warns++;
			return -EEXIST;
		}
	}
	oracle_fill(o, c, first, nr, paddr - paddr % SZ_4K);
	return 0;
}

int oracle_map(struct oracle *o, const struct call *c, uint64_t *ret_mapped)
{
	int err = -EINVAL;

	*ret_mapped = 0;
	if (c->iova >= 1ull << o->cfg.ias || c->paddr >= 1ull << o->cfg.oas) {
		o->stats.warns++;
		return -ERANGE;
	}
	if (!(c->prot & (IOMMU_READ | IOMMU_WRITE)))
		return -EINVAL;
	for (uint64_t i = 0; i < c->pgcount; i++) {
		uint64_t iova = c->iova + *ret_mapped;
		uint64_t paddr = c->paddr + *ret_mapped;

		err = c->pgsize < SZ_1M ? oracle_map_page(o, c, iova, paddr)
					: oracle_map_block(o, c, iova, paddr);
		if (err)
			break;
		*ret_mapped += c->pgsize;
	}
	return err;
}

/* A page of 64K or 16M around index becomes sixteen smaller ones. */
static void oracle_split16(struct oracle *o, unsigned index)
{
	uint64_t pgsize = o->page[index].pgsize;
	unsigned nr = (unsigned)(pgsize / PAGE_SIZE);
	unsigned first = index - index % nr;

	for (unsigned i = 0; i < nr; i++)
		o->page[first + i].pgsize = pgsize / 16;
	o->stats.tlb_walk++;
	o->event[pgsize == SZ_16M ? EV_SPLIT_16M : EV_SPLIT_64K]++;
}

static bool oracle_unmap_block(struct oracle *o, uint64_t iova, unsigned nr)
{
	unsigned slot = slot_of(o, iova);

	for (unsigned i = 0; i < nr; i++) {
		if (!o->has_table[slot + i] &&
		    !slot_pages(o, slot + i)->pgsize) {
			o->stats.warns++;
			return false;
		}
	}
	if (nr == 1 && slot_pages(o, slot)->pgsize == SZ_16M)
		oracle_split16(o, slot * SLOT_PAGES);
	for (unsigned i = 0; i < nr; i++) {
		if (o->has_table[slot + i]) {
			oracle_free_table(o, slot + i);
			o->event[EV_TABLE_UNMAPPED]++;
			continue;
		}
		memset(slot_pages(o, slot + i), 0,
		       SLOT_PAGES * sizeof(o->page[0]));
		o->stats.tlb_add++;
	}
	return true;
}

/*
 * Part of a section goes. What stays translates to its offset in the section;
 * from a supersection the first try only works in its first section.
 */
static bool oracle_split_section(struct oracle *o, const struct call *c,
				 unsigned first)
{
	unsigned nr = (unsigned)(c->pgsize / SZ_4K);
	unsigned slot = first / SLOT_PAGES;
	struct found *page = slot_pages(o, slot);
	bool hopeless = page->pgsize == SZ_16M && slot % 16;

	if (page->pgsize == SZ_16M)
		oracle_split16(o, slot * SLOT_PAGES);
	if (!oracle_alloc(o)) {
		o->event[EV_SPLIT_NOMEM]++;
		return false;
	}
	if (hopeless) {
		o->stats.l2_frees++;
		o->stats.l2_live--;
		o->event[EV_SECOND_TRY]++;
		return false;
	}
	o->has_table[slot] = true;
	for (unsigned i = 0; i < SLOT_PAGES; i++) {
		page[i].paddr = i * (uint64_t)PAGE_SIZE;
		page[i].pgsize = c->pgsize;
	}
	memset(&o->page[first], 0, nr * sizeof(o->page[0]));
	o->stats.tlb_add++;
	o->event[EV_SPLIT_1M]++;
	return true;
}

static bool oracle_unmap_page(struct oracle *o, const struct call *c,
			      uint64_t iova)
{
	unsigned nr = (unsigned)(c->pgsize / SZ_4K);
	unsigned first = page_index(o, iova);

	for (unsigned i = 0; i < nr; i++) {
		if (!o->page[first + i].pgsize) {
			o->stats.warns++;
			return false;
		}
	}
	if (!o->has_table[first / SLOT_PAGES])
		return oracle_split_section(o, c, first);
	if (nr == 1 && o->page[first].pgsize == SZ_64K)
		oracle_split16(o, first);
	memset(&o->page[first], 0, nr * sizeof(o->page[0]));
	o->stats.tlb_add += nr;
	return true;
}

uint64_t oracle_unmap(struct oracle *o, const struct call *c)
{
	uint64_t done = 0;
	bool ok = true;

	if (c->iova >= 1ull << o->cfg.ias) {
		o->stats.warns++;
		o->event[EV_UNMAP_RANGE]++;
		return 0;
	}
	for (uint64_t i = 0; i < c->pgcount && ok; i++) {
		ok = c->pgsize < SZ_1M ? oracle_unmap_page(o, c, c->iova + done)
				       : oracle_unmap_block(
						 o, c->iova + done,
						 (unsigned)(c->pgsize / SZ_1M));
		done += ok ? c->pgsize : 0;
	}
	o->event[ok ? EV_UNMAP : EV_UNMAP_HOLE]++;
	return done;
}
