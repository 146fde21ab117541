// SPDX-License-Identifier: GPL-2.0-only
/*
 * Display, decoder, camera and encoder in one domain at once, on 8 CPUs among
 * which they move: one step in four begins on another CPU. So tables, and
 * small ranges of iova, are freed by other CPUs than took them.
 *
 * Left out: a scheduler's reasons. Cost: see parts_system.c. Invariant: a step
 * is one CPU's from its beginning to its end.
 */
#include "parts.h"

static int generate(const struct workload_config *cfg, struct emitter *out)
{
	static const struct play play = {
		.nr_cpus = 8,
		.migrate = true,
		.nr_spaces = 1,
	};
	static const unsigned space[NR_SYSTEM_PARTS] = { 0 };

	return play_system(&play, space, cfg, out);
}

extern const struct workload_ops workload_multi_cpu_8;

static const char *const bench[] = { "seconds=4,rate=10", NULL };

const struct workload_ops workload_multi_cpu_8 = {
	.name = "multi_cpu_8",
	.summary = "display, decoder, camera and JPEG at once, moving among 8 "
		   "CPUs",
	.provenance = "generated; DMA API of Linux 6.1 on 8 CPUs",
	.expected = "P0 101, P1 and P2 560",
	.chunked = true,
	.profile = DMA_P2,
	.param = system_params,
	.bench = bench,
	.generate = generate,
};
