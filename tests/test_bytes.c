// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes of files, by each compressor that this build has: in pieces of any
 * size, again from the start, from a pipe, cut, damaged, with failing calls;
 * and a long text in little memory. What textfile.c adds is in test_textfile.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
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
#define TRACE_TEXT "a-1 [000] 1.0: unmap: IOMMU: iova=0 size=4096\n"
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
	__has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_THREAD__) && !defined(SANITIZED)
#define SANITIZED 1
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* Into PACKED_MAX bytes; the size. */
static size_t pack_plain(const char *text, size_t size, char *to)
{
	memcpy(to, text, size);
	return size;
}

static size_t pack_zstd(const char *text, size_t size, char *to)
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
static size_t pack_xz(const char *text, size_t size, char *to)
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
static size_t pack_gzip(const char *text, size_t size, char *to)
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

static unsigned nr_open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned nr = 0;

	assert_non_null(dir);
	while (readdir(dir))
		nr++;
	closedir(dir);
	return nr;
}

static int setup(void **state)
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

static int teardown(void **state)
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
static void put_file(const struct fixture *fx, const void *data, size_t size)
{
	FILE *out = fopen(fx->path, "wb");

	assert_non_null(out);
	assert_int_equal(fwrite(data, 1, size, out), size);
	assert_int_equal(fclose(out), 0);
}

static void append_file(const struct fixture *fx, const void *data, size_t size)
{
	FILE *out = fopen(fx->path, "ab");

	assert_non_null(out);
	assert_int_equal(fwrite(data, 1, size, out), size);
	assert_int_equal(fclose(out), 0);
}

