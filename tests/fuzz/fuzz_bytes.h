/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The input of a structured target, taken from the front. Behind its end
 * there are zeros, so that every input means something.
 */
#ifndef FUZZ_BYTES_H
#define FUZZ_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
	const uint8_t *next;
	size_t left;
};

static inline uint8_t take_u8(struct bytes *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->next++;
}

static inline uint16_t take_u16(struct bytes *in)
{
	unsigned low = take_u8(in);

	return (uint16_t)(low | (unsigned)take_u8(in) << 8);
}

static inline uint32_t take_u32(struct bytes *in)
{
	uint32_t low = take_u16(in);

	return low | (uint32_t)take_u16(in) << 16;
}

#endif /* FUZZ_BYTES_H */
