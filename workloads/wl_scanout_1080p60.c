// SPDX-License-Identifier: GPL-2.0-only
/*
 * A display at 1920x1080: three frame buffers of 32 bits a pixel and two
 * cursors, taken by dma_alloc_attrs() as mtk_drm_gem.c does. Flips map nothing,
 * so that is all.
 *
 * Left out: the console, planes of video. Cost: 13 events on fresh memory, 6083
 * in single pages. Invariant: nothing is ever unmapped.
 */
#include <stdlib.h>

#include "parts.h"

#define NR_FRAMES 3
#define NR_CURSORS 2
#define FRAME_SIZE ((uint64_t)1920 * 1080 * 4)
#define CURSOR_SIZE ((uint64_t)64 * 64 * 4)

static int scanout_start(struct part *part)
{
	struct dma_buf *buf[NR_FRAMES + NR_CURSORS];
	int err = part_alloc(part, FRAME_SIZE, buf, NR_FRAMES);

	return err ? err
		   : part_alloc(part, CURSOR_SIZE, buf + NR_FRAMES, NR_CURSORS);
}

static void scanout_end(struct part *part)
{
	free(part);
}

struct part *scanout_part(void)
{
	static const struct part_ops ops = {
		.start = scanout_start,
		.end = scanout_end,
	};
	struct part *part = calloc(1, sizeof(*part));

	if (part)
		part->ops = &ops;
	return part;
}

static int generate(const struct workload_config *cfg, struct emitter *out)
{
	return play_part(cfg, out, scanout_part());
}

extern const struct workload_ops workload_scanout_1080p60;

static const char *const bench[] = { "profile=P0", "profile=P2", NULL };

const struct workload_ops workload_scanout_1080p60 = {
	.name = "scanout_1080p60",
	.summary = "display: three 1080p frame buffers and two cursors, which "
		   "stay",
	.provenance = "generated; sizes of mtk_drm, DMA API of Linux 6.1",
	.expected = "P0 4, P1 and P2 25",
	.chunked = true,
	.profile = DMA_P2,
	.bench = bench,
	.generate = generate,
};