/* All there is, in pieces, into fx->got. */
static int read_pieces(struct fixture *fx, struct bytes *b, size_t piece,
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

static void expect_text(struct fixture *fx, struct bytes *b, size_t piece,
			const char *text, size_t size)
{
	size_t got = 0;

	if (read_pieces(fx, b, piece, &got))
		fail_msg("%s", fx->why);
	assert_int_equal(got, size);
	assert_memory_equal(fx->got, text, size);
}

static void expect_error(struct fixture *fx, int err, const char *reason)
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

/* Pieces of each size, and twice. */
static void test_bytes__pieces(void **state)
{
	static const size_t pieces[] = { 1,	 7,	    4096,
					 131072, TEXT_SIZE, TEXT_SIZE + 1 };
	struct fixture *fx = *state;
	struct bytes *b;

	for (size_t i = 0; i < ARRAY_SIZE(packers); i++) {
		put_file(fx, fx->packed[i], fx->size[i]);
		if (bytes_open(fx->path, BYTES_AGAIN, &b, fx->why))
			fail_msg("%s", fx->why);
		assert_string_equal(bytes_name(b), fx->path);
		for (size_t p = 0; p < ARRAY_SIZE(pieces); p++) {
			expect_text(fx, b, pieces[p], fx->text, TEXT_SIZE);
			bytes_rewind(b);
			/* Given up halfway. */
			assert_int_equal(bytes_read(b, fx->got, 100,
						    &(size_t){ 0 }, fx->why),
					 0);
			bytes_rewind(b);
		}
		bytes_close(b);
	}
	bytes_close(NULL);
}

static void test_bytes__frames(void **state)
{
	struct fixture *fx = *state;
	char *twice = malloc(2 * TEXT_SIZE);
	struct bytes *b;

	assert_non_null(twice);
	memcpy(twice, fx->text, TEXT_SIZE);
	memcpy(twice + TEXT_SIZE, fx->text, TEXT_SIZE);
	for (size_t i = 0; i < ARRAY_SIZE(packers); i++) {
		put_file(fx, fx->packed[i], fx->size[i]);
		append_file(fx, fx->packed[i], fx->size[i]);
		assert_int_equal(bytes_open(fx->path, BYTES_ONCE, &b, fx->why),
				 0);
		expect_text(fx, b, 5000, twice, 2 * TEXT_SIZE);
		bytes_close(b);
	}
	free(twice);
}

/* zstd's frames to skip, of each number; pzstd begins with one. */
static void test_bytes__skipped_frames(void **state)
{
	struct fixture *fx = *state;
	char skip[12] = "\x50\x2a\x4d\x18\4\0\0\0abcd";
	struct bytes *b;

	for (unsigned i = 0; i < 16; i++) {
		skip[0] = (char)(0x50 + i);
		put_file(fx, skip, sizeof(skip));
		append_file(fx, fx->packed[1], fx->size[1]);
		append_file(fx, skip, sizeof(skip));
		assert_int_equal(bytes_open(fx->path, BYTES_ONCE, &b, fx->why),
				 0);
		expect_text(fx, b, 5000, fx->text, TEXT_SIZE);
		bytes_close(b);
	}
}

/* Cut anywhere behind the magic; a cut magic is text. */
static void test_bytes__cut(void **state)
{
	struct fixture *fx = *state;
	unsigned nr = 0;

	for (size_t i = 1; i < ARRAY_SIZE(packers); i++) {
		size_t step = fx->size[i] / 60;

		for (size_t cut = packers[i].magic; cut < fx->size[i];
		     cut += cut < 64 ? 1 : step, nr++) {
			put_file(fx, fx->packed[i], cut);
			expect_error(fx, -EINVAL, packers[i].cut);
		}
		put_file(fx, fx->packed[i], fx->size[i] - 1);
		expect_error(fx, -EINVAL, packers[i].cut);
		put_file(fx, fx->packed[i], fx->size[i]);
		append_file(fx, fx->packed[i], fx->size[i] - 1);
		expect_error(fx, -EINVAL, packers[i].cut);
		put_file(fx, fx->packed[i], fx->size[i]);
		append_file(fx, "text behind the end", 19);
		expect_error(fx, -EINVAL, packers[i].other);
	}
	assert_true(nr >= 100 * (ARRAY_SIZE(packers) - 1));
}

/* A byte turned over, anywhere. */
static void test_bytes__damaged(void **state)
{
	struct fixture *fx = *state;

	for (size_t i = 1; i < ARRAY_SIZE(packers); i++) {
		unsigned nr_refused = 0;

		for (size_t at = 0; at < fx->size[i]; at += fx->size[i] / 97) {
			struct bytes *b;
			size_t size = 0;
			int err;

			fx->packed[i][at] ^= 0x55;
			put_file(fx, fx->packed[i], fx->size[i]);
			fx->packed[i][at] ^= 0x55;
			err = bytes_open(fx->path, BYTES_AGAIN, &b, fx->why);
			if (!err) {
				err = read_pieces(fx, b, 4096, &size);
				bytes_close(b);
			}
			assert_true(!err || err == -EINVAL || err == -ENOTSUP);
			if (err)
				assert_memory_equal(fx->why, fx->path,
						    strlen(fx->path));
			nr_refused += err != 0;
		}
		/* All but what is in no checksum; a magic makes it text. */
		assert_true(nr_refused > 90);
	}
}

/* A window of 256 MiB, which nobody asks for by chance. */
static void test_bytes__window(void **state)
{
	struct fixture *fx = *state;
	ZSTD_CCtx *ctx = ZSTD_createCCtx();
	ZSTD_inBuffer in = { fx->text, TEXT_SIZE, 0 };
	ZSTD_outBuffer out = { fx->got, sizeof(fx->got), 0 };

	assert_non_null(ctx);
	ZSTD_CCtx_setParameter(ctx, ZSTD_c_windowLog, 28);
	ZSTD_CCtx_setParameter(ctx, ZSTD_c_compressionLevel, 1);
	assert_false(ZSTD_isError(
		ZSTD_compressStream2(ctx, &out, &in, ZSTD_e_flush)));
	assert_int_equal(ZSTD_compressStream2(ctx, &out, &in, ZSTD_e_end), 0);
	ZSTD_freeCCtx(ctx);
	put_file(fx, fx->got, out.pos);
	expect_error(fx, -EINVAL,
		     "Frame requires too much memory for decoding");
#if HAVE_XZ
	lzma_options_lzma options;
	lzma_filter filters[] = { { LZMA_FILTER_LZMA2, &options },
				  { LZMA_VLI_UNKNOWN, NULL } };
	size_t size = 0;

	assert_false(lzma_lzma_preset(&options, 0));
	options.dict_size = 256u << 20;
	assert_int_equal(lzma_stream_buffer_encode(
				 filters, LZMA_CHECK_CRC32, NULL,
				 (uint8_t *)fx->text, TEXT_SIZE,
				 (uint8_t *)fx->got, &size, sizeof(fx->got)),
			 LZMA_OK);
	put_file(fx, fx->got, size);
	expect_error(fx, -EINVAL,
		     "xz data that needs more than 80 MiB of memory");
#endif
}

/* What this build lacks, and what it would take. */
static void test_bytes__lacking(void **state)
{
	struct fixture *fx = *state;

	put_file(fx, "\xfd\x37zXZ\0", 6);
#if HAVE_XZ
	expect_error(fx, -EINVAL, "the xz data ends early");
#else
	expect_error(fx, -ENOTSUP,
		     "compressed by xz: this build lacks liblzma (install "
		     "liblzma-dev and rebuild)");
#endif
	put_file(fx, "\x1f\x8b", 2);
#if HAVE_GZIP
	expect_error(fx, -EINVAL, "the gzip data ends early");
#else
	expect_error(fx, -ENOTSUP,
		     "compressed by gzip: this build lacks zlib (install "
		     "zlib1g-dev and rebuild)");
#endif
}

/* A process that writes all of it into a pipe, which becomes stdin. Returns
 * what stdin was. */
static int feed_stdin(const char *data, size_t size, pid_t *ret)
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

static void restore_stdin(int saved, pid_t child)
{
	if (saved >= 0) {
		dup2(saved, STDIN_FILENO);
		close(saved);
	} else {
		close(STDIN_FILENO);
	}
	waitpid(child, NULL, 0);
}

/* A pipe is copied, so that it can be read again; or read once. */
static void test_bytes__pipe(void **state)
{
	struct fixture *fx = *state;
	struct bytes *b;

	for (size_t i = 0; i < ARRAY_SIZE(packers); i++) {
		for (unsigned again = 0; again < 2; again++) {
			pid_t child;
			int saved =
				feed_stdin(fx->packed[i], fx->size[i], &child);
			int err = bytes_open("-",
					     again ? BYTES_AGAIN : BYTES_ONCE,
					     &b, fx->why);

			assert_int_equal(err, 0);
			assert_string_equal(bytes_name(b), "stdin");
			for (unsigned n = 0; n <= again; n++) {
				expect_text(fx, b, 70000, fx->text, TEXT_SIZE);
				if (again)
					bytes_rewind(b);
			}
			bytes_close(b);
			restore_stdin(saved, child);
		}
	}
}

static void test_bytes__fifo(void **state)
{
	struct fixture *fx = *state;
	struct bytes *b;
	pid_t child;

	assert_int_equal(mkfifo(fx->path, 0600), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		FILE *out = fopen(fx->path, "wb");
		bool ok = out &&
			  fwrite(fx->text, 1, TEXT_SIZE, out) == TEXT_SIZE;

		_exit(!ok || fclose(out));
	}
	assert_int_equal(bytes_open(fx->path, BYTES_AGAIN, &b, fx->why), 0);
	expect_text(fx, b, 4096, fx->text, TEXT_SIZE);
	bytes_rewind(b);
	expect_text(fx, b, 4095, fx->text, TEXT_SIZE);
	bytes_close(b);
	waitpid(child, NULL, 0);
}

/* stdin from a file that was read in part starts where it stands. */
static void test_bytes__stdin_file(void **state)
{
	struct fixture *fx = *state;
	int saved = dup(STDIN_FILENO);
	struct bytes *b;
	int fd;

	put_file(fx, fx->text, TEXT_SIZE);
	fd = open(fx->path, O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(lseek(fd, 1000, SEEK_SET), 1000);
	assert_true(dup2(fd, STDIN_FILENO) >= 0);
	assert_int_equal(bytes_open("-", BYTES_AGAIN, &b, fx->why), 0);
	if (saved >= 0)
		dup2(saved, STDIN_FILENO);
	close(saved);
	close(fd);
	for (unsigned n = 0; n < 2; n++) {
		expect_text(fx, b, 4096, fx->text + 1000, TEXT_SIZE - 1000);
		bytes_rewind(b);
	}
	assert_int_equal(bytes_plain_file(b, &fd, fx->why), 0);
	assert_int_equal(pread(fd, fx->got, 10, 0), 10);
	assert_memory_equal(fx->got, fx->text + 1000, 10);
	close(fd);
	bytes_close(b);
}

static void test_bytes__plain_file(void **state)
{
	struct fixture *fx = *state;

	for (size_t i = 0; i < ARRAY_SIZE(packers); i++) {
		struct bytes *b;
		int fd;

		put_file(fx, fx->packed[i], fx->size[i]);
		assert_int_equal(bytes_open(fx->path, BYTES_AGAIN, &b, fx->why),
				 0);
		assert_int_equal(bytes_plain_file(b, &fd, fx->why), 0);
		bytes_close(b);
		assert_int_equal(pread(fd, fx->got, TEXT_SIZE + 1, 0),
				 TEXT_SIZE);
		assert_memory_equal(fx->got, fx->text, TEXT_SIZE);
		close(fd);
	}
}

/* Where the copy cannot be made: no such folder, and no room for it. */
static void test_bytes__no_room(void **state)
{
	struct fixture *fx = *state;
	const char *dir = getenv("TMPDIR");
	char *saved_dir = dir ? strdup(dir) : NULL;
	struct rlimit small, saved_limit;
	struct bytes *b;
	char why[TRACE_WHY_SIZE];
	pid_t child;
	int saved, err;

	setenv("TMPDIR", "/dev/null/x", 1);
	saved = feed_stdin(fx->text, 1000, &child);
	err = bytes_open("-", BYTES_AGAIN, &b, fx->why);
	restore_stdin(saved, child);
	assert_int_equal(err, -ENOTDIR);
	assert_string_equal(fx->why, "stdin: copying it to /dev/null/x: Not a "
				     "directory");

	setenv("TMPDIR", fx->dir, 1);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &saved_limit);
	small = saved_limit;
	small.rlim_cur = 65536;
	saved = feed_stdin(fx->text, TEXT_SIZE, &child);
	setrlimit(RLIMIT_FSIZE, &small);
	err = bytes_open("-", BYTES_AGAIN, &b, fx->why);
	setrlimit(RLIMIT_FSIZE, &saved_limit);
	restore_stdin(saved, child);
	snprintf(why, sizeof(why), "stdin: copying it to %s: File too large",
		 fx->dir);
	assert_string_equal(fx->why, why);
	assert_int_equal(err, -EFBIG);
	if (saved_dir)
		setenv("TMPDIR", saved_dir, 1);
	else
		unsetenv("TMPDIR");
	free(saved_dir);
}

/* A binary file of trace-cmd, or its beginning, is known for what it is,
 * however it comes. */
static void test_bytes__trace_dat(void **state)
{
	static const char dat[] = "\x17\x08\x44tracing6";
	struct fixture *fx = *state;
	char why[TRACE_WHY_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(packers); i++) {
		struct trace trace = { 0 };
		size_t size = packers[i].pack(dat, sizeof(dat), fx->got);

		put_file(fx, fx->got, size);
		assert_true(trace_load(fx->path, &trace, fx->why) < 0);
		snprintf(why, sizeof(why), "%s: ", fx->path);
		assert_memory_equal(fx->why, why, strlen(why));
		assert_null(strstr(fx->why, "not a trace line"));
	}
}

/* Each call that can fail does, once and for good. */
static void test_bytes__failures(void **state)
{
	struct fixture *fx = *state;
	unsigned nr_failed = 0;

	for (size_t i = 0; i < ARRAY_SIZE(packers); i++) {
		unsigned n = 1;
		int err;

		put_file(fx, fx->got,
			 packers[i].pack(TRACE_TEXT, sizeof(TRACE_TEXT) - 1,
					 fx->got));
		do {
			struct trace trace = { .nr_events = 77 };
			char *name;

			inject_arm(INJECT_FAIL, n, ENOMEM, n % 2);
			err = trace_load(fx->path, &trace, fx->why);
			if (inject_disarm() < n) {
				assert_int_equal(err, 0);
				assert_int_equal(trace.nr_events, 1);
				trace_free(&trace);
				break;
			}
			assert_int_equal(err, -ENOMEM);
			assert_int_equal(trace.nr_events, 77);
			name = strstr(fx->why, ": Cannot allocate memory");
			assert_non_null(name);
			assert_memory_equal(fx->why, fx->path,
					    (size_t)(name - fx->why));
			nr_failed++;
			n++;
		} while (n < 1000);
		assert_true(n < 1000);
	}
	assert_true(nr_failed >= 12 * ARRAY_SIZE(packers));
}

/* The copy of a pipe: the same. */
static void test_bytes__copy_failures(void **state)
{
	struct fixture *fx = *state;
	unsigned n;

	for (n = 1; n < 1000; n++) {
		struct bytes *b = NULL;
		pid_t child;
		int saved = feed_stdin(fx->text, 1000, &child);
		int err;

		inject_arm(INJECT_FAIL, n, EIO, n % 2);
		err = bytes_open("-", BYTES_AGAIN, &b, fx->why);
		if (inject_disarm() < n) {
			assert_int_equal(err, 0);
			restore_stdin(saved, child);
			expect_text(fx, b, 100, fx->text, 1000);
			bytes_close(b);
			break;
		}
		restore_stdin(saved, child);
		assert_true(err == -EIO || err == -ENOMEM);
		assert_null(b);
	}
	assert_true(n >= 8 && n < 1000);
}

/* Signals and short writes are no failures. */
static void test_bytes__goes_on(void **state)
{
	struct fixture *fx = *state;
	unsigned nr_hits = 0, n, nr_calls = 1;

	for (n = 1; n <= nr_calls; n++) {
		for (unsigned cut = 0; cut < 2; cut++) {
			struct bytes *b = NULL;
			pid_t child;
			int saved = feed_stdin(fx->text, TEXT_SIZE, &child);
			bool is_io;
			int err;

			inject_arm(cut ? INJECT_SHORT : INJECT_FAIL, n, EINTR,
				   0);
			err = bytes_open("-", BYTES_AGAIN, &b, fx->why);
			nr_calls = inject_disarm();
			restore_stdin(saved, child);
			is_io = !strcmp(inject_hit(), "write") ||
				!strcmp(inject_hit(), "read");
			if (err) {
				assert_false(is_io);
				continue;
			}
			expect_text(fx, b, 4096, fx->text, TEXT_SIZE);
			bytes_close(b);
			nr_hits += is_io;
		}
		assert_true(n < 1000);
	}
	/* At least three pieces are read and written. */
	assert_true(nr_hits >= 9);
}

/* A file that is another at each reading is read once. */
static void test_bytes__of_the_kernel(void **state)
{
	static const char path[] = "/proc/sys/kernel/random/uuid";
	struct fixture *fx = *state;
	char first[64];
	struct bytes *b;
	size_t size;

	if (access(path, R_OK))
		skip();
	assert_int_equal(bytes_open(path, BYTES_AGAIN, &b, fx->why), 0);
	assert_int_equal(bytes_read(b, first, sizeof(first), &size, fx->why),
			 0);
	assert_int_equal(size, 37);
	bytes_rewind(b);
	expect_text(fx, b, 64, first, size);
	bytes_close(b);
}

static uint64_t address_space(void)
{
	FILE *in = fopen("/proc/self/statm", "r");
	unsigned long pages = 0;

	assert_non_null(in);
	assert_int_equal(fscanf(in, "%lu", &pages), 1);
	fclose(in);
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* 200 MiB of text while no more than 32 MiB can be had. */
static void test_bytes__little_memory(void **state)
{
	struct fixture *fx = *state;
	size_t line = sizeof(TRACE_TEXT) - 1;
	size_t nr_lines = TEXT_SIZE / line, size;
	unsigned nr_frames = (200u << 20) / TEXT_SIZE + 1;
	int status;
	pid_t child;

	if (SANITIZED)
		skip();
	for (size_t i = 0; i < nr_lines; i++)
		memcpy(fx->text + i * line, TRACE_TEXT, line);
	size = pack_zstd(fx->text, nr_lines * line, fx->packed[1]);
	put_file(fx, "", 0);
	for (unsigned i = 0; i < nr_frames; i++)
		append_file(fx, fx->packed[1], size);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		struct rlimit limit = { address_space() + (32u << 20),
					RLIM_INFINITY };
		struct trace_source *src;
		struct trace trace;

		setrlimit(RLIMIT_AS, &limit);
		if (trace_source_file(fx->path, &src, fx->why) ||
		    trace_open(src, 1000, &trace, fx->why)) {
			fprintf(stderr, "%s\n", fx->why);
			_exit(1);
		}
		_exit(trace.nr_events != nr_lines * nr_frames);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bytes__pieces),
		TEST(test_bytes__frames),
		TEST(test_bytes__skipped_frames),
		TEST(test_bytes__cut),
		TEST(test_bytes__damaged),
		TEST(test_bytes__window),
		TEST(test_bytes__lacking),
		TEST(test_bytes__pipe),
		TEST(test_bytes__fifo),
		TEST(test_bytes__stdin_file),
		TEST(test_bytes__plain_file),
		TEST(test_bytes__no_room),
		TEST(test_bytes__trace_dat),
		TEST(test_bytes__failures),
		TEST(test_bytes__copy_failures),
		TEST(test_bytes__goes_on),
		TEST(test_bytes__of_the_kernel),
		TEST(test_bytes__little_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
