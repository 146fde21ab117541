// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fast path of trace text for x86-64 with AVX2: see trace_fast_lines.h. On
 * other machines this file is empty, and compilers make vectors of the portable
 * loop, as far as they can.
 *
 * Cost: 32 bytes of a shape at a time, 16 hex digits at once.
 */
#ifdef __x86_64__
#include <immintrin.h>

#define FAST_FN static inline __attribute__((target("avx2,bmi,bmi2")))
#define FAST_FITS avx2_fits
#define FAST_HEX_16 avx2_hex_16
#define FAST_HEX_PAIR avx2_hex_pair
#define FAST_BLANK avx2_blank

#include "trace_fast.h"

FAST_FN __m256i load_32(const void *p)
{
	return _mm256_loadu_si256(p);
}

/* Bytes of a that are at most those of b. */
FAST_FN __m256i at_most(__m256i a, __m256i b)
{
	return _mm256_cmpeq_epi8(_mm256_min_epu8(a, b), a);
}

FAST_FN bool avx2_fits(const struct fast_shape *shape, const char *p)
{
	__m256i good = _mm256_set1_epi8(-1);

	for (unsigned i = 0; i < shape->nr_blocks; i++) {
		size_t at = (size_t)i * FAST_BLOCK;
		__m256i x = _mm256_sub_epi8(load_32(p + at),
					    load_32(shape->lo + at));
		__m256i avoid = load_32(shape->avoid + at);
		__m256i in_span;

		x = _mm256_and_si256(x, load_32(shape->keep + at));
		in_span = at_most(x, load_32(shape->span + at));
		good = _mm256_and_si256(
			good, _mm256_andnot_si256(_mm256_cmpeq_epi8(x, avoid),
						  in_span));
	}
	return _mm256_movemask_epi8(good) == -1;
}

/* Two times 16 digits; their values, each in the lower half of a lane, with the
 * highest digits first. */
FAST_FN bool hex_values(__m256i c, __m256i *ret)
{
	__m256i digit = _mm256_sub_epi8(c, _mm256_set1_epi8('0'));
	__m256i letter =
		_mm256_sub_epi8(_mm256_or_si256(c, _mm256_set1_epi8(0x20)),
				_mm256_set1_epi8('a'));
	__m256i decimal = at_most(digit, _mm256_set1_epi8(9));
	__m256i other = at_most(letter, _mm256_set1_epi8(5));
	__m256i value;

	if (_mm256_movemask_epi8(_mm256_or_si256(decimal, other)) != -1)
		return false;
	value = _mm256_blendv_epi8(
		_mm256_add_epi8(letter, _mm256_set1_epi8(10)), digit, decimal);
	/* A pair of digits to a byte. */
	value = _mm256_maddubs_epi16(value, _mm256_set1_epi16(0x0110));
	*ret = _mm256_packus_epi16(value, value);
	return true;
}

FAST_FN bool avx2_hex_pair(const char *a, const char *b, uint64_t *ret_a,
			   uint64_t *ret_b)
{
	__m128i low = _mm_loadu_si128((const __m128i *)(const void *)a);
	__m128i high = _mm_loadu_si128((const __m128i *)(const void *)b);
	__m256i value;

	if (!hex_values(_mm256_set_m128i(high, low), &value))
		return false;
	*ret_a = be64toh((uint64_t)_mm256_extract_epi64(value, 0));
	*ret_b = be64toh((uint64_t)_mm256_extract_epi64(value, 2));
	return true;
}

FAST_FN bool avx2_hex_16(const char *p, uint64_t *ret)
{
	uint64_t same;

	return avx2_hex_pair(p, p, ret, &same);
}

FAST_FN unsigned avx2_blank(const char *p)
{
	__m256i blank = _mm256_cmpeq_epi8(load_32(p), _mm256_set1_epi8(' '));
	unsigned mask = (unsigned)_mm256_movemask_epi8(blank);

	return mask ? (unsigned)__builtin_ctz(mask) : FAST_BLOCK;
}

#include "trace_fast_lines.h"

__attribute__((target("avx2,bmi,bmi2"))) int
fast_lines_avx2(struct text_reader *rd, struct text_fast *fast, const char **at,
		const char *end)
{
	return fast_lines(rd, fast, at, end);
}
#else
typedef int nothing_here;
#endif
