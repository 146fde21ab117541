/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What bytes.c knows of a kind of compression: one const struct per library.
 *
 * Concurrency: a state has one user.
 */
#ifndef BYTES_CODEC_H
#define BYTES_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a step is: it moves both positions, never past the sizes. */
struct bytes_step {
	const uint8_t *in;
	size_t in_pos, in_size;
	bool in_ends; /* nothing comes behind in_size */
	uint8_t *out;
	size_t out_pos, out_size;
	bool between;	    /* written: the data may end here */
	const char *reason; /* written with -EINVAL; a constant */
};

struct bytes_codec {
	int (*open)(void **ret); /* 0 or -ENOMEM */
	/* Goes on as far as it can. 0, also if it cannot; -EINVAL; -ENOMEM. */
	int (*step)(void *state, struct bytes_step *step);
	void (*close)(void *state);
};

extern const struct bytes_codec bytes_zstd, bytes_xz, bytes_gzip;

#endif /* BYTES_CODEC_H */
