/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the allocator benchmark measures: a subject hands out tables of
 * L2_TABLE_SIZE bytes, aligned to their size, and takes them back. Strategies
 * are called through their ops table; peers, allocators of user space,
 * directly; and there are rows that allocate nothing, to read the others by.
 *
 * A subject knows four loops over its calls. Each kind of subject has loops of
 * its own, compiled from the same text (loops.h), so that no call of a measured
 * path goes through the benchmark.
 *
 * Concurrency: one thread.
 */
#ifndef SUBJECT_H
#define SUBJECT_H

#include "l2_decorators.h"
#include "l2_strategy.h"
#include "physmem.h"

/* What a loop found in passing. */
struct tally {
	uintptr_t bits; /* of all addresses handed out, or-ed */
	bool failed;	/* an allocation was refused */
};

/* The state that the loops of one kind of subject work on. */
struct heap {
	struct l2_strategy *l2;
	const struct peer_calls *peer;
	unsigned char *memory; /* of rows that allocate nothing, and the list */
	const uint32_t *place; /* of slot n in memory; a permutation */
	unsigned char *freelist; /* of the bare list */
};

/* table[] has a row per slot; slot[] says which, and in which order. */
struct loops {
	/* nr tables into the slots named. */
	void (*alloc)(struct heap *h, struct l2_table *table,
		      const uint32_t *slot, unsigned nr, struct tally *tally);
	void (*free)(struct heap *h, struct l2_table *table,
		     const uint32_t *slot, unsigned nr);
	/* nr times one table, into slot 0, and back. */
	void (*pair)(struct heap *h, struct l2_table *table, unsigned nr,
		     struct tally *tally);
	/* Each slot named is freed if it is in use (va), else allocated. */
	void (*toggle)(struct heap *h, struct l2_table *table,
		       const uint32_t *slot, unsigned nr, struct tally *tally);
};

/* Functions of a library; those of its kind are set. */
struct peer_calls {
	void *(*aligned)(size_t align, size_t size);
	void *(*aligned_at)(size_t size, size_t align, size_t offset);
	void *(*size_first)(size_t size, size_t align);
	void *(*with_flags)(size_t size, int flags);
	void (*free)(void *va);
	void (*free_flags)(void *va, size_t size, int flags);
};

enum subject_kind {
	SUBJECT_LOOP,	  /* the loop alone */
	SUBJECT_FLOOR,	  /* clears memory, allocates nothing */
	SUBJECT_LIST,	  /* a bare LIFO list, called directly */
	SUBJECT_STRATEGY, /* through its ops table */
	SUBJECT_GUARD,	  /* the same in the guard decorator */
	SUBJECT_PEER,	  /* a library */
	SUBJECT_NR_KINDS
};

#define SUBJECT_NAME 80 /* a label and "guard()" */

/* A heap per state that it is measured in: empty or full, and half full. */
struct subject {
	char name[SUBJECT_NAME];
	enum subject_kind kind;
	bool ranked; /* one of ours that is to be fast */
	const struct loops *plain;
	const struct loops *zeroed; /* every table cleared; or NULL */
	struct heap heap[2];
	struct physmem *pm[2];
	struct l2_reports reports; /* of guards */
	struct peer_calls calls;
};

#define MAX_SUBJECTS 64
#define MAX_SPECS 24 /* two rows each, and 16 others */

struct subjects {
	unsigned nr_tables;
	unsigned nr;
	struct subject *row; /* MAX_SUBJECTS */
	uint32_t *in_order;  /* nr_tables: 0, 1, 2, ... */
	uint32_t *shuffled;  /* the same, shuffled */
	char missing[8][80]; /* peers that were not found, one line each */
	unsigned nr_missing;
};

/**
 * subjects_create() - rows to read the others by, strategies, libraries
 * @nr_tables:	that each must be able to hand out
 * @spec:	strategies, at most MAX_SPECS; each plain and guarded
 * @peers:	look for libraries too
 * @ret:	written on success only
 *
 * Return: 0; -ENOMEM; what creating a strategy returned.
 */
int subjects_create(unsigned nr_tables, const struct l2_spec *spec,
		    unsigned nr_specs, bool peers, struct subjects *ret);
void subjects_destroy(struct subjects *s);

/* Adds a row per library found, a line of text per one that is missing. */
void peers_add(struct subjects *s);

/* Row of that name, or NULL. */
const struct subject *subject_find(const struct subjects *s, const char *name);

/* The loops of each kind: loops.c. */
extern const struct loops loops_nothing, loops_floor, loops_list,
	loops_list_zeroed, loops_strategy, loops_strategy_zeroed, loops_aligned,
	loops_aligned_zeroed, loops_aligned_at, loops_aligned_at_zeroed,
	loops_size_first, loops_size_first_zeroed, loops_with_flags,
	loops_with_flags_zeroed;

/* MALLOCX_ALIGN(L2_TABLE_SIZE) of jemalloc's interface. */
#define PEER_ALIGN_FLAGS L2_TABLE_SHIFT

#endif /* SUBJECT_H */
