// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver, unmodified: V7S_DRIVER is the path of a kernel's
 * drivers/iommu/io-pgtable-arm-v7s.c, given when this is built. Around it, its
 * kmem_cache becomes the strategy under test, and its WARN_ONs are counted
 * instead of printed; behind it is what needs its private structures.
 */
#include <linux/atomic.h>
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/io-pgtable.h>
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/kmemleak.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "v7sbench.h"

/*
 * All headers of the driver are above, so that only it sees these. In 6.12
 * kmem_cache_create() and kmem_cache_zalloc() are macros, in 6.1 they are not.
 */
#undef pr_fmt
#undef kmem_cache_create
#undef kmem_cache_zalloc
#undef kmem_cache_free
#undef kmem_cache_destroy
#undef WARN_ON
#undef WARN_ONCE

#define kmem_cache_create(name, size, align, flags, ctor) \
	((struct kmem_cache *)l2_create(compat_slab_flags_zone(flags)))
#define kmem_cache_zalloc(cache, gfp) l2_zalloc((struct l2_pool *)(cache), gfp)
#define kmem_cache_free(cache, table) l2_free((struct l2_pool *)(cache), table)
#define kmem_cache_destroy(cache) l2_destroy((struct l2_pool *)(cache))

#define WARN_ON(condition)                          \
	({                                          \
		bool warn_on_fired = !!(condition); \
                                                    \
		v7s_counts.warns += warn_on_fired;  \
		warn_on_fired;                      \
	})

/* Since 6.13, for an unmap of part of a large page. */
#define WARN_ONCE(condition, format...) WARN_ON(condition)

#include V7S_DRIVER

static struct arm_v7s_io_pgtable *ops_to_data(struct io_pgtable_ops *ops)
{
	return io_pgtable_ops_to_data(ops);
}

static unsigned int l1_entries(const struct arm_v7s_io_pgtable *data)
{
	return compat_l1_entries(data->iop.cfg.ias);
}

static void walk_l2(const arm_v7s_iopte *table, unsigned int l1_index,
		    pgtable_entry_fn fn, void *ctx)
{
	struct pgtable_entry entry = { .l1_index = l1_index };
	unsigned int i;

	for (i = 0; i < L2_SIZE / sizeof(*table); i++) {
		if (!table[i])
			continue;
		entry.l2_index = i;
		entry.pte = table[i];
		fn(ctx, &entry);
	}
}

/* Each entry that is not zero, a table before what it has. */
void driver_walk(struct io_pgtable_ops *ops, pgtable_entry_fn fn, void *ctx)
{
	struct arm_v7s_io_pgtable *data = ops_to_data(ops);
	unsigned int i, nr = l1_entries(data);

	for (i = 0; i < nr; i++) {
		struct pgtable_entry entry = {
			.l1_index = i,
			.l2_index = -1,
			.pte = data->pgd[i],
		};

		if (!entry.pte)
			continue;
		entry.is_table = ARM_V7S_PTE_IS_TABLE(entry.pte, 1);
		fn(ctx, &entry);
		if (entry.is_table)
			walk_l2(iopte_deref(entry.pte, 1, data), i, fn, ctx);
	}
}

/* The first page of a level-1 table, and how many there are. */
struct page *driver_l1_page(struct io_pgtable_ops *ops, unsigned int *ret_nr)
{
	struct arm_v7s_io_pgtable *data = ops_to_data(ops);

	*ret_nr = 1u << get_order(l1_entries(data) * sizeof(arm_v7s_iopte));
	return virt_to_page(data->pgd);
}
