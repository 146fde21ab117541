// SPDX-License-Identifier: GPL-2.0-only
/*
 * That AddressSanitizer sees into the arena: for every strategy a child that
 * reads a freed table must die with a report, and one that reads a live one
 * must not. Without this, a sanitized run of the other suites proves nothing
 * about use after free, since the arena is one mapping to the sanitizer.
 *
 * Skipped (exit status 77) in builds without -Db_sanitize=address. jemalloc is
 * in none with it. The link of a freed table, 8 bytes at the instance's
 * link_offset, stays readable: the allocators themselves use it.
 */
#include "mm_fixture.h"

#include <stdio.h>

#include "l2_decorators.h"
#include "track.h"

#define EXIT_SKIPPED 77

#ifdef TRACK_ASAN

#define NR_TABLES 64
#define VICTIM 21

/* The bytes next to a link are those after 4.20's and around 6.1's. */
static const struct read {
	unsigned offset;
	bool freed;
} reads[] = {
	{ 0, false },
	{ L2_TABLE_SIZE - 1, false },
	{ L2_LINK_SIZE, true },
	{ 500, true },
	{ L2_LINK_OFFSET - 1, true },
	{ L2_LINK_OFFSET + L2_LINK_SIZE, true },
	{ L2_TABLE_SIZE - 1, true },
};

#define NR_DEADLY 5

/* Links elsewhere than the defaults of all strategies have them. */
static const struct {
	const char *text;
	struct read read;
} others[] = {
	{ "slab_dma32", { 0, true } },
	{ "slab_dma32:kernel=4.20", { L2_LINK_SIZE, true } },
	{ "slab_dma32:kernel=4.20", { L2_LINK_OFFSET, true } },
	{ "slab_dma32:impl=slab", { 0, true } },
	{ "slab_dma32:impl=slab", { L2_LINK_OFFSET - 1, true } },
	{ "slab_dma32:debug=P", { 0, true } },
	{ "slab_dma32:debug=P", { L2_LINK_OFFSET, true } },
	{ "slab_dma32:debug=FZPU", { L2_TABLE_SIZE - 1, true } },
	/* Behind an object and before one: red zones. */
	{ "slab_dma32:debug=FZPU", { L2_TABLE_SIZE, false } },
	{ "slab_dma32:debug=FZPU", { 3 * L2_TABLE_SIZE - 1, false } },
};

static void child(const char *text, const struct read *r)
{
	struct l2_env env = {
		.pm = small_machine(),
		.nr_cpus = 2,
		.max_tables = 4096,
		.zone_gfp = GFP_DMA32,
	};
	struct l2_table table[NR_TABLES];
	volatile const char *va;
	struct l2_strategy *l2;
	struct l2_spec spec;
	char why[128];

	if (l2_spec_parse(text, &spec, why, sizeof(why)) ||
	    l2_create(&spec, &env, &l2))
		_exit(EXIT_SKIPPED);
	for (unsigned i = 0; i < NR_TABLES; i++)
		if (l2_alloc_zeroed(l2, 0, GFP_ATOMIC, &table[i]))
			_exit(EXIT_SKIPPED);
	if (r->freed)
		l2_free(l2, 0, &table[VICTIM]);
	va = table[VICTIM].va;
	(void)va[r->offset];
	_exit(0);
}

/* Runs child; its status, and the start of what it wrote to stderr. */
static int run_child(const char *text, const struct read *r, char *ret_text,
		     size_t size)
{
	size_t used = 0;
	int fd[2], status;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		close(fd[0]);
		dup2(fd[1], STDERR_FILENO);
		child(text, r);
	}
	close(fd[1]);
	while (used < size - 1 &&
	       (n = read(fd[0], ret_text + used, size - 1 - used)) > 0)
		used += (size_t)n;
	ret_text[used] = '\0';
	close(fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void test_asan__sees_freed_tables(void **state)
{
	static char text[1 << 16];
	const struct l2_strategy_ops *const *ops;
	unsigned nr_deaths = 0, nr_strategies = 0;

	(void)state;
	for (ops = l2_strategies; *ops; ops++, nr_strategies++)
		for (size_t i = 0; i < ARRAY_SIZE(reads); i++) {
			int status = run_child((*ops)->name, &reads[i], text,
					       sizeof(text));

			if (!reads[i].freed) {
				assert_int_equal(status, 0);
				assert_string_equal(text, "");
				continue;
			}
			if (!status || !strstr(text, "use-after-poison"))
				fail_msg("%s: byte %u of a freed table read",
					 (*ops)->name, reads[i].offset);
			nr_deaths++;
		}
	assert_true(nr_strategies >= 6);
	assert_int_equal(nr_deaths, NR_DEADLY * nr_strategies);
}

static void test_asan__sees_by_link(void **state)
{
	static char text[1 << 16];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		int status = run_child(others[i].text, &others[i].read, text,
				       sizeof(text));

		if (!status || !strstr(text, "use-after-poison"))
			fail_msg("%s: byte %u read", others[i].text,
				 others[i].read.offset);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asan__sees_freed_tables),
		cmocka_unit_test(test_asan__sees_by_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
	fprintf(stderr, "not built with AddressSanitizer\n");
	return EXIT_SKIPPED;
}

#endif
