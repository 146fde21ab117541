// SPDX-License-Identifier: GPL-2.0-only
/*
 * One file, replaced as a whole.
 *
 * Not here: files that are no regular ones (write to stdout for those),
 * keeping owner and mode of the old file.
 * Cost: two syncs a commit. Invariant: the target is touched by rename() only.
 * Concurrency: between processes, the lock on the partial file.
 */
#include "outfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs.h"

struct outfile {
	struct fs_place place;
	char *path;		 /* as given, for messages */
	char *partial;		 /* name */
	struct fs_stream stream; /* its descriptor holds the lock as well */
};

static void destroy(struct outfile *of)
{
	fs_place_fini(&of->place);
	free(of->path);
	free(of->partial);
	free(of);
}

static int check_target(const struct fs_place *place)
{
	struct stat st;

	if (fstatat(place->parent_fd, place->name, &st, 0))
		return errno == ENOENT ? 0 : -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return S_ISREG(st.st_mode) ? 0 : -ENOTSUP;
}

static int open_partial(struct outfile *of)
{
	int fd, rc = fs_lock(of->place.parent_fd, of->partial, &fd);

	if (rc)
		return rc;
	/* What a dead writer left. */
	if (ftruncate(fd, 0)) {
		rc = -errno;
		close(fd);
		return rc;
	}
	rc = fs_stream_open(&of->stream, fd);
	if (rc) {
		unlinkat(of->place.parent_fd, of->partial, 0);
		close(fd);
	}
	return rc;
}

int outfile_open(const char *path, struct outfile **ret, char *why)
{
	struct outfile *of = calloc(1, sizeof(*of));
	int rc = -ENOMEM;

	if (!of)
		return why_errno(why, rc, "%s", path);
	of->place.parent_fd = -1;
	rc = fs_place_open(path, &of->place);
	if (rc)
		goto out_destroy;
	rc = -ENOMEM;
	of->path = strdup(path);
	of->partial = fs_name(of->place.name, ".partial");
	if (!of->path || !of->partial)
		goto out_destroy;
	rc = check_target(&of->place);
	if (rc)
		goto out_destroy;
	rc = open_partial(of);
	if (rc)
		goto out_destroy;
	*ret = of;
	return 0;

out_destroy:
	destroy(of);
	if (rc == -ENOTSUP)
		return why_set(why, -EINVAL,
			       "%s: no file that could be replaced", path);
	return why_errno(why, rc, "%s", path);
}

FILE *outfile_stream(struct outfile *of)
{
	return of->stream.file;
}

/* The stream stays open over the rename: it holds the lock. */
static int replace(struct outfile *of)
{
	int rc = fs_stream_sync(&of->stream);

	if (!rc)
		rc = fs_rename(of->place.parent_fd, of->partial,
			       of->place.name);
	return rc;
}

int outfile_commit(struct outfile *of, char *why)
{
	int rc = replace(of);

	if (rc) {
		why_errno(why, rc, "%s", of->path);
		outfile_abort(of);
		return rc;
	}
	fs_stream_close(&of->stream);
	/* The file is in place and whole; only a crash of the machine could
	 * still bring the old one back. */
	if (fsync(of->place.parent_fd))
		rc = why_errno(why, -errno, "%s: folder", of->path);
	destroy(of);
	return rc;
}

void outfile_abort(struct outfile *of)
{
	if (!of)
		return;
	unlinkat(of->place.parent_fd, of->partial, 0);
	fs_stream_close(&of->stream);
	destroy(of);
}

int outfile_flush(FILE *stream)
{
	errno = 0;
	if (fflush(stream))
		return errno ? -errno : -EIO;
	return ferror(stream) ? -EIO : 0;
}
