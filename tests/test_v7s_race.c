// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables that cannot be linked: because no descriptor can point to them, or
 * because another CPU was faster. The other CPU's call runs inside of alloc(),
 * so that both orders are deterministic. The loser frees its table once. No
 * table is freed that is still linked. Large pages are split one by one.
 */
#include <pthread.h>
#include <time.h>

#include "v7s_fixture.h"
#include "v7s_table.h"

/* A strategy that hands out tables where no descriptor can point to. */
struct far_strategy {
	struct l2_strategy l2;
	phys_addr_t paddr;
	unsigned nr_freed;
	uint32_t table[256];
};

static int far_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
		     struct l2_table *ret)
{
	struct far_strategy *far = container_of(l2, struct far_strategy, l2);

	(void)cpu;
	(void)gfp;
	*ret = (struct l2_table){ .va = far->table, .paddr = far->paddr };
	return 0;
}

static void far_free(struct l2_strategy *l2, unsigned cpu,
		     const struct l2_table *table)
{
	struct far_strategy *far = container_of(l2, struct far_strategy, l2);

	(void)cpu;
	assert_ptr_equal(table->va, far->table);
	assert_int_equal(table->paddr, far->paddr);
	far->nr_freed++;
}

static const struct l2_strategy_ops far_ops = {
	.name = "far",
	.alloc = far_alloc,
	.free = far_free,
};

/* The first paddr that no descriptor of cfg has bits for. */
static void out_of_reach(const struct v7s_config *cfg, phys_addr_t paddr)
{
	struct far_strategy far = { .l2 = { .ops = &far_ops }, .paddr = paddr };
	struct v7s_env env = { .l2 = &far.l2 };
	struct v7s *table;
	struct fixture f;

	fixture_open(&f, &config_plain);
	env.pm = f.pm;
	assert_int_equal(v7s_create(cfg, &env, 0, &table), 0);
	assert_int_equal(map_1(table, 0, 0, SZ_4K), -ENOMEM);
	assert_int_equal(far.nr_freed, 1);
	assert_int_equal(v7s_stats(table)->l2_failures, 1);
	assert_int_equal(v7s_stats(table)->l2_allocs, 0);
	assert_int_equal(map_1(table, 0, 0x640000000, SZ_1M), 0);
	assert_int_equal(unmap_n(table, 0, SZ_4K, 1), 0);
	assert_int_equal(far.nr_freed, 2);
	assert_int_equal(v7s_iova_to_phys(table, 0), 0x640000000);
	v7s_destroy(table, 0);
	assert_int_equal(far.nr_freed, 2);
	fixture_close(&f);
}

static void test_v7s_race__table_out_of_reach(void **state)
{
	(void)state;
	out_of_reach(&config_mtk, SZ_4G);
	out_of_reach(&config_ttbr_ext, 1ull << config_ttbr_ext.oas);
}

/*
 * A strategy during whose alloc() another CPU gets its own call through: what
 * a caller sees that loses the race for a slot.
 */
struct racer {
	struct l2_strategy l2;
	struct l2_strategy *inner;
	struct v7s *table;
	void (*other_cpu)(struct v7s *table);
	unsigned nr_freed;
};

static int racer_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
		       struct l2_table *ret)
{
	struct racer *racer = container_of(l2, struct racer, l2);
	void (*other_cpu)(struct v7s * table) = racer->other_cpu;
	int err = l2_alloc_zeroed(racer->inner, cpu, gfp, ret);

	racer->other_cpu = NULL;
	if (other_cpu)
		other_cpu(racer->table);
	return err;
}

static void not_linked(void *ctx, const struct v7s_entry *entry)
{
	const struct l2_table *freed = ctx;

	if (entry->is_table)
		assert_int_not_equal(entry->pte & V7S_PTE_TABLE_ADDR,
				     freed->paddr);
}

/* Whoever is still on its way to the table must have found nothing. */
static void racer_free(struct l2_strategy *l2, unsigned cpu,
		       const struct l2_table *table)
{
	struct racer *racer = container_of(l2, struct racer, l2);
	struct l2_table freed = *table;

	if (racer->table)
		v7s_walk(racer->table, not_linked, &freed);
	racer->nr_freed++;
	l2_free(racer->inner, cpu, table);
}

static const struct l2_strategy_ops racer_ops = {
	.name = "racer",
	.alloc = racer_alloc,
	.free = racer_free,
};

static void racer_open(struct racer *racer, struct fixture *f)
{
	struct v7s_env env = { .l2 = &racer->l2 };

	fixture_open(f, &config_plain);
	*racer = (struct racer){
		.l2 = { .ops = &racer_ops, .zeroes = true },
		.inner = f->l2,
	};
	env.pm = f->pm;
	assert_int_equal(v7s_create(&config_plain, &env, 0, &racer->table), 0);
}

