// SPDX-License-Identifier: GPL-2.0-only
/*
 * A peak of 2048 buffers of a MiB, of which each k-th stays. What an allocator
 * holds afterwards for so few tables is what the peak costs for good.
 *
 * Chunks are of 64 KiB by default: as many tables as single pages need, and a
 * sixteenth of the events. Not modelled: any device. Cost: 32768 maps with
 * chunks of 64 KiB, 524288 with single pages. Invariant: buffers are freed in
 * the order in which they were taken.
 */
#include <stdlib.h>

#include "parts.h"

#define MAX_SLOTS 2560 /* in 3 GiB of memory */

struct peak {
	struct part part;
	unsigned nr_slots, keep;
	struct dma_buf *buf[MAX_SLOTS];
};

static int peak_start(struct part *part)
{
	struct peak *p = (struct peak *)part;

	part->due_ns += NSEC_PER_SEC;
	return part_alloc(part, SZ_1M, p->buf, p->nr_slots);
}

static int peak_step(struct part *part)
{
	struct peak *p = (struct peak *)part;
	int err = 0;

	for (unsigned i = 0; i < p->nr_slots && !err; i++)
		if (i % p->keep)
			err = part_free(part, &p->buf[i], 1);
	part->due_ns = PART_DONE;
	return err;
}

static void peak_end(struct part *part)
{
	free(part);
}

enum { SLOTS, KEEP };

static const struct workload_param params[] = {
	[SLOTS] = { "slots", "buffers of 1 MiB", 2048, 1, MAX_SLOTS },
	[KEEP] = { "keep", "of so many one stays", 8, 1, MAX_SLOTS },
	{ .key = NULL },
};

static int generate(const struct workload_config *cfg, struct emitter *out)
{
	static const struct part_ops ops = {
		.start = peak_start,
		.step = peak_step,
		.end = peak_end,
	};
	struct peak *p = calloc(1, sizeof(*p));

	if (p) {
		p->part.ops = &ops;
		p->nr_slots = (unsigned)cfg->value[SLOTS];
		p->keep = (unsigned)cfg->value[KEEP];
	}
	return play_part(cfg, out, p ? &p->part : NULL);
}

extern const struct workload_ops workload_peak_then_shrink;

const struct workload_ops workload_peak_then_shrink = {
	.name = "peak_then_shrink",
	.summary = "2048 buffers of a MiB, of which each 8th stays",
	.provenance = "generated; adversarial: a peak, DMA API of Linux 6.1",
	.expected = "P0 0, P1 and P2 2048, at the end 2048/keep",
	.chunked = true,
	.profile = DMA_P1,
	.param = params,
	.generate = generate,
};
