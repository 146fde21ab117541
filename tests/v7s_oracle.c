// SPDX-License-Identifier: GPL-2.0-only
/*
 * The flat oracle of v7s_oracle.h. Models results, not descriptors; does not
 * know pages of 64K or 16M that begin in the middle of one, nor DMA errors.
 * Cost: up to 4096 records a page. Invariant: a slot with a table holds pages
 * below 1M only, a slot without only larger ones.
 */
#include "v7s_oracle.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define CACHE_LINE 64u
#define MTK_EXT_PADDR_BITS 35u

unsigned oracle_iova_bits(const struct v7s_config *cfg)
{
	return cfg->kernel == V7S_KERNEL_4_20 ? 32 : cfg->ias;
}

bool oracle_config_valid(const struct v7s_config *cfg)
{
	const uint32_t both = V7S_QUIRK_ARM_NS | V7S_QUIRK_NO_PERMS;
	const uint32_t old = V7S_QUIRK_MTK_4GB | V7S_QUIRK_TLBI_ON_MAP;
	const uint32_t mtk = V7S_QUIRK_MTK_EXT | V7S_QUIRK_MTK_TTBR_EXT;
	bool is_old = cfg->kernel == V7S_KERNEL_4_20;
	bool wide = cfg->quirks & V7S_QUIRK_MTK_EXT;

	if (cfg->quirks & ~(both | (is_old ? old : mtk)))
		return false;
	if ((wide || (cfg->quirks & V7S_QUIRK_MTK_4GB)) &&
	    !(cfg->quirks & V7S_QUIRK_NO_PERMS))
		return false;
	if (!wide && (cfg->quirks & V7S_QUIRK_MTK_TTBR_EXT))
		return false;
	return cfg->ias >= 20 && cfg->ias <= (wide ? 34u : 32u) &&
	       cfg->oas <= (wide ? MTK_EXT_PADDR_BITS : 32u);
}

/* The walker is told of a table that is new. */
static void oracle_dma_map(struct oracle *o, uint64_t size)
{
	if (o->coherent)
		return;
	o->stats.dma_maps++;
	o->stats.dma_lines += (size + CACHE_LINE - 1) / CACHE_LINE;
	o->min_dma_lines += (size + CACHE_LINE - 1) / CACHE_LINE;
}

/* It is told of nr runs of entries, each of which lies in one line: single
 * entries, or sixteen that are aligned. */
static void oracle_sync(struct oracle *o, unsigned nr)
{
	if (o->coherent)
		return;
	o->stats.dma_syncs += nr;
	o->stats.dma_lines += nr;
	o->min_dma_syncs += nr;
	o->min_dma_lines += nr;
}

void oracle_init(struct oracle *o, const struct v7s_config *cfg)
{
	bool old = cfg->kernel == V7S_KERNEL_4_20;

	*o = (struct oracle){
		.cfg = *cfg,
		.split = cfg->split,
		.coherent = cfg->walker == V7S_COHERENT,
		.batch = !old && cfg->path == V7S_PATH_BATCH,
		.iova_bits = oracle_iova_bits(cfg),
		.paddr_bits = old ? 32 : cfg->oas,
	};
	if (cfg->kernel == V7S_KERNEL_6_13 && cfg->split == V7S_SPLIT_KERNEL)
		o->split = V7S_SPLIT_OFF;
	oracle_dma_map(o, 4ull << (o->iova_bits - 20));
}

unsigned page_index(const struct oracle *o, uint64_t iova)
{
	uint64_t pages = 1ull << (o->iova_bits - PAGE_SHIFT);
	uint64_t page = (iova >> PAGE_SHIFT) % pages;

	if (page < NR_PAGES / 2)
		return (unsigned)page;
	assert(page >= pages - NR_PAGES / 2);
	return (unsigned)(page - (pages - NR_PAGES));
}

uint64_t page_iova(const struct oracle *o, unsigned page)
{
	uint64_t pages = 1ull << (o->iova_bits - PAGE_SHIFT);

	if (page >= NR_PAGES / 2)
		return (pages - NR_PAGES + page) << PAGE_SHIFT;
	return (uint64_t)page << PAGE_SHIFT;
}

