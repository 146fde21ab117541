// SPDX-License-Identifier: GPL-2.0-only
/*
 * A camera: six preview buffers of 1920x1088 NV12 for good; and bursts, each
 * with 8 raw pictures of 13 megapixels (10 bits packed), 4 pictures of 12
 * megapixels in NV12 and 32 buffers of 64 KiB for statistics, all of them
 * freed after it. By dma_alloc_attrs().
 *
 * Left out: what becomes of the pictures. Cost: 50192 events a burst in single
 * pages, some hundred on fresh memory. Invariant: between bursts the preview
 * is mapped and nothing else.
 */
#include <stdlib.h>

#include "parts.h"

#define PREVIEW_SIZE ((uint64_t)1920 * 1088 * 3 / 2)
#define RAW_SIZE ((uint64_t)4208 * 3120 * 10 / 8)
#define PICTURE_SIZE ((uint64_t)4000 * 3000 * 3 / 2)
#define STATISTICS_SIZE SZ_64K

#define NR_PREVIEW 6
#define NR_RAW 8
#define NR_PICTURES 4
#define NR_STATISTICS 32

struct camera {
	struct part part;
	uint64_t interval_ns, nr_bursts;
	bool busy;
	struct dma_buf *preview[NR_PREVIEW], *raw[NR_RAW];
	struct dma_buf *picture[NR_PICTURES], *statistics[NR_STATISTICS];
};

static int camera_start(struct part *part)
{
	struct camera *c = (struct camera *)part;

	part->due_ns += c->interval_ns / 2;
	return part_alloc(part, PREVIEW_SIZE, c->preview, NR_PREVIEW);
}

static int begin_burst(struct camera *c)
{
	struct part *part = &c->part;
	int err = part_alloc(part, RAW_SIZE, c->raw, NR_RAW);

	if (!err)
		err = part_alloc(part, PICTURE_SIZE, c->picture, NR_PICTURES);
	if (!err)
		err = part_alloc(part, STATISTICS_SIZE, c->statistics,
				 NR_STATISTICS);
	return err;
}

static int end_burst(struct camera *c)
{
	struct part *part = &c->part;
	int err = part_free(part, c->raw, NR_RAW);

	if (!err)
		err = part_free(part, c->picture, NR_PICTURES);
	if (!err)
		err = part_free(part, c->statistics, NR_STATISTICS);
	if (!--c->nr_bursts)
		part->due_ns = PART_DONE;
	return err;
}

static int camera_step(struct part *part)
{
	struct camera *c = (struct camera *)part;

	part->due_ns += c->interval_ns / 2;
	c->busy = !c->busy;
	return c->busy ? begin_burst(c) : end_burst(c);
}

static void camera_end(struct part *part)
{
	free(part);
}

struct part *camera_part(uint64_t interval_s, uint64_t nr_bursts)
{
	static const struct part_ops ops = {
		.start = camera_start,
		.step = camera_step,
		.end = camera_end,
	};
	struct camera *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->part.ops = &ops;
	c->interval_ns = interval_s * NSEC_PER_SEC;
	c->nr_bursts = nr_bursts;
	return &c->part;
}

enum { BURSTS, INTERVAL };

static const struct workload_param params[] = {
	[BURSTS] = { "bursts", "bursts", 10, 1, 1000000 },
	[INTERVAL] = { "interval", "seconds between bursts", 4, 1, 3600 },
	{ .key = NULL },
};

static int generate(const struct workload_config *cfg, struct emitter *out)
{
	return play_part(cfg, out,
			 camera_part(cfg->value[INTERVAL], cfg->value[BURSTS]));
}

extern const struct workload_ops workload_camera_burst;

static const char *const bench[] = { "bursts=2", NULL };

const struct workload_ops workload_camera_burst = {
	.name = "camera_burst",
	.summary = "camera: a preview that stays, and bursts of large pictures "
		   "freed after each",
	.provenance = "generated; sizes of 12 and 13 megapixel sensors, DMA "
		      "API of Linux 6.1",
	.expected = "P0 20, P1 and P2 220",
	.chunked = true,
	.profile = DMA_P2,
	.param = params,
	.bench = bench,
	.generate = generate,
};