/* At the end nobody else is there, and tables are freed as they are. */
static void racer_close(struct racer *racer, struct fixture *f)
{
	struct v7s *table = racer->table;

	racer->table = NULL;
	v7s_destroy(table, 0);
	fixture_close(f);
}

static void map_second_page(struct v7s *table)
{
	assert_int_equal(map_1(table, SZ_4K, 0x2000, SZ_4K), 0);
}

static void map_same_section(struct v7s *table)
{
	assert_int_equal(map_1(table, 0, 0x70000000, SZ_1M), 0);
}

static void unmap_second_page(struct v7s *table)
{
	assert_int_equal(unmap_n(table, SZ_4K, SZ_4K, 1), SZ_4K);
}

static void unmap_section(struct v7s *table)
{
	assert_int_equal(unmap_n(table, 0, SZ_1M, 1), SZ_1M);
}

static void test_v7s_race__lost_race_of_maps(void **state)
{
	const struct v7s_stats *stats;
	struct racer racer;
	struct fixture f;

	(void)state;
	racer_open(&racer, &f);
	stats = v7s_stats(racer.table);
	racer.other_cpu = map_second_page;
	assert_int_equal(map_1(racer.table, 0, 0x1000, SZ_4K), 0);
	assert_int_equal(stats->l2_allocs, 2);
	assert_int_equal(stats->l2_frees, 1);
	assert_int_equal(stats->l2_live, 1);
	assert_int_equal(v7s_iova_to_phys(racer.table, 0), 0x1000);
	assert_int_equal(v7s_iova_to_phys(racer.table, SZ_4K), 0x2000);

	assert_int_equal(unmap_n(racer.table, 0, SZ_1M, 1), SZ_1M);
	racer.other_cpu = map_same_section;
	assert_int_equal(map_1(racer.table, 0, 0x1000, SZ_4K), -EEXIST);
	assert_int_equal(stats->l2_allocs, stats->l2_frees);
	racer_close(&racer, &f);
}

static void test_v7s_race__lost_race_of_splits(void **state)
{
	const struct v7s_stats *stats;
	struct racer racer;
	struct fixture f;

	(void)state;
	racer_open(&racer, &f);
	stats = v7s_stats(racer.table);
	assert_int_equal(map_1(racer.table, 0, 0x70000000, SZ_1M), 0);
	racer.other_cpu = unmap_second_page;
	assert_int_equal(unmap_n(racer.table, 0, SZ_4K, 1), SZ_4K);
	assert_int_equal(v7s_iova_to_phys(racer.table, 0), 0);
	assert_int_equal(v7s_iova_to_phys(racer.table, SZ_4K), 0);
	assert_int_equal(v7s_iova_to_phys(racer.table, 2 * SZ_4K), 2 * SZ_4K);
	assert_int_equal(stats->l2_live, 1);
	assert_int_equal(unmap_n(racer.table, 0, SZ_1M, 1), SZ_1M);

	assert_int_equal(map_1(racer.table, 0, 0x70000000, SZ_1M), 0);
	racer.other_cpu = unmap_section;
	assert_int_equal(unmap_n(racer.table, 0, SZ_4K, 1), 0);
	assert_int_equal(stats->l2_allocs, stats->l2_frees);
	racer_close(&racer, &f);
}

static void test_v7s_race__cleared_before_freed(void **state)
{
	struct racer racer;
	struct fixture f;

	(void)state;
	racer_open(&racer, &f);
	assert_int_equal(map_1(racer.table, 0, 0x1000, SZ_4K), 0);
	assert_int_equal(map_1(racer.table, 0, 0x62000000, SZ_1M), 0);
	assert_int_equal(unmap_n(racer.table, 0, SZ_1M, 1), SZ_1M);
	for (uint64_t iova = 0; iova < SZ_16M; iova += SZ_1M)
		assert_int_equal(map_1(racer.table, iova, 0x1000, SZ_4K), 0);
	assert_int_equal(unmap_n(racer.table, 0, SZ_16M, 1), SZ_16M);
	assert_int_equal(racer.nr_freed, 1 + 16);
	racer_close(&racer, &f);
}

struct find_table {
	uint32_t bit; /* of the descriptor */
	unsigned l1_index;
	uint32_t pte; /* 0: none found */
};

static void find_table(void *ctx, const struct v7s_entry *entry)
{
	struct find_table *find = ctx;

	if (!entry->is_table || !(entry->pte & find->bit))
		return;
	find->l1_index = entry->l1_index;
	find->pte = entry->pte;
}

