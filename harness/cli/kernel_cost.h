/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions of a real kernel and of our models on the same events.
 */
#ifndef KERNEL_COST_H
#define KERNEL_COST_H

#include "insn_job.h"
#include "kernel_flights.h"
#include "kernel_report.h"

struct kernel_costs {
	struct kernel_work *work; /* a pair each: tables, events */
	size_t nr_work;
	struct kernel_insn_row *row; /* the kernel's, then the models' */
	size_t nr_rows;
	struct insn_host host; /* what counts the models */
};

/* Counts all. EXIT_FINE, also where nothing can be counted, and rows say why;
 * else a status after a line on stderr; -EINTR. kernel_costs_free() it either
 * way, if it was zeroed. */
int kernel_costs_run(struct kernel_host *host,
		     const struct kernel_traces *traces,
		     struct progress *progress, struct kernel_costs *ret);
void kernel_costs_free(struct kernel_costs *costs);

#endif /* KERNEL_COST_H */
