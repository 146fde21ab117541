// SPDX-License-Identifier: GPL-2.0-only
/*
 * A stateful decoder of 4K video: frames of 3840x2176 in two planes with a
 * buffer of motion vectors each, and 8 bitstream buffers of 2 MiB, by
 * dma_alloc_attrs(). At a seek all are freed and taken again.
 *
 * Left out: small working buffers, buffers that only grow. Cost: 75564 events
 * a fill of 20 frames in single pages, some 300 on fresh memory.
 * Invariant: after a seek as much is mapped as before.
 */
#include <stdlib.h>

#include "parts.h"

#define MAX_FRAMES 64
#define NR_BITSTREAM 8
#define LUMA ((uint64_t)3840 * 2176)
#define CHROMA (LUMA / 2)
#define MOTION ((uint64_t)2088960) /* 64 bytes a macroblock */
#define BITSTREAM (2 * SZ_1M)

struct vdec {
	struct part part;
	unsigned nr_frames;
	uint64_t seek_ns, nr_seeks;
	struct dma_buf *frame[3 * MAX_FRAMES];
	struct dma_buf *bitstream[NR_BITSTREAM];
};

static int vdec_start(struct part *part)
{
	struct vdec *v = (struct vdec *)part;
	int err = 0;

	for (unsigned i = 0; i < 3 * v->nr_frames && !err; i += 3) {
		err = part_alloc(part, LUMA, &v->frame[i], 1);
		if (!err)
			err = part_alloc(part, CHROMA, &v->frame[i + 1], 1);
		if (!err)
			err = part_alloc(part, MOTION, &v->frame[i + 2], 1);
	}
	if (!err)
		err = part_alloc(part, BITSTREAM, v->bitstream, NR_BITSTREAM);
	part->due_ns = v->nr_seeks ? part->due_ns + v->seek_ns : PART_DONE;
	return err;
}

static int vdec_step(struct part *part)
{
	struct vdec *v = (struct vdec *)part;
	int err = part_free(part, v->frame, 3 * v->nr_frames);

	if (!err)
		err = part_free(part, v->bitstream, NR_BITSTREAM);
	v->nr_seeks--;
	return err ? err : vdec_start(part);
}

static void vdec_end(struct part *part)
{
	free(part);
}

struct part *vdec_part(unsigned nr_frames, uint64_t seek_s, uint64_t nr_seeks)
{
	static const struct part_ops ops = {
		.start = vdec_start,
		.step = vdec_step,
		.end = vdec_end,
	};
	struct vdec *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->part.ops = &ops;
	v->nr_frames = nr_frames;
	v->seek_ns = seek_s * NSEC_PER_SEC;
	v->nr_seeks = nr_seeks;
	return &v->part;
}

enum { FRAMES, SEEK, SEEKS };

static const struct workload_param params[] = {
	[FRAMES] = { "frames", "frames of two planes", 20, 1, MAX_FRAMES },
	[SEEK] = { "seek", "seconds between seeks", 10, 1, 3600 },
	[SEEKS] = { "seeks", "seeks", 1, 0, 1000000 },
	{ .key = NULL },
};

static int generate(const struct workload_config *cfg, struct emitter *out)
{
	return play_part(cfg, out,
			 vdec_part((unsigned)cfg->value[FRAMES],
				   cfg->value[SEEK], cfg->value[SEEKS]));
}

extern const struct workload_ops workload_vdec_4k_20ref;

static const char *const bench[] = { "profile=P0", "profile=P2", NULL };

const struct workload_ops workload_vdec_4k_20ref = {
	.name = "vdec_4k_20ref",
	.summary = "4K decoder: 20 frames and bitstream, all freed and taken "
		   "again at a seek",
	.provenance = "generated; buffer sizes of V4L2 decoders, DMA API of "
		      "Linux 6.1",
	.expected = "P0 60, P1 and P2 296",
	.chunked = true,
	.profile = DMA_P2,
	.param = params,
	.bench = bench,
	.generate = generate,
};
