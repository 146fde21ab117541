// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text files: plain, compressed, damaged, unreadable, and from a pipe.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "textfile.h"
#include "trace.h"

#define TEXT_SIZE 300000u

/* A folder, and in it one file. */
struct fixture {
	char dir[64];
	char path[80];
	char text[TEXT_SIZE];
	char packed[ZSTD_COMPRESSBOUND(TEXT_SIZE)];
	size_t packed_size;
	char why[TRACE_WHY_SIZE];
};

static int setup(void **state)
{
	struct fixture *fx = calloc(1, sizeof(*fx));
	uint32_t word = 1;

	if (!fx)
		return -1;
	snprintf(fx->dir, sizeof(fx->dir), "/tmp/test_textfile_XXXXXX");
	if (!mkdtemp(fx->dir))
		return -1;
	snprintf(fx->path, sizeof(fx->path), "%s/file", fx->dir);
	for (size_t i = 0; i < TEXT_SIZE; i++) {
		word = word * 1664525u + 1013904223u;
		fx->text[i] = (char)('a' + (word >> 28));
	}
	fx->packed_size = ZSTD_compress(fx->packed, sizeof(fx->packed),
					fx->text, TEXT_SIZE, 1);
	*state = fx;
	return ZSTD_isError(fx->packed_size) ? -1 : 0;
}

static int teardown(void **state)
{
	struct fixture *fx = *state;

	unlink(fx->path);
	rmdir(fx->dir);
	free(fx);
	return 0;
}

static void append(const struct fixture *fx, const void *data, size_t size)
{
	FILE *out = fopen(fx->path, "ab");

	assert_non_null(out);
	assert_int_equal(fwrite(data, 1, size, out), size);
	assert_int_equal(fclose(out), 0);
}

/* The file must hold this text. */
static void expect_text(struct fixture *fx, const char *text, size_t size)
{
	char *got = NULL;
	size_t got_size = 0;

	if (textfile_read(fx->path, &got, &got_size, fx->why))
		fail_msg("%s", fx->why);
	assert_int_equal(got_size, size);
	assert_memory_equal(got, text, size);
	assert_int_equal(got[size], '\0');
	free(got);
}

static void expect_error(struct fixture *fx, const char *path, size_t max,
			 int err, const char *reason)
{
	char why[TRACE_WHY_SIZE];
	char *got = fx->text;
	size_t got_size = 77;

	assert_int_equal(textfile_read_max(path, max, &got, &got_size, fx->why),
			 err);
	snprintf(why, sizeof(why), "%s: %s", path, reason);
	assert_string_equal(fx->why, why);
	assert_ptr_equal(got, fx->text);
	assert_int_equal(got_size, 77);
}

static void test_textfile__plain(void **state)
{
	struct fixture *fx = *state;

	append(fx, fx->text, 3);
	expect_text(fx, fx->text, 3);
	append(fx, fx->text + 3, TEXT_SIZE - 3);
	expect_text(fx, fx->text, TEXT_SIZE);
}

static void test_textfile__empty(void **state)
{
	struct fixture *fx = *state;

	append(fx, "", 0);
	expect_text(fx, "", 0);
}

static void test_textfile__zstd(void **state)
{
	struct fixture *fx = *state;

	append(fx, fx->packed, fx->packed_size);
	expect_text(fx, fx->text, TEXT_SIZE);
}

static void test_textfile__frames(void **state)
{
	static const char skipped[] = "\x50\x2a\x4d\x18\x03\0\0\0abc";
	struct fixture *fx = *state;
	char *twice = malloc(2 * TEXT_SIZE);

	assert_non_null(twice);
	memcpy(twice, fx->text, TEXT_SIZE);
	memcpy(twice + TEXT_SIZE, fx->text, TEXT_SIZE);
	append(fx, skipped, sizeof(skipped) - 1);
	append(fx, fx->packed, fx->packed_size);
	append(fx, fx->packed, fx->packed_size);
	expect_text(fx, twice, 2 * TEXT_SIZE);
	free(twice);
}

/* Cut anywhere behind the magic; a cut magic is text. */
static void test_textfile__zstd_cut(void **state)
{
	struct fixture *fx = *state;
	size_t step = fx->packed_size / 100;

	for (size_t cut = 4; cut < fx->packed_size; cut += step) {
		unlink(fx->path);
		append(fx, fx->packed, cut);
		expect_error(fx, fx->path, TEXTFILE_MAX, -EINVAL,
			     "the zstd data ends early");
	}
	unlink(fx->path);
	append(fx, fx->packed, fx->packed_size);
	append(fx, fx->packed, fx->packed_size - 1);
	expect_error(fx, fx->path, TEXTFILE_MAX, -EINVAL,
		     "the zstd data ends early");
	unlink(fx->path);
	append(fx, fx->packed, 3);
	expect_text(fx, fx->packed, 3);
}

