// SPDX-License-Identifier: GPL-2.0-only
/*
 * gen_pool: special-purpose memory handed out in units by bitmap.
 *
 * Models lib/genalloc.c of Linux 6.1: chunks tried newest first, skipped if
 * fewer bytes are free than asked for; in each the algorithm searches from bit
 * 0, always (there is no rotor); the bits it names are set word by word by
 * compare-exchange, and if another thread was faster those set so far are
 * cleared and the search goes on from there; no zeroing. Algorithms first_fit
 * (the default), first_fit_order_align and best_fit. Left out: first_fit_align
 * and fixed_alloc, DMA addresses, owners, RCU, the BUG when a pool with units
 * in use is destroyed. gen_pool_remove() is ours: in the kernel a chunk stays
 * until the pool goes.
 *
 * Cost: alloc O(words of bitmap before the hole), best_fit all words but where
 * a run fits exactly; free O(chunks).
 * Invariant: per chunk, with nobody inside, clear bits x unit size = avail, and
 * no bit is set beyond the last unit.
 * Concurrency: see gen_pool.h. avail follows the bits a little later, as in the
 * kernel, so that a chunk may be skipped that has just got its last unit back.
 */
#include "gen_pool.h"

#include <errno.h>
#include <stdlib.h>

#define BITS_PER_WORD 64u

struct gen_pool_chunk {
	struct gen_pool_chunk *next;
	char *start;
	size_t size;
	atomic_size_t avail; /* bytes */
	size_t nr_bits;
	gen_pool_word bits[];
};

struct gen_pool {
	struct gen_pool_chunk *_Atomic chunks; /* newest first */
	unsigned min_alloc_order;
	genpool_algo_t algo;
};

int gen_pool_create(unsigned min_alloc_order, struct gen_pool **ret)
{
	struct gen_pool *pool;

	if (min_alloc_order < 6 || min_alloc_order > 20)
		return -EINVAL;
	pool = calloc(1, sizeof(*pool));
	if (!pool)
		return -ENOMEM;
	atomic_init(&pool->chunks, NULL);
	pool->min_alloc_order = min_alloc_order;
	pool->algo = gen_pool_first_fit;
	*ret = pool;
	return 0;
}

void gen_pool_set_algo(struct gen_pool *pool, genpool_algo_t algo)
{
	pool->algo = algo ? algo : gen_pool_first_fit;
}

static struct gen_pool_chunk *first_chunk(const struct gen_pool *pool)
{
	return atomic_load_explicit(&pool->chunks, memory_order_acquire);
}

