// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whole text files: bytes.c read to the end into one buffer.
 *
 * Cost: that of reading, and of growing the buffer by doubling. Invariant: it
 * does not grow above the limit plus the closing NUL.
 */
#include "textfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "trace_source.h"

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

static int read_all(struct bytes *bytes, size_t max, struct buffer *buf,
		    char *why)
{
	size_t got = 1;
	char over;
	int err;

	while (got) {
		bool full;

		err = buffer_grow(buf, max);
		full = err == -EFBIG;
		/* At the limit, one more byte tells an end from an excess. */
		if (!err || full)
			err = bytes_read(bytes,
					 full ? &over : buf->data + buf->size,
					 full ? 1 : buf->room - buf->size, &got,
					 why);
		else
			snprintf(why, TRACE_WHY_SIZE, "%s: %s",
				 bytes_name(bytes), strerror(-err));
		if (err)
			return err;
		if (full && got) {
			snprintf(why, TRACE_WHY_SIZE,
				 "%s: more text than can be read",
				 bytes_name(bytes));
			return -EFBIG;
		}
		buf->size += got;
	}
	return 0;
}

int textfile_read_max(const char *path, size_t max, char **ret_text,
		      size_t *ret_size, char *why)
{
	struct buffer buf = { 0 };
	struct bytes *bytes;
	int err;

	err = bytes_open(path, BYTES_ONCE, &bytes, why);
	if (err)
		return err;
	err = read_all(bytes, max, &buf, why);
	bytes_close(bytes);
	if (err) {
		free(buf.data);
		return err;
	}
	buf.data[buf.size] = '\0';
	*ret_text = buf.data;
	*ret_size = buf.size;
	return 0;
}

int textfile_read(const char *path, char **ret_text, size_t *ret_size,
		  char *why)
{
	return textfile_read_max(path, TEXTFILE_MAX, ret_text, ret_size, why);
}
