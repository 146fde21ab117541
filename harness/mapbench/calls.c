// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows of map_pages and unmap_pages: pages of one size, so many a call, on one
 * path; and as a floor, stores of the same bytes and no more. See mapbench.h.
 *
 * Each cell has a page table of its own, all under the null strategy, whose
 * tables are made before. A slice maps a region and unmaps it, each timed for
 * itself, after doing so once untimed.
 *
 * Cost: nr_slices times some 30 us a cell. Invariant: between slices nothing is
 * mapped. Concurrency: none.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "l2_strategy.h"
#include "mapbench.h"
#include "physmem.h"
#include "program.h"
#include "sequence.h"
#include "stats.h"
#include "v7s.h"

#define REGION_ENTRIES 4096u /* 16 KiB of level-2 tables: half of a small L1D */
#define REGION_SECTIONS 1024u
#define BASE (1024 * SZ_1M) /* of memory */

#define LANES 4u
typedef uint32_t lanes __attribute__((vector_size(16)));

enum half { MAP, UNMAP, NR_HALVES };

struct cell {
	uint64_t pgsize;
	size_t per_call;
	enum v7s_path path;
	double figure_ns[NR_HALVES];
	struct v7s *table; /* NULL: the floor */
	double *sample[NR_HALVES];
};

static const struct cell cells[] = {
	{ SZ_4K, 1, V7S_PATH_KERNEL, { 7.2, 2.2 }, NULL, { NULL } },
	{ SZ_4K, 16, V7S_PATH_KERNEL, { 5.0 }, NULL, { NULL } },
	{ SZ_4K, 16, V7S_PATH_BATCH, { 0 }, NULL, { NULL } },
	{ SZ_4K, 256, V7S_PATH_KERNEL, { 5.0 }, NULL, { NULL } },
	{ SZ_4K, 256, V7S_PATH_BATCH, { 0.15, 0.09 }, NULL, { NULL } },
	{ SZ_64K, 16, V7S_PATH_KERNEL, { 0 }, NULL, { NULL } },
	{ SZ_64K, 16, V7S_PATH_BATCH, { 0 }, NULL, { NULL } },
	{ SZ_1M, 16, V7S_PATH_KERNEL, { 0 }, NULL, { NULL } },
	{ SZ_1M, 16, V7S_PATH_BATCH, { 0 }, NULL, { NULL } },
	{ SZ_4K, 0, V7S_PATH_KERNEL, { 0.05 }, NULL, { NULL } },
};

struct bench {
	const struct map_plan *plan;
	struct physmem *pm;
	struct l2_strategy *l2;
	uint32_t *memory; /* of the floor */
	struct cell cell[ARRAY_SIZE(cells)];
	uint64_t random;
	bool failed; /* a call did less than asked */
};

static uint64_t region(const struct cell *cell)
{
	return cell->pgsize < SZ_1M ? REGION_ENTRIES * SZ_4K
				    : REGION_SECTIONS * SZ_1M;
}

static struct v7s_op first_op(const struct cell *cell)
{
	return (struct v7s_op){
		.paddr = BASE,
		.pgsize = cell->pgsize,
		.pgcount = cell->per_call,
		.prot = IOMMU_READ | IOMMU_WRITE,
		.gfp = GFP_ATOMIC,
	};
}

static __attribute__((noinline)) bool map_region(const struct cell *cell)
{
	uint64_t end = region(cell), step = cell->pgsize * cell->per_call;
	struct v7s_op op = first_op(cell);
	size_t mapped;
	int err = 0;

	for (; op.iova < end; op.iova += step, op.paddr += step)
		err |= v7s_map_pages(cell->table, &op, &mapped);
	return err;
}

static __attribute__((noinline)) bool unmap_region(const struct cell *cell)
{
	uint64_t end = region(cell), step = cell->pgsize * cell->per_call;
	struct v7s_op op = first_op(cell);
	uint64_t unmapped = 0;

	for (; op.iova < end; op.iova += step)
		unmapped += v7s_unmap_pages(cell->table, &op);
	return unmapped != end;
}

static __attribute__((noinline)) void store_region(uint32_t *memory)
{
	lanes v = { 1, 2, 3, 4 };

	for (unsigned i = 0; i < REGION_ENTRIES; i += LANES, v += LANES)
		*(lanes *)(void *)(memory + i) = v;
	__asm__ volatile("" : : "r"(memory) : "memory");
}

static void run_half(struct bench *b, const struct cell *cell, enum half half)
{
	if (!cell->table)
		store_region(b->memory);
	else if (half == MAP)
		b->failed |= map_region(cell);
	else
		b->failed |= unmap_region(cell);
}

