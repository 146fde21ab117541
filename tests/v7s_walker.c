// SPDX-License-Identifier: GPL-2.0-only
/*
 * The raw walker of v7s_walker.h. Models a table walk of the hardware with TEX
 * remap, as Linux sets it up, and MediaTek's address bits. Does not model
 * faults. Cost: two reads.
 */
#include "v7s_walker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

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

static struct found walker_leaf(const struct layout *layout, uint32_t word,
				uint64_t iova, bool mtk)
{
	uint64_t paddr = word - word % layout->pgsize;

	if (mtk)
		paddr |= walker_high(word);
	return (struct found){
		.paddr = (paddr + iova % layout->pgsize) & ~0xfffull,
		.pgsize = layout->pgsize,
		.attrs = walker_attrs(layout, word, mtk),
	};
}

struct found walker_find(const struct physmem *pm, const struct v7s *table,
			 uint64_t iova)
{
	const struct v7s_config *cfg = v7s_config(table);
	bool mtk = cfg->quirks & V7S_QUIRK_MTK_EXT;
	struct found found = { 0 };
	struct v7s_regs regs;
	uint32_t word, second;
	uint64_t l1, l2;

	v7s_regs(table, &regs);
	l1 = regs.ttbr & 0xfffff000u;
	if (mtk)
		l1 |= (uint64_t)bits(regs.ttbr, 0, 3) << 32;
	iova %= 1ull << cfg->ias;
	word = read_word(pm, l1 + (iova >> 20) * 4);
	switch (bits(word, 0, 2)) {
	case 0:
		assert_int_equal(word, 0);
		return found;
	case 1:
		l2 = word & 0xfffffc00u;
		if (cfg->quirks & V7S_QUIRK_MTK_TTBR_EXT)
			l2 = (l2 & ~0x200ull) | walker_high(word);
		second = read_word(pm, l2 + (iova >> 12) % 256 * 4);
		if (bits(second, 0, 2) == 0) {
			assert_int_equal(second, 0);
			return found;
		}
		found = walker_leaf(bit(second, 1) ? &layout_small
						   : &layout_large,
				    second, iova, mtk);
		found.attrs |= bit(word, 3) ? ATTR_NON_SECURE : 0;
		return found;
	default:
		found = walker_leaf(bit(word, 18) ? &layout_super
						  : &layout_section,
				    word, iova, mtk);
		found.attrs |= bit(word, 19) ? ATTR_NON_SECURE : 0;
		return found;
	}
}
