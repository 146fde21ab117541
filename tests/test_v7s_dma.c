// SPDX-License-Identifier: GPL-2.0-only
/*
 * A walker that does not see the caches: that lines are not only counted, but
 * written back, from the first to the last. Counts: test_v7s_options.c.
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "v7s_fixture.h"
#include "v7s_table.h"

/* An emulator may do nothing for DC CVAC, qemu-user does; then there is nothing
 * to be seen here. */
static bool emulated_away(const char *forbidden)
{
#ifdef __aarch64__
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (!child) {
		signal(SIGSEGV, SIG_DFL);
		__asm__ volatile("dc cvac, %0" : : "r"(forbidden) : "memory");
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status);
#else
	(void)forbidden;
	return false;
#endif
}

/* Whether handing over size bytes at va touches memory that may not be. */
static bool touches(struct v7s *table, const char *va, size_t size)
{
	struct v7s_op op = { .cpu = 0 };
	struct v7s_call call = v7s_call_begin(table, &op);
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (!child) {
		signal(SIGSEGV, SIG_DFL);
		v7s_dma_map(&call, va, size);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) || WTERMSIG(status) == SIGSEGV);
	return WIFSIGNALED(status);
}

/* A line that is written back is one that the MMU looks up. */
static void test_v7s_dma__lines_are_written_back(void **state)
{
	static const enum v7s_walker walkers[] = { V7S_NONCOHERENT,
						   V7S_NONCOHERENT_FLUSH };
	char *gap, *end, *va;

	(void)state;
#if !defined(__x86_64__) && !defined(__i386__) && !defined(__aarch64__)
	skip(); /* such a walker is refused */
#endif
	va = mmap(NULL, 3 * PAGE_SIZE, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(va, MAP_FAILED);
	gap = va + PAGE_SIZE;
	end = gap + PAGE_SIZE;
	memset(va, 1, 3 * PAGE_SIZE);
	assert_int_equal(mprotect(gap, PAGE_SIZE, PROT_NONE), 0);
	if (emulated_away(gap))
		skip();
	for (unsigned i = 0; i < ARRAY_SIZE(walkers); i++) {
		bool flush = walkers[i] == V7S_NONCOHERENT_FLUSH;
		struct v7s_config cfg = config_plain;
		struct fixture f;

		cfg.walker = walkers[i];
		fixture_open(&f, &cfg);
		assert_false(touches(f.table, gap - 1024, 1024));
		assert_false(touches(f.table, end, 1024));
		assert_int_equal(touches(f.table, gap - 960, 1024), flush);
		assert_int_equal(touches(f.table, gap - 4, 8), flush);
		assert_int_equal(touches(f.table, end - 64, 1024), flush);
		assert_int_equal(touches(f.table, gap, 4), flush);
		fixture_close(&f);
	}
	munmap(va, 3 * PAGE_SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_v7s_dma__lines_are_written_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
