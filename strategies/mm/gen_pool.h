/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's general purpose pool: chunks of memory, each with a bitmap of
 * fixed units. What it follows and leaves out: see gen_pool.c.
 *
 * The pool never takes memory by itself; chunks are added by the owner, who
 * gives them back after gen_pool_destroy().
 */
#ifndef GEN_POOL_H
#define GEN_POOL_H

#include "mm_types.h"

struct gen_pool;

struct gen_pool_stats {
	uint64_t bytes; /* in all chunks */
	uint64_t bytes_free;
	uint64_t metadata_bytes; /* chunk descriptors and bitmaps */
	uint64_t nr_chunks;
};

/* min_alloc_order: log2 of a unit in bytes, 6 to 20. 0, -EINVAL, -ENOMEM. */
int gen_pool_create(unsigned min_alloc_order, struct gen_pool **ret);

/* Forgets chunks and bitmaps, not the memory they describe. NULL is fine. */
void gen_pool_destroy(struct gen_pool *pool);

/* Adds [va, va + size), whole units. 0; -EINVAL; -ENOMEM. */
int gen_pool_add(struct gen_pool *pool, void *va, size_t size);

/* size bytes, rounded up to units; NULL when no chunk has such a run. */
void *gen_pool_alloc(struct gen_pool *pool, size_t size);

/* Memory that is not allocated, or of no chunk, is a bug and aborts. */
void gen_pool_free(struct gen_pool *pool, void *va, size_t size);

/* Chunk start for the n-th added chunk, newest first; NULL beyond. */
void *gen_pool_chunk(const struct gen_pool *pool, unsigned n);

void gen_pool_stats(const struct gen_pool *pool, struct gen_pool_stats *ret);

/* 0, or -EUCLEAN and a static text. */
int gen_pool_check(const struct gen_pool *pool, const char **ret_why);

#endif /* GEN_POOL_H */
