// SPDX-License-Identifier: GPL-2.0-only
/*
 * That ThreadSanitizer sees what it is for: for each strategy a child whose
 * threads use memory that was not told of threads, so that locks are none, must
 * end with a report; a child that told it must not. Without this, silence of
 * the other suites proves nothing.
 *
 * Skipped (exit status 77) in builds without -Db_sanitize=thread. gen_pool
 * takes no lock with threads either, so genalloc has no deadly child;
 * slab_dma32 and null go wrong without a report where a thread meets a broken
 * list first, so that any bad end counts.
 */
#include <stdio.h>
#include <stdlib.h>

#include "under_tsan.h"

#define EXIT_SKIPPED 77

#if UNDER_TSAN

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "v7s_fixture.h"

#define EXIT_REPORTED 66 /* ThreadSanitizer's own */
#define NR_PAIRS 3000
#define NR_HELD 40
#define WATCHDOG_S 20

struct worker {
	struct l2_strategy *l2;
	unsigned cpu;
	pthread_barrier_t *start;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	struct l2_table table[NR_HELD] = { { 0 } };

	pthread_barrier_wait(w->start);
	for (unsigned i = 0; i < NR_PAIRS; i++) {
		struct l2_table *t = &table[i * 7 % NR_HELD];

		if (t->va)
			l2_free(w->l2, w->cpu, t);
		if (l2_alloc_zeroed(w->l2, w->cpu, GFP_ATOMIC, t))
			t->va = NULL;
	}
	return NULL;
}

static void child(const char *text, bool told)
{
	struct l2_env env = { .nr_cpus = 2,
			      .max_tables = 4096,
			      .zone_gfp = GFP_DMA32,
			      .threads = told };
	struct worker worker[2];
	pthread_barrier_t start;
	pthread_t thread[2];
	struct l2_strategy *l2;
	struct l2_spec spec;
	char why[200];
	int null = open("/dev/null", O_WRONLY);

	dup2(null, STDERR_FILENO);
	alarm(WATCHDOG_S);
	if (physmem_create(machine_profile_find("x86-2g"), &env.pm) ||
	    l2_spec_parse(text, &spec, why, sizeof(why)))
		_exit(1);
	physmem_set_nr_cpus(env.pm, 2);
	physmem_set_threads(env.pm, told);
	if (l2_create(&spec, &env, &l2))
		_exit(1);
	pthread_barrier_init(&start, NULL, 2);
	for (unsigned i = 0; i < 2; i++) {
		worker[i] = (struct worker){ l2, i, &start };
		if (pthread_create(&thread[i], NULL, work, &worker[i]))
			_exit(1);
	}
	for (unsigned i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	exit(0); /* not _exit(): the status is ThreadSanitizer's to change */
}

static int status_of(const char *text, bool told)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid)
		child(text, told);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void test_tsan__sees_missing_locks(void **state)
{
	const struct l2_strategy_ops *const *ops;
	unsigned nr_seen = 0, nr_reported = 0;

	(void)state;
	for (ops = l2_strategies; *ops; ops++) {
		int status = status_of((*ops)->name, true);

		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
		if (!strcmp((*ops)->name, "genalloc"))
			continue;
		status = status_of((*ops)->name, false);
		assert_int_not_equal(status, 0);
		nr_reported += WIFEXITED(status) &&
			       WEXITSTATUS(status) == EXIT_REPORTED;
		nr_seen++;
	}
	assert_true(nr_seen >= 4);
	assert_true(nr_reported >= 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tsan__sees_missing_locks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
	fprintf(stderr, "not built with ThreadSanitizer\n");
	return EXIT_SKIPPED;
}

#endif
