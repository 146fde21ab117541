/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's general purpose pool: chunks of memory, each with a bitmap of
 * fixed units. What it follows and leaves out: see gen_pool.c.
 *
 * The pool never takes memory by itself; chunks are added by the owner, who
 * gives them back after gen_pool_destroy(), or one at a time after
 * gen_pool_remove(), which the kernel does not have.
 *
 * Concurrency: gen_pool_alloc() and gen_pool_free() by any number of threads,
 * beside gen_pool_add(); all else by one thread with no other in the pool.
 */
#ifndef GEN_POOL_H
#define GEN_POOL_H

#include <stdatomic.h>

#include "mm_types.h"

struct gen_pool;

/* A word of a chunk's bitmap; a set bit is a unit in use. */
typedef _Atomic uint64_t gen_pool_word;

/**
 * genpool_algo_t - where in a bitmap of size bits are nr clear ones in a row?
 * @start: bits below it are not looked at
 *
 * Other threads change bits meanwhile. Return: the first bit; size or more if
 * there is no such run.
 */
typedef size_t (*genpool_algo_t)(const gen_pool_word *map, size_t size,
				 size_t start, size_t nr);

/* The first run. */
size_t gen_pool_first_fit(const gen_pool_word *map, size_t size, size_t start,
			  size_t nr);
/* The first at a multiple of nr rounded up to a power of two: of the bit's
 * number, so aligned in memory as far as the chunk is. */
size_t gen_pool_first_fit_order_align(const gen_pool_word *map, size_t size,
				      size_t start, size_t nr);
/* The first of the shortest runs that suffice; an exact one ends the search. */
size_t gen_pool_best_fit(const gen_pool_word *map, size_t size, size_t start,
			 size_t nr);

struct gen_pool_stats {
	uint64_t bytes;		 /* in all chunks: gen_pool_size() */
	uint64_t bytes_free;	 /* gen_pool_avail() */
	uint64_t metadata_bytes; /* the pool; and of each chunk descriptor and
				  * bitmap in whole pages, as vzalloc() takes */
	uint64_t nr_chunks;
	uint64_t nr_bits;
};

/* min_alloc_order: log2 of a unit in bytes, 6 to 20. 0, -EINVAL, -ENOMEM. */
int gen_pool_create(unsigned min_alloc_order, struct gen_pool **ret);

/* How later allocations search; NULL: gen_pool_first_fit, as at the start. */
void gen_pool_set_algo(struct gen_pool *pool, genpool_algo_t algo);

/* Forgets chunks and bitmaps, not the memory they describe. NULL is fine. */
void gen_pool_destroy(struct gen_pool *pool);

/* Adds [va, va + size), whole units. 0; -EINVAL; -ENOMEM. */
int gen_pool_add(struct gen_pool *pool, void *va, size_t size);

/* Forgets the chunk that starts at va. One that is not there, or has a unit in
 * use, is a bug and aborts. */
void gen_pool_remove(struct gen_pool *pool, const void *va);

/* size bytes, rounded up to units; NULL when no chunk has such a run. */
void *gen_pool_alloc(struct gen_pool *pool, size_t size);

/* Memory that is not allocated, or of no chunk, is a bug and aborts. */
void gen_pool_free(struct gen_pool *pool, void *va, size_t size);

/* Chunk start for the n-th added chunk, newest first; NULL beyond. */
void *gen_pool_chunk(const struct gen_pool *pool, unsigned n);

/* Walks the chunks. */
void gen_pool_stats(const struct gen_pool *pool, struct gen_pool_stats *ret);

/* 0, or -EUCLEAN and a static text. */
int gen_pool_check(const struct gen_pool *pool, const char **ret_why);

#endif /* GEN_POOL_H */
