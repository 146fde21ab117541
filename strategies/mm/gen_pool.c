// SPDX-License-Identifier: GPL-2.0-only
/*
 * gen_pool: special-purpose memory handed out in units by bitmap.
 *
 * Models lib/genalloc.c of Linux 6.1 with its default algorithm: chunks tried
 * newest first, in each the first run of clear bits counted from bit 0, always
 * (there is no rotor), skipped if fewer bytes are free than asked for; no
 * zeroing; a chunk cannot be removed. Left out: the other algorithms, DMA
 * addresses, owners, RCU.
 *
 * Cost: alloc O(words of bitmap before the first hole), free O(chunks).
 * Invariant: per chunk, clear bits x unit size = avail.
 * Concurrency: bits change by compare-exchange as in the kernel, but nothing
 * else here is safe yet against a second thread.
 */
#include "gen_pool.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>

#define BITS_PER_WORD 64u

struct gen_pool_chunk {
	LIST_ENTRY(gen_pool_chunk) next;
	char *start;
	size_t size;
	size_t avail; /* bytes */
	size_t nr_bits;
	uint64_t bits[]; /* 1: in use */
};

LIST_HEAD(chunk_list, gen_pool_chunk);

struct gen_pool {
	struct chunk_list chunks; /* newest first */
	unsigned min_alloc_order;
	struct gen_pool_stats stats;
};

int gen_pool_create(unsigned min_alloc_order, struct gen_pool **ret)
{
	struct gen_pool *pool;

	if (min_alloc_order < 6 || min_alloc_order > 20)
		return -EINVAL;
	pool = calloc(1, sizeof(*pool));
	if (!pool)
		return -ENOMEM;
	LIST_INIT(&pool->chunks);
	pool->min_alloc_order = min_alloc_order;
	pool->stats.metadata_bytes = sizeof(*pool);
	*ret = pool;
	return 0;
}

void gen_pool_destroy(struct gen_pool *pool)
{
	struct gen_pool_chunk *chunk;

	if (!pool)
		return;
	while ((chunk = LIST_FIRST(&pool->chunks))) {
		LIST_REMOVE(chunk, next);
		free(chunk);
	}
	free(pool);
}

int gen_pool_add(struct gen_pool *pool, void *va, size_t size)
{
	size_t nr_bits = size >> pool->min_alloc_order;
	size_t nr_words = (nr_bits + BITS_PER_WORD - 1) / BITS_PER_WORD;
	struct gen_pool_chunk *chunk;

	if (!nr_bits || size & ((1ull << pool->min_alloc_order) - 1))
		return -EINVAL;
	chunk = calloc(1, sizeof(*chunk) + nr_words * sizeof(chunk->bits[0]));
	if (!chunk)
		return -ENOMEM;
	chunk->start = va;
	chunk->size = size;
	chunk->avail = size;
	chunk->nr_bits = nr_bits;
	LIST_INSERT_HEAD(&pool->chunks, chunk, next);
	pool->stats.bytes += size;
	pool->stats.bytes_free += size;
	pool->stats.metadata_bytes +=
		sizeof(*chunk) + nr_words * sizeof(chunk->bits[0]);
	pool->stats.nr_chunks++;
	return 0;
}

/* First bit at or after from that is clear (or, inverted, set); nr if none. */
static size_t find_bit(const struct gen_pool_chunk *chunk, size_t from,
		       uint64_t invert)
{
	size_t word = from / BITS_PER_WORD;
	size_t nr_words = (chunk->nr_bits + BITS_PER_WORD - 1) / BITS_PER_WORD;
	uint64_t mask = ~0ull << (from % BITS_PER_WORD);

	for (; word < nr_words; word++, mask = ~0ull) {
		uint64_t w = (chunk->bits[word] ^ invert) & mask;
		size_t bit;

		if (!w)
			continue;
		bit = word * BITS_PER_WORD + (size_t)__builtin_ctzll(w);
		return bit < chunk->nr_bits ? bit : chunk->nr_bits;
	}
	return chunk->nr_bits;
}

#define find_clear(chunk, from) find_bit(chunk, from, ~0ull)
#define find_set(chunk, from) find_bit(chunk, from, 0)

