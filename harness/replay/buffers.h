/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory of buffers: pages that a driver maps and whose choice is left to
 * the machine (TRACE_ANY). They come from where tables come from, and compete
 * with them.
 *
 * A map takes chunks, as many and as large as the page allocator gives; they go
 * back when the last page that was mapped to them is unmapped, or has another
 * mapping put over it. An unmap may cover several buffers, or part of one.
 *
 * Calling sequence
 *	buffers_take()		before the event
 *	iommu_map_sg(buffers->segment)
 *	buffers_keep() or buffers_leave()
 *	buffers_drop()		after an unmap, or a map of other memory
 *
 * Concurrency: none.
 */
#ifndef BUFFERS_H
#define BUFFERS_H

#include "iommu.h"
#include "physmem.h"

struct buffer;

struct buffers {
	struct physmem *pm;
	unsigned long order_mask; /* of chunks */
	gfp_t gfp;
	struct iommu_segment *segment; /* of the buffer taken */
	unsigned nr_segments;
	/* Private: */
	unsigned max_segments;
	struct page **chunk;  /* likewise, max_segments */
	struct buffer *taken; /* not yet kept or left */
	void *root;	      /* of a tree of ranges that are mapped */
	/* For whoever looks: */
	uint64_t nr_failures; /* buffers that could not be had */
	uint64_t pages, pages_peak;
	uint64_t unmapped; /* bytes, by the event under way; its caller's */
	int error;	   /* -ENOMEM of the host: what follows means nothing */
};

/* Zeroed is none. The chunks are of the page sizes of cfg; memory that its oas
 * cannot reach is not used. */
void buffers_init(struct buffers *b, struct physmem *pm,
		  const struct v7s_config *cfg);

/* Gives everything back. */
void buffers_fini(struct buffers *b);

/* size: bytes, of whole pages. 0; -ENOMEM, counted, with nothing taken. */
int buffers_take(struct buffers *b, unsigned cpu, uint64_t size);

/* The buffer taken is mapped there now, over whatever was. */
void buffers_keep(struct buffers *b, unsigned cpu, unsigned domain,
		  uint64_t iova, uint64_t size);

/* The buffer taken, if one was, could not be mapped. */
void buffers_leave(struct buffers *b, unsigned cpu);

/* That range is no longer mapped to any buffer. */
void buffers_drop(struct buffers *b, unsigned cpu, unsigned domain,
		  uint64_t iova, uint64_t size);

#endif /* BUFFERS_H */
