// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes of files: see bytes.h. The decompressors are in bytes_zstd.c,
 * bytes_xz.c and bytes_gzip.c; the last two are there if their library was when
 * this was built.
 *
 * Cost: plain bytes are read straight to where they are wanted, others pass
 * through a buffer of IN_SIZE. Invariant: a reading that ends without an error
 * has met every byte of the file.
 */
#include "bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bytes_codec.h"
#include "trace_source.h"

#define IN_SIZE ((size_t)128 << 10)
/* No more at a time: zlib counts in unsigned int. */
#define OUT_MAX ((size_t)1 << 30)
#define MAGIC_MAX 6

struct kind {
	const char *name;
	uint8_t magic[MAGIC_MAX];
	uint8_t mask; /* of the first byte */
	size_t magic_size;
	const struct bytes_codec *codec; /* NULL: not in this build */
	const char *library, *package;
};

static const struct kind kinds[] = {
	{ "zstd", "\x28\xb5\x2f\xfd", 0xff, 4, &bytes_zstd, "", "" },
	/* Frames to skip: zstd's too. */
	{ "zstd", "\x50\x2a\x4d\x18", 0xf0, 4, &bytes_zstd, "", "" },
#if HAVE_XZ
	{ "xz", "\xfd\x37zXZ", 0xff, 6, &bytes_xz, "", "" },
#else
	{ "xz", "\xfd\x37zXZ", 0xff, 6, NULL, "liblzma", "liblzma-dev" },
#endif
#if HAVE_GZIP
	{ "gzip", "\x1f\x8b", 0xff, 2, &bytes_gzip, "", "" },
#else
	{ "gzip", "\x1f\x8b", 0xff, 2, NULL, "zlib", "zlib1g-dev" },
#endif
};

struct bytes {
	const char *name;
	char *path; /* owned; the name, but of memory */
	int fd;	    /* owned; -1 of memory */
	bool can_seek;
	off_t start;
	off_t pos; /* in the file; of memory, in memory */
	const uint8_t *memory;
	size_t memory_size;
	const struct kind *kind; /* NULL: plain */
	void *state;		 /* of the codec; NULL until it is needed */
	struct bytes_step step;
	uint8_t *in; /* IN_SIZE; NULL until it is needed */
};

static int refuse(const struct bytes *b, int err, char *why)
{
	snprintf(why, TRACE_WHY_SIZE, "%s: %s", b->name, strerror(-err));
	return err;
}

/* Some of the file's own bytes; 0 at its end. */
static ssize_t read_some(struct bytes *b, void *to, size_t room)
{
	ssize_t got;

	do {
		if (b->can_seek)
			got = pread(b->fd, to, room, b->pos);
		else
			got = read(b->fd, to, room);
	} while (got < 0 && errno == EINTR);
	if (got > 0)
		b->pos += got;
	return got < 0 ? -errno : got;
}

/* The next bytes of the file into b->in, at least want unless it ends. */
static int refill(struct bytes *b, size_t want)
{
	struct bytes_step *step = &b->step;

	if (!b->in)
		b->in = malloc(IN_SIZE);
	if (!b->in)
		return -ENOMEM;
	step->in = b->in;
	step->in_pos = step->in_size = 0;
	while (step->in_size < want && !step->in_ends) {
		ssize_t got = read_some(b, b->in + step->in_size,
					IN_SIZE - step->in_size);

		if (got < 0)
			return (int)got;
		step->in_ends = !got;
		step->in_size += (size_t)got;
	}
	return 0;
}

static const struct kind *find_kind(const uint8_t *p, size_t size)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct kind *kind = &kinds[i];

		if (size >= kind->magic_size &&
		    (*p & kind->mask) == kind->magic[0] &&
		    !memcmp(p + 1, kind->magic + 1, kind->magic_size - 1))
			return kind;
	}
	return NULL;
}

