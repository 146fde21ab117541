// SPDX-License-Identifier: GPL-2.0-only
/*
 * The wrappers: each counts, and fails instead of the real call where told.
 * Clean-up calls whose result nobody can use (close) are not among them.
 */
#include "inject.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
	bool armed;
	bool forever;
	enum inject_what what;
	unsigned nth;
	unsigned seen;
	int err;
	const char *hit;
} inject = { .hit = "" };

void inject_arm(enum inject_what what, unsigned nth, int err, int forever)
{
	inject.what = what;
	inject.nth = nth;
	inject.err = err;
	inject.forever = forever;
	inject.seen = 0;
	inject.hit = "";
	inject.armed = true;
}

unsigned inject_disarm(void)
{
	inject.armed = false;
	return inject.seen;
}

const char *inject_hit(void)
{
	return inject.hit;
}

static bool is_hit(const char *name)
{
	if (!inject.armed)
		return false;
	inject.seen++;
	if (inject.what == INJECT_COUNT || inject.seen < inject.nth ||
	    (inject.seen > inject.nth && !inject.forever))
		return false;
	inject.hit = name;
	if (inject.what == INJECT_KILL)
		kill(getpid(), SIGKILL);
	return true;
}

static bool fails(const char *name)
{
	if (!is_hit(name) || inject.what != INJECT_FAIL)
		return false;
	errno = inject.err;
	return true;
}

#define WRAP(type, name, params, args, failed)                       \
	type __real_##name params;                                   \
	type __wrap_##name params;                                   \
	type __wrap_##name params                                    \
	{                                                            \
		return fails(#name) ? (failed) : __real_##name args; \
	}

WRAP(int, fsync, (int fd), (fd), -1)
WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode), -1)
WRAP(int, mkdirat, (int fd, const char *name, mode_t mode), (fd, name, mode),
     -1)
WRAP(int, unlinkat, (int fd, const char *name, int flags), (fd, name, flags),
     -1)
WRAP(int, renameat, (int fd, const char *a, int to, const char *b),
     (fd, a, to, b), -1)
WRAP(int, renameat2,
     (int fd, const char *a, int to, const char *b, unsigned flags),
     (fd, a, to, b, flags), -1)
WRAP(int, ftruncate, (int fd, off_t size), (fd, size), -1)
WRAP(int, ftruncate64, (int fd, off64_t size), (fd, size), -1)
WRAP(int, flock, (int fd, int how), (fd, how), -1)
WRAP(void *, aligned_alloc, (size_t align, size_t size), (align, size), NULL)
WRAP(void *, calloc, (size_t nr, size_t size), (nr, size), NULL)
WRAP(void *, malloc, (size_t size), (size), NULL)
WRAP(void *, reallocarray, (void *array, size_t nr, size_t size),
     (array, nr, size), NULL)
WRAP(locale_t, newlocale, (int mask, const char *name, locale_t base),
     (mask, name, base), (locale_t)0)
WRAP(ssize_t, read, (int fd, void *data, size_t size), (fd, data, size), -1)
WRAP(void *, realloc, (void *data, size_t size), (data, size), NULL)
WRAP(ssize_t, pread, (int fd, void *data, size_t size, off_t at),
     (fd, data, size, at), -1)
WRAP(ssize_t, pread64, (int fd, void *data, size_t size, off64_t at),
     (fd, data, size, at), -1)
WRAP(char *, strdup, (const char *text), (text), NULL)
WRAP(char *, realpath, (const char *path, char *buf), (path, buf), NULL)
WRAP(FILE *, fopencookie,
     (void *cookie, const char *mode, cookie_io_functions_t io),
     (cookie, mode, io), NULL)

ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size)
{
	bool hit = is_hit("write");

	if (hit && inject.what == INJECT_FAIL) {
		errno = inject.err;
		return -1;
	}
	if (hit && inject.what == INJECT_SHORT)
		size = size > 1 ? size / 2 : size;
	return __real_write(fd, data, size);
}

/* Which of each two names is called depends on _FILE_OFFSET_BITS. */
#define WRAP_OPEN(name)                                                       \
	int __real_##name(const char *path, int flags, ...);                  \
	int __wrap_##name(const char *path, int flags, ...);                  \
	int __wrap_##name(const char *path, int flags, ...)                   \
	{                                                                     \
		mode_t mode = 0;                                              \
		va_list args;                                                 \
                                                                              \
		va_start(args, flags);                                        \
		if (flags & O_CREAT)                                          \
			mode = va_arg(args, mode_t);                          \
		va_end(args);                                                 \
		return fails("open") ? -1 : __real_##name(path, flags, mode); \
	}

#define WRAP_OPENAT(name)                                            \
	int __real_##name(int fd, const char *path, int flags, ...); \
	int __wrap_##name(int fd, const char *path, int flags, ...); \
	int __wrap_##name(int fd, const char *path, int flags, ...)  \
	{                                                            \
		mode_t mode = 0;                                     \
		va_list args;                                        \
                                                                     \
		va_start(args, flags);                               \
		if (flags & O_CREAT)                                 \
			mode = va_arg(args, mode_t);                 \
		va_end(args);                                        \
		if (fails("openat"))                                 \
			return -1;                                   \
		return __real_##name(fd, path, flags, mode);         \
	}

WRAP_OPEN(open)
WRAP_OPEN(open64)
WRAP_OPENAT(openat)
WRAP_OPENAT(openat64)
