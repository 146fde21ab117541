// SPDX-License-Identifier: GPL-2.0-only
/*
 * A race for tables: each CPU maps another page of the same MiB, which has no
 * table yet; then the MiB is unmapped as one, which frees the table, and they
 * go on to the next MiB. Replayed by one thread there is a table a round; by
 * several, all but one of those who find no table take one and lose it.
 *
 * Maps by iommu_map(): the DMA API gives CPUs iova of their own. Not modelled:
 * any device. Cost: cpus + 1 events a round. Invariant: at most one table is
 * alive.
 */
#include "wl_synthetic.h"
#include "workload.h"

enum { CPUS, ROUNDS };

static const struct workload_param params[] = {
	[CPUS] = { "cpus", "CPUs that map", 8, 2, 256 },
	[ROUNDS] = { "rounds", "rounds", 2000, 1, 100000000 },
	{ .key = NULL },
};

static int race(struct emitter *out, unsigned cpus, uint64_t slot)
{
	int err = 0;

	for (unsigned cpu = 0; cpu < cpus && !err; cpu++) {
		const struct trace_event ev = {
			.iova = slot * SZ_1M + cpu * SZ_4K,
			.size = SZ_4K,
			.paddr = SYNTHETIC_PADDR +
				 (slot * 256 + cpu) % SYNTHETIC_PAGES * SZ_4K,
			.cpu = (uint16_t)cpu,
			.type = TRACE_MAP,
		};

		err = synthetic_put(out, ev);
	}
	return err ? err
		   : synthetic_append(out, TRACE_UNMAP, slot * SZ_1M, SZ_1M);
}

static int generate(const struct workload_config *cfg, struct emitter *out)
{
	int err = emit_domain(out, "");

	for (uint64_t i = 0; i < cfg->value[ROUNDS] && !err; i++)
		err = race(out, (unsigned)cfg->value[CPUS], i % NR_SLOTS);
	return err;
}

extern const struct workload_ops workload_table_race;

const struct workload_ops workload_table_race = {
	.name = "table_race",
	.summary = "8 CPUs map pages of the same fresh MiB, over and over: "
		   "replay it with --threads",
	.provenance = "generated; adversarial: the race for a table",
	.expected = "1; taken and freed once a round by one thread",
	.param = params,
	.generate = generate,
};
