// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target of files, compressed or not: any bytes are read or refused with a
 * reason, and in pieces of any size, and once more, the same comes out.
 */
#include "fuzz_target.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bytes.h"
#include "textfile.h"
#include "trace_source.h"

#define TEXT_MAX ((size_t)1 << 16)

/* The whole of it in pieces; what textfile.c said must be said again. */
static void check_pieces(struct bytes *bytes, size_t piece, int err,
			 const char *text, size_t size)
{
	char why[TRACE_WHY_SIZE] = "";
	char buf[64];
	size_t at = 0, got = 1;
	int ret = 0;

	while (!ret && got) {
		ret = bytes_read(bytes, buf, piece, &got, why);
		if (ret)
			break;
		CHECK(got <= piece);
		CHECK(err ||
		      (got <= size - at && !memcmp(buf, text + at, got)));
		at += got;
		/* There may be more than was wanted of it. */
		if (err == -EFBIG && at > TEXT_MAX)
			return;
	}
	CHECK(ret == err && (!ret || *why));
	CHECK(ret || at == size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64], why[TRACE_WHY_SIZE] = "";
	size_t piece = 1 + (size ? data[size - 1] % 64 : 0);
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct bytes *bytes;
	size_t text_size = 0;
	char *text = NULL;
	int err;

	CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	err = textfile_read_max(path, TEXT_MAX, &text, &text_size, why);
	CHECK(!err || err == -EINVAL || err == -EFBIG || err == -ENOTSUP);
	CHECK(!err == !!text);
	CHECK(!err || !memcmp(why, path, strlen(path)));
	if (err != -ENOTSUP) {
		CHECK(!bytes_open(path, BYTES_AGAIN, &bytes, why));
		for (unsigned i = 0; i < 2; i++) {
			check_pieces(bytes, piece, err, text, text_size);
			bytes_rewind(bytes);
		}
		bytes_close(bytes);
	}
	free(text);
	close(fd);
	return 0;
}
