// SPDX-License-Identifier: GPL-2.0-only
/*
 * One page in each MiB: the most tables that 4 GiB of iova space can need,
 * and the case in which none of them is ever freed.
 *
 * Each unmap has the size of the page that was mapped. An empty table stays
 * hooked in after such an unmap, so that the second round of maps finds all
 * 4096 in place. Not modelled: any device's order of access.
 *
 * Cost: 12288 events. Invariant: iova, and memory, ascend within a round.
 */
#include "workload.h"
#include "wl_synthetic.h"

static int sweep(struct emitter *out, enum trace_type type)
{
	int err = 0;

	for (unsigned slot = 0; slot < NR_SLOTS && !err; slot++)
		err = synthetic_append(out, type, slot * SZ_1M, SZ_4K);
	return err;
}

static int generate(const struct workload_config *cfg, struct emitter *out)
{
	int err;

	(void)cfg;
	err = emit_domain(out, "");
	if (!err)
		err = sweep(out, TRACE_MAP);
	if (!err)
		err = sweep(out, TRACE_UNMAP);
	if (!err)
		err = sweep(out, TRACE_MAP);
	return err;
}

extern const struct workload_ops workload_adv_one_4k_per_mb;

const struct workload_ops workload_adv_one_4k_per_mb = {
	.name = "adv_one_4k_per_mb",
	.summary = "one 4 KiB page in each of 4096 MiB, unmapped as 4 KiB, "
		   "mapped again: tables are never freed",
	.provenance = "generated; adversarial: dead tables stay",
	.expected = "4096, never freed",
	.generate = generate,
};