static bool oracle_alloc(struct oracle *o)
{
	if (o->fail_in && !--o->fail_in) {
		o->stats.l2_failures++;
		return false;
	}
	o->stats.l2_allocs++;
	o->stats.l2_live++;
	oracle_dma_map(o, L2_TABLE_SIZE);
	return true;
}

static void oracle_free(struct oracle *o)
{
	o->stats.l2_frees++;
	o->stats.l2_live--;
	o->stats.dma_unmaps += !o->coherent;
}

/* One that was linked; the slot is empty then. */
static void oracle_free_table(struct oracle *o, unsigned slot)
{
	memset(&o->page[slot * SLOT_PAGES], 0, SLOT_PAGES * sizeof(o->page[0]));
	o->has_table[slot] = false;
	o->stats.tlb_walk++;
	oracle_free(o);
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
	if (cfg->quirks & V7S_QUIRK_MTK_4GB)
		attrs |= ATTR_MTK_4GB;
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
	bool wide = o->cfg.quirks & V7S_QUIRK_MTK_EXT;

	paddr %= 1ull << (wide ? MTK_EXT_PADDR_BITS : 32u);
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
			oracle_sync(o, 1);
			o->stats.l2_replaced++;
			o->event[EV_BLOCK_OVER_TABLE]++;
		} else if (slot_pages(o, slot + i)->pgsize) {
			o->stats.warns++;
			return -EEXIST;
		}
	}
	oracle_fill(o, c, slot * SLOT_PAGES, nr * SLOT_PAGES,
		    paddr - paddr % SZ_1M);
	oracle_sync(o, 1);
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
	/* New or not, the driver cannot know whether the walker sees it. */
	oracle_sync(o, 1);
	for (unsigned i = 0; i < nr; i++) {
		if (o->page[first + i].pgsize) {
			o->stats.warns++;
			return -EEXIST;
		}
	}
	oracle_fill(o, c, first, nr, paddr - paddr % SZ_4K);
	oracle_sync(o, 1);
	return 0;
}

/* Lines that entries lie in: 16 a line, and tables begin at one. */
static unsigned nr_lines(unsigned first, unsigned nr)
{
	return (first + nr - 1) / 16 - first / 16 + 1;
}

/*
 * After a page that a batch can do in a run, with what the counters were before
 * it: if the run goes on, nothing but new lines had to be synced for it.
 */
static void count_in_run(struct oracle *o, const struct call *c, uint64_t iova,
			 uint64_t paddr, uint64_t syncs, uint64_t lines)
{
	unsigned shift = c->pgsize < SZ_1M ? 12 : 20;
	uint64_t nr_entries = shift == 12 ? SLOT_PAGES
					  : 1ull << (o->iova_bits - 20);
	unsigned index = (unsigned)((iova >> shift) % nr_entries);
	unsigned nr = (unsigned)(c->pgsize >> shift);
	bool wide = o->cfg.quirks & V7S_QUIRK_MTK_EXT;
	uint64_t high = wide && !c->unmap ? paddr >> 32 : 0;
	struct oracle_run *run = &o->run;

	if (!run->nr || !index || run->high != high) {
		*run = (struct oracle_run){ index, nr, high };
		return;
	}
	run->nr += nr;
	if (o->coherent)
		return;
	o->min_dma_syncs = syncs;
	o->min_dma_lines = lines + nr_lines(run->first, run->nr) -
			   nr_lines(run->first, run->nr - nr);
}

static bool out_of_range(struct oracle *o, uint64_t iova, uint64_t paddr)
{
	if (iova < 1ull << o->iova_bits && paddr < 1ull << o->paddr_bits)
		return false;
	o->stats.warns++;
	return true;
}

