/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What v7sbench kernel does where no guest is booted: for a board, and for
 * people who want to see what is compared. One number of CPUs.
 */
#ifndef KERNEL_BOARD_H
#define KERNEL_BOARD_H

#include "kernel_work.h"

/* Each returns EXIT_FINE, or a status after a line on stderr. */

/* Writes the script to opts->script, whole or not at all; "-" is stdout. */
int kernel_board_script(const struct kernel_options *opts,
			const struct kernel_work *work, size_t nr);

/* Prints what our models answer to it, in the words of a kernel. -EINTR too. */
int kernel_board_model(struct kernel_work *work, size_t nr);

/* Takes opts->answers to that script, and has our models answer. -EINTR too. */
int kernel_board_answers(const struct kernel_options *opts,
			 struct kernel_work *work, size_t nr);

#endif /* KERNEL_BOARD_H */
