// SPDX-License-Identifier: GPL-2.0-only
/*
 * A JPEG encoder at work: it has a buffer of 64 KiB for good; each job maps a
 * picture of 1920x1088 in two planes, a bitstream of 1 MiB and two command
 * buffers of a page, all imported page by page, and unmaps them. Two tables
 * come and go with each job, the first MiB of luma and the bitstream; those of
 * smaller buffers and tails stay.
 *
 * Models a dma-buf from fragmented memory; iova from the top of 4 GiB down,
 * aligned to the next power of two, the same for each job. Left out: jobs that
 * overlap, time.
 * Cost: 65808 events. Invariant: only the 64 KiB are mapped between jobs.
 */
#include "wl_synthetic.h"
#include "workload.h"

#define NR_JOBS 64

struct buffer {
	uint64_t iova, size;
};

static const struct buffer device_buffer = { 0xffa00000, 16 * SZ_4K };

static const struct buffer job_buffer[] = {
	{ 0xffe00000, 1920 * 1088 },	 /* luma: 1 MiB and a tail */
	{ 0xffd00000, 1920 * 1088 / 2 }, /* chroma: less than 1 MiB */
	{ 0xffc00000, SZ_1M },		 /* bitstream */
	{ 0xffbff000, SZ_4K },		 /* commands */
	{ 0xffbfe000, SZ_4K },
};

#define NR_BUFFERS (sizeof(job_buffer) / sizeof(job_buffer[0]))

static int map(struct emitter *out, const struct buffer *buf, uint64_t *paddr)
{
	uint64_t done;
	int err = 0;

	for (done = 0; done < buf->size && !err; done += SZ_4K) {
		err = synthetic_append_at(out, buf->iova + done, SZ_4K, *paddr);
		*paddr += 2 * SZ_4K;
	}
	return err;
}

static int map_job(struct emitter *out, uint64_t paddr)
{
	unsigned i;
	int err = 0;

	for (i = 0; i < NR_BUFFERS && !err; i++)
		err = map(out, &job_buffer[i], &paddr);
	return err;
}

static int unmap_job(struct emitter *out)
{
	unsigned i;
	int err = 0;

	for (i = 0; i < NR_BUFFERS && !err; i++)
		err = synthetic_append(out, TRACE_UNMAP, job_buffer[i].iova,
				       job_buffer[i].size);
	return err;
}

static int generate(const struct workload_config *cfg, struct emitter *out)
{
	uint64_t paddr = SYNTHETIC_PADDR;
	unsigned job;
	int err;

	(void)cfg;
	err = emit_domain(out, "");
	if (!err)
		err = map(out, &device_buffer, &paddr);
	for (job = 0; job < NR_JOBS && !err; job++) {
		err = map_job(out, paddr);
		if (!err)
			err = unmap_job(out);
	}
	return err;
}

extern const struct workload_ops workload_jpeg_churn;

const struct workload_ops workload_jpeg_churn = {
	.name = "jpeg_churn",
	.summary = "JPEG jobs imported page by page: two tables come and go "
		   "with each of 64",
	.provenance = "generated; sizes of a 1080p encoder",
	.generate = generate,
};
