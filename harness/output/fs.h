/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What outfile and resultdir need from the file system. Names are relative to
 * an open folder wherever they can be, so that a later chdir() or a moved
 * parent does not redirect them. Each returns 0 or a negative errno.
 */
#ifndef FS_H
#define FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Where a target stands: its parent folder, and its name in it. */
struct fs_place {
	int parent_fd; /* -1 if not open */
	char *name;
};

/**
 * fs_place_open() - find a target, making its parents
 * @path:	slashes at the end do not count; a link is followed
 *
 * Return: 0; -EINVAL for a path that names nothing of its own ("", "/", ".",
 * "..", or ending in these); -ENOENT for a link to nowhere; -ENOMEM; else the
 * errno of the call that failed.
 */
int fs_place_open(const char *path, struct fs_place *ret);

/* Closes and frees; { -1, NULL } is fine. */
void fs_place_fini(struct fs_place *place);

/**
 * fs_lock() - create a file if missing, and lock it
 * @ret_fd:	holds the lock until closed
 *
 * The name stands for the locked file when this returns, even if another
 * process removes or renames it while unlocking.
 *
 * Return: 0; -EBUSY if another process holds it; else errno (EISDIR ...).
 */
int fs_lock(int dir_fd, const char *name, int *ret_fd);

/* What is in a folder. */
struct fs_folder {
	bool exists;
	bool has_marker;
	size_t nr_entries;
	size_t nr_folders;
};

/* A missing folder is 0 with exists unset; -ENOTDIR for anything else. */
int fs_scan(int dir_fd, const char *name, const char *marker,
	    struct fs_folder *ret);

/* Removes a folder and all below it, at most 16 levels (-ELOOP), not
 * following links. */
int fs_remove_tree(int dir_fd, const char *name);

/* Makes an empty file, if there is none. */
int fs_touch(int dir_fd, const char *name);

/* Swaps two existing names in one step; -EINVAL where that is not known. */
int fs_exchange(int dir_fd, const char *a, const char *b);

int fs_rename(int dir_fd, const char *from, const char *to);

/* A stream that remembers why writing failed, which stdio does not: its error
 * flag says that it did. */
struct fs_stream {
	int fd;
	int error; /* of the first write that failed, negative; or 0 */
	FILE *file;
};

/* Takes the descriptor over; s must stay where it is until closed. On failure
 * the descriptor is still the caller's. */
int fs_stream_open(struct fs_stream *s, int fd);

/* Everything written to the disk: flush and fsync. The first error ever. */
int fs_stream_sync(struct fs_stream *s);

/* Closes; unopened or closed before is fine. What is not flushed may be lost,
 * and is not reported. */
void fs_stream_close(struct fs_stream *s);

/* The two joined, on the heap; NULL without memory. */
char *fs_name(const char *name, const char *suffix);

#endif /* FS_H */
