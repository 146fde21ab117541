// SPDX-License-Identifier: GPL-2.0-only
/*
 * The decoder of vdec.c on fragmented memory, where no block larger than a page
 * is free. Not modelled, cost, invariant: see there.
 */
#include "vdec.h"
#include "workload.h"

static int generate(const struct workload_config *cfg, struct emitter *out)
{
	(void)cfg;
	return vdec_generate(out, true);
}

extern const struct workload_ops workload_vdec_fragmented;

const struct workload_ops workload_vdec_fragmented = {
	.name = "vdec_fragmented",
	.summary = "the same decoder, memory in single pages: a table for "
		   "each MiB of iova",
	.provenance =
		"generated; buffer sizes of V4L2 decoders, orders of dma-iommu",
	.generate = generate,
};
