// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs boot.sh with a script in a folder of its own; see kernel_boot.h.
 *
 * Not here: what is in scripts and answers. Invariant: no file and no process
 * is left, but files with --keep.
 */
#include "kernel_boot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "fs.h"
#include "result.h"

#define MISSING 77 /* boot.sh: no QEMU, no guest */
#define MAX_ANSWERS ((size_t)1 << 30)

int kernel_read_file(const char *path, char **ret, size_t *ret_size, char *why)
{
	size_t size = 0, room = 0, got = 1;
	struct bytes *bytes;
	char *text = NULL;
	int err = bytes_open(path, BYTES_ONCE, &bytes, why);

	if (err)
		return err;
	while (!err && got) {
		if (room - size < 65536) {
			char *more = realloc(text, room = 2 * room + 131072);

			if (!more || room > 2 * MAX_ANSWERS) {
				err = why_set(why, -ENOMEM, "%s: out of memory",
					      path);
				free(more ? more : text);
				text = NULL;
				break;
			}
			text = more;
		}
		err = bytes_read(bytes, text + size, room - size - 1, &got,
				 why);
		size += err ? 0 : got;
	}
	bytes_close(bytes);
	if (err) {
		free(text);
		return err;
	}
	text[size] = '\0';
	*ret = text;
	*ret_size = size;
	return 0;
}

/* "release=6.1.0-1-amd64" is what makes the source "kernel-6.1". */
static void name_source(struct kernel_host *host)
{
	const char *release =
		json_string_value(json_object_get(host->guest, "release"));
	size_t len = release ? strspn(release, "0123456789") : 0;

	if (len && release[len] == '.')
		len += 1 + strspn(release + len + 1, "0123456789");
	if (len)
		snprintf(host->source, sizeof(host->source), "kernel-%.*s",
			 (int)len, release);
	else
		snprintf(host->source, sizeof(host->source), "kernel");
}

/* Lines key=value. False if there is no such file. */
static bool read_info(struct kernel_host *host)
{
	char path[KERNEL_PATH_SIZE], why[OUTPUT_WHY_SIZE], *text, *line, *rest;
	size_t size;

	snprintf(path, sizeof(path), "%s/info", host->opts->guest);
	if (kernel_read_file(path, &text, &size, why))
		return false;
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		char *value = strchr(line, '=');

		if (!value)
			continue;
		*value++ = '\0';
		json_object_set_new(host->guest, line, text_to_json(value));
	}
	free(text);
	return true;
}

static void read_qemu_version(struct kernel_host *host)
{
	char qemu[] = "qemu-system-x86_64", option[] = "--version";
	char *const argv[] = { qemu, option, NULL };
	char why[OUTPUT_WHY_SIZE], *text = NULL;

	if (host->opts->boot || child_output(argv, &text, NULL, why))
		return;
	if (text)
		text[strcspn(text, "\n")] = '\0';
	json_object_set_new(host->guest, "qemu",
			    text_to_json(text ? text : ""));
	free(text);
}

static const char *info_of(const struct kernel_host *host, const char *key)
{
	const char *text = json_string_value(json_object_get(host->guest, key));

	return text ? text : "?";
}

/* Counts are comparable within one emulator and one kernel. */
static void name_counter(struct kernel_host *host)
{
	snprintf(host->counted_by, sizeof(host->counted_by),
		 "icount of %.100s; Linux %.100s (%.100s), %.50s",
		 info_of(host, "qemu"), info_of(host, "release"),
		 info_of(host, "version"), info_of(host, "made_of"));
}

