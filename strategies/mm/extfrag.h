/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How fragmented free memory is: the two indices of
 * /sys/kernel/debug/extfrag, from a vector of free blocks by order.
 *
 * A vector has MAX_ORDER + 1 elements, as physmem_free_area() writes it.
 * Models mm/vmstat.c of Linux 6.1; both are in thousandths, as there.
 */
#ifndef EXTFRAG_H
#define EXTFRAG_H

#include "mm_types.h"

/**
 * extfrag_unusable() - unusable free space index
 * @order: of the request, 0 to MAX_ORDER
 *
 * Share of free memory that lies in blocks too small for the request.
 * Return: 0 (all can be used) to 1000; 1000 if nothing is free.
 */
int extfrag_unusable(const uint64_t *nr_free, unsigned order);

/**
 * extfrag_index() - fragmentation index
 * @order: of the request, 0 to MAX_ORDER
 *
 * Why a request of this order would fail: towards 0 for want of memory,
 * towards 1000 for fragmentation.
 * Return: -1000 if it would not fail; 0 if nothing is free at all.
 */
int extfrag_index(const uint64_t *nr_free, unsigned order);

#endif /* EXTFRAG_H */
