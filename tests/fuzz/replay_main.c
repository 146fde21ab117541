// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a fuzz target over the files and folders given, without libFuzzer:
 *	replay [-min=N] PATH...
 * Fails if any of them cannot be read whole, or if fewer than N files ran, 1
 * unless said otherwise. Folders are not entered twice: a corpus is flat.
 */
#include "fuzz_target.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define INPUT_MAX ((size_t)1 << 20)

static bool complain(const char *path, const char *reason)
{
	fprintf(stderr, "%s: %s\n", path, reason);
	return false;
}

/* The input has a buffer of its very size, so that ASan sees its end. */
static bool run_bytes(const char *path, const char *data, size_t size)
{
	uint8_t *exact = malloc(size ? size : 1);

	if (!exact)
		return complain(path, strerror(ENOMEM));
	memcpy(exact, data, size);
	/* If it is the last line, this input ended the program. */
	puts(path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	return true;
}

static bool run_file(const char *path, unsigned *nr_run)
{
	char *data = malloc(INPUT_MAX + 1);
	FILE *in = fopen(path, "rb");
	bool ok = false;
	size_t size;

	if (!data || !in) {
		complain(path, strerror(errno));
		goto out;
	}
	size = fread(data, 1, INPUT_MAX + 1, in);
	if (ferror(in))
		complain(path, strerror(errno));
	else if (size > INPUT_MAX)
		complain(path, "larger than 1 MiB");
	else
		ok = run_bytes(path, data, size);
	*nr_run += ok;
out:
	if (in)
		fclose(in);
	free(data);
	return ok;
}

static bool run_folder(const char *path, unsigned *nr_run)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	bool ok = true;

	if (!dir)
		return complain(path, strerror(errno));
	while (ok && (errno = 0, entry = readdir(dir))) {
		char file[4096];
		int len;

		if (entry->d_name[0] == '.')
			continue;
		len = snprintf(file, sizeof(file), "%s/%s", path,
			       entry->d_name);
		ok = (size_t)len < sizeof(file)
			     ? run_file(file, nr_run)
			     : complain(path, strerror(ENAMETOOLONG));
	}
	if (ok && errno)
		ok = complain(path, strerror(errno));
	closedir(dir);
	return ok;
}

static bool run_path(const char *path, unsigned *nr_run)
{
	struct stat st;

	if (stat(path, &st))
		return complain(path, strerror(errno));
	return S_ISDIR(st.st_mode) ? run_folder(path, nr_run)
				   : run_file(path, nr_run);
}

int main(int argc, char **argv)
{
	unsigned long min = 1;
	unsigned nr_run = 0;
	bool ok = true;

	for (int i = 1; i < argc && ok; i++) {
		char *end;

		if (strncmp(argv[i], "-min=", 5)) {
			ok = run_path(argv[i], &nr_run);
			continue;
		}
		min = strtoul(argv[i] + 5, &end, 10);
		if (end == argv[i] + 5 || *end)
			ok = complain(argv[i], "not a number");
	}
	printf("%u inputs\n", nr_run);
	if (ok && nr_run < min)
		ok = complain("replay", "fewer inputs than -min");
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
