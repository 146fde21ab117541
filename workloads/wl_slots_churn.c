// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slots of a MiB toggled at random: a slot that is empty gets a page, and with
 * it a table; one that has a page loses its MiB, and the table. About half of
 * 4096 tables are alive before long, in no order.
 *
 * Which slot: a 64-bit xorshift from a constant, the one by which a real
 * kernel's held pages were counted (tests/golden). Not modelled: any device.
 * Cost: an event a toggle. Invariant: at most one table a slot.
 */
#include "wl_synthetic.h"
#include "workload.h"

enum { TOGGLES };

static const struct workload_param params[] = {
	[TOGGLES] = { "toggles", "slots toggled", 200000, 1, 100000000 },
	{ .key = NULL },
};

static int generate(const struct workload_config *cfg, struct emitter *out)
{
	uint64_t x = 0x9E3779B97F4A7C15ull;
	bool mapped[NR_SLOTS] = { false };
	int err = emit_domain(out, "");

	for (uint64_t i = 0; i < cfg->value[TOGGLES] && !err; i++) {
		uint64_t slot;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		slot = x >> 33 & (NR_SLOTS - 1);
		if (mapped[slot])
			err = synthetic_append(out, TRACE_UNMAP, slot * SZ_1M,
					       SZ_1M);
		else
			err = synthetic_append(out, TRACE_MAP, slot * SZ_1M,
					       SZ_4K);
		mapped[slot] = !mapped[slot];
	}
	return err;
}

extern const struct workload_ops workload_slots_churn;

static const char *const only_if_named[] = { NULL };

const struct workload_ops workload_slots_churn = {
	.name = "slots_churn",
	.summary = "200000 times a page mapped in, or a whole MiB unmapped "
		   "from, one of 4096 MiB chosen at random",
	.provenance = "generated; of 'v7sbench kernel': tables come and go",
	.expected = "2152, at the end 2092",
	.param = params,
	.bench = only_if_named,
	.generate = generate,
};
