// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of a page table as text; see dump.h.
 *
 * Models nothing; the format is that of golden vectors (conform.h), which hides
 * where tables lie. Cost: a walk of the whole table. Concurrency: nobody else
 * in the table.
 */
#include "dump.h"

#include <inttypes.h>
#include <stdio.h>

#include "fnv.h"
#include "v7s.h"

#define LINE_SIZE 64

struct dump {
	dump_line_fn fn;
	void *ctx;
	uint32_t table_mask; /* bits of a table's descriptor that are shown */
	struct dump_summary sums;
};

static void format_entry(const struct dump *dump, const struct v7s_entry *entry,
			 char *ret, size_t size)
{
	if (entry->is_table)
		snprintf(ret, size, "  L1[0x%04x] table+0x%03" PRIx32,
			 entry->l1_index, entry->pte & dump->table_mask);
	else if (entry->l2_index < 0)
		snprintf(ret, size, "  L1[0x%04x] 0x%08" PRIx32,
			 entry->l1_index, entry->pte);
	else
		snprintf(ret, size, "  L2[0x%04x][0x%02x] 0x%08" PRIx32,
			 entry->l1_index, (unsigned)entry->l2_index,
			 entry->pte);
}

static void dump_entry(void *ctx, const struct v7s_entry *entry)
{
	struct dump *dump = ctx;
	struct dump_summary *sums = &dump->sums;
	char line[LINE_SIZE];

	sums->l1_nonzero += entry->l2_index < 0;
	sums->l2_tables += entry->is_table;
	sums->l2_nonzero += entry->l2_index >= 0;
	format_entry(dump, entry, line, sizeof(line));
	sums->fnv1a64 = fnv_step(fnv_text(sums->fnv1a64, line), '\n');
	if (dump->fn)
		dump->fn(dump->ctx, line);
}

void dump_table(const struct v7s *table, dump_line_fn fn, void *ctx,
		struct dump_summary *ret)
{
	struct dump dump = {
		.fn = fn,
		.ctx = ctx,
		.table_mask = 0x3ff,
		.sums = { .fnv1a64 = FNV_INIT },
	};

	/* These bits hold the table's own paddr, which is no result. */
	if (v7s_config(table)->quirks & V7S_QUIRK_MTK_TTBR_EXT)
		dump.table_mask &= ~0x230u;
	v7s_walk(table, dump_entry, &dump);
	*ret = dump.sums;
}
