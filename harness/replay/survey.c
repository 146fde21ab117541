// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keeps account of where tables lie; see survey.h.
 *
 * Models nothing. A pageblock is 2 MiB: what the page allocator groups by
 * mobility. Cost: O(1) an operation; memory for a bit a KiB of RAM, touched
 * where used. Invariant: tables_in adds up to the bits set.
 * Concurrency: none.
 */
#include "survey.h"

#include <errno.h>
#include <stdlib.h>

#include "l2_decorators.h"
#include "physmem.h"

#define PAGEBLOCK_SHIFT (PAGEBLOCK_ORDER + PAGE_SHIFT)

struct surveyor {
	struct l2_decorator d;
	struct survey *survey;
};

static uint64_t block_of(const struct survey *s, phys_addr_t paddr)
{
	return (paddr >> PAGEBLOCK_SHIFT) - (s->start >> PAGEBLOCK_SHIFT);
}

static uint64_t slots_of(const struct survey *s)
{
	return s->nr_blocks << (PAGEBLOCK_SHIFT - L2_TABLE_SHIFT);
}

static void flip(struct survey *s, phys_addr_t paddr)
{
	uint64_t slot = (paddr - s->start) >> L2_TABLE_SHIFT;

	s->is_table[slot / 64] ^= 1ull << (slot % 64);
}

static int surveyor_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
			  struct l2_table *ret)
{
	struct surveyor *w = container_of(l2, struct surveyor, d.base);
	struct survey *s = w->survey;
	int err = w->d.inner->ops->alloc(w->d.inner, cpu, gfp, ret);

	if (err)
		return err;
	flip(s, ret->paddr);
	if (!s->tables_in[block_of(s, ret->paddr)]++)
		s->polluted++;
	if (s->polluted > s->polluted_peak)
		s->polluted_peak = s->polluted;
	return 0;
}

static void surveyor_free(struct l2_strategy *l2, unsigned cpu,
			  const struct l2_table *table)
{
	struct surveyor *w = container_of(l2, struct surveyor, d.base);
	struct survey *s = w->survey;

	flip(s, table->paddr);
	if (!--s->tables_in[block_of(s, table->paddr)])
		s->polluted--;
	l2_free(w->d.inner, cpu, table);
}

static const struct l2_strategy_ops surveyor_ops = {
	.name = "surveyor",
	.summary = "keeps account of where tables lie",
	.destroy = l2_forward_destroy,
	.alloc = surveyor_alloc,
	.free = surveyor_free,
	.usage = l2_forward_usage,
	.attrs = l2_forward_attrs,
	.check = l2_forward_check,
};

static int start(struct survey *s, const struct physmem *pm)
{
	const struct machine_profile *mp = physmem_profile(pm);
	phys_addr_t end = mp->range[mp->nr_ranges - 1].end;

	s->pm = pm;
	s->start = mp->range[0].start;
	s->nr_blocks = block_of(s, end - 1) + 1;
	s->tables_in = calloc(s->nr_blocks, sizeof(s->tables_in[0]));
	/* Of whole blocks, even if memory begins inside of one. */
	s->is_table = calloc(slots_of(s) / 64, sizeof(s->is_table[0]));
	return s->tables_in && s->is_table ? 0 : -ENOMEM;
}

int survey_wrap(struct survey *s, struct l2_strategy *inner,
		const struct l2_env *env, struct l2_strategy **ret)
{
	struct surveyor *w = calloc(1, sizeof(*w));

	if (!w || (!s->pm && start(s, env->pm))) {
		free(w);
		return -ENOMEM;
	}
	l2_decorator_init(&w->d, &surveyor_ops, inner);
	w->survey = s;
	*ret = &w->d.base;
	return 0;
}

uint64_t survey_busy_pages(const struct survey *s)
{
	uint64_t nr_slots = slots_of(s);
	const struct page *head = NULL;
	uint64_t slot, nr_tables = 0, busy = 0;

	/* Tables of one block are neighbours in the bitmap. */
	for (slot = 0; slot < nr_slots; slot++) {
		const struct page *page;

		if (slot % 64 == 0 && !s->is_table[slot / 64]) {
			slot += 63;
			continue;
		}
		if (!(s->is_table[slot / 64] >> (slot % 64) & 1))
			continue;
		page = physmem_head(
			s->pm,
			physmem_va(s->pm, s->start + (slot << L2_TABLE_SHIFT)));
		if (page != head)
			nr_tables = 0;
		head = page;
		if (++nr_tables == 1u << head->order)
			busy += 1u << head->order;
	}
	return busy;
}

void survey_fini(struct survey *s)
{
	free(s->tables_in);
	free(s->is_table);
	*s = (struct survey){ 0 };
}
