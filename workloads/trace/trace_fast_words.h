/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Words and numbers of the fast path, as text: see trace_fast_lines.h, which
 * includes this.
 *
 * Cost: eight characters at a time.
 */
#ifndef TRACE_FAST_WORDS_H
#define TRACE_FAST_WORDS_H

#include "trace_fast.h"

#ifndef FAST_FN
#define FAST_FN static inline
#endif

FAST_FN uint64_t fast_word(const char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return le64toh(word);
}

FAST_FN uint32_t fast_half_word(const char *p)
{
	uint32_t word;

	memcpy(&word, p, sizeof(word));
	return le32toh(word);
}

#ifndef FAST_HEX_16
#define FAST_HEX_16 fast_hex_16
FAST_FN bool fast_hex_16(const char *p, uint64_t *ret)
{
	uint64_t high, low;

	if (!line_hex_8(p, &high) || !line_hex_8(p + 8, &low))
		return false;
	*ret = high << 32 | low;
	return true;
}
#endif

#ifndef FAST_HEX_PAIR
#define FAST_HEX_PAIR fast_hex_pair
FAST_FN bool fast_hex_pair(const char *a, const char *b, uint64_t *ret_a,
			   uint64_t *ret_b)
{
	return FAST_HEX_16(a, ret_a) && FAST_HEX_16(b, ret_b);
}
#endif

#ifndef FAST_BLANK
#define FAST_BLANK fast_blank
/* Where the first blank is; FAST_BLOCK if it is not in a block. */
FAST_FN unsigned fast_blank(const char *p)
{
	for (unsigned i = 0; i < FAST_BLOCK; i += 8) {
		uint64_t x = fast_word(p + i) ^ LINE_BYTES(' ');

		x = (x - LINE_BYTES(1)) & ~x & LINE_BYTES(0x80);
		if (x)
			return i + (unsigned)__builtin_ctzll(x) / 8;
	}
	return FAST_BLOCK;
}
#endif

/* Of eight values of digits, the first in the lowest byte. */
FAST_FN uint64_t fast_decimal(uint64_t digits)
{
	digits = (digits * 10 + (digits >> 8)) & 0x00ff00ff00ff00ffu;
	digits = (digits * 100 + (digits >> 16)) & 0x0000ffff0000ffffu;
	return (digits * 10000 + (digits >> 32)) & UINT32_MAX;
}

/* One to eight digits; how many, or 0. */
FAST_FN unsigned fast_number(const char *p, uint64_t *ret)
{
	uint64_t x = fast_word(p) ^ LINE_BYTES('0');
	/* Carries go up only: the lowest bit is of the first that is none. */
	uint64_t none = ((x + LINE_BYTES(0x76)) | x) & LINE_BYTES(0x80);
	unsigned bits = none ? (unsigned)__builtin_ctzll(none) & 0x38 : 64;

	if (!bits)
		return 0;
	*ret = fast_decimal(x << (64 - bits));
	return bits / 8;
}

#endif /* TRACE_FAST_WORDS_H */