/*
 * Two calls each take a page out of the same section of a supersection. The
 * first has split both when the other, which saw a supersection, gets the lock:
 * what it finds is a table, whose address may have the bit that in a leaf means
 * a supersection.
 */
static void test_v7s_race__waiter_finds_table(void **state)
{
	struct find_table find = { .bit = V7S_PTE_SUPER };
	struct v7s_op op = { .pgsize = SZ_4K, .pgcount = 1 };
	struct v7s_call call;
	struct fixture f;
	uint32_t pte;

	(void)state;
	fixture_open(&f, &config_plain);
	/* One of the tables has the bit. */
	for (unsigned i = 0; i < 256 && !find.pte; i++) {
		assert_int_equal(
			map_1(f.table, i * (uint64_t)SZ_1M, 0x1000, SZ_4K), 0);
		v7s_walk(f.table, find_table, &find);
	}
	assert_int_not_equal(find.pte, 0);
	call = v7s_call_begin(f.table, &op);
	assert_true(v7s_split_contig(&call, f.table->l1 + find.l1_index,
				     find.l1_index, V7S_L1, &pte));
	assert_int_equal(pte, find.pte);
	assert_int_equal(f.table->l1[find.l1_index], find.pte);
	assert_int_equal(v7s_stats(f.table)->splits, 0);
	fixture_close(&f);
}

struct splitter {
	pthread_t thread;
	struct v7s *table;
	size_t unmapped;
	bool done;
};

static void *unmap_first_page(void *arg)
{
	struct splitter *s = arg;

	s->unmapped = unmap_n(s->table, 0, SZ_4K, 1);
	__atomic_store_n(&s->done, true, __ATOMIC_RELEASE);
	return NULL;
}

/*
 * While one call has the lock, another waits for it, and then rewrites nothing
 * that the first has unmapped. Who would not wait is done long before 50 ms.
 */
static void test_v7s_race__split_waits_for_lock(void **state)
{
	const struct timespec while_waiting = { .tv_nsec = 50000000 };
	struct v7s_env env = { .nr_cpus = 2 };
	struct splitter s = { .unmapped = 0 };
	struct v7s_op op = {
		.iova = 0x1000, .pgsize = SZ_4K, .pgcount = 1, .cpu = 1
	};
	struct fixture f;

	(void)state;
	assert_int_equal(fixture_try(&f, &config_plain, env), 0);
	s.table = f.table;
	assert_int_equal(map_1(f.table, 0, 0x62000000, SZ_64K), 0);

	mm_lock(&f.table->split_lock, true);
	assert_int_equal(pthread_create(&s.thread, NULL, unmap_first_page, &s),
			 0);
	nanosleep(&while_waiting, NULL);
	assert_false(__atomic_load_n(&s.done, __ATOMIC_ACQUIRE));
	assert_int_equal(v7s_iova_to_phys(f.table, 0), 0x62000000);
	assert_int_equal(v7s_stats(f.table)->splits, 0);
	mm_unlock(&f.table->split_lock, true);
	assert_int_equal(v7s_unmap_pages(f.table, &op), SZ_4K);
	assert_int_equal(pthread_join(s.thread, NULL), 0);

	assert_int_equal(s.unmapped, SZ_4K);
	assert_int_equal(v7s_iova_to_phys(f.table, 0), 0);
	assert_int_equal(v7s_iova_to_phys(f.table, 0x1000), 0);
	assert_int_equal(v7s_iova_to_phys(f.table, 0x2000), 0x62002000);
	assert_int_equal(v7s_stats(f.table)->splits, 1);
	fixture_close(&f);
}

/* However many CPUs: none counts where another does, nor where sums are. */
static void test_v7s_race__counters_apart(void **state)
{
	(void)state;
	for (unsigned nr = 1; nr <= 9; nr++) {
		struct fixture f;

		assert_int_equal(fixture_try(&f, &config_plain,
					     (struct v7s_env){ .nr_cpus = nr }),
				 0);
		for (unsigned cpu = 1; cpu < nr; cpu++)
			assert_true(v7s_cpu_stats(f.table, cpu) >
				    v7s_cpu_stats(f.table, cpu - 1));
		assert_true(nr == 1 || v7s_stats(f.table) >
					       v7s_cpu_stats(f.table, nr - 1));
		fixture_close(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_v7s_race__table_out_of_reach),
		cmocka_unit_test(test_v7s_race__lost_race_of_maps),
		cmocka_unit_test(test_v7s_race__lost_race_of_splits),
		cmocka_unit_test(test_v7s_race__cleared_before_freed),
		cmocka_unit_test(test_v7s_race__waiter_finds_table),
		cmocka_unit_test(test_v7s_race__split_waits_for_lock),
		cmocka_unit_test(test_v7s_race__counters_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
