// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver's own self test, as a module: insmod fails if the test does.
 *
 * Tables are from the kernel's kmem_cache, nothing of ours is below the driver.
 * The kernel may have been built without v7s, so the page table is made without
 * its list of formats. The test is an initcall, which in a module is what
 * insmod calls; nothing is left to be done when it is unloaded.
 */
#define CONFIG_IOMMU_IO_PGTABLE_ARMV7S_SELFTEST 1

#include <linux/io-pgtable.h>
#include <linux/kernel.h>
#include <linux/module.h>

static struct io_pgtable_ops *selftest_alloc(struct io_pgtable_cfg *cfg,
					     void *cookie)
{
	struct io_pgtable *iop = io_pgtable_arm_v7s_init_fns.alloc(cfg, cookie);

	if (!iop)
		return NULL;
	iop->fmt = ARM_V7S;
	iop->cookie = cookie;
	iop->cfg = *cfg;
	return &iop->ops;
}

static void selftest_free(struct io_pgtable_ops *ops)
{
	io_pgtable_arm_v7s_init_fns.free(io_pgtable_ops_to_pgtable(ops));
}

#define alloc_io_pgtable_ops(fmt, cfg, cookie) selftest_alloc(cfg, cookie)
#define free_io_pgtable_ops(ops) selftest_free(ops)
#undef pr_fmt

#include V7S_DRIVER

static void __exit selftest_exit(void)
{
}
module_exit(selftest_exit);

MODULE_DESCRIPTION("self test of io-pgtable-arm-v7s");
MODULE_LICENSE("GPL");