/* Looks at the first bytes, which stay to be read. */
static int find_out(struct bytes *b, char *why)
{
	const struct kind *kind;
	int err = refill(b, MAGIC_MAX);

	if (err)
		return refuse(b, err, why);
	kind = find_kind(b->in, b->step.in_size);
	b->kind = kind;
	if (!kind || kind->codec)
		return 0;
	snprintf(why, TRACE_WHY_SIZE,
		 "%s: compressed by %s: this build lacks %s (install %s and "
		 "rebuild)",
		 b->name, kind->name, kind->library, kind->package);
	return -ENOTSUP;
}

void bytes_rewind(struct bytes *b)
{
	if (b->state)
		b->kind->codec->close(b->state);
	b->state = NULL;
	free(b->in);
	b->in = NULL;
	b->step = (struct bytes_step){ 0 };
	b->pos = b->start;
}

static const char *copy_dir(void)
{
	const char *dir = getenv("TMPDIR");

	return dir && *dir ? dir : "/tmp";
}

static int refuse_copy(const struct bytes *b, int err, char *why)
{
	snprintf(why, TRACE_WHY_SIZE, "%s: copying it to %s: %s", b->name,
		 copy_dir(), strerror(-err));
	return err;
}

/* A file without a name; its descriptor, or negative. */
static int new_file(void)
{
	const char *dir = copy_dir();
	char path[4096];
	int fd;

	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
		snprintf(path, sizeof(path), "%s/v7sbench.XXXXXX", dir);
		fd = mkostemp(path, O_CLOEXEC);
		if (fd >= 0)
			unlink(path);
	}
	return fd < 0 ? -errno : fd;
}

static int write_all(int fd, const uint8_t *p, size_t size)
{
	while (size) {
		ssize_t put = write(fd, p, size);

		if (put < 0 && errno != EINTR)
			return -errno;
		if (put > 0) {
			p += put;
			size -= (size_t)put;
		}
	}
	return 0;
}

/* What is left of it, into a file without a name. */
static int copy(struct bytes *b, int *ret, char *why)
{
	uint8_t *buf = malloc(IN_SIZE);
	size_t got = 1;
	int fd, err = 0;

	if (!buf)
		return refuse(b, -ENOMEM, why);
	fd = new_file();
	if (fd < 0) {
		free(buf);
		return refuse_copy(b, fd, why);
	}
	while (!err && got) {
		err = bytes_read(b, buf, IN_SIZE, &got, why);
		if (err)
			break;
		err = write_all(fd, buf, got);
		if (err)
			refuse_copy(b, err, why);
	}
	free(buf);
	if (err)
		close(fd);
	else
		*ret = fd;
	return err;
}

/* Puts a copy in the place of what can be read once. */
static int make_lasting(struct bytes *b, char *why)
{
	const struct kind *kind = b->kind;
	int fd, err;

	/* As it is: what is compressed is smaller so. */
	b->kind = NULL;
	err = copy(b, &fd, why);
	b->kind = kind;
	if (err)
		return err;
	close(b->fd);
	b->fd = fd;
	b->can_seek = true;
	return 0;
}

static int open_path(struct bytes *b, const char *path, char *why)
{
	struct stat st;

	if (strcmp(path, "-"))
		b->fd = open(path, O_RDONLY | O_CLOEXEC);
	else
		b->fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (b->fd < 0 || fstat(b->fd, &st))
		return refuse(b, -errno, why);
	/* Files of the kernel have no size, and what is read may be gone. */
	if (S_ISREG(st.st_mode) && st.st_size)
		b->start = lseek(b->fd, 0, SEEK_CUR);
	else
		b->start = -1;
	b->can_seek = b->start >= 0;
	if (!b->can_seek)
		b->start = 0;
	b->pos = b->start;
	return 0;
}

int bytes_open(const char *path, enum bytes_use use, struct bytes **ret,
	       char *why)
{
	struct bytes *b = calloc(1, sizeof(*b));
	int err;

	if (b) {
		b->fd = -1;
		b->name = b->path = strdup(strcmp(path, "-") ? path : "stdin");
	}
	if (!b || !b->path) {
		snprintf(why, TRACE_WHY_SIZE, "%s: %s", path, strerror(ENOMEM));
		free(b);
		return -ENOMEM;
	}
	err = open_path(b, path, why);
	if (!err)
		err = find_out(b, why);
	if (!err && use == BYTES_AGAIN && !b->can_seek)
		err = make_lasting(b, why);
	if (err) {
		bytes_close(b);
		return err;
	}
	if (b->can_seek)
		bytes_rewind(b);
	*ret = b;
	return 0;
}

