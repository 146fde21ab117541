/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A page table on simulated memory, for the tests of v7s and what uses it.
 * Closing it tests that nothing leaked and that all structures are sound.
 */
#ifndef V7S_FIXTURE_H
#define V7S_FIXTURE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "l2_decorators.h"
#include "physmem.h"
#include "v7s.h"

struct fixture {
	struct physmem *pm;
	struct l2_strategy *l2; /* a fault decorator around the strategy */
	struct v7s *table;
	struct fault_attr fault;
	uint64_t pages_free; /* at the start */
};

static const struct v7s_config config_plain = {
	.ias = 32,
	.oas = 32,
	.pgsizes = V7S_PGSIZES,
};

static const struct v7s_config config_mtk = {
	.ias = 34,
	.oas = 35,
	.quirks = V7S_QUIRK_ARM_NS | V7S_QUIRK_NO_PERMS | V7S_QUIRK_MTK_EXT,
	.pgsizes = V7S_PGSIZES,
};

static const struct v7s_config config_ttbr_ext = {
	.ias = 34,
	.oas = 35,
	.quirks = V7S_QUIRK_NO_PERMS | V7S_QUIRK_MTK_EXT |
		  V7S_QUIRK_MTK_TTBR_EXT,
	.pgsizes = V7S_PGSIZES,
};

static inline void fixture_machine(struct fixture *f, const char *machine)
{
	struct physmem_usage usage;

	*f = (struct fixture){ 0 };
	assert_int_equal(physmem_create(machine_profile_find(machine), &f->pm),
			 0);
	physmem_usage(f->pm, &usage);
	f->pages_free = usage.pages_free;
}

static inline void fixture_strategy(struct fixture *f, const char *name,
				    uint32_t quirks)
{
	struct l2_env env = { .pm = f->pm, .nr_cpus = 2 };
	struct l2_strategy *inner;
	struct l2_spec spec;
	char why[128];

	if (!(quirks & V7S_QUIRK_MTK_TTBR_EXT))
		env.max_tables = 4096;
	env.zone_gfp = GFP_DMA32;
	assert_int_equal(l2_spec_parse(name, &spec, why, sizeof(why)), 0);
	assert_int_equal(l2_create(&spec, &env, &inner), 0);
	assert_int_equal(l2_fault_create(inner, &f->fault, &f->l2), 0);
}

static inline void fixture_table(struct fixture *f,
				 const struct v7s_config *cfg)
{
	struct v7s_env env = { .pm = f->pm, .l2 = f->l2 };

	assert_int_equal(v7s_create(cfg, &env, 0, &f->table), 0);
}

/* As fixture_open(), with all of env the test's but where tables come from.
 * What v7s_create() returns; the fixture is there to be closed
 * whatever that is. */
static inline int fixture_try(struct fixture *f, const struct v7s_config *cfg,
			      struct v7s_env env)
{
	struct v7s *table = NULL;
	int err;

	fixture_machine(f, "x86-2g");
	fixture_strategy(f, "page", cfg->quirks);
	env.pm = f->pm;
	env.l2 = f->l2;
	err = v7s_create(cfg, &env, 0, &table);
	f->table = err ? NULL : table;
	return err;
}

static inline void fixture_open(struct fixture *f, const struct v7s_config *cfg)
{
	assert_int_equal(fixture_try(f, cfg, (struct v7s_env){ 0 }), 0);
}

static inline void fixture_close(struct fixture *f)
{
	struct physmem_usage usage;
	struct l2_usage l2;
	const char *why;

	v7s_destroy(f->table, 0);
	f->l2->ops->usage(f->l2, &l2);
	assert_int_equal(l2.nr_tables, 0);
	assert_int_equal(f->l2->ops->check(f->l2, &why), 0);
	l2_destroy(f->l2);
	physmem_usage(f->pm, &usage);
	assert_int_equal(usage.pages_free, f->pages_free);
	assert_int_equal(physmem_check(f->pm, &why), 0);
	physmem_destroy(f->pm);
}

#define PROT_RW (IOMMU_READ | IOMMU_WRITE)

/* One map call; the errno, and *ret_mapped unless NULL. */
static inline int map_n(struct v7s *table, uint64_t iova, phys_addr_t paddr,
			uint64_t pgsize, size_t pgcount, size_t *ret_mapped)
{
	struct v7s_op op = {
		.iova = iova,
		.paddr = paddr,
		.pgsize = pgsize,
		.pgcount = pgcount,
		.prot = PROT_RW,
		.gfp = GFP_ATOMIC,
	};
	size_t mapped;
	int err = v7s_map_pages(table, &op, &mapped);

	if (ret_mapped)
		*ret_mapped = mapped;
	return err;
}

static inline int map_1(struct v7s *table, uint64_t iova, phys_addr_t paddr,
			uint64_t pgsize)
{
	return map_n(table, iova, paddr, pgsize, 1, NULL);
}

static inline size_t unmap_n(struct v7s *table, uint64_t iova, uint64_t pgsize,
			     size_t pgcount)
{
	struct v7s_op op = {
		.iova = iova,
		.pgsize = pgsize,
		.pgcount = pgcount,
	};

	return v7s_unmap_pages(table, &op);
}

#endif /* V7S_FIXTURE_H */
