// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a subject holds after a long churn, and whether what it hands out is
 * aligned and does not overlap.
 *
 * Strategies say themselves what they hold. Of a library it is by how much the
 * resident memory of the process grew; every table is touched. Memory that the
 * library had before is not counted, the pages of its code are.
 *
 * Cost: 200000 calls. Concurrency: none.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

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

static int complain(const struct subject *subject, const char *what, int err,
		    char *ret_why, size_t why_size)
{
	snprintf(ret_why, why_size, "%s: %s", subject->name, what);
	return err;
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

/* The contract of a strategy, as far as it shows from here. */
static int verify(const struct subject *subject, const char **ret_why)
{
	struct l2_strategy *l2 = subject->heap[1].l2;

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
	uint64_t before = resident_bytes();
	struct l2_usage usage;
	const char *what = "tables overlap";
	int err = toggle_all(subject, table, s->nr_tables,
			     &figures->nr_misaligned[nr]);

	if (err)
		return complain(subject, "out of memory", err, ret_why,
				why_size);
	figures->held_bytes[nr] = resident_bytes() - before;
	for (unsigned i = 0; i < s->nr_tables; i++)
		if (table[i].va)
			figures->payload_bytes[nr] += L2_TABLE_SIZE;
	err = overlap(table, s->nr_tables);
	if (err > 0)
		err = -EUCLEAN;
	if (!err && l2) {
		l2->ops->usage(l2, &usage);
		figures->held_bytes[nr] =
			usage.pages_held * PAGE_SIZE + usage.metadata_bytes;
		what = "misaligned tables";
		err = figures->nr_misaligned[nr] ? -EUCLEAN
						 : verify(subject, &what);
	}
	return err ? complain(subject, what, err, ret_why, why_size) : 0;
}
