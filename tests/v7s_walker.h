/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads a page table as the hardware would: raw bytes from the value of the
 * ttbr on, after the architecture manual's layout of short descriptors. Shares
 * no code with the driver.
 */
#ifndef V7S_WALKER_H
#define V7S_WALKER_H

#include "physmem.h"
#include "v7s.h"

/* What a walk finds for one iova. */
struct found {
	uint64_t paddr;	 /* of the 4K that holds the iova */
	uint64_t pgsize; /* 0: nothing mapped */
	uint32_t attrs;	 /* ATTR_ */
};

enum {
	ATTR_READ_ONLY = 1 << 0,
	ATTR_USER = 1 << 1,
	ATTR_ACCESS = 1 << 2,
	ATTR_NO_EXEC = 1 << 3,
	ATTR_DEVICE = 1 << 4,
	ATTR_CACHED = 1 << 5,
	ATTR_NON_SECURE = 1 << 6,
	ATTR_SHARED = 1 << 7,
	ATTR_NOT_GLOBAL = 1 << 8,
	ATTR_MTK_4GB = 1 << 9,
	/* Without a pgsize: an invalid descriptor that is not 0, or a table
	 * that is no RAM. */
	ATTR_GARBAGE = 1 << 10,
};

/* Nothing found is all zero. */
struct found walker_find(const struct physmem *pm, const struct v7s *table,
			 uint64_t iova);

/* Level-1 entries that are not 0, in all of the table. */
unsigned walker_nr_l1(const struct physmem *pm, const struct v7s *table);

#endif /* V7S_WALKER_H */
