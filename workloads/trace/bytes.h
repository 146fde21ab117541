/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bytes of a file in order, decompressed where needed: plain, zstd, xz or
 * gzip, told apart by their first bytes, never by a name. Several frames or
 * members in a row are one content, as cat and pzstd make them.
 *
 * Memory: a buffer, and what the decompressor's window takes; windows above
 * 128 MiB (zstd) or 64 MiB (xz) are refused. The content may have any length.
 *
 * Concurrency: one reader at a time.
 */
#ifndef BYTES_H
#define BYTES_H

#include <stdbool.h>
#include <stddef.h>

struct bytes;

enum bytes_use {
	BYTES_ONCE,
	BYTES_AGAIN, /* what cannot be rewound, as a pipe or trace_pipe, is first
		      * copied to a file without a name in $TMPDIR or /tmp */
};

/**
 * bytes_open() - a file
 * @path:	"-" is stdin, from where it stands
 * @why:	TRACE_WHY_SIZE bytes; on failure "file: reason"
 *
 * Return: 0; -ENOTSUP if this build lacks the library for it; -ENOMEM; else the
 * errno of opening, reading or copying.
 */
int bytes_open(const char *path, enum bytes_use use, struct bytes **ret,
	       char *why);

/* Bytes in memory, which are taken as they are and must outlive it; so must
 * the name, which stands for a file in messages. 0 or -ENOMEM. */
int bytes_open_memory(const char *name, const void *data, size_t size,
		      struct bytes **ret);

/**
 * bytes_read() - the next bytes
 * @room:	not 0
 * @ret:	0 at the end only; room unless the end is near
 *
 * Return: 0; -EINVAL for damaged or cut data; -ENOMEM; else the errno of
 * reading.
 */
int bytes_read(struct bytes *bytes, void *to, size_t room, size_t *ret,
	       char *why);

/* To the first byte; not of BYTES_ONCE. Frees what decompressing took. */
void bytes_rewind(struct bytes *bytes);

/* "stdin", or the path. Lives as long as the bytes. */
const char *bytes_name(const struct bytes *bytes);

/**
 * bytes_plain_file() - a file that holds the content as bytes_read() gives it
 * @ret:	a descriptor of the caller's: of the file itself, or of a copy
 *		without a name
 *
 * Return: as bytes_open() and bytes_read(). The bytes are to be rewound after.
 */
int bytes_plain_file(struct bytes *bytes, int *ret, char *why);

/* NULL is fine. */
void bytes_close(struct bytes *bytes);

#endif /* BYTES_H */
