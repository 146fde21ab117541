// SPDX-License-Identifier: GPL-2.0-only
/*
 * The text that is measured: events as a camera might make them, written by
 * our own writer, and the same compressed by zstd.
 *
 * Of five events three are maps. Sizes, addresses, domains, and the steps of
 * time are random; so is whether the next line is one or the other, as in
 * recorded traces. Cost: that of writing, before anything is timed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "textbench.h"
#include "trace.h"

#define PAGE 4096u
#define PIECE ((size_t)1 << 20)

static uint64_t next_random(uint64_t *random)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return *random;
}

void text_block(uint64_t seed, uint64_t nr, struct trace_event *event,
		uint64_t *map_bytes)
{
	/* An odd factor: no seed becomes 0. */
	uint64_t random = seed * (2 * nr + 1);
	uint64_t time_us = 1000000 + nr * BLOCK_EVENTS * 4;

	if (!random)
		random = 1;
	for (unsigned i = 0; i < BLOCK_EVENTS; i++) {
		uint64_t r = next_random(&random);
		struct trace_event *ev = &event[i];

		time_us += r % 8;
		*ev = (struct trace_event){
			.iova = (r >> 8 & 0x7ffff) * PAGE,
			.size = (1 + (r >> 27 & 511)) * PAGE,
			.time_ns = time_us * 1000,
			.domain = (uint16_t)(r >> 36 & (NR_DOMAINS - 1)),
			.cpu = (uint16_t)(r >> 39 & 3),
			.type = (r >> 41) % 5 < 3 ? TRACE_MAP : TRACE_UNMAP,
			.prot = TRACE_PROT_READ | TRACE_PROT_WRITE,
		};
		if (ev->type == TRACE_UNMAP)
			continue;
		ev->paddr = (0x40000 + (r >> 44)) * PAGE;
		*map_bytes += ev->size;
	}
}

int nameless_file(void)
{
	const char *dir = getenv("TMPDIR");
	char path[4096];
	int fd;

	if (!dir || !*dir)
		dir = "/tmp";
	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
		return fd < 0 ? -errno : fd;
	snprintf(path, sizeof(path), "%s/textbench.XXXXXX", dir);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd < 0 ? -errno : fd;
}

static int write_text(const struct text_plan *plan, FILE *out,
		      struct text_files *files)
{
	struct trace_event *event = calloc(BLOCK_EVENTS, sizeof(*event));
	uint64_t goal = (uint64_t)plan->mib << 20;
	struct trace names = { 0 };
	int err = event ? 0 : -ENOMEM;
	long at = 0;

	for (unsigned i = 0; i < NR_DOMAINS && !err; i++) {
		char name[] = { 'd', (char)('0' + i), '\0' };
		int index = trace_domain(&names, name);

		err = index < 0 ? index : 0;
	}
	for (uint64_t nr = 0; !err && (uint64_t)at < goal; nr++) {
		text_block(plan->seed, nr, event, &files->map_bytes);
		files->nr_events += BLOCK_EVENTS;
		if (trace_write_events(&names, event, BLOCK_EVENTS, out))
			err = errno ? -errno : -EIO;
		at = ftell(out);
		if (!err && at < 0)
			err = -errno;
	}
	files->size = (uint64_t)at;
	trace_free(&names);
	free(event);
	return err;
}

static int make_plain(const struct text_plan *plan, struct text_files *files)
{
	int fd = dup(files->plain);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	int err;

	if (!out) {
		err = -errno;
		close(fd);
		return err;
	}
	errno = 0;
	err = write_text(plan, out, files);
	if (fclose(out) && !err)
		err = -errno;
	return err;
}

/* One piece of the plain text, or with none its end. */
static int pack_piece(ZSTD_CCtx *ctx, void *piece, size_t size, void *to,
		      int fd)
{
	ZSTD_inBuffer in = { piece, size, 0 };
	size_t left;

	do {
		ZSTD_outBuffer out = { to, PIECE, 0 };

		left = ZSTD_compressStream2(
			ctx, &out, &in, size ? ZSTD_e_continue : ZSTD_e_end);
		if (ZSTD_isError(left))
			return -ENOMEM;
		if (write(fd, to, out.pos) != (ssize_t)out.pos)
			return errno ? -errno : -EIO;
	} while (size ? in.pos < in.size : left);
	return 0;
}

static int make_packed(struct text_files *files)
{
	ZSTD_CCtx *ctx = ZSTD_createCCtx();
	char *piece = malloc(2 * PIECE);
	int err = ctx && piece ? 0 : -ENOMEM;
	ssize_t got = 1;
	off_t at = 0;

	while (!err && got) {
		got = pread(files->plain, piece, PIECE, at);
		errno = got < 0 ? errno : 0;
		err = got < 0 ? -errno
			      : pack_piece(ctx, piece, (size_t)got,
					   piece + PIECE, files->zstd);
		at += got;
	}
	free(piece);
	ZSTD_freeCCtx(ctx);
	return err;
}

int text_files_make(const struct text_plan *plan, struct text_files *ret)
{
	int err;

	memset(ret, 0, sizeof(*ret));
	ret->plain = nameless_file();
	ret->zstd = nameless_file();
	err = ret->plain < 0 ? ret->plain : ret->zstd < 0 ? ret->zstd : 0;
	if (!err)
		err = make_plain(plan, ret);
	if (!err)
		err = make_packed(ret);
	snprintf(ret->plain_path, FILE_PATH, "/proc/%d/fd/%d", getpid(),
		 ret->plain);
	snprintf(ret->zstd_path, FILE_PATH, "/proc/%d/fd/%d", getpid(),
		 ret->zstd);
	if (err)
		text_files_drop(ret);
	return err;
}

void text_files_drop(struct text_files *files)
{
	if (files->plain >= 0)
		close(files->plain);
	if (files->zstd >= 0)
		close(files->zstd);
}
