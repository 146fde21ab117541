// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls of several pages, a run of entries at a time: path=batch.
 *
 * Models no kernel: it is what 6.1's map_pages and unmap_pages could do, with
 * the results of v7s.c, which walks again for each page. A run is what is plain
 * within one table: to map, entries that are all empty, up to the next 4 GiB of
 * paddr where those bits are elsewhere in the entry; to unmap, leaves of which
 * none needs a split. All else goes to v7s.c, page by page: slots without a
 * table, what is occupied or not mapped, pages that run over the end of a
 * table, large pages unmapped in part, tables under a block.
 *
 * Differs from v7s.c in nothing but this: a walker that is not coherent is told
 * once per run.
 *
 * Cost: a walk per run, then two passes over its entries (v7s_vec.h).
 * Invariant: at every step the table is as v7s.c leaves it between two pages.
 * Concurrency: see v7s.h and v7s_vec.h.
 */
#include "v7s_table.h"
#include "v7s_vec.h"

/* A call, and how its pages look in a table. */
struct batch {
	const struct v7s_call *c;
	enum v7s_level level;
	unsigned shift; /* a page has 1 << shift entries */
};

static struct batch batch_begin(const struct v7s_call *c)
{
	uint64_t pgsize = c->op->pgsize;
	enum v7s_level level = pgsize >= SZ_1M ? V7S_L1 : V7S_L2;
	bool single = pgsize == 1ull << v7s_level_shift(level);

	return (struct batch){ c, level, single ? 0 : 4 };
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The first entry of the page at iova, and how many of nr pages are in that
 * table; NULL if there is no table. */
static inline uint32_t *batch_entries(const struct batch *b, uint64_t iova,
				      size_t nr, unsigned *ret_pages)
{
	const struct v7s *table = b->c->table;
	unsigned index = v7s_l1_index(table, iova);
	uint32_t *ptep = table->l1 + index;
	unsigned room = (unsigned)table->l1_index_mask + 1 - index;
	uint32_t pte;

	if (b->level == V7S_L2) {
		pte = v7s_read(ptep);
		if (!v7s_pte_is_table(pte))
			return NULL;
		index = v7s_l2_index(iova);
		ptep = v7s_l2(table, pte) + index;
		room = V7S_L2_ENTRIES - index;
	}
	*ret_pages = (unsigned)smaller(room >> b->shift, nr);
	return ptep;
}

/* How many of nr pages from paddr on have the same bits above 4 GiB. */
static size_t below_4g(phys_addr_t paddr, uint64_t pgsize, size_t nr)
{
	uint64_t bytes = SZ_4G - (uint32_t)paddr;

	return smaller((bytes + pgsize - 1) / pgsize, nr);
}

/* Maps pages, at most nr, as long as it is plain. Returns how many. */
static inline unsigned map_run(const struct batch *b, uint64_t iova,
			       phys_addr_t paddr, size_t nr, uint32_t leaf)
{
	const struct v7s_call *c = b->c;
	uint32_t quirks = c->table->cfg.quirks;
	uint32_t pgsize = (uint32_t)c->op->pgsize;
	uint32_t *ptep, pte;
	unsigned pages;

	if (quirks & V7S_QUIRK_MTK_EXT)
		nr = below_4g(paddr, pgsize, nr);
	ptep = batch_entries(b, iova, nr, &pages);
	if (!ptep)
		return 0;
	pages = v7s_run_zeros(ptep, pages << b->shift) >> b->shift;
	if (!pages)
		return 0;
	pte = leaf | v7s_pte_address(paddr, b->level, quirks);
	if (!b->shift)
		v7s_run_fill(ptep, pages, pte, pgsize);
	for (unsigned i = 0; b->shift && i < pages; i++)
		v7s_run_fill(ptep + i * V7S_CONTIG, V7S_CONTIG,
			     pte + i * pgsize, 0);
	/* The slot too: see v7s.c. */
	if (b->level == V7S_L2)
		v7s_sync(c, c->table->l1 + v7s_l1_index(c->table, iova), 1);
	v7s_sync(c, ptep, pages << b->shift);
	return pages;
}

int v7s_batch_map(const struct v7s_call *c, size_t *ret_mapped)
{
	const struct v7s_op *op = c->op;
	struct batch b = batch_begin(c);
	uint32_t leaf = v7s_pte_leaf(op->prot, b.level, c->table->cfg.quirks);
	int err = 0;
	size_t done = 0;

	if (b.shift)
		leaf = v7s_pte_join(leaf, b.level);
	while (done < op->pgcount) {
		uint64_t iova = op->iova + done * op->pgsize;
		phys_addr_t paddr = op->paddr + done * op->pgsize;
		unsigned nr =
			map_run(&b, iova, paddr, op->pgcount - done, leaf);

		err = nr ? 0 : v7s_map_one(c, iova, paddr);
		if (err < 0)
			break;
		done += nr ? nr : 1;
	}
	*ret_mapped = done * op->pgsize;
	return err;
}

/* Leaves that are just cleared: at level 1 no table; no part of a larger page
 * that has to be split first. */
static struct v7s_match batch_plain(const struct batch *b)
{
	struct v7s_match match = { .any = V7S_PTE_TYPE_SINGLE };

	if (b->level == V7S_L2 && b->shift)
		match.any = V7S_PTE_TYPE;
	if (b->level == V7S_L1 && !b->shift)
		match.none = V7S_PTE_SUPER;
	return match;
}

static inline unsigned unmap_run(const struct batch *b, uint64_t iova,
				 size_t nr, struct v7s_match plain)
{
	unsigned pages, entries;
	uint32_t *ptep = batch_entries(b, iova, nr, &pages);

	if (!ptep)
		return 0;
	pages = v7s_run_matches(ptep, pages << b->shift, plain) >> b->shift;
	if (!pages)
		return 0;
	entries = pages << b->shift;
	v7s_run_fill(ptep, entries, 0, 0);
	v7s_sync(b->c, ptep, entries);
	b->c->stats->tlb_add += entries;
	return pages;
}

size_t v7s_batch_unmap(const struct v7s_call *c)
{
	const struct v7s_op *op = c->op;
	struct batch b = batch_begin(c);
	struct v7s_match plain = batch_plain(&b);
	size_t done = 0;

	while (done < op->pgcount) {
		uint64_t iova = op->iova + done * op->pgsize;
		unsigned nr = unmap_run(&b, iova, op->pgcount - done, plain);

		if (!nr && !v7s_unmap_one(c, iova))
			break;
		done += nr ? nr : 1;
	}
	return done * op->pgsize;
}
