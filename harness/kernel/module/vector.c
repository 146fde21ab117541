// SPDX-License-Identifier: GPL-2.0-only
/*
 * Golden vectors: the driver's functions called directly, one page table at a
 * time. Each line is answered by itself, " => " and what came of it; the format
 * is described in tests/golden/README.md.
 */
#include <linux/io-pgtable.h>
#include <linux/kernel.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "v7sbench.h"

#define LOW_BITS 0xfffu /* of a ttbr: below the alignment of any table */
#define MAX_FIELDS 5

static void op_cfg(struct script *s, const char *line, const u64 *value)
{
	struct pgtable_config config = {
		.ias = value[0],
		.oas = value[1],
		.quirks = value[2],
		.pgsizes = value[3],
	};
	struct io_pgtable_ops *ops;
	struct io_pgtable_cfg cfg;
	char ttbr[32] = "pgd|PA[34:32]";

	vector_close(s);
	ops = pgtable_create(&config, &cfg);
	if (ops == ERR_PTR(-EINVAL)) {
		answer("%s => null\n", line);
		return;
	}
	if (IS_ERR(ops)) {
		script_error(s, PTR_ERR(ops), "cfg: no page table");
		return;
	}
	s->vector = ops;
	if (!(config.quirks & IO_PGTABLE_QUIRK_ARM_MTK_EXT))
		snprintf(ttbr, sizeof(ttbr), "pgd+0x%x",
			 cfg.arm_v7s_cfg.ttbr & LOW_BITS);
	answer("%s => ok pgsizes=0x%lx tcr=0x%x prrr=0x%x nmrr=0x%x ttbr=%s\n",
	       line, cfg.pgsize_bitmap, (u32)cfg.arm_v7s_cfg.tcr,
	       cfg.arm_v7s_cfg.prrr, cfg.arm_v7s_cfg.nmrr, ttbr);
}

/* What map and unmap both report: the result, then what the call did. */
static void answer_call(const char *line, const char *result,
			const struct v7s_counts *before)
{
	const struct v7s_counts *now = &v7s_counts;

	answer("%s => %s warn=%llu alloc=%llu free=%llu tlb_add=%llu tlb_walk=%llu live=%llu\n",
	       line, result, now->warns - before->warns,
	       now->allocs - before->allocs, now->frees - before->frees,
	       now->tlb_add - before->tlb_add, now->tlb_walk - before->tlb_walk,
	       now->allocs - now->frees);
}

/*
 * The driver trusts its callers: it takes up to 16 entries at once, and writes
 * behind a table if they start too late in it.
 */
static bool pages_undefined(const struct io_pgtable_ops *ops, u64 iova,
			    u64 pgsize, u64 nr)
{
	const struct io_pgtable *iop =
		container_of(ops, const struct io_pgtable, ops);
	unsigned int shift = pgsize >= SZ_1M ? 20 : 12;
	u64 stride = pgsize >> shift;
	u64 size = shift == 12 ? L2_SIZE / sizeof(u32)
			       : compat_l1_entries(iop->cfg.ias);
	u64 first = (iova >> shift) & (size - 1);

	if (stride > 16)
		return true;
	if (stride <= 1 || (first % stride == 0 && size % stride == 0))
		return false;
	return nr > (size - first) / stride;
}

static void op_map(struct script *s, const char *line, const u64 *value)
{
	struct v7s_counts before = v7s_counts;
	char result[64];
	size_t mapped;
	int err;

	if (pages_undefined(s->vector, value[0], value[2], value[3])) {
		script_error(s, 0, "map: undefined in the driver");
		return;
	}
	err = compat_map_pages(s->vector, value[0], value[1], value[2],
			       value[3], value[4], GFP_ATOMIC, &mapped);
	snprintf(result, sizeof(result), "ret=%d mapped=0x%zx", err, mapped);
	answer_call(line, result, &before);
}

static void op_unmap(struct script *s, const char *line, const u64 *value)
{
	struct v7s_counts before = v7s_counts;
	struct iommu_iotlb_gather gather;
	char result[64];
	size_t bytes;

	if (pages_undefined(s->vector, value[0], value[1], value[2])) {
		script_error(s, 0, "unmap: undefined in the driver");
		return;
	}
	iommu_iotlb_gather_init(&gather);
	bytes = compat_unmap_pages(s->vector, value[0], value[1], value[2],
				   &gather);
	snprintf(result, sizeof(result), "ret=0x%zx", bytes);
	answer_call(line, result, &before);
}