static void run_slice(struct bench *b, struct cell *cell, unsigned round)
{
	uint64_t pages = region(cell) / SZ_4K;

	for (unsigned half = MAP; half < NR_HALVES; half++)
		run_half(b, cell, half);
	for (unsigned half = MAP; half < NR_HALVES; half++) {
		uint64_t start = clock_ns();

		run_half(b, cell, half);
		cell->sample[half][round] =
			(double)(clock_ns() - start) / (double)pages;
	}
}

static int prepare_cell(struct bench *b, struct cell *cell)
{
	struct v7s_config cfg = {
		.ias = 32,
		.oas = 32,
		.pgsizes = V7S_PGSIZES,
		.path = cell->path,
	};
	struct v7s_env env = { .pm = b->pm, .l2 = b->l2 };

	for (unsigned half = MAP; half < NR_HALVES; half++) {
		cell->sample[half] = calloc(b->plan->nr_slices, sizeof(double));
		if (!cell->sample[half])
			return -ENOMEM;
	}
	return cell->per_call ? v7s_create(&cfg, &env, 0, &cell->table) : 0;
}

static int prepare(struct bench *b)
{
	const struct machine_profile *machine = machine_profile_find("mt8173");
	struct l2_env env = { .nr_cpus = 1,
			      .max_tables = 4096,
			      .zone_gfp = GFP_DMA32 };
	struct l2_spec spec;
	char why[160];
	int err;

	memcpy(b->cell, cells, sizeof(cells));
	b->memory = aligned_alloc(PAGE_SIZE, REGION_ENTRIES * sizeof(uint32_t));
	if (!b->memory)
		return -ENOMEM;
	memset(b->memory, 0, REGION_ENTRIES * sizeof(uint32_t));
	err = l2_spec_parse("null", &spec, why, sizeof(why));
	if (!err)
		err = physmem_create(machine, &b->pm);
	env.pm = b->pm;
	if (!err)
		err = l2_create(&spec, &env, &b->l2);
	for (unsigned i = 0; i < ARRAY_SIZE(cells) && !err; i++)
		err = prepare_cell(b, &b->cell[i]);
	return err;
}

static void finish(struct bench *b)
{
	for (unsigned i = 0; i < ARRAY_SIZE(cells); i++) {
		v7s_destroy(b->cell[i].table, 0);
		free(b->cell[i].sample[MAP]);
		free(b->cell[i].sample[UNMAP]);
	}
	l2_destroy(b->l2);
	physmem_destroy(b->pm);
	free(b->memory);
	free(b);
}

static int add_row(const struct bench *b, const struct cell *cell,
		   enum half half, struct map_rows *rows)
{
	struct map_row *row = &rows->row[rows->nr++];
	const char *size = cell->pgsize == SZ_4K    ? "4K"
			   : cell->pgsize == SZ_64K ? "64K"
						    : "1M";

	row->path = map_path_name(cell->path);
	row->unit = "page";
	row->figure_ns = cell->figure_ns[half];
	if (!cell->per_call) {
		row->path = "";
		snprintf(row->name, sizeof(row->name), "stores alone");
	} else {
		snprintf(row->name, sizeof(row->name), "%s %s, %zu a call",
			 half == MAP ? "map" : "unmap", size, cell->per_call);
	}
	return stats_quantile(cell->sample[half], b->plan->nr_slices,
			      LOW_QUANTILE, &row->ns);
}

static int summarise(const struct bench *b, struct map_rows *rows)
{
	int err = 0;

	for (unsigned half = MAP; half < NR_HALVES; half++)
		for (unsigned i = 0; i < ARRAY_SIZE(cells) && !err; i++)
			if (half == MAP || b->cell[i].table)
				err = add_row(b, &b->cell[i], half, rows);
	return err;
}

static void run_round(struct bench *b, unsigned round)
{
	uint32_t turn[ARRAY_SIZE(cells)];

	for (unsigned i = 0; i < ARRAY_SIZE(cells); i++)
		turn[i] = i;
	sequence_shuffle(turn, ARRAY_SIZE(cells), &b->random);
	for (unsigned i = 0; i < ARRAY_SIZE(cells); i++)
		run_slice(b, &b->cell[turn[i]], round);
}

int map_measure(const struct map_plan *plan, struct map_rows *rows,
		char *ret_why, size_t why_size)
{
	struct bench *b = calloc(1, sizeof(*b));
	int err;

	snprintf(ret_why, why_size, "page tables to map in");
	if (!b)
		return -ENOMEM;
	b->plan = plan;
	b->random = plan->seed;
	err = prepare(b);
	for (unsigned round = 0; round < plan->nr_slices && !err; round++) {
		run_round(b, round);
		if (b->failed) {
			snprintf(ret_why, why_size,
				 "a call did less than asked");
			err = -EUCLEAN;
		}
	}
	if (!err)
		err = summarise(b, rows);
	finish(b);
	return err;
}
