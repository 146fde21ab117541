/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A result folder that is written as one: until the commit <path> is the
 * complete old result, or absent; afterwards it is the complete new one. No
 * failure, full disk or kill in between shows a reader anything else.
 *
 * Calling sequence:
 *	resultdir_open(path, &rd, why)	before measuring: refuses what cannot
 *					be written, changes nothing there
 *	resultdir_file(rd, name, &f, why)	once a file; write to f
 *	resultdir_commit(rd, why)	or resultdir_abort(rd); either ends rd
 *
 * Beside <path> stand:
 *	<path>.partial	the folder being written. Of a process that died, the
 *			next open removes it
 *	<path>.previous	the result before this one
 *	<path>.lock	locked while a writer is at work; says nothing by itself
 *
 * A folder counts as a result, and may be replaced, if it is empty or holds a
 * file RESULTDIR_MARKER. So a wrong path cannot cost anyone their files.
 */
#ifndef RESULTDIR_H
#define RESULTDIR_H

#include <stdio.h>

#include "why.h"

#define RESULTDIR_MARKER "result.json"

struct resultdir;

/**
 * resultdir_open() - start a result
 * @path:	of the folder; may be missing, also its parents, which are
 *		made. A link to a folder is followed
 * @ret:	written on success only
 *
 * Return: 0; -EINVAL for a path that names no folder of its own ("", "/",
 * "..") or a file system that cannot exchange two folders; -EEXIST if <path>,
 * .previous or .partial is a folder that is no result; -ENOTDIR if one is no
 * folder; -EBUSY if another process is writing there; -ENOMEM; else the errno
 * of the call that failed (EACCES, EROFS, ENAMETOOLONG, ELOOP, EISDIR for the
 * lock ...).
 */
int resultdir_open(const char *path, struct resultdir **ret, char *why);

/**
 * resultdir_file() - a new file of the result
 * @name:	one component, no '/', not starting with '.'
 * @ret:	written on success only; rd owns it, do not close it
 *
 * Return: 0; -EINVAL for the name; -EEXIST for a second of that name; -ENOMEM;
 * else the errno of open.
 */
int resultdir_file(struct resultdir *rd, const char *name, FILE **ret,
		   char *why);

/**
 * resultdir_commit() - make it the result; ends rd either way
 *
 * Flushes and syncs each file and the folder, exchanges it with the old one,
 * which becomes <path>.previous, and syncs the parent folder. An older
 * .previous is removed; that this failed is not an error.
 *
 * Return: 0; -EINVAL if no RESULTDIR_MARKER was written; else the negative
 * errno of the first step that failed, and <path> is as before, .partial gone.
 * Only if syncing the parent folder failed, and going back then failed too, is
 * the new result in place in spite of an error.
 */
int resultdir_commit(struct resultdir *rd, char *why);

/* Closes and removes everything not committed. NULL is fine. */
void resultdir_abort(struct resultdir *rd);

#endif /* RESULTDIR_H */
