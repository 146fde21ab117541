/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Golden vectors put to a real kernel.
 */
#ifndef KERNEL_VECTORS_H
#define KERNEL_VECTORS_H

#include "kernel_boot.h"
#include "kernel_report.h"

struct kernel_vectors {
	struct kernel_vector_row *row; /* strategies, then files */
	size_t nr_rows;
	struct kernel_vector_file *file;
	char (*text)[KERNEL_WHY_SIZE]; /* of the rows */
};

/* Reads the files. EXIT_FINE; else the status after a line on stderr.
 * kernel_vectors_close() it either way. */
int kernel_vectors_open(const struct kernel_options *opts,
			struct kernel_vectors *ret);
void kernel_vectors_close(const struct kernel_options *opts,
			  struct kernel_vectors *vectors);

/* Boots a guest for each strategy, with memory below 4 GiB only, where the
 * vectors were recorded, and compares all files. EXIT_FINE, also if they
 * differ; else a status after a line on stderr; -EINTR. */
int kernel_vectors_run(struct kernel_host *host,
		       struct kernel_vectors *vectors);

#endif /* KERNEL_VECTORS_H */
