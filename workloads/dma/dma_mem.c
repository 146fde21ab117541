// SPDX-License-Identifier: GPL-2.0-only
/*
 * Physical memory of generated workloads; see dma_mem.h.
 *
 * A bit for each page; a MiB knows which of its 16 pieces of 64 KiB are wholly
 * free. Three sets of MiBs, by the largest block that is free in each: all of
 * it, a piece, pages. A request is met from the set that suits it best, so
 * that large blocks are the last to be cut. Left out: everything else of a
 * page allocator; strategies/mm has a model of that.
 *
 * Cost: some bit operations; 170 KiB. Invariant: each MiB with a free page is
 * in exactly one set, the one that its bits say.
 */
#include "dma_mem.h"

#include <errno.h>
#include <stdlib.h>

#define PAGE_SHIFT 12
#define NR_BLOCKS (DMA_MEM_SIZE >> 20)
#define BLOCK_PAGES 256u
#define GROUP_PAGES 16u
#define NR_GROUPS (BLOCK_PAGES / GROUP_PAGES)
#define WORD 64u
#define NR_WORDS (BLOCK_PAGES / WORD)
#define NONE UINT32_MAX
#define NO_PAGE BLOCK_PAGES

struct block {
	uint64_t free[NR_WORDS]; /* bit: page */
	uint16_t groups;	 /* bit: 16 pages, all free */
	uint16_t nr_free;
};

enum block_set { SET_WHOLE, SET_GROUPS, SET_PAGES, NR_SETS };

/* Bits of blocks, and bits of words with any. */
struct set {
	uint64_t word[NR_BLOCKS / WORD];
	uint64_t any;
};

struct dma_mem {
	struct set set[NR_SETS];
	struct block block[NR_BLOCKS];
	uint64_t nr_free;
};

static unsigned lowest(uint64_t word)
{
	return (unsigned)__builtin_ctzll(word);
}

static enum block_set set_of(const struct block *b)
{
	return !b->nr_free		 ? NR_SETS
	       : b->groups == UINT16_MAX ? SET_WHOLE
	       : b->groups		 ? SET_GROUPS
					 : SET_PAGES;
}

static void set_add(struct set *s, uint32_t at)
{
	s->word[at / WORD] |= (uint64_t)1 << at % WORD;
	s->any |= (uint64_t)1 << at / WORD;
}

static void set_remove(struct set *s, uint32_t at)
{
	s->word[at / WORD] &= ~((uint64_t)1 << at % WORD);
	if (!s->word[at / WORD])
		s->any &= ~((uint64_t)1 << at / WORD);
}

/* The lowest block that is in the set, from one on; NONE. */
static uint32_t set_from(const struct set *s, uint32_t from)
{
	uint32_t i = from / WORD;
	uint64_t word, any;

	if (from >= NR_BLOCKS)
		return NONE;
	word = s->word[i] & (UINT64_MAX << from % WORD);
	if (word)
		return i * WORD + lowest(word);
	any = s->any & ~((((uint64_t)1 << i) << 1) - 1);
	if (!any)
		return NONE;
	i = lowest(any);
	return i * WORD + lowest(s->word[i]);
}

int dma_mem_create(struct dma_mem **ret)
{
	struct dma_mem *mem = calloc(1, sizeof(*mem));

	if (!mem)
		return -ENOMEM;
	for (uint32_t i = 0; i < NR_BLOCKS; i++) {
		for (unsigned w = 0; w < NR_WORDS; w++)
			mem->block[i].free[w] = UINT64_MAX;
		mem->block[i].groups = UINT16_MAX;
		mem->block[i].nr_free = BLOCK_PAGES;
		set_add(&mem->set[SET_WHOLE], i);
	}
	mem->nr_free = NR_BLOCKS * BLOCK_PAGES;
	*ret = mem;
	return 0;
}

void dma_mem_destroy(struct dma_mem *mem)
{
	free(mem);
}

/* Bits of so many pages from one on, of a word. */
static uint64_t bits_of(unsigned page, unsigned nr)
{
	return (nr == WORD ? UINT64_MAX : ((uint64_t)1 << nr) - 1)
	       << page % WORD;
}

/* Takes or returns nr pages, which lie in one word. */
static void flip(struct dma_mem *mem, uint32_t at, unsigned page, unsigned nr)
{
	struct block *b = &mem->block[at];
	uint64_t *word = &b->free[page / WORD];
	bool give = !(*word >> page % WORD & 1);
	enum block_set before = set_of(b), after;

	*word ^= bits_of(page, nr);
	b->nr_free = (uint16_t)(give ? b->nr_free + nr : b->nr_free - nr);
	mem->nr_free = give ? mem->nr_free + nr : mem->nr_free - nr;
	for (unsigned g = page / GROUP_PAGES;
	     g <= (page + nr - 1) / GROUP_PAGES; g++) {
		uint16_t field = (uint16_t)(*word >> g % (WORD / GROUP_PAGES) *
							     GROUP_PAGES);

		b->groups &= (uint16_t) ~(1u << g);
		if (field == UINT16_MAX)
			b->groups |= (uint16_t)(1u << g);
	}
	after = set_of(b);
	if (after == before)
		return;
	if (before != NR_SETS)
		set_remove(&mem->set[before], at);
	if (after != NR_SETS)
		set_add(&mem->set[after], at);
}

