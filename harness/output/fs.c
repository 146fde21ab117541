// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steps on the file system that outfile and resultdir are made of.
 *
 * Not here: the order of the steps, which is what makes them safe.
 * Cost: system calls only. Invariant: no descriptor survives a failure.
 */
#include "fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_DEPTH 16

char *fs_name(const char *name, const char *suffix)
{
	char *joined;

	return asprintf(&joined, "%s%s", name, suffix) < 0 ? NULL : joined;
}

/* Makes every folder above the last component. */
static int make_parents(char *path)
{
	char *slash = path;
	int rc;

	while ((slash = strchr(slash + 1, '/'))) {
		*slash = '\0';
		rc = mkdir(path, 0777) ? -errno : 0;
		/* A read-only file system says so even of what exists. */
		if (rc && rc != -EEXIST && access(path, F_OK))
			return rc;
		*slash = '/';
	}
	return 0;
}

/* realpath() of what exists; otherwise a copy, a link to nowhere refused. */
static int resolve(const char *path, char **ret)
{
	struct stat st;

	*ret = realpath(path, NULL);
	if (*ret)
		return 0;
	if (errno != ENOENT)
		return -errno;
	if (!lstat(path, &st))
		return -ENOENT;
	*ret = strdup(path);
	return *ret ? 0 : -ENOMEM;
}

/* The last component, or NULL if it is none of its own. */
static char *base_of(char *path)
{
	char *slash = strrchr(path, '/');
	char *base = slash ? slash + 1 : path;

	if (!*base || !strcmp(base, ".") || !strcmp(base, ".."))
		return NULL;
	return base;
}

