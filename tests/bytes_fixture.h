/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file with a text in it, packed by each compressor that this build has, and
 * what reading it must give. For tests of bytes.c; after cmocka.h.
 */
#ifndef BYTES_FIXTURE_H
#define BYTES_FIXTURE_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zstd.h>
#if HAVE_XZ
#include <lzma.h>
#endif
#if HAVE_GZIP
#include <zlib.h>
#endif

#include "bytes.h"
#include "inject.h"
#include "trace.h"

#define TEXT_SIZE ((size_t)300000)
#define PACKED_MAX (2 * TEXT_SIZE)
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Into PACKED_MAX bytes; the size. */
static inline size_t pack_plain(const char *text, size_t size, char *to)
{
	memcpy(to, text, size);
	return size;
}

static inline size_t pack_zstd(const char *text, size_t size, char *to)
{
	ZSTD_CCtx *ctx = ZSTD_createCCtx();
	size_t got;

	assert_non_null(ctx);
	ZSTD_CCtx_setParameter(ctx, ZSTD_c_checksumFlag, 1);
	ZSTD_CCtx_setParameter(ctx, ZSTD_c_compressionLevel, 1);
	got = ZSTD_compress2(ctx, to, PACKED_MAX, text, size);
	ZSTD_freeCCtx(ctx);
	assert_false(ZSTD_isError(got));
	return got;
}

#if HAVE_XZ
static inline size_t pack_xz(const char *text, size_t size, char *to)
{
	size_t got = 0;

	assert_int_equal(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL,
						 (const uint8_t *)text, size,
						 (uint8_t *)to, &got,
						 PACKED_MAX),
			 LZMA_OK);
	return got;
}
#endif

#if HAVE_GZIP
static inline size_t pack_gzip(const char *text, size_t size, char *to)
{
	z_stream s = { 0 };

	assert_int_equal(deflateInit2(&s, 1, Z_DEFLATED, MAX_WBITS + 16, 8,
				      Z_DEFAULT_STRATEGY),
			 Z_OK);
	s.next_in = (Bytef *)(uintptr_t)text;
	s.avail_in = (uInt)size;
	s.next_out = (Bytef *)to;
	s.avail_out = PACKED_MAX;
	assert_int_equal(deflate(&s, Z_FINISH), Z_STREAM_END);
	deflateEnd(&s);
	return s.total_out;
}
#endif

static const struct packer {
	const char *name;
	size_t (*pack)(const char *text, size_t size, char *to);
	size_t magic;	   /* cut behind it, the data is damaged */
	const char *cut;   /* reasons */
	const char *other; /* text behind the end */
} packers[] = {
	{ "plain", pack_plain, 0, NULL, NULL },
	{ "zstd", pack_zstd, 4, "the zstd data ends early",
	  "Unknown frame descriptor" },
#if HAVE_XZ
	{ "xz", pack_xz, 6, "the xz data ends early",
	  "the xz data is damaged" },
#endif
#if HAVE_GZIP
	{ "gzip", pack_gzip, 2, "the gzip data ends early",
	  "the gzip data is damaged" },
#endif
};

/* A folder, in it a file; and a text, packed each way. */
struct fixture {
	char dir[64];
	char path[80];
	char text[TEXT_SIZE];
	char packed[ARRAY_SIZE(packers)][PACKED_MAX];
	size_t size[ARRAY_SIZE(packers)];
	char got[3 * TEXT_SIZE];
	char why[TRACE_WHY_SIZE];
	unsigned nr_files; /* open before the test */
};

static inline unsigned nr_open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned nr = 0;

	assert_non_null(dir);
	while (readdir(dir))
		nr++;
	closedir(dir);
	return nr;
}

