// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes of what cannot be read twice: pipes, stdin, files that the kernel makes
 * anew for each reading.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "bytes_fixture.h"

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

/* Whatever fails while a pipe is copied. */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bytes__pipe),
		TEST(test_bytes__fifo),
		TEST(test_bytes__stdin_file),
		TEST(test_bytes__copy_failures),
		TEST(test_bytes__of_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
