// SPDX-License-Identifier: GPL-2.0-only
/*
 * Display, decoder, camera and encoder in one domain at once, on the four CPUs
 * of a mt8173, with memory in which large blocks are had now and then (Pmix).
 *
 * That memory for tables themselves is fragmented, and how little of it there
 * is below 4 GiB, is the machine's and no part of a trace: `v7sbench replay
 * --frag=... --dma32=...`. Cost: see parts_system.c; f8 and f4 decide how many
 * events. Invariant: see parts.h.
 */
#include "parts.h"

static int generate(const struct workload_config *cfg, struct emitter *out)
{
	static const struct play play = { .nr_cpus = 4, .nr_spaces = 1 };
	static const unsigned space[NR_SYSTEM_PARTS] = { 0 };

	return play_system(&play, space, cfg, out);
}

extern const struct workload_ops workload_fragmented_system;

static const char *const bench[] = { "seconds=4,rate=10", NULL };

const struct workload_ops workload_fragmented_system = {
	.name = "fragmented_system",
	.summary = "display, decoder, camera and JPEG at once, in memory of "
		   "mixed blocks; for that of tables see replay --frag",
	.provenance = "generated; DMA API of Linux 6.1 on 4 CPUs",
	.expected = "P0 89, P1 and P2 548, Pmix between",
	.chunked = true,
	.profile = DMA_PMIX,
	.param = system_params,
	.bench = bench,
	.generate = generate,
};
