// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looking at a whole page table: every entry, a digest of what it translates,
 * the level-2 tables that hold nothing.
 *
 * Models nothing of the kernel. Reads only.
 *
 * Cost: one look at each level-1 entry and at the 256 entries of each table
 * (v7s_empty_tables() stops at the first valid one); v7s_digest() adds 28 bytes
 * of FNV-1a per leaf.
 *
 * Concurrency: no writer may be at work.
 */
#include "v7s.h"

#include "v7s_table.h"

#define FNV_PRIME 0x100000001b3ull

static void walk_l2(const struct v7s *table, unsigned l1_index, v7s_entry_fn fn,
		    void *ctx)
{
	const uint32_t *l2 = v7s_l2(table, v7s_read(&table->l1[l1_index]));
	struct v7s_entry entry = { .l1_index = l1_index };

	for (unsigned i = 0; i < V7S_L2_ENTRIES; i++) {
		entry.pte = v7s_read(&l2[i]);
		entry.l2_index = (int)i;
		if (entry.pte)
			fn(ctx, &entry);
	}
}

void v7s_walk(const struct v7s *table, v7s_entry_fn fn, void *ctx)
{
	struct v7s_entry entry = { .l2_index = -1 };

	for (unsigned i = 0; i <= table->l1_index_mask; i++) {
		entry.l1_index = i;
		entry.pte = v7s_read(&table->l1[i]);
		entry.is_table = v7s_pte_is_table(entry.pte);
		if (entry.pte)
			fn(ctx, &entry);
		if (entry.is_table)
			walk_l2(table, i, fn, ctx);
	}
}

struct digest {
	uint64_t hash;
	uint32_t quirks;
};

static void digest_add(struct digest *digest, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++) {
		digest->hash ^= value >> 8 * i & 0xff;
		digest->hash *= FNV_PRIME;
	}
}

static void digest_entry(void *ctx, const struct v7s_entry *entry)
{
	enum v7s_level level = entry->l2_index < 0 ? V7S_L1 : V7S_L2;
	struct digest *digest = ctx;
	uint64_t iova = (uint64_t)entry->l1_index << V7S_L1_SHIFT;
	uint64_t pgsize, offset;
	uint32_t attrs;

	if (entry->is_table)
		return;
	if (level == V7S_L2)
		iova |= (uint64_t)entry->l2_index << V7S_L2_SHIFT;
	pgsize = v7s_pte_pgsize(entry->pte, level);
	offset = iova & (pgsize - 1);
	attrs = entry->pte & (uint32_t)(pgsize - 1);
	if (digest->quirks & V7S_QUIRK_MTK_EXT)
		attrs &= ~V7S_PTE_PA_HIGH;
	digest_add(digest, iova, 8);
	digest_add(digest,
		   v7s_pte_paddr(entry->pte, level, digest->quirks) | offset,
		   8);
	digest_add(digest, pgsize, 8);
	digest_add(digest, attrs, 4);
}

uint64_t v7s_digest(const struct v7s *table, uint64_t seed)
{
	struct digest digest = {
		.hash = seed,
		.quirks = table->cfg.quirks,
	};

	v7s_walk(table, digest_entry, &digest);
	return digest.hash;
}

/* Neighbours of equal attributes, added as one range. */
struct iova_digest {
	struct digest digest;
	uint64_t start, end;
	uint32_t attrs;
};

/* The same of both levels and all page sizes. */
static uint32_t common_attrs(uint32_t pte, enum v7s_level level,
			     uint32_t quirks)
{
	uint32_t xn = level == V7S_L1 ? V7S_PTE_L1_XN : V7S_PTE_L2_XN;

	if (quirks & V7S_QUIRK_MTK_EXT)
		pte &= ~V7S_PTE_PA_HIGH;
	if (v7s_pte_is_contig(pte, level))
		pte = v7s_pte_part(pte, level);
	return (pte >> v7s_attr_shift(level) & 0xff) |
	       (pte & (V7S_PTE_B | V7S_PTE_C)) << 8 | (pte & xn ? 1u << 16 : 0);
}

static void add_range(struct iova_digest *d)
{
	if (d->start == d->end)
		return;
	digest_add(&d->digest, d->start, 8);
	digest_add(&d->digest, d->end, 8);
	digest_add(&d->digest, d->attrs, 4);
}

static void digest_range(void *ctx, const struct v7s_entry *entry)
{
	enum v7s_level level = entry->l2_index < 0 ? V7S_L1 : V7S_L2;
	uint64_t iova = (uint64_t)entry->l1_index << V7S_L1_SHIFT;
	struct iova_digest *d = ctx;
	uint32_t attrs;

	if (entry->is_table)
		return;
	if (level == V7S_L2)
		iova |= (uint64_t)entry->l2_index << V7S_L2_SHIFT;
	attrs = common_attrs(entry->pte, level, d->digest.quirks);
	if (iova != d->end || attrs != d->attrs) {
		add_range(d);
		d->start = iova;
		d->attrs = attrs;
	}
	d->end = iova + (1ull << v7s_level_shift(level));
}

uint64_t v7s_digest_iova(const struct v7s *table, uint64_t seed)
{
	struct iova_digest d = {
		.digest = { .hash = seed, .quirks = table->cfg.quirks },
	};

	v7s_walk(table, digest_range, &d);
	add_range(&d);
	return d.digest.hash;
}

static bool l2_empty(const uint32_t *l2)
{
	for (unsigned i = 0; i < V7S_L2_ENTRIES; i++)
		if (v7s_pte_valid(v7s_read(&l2[i])))
			return false;
	return true;
}

uint64_t v7s_empty_tables(const struct v7s *table)
{
	uint64_t nr = 0;

	for (uint64_t i = 0; i <= table->l1_index_mask; i++) {
		uint32_t pte = v7s_read(&table->l1[i]);

		if (v7s_pte_is_table(pte) && l2_empty(v7s_l2(table, pte)))
			nr++;
	}
	return nr;
}