/* A table is there, or none needed, and all of the page's entries are empty. */
static bool plain_map(const struct oracle *o, const struct call *c,
		      uint64_t iova)
{
	bool small = c->pgsize < SZ_1M;
	unsigned first = page_index(o, iova);
	unsigned nr = (unsigned)(c->pgsize / SZ_4K);

	if (!small)
		first -= first % SLOT_PAGES;
	for (unsigned i = 0; i < nr; i++)
		if (o->has_table[(first + i) / SLOT_PAGES] != small ||
		    o->page[first + i].pgsize)
			return false;
	return true;
}

static int oracle_map_one(struct oracle *o, const struct call *c, uint64_t iova,
			  uint64_t paddr)
{
	uint64_t syncs = o->min_dma_syncs, lines = o->min_dma_lines;
	bool plain;
	int err;

	/* 4.20's driver is called for each page, and checks each. */
	if (o->cfg.kernel == V7S_KERNEL_4_20 && out_of_range(o, iova, paddr))
		return -ERANGE;
	plain = o->batch && plain_map(o, c, iova);
	err = c->pgsize < SZ_1M ? oracle_map_page(o, c, iova, paddr)
				: oracle_map_block(o, c, iova, paddr);
	if (plain)
		count_in_run(o, c, iova, paddr, syncs, lines);
	else
		o->run.nr = 0;
	if (o->cfg.quirks & V7S_QUIRK_TLBI_ON_MAP) {
		o->stats.tlb_walk++;
		o->event[EV_MAP_FLUSH]++;
	}
	return err;
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

static int map_run(struct oracle *o, const struct call *c, uint64_t *ret_mapped)
{
	bool old = o->cfg.kernel == V7S_KERNEL_4_20;
	int err = -EINVAL;

	*ret_mapped = 0;
	if (!old && out_of_range(o, c->iova, c->paddr))
		return -ERANGE;
	if (!(c->prot & (IOMMU_READ | IOMMU_WRITE))) {
		if (!old)
			return -EINVAL;
		/* "If no access, then nothing to do", and that is success. */
		*ret_mapped = c->pgsize * c->pgcount;
		o->event[EV_MAP_NOTHING]++;
		return 0;
	}
	for (uint64_t i = 0; i < c->pgcount; i++) {
		err = oracle_map_one(o, c, c->iova + *ret_mapped,
				     c->paddr + *ret_mapped);
		if (err)
			break;
		*ret_mapped += c->pgsize;
	}
	return err;
}

static bool goes_over_top(const struct oracle *o, const struct call *c)
{
	uint64_t top = 1ull << o->iova_bits;

	return c->iova < top && c->iova + c->pgsize * c->pgcount > top;
}

int oracle_map(struct oracle *o, const struct call *c, uint64_t *ret_mapped)
{
	int err;

	o->run.nr = 0;
	o->fail_in = c->fail_in;
	err = map_run(o, c, ret_mapped);
	o->event[map_event(err)]++;
	o->event[EV_OVER_TOP] += goes_over_top(o, c);
	return err;
}

/* False, with a warning, where part of a large page cannot be unmapped. */
static bool may_split(struct oracle *o)
{
	if (o->split != V7S_SPLIT_OFF)
		return true;
	o->stats.warns++;
	o->event[EV_SPLIT_REFUSED]++;
	return false;
}

/* A page of 64K or 16M around index becomes sixteen smaller ones. */
static void oracle_split16(struct oracle *o, unsigned index)
{
	uint64_t pgsize = o->page[index].pgsize;
	unsigned nr = (unsigned)(pgsize / PAGE_SIZE);
	unsigned first = index - index % nr;

	for (unsigned i = 0; i < nr; i++)
		o->page[first + i].pgsize = pgsize / 16;
	oracle_sync(o, 1);
	o->stats.splits++;
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
	if (nr == 1 && slot_pages(o, slot)->pgsize == SZ_16M) {
		if (!may_split(o))
			return false;
		oracle_split16(o, slot * SLOT_PAGES);
	}
	oracle_sync(o, 1);
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
 * Part of a section goes. Before 6.13 what stays translates to its offset in
 * the section, and from a supersection the first try only works in its first
 * section.
 */
static bool oracle_split_section(struct oracle *o, const struct call *c,
				 unsigned first)
{
	unsigned nr = (unsigned)(c->pgsize / SZ_4K);
	unsigned slot = first / SLOT_PAGES;
	struct found *page = slot_pages(o, slot);
	bool defects = o->split == V7S_SPLIT_KERNEL;
	bool hopeless = defects && page->pgsize == SZ_16M && slot % 16;

	if (!may_split(o))
		return false;
	if (page->pgsize == SZ_16M)
		oracle_split16(o, slot * SLOT_PAGES);
	if (!oracle_alloc(o)) {
		o->event[EV_SPLIT_NOMEM]++;
		return false;
	}
	/* Each group that stays, then the level-1 entry, changed or not. */
	oracle_sync(o, SLOT_PAGES / nr - 1 + 1);
	if (hopeless) {
		oracle_free(o);
		o->stats.l2_races++;
		o->event[EV_SECOND_TRY]++;
		return false;
	}
	o->has_table[slot] = true;
	for (unsigned i = 0; i < SLOT_PAGES; i++) {
		if (defects)
			page[i].paddr = i * (uint64_t)PAGE_SIZE;
		page[i].pgsize = c->pgsize;
	}
	memset(&o->page[first], 0, nr * sizeof(o->page[0]));
	o->stats.splits++;
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
	if (nr == 1 && o->page[first].pgsize == SZ_64K) {
		if (!may_split(o))
			return false;
		oracle_split16(o, first);
	}
	oracle_sync(o, 1);
	memset(&o->page[first], 0, nr * sizeof(o->page[0]));
	o->stats.tlb_add += nr;
	return true;
}

/* The page's entries are all leaves, and no part of a larger page. */
static bool plain_unmap(const struct oracle *o, const struct call *c,
			uint64_t iova)
{
	bool small = c->pgsize < SZ_1M;
	bool single = c->pgsize == SZ_4K || c->pgsize == SZ_1M;
	unsigned first = page_index(o, iova);
	unsigned nr = (unsigned)(c->pgsize / SZ_4K);

	if (!small)
		first -= first % SLOT_PAGES;
	for (unsigned i = 0; i < nr; i++) {
		uint64_t pgsize = o->page[first + i].pgsize;

		if (o->has_table[(first + i) / SLOT_PAGES] != small ||
		    !pgsize || (single && pgsize != c->pgsize))
			return false;
	}
	return true;
}

static bool oracle_unmap_one(struct oracle *o, const struct call *c,
			     uint64_t iova)
{
	uint64_t syncs = o->min_dma_syncs, lines = o->min_dma_lines;
	bool plain, ok;

	if (o->cfg.kernel == V7S_KERNEL_4_20 && out_of_range(o, iova, 0))
		return false;
	plain = o->batch && plain_unmap(o, c, iova);
	ok = c->pgsize < SZ_1M
		     ? oracle_unmap_page(o, c, iova)
		     : oracle_unmap_block(o, iova,
					  (unsigned)(c->pgsize / SZ_1M));
	if (plain)
		count_in_run(o, c, iova, 0, syncs, lines);
	else
		o->run.nr = 0;
	return ok;
}

uint64_t oracle_unmap(struct oracle *o, const struct call *c)
{
	bool old = o->cfg.kernel == V7S_KERNEL_4_20;
	uint64_t done = 0;
	bool ok = true;

	o->run.nr = 0;
	o->fail_in = c->fail_in;
	if (c->iova >= 1ull << o->iova_bits) {
		o->stats.warns += !old || c->pgcount;
		o->event[EV_UNMAP_RANGE]++;
		return 0;
	}
	for (uint64_t i = 0; i < c->pgcount && ok; i++) {
		ok = oracle_unmap_one(o, c, c->iova + done);
		done += ok ? c->pgsize : 0;
	}
	o->event[ok ? EV_UNMAP : EV_UNMAP_HOLE]++;
	o->event[EV_OVER_TOP] += goes_over_top(o, c);
	return done;
}
