// SPDX-License-Identifier: GPL-2.0-only
/*
 * The decoder of vdec.c on fresh memory, where only the tails of buffers need
 * tables. Not modelled, cost, invariant: see there.
 */
#include "vdec.h"
#include "workload.h"

static int generate(const struct workload_config *cfg, struct emitter *out)
{
	(void)cfg;
	return vdec_generate(out, false);
}

extern const struct workload_ops workload_vdec_fresh;

const struct workload_ops workload_vdec_fresh = {
	.name = "vdec_fresh",
	.summary = "4K decoder, 20 frames, memory in blocks of 1 MiB where "
		   "they fit; a seek",
	.provenance =
		"generated; buffer sizes of V4L2 decoders, orders of dma-iommu",
	.generate = generate,
};