static void op_phys(struct script *s, const char *line, const u64 *value)
{
	phys_addr_t paddr = compat_iova_to_phys(s->vector, value[0]);

	answer("%s => pa=0x%llx\n", line, (u64)paddr);
}

static void op_inject(struct script *s, const char *line, const u64 *value)
{
	l2_inject(value[0]);
	answer("%s => ok\n", line);
}

static void answer_state(const char *what, const struct pgtable_state *state)
{
	answer("%s l1_nonzero=%u l2_tables=%u l2_nonzero=%u fnv1a64=0x%016llx\n",
	       what, state->l1_nonzero, state->l2_tables, state->l2_nonzero,
	       state->hash);
}

static void op_hash(struct script *s, const char *line, const u64 *value)
{
	struct pgtable_state state;

	pgtable_state(s->vector, false, &state);
	answer_state("hash =>", &state);
}

static void op_dump(struct script *s, const char *line, const u64 *value)
{
	struct pgtable_state state;

	answer("dump =>\n");
	pgtable_state(s->vector, true, &state);
	answer_state("end-dump", &state);
}

static void op_close(struct script *s, const char *line, const u64 *value)
{
	u64 frees = v7s_counts.frees;

	vector_close(s);
	answer("close => alloc=0 free=%llu live=%llu\n",
	       v7s_counts.frees - frees, v7s_counts.allocs - v7s_counts.frees);
}

struct vector_op {
	const char *name;
	bool needs_table;
	void (*run)(struct script *s, const char *line, const u64 *value);
	unsigned int nr_fields;
	struct scan_field field[MAX_FIELDS];
};

static const struct vector_op vector_ops[] = {
	{ "cfg",
	  false,
	  op_cfg,
	  4,
	  { { "ias", U32_MAX, NULL },
	    { "oas", U32_MAX, NULL },
	    { "quirks", U32_MAX, NULL },
	    { "pgsizes", U64_MAX, NULL } } },
	{ "map",
	  true,
	  op_map,
	  5,
	  { { "iova", U64_MAX, NULL },
	    { "pa", U64_MAX, NULL },
	    { "pgsz", U64_MAX, NULL },
	    { "n", U64_MAX, NULL },
	    { "prot", S32_MAX, NULL } } },
	{ "unmap",
	  true,
	  op_unmap,
	  3,
	  { { "iova", U64_MAX, NULL },
	    { "pgsz", U64_MAX, NULL },
	    { "n", U64_MAX, NULL } } },
	{ "phys", true, op_phys, 1, { { "iova", U64_MAX, NULL } } },
	{ "inject", false, op_inject, 1, { { "k", U64_MAX, NULL } } },
	{ "hash", true, op_hash, 0, { { NULL, 0, NULL } } },
	{ "dump", true, op_dump, 0, { { NULL, 0, NULL } } },
	{ "close", true, op_close, 0, { { NULL, 0, NULL } } },
};

static const struct vector_op *find_op(const char *name, size_t len)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vector_ops); i++)
		if (strlen(vector_ops[i].name) == len &&
		    !memcmp(vector_ops[i].name, name, len))
			return &vector_ops[i];
	return NULL;
}

bool vector_command(struct script *s, const char *line, size_t name_len)
{
	const struct vector_op *op = find_op(line, name_len);
	u64 value[MAX_FIELDS];
	const char *why;

	if (!op)
		return false;
	why = scan_fields(line + name_len, op->field, op->nr_fields, value);
	if (!why && s->run)
		why = "not inside of a run";
	if (!why && !l2_chosen())
		why = "no strategy yet";
	if (!why && op->needs_table && !s->vector)
		why = "no page table";
	if (why)
		script_error(s, 0, "%s: %s", op->name, why);
	else
		op->run(s, line, value);
	return true;
}

void vector_close(struct script *s)
{
	pgtable_destroy(s->vector);
	s->vector = NULL;
}
