// SPDX-License-Identifier: GPL-2.0-only
/*
 * All 4096 tables that 4 GiB of iova space can need, taken in ascending order
 * and then freed in the same order: what an allocator costs that is only
 * growing, then only shrinking.
 *
 * A map is of one page, an unmap of the whole MiB, which frees the table. The
 * order in which a real kernel's held pages were counted (tests/golden). Not
 * modelled: any device. Cost: 8192 events. Invariant: iova ascends within the
 * half.
 */
#include "wl_synthetic.h"
#include "workload.h"

static int generate(const struct workload_config *cfg, struct emitter *out)
{
	int err = emit_domain(out, "");

	(void)cfg;
	for (uint64_t slot = 0; slot < NR_SLOTS && !err; slot++)
		err = synthetic_append(out, TRACE_MAP, slot * SZ_1M, SZ_4K);
	for (uint64_t slot = 0; slot < NR_SLOTS && !err; slot++)
		err = synthetic_append(out, TRACE_UNMAP, slot * SZ_1M, SZ_1M);
	return err;
}

extern const struct workload_ops workload_slots_fill;

static const char *const only_if_named[] = { NULL };

const struct workload_ops workload_slots_fill = {
	.name = "slots_fill",
	.summary = "one page in each of 4096 MiB, then all unmapped by MiB, "
		   "both ascending",
	.provenance = "generated; of 'v7sbench kernel': all, then none",
	.expected = "4096, at the end 0",
	.bench = only_if_named,
	.generate = generate,
};
