/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The four loops of a subject, as text: the file that includes this defines
 * alloc(h, slot, table) and free(h, table) for a kind, then LOOPS(kind)
 * compiles them into loops of that kind.
 *
 * All kinds do the same beside the calls: load a slot number, store and load an
 * l2_table, or its address into a tally. That is the row "loop alone".
 */
#ifndef LOOPS_H
#define LOOPS_H

#include "subject.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

typedef bool alloc_fn(struct heap *h, uint32_t slot, struct l2_table *table);
typedef void free_fn(struct heap *h, const struct l2_table *table);

ALWAYS_INLINE void loop_alloc(struct heap *h, struct l2_table *table,
			      const uint32_t *slot, unsigned nr,
			      struct tally *tally, alloc_fn *alloc)
{
	uintptr_t bits = 0;
	bool failed = false;

	for (unsigned i = 0; i < nr; i++) {
		struct l2_table *t = &table[slot[i]];

		failed |= alloc(h, slot[i], t);
		bits |= (uintptr_t)t->va;
	}
	tally->bits |= bits;
	tally->failed |= failed;
}

ALWAYS_INLINE void loop_free(struct heap *h, struct l2_table *table,
			     const uint32_t *slot, unsigned nr, free_fn *free)
{
	for (unsigned i = 0; i < nr; i++) {
		struct l2_table *t = &table[slot[i]];

		free(h, t);
		t->va = NULL;
	}
}

ALWAYS_INLINE void loop_pair(struct heap *h, struct l2_table *table,
			     unsigned nr, struct tally *tally, alloc_fn *alloc,
			     free_fn *free)
{
	uintptr_t bits = 0;
	bool failed = false;

	for (unsigned i = 0; i < nr; i++) {
		failed |= alloc(h, 0, table);
		bits |= (uintptr_t)table->va;
		free(h, table);
		/* Kinds that do nothing are not to be folded into nothing. */
		__asm__ volatile("" : : "r"(table) : "memory");
	}
	table->va = NULL;
	tally->bits |= bits;
	tally->failed |= failed;
}

ALWAYS_INLINE void loop_toggle(struct heap *h, struct l2_table *table,
			       const uint32_t *slot, unsigned nr,
			       struct tally *tally, alloc_fn *alloc,
			       free_fn *free)
{
	uintptr_t bits = 0;
	bool failed = false;

	for (unsigned i = 0; i < nr; i++) {
		struct l2_table *t = &table[slot[i]];

		if (t->va) {
			free(h, t);
			t->va = NULL;
		} else {
			failed |= alloc(h, slot[i], t);
			bits |= (uintptr_t)t->va;
		}
	}
	tally->bits |= bits;
	tally->failed |= failed;
}

/* Not inlined anywhere: a loop must not depend on what stands around it. */
#define LOOPS(kind, alloc_call, free_call)                                     \
	static __attribute__((noinline)) void kind##_alloc_n(                  \
		struct heap *h, struct l2_table *table, const uint32_t *slot,  \
		unsigned nr, struct tally *tally)                              \
	{                                                                      \
		loop_alloc(h, table, slot, nr, tally, alloc_call);             \
	}                                                                      \
	static __attribute__((noinline)) void kind##_free_n(                   \
		struct heap *h, struct l2_table *table, const uint32_t *slot,  \
		unsigned nr)                                                   \
	{                                                                      \
		loop_free(h, table, slot, nr, free_call);                      \
	}                                                                      \
	static __attribute__((noinline)) void kind##_pair_n(                   \
		struct heap *h, struct l2_table *table, unsigned nr,           \
		struct tally *tally)                                           \
	{                                                                      \
		loop_pair(h, table, nr, tally, alloc_call, free_call);         \
	}                                                                      \
	static __attribute__((noinline)) void kind##_toggle_n(                 \
		struct heap *h, struct l2_table *table, const uint32_t *slot,  \
		unsigned nr, struct tally *tally)                              \
	{                                                                      \
		loop_toggle(h, table, slot, nr, tally, alloc_call, free_call); \
	}                                                                      \
	const struct loops loops_##kind = { kind##_alloc_n, kind##_free_n,     \
					    kind##_pair_n, kind##_toggle_n }

#endif /* LOOPS_H */
