// SPDX-License-Identifier: GPL-2.0-only
/*
 * One MiB of iova mapped and unmapped, over and over: each round takes a table
 * and gives it back, and never are two alive.
 *
 * The map is of one page, the unmap of the whole MiB, which frees the table.
 * A real Linux 6.1 was put through the same 1000 rounds (tests/golden): a
 * page_frag_cache that clears only fresh chunks handed out 968 dirty tables.
 * Not modelled: any device.
 *
 * Cost: 2000 events. Invariant: at most one table is alive.
 */
#include "wl_synthetic.h"
#include "workload.h"

#define NR_ROUNDS 1000

static int generate(const struct workload_config *cfg, struct emitter *out)
{
	int err = emit_domain(out, "");

	(void)cfg;
	for (unsigned i = 0; i < NR_ROUNDS && !err; i++) {
		err = synthetic_append(out, TRACE_MAP, SZ_1M, SZ_4K);
		if (!err)
			err = synthetic_append(out, TRACE_UNMAP, SZ_1M, SZ_1M);
	}
	return err;
}

extern const struct workload_ops workload_adv_one_slot;

const struct workload_ops workload_adv_one_slot = {
	.name = "adv_one_slot",
	.summary =
		"one page of one MiB mapped and unmapped 1000 times: a table "
		"comes and goes with each",
	.provenance = "generated; adversarial: reuse",
	.expected = "1; taken and freed 1000 times",
	.generate = generate,
};
