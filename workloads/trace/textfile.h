/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A whole text file in memory, plain or compressed as bytes.h has it. The
 * content decides which, never the file name.
 */
#ifndef TEXTFILE_H
#define TEXTFILE_H

#include <stddef.h>
#include <stdint.h>

/* Larger content is refused, so that a small file that decompresses without
 * end cannot take the machine. */
#define TEXTFILE_MAX ((size_t)UINT32_MAX)

/**
 * textfile_read() - read and, where needed, decompress a file
 * @path:	"-" is stdin
 * @ret_text:	free() it; a NUL follows the last byte
 * @ret_size:	without that NUL
 * @why:	TRACE_WHY_SIZE bytes; on failure "file: reason"
 *
 * Return: 0; -EINVAL for damaged compressed data; -ENOTSUP if this build lacks
 * the library; -EFBIG above TEXTFILE_MAX; -ENOMEM; else the errno of open or
 * read. The results are written on success only.
 */
int textfile_read(const char *path, char **ret_text, size_t *ret_size,
		  char *why);

/* The same with another limit, which must not be 0. */
int textfile_read_max(const char *path, size_t max, char **ret_text,
		      size_t *ret_size, char *why);

#endif /* TEXTFILE_H */
