// SPDX-License-Identifier: GPL-2.0-only
/*
 * A result folder, replaced as a whole.
 *
 * The order makes it safe: everything is written and synced in the partial
 * folder, one exchange of names makes it the result, and only then the old
 * ones are moved and removed. A kill before the exchange leaves the old
 * result, one after it the new.
 *
 * Not here: folders inside a result, adding to a result, file systems that
 * cannot exchange names.
 * Cost: a sync a file and two more. Invariant: until the exchange nothing
 * called <path> is touched, after it nothing in there.
 * Concurrency: between processes, the lock file.
 */
#include "resultdir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs.h"

struct entry {
	struct entry *next;
	struct fs_stream stream;
	char name[];
};

struct resultdir {
	struct fs_place place;
	char *path;    /* as given, for messages */
	char *partial; /* names in the parent folder */
	char *previous;
	char *lock;
	int lock_fd;	/* -1 while not held */
	int partial_fd; /* -1 while it does not exist */
	struct entry *entries;
};

static void close_entries(struct resultdir *rd)
{
	struct entry *entry;

	while ((entry = rd->entries)) {
		rd->entries = entry->next;
		fs_stream_close(&entry->stream);
		free(entry);
	}
}

/* Everything but the partial folder, which the callers know best. */
static void destroy(struct resultdir *rd)
{
	close_entries(rd);
	if (rd->partial_fd >= 0)
		close(rd->partial_fd);
	if (rd->lock_fd >= 0) {
		/* Removed while still held: see fs_lock(). */
		unlinkat(rd->place.parent_fd, rd->lock, 0);
		close(rd->lock_fd);
	}
	fs_place_fini(&rd->place);
	free(rd->path);
	free(rd->partial);
	free(rd->previous);
	free(rd->lock);
	free(rd);
}

static int set_names(struct resultdir *rd, const char *path, char *why)
{
	int rc = fs_place_open(path, &rd->place);

	if (rc)
		return why_errno(why, rc, "%s", path);
	rd->path = strdup(path);
	rd->partial = fs_name(rd->place.name, ".partial");
	rd->previous = fs_name(rd->place.name, ".previous");
	rd->lock = fs_name(rd->place.name, ".lock");
	if (!rd->path || !rd->partial || !rd->previous || !rd->lock)
		return why_errno(why, -ENOMEM, "%s", path);
	return 0;
}

/* A folder that may be replaced or removed, or none. */
static int check_folder(struct resultdir *rd, const char *name, bool flat_is_ok,
			char *why)
{
	struct fs_folder found;
	const char *suffix = name + strlen(rd->place.name);
	int rc = fs_scan(rd->place.parent_fd, name, RESULTDIR_MARKER, &found);

	if (rc)
		return why_errno(why, rc, "%s%s", rd->path, suffix);
	if (!found.nr_entries || found.has_marker)
		return 0;
	if (flat_is_ok && !found.nr_folders)
		return 0;
	return why_set(why, -EEXIST,
		       "%s%s: no result folder (no " RESULTDIR_MARKER
		       " in it), not replaced",
		       rd->path, suffix);
}

/* A partial folder may lack the marker, but never holds folders of its own:
 * those come into a result later, and then it has the marker. */
static int check_names(struct resultdir *rd, char *why)
{
	int rc = check_folder(rd, rd->place.name, false, why);

	if (!rc)
		rc = check_folder(rd, rd->previous, false, why);
	if (!rc)
		rc = check_folder(rd, rd->partial, true, why);
	return rc;
}

