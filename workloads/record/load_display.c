/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A display load: DRM dumb buffers of changing sizes, made, written, shown and
 * destroyed, through ioctls alone.
 *
 * Runs in the guest of record.sh, linked statically. It stands for what a
 * compositor does to an IOMMU: a handful of large buffers alive at once, with
 * mixed lifetimes. virtio-gpu maps a buffer's pages for DMA when it is made
 * and unmaps them when it is destroyed; drivers that keep buffers in the
 * card's own memory (bochs, cirrus) map nothing. Left out: page flips, cursors,
 * imports. The sequence depends on the seed alone, its length on the time.
 *
 * usage: load_display CARD SECONDS MIB STOP
 * At most MIB alive at once; ends before SECONDS are over if a file STOP
 * appears. Prints one line. Status 0, 1 when no buffer could be made, 2 for bad
 * usage.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <drm.h>
#include <drm_mode.h>

#define NR_SLOTS 12
#define SHOW_EVERY 4
#define PAUSE_NS 20000000L
#define PAGE_BYTES 4096

struct buffer {
	uint32_t handle; /* 0: none */
	uint32_t fb;	 /* 0: never shown */
	uint32_t pitch;
	uint32_t width;
	uint32_t height;
	uint64_t size;
};

struct screen {
	uint32_t crtc;
	uint32_t connector;
	struct drm_mode_modeinfo mode;
};

struct load {
	int fd;
	bool has_screen;
	struct screen screen;
	struct buffer buffer[NR_SLOTS];
	uint64_t bytes;
	uint64_t seed;
	unsigned made, destroyed, shown, failed;
};

/* XRGB8888: from a cursor to 4K. */
static const struct {
	uint32_t width, height;
} sizes[] = {
	{ 64, 64 },	{ 320, 240 },	{ 640, 480 },
	{ 1024, 768 },	{ 1366, 768 },	{ 1920, 1080 },
	{ 1920, 1080 }, { 2560, 1440 }, { 3840, 2160 },
};

/* Knuth's MMIX generator; the high bits are the good ones. */
static uint32_t next(struct load *load, uint32_t bound)
{
	load->seed = load->seed * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(load->seed >> 33) % bound;
}

/* The first connector with a mode, on the first CRTC. */
static bool find_screen(int fd, struct screen *ret)
{
	uint32_t crtc[8], connector[8];
	struct drm_mode_card_res res = {
		.crtc_id_ptr = (uintptr_t)crtc,
		.connector_id_ptr = (uintptr_t)connector,
		.count_crtcs = 8,
		.count_connectors = 8,
	};

	if (ioctl(fd, DRM_IOCTL_MODE_GETRESOURCES, &res) || !res.count_crtcs)
		return false;
	for (uint32_t i = 0; i < res.count_connectors && i < 8; i++) {
		struct drm_mode_modeinfo mode[64];
		struct drm_mode_get_connector conn = {
			.connector_id = connector[i],
		};

		/* The first call probes and counts. */
		if (ioctl(fd, DRM_IOCTL_MODE_GETCONNECTOR, &conn) ||
		    !conn.count_modes || conn.count_modes > 64)
			continue;
		conn = (struct drm_mode_get_connector){
			.connector_id = connector[i],
			.modes_ptr = (uintptr_t)mode,
			.count_modes = conn.count_modes,
		};
		if (ioctl(fd, DRM_IOCTL_MODE_GETCONNECTOR, &conn) ||
		    !conn.count_modes)
			continue;
		*ret = (struct screen){ crtc[0], connector[i], mode[0] };
		return true;
	}
	return false;
}

static void destroy(struct load *load, struct buffer *buf)
{
	struct drm_mode_destroy_dumb arg = { .handle = buf->handle };

	if (buf->fb)
		ioctl(load->fd, DRM_IOCTL_MODE_RMFB, &buf->fb);
	if (ioctl(load->fd, DRM_IOCTL_MODE_DESTROY_DUMB, &arg))
		load->failed++;
	load->bytes -= buf->size;
	load->destroyed++;
	*buf = (struct buffer){ 0 };
}

