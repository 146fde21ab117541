/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Having guests answer cases: which go into one boot, two boots at a time, and
 * what is done about a boot that fails.
 */
#ifndef KERNEL_FLIGHTS_H
#define KERNEL_FLIGHTS_H

#include "kernel_boot.h"
#include "kernel_work.h"
#include "progress.h"

/* Of a boot, which holds it in memory; a single case may be longer. */
#define KERNEL_SCRIPT_BYTES ((uint64_t)64 << 20)

/* A guest that dies takes the cases of its boot with it: then each half is
 * tried. After so many failures the rest is not. */
#define KERNEL_MAX_FAILURES 12

struct kernel_orders {
	struct kernel_work *work;
	size_t nr;
	size_t together; /* so many in a row are never parted; at least 1 */
	bool icount;
	bool twice;  /* each in two boots, whose answers must be the same bytes:
		      * else that is the reason */
	bool expect; /* and the models answer */
	struct progress *progress; /* steps of events */
};

/**
 * kernel_fly() - boot as often as it takes
 *
 * In the end each case has its answers or a reason.
 *
 * Return: EXIT_FINE; else a status after a line on stderr; -EINTR.
 */
int kernel_fly(struct kernel_host *host, const struct kernel_orders *orders);

#endif /* KERNEL_FLIGHTS_H */