int bytes_open_memory(const char *name, const void *data, size_t size,
		      struct bytes **ret)
{
	struct bytes *b = calloc(1, sizeof(*b));

	if (!b)
		return -ENOMEM;
	b->name = name;
	b->fd = -1;
	b->memory = data;
	b->memory_size = size;
	*ret = b;
	return 0;
}

static size_t read_memory(struct bytes *b, uint8_t *to, size_t room)
{
	size_t left = b->memory_size - (size_t)b->pos;
	size_t size = left < room ? left : room;

	if (size)
		memcpy(to, b->memory + b->pos, size);
	b->pos += (off_t)size;
	return size;
}

static int read_plain(struct bytes *b, uint8_t *to, size_t room, size_t *ret)
{
	struct bytes_step *step = &b->step;
	size_t size = step->in_size - step->in_pos;

	/* What find_out() has read. */
	if (size > room)
		size = room;
	if (size)
		memcpy(to, step->in + step->in_pos, size);
	step->in_pos += size;
	while (size < room && !step->in_ends) {
		ssize_t got = read_some(b, to + size, room - size);

		if (got < 0)
			return (int)got;
		step->in_ends = !got;
		size += (size_t)got;
	}
	*ret = size;
	return 0;
}

/* One step further; false in *ret_on if nothing moved. */
static int advance(struct bytes *b, bool *ret_on, char *why)
{
	struct bytes_step *step = &b->step;
	size_t in_pos, out_pos = step->out_pos;
	int err = 0;

	if (step->in_pos == step->in_size && !step->in_ends)
		err = refill(b, 1);
	in_pos = step->in_pos;
	*ret_on = false;
	if (!err && step->between && in_pos == step->in_size && step->in_ends)
		return 0;
	if (!err)
		err = b->kind->codec->step(b->state, step);
	if (err == -EINVAL)
		snprintf(why, TRACE_WHY_SIZE, "%s: %s", b->name, step->reason);
	else if (err)
		refuse(b, err, why);
	if (err)
		return err;
	*ret_on = step->in_pos != in_pos || step->out_pos != out_pos;
	if (!*ret_on && !step->between) {
		snprintf(why, TRACE_WHY_SIZE, "%s: the %s data ends early",
			 b->name, b->kind->name);
		return -EINVAL;
	}
	return 0;
}

static int read_packed(struct bytes *b, uint8_t *to, size_t room, size_t *ret,
		       char *why)
{
	struct bytes_step *step = &b->step;
	bool on = true;
	int err = 0;

	if (!b->state)
		err = b->kind->codec->open(&b->state);
	if (err)
		return refuse(b, err, why);
	step->out = to;
	step->out_pos = 0;
	step->out_size = room < OUT_MAX ? room : OUT_MAX;
	while (!err && on && step->out_pos < step->out_size)
		err = advance(b, &on, why);
	if (!err)
		*ret = step->out_pos;
	return err;
}

int bytes_read(struct bytes *b, void *to, size_t room, size_t *ret, char *why)
{
	int err;

	if (b->fd < 0) {
		*ret = read_memory(b, to, room);
		return 0;
	}
	if (b->kind)
		return read_packed(b, to, room, ret, why);
	err = read_plain(b, to, room, ret);
	return err ? refuse(b, err, why) : 0;
}

const char *bytes_name(const struct bytes *b)
{
	return b->name;
}

int bytes_plain_file(struct bytes *b, int *ret, char *why)
{
	int fd;

	bytes_rewind(b);
	if (b->kind || b->start)
		return copy(b, ret, why);
	fd = fcntl(b->fd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return refuse(b, -errno, why);
	*ret = fd;
	return 0;
}

void bytes_close(struct bytes *b)
{
	if (!b)
		return;
	bytes_rewind(b);
	if (b->fd >= 0)
		close(b->fd);
	free(b->path);
	free(b);
}
