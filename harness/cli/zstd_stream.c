// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compression behind a FILE; see zstd_stream.h.
 *
 * Cost: that of zstd's default level, and a copy. Invariant: a frame is ended
 * once, by closing. Concurrency: none.
 */
#include "zstd_stream.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <zstd.h>

#define OUT_SIZE ((size_t)128 << 10)

struct zstd_stream {
	FILE *to;
	ZSTD_CCtx *ctx;
	char out[OUT_SIZE];
};

/* Whether all of it could be written. */
static bool compress(struct zstd_stream *s, ZSTD_inBuffer *in,
		     ZSTD_EndDirective how)
{
	size_t left;

	do {
		ZSTD_outBuffer out = { s->out, sizeof(s->out), 0 };

		left = ZSTD_compressStream2(s->ctx, &out, in, how);
		if (ZSTD_isError(left)) {
			errno = ENOMEM;
			return false;
		}
		if (fwrite(s->out, 1, out.pos, s->to) != out.pos)
			return false;
	} while (how == ZSTD_e_end ? left : in->pos < in->size);
	return true;
}

static ssize_t stream_write(void *cookie, const char *data, size_t size)
{
	ZSTD_inBuffer in = { data, size, 0 };

	return compress(cookie, &in, ZSTD_e_continue) ? (ssize_t)size : 0;
}

static int stream_close(void *cookie)
{
	struct zstd_stream *s = cookie;
	ZSTD_inBuffer none = { NULL, 0, 0 };
	bool fine = compress(s, &none, ZSTD_e_end);

	ZSTD_freeCCtx(s->ctx);
	free(s);
	return fine ? 0 : EOF;
}

FILE *zstd_stream_open(FILE *to)
{
	static const cookie_io_functions_t calls = {
		.write = stream_write,
		.close = stream_close,
	};
	struct zstd_stream *s = calloc(1, sizeof(*s));
	FILE *stream = NULL;

	if (!s)
		return NULL;
	s->to = to;
	s->ctx = ZSTD_createCCtx();
	/* So that a cut is noticed. */
	if (s->ctx && !ZSTD_isError(ZSTD_CCtx_setParameter(
			      s->ctx, ZSTD_c_checksumFlag, 1)))
		stream = fopencookie(s, "w", calls);
	if (!stream) {
		ZSTD_freeCCtx(s->ctx);
		free(s);
	}
	return stream;
}