static uint64_t paddr_of(uint32_t at, unsigned page)
{
	return DMA_MEM_BASE + ((uint64_t)at << 20) +
	       ((uint64_t)page << PAGE_SHIFT);
}

/* Bits without the one that is at apart, even ones first if there is such. */
static unsigned pick_bit(uint64_t bits, unsigned first, uint64_t excluded,
			 bool apart)
{
	const uint64_t even = 0x5555555555555555;

	if (excluded - first < WORD)
		bits &= ~((uint64_t)1 << (excluded - first));
	if (apart && bits & even)
		bits &= even;
	return bits ? first + lowest(bits) : NO_PAGE;
}

/* The first page of a free piece of a block that does not begin at apart. */
static unsigned pick(const struct block *b, uint32_t at, unsigned order,
		     uint64_t apart)
{
	uint64_t excluded = (apart - paddr_of(at, 0)) >> PAGE_SHIFT;
	unsigned page = NO_PAGE;

	if (order == 8)
		return excluded ? 0 : NO_PAGE;
	if (order == 4) {
		page = pick_bit(b->groups, 0, excluded / GROUP_PAGES, apart);
		return page == NO_PAGE ? page : page * GROUP_PAGES;
	}
	for (unsigned w = 0; w < NR_WORDS && page == NO_PAGE; w++)
		page = pick_bit(b->free[w], w * WORD, excluded, apart);
	return page;
}

static int find(const struct dma_mem *mem, unsigned order, uint64_t apart,
		uint32_t *ret_at, unsigned *ret_page)
{
	unsigned i = order == 8	  ? SET_WHOLE
		     : order == 4 ? SET_GROUPS
				  : SET_PAGES;

	/* From what is cut most to what is whole. */
	for (i++; i-- > SET_WHOLE;) {
		const struct set *s = &mem->set[i];
		uint32_t at = set_from(s, 0);

		for (; at != NONE; at = set_from(s, at + 1)) {
			unsigned page = pick(&mem->block[at], at, order, apart);

			if (page == NO_PAGE)
				continue;
			*ret_at = at;
			*ret_page = page;
			return 0;
		}
	}
	return -ENOSPC;
}

int dma_mem_alloc(struct dma_mem *mem, unsigned order, uint64_t apart,
		  uint64_t *ret)
{
	unsigned page = 0, nr = 1u << order;
	uint32_t at = 0;
	int err = find(mem, order, apart, &at, &page);

	if (err && apart)
		err = find(mem, order, 0, &at, &page);
	if (err)
		return err;
	*ret = paddr_of(at, page);
	for (unsigned done = 0; done < nr; done += WORD)
		flip(mem, at, page + done, nr < WORD ? nr : WORD);
	return 0;
}

void dma_mem_free(struct dma_mem *mem, uint64_t paddr, uint64_t size)
{
	uint64_t page = (paddr - DMA_MEM_BASE) >> PAGE_SHIFT;
	uint64_t end = page + (size >> PAGE_SHIFT);

	while (page < end) {
		uint64_t nr = WORD - page % WORD;

		if (nr > end - page)
			nr = end - page;
		flip(mem, (uint32_t)(page / BLOCK_PAGES),
		     (unsigned)(page % BLOCK_PAGES), (unsigned)nr);
		page += nr;
	}
}

uint64_t dma_mem_free_pages(const struct dma_mem *mem)
{
	return mem->nr_free;
}

static const char *check_block(const struct block *b)
{
	unsigned nr = 0;

	for (unsigned g = 0; g < NR_GROUPS; g++) {
		uint64_t field = b->free[g / 4] >> g % 4 * GROUP_PAGES &
				 UINT16_MAX;

		nr += (unsigned)__builtin_popcountll(field);
		if ((field == UINT16_MAX) != (b->groups >> g & 1))
			return "a piece of 64 KiB that is not what it says";
	}
	return nr == b->nr_free ? NULL : "free pages of a MiB miscounted";
}

const char *dma_mem_check(const struct dma_mem *mem)
{
	uint64_t nr_free = 0;

	for (uint32_t at = 0; at < NR_BLOCKS; at++) {
		const struct block *b = &mem->block[at];
		const char *wrong = check_block(b);

		if (wrong)
			return wrong;
		nr_free += b->nr_free;
		for (unsigned i = 0; i < NR_SETS; i++) {
			const struct set *s = &mem->set[i];
			uint64_t word = s->word[at / WORD];

			if ((word >> at % WORD & 1) != (set_of(b) == i))
				return "a MiB in the wrong set";
			if (!word != !(s->any >> at / WORD & 1))
				return "a summary of a set that is wrong";
		}
	}
	return nr_free == mem->nr_free ? NULL : "free pages miscounted";
}
