// SPDX-License-Identifier: GPL-2.0-only
/*
 * xz by liblzma: streams in a row, with padding.
 *
 * Cost and memory: the library's; xz -9 needs 65 MiB, more than LIMIT is
 * refused.
 */
#include <errno.h>
#include <lzma.h>
#include <stdlib.h>

#include "bytes_codec.h"

#define LIMIT ((uint64_t)80 << 20)

static int xz_open(void **ret)
{
	static const lzma_stream empty = LZMA_STREAM_INIT;
	lzma_stream *stream = malloc(sizeof(*stream));

	if (!stream)
		return -ENOMEM;
	*stream = empty;
	if (lzma_stream_decoder(stream, LIMIT, LZMA_CONCATENATED) != LZMA_OK) {
		free(stream);
		return -ENOMEM;
	}
	*ret = stream;
	return 0;
}

static int xz_step(void *state, struct bytes_step *step)
{
	lzma_stream *stream = state;
	lzma_ret ret;

	stream->next_in = step->in + step->in_pos;
	stream->avail_in = step->in_size - step->in_pos;
	stream->next_out = step->out + step->out_pos;
	stream->avail_out = step->out_size - step->out_pos;
	ret = lzma_code(stream, step->in_ends ? LZMA_FINISH : LZMA_RUN);
	step->in_pos = step->in_size - stream->avail_in;
	step->out_pos = step->out_size - stream->avail_out;
	step->between = ret == LZMA_STREAM_END;
	switch (ret) {
	case LZMA_OK:
	case LZMA_STREAM_END:
	case LZMA_BUF_ERROR: /* no progress */
		return 0;
	case LZMA_MEM_ERROR:
		return -ENOMEM;
	case LZMA_MEMLIMIT_ERROR:
		step->reason = "xz data that needs more than 80 MiB of memory";
		break;
	case LZMA_OPTIONS_ERROR:
		step->reason = "xz data of a kind that liblzma does not know";
		break;
	default:
		step->reason = "the xz data is damaged";
	}
	return -EINVAL;
}

static void xz_close(void *state)
{
	lzma_end(state);
	free(state);
}

const struct bytes_codec bytes_xz = { xz_open, xz_step, xz_close };
