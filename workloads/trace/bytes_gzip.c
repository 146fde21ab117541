// SPDX-License-Identifier: GPL-2.0-only
/*
 * gzip by zlib: members in a row. What follows the last and is none, zeros
 * too, is refused.
 *
 * Cost: the library's. Memory: 32 KiB and some.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#include "bytes_codec.h"

#define GZIP_ONLY (MAX_WBITS + 16)

struct gzip {
	z_stream stream;
	bool ended; /* a member has */
};

static int gzip_open(void **ret)
{
	struct gzip *gz = calloc(1, sizeof(*gz));

	if (!gz)
		return -ENOMEM;
	if (inflateInit2(&gz->stream, GZIP_ONLY) != Z_OK) {
		free(gz);
		return -ENOMEM;
	}
	*ret = gz;
	return 0;
}

static int gzip_step(void *state, struct bytes_step *step)
{
	struct gzip *gz = state;
	z_stream *stream = &gz->stream;
	int ret;

	if (gz->ended && inflateReset(stream) != Z_OK)
		return -ENOMEM;
	stream->next_in = (z_const Bytef *)(step->in + step->in_pos);
	stream->avail_in = (uInt)(step->in_size - step->in_pos);
	stream->next_out = step->out + step->out_pos;
	stream->avail_out = (uInt)(step->out_size - step->out_pos);
	ret = inflate(stream, Z_NO_FLUSH);
	step->in_pos = step->in_size - stream->avail_in;
	step->out_pos = step->out_size - stream->avail_out;
	gz->ended = ret == Z_STREAM_END;
	step->between = gz->ended;
	if (ret == Z_OK || ret == Z_STREAM_END || ret == Z_BUF_ERROR)
		return 0;
	if (ret == Z_MEM_ERROR)
		return -ENOMEM;
	step->reason = "the gzip data is damaged";
	return -EINVAL;
}

static void gzip_close(void *state)
{
	struct gzip *gz = state;

	inflateEnd(&gz->stream);
	free(gz);
}

const struct bytes_codec bytes_gzip = { gzip_open, gzip_step, gzip_close };