/* Bit number of the first run of nr clear bits; nr_bits if there is none. */
static size_t first_fit(const struct gen_pool_chunk *chunk, size_t nr)
{
	size_t bit = find_clear(chunk, 0);

	while (bit + nr <= chunk->nr_bits) {
		size_t end = nr == 1 ? bit + 1 : find_set(chunk, bit);

		if (end - bit >= nr)
			return bit;
		bit = find_clear(chunk, end);
	}
	return chunk->nr_bits;
}

/* Flips nr bits from bit; false if one of them was not old already. */
static bool flip_bits(struct gen_pool_chunk *chunk, size_t bit, size_t nr,
		      bool old)
{
	for (; nr; nr--, bit++) {
		uint64_t mask = 1ull << (bit % BITS_PER_WORD);
		uint64_t *word = &chunk->bits[bit / BITS_PER_WORD];
		uint64_t seen = __atomic_load_n(word, __ATOMIC_RELAXED);

		do {
			if (!(seen & mask) == old)
				return false;
		} while (!__atomic_compare_exchange_n(word, &seen, seen ^ mask,
						      false, __ATOMIC_ACQ_REL,
						      __ATOMIC_RELAXED));
	}
	return true;
}

static size_t units(const struct gen_pool *pool, size_t size)
{
	size_t unit = (size_t)1 << pool->min_alloc_order;

	return (size + unit - 1) >> pool->min_alloc_order;
}

void *gen_pool_alloc(struct gen_pool *pool, size_t size)
{
	size_t nr = units(pool, size);
	struct gen_pool_chunk *chunk;

	if (!size)
		return NULL;
	LIST_FOREACH(chunk, &pool->chunks, next)
	{
		size_t bit;

		if (size > chunk->avail)
			continue;
		bit = first_fit(chunk, nr);
		if (bit >= chunk->nr_bits)
			continue;
		if (!flip_bits(chunk, bit, nr, false))
			abort();
		chunk->avail -= nr << pool->min_alloc_order;
		pool->stats.bytes_free -= nr << pool->min_alloc_order;
		return chunk->start + (bit << pool->min_alloc_order);
	}
	return NULL;
}

void gen_pool_free(struct gen_pool *pool, void *va, size_t size)
{
	size_t nr = units(pool, size);
	struct gen_pool_chunk *chunk;
	char *p = va;

	LIST_FOREACH(chunk, &pool->chunks, next)
	{
		size_t offset = (size_t)(p - chunk->start);

		if (p < chunk->start || offset >= chunk->size)
			continue;
		/* The kernel's BUG_ONs: inside, and every bit set. */
		if (size > chunk->size - offset)
			abort();
		if (!flip_bits(chunk, offset >> pool->min_alloc_order, nr,
			       true))
			abort();
		chunk->avail += nr << pool->min_alloc_order;
		pool->stats.bytes_free += nr << pool->min_alloc_order;
		return;
	}
	abort();
}

void *gen_pool_chunk(const struct gen_pool *pool, unsigned n)
{
	const struct gen_pool_chunk *chunk;

	LIST_FOREACH(chunk, &pool->chunks, next)
	if (!n--)
		return chunk->start;
	return NULL;
}

void gen_pool_stats(const struct gen_pool *pool, struct gen_pool_stats *ret)
{
	*ret = pool->stats;
}

int gen_pool_check(const struct gen_pool *pool, const char **ret_why)
{
	const struct gen_pool_chunk *chunk;
	size_t avail = 0;

	LIST_FOREACH(chunk, &pool->chunks, next)
	{
		size_t nr_clear = 0, bit;

		for (bit = find_clear(chunk, 0); bit < chunk->nr_bits;
		     bit = find_clear(chunk, bit + 1))
			nr_clear++;
		if (nr_clear << pool->min_alloc_order != chunk->avail) {
			*ret_why = "bitmap and free bytes of a chunk disagree";
			return -EUCLEAN;
		}
		avail += chunk->avail;
	}
	if (avail != pool->stats.bytes_free) {
		*ret_why = "free bytes of pool and chunks disagree";
		return -EUCLEAN;
	}
	return 0;
}
