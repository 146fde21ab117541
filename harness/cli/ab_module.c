// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies modules to memory and loads them; see ab_module.h.
 *
 * Cost: a copy of some hundred KiB. Invariant: a loaded module is never
 * unloaded, since lanes point into it. Concurrency: none.
 */
#include "ab_module.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int copy(int from, int to)
{
	char block[65536];
	ssize_t nr, done, n;

	while ((nr = read(from, block, sizeof(block))) > 0)
		for (done = 0; done < nr; done += n) {
			n = write(to, block + done, (size_t)(nr - done));
			if (n < 0)
				return -errno;
		}
	return nr < 0 ? -errno : 0;
}

int ab_image(const char *file, char *ret_path, char *why)
{
	int from = open(file, O_RDONLY | O_CLOEXEC), to, err = 0;

	if (from < 0)
		return why_errno(why, -errno, "%s", file);
	/* Children have it too. */
	to = memfd_create("lane_module", 0);
	if (to < 0)
		err = why_errno(why, -errno, "memfd_create");
	else if ((err = copy(from, to)))
		why_errno(why, err, "%s", file);
	close(from);
	if (err && to >= 0)
		close(to);
	if (!err)
		snprintf(ret_path, AB_PATH_SIZE, "/proc/self/fd/%d", to);
	return err;
}

/* What the loader says, without the path it has. */
static int not_loaded(const char *path, const char *name, char *why)
{
	const char *text = dlerror();
	size_t len = strlen(path);

	if (!text)
		text = "unknown error";
	if (!strncmp(text, path, len) && !strncmp(text + len, ": ", 2))
		text += len + 2;
	return why_set(why, -ELIBBAD, "%s cannot be loaded: %s", name, text);
}

int ab_module_load(const char *path, const char *name,
		   const struct lane_module **ret, char *why)
{
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const struct lane_module *module;

	if (!handle)
		return not_loaded(path, name, why);
	module = dlsym(handle, LANE_MODULE_SYMBOL);
	if (!module) {
		dlclose(handle);
		return why_set(why, -ELIBBAD,
			       "%s is no lane module: it has no %s", name,
			       LANE_MODULE_SYMBOL);
	}
	*ret = module;
	return 0;
}
