// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages held after fixed sequences of maps and unmaps, against what a real
 * Linux 6.1 held: golden/memory.csv, one row per figure.
 *
 * A pattern is a sequence of steps from an empty domain, joined by '+':
 *
 *	open	 nothing
 *	fill	 map every empty slot, ascending
 *	keepK	 unmap every slot that K does not divide, ascending
 *	freeall	 unmap every slot, ascending
 *	churnN	 N times: toggle a slot that a 64-bit xorshift chooses
 *	shrink	 kmem_cache_shrink()
 *	ratchet	 fill, then keep of each chunk of page_frag the table at the
 *		 lowest address, again until that keeps no more
 *
 * A slot is 1 MiB of iova: mapping 4K there takes a table, unmapping 1 MiB
 * frees it. Each row runs through the page table; and on the bare allocator,
 * one object for each slot, which alone can shrink and knows addresses.
 */
#include "mm_fixture.h"

#include <stdio.h>

#include "iommu.h"
#include "kmem_cache.h"
#include "page_frag.h"

#define NR_SLOTS 4096u
#define CHUNK_BYTES (PAGE_SIZE << PAGE_FRAG_CACHE_MAX_ORDER)
#define L1_PAGES 4

struct row {
	char pattern[64];
	char cpus[8];
	char strategy[16];
	uint64_t nr_live;
	uint64_t pages_held;
};

struct target {
	const struct via *via;
	struct physmem *pm;
	uint64_t pages_free;  /* before anything was taken */
	uint64_t pages_other; /* taken, but not for tables */
	unsigned nr_cpus;
	unsigned cpu; /* that runs the next call */
	bool live[NR_SLOTS];
	uint64_t nr_live;

	struct l2_strategy *l2;
	struct v7s *table;
	struct kmem_cache *cache;
	struct page_frag_chunks chunks;
	struct page_frag_cache frag;
	void *object[NR_SLOTS];
};

/* A way to the allocator. */
struct via {
	const char *strategy; /* that it can stand for; NULL: any */
	void (*open)(struct target *t, const char *strategy);
	void (*map)(struct target *t, unsigned slot);
	void (*unmap)(struct target *t, unsigned slot);
	void (*shrink)(struct target *t); /* or NULL */
	int (*check)(struct target *t, const char **ret_why);
	void (*close)(struct target *t);
};

static void table_open(struct target *t, const char *strategy)
{
	static const struct v7s_config config = {
		.ias = 32,
		.oas = 32,
		.pgsizes = V7S_PGSIZES,
	};
	struct l2_env env = {
		.pm = t->pm,
		.nr_cpus = t->nr_cpus,
		.max_tables = 4096,
		.zone_gfp = GFP_DMA32,
	};
	struct v7s_env v7s_env = { .pm = t->pm };
	struct l2_spec spec;
	char why[128];

	assert_int_equal(l2_spec_parse(strategy, &spec, why, sizeof(why)), 0);
	assert_int_equal(l2_create(&spec, &env, &t->l2), 0);
	v7s_env.l2 = t->l2;
	assert_int_equal(v7s_create(&config, &v7s_env, 0, &t->table), 0);
	t->pages_other = L1_PAGES;
}

static struct iommu_range slot_range(const struct target *t, unsigned slot,
				     uint64_t size)
{
	return (struct iommu_range){
		.iova = (uint64_t)slot << 20,
		.paddr = (phys_addr_t)slot << PAGE_SHIFT,
		.size = size,
		.prot = IOMMU_READ | IOMMU_WRITE,
		.gfp = GFP_ATOMIC,
		.cpu = t->cpu,
	};
}

static void table_map(struct target *t, unsigned slot)
{
	struct iommu_range range = slot_range(t, slot, SZ_4K);

	assert_int_equal(iommu_map(t->table, &range), 0);
}

static void table_unmap(struct target *t, unsigned slot)
{
	struct iommu_range range = slot_range(t, slot, SZ_1M);

	assert_int_equal(iommu_unmap(t->table, &range), SZ_1M);
}

static int table_check(struct target *t, const char **ret_why)
{
	struct l2_usage usage;

	t->l2->ops->usage(t->l2, &usage);
	assert_int_equal(usage.nr_tables, t->nr_live);
	return t->l2->ops->check(t->l2, ret_why);
}

static void table_close(struct target *t)
{
	v7s_destroy(t->table, 0);
	l2_destroy(t->l2);
}

static void cache_open(struct target *t, const char *strategy)
{
	struct kmem_cache_config cfg = {
		.size = L2_TABLE_SIZE,
		.allocflags = GFP_DMA32,
		.nr_cpus = t->nr_cpus,
		.order = KMEM_CACHE_ORDER_AUTO,
	};

	(void)strategy;
	assert_int_equal(kmem_cache_create(t->pm, &cfg, &t->cache), 0);
}

static void cache_map(struct target *t, unsigned slot)
{
	assert_int_equal(kmem_cache_alloc(t->cache, t->cpu,
					  GFP_ATOMIC | __GFP_ZERO,
					  &t->object[slot]),
			 0);
}

