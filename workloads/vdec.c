// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers of a stateful 4K decoder, as DMA-API drivers allocate them: 20
 * frames of 3840x2176 in two planes with a buffer of motion vectors each, and
 * 8 bitstream buffers of 2 MiB. After a seek all are freed and taken again.
 *
 * Models, of Linux 6.1 drivers/iommu/dma-iommu.c: chunks of the orders 8, 4
 * and 0, greedy; a map for each chunk and an unmap for each buffer; iova from
 * the top of 4 GiB down, aligned to the next power of two. Left out: the reuse
 * of gaps between iova ranges, real memory (a seek finds the same), time.
 *
 * Cost: 151060 events fragmented, 3700 fresh. Invariant: buffers have the same
 * iova after the seek.
 */
#include "vdec.h"

#include "wl_synthetic.h"

#define SZ_64K ((uint64_t)65536)
#define SZ_4G ((uint64_t)1 << 32)

#define NR_FRAMES 20
#define NR_BITSTREAM 8
#define NR_BUFFERS (3 * NR_FRAMES + NR_BITSTREAM)
#define NR_FILLS 2

static const uint64_t luma = 3840 * 2176, chroma = luma / 2;
static const uint64_t motion = 2088960; /* 64 bytes a macroblock */
static const uint64_t bitstream = 2 * SZ_1M;

struct buffer {
	uint64_t iova, size;
};

static void place(struct buffer *buf, uint64_t size, uint64_t *top)
{
	uint64_t align = SZ_4K;

	while (align < size)
		align *= 2;
	buf->size = size;
	buf->iova = (*top - size) & ~(align - 1);
	*top = buf->iova;
}

static void place_all(struct buffer *buf)
{
	uint64_t top = SZ_4G;
	unsigned i;

	for (i = 0; i < NR_FRAMES; i++) {
		place(buf++, luma, &top);
		place(buf++, chroma, &top);
		place(buf++, motion, &top);
	}
	for (i = 0; i < NR_BITSTREAM; i++)
		place(buf++, bitstream, &top);
}

static int map(struct emitter *out, const struct buffer *buf, bool fragmented,
	       uint64_t *paddr)
{
	uint64_t done = 0, chunk;
	int err = 0;

	for (; done < buf->size && !err; done += chunk) {
		uint64_t left = buf->size - done;

		chunk = fragmented || left < SZ_64K ? SZ_4K
			: left < SZ_1M		    ? SZ_64K
						    : SZ_1M;
		*paddr = (*paddr + chunk - 1) & ~(chunk - 1);
		err = synthetic_append_at(out, buf->iova + done, chunk, *paddr);
		*paddr += fragmented ? 2 * chunk : chunk;
	}
	return err;
}

static int unmap_all(struct emitter *out, const struct buffer *buf)
{
	unsigned i;
	int err = 0;

	for (i = 0; i < NR_BUFFERS && !err; i++)
		err = synthetic_append(out, TRACE_UNMAP, buf[i].iova,
				       buf[i].size);
	return err;
}

int vdec_generate(struct emitter *out, bool fragmented)
{
	struct buffer buf[NR_BUFFERS];
	unsigned nr, i;
	int err = emit_domain(out, "");

	place_all(buf);
	for (nr = 0; nr < NR_FILLS && !err; nr++) {
		uint64_t paddr = SYNTHETIC_PADDR;

		if (nr)
			err = unmap_all(out, buf);
		for (i = 0; i < NR_BUFFERS && !err; i++)
			err = map(out, &buf[i], fragmented, &paddr);
	}
	return err;
}
