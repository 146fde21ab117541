// SPDX-License-Identifier: GPL-2.0-only
/*
 * zstd by libzstd, with frames that are skipped.
 *
 * Cost and memory: the library's; a window above 128 MiB, which no level of
 * zstd needs unless asked for by --long=28 and more, is refused.
 */
#include <errno.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "bytes_codec.h"

#define WINDOW_LOG 27

static int zstd_open(void **ret)
{
	ZSTD_DCtx *ctx = ZSTD_createDCtx();

	if (!ctx)
		return -ENOMEM;
	ZSTD_DCtx_setParameter(ctx, ZSTD_d_windowLogMax, WINDOW_LOG);
	*ret = ctx;
	return 0;
}

static int zstd_step(void *state, struct bytes_step *step)
{
	ZSTD_inBuffer in = { step->in, step->in_size, step->in_pos };
	ZSTD_outBuffer out = { step->out, step->out_size, step->out_pos };
	size_t left = ZSTD_decompressStream(state, &out, &in);

	step->in_pos = in.pos;
	step->out_pos = out.pos;
	step->between = !left;
	if (!ZSTD_isError(left))
		return 0;
	if (ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation)
		return -ENOMEM;
	step->reason = ZSTD_getErrorName(left);
	return -EINVAL;
}

static void zstd_close(void *state)
{
	ZSTD_freeDCtx(state);
}

const struct bytes_codec bytes_zstd = { zstd_open, zstd_step, zstd_close };
