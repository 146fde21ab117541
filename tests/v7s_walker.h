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
};

/* Nothing found is all zero. An invalid descriptor that is not 0 fails the
 * test. */
struct found walker_find(const struct physmem *pm, const struct v7s *table,
			 uint64_t iova);

#endif /* V7S_WALKER_H */
