// SPDX-License-Identifier: GPL-2.0-only
/*
 * A compositor: 24 windows of 1366x768 to 1920x1080 in buffers of the system
 * heap, each imported twice into one domain, by the display and by the scaler
 * (MDP). When a window opens, the one whose last use is longest ago closes.
 *
 * How long a window is used follows Zipf's law: half as many are used for 2n
 * frames or longer as for n. Left out: windows of several buffers. Cost: some
 * 3000 events a window in single pages. Invariant: after the first 24, as many
 * windows as before.
 */
#include <stdlib.h>

#include "parts.h"

#define NR_WINDOWS 24
#define FRAME_NS (NSEC_PER_SEC / 60)
#define MAX_LIFE 4096u /* frames */

static const struct {
	unsigned width, height;
} screens[] = {
	{ 1366, 768 },	{ 1440, 900 },	{ 1600, 900 },
	{ 1680, 1050 }, { 1920, 1080 },
};

#define NR_SCREENS (sizeof(screens) / sizeof(screens[0]))

struct window {
	struct dma_buf *import[2]; /* display, MDP */
	uint64_t last_use_ns;
};

struct compositor {
	struct part part;
	uint64_t nr_left;
	unsigned nr_open;
	struct window window[NR_WINDOWS];
};

static int open_window(struct part *part, struct window *w)
{
	size_t screen = prng_below(&part->rng, NR_SCREENS);
	uint64_t life = MAX_LIFE / (1 + prng_below(&part->rng, MAX_LIFE));
	struct dma_memory *memory;
	int err = dma_heap_alloc(part->dma,
				 (uint64_t)screens[screen].width *
					 screens[screen].height * 4,
				 &memory);

	if (err)
		return err;
	for (unsigned i = 0; i < 2 && !err; i++)
		err = dma_import(part->dma, part->space, part->cpu, memory,
				 &w->import[i]);
	dma_heap_free(part->dma, memory);
	w->last_use_ns = part->due_ns + life * FRAME_NS;
	return err;
}

static struct window *least_recently_used(struct compositor *c)
{
	struct window *w = &c->window[0];

	for (unsigned i = 1; i < NR_WINDOWS; i++)
		if (c->window[i].last_use_ns < w->last_use_ns)
			w = &c->window[i];
	return w;
}

static int compositor_step(struct part *part)
{
	struct compositor *c = (struct compositor *)part;
	struct window *w;
	int err = 0;

	if (c->nr_open < NR_WINDOWS) {
		w = &c->window[c->nr_open++];
	} else {
		w = least_recently_used(c);
		err = part_free(part, w->import, 2);
		c->nr_left--;
	}
	if (!err)
		err = open_window(part, w);
	part->due_ns += NSEC_PER_SEC;
	if (c->nr_open == NR_WINDOWS && !c->nr_left)
		part->due_ns = PART_DONE;
	return err;
}

static void compositor_end(struct part *part)
{
	free(part);
}

enum { WINDOWS };

static const struct workload_param params[] = {
	[WINDOWS] = { "windows", "windows that replace one", 1000, 0,
		      10000000 },
	{ .key = NULL },
};

static int generate(const struct workload_config *cfg, struct emitter *out)
{
	static const struct part_ops ops = {
		.start = compositor_step,
		.step = compositor_step,
		.end = compositor_end,
	};
	struct compositor *c = calloc(1, sizeof(*c));

	if (c) {
		c->part.ops = &ops;
		c->nr_left = cfg->value[WINDOWS];
	}
	return play_part(cfg, out, c ? &c->part : NULL);
}

extern const struct workload_ops workload_compositor_import;

static const char *const bench[] = { "windows=20", NULL };

const struct workload_ops workload_compositor_import = {
	.name = "compositor_import",
	.summary = "24 windows from the system heap, each imported twice; the "
		   "least recently used makes way",
	.provenance = "generated; sizes of screens, DMA API of Linux 6.1",
	.expected = "P0 122, P1 and P2 372; of what is mapped 48 and about 300",
	.chunked = true,
	.profile = DMA_P2,
	.param = params,
	.bench = bench,
	.generate = generate,
};