static inline int setup(void **state)
{
	struct fixture *fx = calloc(1, sizeof(*fx));
	uint32_t word = 1;

	if (!fx)
		return -1;
	snprintf(fx->dir, sizeof(fx->dir), "/tmp/test_bytes_XXXXXX");
	if (!mkdtemp(fx->dir))
		return -1;
	snprintf(fx->path, sizeof(fx->path), "%s/file", fx->dir);
	for (size_t i = 0; i < TEXT_SIZE; i++) {
		word = word * 1664525u + 1013904223u;
		fx->text[i] = (char)('a' + (word >> 28));
	}
	for (size_t i = 0; i < ARRAY_SIZE(packers); i++)
		fx->size[i] =
			packers[i].pack(fx->text, TEXT_SIZE, fx->packed[i]);
	fx->nr_files = nr_open_files();
	*state = fx;
	return 0;
}

static inline int teardown(void **state)
{
	struct fixture *fx = *state;

	/* Whatever the test has met, nothing stays open. */
	assert_int_equal(nr_open_files(), fx->nr_files);
	unlink(fx->path);
	rmdir(fx->dir);
	free(fx);
	return 0;
}

/* In the place of what is there. */
static inline void put_file(const struct fixture *fx, const void *data,
			    size_t size)
{
	FILE *out = fopen(fx->path, "wb");

	assert_non_null(out);
	assert_int_equal(fwrite(data, 1, size, out), size);
	assert_int_equal(fclose(out), 0);
}

static inline void append_file(const struct fixture *fx, const void *data,
			       size_t size)
{
	FILE *out = fopen(fx->path, "ab");

	assert_non_null(out);
	assert_int_equal(fwrite(data, 1, size, out), size);
	assert_int_equal(fclose(out), 0);
}

/* All there is, in pieces, into fx->got. */
static inline int read_pieces(struct fixture *fx, struct bytes *b, size_t piece,
			      size_t *ret)
{
	size_t size = 0, got;
	int err;

	do {
		assert_true(size + piece <= sizeof(fx->got));
		err = bytes_read(b, fx->got + size, piece, &got, fx->why);
		if (err)
			return err;
		size += got;
	} while (got == piece);
	/* And once more: the end stays the end. */
	err = bytes_read(b, fx->got + size, 1, &got, fx->why);
	assert_true(err || !got);
	*ret = size;
	return err;
}

static inline void expect_text(struct fixture *fx, struct bytes *b,
			       size_t piece, const char *text, size_t size)
{
	size_t got = 0;

	if (read_pieces(fx, b, piece, &got))
		fail_msg("%s", fx->why);
	assert_int_equal(got, size);
	assert_memory_equal(fx->got, text, size);
}

static inline void expect_error(struct fixture *fx, int err, const char *reason)
{
	char why[TRACE_WHY_SIZE];
	struct bytes *b;
	size_t size;
	int got = bytes_open(fx->path, BYTES_AGAIN, &b, fx->why);

	if (!got) {
		got = read_pieces(fx, b, 4096, &size);
		bytes_close(b);
	}
	snprintf(why, sizeof(why), "%s: %s", fx->path, reason);
	assert_string_equal(fx->why, why);
	assert_int_equal(got, err);
}

/* A process that writes all of it into a pipe, which becomes stdin. Returns
 * what stdin was. */
static inline int feed_stdin(const char *data, size_t size, pid_t *ret)
{
	int saved = dup(STDIN_FILENO);
	int fd[2];

	assert_int_equal(pipe(fd), 0);
	*ret = fork();
	assert_true(*ret >= 0);
	if (!*ret) {
		close(fd[0]);
		while (size) {
			ssize_t put = write(fd[1], data, size);

			if (put <= 0)
				_exit(1);
			data += put;
			size -= (size_t)put;
		}
		_exit(0);
	}
	close(fd[1]);
	assert_true(dup2(fd[0], STDIN_FILENO) >= 0);
	close(fd[0]);
	return saved;
}

static inline void restore_stdin(int saved, pid_t child)
{
	if (saved >= 0) {
		dup2(saved, STDIN_FILENO);
		close(saved);
	} else {
		close(STDIN_FILENO);
	}
	waitpid(child, NULL, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif /* BYTES_FIXTURE_H */
