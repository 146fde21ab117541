// SPDX-License-Identifier: GPL-2.0-only
/*
 * A walker that does not see the CPU's caches: tables are mapped for DMA, which
 * writes all of their lines back; runs of entries are synced, which writes back
 * the lines they lie in.
 *
 * Models dma_map_single(), dma_sync_single_for_device() and dma_unmap_single()
 * with DMA_TO_DEVICE of a device that translates nothing, as arm64 has them:
 * the last costs nothing. V7S_NONCOHERENT only counts.
 * V7S_NONCOHERENT_FLUSH also executes: DC CVAC and DSB on arm64; on x86
 * CLFLUSHOPT, or CLFLUSH where there is none, and SFENCE. Those also throw the
 * line out of the cache, which arm64 does not, so the next access is dearer
 * than there. Left out: bounce buffers, outer caches.
 *
 * Cost: counting some ns; a line written back 50 to 300.
 * Invariant: none. Concurrency: as that of the table; counters are a CPU's own.
 */
#include <errno.h>

#include "v7s_table.h"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>

#define CAN_WRITE_BACK 1

static bool has_clflushopt(void)
{
	unsigned a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & 1u << 23;
}

static void write_back(const struct v7s *table, const char *line, size_t nr)
{
	for (; nr; nr--, line += V7S_CACHE_LINE) {
		if (table->clflushopt)
			__asm__ volatile("clflushopt %0"
					 :
					 : "m"(*line)
					 : "memory");
		else
			__asm__ volatile("clflush %0"
					 :
					 : "m"(*line)
					 : "memory");
	}
	__asm__ volatile("sfence" : : : "memory");
}
#else
#ifdef __aarch64__
#define CAN_WRITE_BACK 1
#else
#define CAN_WRITE_BACK 0
#endif

static bool has_clflushopt(void)
{
	return false;
}

static void write_back(const struct v7s *table, const char *line, size_t nr)
{
	(void)table;
	for (; nr; nr--, line += V7S_CACHE_LINE) {
#ifdef __aarch64__
		__asm__ volatile("dc cvac, %0" : : "r"(line) : "memory");
#endif
	}
#ifdef __aarch64__
	__asm__ volatile("dsb sy" : : : "memory");
#endif
}
#endif

int v7s_dma_init(struct v7s *table)
{
	table->coherent = table->cfg.walker == V7S_COHERENT;
	table->clflushopt = has_clflushopt();
	return table->cfg.walker == V7S_NONCOHERENT_FLUSH && !CAN_WRITE_BACK
		       ? -ENOTSUP
		       : 0;
}

static void clean(const struct v7s_call *c, const void *va, size_t size)
{
	uintptr_t start = (uintptr_t)va & -(uintptr_t)V7S_CACHE_LINE;
	uintptr_t end = (uintptr_t)va + size;
	size_t nr = (end - start + V7S_CACHE_LINE - 1) / V7S_CACHE_LINE;

	c->stats->dma_lines += nr;
	if (c->table->cfg.walker == V7S_NONCOHERENT_FLUSH)
		write_back(c->table, (const char *)start, nr);
}

void v7s_dma_sync(const struct v7s_call *c, const uint32_t *ptep, unsigned nr)
{
	c->stats->dma_syncs++;
	clean(c, ptep, nr * sizeof(*ptep));
}

void v7s_dma_map(const struct v7s_call *c, const void *va, size_t size)
{
	c->stats->dma_maps++;
	clean(c, va, size);
}

void v7s_dma_unmap(const struct v7s_call *c)
{
	c->stats->dma_unmaps++;
}
