/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The words of the simulated kernel, one meaning each.
 *
 *   page        4 KiB of simulated physical memory; has a struct page and a pfn
 *   order       log2 of a number of pages
 *   table       an l2_table: 1 KiB, 256 entries of 4 bytes; never "page"
 *   zone        ZONE_DMA, ZONE_DMA32, ZONE_NORMAL
 *   paddr       simulated physical address (phys_addr_t)
 *   va          host pointer into the arena that backs the simulated memory
 *   slab        2^order pages that a kmem_cache cuts into objects
 *   chunk       memory a gen_pool or a page_frag_cache cuts up
 *   fragment    what page_frag_cache hands out
 *
 * gfp bits carry the kernel's names. Only those exist here that a model sets
 * or looks at.
 */
#ifndef MM_TYPES_H
#define MM_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint64_t phys_addr_t;
typedef uint32_t gfp_t;

#define PAGE_SHIFT 12
#define PAGE_SIZE 4096u
#define MAX_ORDER 10 /* largest order that can be asked for, inclusive */

#define SMP_CACHE_BYTES 64 /* of the host: what two CPUs do not share */

#define SZ_1K 0x400u
#define SZ_4K 0x1000u
#define SZ_64K 0x10000u
#define SZ_1M 0x100000u
#define SZ_4M 0x400000u
#define SZ_16M 0x1000000u
#define SZ_4G 0x100000000ull

#define GFP_DMA ((gfp_t)0x01)
#define __GFP_HIGHMEM ((gfp_t)0x02)
#define GFP_DMA32 ((gfp_t)0x04)
#define __GFP_MOVABLE ((gfp_t)0x08)
#define __GFP_RECLAIMABLE ((gfp_t)0x10)
#define __GFP_HIGH ((gfp_t)0x20)
#define __GFP_ATOMIC ((gfp_t)0x200)
#define __GFP_ZERO ((gfp_t)0x100)
#define __GFP_DIRECT_RECLAIM ((gfp_t)0x400)
#define __GFP_KSWAPD_RECLAIM ((gfp_t)0x800)
#define __GFP_NOWARN ((gfp_t)0x2000)
#define __GFP_NORETRY ((gfp_t)0x10000)
#define __GFP_COMP ((gfp_t)0x40000)
#define __GFP_NOMEMALLOC ((gfp_t)0x80000)
#define __GFP_BITS_MASK ((gfp_t)0x7ffffff)

#define GFP_ATOMIC (__GFP_HIGH | __GFP_ATOMIC | __GFP_KSWAPD_RECLAIM)
#define GFP_KERNEL (__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM)

#define container_of(ptr, type, member) \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Position of the highest set bit, counted from 1; 0 for 0. */
static inline unsigned fls64(uint64_t x)
{
	return x ? 64u - (unsigned)__builtin_clzll(x) : 0;
}

/* Smallest order whose block holds size bytes; size > 0. */
static inline unsigned get_order(size_t size)
{
	return fls64((size - 1) >> PAGE_SHIFT);
}

/* All clearing of tables and pages. A size that the compiler knows would make
 * it choose another way to clear from caller to caller, and that would be
 * measured as a difference between strategies. */
static inline void clear_memory(void *va, size_t size)
{
	__asm__("" : "+r"(size));
	memset(va, 0, size);
}

#endif /* MM_TYPES_H */