static void cache_unmap(struct target *t, unsigned slot)
{
	kmem_cache_free(t->cache, t->cpu, t->object[slot]);
}

static void cache_shrink(struct target *t)
{
	kmem_cache_shrink(t->cache);
}

static int cache_check(struct target *t, const char **ret_why)
{
	return kmem_cache_check(t->cache, ret_why);
}

static void cache_close(struct target *t)
{
	kmem_cache_destroy(t->cache);
}

static void frag_open(struct target *t, const char *strategy)
{
	(void)strategy;
	t->chunks.pm = t->pm;
	t->frag.all = &t->chunks;
	t->frag.max_order = PAGE_FRAG_CACHE_MAX_ORDER;
}

static void frag_map(struct target *t, unsigned slot)
{
	assert_int_equal(page_frag_alloc(&t->frag, t->cpu, L2_TABLE_SIZE,
					 GFP_ATOMIC | GFP_DMA32,
					 &t->object[slot]),
			 0);
}

static void frag_unmap(struct target *t, unsigned slot)
{
	page_frag_free(&t->chunks, t->cpu, t->object[slot]);
}

static int frag_check(struct target *t, const char **ret_why)
{
	return page_frag_check(&t->frag, 1, t->nr_live, ret_why);
}

static void frag_close(struct target *t)
{
	page_frag_cache_drain(&t->frag, 0);
	page_frag_chunks_fini(&t->chunks);
}

static const struct via via_table = {
	.open = table_open,
	.map = table_map,
	.unmap = table_unmap,
	.check = table_check,
	.close = table_close,
};

static const struct via via_cache = {
	.strategy = "slab_dma32",
	.open = cache_open,
	.map = cache_map,
	.unmap = cache_unmap,
	.shrink = cache_shrink,
	.check = cache_check,
	.close = cache_close,
};

static const struct via via_frag = {
	.strategy = "page_frag",
	.open = frag_open,
	.map = frag_map,
	.unmap = frag_unmap,
	.check = frag_check,
	.close = frag_close,
};

static void set_live(struct target *t, unsigned slot, bool live)
{
	if (t->live[slot] == live)
		return;
	if (live)
		t->via->map(t, slot);
	else
		t->via->unmap(t, slot);
	t->live[slot] = live;
	t->nr_live += live ? 1 : -1;
}

static void step_fill(struct target *t)
{
	for (unsigned slot = 0; slot < NR_SLOTS; slot++)
		set_live(t, slot, true);
}

static void step_keep(struct target *t, unsigned k)
{
	for (unsigned slot = 0; slot < NR_SLOTS; slot++)
		if (!k || slot % k)
			set_live(t, slot, false);
}

static void step_churn(struct target *t, unsigned n)
{
	uint64_t x = 0x9E3779B97F4A7C15ull;

	while (n--) {
		unsigned slot = rng_below(&x, NR_SLOTS);

		set_live(t, slot, !t->live[slot]);
	}
}

/* Unmaps all but the lowest table of each chunk. */
static void keep_lowest(struct target *t)
{
	static unsigned lowest[SZ_4G / CHUNK_BYTES];

	memset(lowest, 0xff, sizeof(lowest));
	for (unsigned slot = 0; slot < NR_SLOTS; slot++) {
		phys_addr_t paddr = physmem_paddr(t->pm, t->object[slot]);
		unsigned *best = &lowest[paddr / CHUNK_BYTES];

		if (*best == ~0u || t->object[slot] < t->object[*best])
			*best = slot;
	}
	for (unsigned slot = 0; slot < NR_SLOTS; slot++) {
		phys_addr_t paddr = physmem_paddr(t->pm, t->object[slot]);

		if (lowest[paddr / CHUNK_BYTES] != slot)
			set_live(t, slot, false);
	}
}

static void step_ratchet(struct target *t)
{
	unsigned nr_growing = 0;

	for (;; nr_growing++) {
		uint64_t kept = t->nr_live;

		step_fill(t);
		keep_lowest(t);
		if (t->nr_live <= kept)
			break;
	}
	assert_int_equal(nr_growing, 160);
}

static void run_step(struct target *t, const char *step)
{
	unsigned n;

	if (!strcmp(step, "open"))
		return;
	else if (!strcmp(step, "fill"))
		step_fill(t);
	else if (!strcmp(step, "freeall"))
		step_keep(t, 0);
	else if (!strcmp(step, "shrink"))
		t->via->shrink(t);
	else if (!strcmp(step, "ratchet"))
		step_ratchet(t);
	else if (sscanf(step, "keep%u", &n) == 1)
		step_keep(t, n);
	else if (sscanf(step, "churn%u", &n) == 1)
		step_churn(t, n);
	else
		fail_msg("unknown step '%s'", step);
}

static bool can_run(const struct via *via, const struct row *row)
{
	if (via->strategy && strcmp(via->strategy, row->strategy))
		return false;
	if (strstr(row->pattern, "shrink") && !via->shrink)
		return false;
	return via == &via_frag || !strstr(row->pattern, "ratchet");
}