void gen_pool_destroy(struct gen_pool *pool)
{
	struct gen_pool_chunk *chunk, *next;

	if (!pool)
		return;
	for (chunk = first_chunk(pool); chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	free(pool);
}

static size_t words_of(size_t nr_bits)
{
	return (nr_bits + BITS_PER_WORD - 1) / BITS_PER_WORD;
}

static size_t chunk_bytes(size_t nr_bits)
{
	return sizeof(struct gen_pool_chunk) +
	       words_of(nr_bits) * sizeof(gen_pool_word);
}

int gen_pool_add(struct gen_pool *pool, void *va, size_t size)
{
	size_t nr_bits = size >> pool->min_alloc_order;
	struct gen_pool_chunk *chunk;

	if (!nr_bits || size & ((1ull << pool->min_alloc_order) - 1))
		return -EINVAL;
	chunk = calloc(1, chunk_bytes(nr_bits));
	if (!chunk)
		return -ENOMEM;
	chunk->start = va;
	chunk->size = size;
	chunk->nr_bits = nr_bits;
	atomic_init(&chunk->avail, size);
	/* The kernel takes a lock here, against others that add. */
	chunk->next = first_chunk(pool);
	while (!atomic_compare_exchange_weak_explicit(
		&pool->chunks, &chunk->next, chunk, memory_order_release,
		memory_order_acquire))
		;
	return 0;
}

void gen_pool_remove(struct gen_pool *pool, const void *va)
{
	struct gen_pool_chunk *chunk = first_chunk(pool), *before = NULL;

	while (chunk && chunk->start != va) {
		before = chunk;
		chunk = chunk->next;
	}
	if (!chunk || atomic_load(&chunk->avail) != chunk->size)
		abort();
	if (before)
		before->next = chunk->next;
	else
		atomic_store(&pool->chunks, chunk->next);
	free(chunk);
}

/* First bit at or after from that is clear (or, inverted, set); size if none. */
static size_t find_bit(const gen_pool_word *map, size_t size, size_t from,
		       uint64_t invert)
{
	size_t word = from / BITS_PER_WORD;
	uint64_t mask = ~0ull << (from % BITS_PER_WORD);

	for (; word < words_of(size); word++, mask = ~0ull) {
		uint64_t w =
			atomic_load_explicit(&map[word], memory_order_relaxed);
		size_t bit;

		w = (w ^ invert) & mask;
		if (!w)
			continue;
		bit = word * BITS_PER_WORD + (size_t)__builtin_ctzll(w);
		return bit < size ? bit : size;
	}
	return size;
}

#define find_clear(map, size, from) find_bit(map, size, from, ~0ull)
#define find_set(map, size, from) find_bit(map, size, from, 0)

/* First run of nr clear bits whose number is a multiple of align_mask + 1. */
static size_t find_area(const gen_pool_word *map, size_t size, size_t start,
			size_t nr, size_t align_mask)
{
	while (start < size && nr <= size) {
		size_t bit = find_clear(map, size, start);
		size_t set;

		bit = (bit + align_mask) & ~align_mask;
		if (bit > size - nr)
			break;
		set = find_set(map, bit + nr, bit);
		if (set == bit + nr)
			return bit;
		start = set + 1;
	}
	return size;
}

size_t gen_pool_first_fit(const gen_pool_word *map, size_t size, size_t start,
			  size_t nr)
{
	return find_area(map, size, start, nr, 0);
}

size_t gen_pool_first_fit_order_align(const gen_pool_word *map, size_t size,
				      size_t start, size_t nr)
{
	return find_area(map, size, start, nr,
			 ((size_t)1 << fls64(nr - 1)) - 1);
}

size_t gen_pool_best_fit(const gen_pool_word *map, size_t size, size_t start,
			 size_t nr)
{
	size_t best = size, best_len = size + 1;
	size_t bit = find_area(map, size, start, nr, 0);

	while (bit < size) {
		size_t end = find_set(map, size, bit + nr);

		if (end - bit < best_len) {
			best = bit;
			best_len = end - bit;
		}
		if (best_len == nr)
			break;
		bit = find_area(map, size, end + 1, nr, 0);
	}
	return best;
}

/* Flips the bits of mask; false, with nothing done, if one was not old. */
static bool flip_word(gen_pool_word *word, uint64_t mask, bool old)
{
	uint64_t seen = atomic_load_explicit(word, memory_order_relaxed);

	do {
		if ((old ? ~seen : seen) & mask)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(
		word, &seen, seen ^ mask, memory_order_acq_rel,
		memory_order_relaxed));
	return true;
}

/* Flips nr bits from bit, a word at a time; how many were left when a word had
 * one that was not old. */
static size_t flip_bits(struct gen_pool_chunk *chunk, size_t bit, size_t nr,
			bool old)
{
	while (nr) {
		size_t shift = bit % BITS_PER_WORD;
		size_t n = BITS_PER_WORD - shift < nr ? BITS_PER_WORD - shift
						      : nr;
		uint64_t mask = ~0ull >> (BITS_PER_WORD - n) << shift;

		if (!flip_word(&chunk->bits[bit / BITS_PER_WORD], mask, old))
			return nr;
		bit += n;
		nr -= n;
	}
	return 0;
}

static size_t units(const struct gen_pool *pool, size_t size)
{
	size_t unit = (size_t)1 << pool->min_alloc_order;

	return (size + unit - 1) >> pool->min_alloc_order;
}

/* Bit number of nr bits now ours; nr_bits or more if there are none. */
static size_t take_bits(const struct gen_pool *pool,
			struct gen_pool_chunk *chunk, size_t nr)
{
	size_t bit = 0, left;

	for (;;) {
		bit = pool->algo(chunk->bits, chunk->nr_bits, bit, nr);
		if (bit >= chunk->nr_bits)
			return bit;
		left = flip_bits(chunk, bit, nr, false);
		if (!left)
			return bit;
		if (flip_bits(chunk, bit, nr - left, true))
			abort();
	}
}

void *gen_pool_alloc(struct gen_pool *pool, size_t size)
{
	size_t nr = units(pool, size);
	struct gen_pool_chunk *chunk;

	if (!size)
		return NULL;
	for (chunk = first_chunk(pool); chunk; chunk = chunk->next) {
		size_t bit;

		if (size >
		    atomic_load_explicit(&chunk->avail, memory_order_relaxed))
			continue;
		bit = take_bits(pool, chunk, nr);
		if (bit >= chunk->nr_bits)
			continue;
		atomic_fetch_sub_explicit(&chunk->avail,
					  nr << pool->min_alloc_order,
					  memory_order_relaxed);
		return chunk->start + (bit << pool->min_alloc_order);
	}
	return NULL;
}

void gen_pool_free(struct gen_pool *pool, void *va, size_t size)
{
	size_t nr = units(pool, size);
	struct gen_pool_chunk *chunk;
	char *p = va;

	for (chunk = first_chunk(pool); chunk; chunk = chunk->next) {
		size_t offset = (size_t)(p - chunk->start);

		if (p < chunk->start || offset >= chunk->size)
			continue;
		/* The kernel's BUG_ONs: inside, and every bit set. */
		if (size > chunk->size - offset)
			abort();
		if (flip_bits(chunk, offset >> pool->min_alloc_order, nr, true))
			abort();
		atomic_fetch_add_explicit(&chunk->avail,
					  nr << pool->min_alloc_order,
					  memory_order_relaxed);
		return;
	}
	abort();
}

void *gen_pool_chunk(const struct gen_pool *pool, unsigned n)
{
	const struct gen_pool_chunk *chunk = first_chunk(pool);

	while (chunk && n--)
		chunk = chunk->next;
	return chunk ? chunk->start : NULL;
}

void gen_pool_stats(const struct gen_pool *pool, struct gen_pool_stats *ret)
{
	const struct gen_pool_chunk *chunk;

	*ret = (struct gen_pool_stats){ .metadata_bytes = sizeof(*pool) };
	for (chunk = first_chunk(pool); chunk; chunk = chunk->next) {
		size_t meta = chunk_bytes(chunk->nr_bits);

		ret->bytes += chunk->size;
		ret->bytes_free += atomic_load(&chunk->avail);
		ret->metadata_bytes += (meta + PAGE_SIZE - 1) / PAGE_SIZE *
				       (uint64_t)PAGE_SIZE;
		ret->nr_chunks++;
		ret->nr_bits += chunk->nr_bits;
	}
}

int gen_pool_check(const struct gen_pool *pool, const char **ret_why)
{
	const struct gen_pool_chunk *chunk;

	for (chunk = first_chunk(pool); chunk; chunk = chunk->next) {
		size_t nr_words = words_of(chunk->nr_bits);
		size_t nr_set = 0, word;

		for (word = 0; word < nr_words; word++)
			nr_set += (size_t)__builtin_popcountll(
				atomic_load(&chunk->bits[word]));
		*ret_why = "bit set beyond the last unit of a chunk";
		if (find_set(chunk->bits, nr_words * BITS_PER_WORD,
			     chunk->nr_bits) < nr_words * BITS_PER_WORD)
			return -EUCLEAN;
		*ret_why = "bitmap and free bytes of a chunk disagree";
		if (chunk->size - (nr_set << pool->min_alloc_order) !=
		    atomic_load(&chunk->avail))
			return -EUCLEAN;
	}
	return 0;
}
