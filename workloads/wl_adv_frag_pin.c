// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pinned chunks: of each 32 tables that are taken in a row, one stays.
 *
 * A round maps a page in each of 32 free 1 MiB slots, then unmaps 31 of them
 * as 1 MiB, which frees their tables. An allocator that carves 32 tables from
 * a 32 KiB chunk, and returns a chunk only as a whole, keeps a chunk per
 * round: 127 MiB for 4065 tables. Rounds go on while 32 slots are free. Not
 * modelled: any device's order of access.
 *
 * Cost: 4065 rounds, 256095 events. Invariant: the slots of a round are
 * distinct and hold nothing; its first one stays.
 */
#include "workload.h"
#include "wl_synthetic.h"

#define ROUND 32u

/* The next free slots after *cursor, ascending and round again. */
static void pick_slots(const bool *kept, unsigned *cursor, unsigned *ret_slot)
{
	unsigned slot = *cursor;

	for (unsigned nr = 0; nr < ROUND; slot = (slot + 1) % NR_SLOTS)
		if (!kept[slot])
			ret_slot[nr++] = slot;
	*cursor = slot;
}

static int append_round(struct emitter *out, const unsigned *slot)
{
	int err = 0;

	for (unsigned i = 0; i < ROUND && !err; i++)
		err = synthetic_append(out, TRACE_MAP, slot[i] * SZ_1M, SZ_4K);
	for (unsigned i = 1; i < ROUND && !err; i++)
		err = synthetic_append(out, TRACE_UNMAP, slot[i] * SZ_1M,
				       SZ_1M);
	return err;
}

static int generate(const struct workload_config *cfg, struct emitter *out)
{
	bool kept[NR_SLOTS] = { false };
	unsigned slot[ROUND];
	unsigned cursor = 0;
	int err;

	(void)cfg;
	err = emit_domain(out, "");
	for (unsigned nr_free = NR_SLOTS; nr_free >= ROUND && !err; nr_free--) {
		pick_slots(kept, &cursor, slot);
		err = append_round(out, slot);
		kept[slot[0]] = true;
	}
	return err;
}

extern const struct workload_ops workload_adv_frag_pin;

const struct workload_ops workload_adv_frag_pin = {
	.name = "adv_frag_pin",
	.summary = "32 tables taken, 31 freed, 4065 times: "
		   "pins a chunk of 32 tables per round",
	.provenance = "generated; adversarial: long-lived tables scattered",
	.expected = "4096, at the end 4065",
	.generate = generate,
};