static struct target *open_target(const struct via *via, const char *strategy,
				  unsigned nr_cpus)
{
	struct target *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	t->via = via;
	t->nr_cpus = nr_cpus;
	t->pm = machine("x86-6g");
	t->pages_free = pages_free(t->pm);
	via->open(t, strategy);
	return t;
}

static void close_target(struct target *t)
{
	t->via->close(t);
	assert_int_equal(pages_free(t->pm), t->pages_free);
	assert_pm_sound(t->pm);
	physmem_destroy(t->pm);
	free(t);
}

static void assert_sound(struct target *t)
{
	const char *why = "";

	if (t->via->check(t, &why))
		fail_msg("%s", why);
}

static uint64_t pages_held(const struct target *t)
{
	return t->pages_free - pages_free(t->pm) - t->pages_other;
}

/* Whether the figures of the row came out; if not, says which did. */
static bool run_row(const struct via *via, const struct row *row,
		    unsigned nr_cpus)
{
	struct target *t = open_target(via, row->strategy, nr_cpus);
	char steps[sizeof(row->pattern)], *step, *save;
	uint64_t held;
	bool ok;

	strcpy(steps, row->pattern);
	for (step = strtok_r(steps, "+", &save); step;
	     step = strtok_r(NULL, "+", &save)) {
		run_step(t, step);
		assert_sound(t);
	}
	held = pages_held(t);
	ok = t->nr_live == row->nr_live && held == row->pages_held;
	if (!ok)
		print_error("%s, %s, %u CPUs%s: %llu tables in %llu pages\n",
			    row->pattern, row->strategy, nr_cpus,
			    via == &via_table ? "" : ", bare",
			    (unsigned long long)t->nr_live,
			    (unsigned long long)held);
	close_target(t);
	return ok;
}

static bool read_row(FILE *in, struct row *row)
{
	char line[160];
	unsigned long long live, held;

	if (!fgets(line, sizeof(line), in))
		return false;
	assert_int_equal(sscanf(line, "%63[^,],%7[^,],%15[^,],%llu,%llu",
				row->pattern, row->cpus, row->strategy, &live,
				&held),
			 5);
	row->nr_live = live;
	row->pages_held = held;
	return true;
}

static FILE *open_golden(void)
{
	const char *dir = getenv("TEST_DATA");
	char path[4096], header[160];
	FILE *in;

	snprintf(path, sizeof(path), "%s/golden/memory.csv", dir ? dir : ".");
	in = fopen(path, "r");
	assert_non_null(in);
	assert_non_null(fgets(header, sizeof(header), in));
	assert_string_equal(header, "pattern,cpus,strategy,live,held\n");
	return in;
}

static void test_memory_golden__every_row(void **state)
{
	static const struct via *const vias[] = {
		&via_table,
		&via_cache,
		&via_frag,
	};
	static const char *const any[] = { "1", "2", "4", "8" };
	unsigned nr_rows = 0, nr_runs = 0, nr_wrong = 0;
	FILE *in = open_golden();
	struct row row;

	(void)state;
	for (; read_row(in, &row); nr_rows++) {
		bool all = !strcmp(row.cpus, "any");

		for (unsigned i = 0; i < ARRAY_SIZE(vias); i++) {
			if (!can_run(vias[i], &row))
				continue;
			for (unsigned c = 0; c < (all ? 4 : 1); c++) {
				const char *cpus = all ? any[c] : row.cpus;

				nr_wrong += !run_row(vias[i], &row,
						     (unsigned)atoi(cpus));
				nr_runs++;
			}
		}
	}
	fclose(in);
	assert_int_equal(nr_wrong, 0);
	assert_int_equal(nr_rows, 59);
	assert_true(nr_runs >= 176);
}

/* No figures are known here: what must hold for any sequence. */
static void churn_across(const struct via *via, const char *strategy,
			 uint64_t seed)
{
	struct target *t = open_target(via, strategy, 4);

	for (unsigned i = 0; i < 20000; i++) {
		unsigned slot = rng_below(&seed, NR_SLOTS);

		t->cpu = rng_below(&seed, t->nr_cpus);
		set_live(t, slot, !t->live[slot]);
		assert_true(pages_held(t) * PAGE_SIZE >=
			    t->nr_live * L2_TABLE_SIZE);
		if (i % 1000 == 999)
			assert_sound(t);
	}
	if (via->shrink) {
		via->shrink(t);
		assert_sound(t);
	}
	step_keep(t, 0);
	assert_sound(t);
	close_target(t);
}

static void test_memory_golden__across_cpus(void **state)
{
	const struct l2_strategy_ops *const *ops;
	unsigned nr_runs = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		for (ops = l2_strategies; *ops; ops++, nr_runs++)
			churn_across(&via_table, (*ops)->name, seed);
		churn_across(&via_cache, "slab_dma32", seed);
		churn_across(&via_frag, "page_frag", seed);
	}
	assert_true(nr_runs >= 3 * 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory_golden__every_row),
		cmocka_unit_test(test_memory_golden__across_cpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
