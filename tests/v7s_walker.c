// SPDX-License-Identifier: GPL-2.0-only
/*
 * The raw walker of v7s_walker.h. Models a table walk of the hardware with TEX
 * remap, as Linux sets it up, and MediaTek's address bits. Does not model
 * faults. Cost: two reads; all of level 1 for walker_nr_l1().
 */
#include "v7s_walker.h"

static uint32_t read_word(const struct physmem *pm, uint64_t paddr)
{
	const unsigned char *byte = physmem_va(pm, paddr);

	return byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 |
	       (uint32_t)byte[3] << 24;
}

static uint32_t bit(uint32_t word, unsigned n)
{
	return word >> n & 1;
}

/* The field that starts at bit n. */
static uint32_t bits(uint32_t word, unsigned n, unsigned width)
{
	return word >> n & ((1u << width) - 1);
}

/* Where the fields of a descriptor lie, one row per kind of leaf. */
struct layout {
	uint64_t pgsize;
	unsigned xn, ap0, tex, ap2, s, ng;
};

static const struct layout layout_small = { SZ_4K, 0, 4, 6, 9, 10, 11 };
static const struct layout layout_large = { SZ_64K, 15, 4, 12, 9, 10, 11 };
static const struct layout layout_section = { SZ_1M, 4, 10, 12, 15, 16, 17 };
static const struct layout layout_super = { SZ_16M, 4, 10, 12, 15, 16, 17 };

static uint32_t walker_attrs(const struct layout *layout, uint32_t word,
			     bool mtk)
{
	uint32_t tex = bits(word, layout->tex, 3);
	uint32_t attrs = 0;

	if (tex == 0 && bits(word, 2, 2) == 1)
		attrs |= ATTR_DEVICE;
	if (tex == 1 && bits(word, 2, 2) == 3)
		attrs |= ATTR_CACHED;
	attrs |= bit(word, layout->s) ? ATTR_SHARED : 0;
	attrs |= bit(word, layout->ng) ? ATTR_NOT_GLOBAL : 0;
	/* With 35-bit addresses these bits may be part of the address. */
	if (mtk)
		return attrs;
	attrs |= bit(word, layout->xn) ? ATTR_NO_EXEC : 0;
	attrs |= bit(word, layout->ap0) ? ATTR_ACCESS : 0;
	attrs |= bit(word, layout->ap0 + 1) ? ATTR_USER : 0;
	attrs |= bit(word, layout->ap2) ? ATTR_READ_ONLY : 0;
	return attrs;
}

static uint64_t walker_high(uint32_t word)
{
	return (uint64_t)bit(word, 9) << 32 | (uint64_t)bit(word, 4) << 33 |
	       (uint64_t)bit(word, 5) << 34;
}

static struct found walker_leaf(const struct v7s_config *cfg,
				const struct layout *layout, uint32_t word,
				uint64_t iova)
{
	bool mtk = cfg->quirks & V7S_QUIRK_MTK_EXT;
	uint64_t paddr = word - word % layout->pgsize;
	uint32_t attrs = 0;

	if (mtk)
		paddr |= walker_high(word);
	/* MediaTek's sense of a bit that is RO in small and large pages. */
	if (cfg->quirks & V7S_QUIRK_MTK_4GB) {
		attrs = bit(word, 9) ? ATTR_MTK_4GB : 0;
		word &= ~(1u << 9);
	}
	return (struct found){
		.paddr = (paddr + iova % layout->pgsize) & ~0xfffull,
		.pgsize = layout->pgsize,
		.attrs = attrs | walker_attrs(layout, word, mtk),
	};
}

static struct found walker_nothing(uint32_t word)
{
	return (struct found){ .attrs = word ? ATTR_GARBAGE : 0 };
}

static unsigned iova_bits(const struct v7s_config *cfg)
{
	return cfg->kernel == V7S_KERNEL_4_20 ? 32 : cfg->ias;
}

static uint64_t walker_l1(const struct v7s *table)
{
	bool mtk = v7s_config(table)->quirks & V7S_QUIRK_MTK_EXT;
	struct v7s_regs regs;

	v7s_regs(table, &regs);
	return (regs.ttbr & 0xfffff000u) |
	       (mtk ? (uint64_t)bits(regs.ttbr, 0, 3) << 32 : 0);
}

static struct found walker_second(const struct physmem *pm,
				  const struct v7s_config *cfg, uint32_t first,
				  uint64_t iova)
{
	uint64_t l2 = first & 0xfffffc00u;
	struct found found;
	uint32_t word;

	if (cfg->quirks & V7S_QUIRK_MTK_TTBR_EXT)
		l2 |= walker_high(first);
	if (!physmem_valid(pm, l2))
		return walker_nothing(first);
	word = read_word(pm, l2 + (iova >> 12) % 256 * 4);
	if (bits(word, 0, 2) == 0)
		return walker_nothing(word);
	found = walker_leaf(cfg, bit(word, 1) ? &layout_small : &layout_large,
			    word, iova);
	found.attrs |= bit(first, 3) ? ATTR_NON_SECURE : 0;
	return found;
}

struct found walker_find(const struct physmem *pm, const struct v7s *table,
			 uint64_t iova)
{
	const struct v7s_config *cfg = v7s_config(table);
	struct found found;
	uint32_t word;

	iova %= 1ull << iova_bits(cfg);
	word = read_word(pm, walker_l1(table) + (iova >> 20) * 4);
	switch (bits(word, 0, 2)) {
	case 0:
		return walker_nothing(word);
	case 1:
		return walker_second(pm, cfg, word, iova);
	default:
		found = walker_leaf(
			cfg, bit(word, 18) ? &layout_super : &layout_section,
			word, iova);
		found.attrs |= bit(word, 19) ? ATTR_NON_SECURE : 0;
		return found;
	}
}

unsigned walker_nr_l1(const struct physmem *pm, const struct v7s *table)
{
	uint64_t nr_entries = 1ull << (iova_bits(v7s_config(table)) - 20);
	uint64_t l1 = walker_l1(table);
	unsigned nr = 0;

	for (uint64_t i = 0; i < nr_entries; i++)
		nr += read_word(pm, l1 + i * 4) != 0;
	return nr;
}
