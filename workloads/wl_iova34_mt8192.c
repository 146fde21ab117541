// SPDX-License-Identifier: GPL-2.0-only
/*
 * The regions of a mt8192, whose IOMMU has 34 bits of iova and one page table:
 * display from 0 to 4 GiB, decoder from 4 to 8, camera and JPEG encoder from 8
 * to 12 (mt8192_multi_dom in drivers/iommu/mtk_iommu.c).
 *
 * Needs a page table of 34 bits: `v7sbench replay --quirk=mtk_ext --ias=34`.
 * Left out: the region from 12 to 16 GiB and the windows of the CCU. Cost: see
 * parts_system.c. Invariant: no buffer lies in two regions.
 */
#include "parts.h"

static int generate(const struct workload_config *cfg, struct emitter *out)
{
	static const struct play play = { .nr_cpus = 8, .nr_spaces = 3 };
	static const unsigned space[NR_SYSTEM_PARTS] = { 0, 1, 2, 2 };

	return play_system(&play, space, cfg, out);
}

extern const struct workload_ops workload_iova34_mt8192;

static const char *const bench[] = { "seconds=4,rate=10,profile=P1", NULL };

const struct workload_ops workload_iova34_mt8192 = {
	.name = "iova34_mt8192",
	.summary = "display, decoder, camera and JPEG in three regions of 34 "
		   "bits of iova",
	.provenance = "generated; regions of mt8192, DMA API of Linux 6.1",
	.expected = "P0 90, P1 and P2 549",
	.chunked = true,
	.profile = DMA_P2,
	.param = system_params,
	.bench = bench,
	.generate = generate,
};
