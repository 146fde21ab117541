// SPDX-License-Identifier: GPL-2.0-only
/*
 * A decoder of adaptive streaming: 12 frames in NV12 at each step of a ladder
 * of 360p, 720p, 1080p, 2160p and 1080p again, all freed and taken anew at
 * each switch, by dma_alloc_attrs().
 *
 * Left out: bitstream. Cost: 60240 events for a turn of the ladder in single
 * pages, some hundred on fresh memory. Invariant: frames of one size only.
 */
#include <stdlib.h>

#include "parts.h"

#define NR_FRAMES 12

/* Heights as decoders align them, to 16. */
static const struct {
	unsigned width, height;
} ladder[] = {
	{ 640, 368 },	{ 1280, 720 },	{ 1920, 1088 },
	{ 3840, 2176 }, { 1920, 1088 },
};

#define NR_RUNGS (sizeof(ladder) / sizeof(ladder[0]))

struct adaptive {
	struct part part;
	uint64_t period_ns, nr_switches, nr_done;
	struct dma_buf *frame[NR_FRAMES];
};

static int adaptive_start(struct part *part)
{
	struct adaptive *a = (struct adaptive *)part;
	size_t rung = a->nr_done % NR_RUNGS;

	part->due_ns = a->nr_done == a->nr_switches
			       ? PART_DONE
			       : part->due_ns + a->period_ns;
	return part_alloc(part,
			  (uint64_t)ladder[rung].width * ladder[rung].height *
				  3 / 2,
			  a->frame, NR_FRAMES);
}

static int adaptive_step(struct part *part)
{
	struct adaptive *a = (struct adaptive *)part;
	int err = part_free(part, a->frame, NR_FRAMES);

	a->nr_done++;
	return err ? err : adaptive_start(part);
}

static void adaptive_end(struct part *part)
{
	free(part);
}

enum { SWITCHES, PERIOD };

static const struct workload_param params[] = {
	[SWITCHES] = { "switches", "switches", 200, 0, 1000000 },
	[PERIOD] = { "period", "seconds between them", 5, 1, 3600 },
	{ .key = NULL },
};

static int generate(const struct workload_config *cfg, struct emitter *out)
{
	static const struct part_ops ops = {
		.start = adaptive_start,
		.step = adaptive_step,
		.end = adaptive_end,
	};
	struct adaptive *a = calloc(1, sizeof(*a));

	if (a) {
		a->part.ops = &ops;
		a->nr_switches = cfg->value[SWITCHES];
		a->period_ns = cfg->value[PERIOD] * NSEC_PER_SEC;
	}
	return play_part(cfg, out, a ? &a->part : NULL);
}

extern const struct workload_ops workload_vdec_adaptive;

static const char *const bench[] = { "switches=5", NULL };

const struct workload_ops workload_vdec_adaptive = {
	.name = "vdec_adaptive",
	.summary = "decoder on a ladder of 360p to 2160p: 12 frames freed and "
		   "taken again at each switch",
	.provenance = "generated; a streaming ladder, DMA API of Linux 6.1",
	.expected = "P0 28, P1 and P2 149",
	.chunked = true,
	.profile = DMA_P2,
	.param = params,
	.bench = bench,
	.generate = generate,
};
