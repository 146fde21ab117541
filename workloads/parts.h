/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parts that workloads are made of: a device's driver at work, one step at a
 * time. Several play at once, each when it is due, on one DMA API.
 *
 * A part is allocated by its constructor, which returns NULL without memory;
 * play_parts() takes it over. Concurrency: one thread.
 */
#ifndef PARTS_H
#define PARTS_H

#include "dma.h"
#include "prng.h"
#include "sizes.h"
#include "workload.h"

#define NSEC_PER_MSEC ((uint64_t)1000000)
#define NSEC_PER_SEC ((uint64_t)1000000000)

#define PART_DONE UINT64_MAX

struct part {
	const struct part_ops *ops;
	uint64_t due_ns; /* of start(), then of each step(); each moves it on,
			  * step() at last to PART_DONE */
	unsigned space;	 /* number of 4 GiB of iova */
	/* Set by play_parts(): */
	struct dma *dma;
	unsigned cpu; /* that it runs on now */
	bool started;
	struct prng rng;
};

struct part_ops {
	int (*start)(struct part *part);
	int (*step)(struct part *part); /* NULL: start() is all */
	void (*end)(struct part *part); /* frees part, in whatever state; what
					 * is mapped stays so */
};

struct play {
	unsigned nr_cpus;   /* part i begins on CPU i modulo that */
	bool migrate;	    /* one step in four begins on another CPU */
	unsigned nr_spaces; /* each of 4 GiB, one above the other, of one
			     * domain */
};

/**
 * play_parts() - plays all to their ends, the one that is due first
 * @part:	all are ended, whatever is returned; one may be NULL, which is
 *		-ENOMEM
 *
 * Return: 0 or as dma.h.
 */
int play_parts(const struct play *play, const struct workload_config *cfg,
	       struct emitter *out, struct part *const *part, unsigned nr);

/* One part alone, on one CPU and in 4 GiB. */
int play_part(const struct workload_config *cfg, struct emitter *out,
	      struct part *part);

/* So many of one size, one after the other. */
int part_alloc(struct part *part, uint64_t size, struct dma_buf **buf,
	       unsigned nr);

/* In order. */
int part_free(struct part *part, struct dma_buf **buf, unsigned nr);

/* wl_scanout_1080p60.c: three frame buffers and two cursors, for good. */
struct part *scanout_part(void);

/* wl_vdec_4k_20ref.c: so many frames; seeks are so many seconds apart. */
struct part *vdec_part(unsigned nr_frames, uint64_t seek_s, uint64_t nr_seeks);

/* wl_camera_burst.c: a burst each so many seconds. */
struct part *camera_part(uint64_t interval_s, uint64_t nr_bursts);

/* wl_jpeg_small_churn.c: so many jobs a second, and a buffer that stays. */
struct part *jpeg_part(uint64_t rate, uint64_t nr_jobs, uint64_t device_kib);

/* parts_system.c: display, decoder, camera and encoder at once, in this order,
 * with system_params; space: of each. */
#define NR_SYSTEM_PARTS 4
extern const struct workload_param system_params[];
int play_system(const struct play *play, const unsigned *space,
		const struct workload_config *cfg, struct emitter *out);

#endif /* PARTS_H */
