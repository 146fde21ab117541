// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whole text files, plain or zstd.
 *
 * The bytes of the file are read first and decompressed after, so that a pipe
 * needs no seek and a read error is never mistaken for damaged data. Several
 * frames in a row, as pzstd and cat make them, are one text. Not done: other
 * compressors, and text that does not fit in memory.
 *
 * Cost: one pass over the bytes, and one over what they decompress to; both
 * buffers are alive together. Invariant: no buffer grows above the limit plus
 * the closing NUL.
 */
#include "textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "trace.h"

#define FIRST_SIZE ((size_t)64 << 10)

struct buffer {
	char *data;
	size_t size;
	size_t room; /* allocated, without the byte for the NUL */
};

/* Makes room for at least one more byte. */
static int buffer_grow(struct buffer *buf, size_t max)
{
	size_t room = buf->room ? buf->room : FIRST_SIZE / 2;
	char *data;

	if (buf->size < buf->room)
		return 0;
	if (buf->room >= max)
		return -EFBIG;
	room = room > max / 2 ? max : room * 2;
	data = realloc(buf->data, room + 1);
	if (!data)
		return -ENOMEM;
	buf->data = data;
	buf->room = room;
	return 0;
}

static int read_all(int fd, size_t max, struct buffer *buf)
{
	char over;

	for (;;) {
		bool full = buffer_grow(buf, max) == -EFBIG;
		ssize_t got;

		if (!full && buf->size == buf->room)
			return -ENOMEM;
		/* At the limit, one more byte tells an end from an excess. */
		got = full ? read(fd, &over, 1)
			   : read(fd, buf->data + buf->size,
				  buf->room - buf->size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			return 0;
		if (full)
			return -EFBIG;
		buf->size += (size_t)got;
	}
}

/* A data frame or a skippable one. */
static bool is_zstd(const struct buffer *buf)
{
	uint32_t magic = 0;

	for (unsigned i = 0; i < 4 && buf->size >= 4; i++)
		magic |= (uint32_t)(uint8_t)buf->data[i] << (8 * i);
	return magic == ZSTD_MAGICNUMBER ||
	       (magic & ZSTD_MAGIC_SKIPPABLE_MASK) ==
		       ZSTD_MAGIC_SKIPPABLE_START;
}

static int decompress(const struct buffer *from, size_t max, struct buffer *to,
		      const char **reason)
{
	ZSTD_inBuffer in = { from->data, from->size, 0 };
	ZSTD_DCtx *ctx = ZSTD_createDCtx();
	size_t left = 1;
	int err = ctx ? 0 : -ENOMEM;

	while (!err && (in.pos < in.size || left)) {
		ZSTD_outBuffer out;
		size_t pos = in.pos;

		err = buffer_grow(to, max);
		if (err)
			break;
		out = (ZSTD_outBuffer){ to->data, to->room, to->size };
		left = ZSTD_decompressStream(ctx, &out, &in);
		if (ZSTD_isError(left)) {
			*reason = ZSTD_getErrorName(left);
			err = -EINVAL;
		} else if (left && in.pos == pos && out.pos == to->size) {
			*reason = "the zstd data ends early";
			err = -EINVAL;
		}
		to->size = out.pos;
	}
	ZSTD_freeDCtx(ctx);
	return err;
}

static int read_path(const char *path, size_t max, struct buffer *buf)
{
	int fd = STDIN_FILENO;
	int err;

	if (strcmp(path, "-"))
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = read_all(fd, max, buf);
	if (fd != STDIN_FILENO)
		close(fd);
	return err;
}

int textfile_read_max(const char *path, size_t max, char **ret_text,
		      size_t *ret_size, char *why)
{
	struct buffer raw = { 0 }, text = { 0 };
	const char *reason = NULL;
	int err;

	err = read_path(path, max, &raw);
	if (!err && is_zstd(&raw)) {
		err = decompress(&raw, max, &text, &reason);
		free(raw.data);
		raw = text;
	}
	if (err) {
		if (!reason && err == -EFBIG)
			reason = "more text than can be read";
		snprintf(why, TRACE_WHY_SIZE, "%s: %s",
			 strcmp(path, "-") ? path : "stdin",
			 reason ? reason : strerror(-err));
		free(raw.data);
		return err;
	}
	raw.data[raw.size] = '\0';
	*ret_text = raw.data;
	*ret_size = raw.size;
	return 0;
}

int textfile_read(const char *path, char **ret_text, size_t *ret_size,
		  char *why)
{
	return textfile_read_max(path, TEXTFILE_MAX, ret_text, ret_size, why);
}