static int make_partial(struct resultdir *rd)
{
	int parent = rd->place.parent_fd;
	int rc = fs_remove_tree(parent, rd->partial);

	if (rc && rc != -ENOENT)
		return rc;
	if (mkdirat(parent, rd->partial, 0777))
		return -errno;
	rd->partial_fd =
		openat(parent, rd->partial, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (rd->partial_fd >= 0)
		return 0;
	rc = -errno;
	unlinkat(parent, rd->partial, AT_REMOVEDIR);
	return rc;
}

/* Better known now than after hours of measuring. */
static int probe_exchange(struct resultdir *rd, char *why)
{
	static const char a[] = ".a", b[] = ".b";
	int rc = fs_touch(rd->partial_fd, a);

	if (!rc)
		rc = fs_touch(rd->partial_fd, b);
	if (!rc)
		rc = fs_exchange(rd->partial_fd, a, b);
	unlinkat(rd->partial_fd, a, 0);
	unlinkat(rd->partial_fd, b, 0);
	if (rc == -EINVAL || rc == -ENOSYS)
		return why_set(why, -EINVAL,
			       "%s: this file system cannot exchange folders",
			       rd->path);
	return rc ? why_errno(why, rc, "%s", rd->path) : 0;
}

static int prepare(struct resultdir *rd, const char *path, char *why)
{
	int rc = set_names(rd, path, why);

	if (rc)
		return rc;
	rc = fs_lock(rd->place.parent_fd, rd->lock, &rd->lock_fd);
	if (rc == -EBUSY)
		return why_set(why, rc, "%s: another process writes there",
			       path);
	if (rc)
		return why_errno(why, rc, "%s.lock", path);
	rc = check_names(rd, why);
	if (rc)
		return rc;
	rc = make_partial(rd);
	if (rc)
		return why_errno(why, rc, "%s.partial", path);
	return probe_exchange(rd, why);
}

int resultdir_open(const char *path, struct resultdir **ret, char *why)
{
	struct resultdir *rd = calloc(1, sizeof(*rd));
	int rc;

	if (!rd)
		return why_errno(why, -ENOMEM, "%s", path);
	rd->place.parent_fd = -1;
	rd->lock_fd = -1;
	rd->partial_fd = -1;
	rc = prepare(rd, path, why);
	if (rc)
		resultdir_abort(rd);
	else
		*ret = rd;
	return rc;
}

static int open_stream(struct resultdir *rd, struct entry *entry)
{
	int rc, fd = openat(rd->partial_fd, entry->name,
			    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (fd < 0)
		return -errno;
	rc = fs_stream_open(&entry->stream, fd);
	if (rc) {
		close(fd);
		unlinkat(rd->partial_fd, entry->name, 0);
	}
	return rc;
}

int resultdir_file(struct resultdir *rd, const char *name, FILE **ret,
		   char *why)
{
	struct entry *entry;
	size_t size;
	int rc = -EINVAL;

	if (!*name || *name == '.' || strchr(name, '/'))
		goto out;
	size = strlen(name) + 1;
	entry = calloc(1, sizeof(*entry) + size);
	rc = -ENOMEM;
	if (!entry)
		goto out;
	memcpy(entry->name, name, size);
	rc = open_stream(rd, entry);
	if (rc) {
		free(entry);
		goto out;
	}
	entry->next = rd->entries;
	rd->entries = entry;
	*ret = entry->stream.file;
	return 0;
out:
	return why_errno(why, rc, "%s/%s", rd->path, name);
}

/* Everything is on the disk when this returns 0. */
static int finish_files(struct resultdir *rd, char *why)
{
	struct entry *entry;
	bool has_marker = false;
	int rc;

	for (entry = rd->entries; entry; entry = entry->next) {
		rc = fs_stream_sync(&entry->stream);
		if (rc)
			return why_errno(why, rc, "%s/%s", rd->path,
					 entry->name);
		if (!strcmp(entry->name, RESULTDIR_MARKER))
			has_marker = true;
	}
	if (!has_marker)
		return why_set(why, -EINVAL,
			       "%s: no " RESULTDIR_MARKER " written", rd->path);
	if (fsync(rd->partial_fd))
		return why_errno(why, -errno, "%s.partial", rd->path);
	return 0;
}

/* Under the lock nobody else of us moves these names. */
static int swap(struct resultdir *rd, bool *ret_had_old)
{
	int parent = rd->place.parent_fd;
	int rc = fs_exchange(parent, rd->partial, rd->place.name);

	*ret_had_old = rc != -ENOENT;
	if (rc == -ENOENT)
		rc = fs_rename(parent, rd->partial, rd->place.name);
	return rc;
}

static int swap_back(struct resultdir *rd, bool had_old)
{
	int parent = rd->place.parent_fd;

	return had_old ? fs_exchange(parent, rd->partial, rd->place.name)
		       : fs_rename(parent, rd->place.name, rd->partial);
}

/* The old result, now called partial, becomes the previous one. */
static void retire(struct resultdir *rd)
{
	int parent = rd->place.parent_fd;
	int rc = fs_exchange(parent, rd->partial, rd->previous);

	if (rc == -ENOENT)
		fs_rename(parent, rd->partial, rd->previous);
	else
		fs_remove_tree(parent, rd->partial);
}

int resultdir_commit(struct resultdir *rd, char *why)
{
	bool had_old;
	int rc = finish_files(rd, why);

	if (rc)
		goto out_abort;
	rc = swap(rd, &had_old);
	if (rc) {
		why_errno(why, rc, "%s", rd->path);
		goto out_abort;
	}
	if (fsync(rd->place.parent_fd)) {
		rc = why_errno(why, -errno, "%s: folder", rd->path);
		if (!swap_back(rd, had_old))
			goto out_abort;
		/* Two faults in a row: the partial is the old result now, and
		 * must not be dropped as if it were the new one. */
	}
	if (had_old)
		retire(rd);
	destroy(rd);
	return rc;

out_abort:
	resultdir_abort(rd);
	return rc;
}

void resultdir_abort(struct resultdir *rd)
{
	if (!rd)
		return;
	close_entries(rd);
	if (rd->partial_fd >= 0)
		fs_remove_tree(rd->place.parent_fd, rd->partial);
	destroy(rd);
}
