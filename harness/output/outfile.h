/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One output file that is never half written: until the commit the target is
 * what it was before, afterwards it is the complete new file.
 *
 * Calling sequence:
 *	outfile_open(path, &of, why)	refuses what cannot be written
 *	outfile_stream(of)		write there; do not close it
 *	outfile_commit(of, why)		or outfile_abort(of); either ends of
 *
 * The text goes to <path>.partial, which is locked while open. A process that
 * dies leaves that one file, and the next open of the same path takes it over.
 * Commit flushes, checks, syncs, renames, and syncs the directory.
 */
#ifndef OUTFILE_H
#define OUTFILE_H

#include <stdio.h>

#include "why.h"

struct outfile;

/**
 * outfile_open() - start a new version of a file
 * @path:	may be missing, also its parent folders, which are made; a link
 *		is followed
 * @ret:	written on success only
 *
 * Return: 0; -EISDIR; -EINVAL for an empty path or a target that is no
 * regular file; -EBUSY if someone else is writing it; -ENOMEM; else the errno
 * of the call that failed (ENOTDIR, ENAMETOOLONG, ELOOP, EACCES, EROFS ...).
 */
int outfile_open(const char *path, struct outfile **ret, char *why);

FILE *outfile_stream(struct outfile *of);

/**
 * outfile_commit() - make it the file; ends of either way
 *
 * Return: 0; else the negative errno of the first step that failed, and the
 * target is as before. Only if syncing the folder failed, which why then
 * says, is the new file in place, and may be the old one again after a crash.
 */
int outfile_commit(struct outfile *of, char *why);

/* Removes the partial file. NULL is fine. */
void outfile_abort(struct outfile *of);

/**
 * outfile_flush() - is everything written out?
 *
 * For any stream, stdout before exit as well: fclose() alone reports success
 * after a failed flush.
 *
 * Return: 0; the negative errno of the flush; -EIO for an older error.
 */
int outfile_flush(FILE *stream);

#endif /* OUTFILE_H */
