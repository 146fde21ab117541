// SPDX-License-Identifier: GPL-2.0-only
/*
 * A splash screen of 1920x1080 whose driver maps it page by page, and unmaps it
 * so when the display driver takes over; then the display's own buffers, and
 * an idle JPEG encoder with a job a second. Tables of the splash stay, empty:
 * no unmap is of a whole MiB. Their iova stays with the CPU that unmapped, a
 * page at a time, in magazines.
 *
 * Left out: the identity mapping of a boot loader. Cost: 4050 events for the
 * splash. Invariant: no page of it is mapped when the display starts.
 */
#include <stdlib.h>

#include "parts.h"

#define SPLASH_PAGES 2025u /* 1920 * 1080 * 4 bytes */

struct splash {
	struct part part;
	struct dma_buf *page[SPLASH_PAGES];
};

static int splash_start(struct part *part)
{
	struct splash *s = (struct splash *)part;
	int err = 0;

	for (unsigned i = 0; i < SPLASH_PAGES && !err; i++)
		err = dma_map_single(part->dma, part->space, part->cpu, SZ_4K,
				     &s->page[i]);
	part->due_ns += NSEC_PER_SEC;
	return err;
}

static int splash_step(struct part *part)
{
	struct splash *s = (struct splash *)part;

	part->due_ns = PART_DONE;
	return part_free(part, s->page, SPLASH_PAGES);
}

static void splash_end(struct part *part)
{
	free(part);
}

static struct part *splash_part(void)
{
	static const struct part_ops ops = {
		.start = splash_start,
		.step = splash_step,
		.end = splash_end,
	};
	struct splash *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->part.ops = &ops;
	return &s->part;
}

enum { JOBS };

static const struct workload_param params[] = {
	[JOBS] = { "jobs", "JPEG jobs, one a second", 10, 1, 1000000 },
	{ .key = NULL },
};

static int generate(const struct workload_config *cfg, struct emitter *out)
{
	static const struct play play = { .nr_cpus = 1, .nr_spaces = 1 };
	struct part *const part[] = {
		splash_part(),
		scanout_part(),
		jpeg_part(1, cfg->value[JOBS], 0),
	};

	for (unsigned i = 1; i < 3; i++)
		if (part[i])
			part[i]->due_ns = (i + 1) * NSEC_PER_SEC;
	return play_parts(&play, cfg, out, part, 3);
}

extern const struct workload_ops workload_boot_splash_then_steady;

const struct workload_ops workload_boot_splash_then_steady = {
	.name = "boot_splash_then_steady",
	.summary = "a splash screen mapped and unmapped page by page, then "
		   "display and idle JPEG: its tables stay",
	.provenance = "generated; DMA API of Linux 6.1",
	.expected = "P0 14, P1 and P2 37; 8 of a splash that is gone stay",
	.chunked = true,
	.profile = DMA_P2,
	.param = params,
	.generate = generate,
};