static int open_place(char *path, struct fs_place *ret)
{
	struct fs_place place = { -1, NULL };
	char *base = base_of(path);
	int rc;

	if (!base)
		return -EINVAL;
	rc = make_parents(path);
	if (rc)
		return rc;
	place.name = strdup(base);
	if (!place.name)
		return -ENOMEM;
	*base = '\0';
	place.parent_fd = open(base == path ? "." : path,
			       O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (place.parent_fd < 0) {
		rc = -errno;
		free(place.name);
		return rc;
	}
	*ret = place;
	return 0;
}

int fs_place_open(const char *path, struct fs_place *ret)
{
	char *trimmed = strdup(path), *real = NULL;
	size_t len;
	int rc = -EINVAL;

	if (!trimmed)
		return -ENOMEM;
	len = strlen(trimmed);
	while (len > 1 && trimmed[len - 1] == '/')
		trimmed[--len] = '\0';
	/* Before links are resolved: "." has a name then. */
	if (base_of(trimmed))
		rc = resolve(trimmed, &real);
	if (!rc)
		rc = open_place(real, ret);
	free(real);
	free(trimmed);
	return rc;
}

void fs_place_fini(struct fs_place *place)
{
	if (place->parent_fd >= 0)
		close(place->parent_fd);
	free(place->name);
	*place = (struct fs_place){ -1, NULL };
}

/* Whether name still is the file behind fd. */
static bool still_there(int dir_fd, const char *name, int fd)
{
	struct stat locked, named;

	return !fstat(fd, &locked) &&
	       !fstatat(dir_fd, name, &named, AT_SYMLINK_NOFOLLOW) &&
	       locked.st_ino == named.st_ino && locked.st_dev == named.st_dev;
}

int fs_lock(int dir_fd, const char *name, int *ret_fd)
{
	int fd, rc;

	for (;;) {
		fd = openat(dir_fd, name,
			    O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
		if (fd < 0)
			return -errno;
		if (flock(fd, LOCK_EX | LOCK_NB)) {
			rc = errno == EWOULDBLOCK ? -EBUSY : -errno;
			close(fd);
			return rc;
		}
		if (still_there(dir_fd, name, fd))
			break;
		/* Its owner removed it between our open and our lock. */
		close(fd);
	}
	*ret_fd = fd;
	return 0;
}

static int open_folder(int dir_fd, const char *name, DIR **ret)
{
	int rc, fd = openat(dir_fd, name,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	*ret = fdopendir(fd);
	if (*ret)
		return 0;
	rc = -errno;
	close(fd);
	return rc;
}

/* The next entry but "." and ".."; NULL at the end. */
static const char *next_name(DIR *dir)
{
	struct dirent *entry;

	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			return entry->d_name;
	return NULL;
}

static bool is_folder(int dir_fd, const char *name)
{
	struct stat st;

	return !fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) &&
	       S_ISDIR(st.st_mode);
}

int fs_scan(int dir_fd, const char *name, const char *marker,
	    struct fs_folder *ret)
{
	struct fs_folder found = { .exists = true };
	const char *entry;
	DIR *dir;
	int rc = open_folder(dir_fd, name, &dir);

	if (rc == -ENOENT) {
		*ret = (struct fs_folder){ 0 };
		return 0;
	}
	if (rc)
		return rc;
	while ((entry = next_name(dir))) {
		found.nr_entries++;
		if (is_folder(dirfd(dir), entry))
			found.nr_folders++;
		else if (!strcmp(entry, marker))
			found.has_marker = true;
	}
	closedir(dir);
	*ret = found;
	return 0;
}

static int remove_level(int dir_fd, const char *name, int depth);

/* Those entries that are folders, or those that are not. */
static int remove_entries(DIR *dir, bool folders, int depth)
{
	const char *entry;
	int rc = 0;

	rewinddir(dir);
	while (!rc && (entry = next_name(dir))) {
		if (is_folder(dirfd(dir), entry) != folders)
			continue;
		if (folders)
			rc = remove_level(dirfd(dir), entry, depth + 1);
		else if (unlinkat(dirfd(dir), entry, 0))
			rc = -errno;
	}
	return rc;
}

/* Folders first: cut off half-way, what is left still has its marker, or is
 * flat, and is known for what it is. */
static int remove_level(int dir_fd, const char *name, int depth)
{
	DIR *dir;
	int rc;

	if (depth == MAX_DEPTH)
		return -ELOOP;
	rc = open_folder(dir_fd, name, &dir);
	if (rc)
		return rc;
	rc = remove_entries(dir, true, depth);
	if (!rc)
		rc = remove_entries(dir, false, depth);
	closedir(dir);
	if (!rc && unlinkat(dir_fd, name, AT_REMOVEDIR))
		rc = -errno;
	return rc;
}

int fs_remove_tree(int dir_fd, const char *name)
{
	return remove_level(dir_fd, name, 0);
}

int fs_touch(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

int fs_exchange(int dir_fd, const char *a, const char *b)
{
	return renameat2(dir_fd, a, dir_fd, b, RENAME_EXCHANGE) ? -errno : 0;
}

int fs_rename(int dir_fd, const char *from, const char *to)
{
	return renameat(dir_fd, from, dir_fd, to) ? -errno : 0;
}

static ssize_t stream_write(void *cookie, const char *data, size_t size)
{
	struct fs_stream *s = cookie;
	size_t done = 0;
	ssize_t n;

	/* Once failed, nothing more: a hole in the middle would be worse. */
	while (done < size && !s->error) {
		n = write(s->fd, data + done, size - done);
		if (n > 0)
			done += (size_t)n;
		else if (!n)
			s->error = -EIO;
		else if (errno != EINTR)
			s->error = -errno;
	}
	return (ssize_t)done;
}

static int stream_close(void *cookie)
{
	struct fs_stream *s = cookie;

	return close(s->fd);
}

int fs_stream_open(struct fs_stream *s, int fd)
{
	static const cookie_io_functions_t functions = {
		.write = stream_write,
		.close = stream_close,
	};

	*s = (struct fs_stream){ .fd = fd };
	s->file = fopencookie(s, "w", functions);
	return s->file ? 0 : -ENOMEM;
}

int fs_stream_sync(struct fs_stream *s)
{
	if (fflush(s->file) || ferror(s->file))
		return s->error ? s->error : -EIO;
	return fsync(s->fd) ? -errno : 0;
}

void fs_stream_close(struct fs_stream *s)
{
	if (s->file)
		fclose(s->file);
	s->file = NULL;
}
