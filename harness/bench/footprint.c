// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a subject holds after a long churn, and whether what it hands out is
 * aligned and does not overlap.
 *
 * Strategies say themselves what they hold. Of a library it is by how much the
 * resident memory of a child process grew, so that the heap of this one stays
 * as new; every table is touched. What the library had before is not counted.
 *
 * Cost: 200000 calls. Concurrency: none.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"
#include "sequence.h"

#define NR_TOGGLES 200000
#define GOLDEN_SEED 0x9E3779B97F4A7C15ull

static uint64_t resident_bytes(void)
{
	FILE *in = fopen("/proc/self/smaps_rollup", "r");
	unsigned long long kib = 0;
	char line[128];

	while (in && fgets(line, sizeof(line), in))
		if (sscanf(line, "Rss: %llu", &kib) == 1)
			break;
	if (in)
		fclose(in);
	return kib * 1024;
}

static int compare_va(const void *a, const void *b)
{
	const unsigned char *x = *(unsigned char *const *)a;
	const unsigned char *y = *(unsigned char *const *)b;

	return (x > y) - (x < y);
}

/* Whether any two tables in use share a byte; -ENOMEM if one cannot tell. */
static int overlap(const struct l2_table *table, unsigned nr)
{
	unsigned char **va = calloc(nr, sizeof(*va));
	unsigned nr_live = 0;
	int ret = 0;

	if (!va)
		return -ENOMEM;
	for (unsigned i = 0; i < nr; i++)
		if (table[i].va)
			va[nr_live++] = table[i].va;
	qsort(va, nr_live, sizeof(*va), compare_va);
	for (unsigned i = 1; i < nr_live; i++)
		ret |= va[i] - va[i - 1] < (ptrdiff_t)L2_TABLE_SIZE;
	free(va);
	return ret;
}

static int toggle_all(struct subject *subject, struct l2_table *table,
		      unsigned nr_tables, unsigned *ret_misaligned)
{
	uint64_t x = GOLDEN_SEED;
	unsigned nr_misaligned = 0;

	for (unsigned i = 0; i < NR_TOGGLES; i++) {
		uint32_t slot = sequence_below(&x, nr_tables);
		struct tally tally = { 0, false };

		subject->plain->toggle(&subject->heap[1], table, &slot, 1,
				       &tally);
		if (tally.failed)
			return -ENOMEM;
		if (!table[slot].va)
			continue;
		*(volatile unsigned char *)table[slot].va = 1;
		nr_misaligned += (tally.bits & (L2_TABLE_SIZE - 1)) != 0;
	}
	*ret_misaligned = nr_misaligned;
	return 0;
}

/* What a child tells of a library. */
struct told {
	int err;
	unsigned nr_misaligned;
	uint64_t held_bytes;
	uint64_t payload_bytes;
};

static uint64_t live_bytes(const struct l2_table *table, unsigned nr)
{
	uint64_t sum = 0;

	while (nr--)
		sum += table[nr].va ? L2_TABLE_SIZE : 0;
	return sum;
}

static void churn(struct subject *subject, struct l2_table *table, unsigned nr,
		  struct told *ret)
{
	struct tally tally = { 0, false };
	uint64_t before;
	int err;

	/* What code needs of memory comes in before the count. */
	resident_bytes();
	subject->plain->pair(&subject->heap[1], table, nr, &tally);
	before = resident_bytes();
	err = toggle_all(subject, table, nr, &ret->nr_misaligned);
	ret->held_bytes = resident_bytes() - before;
	ret->payload_bytes = live_bytes(table, nr);
	if (!err)
		err = overlap(table, nr);
	ret->err = err > 0 ? -EUCLEAN : err;
}

static void churn_in_child(struct subject *subject, struct l2_table *table,
			   unsigned nr, struct told *ret)
{
	struct told told = { .err = -EIO };
	int fd[2], status;
	pid_t pid;

	*ret = told;
	if (pipe(fd))
		return;
	pid = fork();
	if (!pid) {
		churn(subject, table, nr, &told);
		_exit(write(fd[1], &told, sizeof(told)) != sizeof(told));
	}
	close(fd[1]);
	if (pid < 0 || read(fd[0], &told, sizeof(told)) != sizeof(told))
		told.err = -EIO;
	close(fd[0]);
	if (pid > 0)
		waitpid(pid, &status, 0);
	*ret = told;
}

/* The contract of a strategy, as far as it shows from here. */
static int verify(const struct subject *subject, unsigned nr_misaligned,
		  const char **ret_why)
{
	struct l2_strategy *l2 = subject->heap[1].l2;

	*ret_why = "misaligned tables";
	if (nr_misaligned)
		return -EUCLEAN;
	*ret_why = "a report of the guard";
	if (l2_reports_total(&subject->reports))
		return -EUCLEAN;
	return l2->ops->check(l2, ret_why);
}

int churn_footprint(const struct subjects *s, unsigned nr,
		    struct l2_table *table, struct figures *figures,
		    char *ret_why, size_t why_size)
{
	struct subject *subject = &s->row[nr];
	struct l2_strategy *l2 = subject->heap[1].l2;
	struct told told = { 0 };
	struct l2_usage usage;
	const char *what;

	if (l2)
		churn(subject, table, s->nr_tables, &told);
	else
		churn_in_child(subject, table, s->nr_tables, &told);
	what = told.err == -EUCLEAN  ? "tables overlap"
	       : told.err == -ENOMEM ? "out of memory"
				     : "lost in a child process";
	if (!told.err && l2) {
		l2->ops->usage(l2, &usage);
		told.held_bytes =
			usage.pages_held * PAGE_SIZE + usage.metadata_bytes;
		told.err = verify(subject, told.nr_misaligned, &what);
	}
	if (told.err) {
		snprintf(ret_why, why_size, "%s: %s", subject->name, what);
		return told.err;
	}
	figures->held_bytes[nr] = told.held_bytes;
	figures->payload_bytes[nr] = told.payload_bytes;
	figures->nr_misaligned[nr] = told.nr_misaligned;
	return 0;
}
