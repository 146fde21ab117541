// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes of files, by each compressor that this build has: in pieces of any
 * size, again from the start, cut, damaged, with failing calls; and a long text
 * in little memory. Pipes are in test_bytes_pipe.c; what textfile.c adds is in
 * test_textfile.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/resource.h>

#include "bytes_fixture.h"

#define TRACE_TEXT "a-1 [000] 1.0: unmap: IOMMU: iova=0 size=4096\n"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bytes__pieces),	  TEST(test_bytes__frames),
		TEST(test_bytes__skipped_frames), TEST(test_bytes__cut),
		TEST(test_bytes__damaged),	  TEST(test_bytes__window),
		TEST(test_bytes__lacking),	  TEST(test_bytes__plain_file),
		TEST(test_bytes__no_room),	  TEST(test_bytes__trace_dat),
		TEST(test_bytes__failures),	  TEST(test_bytes__goes_on),
		TEST(test_bytes__little_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
