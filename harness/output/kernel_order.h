/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions of a kernel and of our models side by side, and where they put
 * strategies in another order; see kernel_report.h.
 */
#ifndef KERNEL_ORDER_H
#define KERNEL_ORDER_H

#include "kernel_report.h"

/* For people. 0; -ENOMEM; else the stream has the error. */
int kernel_order_write(const struct kernel_report *r, bool markdown, FILE *out);

#endif /* KERNEL_ORDER_H */