int kernel_host_open(struct kernel_host *host,
		     const struct kernel_options *opts)
{
	const char *tmp = getenv("TMPDIR");

	host->opts = opts;
	host->guest = json_object();
	if (!host->guest)
		return cli_fail(EXIT_FAILED, "out of memory");
	if (!read_info(host))
		return cli_fail(
			opts->guest_given ? EXIT_USAGE : EXIT_SKIP,
			"no guest in %s: './bootstrap kernel-check' installs what it needs, 'ninja kernel-check' makes it",
			opts->guest);
	name_source(host);
	read_qemu_version(host);
	name_counter(host);
	snprintf(host->dir, sizeof(host->dir), "%s/v7sbench-kernel-XXXXXX",
		 tmp && *tmp ? tmp : "/tmp");
	if (mkdtemp(host->dir))
		return EXIT_FINE;
	cli_fail(EXIT_FAILED, "%s: %s", host->dir, strerror(errno));
	*host->dir = '\0';
	return EXIT_FAILED;
}

void kernel_host_close(struct kernel_host *host)
{
	if (*host->dir && host->opts->keep)
		fprintf(stderr, "scripts and answers: %s\n", host->dir);
	else if (*host->dir)
		fs_remove_tree(AT_FDCWD, host->dir);
	*host->dir = '\0';
	json_decref(host->guest);
	host->guest = NULL;
}

void kernel_host_name(struct kernel_host *host, const char *what,
		      char ret[KERNEL_PATH_SIZE])
{
	snprintf(ret, KERNEL_PATH_SIZE, "%.4000s/%s.%u", host->dir, what,
		 ++host->nr_files);
}

void kernel_host_drop(const struct kernel_host *host, const char *path)
{
	if (!host->opts->keep)
		unlink(path);
}

static char *word(const char *text)
{
	/* posix_spawn wants char *, and changes nothing. */
	return (char *)(uintptr_t)text;
}

int kernel_boot_start(struct kernel_host *host, const char *script,
		      const struct kernel_machine *machine,
		      struct kernel_boot *ret, char *why)
{
	char cpus[32], memory[32], seconds[32];
	char *argv[12];
	unsigned nr = 0;

	snprintf(cpus, sizeof(cpus), "--cpus=%u", machine->nr_cpus);
	snprintf(memory, sizeof(memory), "--memory=%u", machine->memory_mb);
	snprintf(seconds, sizeof(seconds), "--seconds=%u", host->opts->seconds);
	if (host->opts->boot) {
		argv[nr++] = word(host->opts->boot);
	} else {
		argv[nr++] = word("sh");
		argv[nr++] = word(KERNEL_BOOT_SH);
	}
	argv[nr++] = cpus;
	if (machine->memory_mb)
		argv[nr++] = memory;
	if (machine->icount)
		argv[nr++] = word("--icount");
	if (host->opts->seconds)
		argv[nr++] = seconds;
	argv[nr++] = word(host->opts->guest);
	argv[nr++] = word(script);
	memset(ret, 0, sizeof(*ret));
	kernel_host_name(host, "answers", ret->answers);
	argv[nr++] = ret->answers;
	argv[nr] = NULL;
	return child_start(argv, &ret->child, why);
}

int kernel_boot_end(struct kernel_host *host, struct kernel_boot *boot,
		    char **ret, size_t *ret_size, char *why)
{
	static const char own[] = "boot.sh: ", passed[] = "say selftest 0\n";
	int status = 0;
	int err = child_end(&boot->child, NULL, NULL, &status, why);

	if (err == -EIO && !strncmp(why, own, sizeof(own) - 1))
		memmove(why, why + sizeof(own) - 1,
			strlen(why) - sizeof(own) + 2);
	if (err == -EIO && status == MISSING)
		err = -ENOSYS;
	if (!err) {
		err = kernel_read_file(boot->answers, ret, ret_size, why);
		if (err && err != -ENOMEM)
			err = why_set(why, -EIO, "the boot left no answers: %s",
				      strerror(-err));
	}
	if (!err && !strncmp(*ret, passed, sizeof(passed) - 1))
		host->nr_selftests++;
	kernel_host_drop(host, boot->answers);
	return err;
}

void kernel_boot_stop(struct kernel_host *host, struct kernel_boot *boot)
{
	child_stop(&boot->child);
	if (*boot->answers)
		kernel_host_drop(host, boot->answers);
}
