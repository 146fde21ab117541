// SPDX-License-Identifier: GPL-2.0-only
/*
 * How each kind of subject allocates and frees one table, and its loops.
 *
 * With zeroing, the caller clears what does not come cleared: for strategies
 * l2_alloc_zeroed(), as in the page table; for peers and the bare list here.
 *
 * Invariant: nothing but the calls differs between kinds. Concurrency: none.
 */
#include "loops.h"

#include <string.h>

/* The loop alone. The address is a plain number, aligned as it should be. */
ALWAYS_INLINE bool nothing_alloc(struct heap *h, uint32_t slot,
				 struct l2_table *table)
{
	(void)slot;
	table->va = h->memory;
	return false;
}

ALWAYS_INLINE void nothing_free(struct heap *h, const struct l2_table *table)
{
	(void)h;
	(void)table;
}

LOOPS(nothing, nothing_alloc, nothing_free);

ALWAYS_INLINE bool floor_alloc(struct heap *h, uint32_t slot,
			       struct l2_table *table)
{
	table->va = h->memory + (size_t)h->place[slot] * L2_TABLE_SIZE;
	clear_memory(table->va, L2_TABLE_SIZE);
	return false;
}

LOOPS(floor, floor_alloc, nothing_free);

/* A function that is called, as the null strategy's are, but not through a
 * table; the link is where theirs is. */
static __attribute__((noinline)) bool list_take(struct heap *h,
						struct l2_table *table)
{
	unsigned char *va = h->freelist;

	if (!va)
		return true;
	memcpy(&h->freelist, va + L2_LINK_OFFSET, sizeof(h->freelist));
	table->va = va;
	return false;
}

static __attribute__((noinline)) void list_give(struct heap *h,
						const struct l2_table *table)
{
	unsigned char *va = table->va;

	memcpy(va + L2_LINK_OFFSET, &h->freelist, sizeof(h->freelist));
	h->freelist = va;
}

ALWAYS_INLINE bool list_alloc(struct heap *h, uint32_t slot,
			      struct l2_table *table)
{
	(void)slot;
	return list_take(h, table);
}

ALWAYS_INLINE void list_free(struct heap *h, const struct l2_table *table)
{
	list_give(h, table);
}

LOOPS(list, list_alloc, list_free);

ALWAYS_INLINE bool strategy_alloc(struct heap *h, uint32_t slot,
				  struct l2_table *table)
{
	(void)slot;
	return h->l2->ops->alloc(h->l2, 0, GFP_ATOMIC, table);
}

ALWAYS_INLINE bool strategy_zeroed_alloc(struct heap *h, uint32_t slot,
					 struct l2_table *table)
{
	(void)slot;
	return l2_alloc_zeroed(h->l2, 0, GFP_ATOMIC, table);
}

ALWAYS_INLINE void strategy_free(struct heap *h, const struct l2_table *table)
{
	l2_free(h->l2, 0, table);
}

LOOPS(strategy, strategy_alloc, strategy_free);
LOOPS(strategy_zeroed, strategy_zeroed_alloc, strategy_free);

ALWAYS_INLINE bool aligned_alloc_one(struct heap *h, uint32_t slot,
				     struct l2_table *table)
{
	(void)slot;
	table->va = h->peer->aligned(L2_TABLE_SIZE, L2_TABLE_SIZE);
	return !table->va;
}

ALWAYS_INLINE bool aligned_at_alloc(struct heap *h, uint32_t slot,
				    struct l2_table *table)
{
	(void)slot;
	table->va = h->peer->aligned_at(L2_TABLE_SIZE, L2_TABLE_SIZE, 0);
	return !table->va;
}

ALWAYS_INLINE bool size_first_alloc(struct heap *h, uint32_t slot,
				    struct l2_table *table)
{
	(void)slot;
	table->va = h->peer->size_first(L2_TABLE_SIZE, L2_TABLE_SIZE);
	return !table->va;
}

ALWAYS_INLINE bool with_flags_alloc(struct heap *h, uint32_t slot,
				    struct l2_table *table)
{
	(void)slot;
	table->va = h->peer->with_flags(L2_TABLE_SIZE, PEER_ALIGN_FLAGS);
	return !table->va;
}

ALWAYS_INLINE void peer_free(struct heap *h, const struct l2_table *table)
{
	h->peer->free(table->va);
}

ALWAYS_INLINE void with_flags_free(struct heap *h, const struct l2_table *table)
{
	h->peer->free_flags(table->va, L2_TABLE_SIZE, PEER_ALIGN_FLAGS);
}

/* The same, and the caller clears. */
#define CLEARED(kind, alloc_call)                                        \
	ALWAYS_INLINE bool kind##_cleared(struct heap *h, uint32_t slot, \
					  struct l2_table *table)        \
	{                                                                \
		if (alloc_call(h, slot, table))                          \
			return true;                                     \
		clear_memory(table->va, L2_TABLE_SIZE);                  \
		return false;                                            \
	}

CLEARED(list, list_alloc)
CLEARED(aligned, aligned_alloc_one)
CLEARED(aligned_at, aligned_at_alloc)
CLEARED(size_first, size_first_alloc)
CLEARED(with_flags, with_flags_alloc)

LOOPS(list_zeroed, list_cleared, list_free);
LOOPS(aligned, aligned_alloc_one, peer_free);
LOOPS(aligned_zeroed, aligned_cleared, peer_free);
LOOPS(aligned_at, aligned_at_alloc, peer_free);
LOOPS(aligned_at_zeroed, aligned_at_cleared, peer_free);
LOOPS(size_first, size_first_alloc, peer_free);
LOOPS(size_first_zeroed, size_first_cleared, peer_free);
LOOPS(with_flags, with_flags_alloc, with_flags_free);
LOOPS(with_flags_zeroed, with_flags_cleared, with_flags_free);