static void test_textfile__zstd_damaged(void **state)
{
	struct fixture *fx = *state;

	append(fx, fx->packed, fx->packed_size);
	append(fx, "more", 4);
	expect_error(fx, fx->path, TEXTFILE_MAX, -EINVAL,
		     "Unknown frame descriptor");
}

/* The limit counts what comes out, and what comes in. */
static void test_textfile__limit(void **state)
{
	struct fixture *fx = *state;
	static const char reason[] = "more text than can be read";
	char *got;
	size_t size;

	append(fx, fx->text, TEXT_SIZE);
	expect_error(fx, fx->path, TEXT_SIZE - 1, -EFBIG, reason);
	assert_int_equal(textfile_read_max(fx->path, TEXT_SIZE, &got, &size,
					   fx->why),
			 0);
	assert_int_equal(size, TEXT_SIZE);
	free(got);
	unlink(fx->path);
	append(fx, fx->packed, fx->packed_size);
	assert_true(fx->packed_size < TEXT_SIZE - 1);
	expect_error(fx, fx->path, TEXT_SIZE - 1, -EFBIG, reason);
	assert_int_equal(textfile_read_max(fx->path, TEXT_SIZE, &got, &size,
					   fx->why),
			 0);
	assert_int_equal(size, TEXT_SIZE);
	free(got);
}

/* 256 MiB of zeroes in some KiB. */
static void test_textfile__bomb(void **state)
{
	struct fixture *fx = *state;
	size_t zeroes = (size_t)1 << 20;
	char *zero = calloc(1, zeroes);
	char *frame = malloc(ZSTD_compressBound(zeroes));
	size_t size;

	assert_non_null(zero);
	assert_non_null(frame);
	size = ZSTD_compress(frame, ZSTD_compressBound(zeroes), zero, zeroes,
			     1);
	for (unsigned i = 0; i < 256; i++)
		append(fx, frame, size);
	expect_error(fx, fx->path, zeroes * 16, -EFBIG,
		     "more text than can be read");
	free(frame);
	free(zero);
}

static void test_textfile__unreadable(void **state)
{
	struct fixture *fx = *state;

	expect_error(fx, fx->path, TEXTFILE_MAX, -ENOENT,
		     "No such file or directory");
	expect_error(fx, fx->dir, TEXTFILE_MAX, -EISDIR, "Is a directory");
	expect_error(fx, "/dev/null/x", TEXTFILE_MAX, -ENOTDIR,
		     "Not a directory");
}

/* Reads file descriptor 0 while it is something else. */
static int read_as_stdin(int fd, char **text, size_t *size, char *why)
{
	int saved = dup(STDIN_FILENO);
	int err;

	assert_true(dup2(fd, STDIN_FILENO) >= 0);
	err = textfile_read("-", text, size, why);
	if (saved >= 0)
		dup2(saved, STDIN_FILENO);
	close(saved);
	return err;
}

/* A writer that goes away early leaves a short text, not an error. */
static void test_textfile__stdin(void **state)
{
	struct fixture *fx = *state;
	char *text;
	size_t size;
	int fd[2];

	assert_int_equal(pipe(fd), 0);
	assert_int_equal(write(fd[1], "map: IOM", 8), 8);
	close(fd[1]);
	assert_int_equal(read_as_stdin(fd[0], &text, &size, fx->why), 0);
	assert_string_equal(text, "map: IOM");
	free(text);
	assert_int_equal(read_as_stdin(fd[0], &text, &size, fx->why), 0);
	assert_int_equal(size, 0);
	free(text);
	close(fd[0]);

	assert_int_equal(pipe(fd), 0);
	assert_int_equal(read_as_stdin(fd[1], &text, &size, fx->why), -EBADF);
	assert_string_equal(fx->why, "stdin: Bad file descriptor");
	close(fd[0]);
	close(fd[1]);
}

/* The reader of traces passes both kinds of failure on. */
static void test_textfile__trace_load(void **state)
{
	struct fixture *fx = *state;
	struct trace trace;
	char why[TRACE_WHY_SIZE];

	assert_int_equal(trace_load(fx->path, &trace, fx->why), -ENOENT);
	append(fx, "map: IOM", 8);
	assert_int_equal(trace_load(fx->path, &trace, fx->why), -EINVAL);
	snprintf(why, sizeof(why), "%s:1: no IOMMU: behind the event",
		 fx->path);
	assert_string_equal(fx->why, why);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_textfile__plain),
		TEST(test_textfile__empty),
		TEST(test_textfile__zstd),
		TEST(test_textfile__frames),
		TEST(test_textfile__zstd_cut),
		TEST(test_textfile__zstd_damaged),
		TEST(test_textfile__limit),
		TEST(test_textfile__bomb),
		TEST(test_textfile__unreadable),
		TEST(test_textfile__stdin),
		TEST(test_textfile__trace_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
