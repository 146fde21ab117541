/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace in which each class of event occurs, with the number of events of
 * each: on its own, and together with another. Include after cmocka.h.
 */
#ifndef SPLIT_FIXTURE_H
#define SPLIT_FIXTURE_H

#include "split.h"

/* Zeroed, then class_trace_init(); trace_free() its trace. */
struct class_trace {
	struct trace trace;
	uint64_t expected[NR_EVENT_CLASSES]; /* events of each class */
	uint64_t expected_maps;
};

static inline void class_trace_add(struct class_trace *t, enum trace_type type,
				   uint64_t iova, uint64_t size,
				   unsigned event_class)
{
	struct trace_event ev = {
		.iova = iova,
		/* Where blocks are possible they are used. */
		.paddr = type == TRACE_MAP ? SZ_4G / 2 + iova : 0,
		.size = size,
		.type = (uint8_t)type,
		.prot = TRACE_PROT_READ | TRACE_PROT_WRITE,
	};

	assert_int_equal(trace_append(&t->trace, &ev), 0);
	t->expected_maps += type == TRACE_MAP;
	if (event_class < NR_EVENT_CLASSES)
		t->expected[event_class]++;
}

#define REFUSED NR_EVENT_CLASSES

/* Each slot of 1M by itself; slot 0 stays empty. */
static inline void add_slots(struct class_trace *t, unsigned nr)
{
	for (unsigned i = 1; i <= nr; i++) {
		uint64_t slot = (uint64_t)i * SZ_1M;

		class_trace_add(t, TRACE_MAP, slot, SZ_4K, MAP_NEW);
		class_trace_add(t, TRACE_MAP, slot + SZ_4K, SZ_4K,
				MAP_EXISTING);
		class_trace_add(t, TRACE_MAP, slot, SZ_4K, REFUSED);
		class_trace_add(t, TRACE_UNMAP, slot, SZ_4K, UNMAP_EXISTING);
		class_trace_add(t, TRACE_UNMAP, slot, SZ_4K, REFUSED);
		class_trace_add(t, TRACE_UNMAP, slot + SZ_4K, SZ_4K,
				UNMAP_EXISTING);
		/* The table is empty, but there. */
		class_trace_add(t, TRACE_MAP, slot, SZ_1M, MAP_OVER);
		/* A table takes the section's place. */
		class_trace_add(t, TRACE_UNMAP, slot + SZ_64K, SZ_4K,
				UNMAP_SPLIT);
		class_trace_add(t, TRACE_MAP, slot + SZ_64K, SZ_4K,
				MAP_EXISTING);
		class_trace_add(t, TRACE_UNMAP, slot, SZ_1M, UNMAP_FREE);
		/* No table at all. */
		class_trace_add(t, TRACE_MAP, slot, SZ_1M, MAP_EXISTING);
		class_trace_add(t, TRACE_UNMAP, slot, SZ_1M, UNMAP_EXISTING);
		/* A contiguous page: split without a table. */
		class_trace_add(t, TRACE_MAP, slot, SZ_64K, MAP_NEW);
		class_trace_add(t, TRACE_UNMAP, slot, SZ_4K, UNMAP_SPLIT);
		class_trace_add(t, TRACE_UNMAP, slot + SZ_4K, SZ_64K - SZ_4K,
				UNMAP_EXISTING);
		/* Does the work of two classes: over this slot's table, and a
		 * new one in the next. */
		class_trace_add(t, TRACE_MAP, slot, SZ_1M + SZ_4K, MAP_OVER);
		class_trace_add(t, TRACE_UNMAP, slot + SZ_1M, SZ_1M,
				UNMAP_FREE);
		class_trace_add(t, TRACE_UNMAP, slot, SZ_1M, UNMAP_EXISTING);
	}
}

/* Split and free in one: the end of a section, and the slot behind it. */
static inline void add_split_and_free(struct class_trace *t)
{
	uint64_t slot = 100ull * SZ_1M;

	class_trace_add(t, TRACE_MAP, slot, SZ_1M, MAP_EXISTING);
	class_trace_add(t, TRACE_MAP, slot + SZ_1M, SZ_4K, MAP_NEW);
	class_trace_add(t, TRACE_UNMAP, slot + SZ_1M - SZ_4K, SZ_4K + SZ_1M,
			UNMAP_SPLIT);
	class_trace_add(t, TRACE_UNMAP, slot, SZ_1M, UNMAP_FREE);
}

/* nr slots of 1M, and two more. */
static inline void class_trace_init(struct class_trace *t, unsigned nr)
{
	*t = (struct class_trace){ 0 };
	assert_int_equal(trace_domain(&t->trace, "a"), 0);
	add_slots(t, nr);
	add_split_and_free(t);
}

/* Takes the trace. */
static const struct v7s_config class_trace_pgtable = {
	.ias = 32,
	.oas = 32,
	.pgsizes = V7S_PGSIZES,
};

#endif /* SPLIT_FIXTURE_H */
