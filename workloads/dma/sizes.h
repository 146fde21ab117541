/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sizes in bytes, for generators. Not for headers that others include: models
 * of the kernel have the same names.
 */
#ifndef SIZES_H
#define SIZES_H

#include <stdint.h>

#define SZ_4K ((uint64_t)4096)
#define SZ_64K ((uint64_t)65536)
#define SZ_1M ((uint64_t)1 << 20)
#define SZ_4G ((uint64_t)1 << 32)

#endif /* SIZES_H */
