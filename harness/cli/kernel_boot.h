/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Booting a guest with a script, and what it is that boots.
 *
 * Calling sequence: kernel_host_open(); for each boot kernel_boot_start(), then
 * kernel_boot_end() or _stop(); kernel_host_close(). Files are in a folder of
 * their own, gone when it is closed, also after a signal.
 */
#ifndef KERNEL_BOOT_H
#define KERNEL_BOOT_H

#include <jansson.h>

#include "child.h"
#include "kernel_options.h"

#define KERNEL_PATH_SIZE 4200

struct kernel_host {
	const struct kernel_options *opts;
	char dir[KERNEL_PATH_SIZE]; /* for files; "" if not open */
	unsigned nr_files;	    /* so far, for their names */
	char source[64];	    /* "kernel-6.1" */
	char counted_by[512];	    /* what counts its instructions */
	unsigned nr_selftests; /* boots in which the driver passed its own */
	json_t *guest;	       /* what its info says, and QEMU's version */
};

/* EXIT_FINE; else the status after a line on stderr: without guest EXIT_SKIP,
 * or EXIT_USAGE if it was named; EXIT_FAILED. kernel_host_close() it either
 * way, if it was zeroed. */
int kernel_host_open(struct kernel_host *host,
		     const struct kernel_options *opts);
void kernel_host_close(struct kernel_host *host);

/* A new name in its folder. */
void kernel_host_name(struct kernel_host *host, const char *what,
		      char ret[KERNEL_PATH_SIZE]);

/* Removes a file there, unless files are kept. */
void kernel_host_drop(const struct kernel_host *host, const char *path);

struct kernel_boot {
	struct child child;
	char answers[KERNEL_PATH_SIZE];
};

struct kernel_machine {
	unsigned nr_cpus, memory_mb; /* 0 MB: as boot.sh has it */
	bool icount;
};

/* Boots a script. 0; errors as child_start(). */
int kernel_boot_start(struct kernel_host *host, const char *script,
		      const struct kernel_machine *machine,
		      struct kernel_boot *ret, char *why);

/**
 * kernel_boot_end() - wait for its end, and take the answers
 * @ret:	to be freed; a NUL behind it
 * @why:	OUTPUT_WHY_SIZE bytes, written on failure: what boot.sh says
 *
 * Return: 0; -EINTR; -ENOSYS if there is no QEMU or no guest; -EIO if the guest
 * did not come to its end; else as child_end(), or the errno of reading.
 */
int kernel_boot_end(struct kernel_host *host, struct kernel_boot *boot,
		    char **ret, size_t *ret_size, char *why);

/* Ends it. One that was not started or has ended is fine. */
void kernel_boot_stop(struct kernel_host *host, struct kernel_boot *boot);

/* A whole file, plain or .zst; "-" is stdin. To be freed; a NUL behind it. 0 or
 * errors as bytes_open(), bytes_read(). */
int kernel_read_file(const char *path, char **ret, size_t *ret_size, char *why);

#endif /* KERNEL_BOOT_H */
