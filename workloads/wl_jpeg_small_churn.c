// SPDX-License-Identifier: GPL-2.0-only
/*
 * A JPEG encoder: each job imports a picture of 1920x1088 in two planes and a
 * bitstream of 1 MiB from the system heap, maps two pages of commands, and
 * unmaps all when it is done. In single pages two tables come and go with each
 * job, those of the first MiB of luma and of the bitstream; those of what is
 * smaller than a MiB stay.
 *
 * Left out: jobs that overlap. Cost: 1028 events a job in single pages, 12 on
 * fresh memory. Invariant: between jobs nothing is mapped but the buffer of the
 * device, if there is one.
 */
#include <stdlib.h>

#include "parts.h"

#define LUMA ((uint64_t)1920 * 1088)
#define NR_COMMANDS 2

static const uint64_t heap_size[] = { LUMA, LUMA / 2, SZ_1M };

#define NR_IMPORTS (sizeof(heap_size) / sizeof(heap_size[0]))
#define NR_BUFS (NR_IMPORTS + NR_COMMANDS)

struct jpeg {
	struct part part;
	uint64_t interval_ns, nr_jobs;
	uint64_t device_bytes;
	bool busy;
	struct dma_buf *buf[NR_BUFS];
};

static int import(struct part *part, uint64_t size, struct dma_buf **ret)
{
	struct dma_memory *memory;
	int err = dma_heap_alloc(part->dma, size, &memory);

	if (err)
		return err;
	err = dma_import(part->dma, part->space, part->cpu, memory, ret);
	dma_heap_free(part->dma, memory);
	return err;
}

static int begin_job(struct jpeg *j)
{
	struct part *part = &j->part;
	unsigned i;
	int err = 0;

	for (i = 0; i < NR_IMPORTS && !err; i++)
		err = import(part, heap_size[i], &j->buf[i]);
	for (; i < NR_BUFS && !err; i++)
		err = dma_map_single(part->dma, part->space, part->cpu, SZ_4K,
				     &j->buf[i]);
	part->due_ns += j->interval_ns / 2;
	return err;
}

static int jpeg_start(struct part *part)
{
	struct jpeg *j = (struct jpeg *)part;
	struct dma_buf *device;

	return j->device_bytes ? part_alloc(part, j->device_bytes, &device, 1)
			       : 0;
}

/* Half of the time a job is under way. */
static int jpeg_step(struct part *part)
{
	struct jpeg *j = (struct jpeg *)part;

	j->busy = !j->busy;
	if (j->busy)
		return begin_job(j);
	part->due_ns += j->interval_ns - j->interval_ns / 2;
	if (!--j->nr_jobs)
		part->due_ns = PART_DONE;
	return part_free(part, j->buf, NR_BUFS);
}

static void jpeg_end(struct part *part)
{
	free(part);
}

struct part *jpeg_part(uint64_t rate, uint64_t nr_jobs, uint64_t device_kib)
{
	static const struct part_ops ops = {
		.start = jpeg_start,
		.step = jpeg_step,
		.end = jpeg_end,
	};
	struct jpeg *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->part.ops = &ops;
	j->interval_ns = NSEC_PER_SEC / rate;
	j->nr_jobs = nr_jobs;
	j->device_bytes = device_kib << 10;
	return &j->part;
}

enum { JOBS, RATE, DEVICE };

static const struct workload_param params[] = {
	[JOBS] = { "jobs", "jobs", 12000, 1, 100000000 },
	[RATE] = { "rate", "jobs a second", 200, 1, 1000000 },
	[DEVICE] = { "device",
		     "KiB of a buffer of the device's own, which stays", 0, 0,
		     1024 },
	{ .key = NULL },
};

static int generate(const struct workload_config *cfg, struct emitter *out)
{
	return play_part(cfg, out,
			 jpeg_part(cfg->value[RATE], cfg->value[JOBS],
				   cfg->value[DEVICE]));
}

extern const struct workload_ops workload_jpeg_small_churn;

static const char *const bench[] = { "jobs=64", NULL };

const struct workload_ops workload_jpeg_small_churn = {
	.name = "jpeg_small_churn",
	.summary = "JPEG jobs, 200 a second, that import a picture and a "
		   "bitstream and unmap them",
	.provenance = "generated; sizes of a 1080p encoder, DMA API of Linux "
		      "6.1",
	.expected = "P0 3, P1 and P2 5; P1 and P2 2 taken and freed a job",
	.chunked = true,
	.profile = DMA_P2,
	.param = params,
	.bench = bench,
	.generate = generate,
};