/* Writes to each page, as who draws would. */
static int draw(int fd, const struct buffer *buf)
{
	struct drm_mode_map_dumb arg = { .handle = buf->handle };
	unsigned char *p;

	if (ioctl(fd, DRM_IOCTL_MODE_MAP_DUMB, &arg))
		return -errno;
	p = mmap(NULL, buf->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		 (off_t)arg.offset);
	if (p == MAP_FAILED)
		return -errno;
	for (uint64_t i = 0; i < buf->size; i += PAGE_BYTES)
		p[i] = (unsigned char)i;
	munmap(p, buf->size);
	return 0;
}

static int show(struct load *load, struct buffer *buf)
{
	const struct screen *screen = &load->screen;
	struct drm_mode_fb_cmd fb = {
		.width = buf->width,
		.height = buf->height,
		.pitch = buf->pitch,
		.bpp = 32,
		.depth = 24,
		.handle = buf->handle,
	};
	struct drm_mode_crtc crtc = {
		.set_connectors_ptr = (uintptr_t)&screen->connector,
		.count_connectors = 1,
		.crtc_id = screen->crtc,
		.mode_valid = 1,
		.mode = screen->mode,
	};

	if (ioctl(load->fd, DRM_IOCTL_MODE_ADDFB, &fb))
		return -errno;
	buf->fb = fb.fb_id;
	crtc.fb_id = fb.fb_id;
	return ioctl(load->fd, DRM_IOCTL_MODE_SETCRTC, &crtc) ? -errno : 0;
}

static bool fits_screen(const struct load *load, const struct buffer *buf)
{
	return load->has_screen && buf->width >= load->screen.mode.hdisplay &&
	       buf->height >= load->screen.mode.vdisplay;
}

static void make(struct load *load, struct buffer *buf, uint64_t max_bytes)
{
	uint32_t n = next(load, sizeof(sizes) / sizeof(sizes[0]));
	struct drm_mode_create_dumb arg = {
		.width = sizes[n].width,
		.height = sizes[n].height,
		.bpp = 32,
	};

	if (load->bytes + (uint64_t)arg.width * arg.height * 4 > max_bytes)
		return;
	if (ioctl(load->fd, DRM_IOCTL_MODE_CREATE_DUMB, &arg)) {
		load->failed++;
		return;
	}
	*buf = (struct buffer){
		.handle = arg.handle,
		.pitch = arg.pitch,
		.width = arg.width,
		.height = arg.height,
		.size = arg.size,
	};
	load->bytes += arg.size;
	load->made++;
	if (draw(load->fd, buf))
		load->failed++;
	if (fits_screen(load, buf) && load->made % SHOW_EVERY == 0) {
		if (show(load, buf))
			load->failed++;
		else
			load->shown++;
	}
}

static void run(struct load *load, long seconds, uint64_t max_bytes,
		const char *stop)
{
	struct timespec start, now, pause = { .tv_nsec = PAUSE_NS };

	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		struct buffer *buf = &load->buffer[next(load, NR_SLOTS)];

		if (buf->handle)
			destroy(load, buf);
		else
			make(load, buf, max_bytes);
		nanosleep(&pause, NULL);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec - start.tv_sec < seconds && access(stop, F_OK));
	for (unsigned i = 0; i < NR_SLOTS; i++)
		if (load->buffer[i].handle)
			destroy(load, &load->buffer[i]);
}

/* 0: no number above 0. */
static long number(const char *text)
{
	char *end;
	long value = strtol(text, &end, 10);

	return *end || value < 0 || value > 1000000 ? 0 : value;
}

int main(int argc, char **argv)
{
	struct load load = { .seed = 1 };
	long seconds = argc == 5 ? number(argv[2]) : 0;
	long mib = argc == 5 ? number(argv[3]) : 0;

	if (!seconds || !mib) {
		fprintf(stderr, "usage: load_display CARD SECONDS MIB STOP\n");
		return 2;
	}
	load.fd = open(argv[1], O_RDWR | O_CLOEXEC);
	if (load.fd < 0) {
		fprintf(stderr, "load_display: %s: %s\n", argv[1],
			strerror(errno));
		return 1;
	}
	load.has_screen = find_screen(load.fd, &load.screen);
	run(&load, seconds, (uint64_t)mib << 20, argv[4]);
	printf("%u buffers made, %u destroyed, %u shown, %u calls failed\n",
	       load.made, load.destroyed, load.shown, load.failed);
	return load.made ? 0 : 1;
}
