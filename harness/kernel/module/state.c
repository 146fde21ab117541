// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a page table holds, as golden vectors have it: a line for each entry
 * that is not zero, and FNV-1a over the lines.
 *
 * Bits that hold a table's own address are no result and are masked.
 *
 * Cost: about 200 instructions an entry, which is why lines are not printed
 * with vsnprintf().
 */
#include <linux/io-pgtable.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "v7sbench.h"

struct state_walk {
	struct pgtable_state *state;
	bool list;
	u32 table_mask; /* bits of a table's descriptor that are shown */
};

/* The nr lowest hex digits of value, written so that they end before end. */
static void put_hex(char *end, unsigned int nr, u32 value)
{
	while (nr--) {
		*--end = "0123456789abcdef"[value & 15];
		value >>= 4;
	}
}

static size_t format_entry(const struct pgtable_entry *entry, u32 table_mask,
			   char *line)
{
	static const char table[] = "  L1[0x....] table+0x...\n";
	static const char section[] = "  L1[0x....] 0x........\n";
	static const char page[] = "  L2[0x....][0x..] 0x........\n";

	if (entry->is_table) {
		memcpy(line, table, sizeof(table));
		put_hex(line + 24, 3, entry->pte & table_mask);
		put_hex(line + 11, 4, entry->l1_index);
		return sizeof(table) - 1;
	}
	if (entry->l2_index < 0) {
		memcpy(line, section, sizeof(section));
		put_hex(line + 23, 8, entry->pte);
		put_hex(line + 11, 4, entry->l1_index);
		return sizeof(section) - 1;
	}
	memcpy(line, page, sizeof(page));
	put_hex(line + 29, 8, entry->pte);
	put_hex(line + 17, 2, entry->l2_index);
	put_hex(line + 11, 4, entry->l1_index);
	return sizeof(page) - 1;
}

static void state_entry(void *ctx, const struct pgtable_entry *entry)
{
	struct state_walk *walk = ctx;
	struct pgtable_state *state = walk->state;
	u64 hash = state->hash;
	char line[40];
	size_t i, size;

	if (entry->l2_index < 0) {
		cond_resched();
		state->l1_nonzero++;
		state->l2_tables += entry->is_table;
	} else {
		state->l2_nonzero++;
	}
	size = format_entry(entry, walk->table_mask, line);
	for (i = 0; i < size; i++)
		hash = fnv_step(hash, (u8)line[i]);
	state->hash = hash;
	if (walk->list)
		answer_text(line, size);
}

void pgtable_state(struct io_pgtable_ops *ops, bool list,
		   struct pgtable_state *ret)
{
	struct io_pgtable *iop = io_pgtable_ops_to_pgtable(ops);
	struct state_walk walk = {
		.state = ret,
		.list = list,
		.table_mask = 0x3ff,
	};

	if (compat_tables_anywhere(iop->cfg.quirks))
		walk.table_mask &= ~0x230u;
	*ret = (struct pgtable_state){ .hash = FNV_INIT };
	driver_walk(ops, state_entry, &walk);
}
