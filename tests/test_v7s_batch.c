// SPDX-License-Identifier: GPL-2.0-only
/*
 * path=batch against path=kernel: two page tables on two equal machines, one of
 * each path, driven by the same random calls. After every call the result and
 * all counters are the same, now and then every entry, the addresses of tables
 * included. Syncs of a walker that is not coherent are fewer, and counted out.
 */
#include <stdlib.h>

#include "v7s_configs.h"
#include "v7s_fixture.h"
#include "v7s_vec.h"

/* ThreadSanitizer is some 20 times slower, and finds nothing in one thread. */
#define SHRINK (V7S_ATOMIC_ONLY ? 20u : 1u)

#define NR_SEEDS 32
#define NR_OPS (25000u / SHRINK)
#define FULL_CHECK_EVERY 1000
#define WINDOW (32 * SZ_1M) /* at both ends of the address space */

/* What calls of several pages came across. */
enum kind {
	RUN_MAPPED,
	RUN_CUT,     /* occupied in the middle */
	RUN_TABLES,  /* over more than one table */
	RUN_TOP,     /* over the top of the address space */
	RUN_4G,	     /* paddr over a multiple of 4 GiB, in other bits */
	RUN_64K,     /* mapped */
	RUN_1M,	     /* mapped */
	RUN_16M,     /* mapped */
	RUN_NOMEM,   /* no table in the middle */
	RUN_END,     /* over the end of a table in the middle */
	RUN_OVER,    /* blocks over tables */
	RUN_REFUSED, /* before the first page */
	RUN_UNMAPPED,
	RUN_HOLE,     /* not mapped in the middle */
	RUN_SPLIT,    /* unmapped over large pages that were split */
	RUN_NO_SPLIT, /* would have been, but splits are off */
	RUN_SINGLE,   /* calls of one page */
	RUN_4_20,
	RUN_SYNCED, /* fewer syncs than page by page */
	NR_KINDS
};

/* Sums over all seeds; below these the test has not tested. */
static const uint64_t kind_min[NR_KINDS] = {
	[RUN_MAPPED] = 100000,	 [RUN_CUT] = 50000,    [RUN_TABLES] = 30000,
	[RUN_TOP] = 3000,	 [RUN_4G] = 5000,      [RUN_64K] = 20000,
	[RUN_1M] = 10000,	 [RUN_16M] = 300,      [RUN_NOMEM] = 1000,
	[RUN_END] = 300,	 [RUN_OVER] = 30000,   [RUN_REFUSED] = 30000,
	[RUN_UNMAPPED] = 100000, [RUN_HOLE] = 50000,   [RUN_SPLIT] = 50000,
	[RUN_NO_SPLIT] = 2000,	 [RUN_SINGLE] = 50000, [RUN_4_20] = 50000,
	[RUN_SYNCED] = 50000,
};

static uint64_t rng(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* Phases in the order in which a table told them. */
struct phases {
	struct v7s_probe probe;
	uint64_t hash, nr;
};

static void enter(struct v7s_probe *probe, enum v7s_phase phase)
{
	struct phases *p = container_of(probe, struct phases, probe);

	p->hash = (p->hash ^ (phase + 1)) * 0x100000001b3ull;
	p->nr++;
}

struct twin {
	struct fixture f[2];
	struct v7s_faults faults[2];
	struct phases phases[2];
	struct v7s_stats before[2]; /* the call under way */
	struct v7s_config cfg;
	uint64_t rng;
	unsigned seed, nr_ops;
	uint64_t *kind;
};

/* Of other kernels and splits. */
static const struct v7s_config configs_other[] = {
	{ .ias = 32,
	  .oas = 32,
	  .kernel = V7S_KERNEL_4_20,
	  .quirks = QUIRKS_MTK_4_20 | V7S_QUIRK_TLBI_ON_MAP },
	{ .ias = 34,
	  .oas = 35,
	  .quirks = QUIRKS_MTK,
	  .kernel = V7S_KERNEL_6_13 },
	{ .ias = 32, .oas = 32, .split = V7S_SPLIT_FIXED },
	{ .ias = 34, .oas = 35, .quirks = QUIRKS_MTK, .split = V7S_SPLIT_FIXED },
};

static struct v7s_config config_of(unsigned seed)
{
	unsigned nr = ARRAY_SIZE(configs_6_1) + ARRAY_SIZE(configs_other);
	unsigned i = seed % nr;
	struct v7s_config cfg =
		i < ARRAY_SIZE(configs_6_1)
			? configs_6_1[i]
			: configs_other[i - ARRAY_SIZE(configs_6_1)];

	if (seed / nr % 2)
		cfg.walker = V7S_NONCOHERENT;
	return cfg;
}

/* Strategies that measure the harness do not count. */
static const char *strategy_of(unsigned seed)
{
	const struct l2_strategy_ops *const *ops;
	unsigned nr = 0;

	for (ops = l2_strategies; *ops; ops++)
		nr += !(*ops)->baseline;
	assert_true(nr > 0);
	nr = seed % nr;
	for (ops = l2_strategies; *ops; ops++)
		if (!(*ops)->baseline && !nr--)
			break;
	return (*ops)->name;
}

static void open_twin(struct twin *t)
{
	for (unsigned i = 0; i < 2; i++) {
		struct fixture *f = &t->f[i];
		struct v7s_env env = { .nr_cpus = 2, .faults = &t->faults[i] };
		struct v7s_config cfg = t->cfg;

		fixture_machine(f, "x86-6g");
		fixture_strategy(f, strategy_of(t->seed), cfg.quirks);
		t->phases[i].probe.enter = enter;
		if (t->seed % 2)
			env.probe = &t->phases[i].probe;
		env.pm = f->pm;
		env.l2 = f->l2;
		cfg.path = i ? V7S_PATH_BATCH : V7S_PATH_KERNEL;
		assert_int_equal(v7s_create(&cfg, &env, 0, &f->table), 0);
	}
}

static void different(const struct twin *t, const char *what)
{
	fail_msg("seed %u op %u: %s", t->seed, t->nr_ops, what);
}

/* What the last call added. */
static uint64_t delta(const struct twin *t, unsigned i, size_t offset)
{
	const char *now = (const char *)v7s_stats(t->f[i].table);
	const char *before = (const char *)&t->before[i];

	return *(const uint64_t *)(now + offset) -
	       *(const uint64_t *)(before + offset);
}

#define DELTA(t, field) delta(t, 0, offsetof(struct v7s_stats, field))

static void check_counts(struct twin *t)
{
	struct v7s_stats a = *v7s_stats(t->f[0].table);
	struct v7s_stats b = *v7s_stats(t->f[1].table);
	uint64_t syncs[2], lines[2];

	for (unsigned i = 0; i < 2; i++) {
		syncs[i] = delta(t, i, offsetof(struct v7s_stats, dma_syncs));
		lines[i] = delta(t, i, offsetof(struct v7s_stats, dma_lines));
	}
	if (syncs[1] > syncs[0] || lines[1] > lines[0])
		different(t, "more syncs than page by page");
	/* A line has 16 entries, beside each of which a slot may be synced. */
	if (!syncs[0] != !syncs[1] || 32 * lines[1] < syncs[0])
		different(t, "syncs are missing");
	t->kind[RUN_SYNCED] += syncs[1] < syncs[0] && lines[1] < lines[0];
	a.dma_syncs = b.dma_syncs = 0;
	a.dma_lines = b.dma_lines = 0;
	if (memcmp(&a, &b, sizeof(a)) != 0)
		different(t, "counters");
	if (t->phases[0].hash != t->phases[1].hash ||
	    t->phases[0].nr != t->phases[1].nr)
		different(t, "phases");
}

struct entries {
	struct v7s_entry *entry;
	size_t nr, size;
};

static void add_entry(void *ctx, const struct v7s_entry *entry)
{
	struct entries *e = ctx;

	if (e->nr == e->size) {
		e->size = e->size ? 2 * e->size : 1 << 16;
		e->entry = reallocarray(e->entry, e->size, sizeof(*e->entry));
		assert_non_null(e->entry);
	}
	e->entry[e->nr++] = *entry;
}

static void check_entries(const struct twin *t)
{
	struct entries e[2] = { { 0 } };

	for (unsigned i = 0; i < 2; i++)
		v7s_walk(t->f[i].table, add_entry, &e[i]);
	if (e[0].nr != e[1].nr)
		different(t, "number of entries");
	for (size_t k = 0; k < e[0].nr; k++)
		if (e[0].entry[k].l1_index != e[1].entry[k].l1_index ||
		    e[0].entry[k].l2_index != e[1].entry[k].l2_index ||
		    e[0].entry[k].pte != e[1].entry[k].pte)
			different(t, "entries");
	if (v7s_digest(t->f[0].table, V7S_DIGEST_INIT) !=
	    v7s_digest(t->f[1].table, V7S_DIGEST_INIT))
		different(t, "digests");
	if (v7s_empty_tables(t->f[0].table) != v7s_empty_tables(t->f[1].table))
		different(t, "empty tables");
	free(e[0].entry);
	free(e[1].entry);
}

static bool crosses(uint64_t start, uint64_t size, uint64_t step)
{
	return size && start / step != (start + size - 1) / step;
}

static void count_map(struct twin *t, const struct v7s_op *op, int err,
		      size_t mapped)
{
	bool some = mapped && mapped < op->pgsize * op->pgcount;
	uint64_t *kind = t->kind;

	kind[RUN_MAPPED] += !err;
	kind[RUN_CUT] += err == -EEXIST && some;
	kind[RUN_TABLES] += op->pgsize < SZ_1M &&
			    crosses(op->iova, mapped, SZ_1M);
	kind[RUN_TOP] += crosses(op->iova, mapped, 1ull << t->cfg.ias);
	kind[RUN_4G] += t->cfg.quirks & V7S_QUIRK_MTK_EXT &&
			crosses(op->paddr, mapped, SZ_4G);
	kind[RUN_64K] += op->pgsize == SZ_64K && !err;
	kind[RUN_1M] += op->pgsize == SZ_1M && !err;
	kind[RUN_16M] += op->pgsize == SZ_16M && !err;
	kind[RUN_NOMEM] += err == -ENOMEM && some;
	kind[RUN_END] += err == -EINVAL && some;
	kind[RUN_OVER] += DELTA(t, l2_replaced) > 0;
	kind[RUN_REFUSED] += err && !mapped;
}

static void do_map(struct twin *t, const struct v7s_op *op)
{
	size_t mapped[2];
	int err[2];

	for (unsigned i = 0; i < 2; i++)
		err[i] = v7s_map_pages(t->f[i].table, op, &mapped[i]);
	if (err[0] != err[1] || mapped[0] != mapped[1])
		fail_msg("seed %u op %u: map %d %#zx, by runs %d %#zx", t->seed,
			 t->nr_ops, err[0], mapped[0], err[1], mapped[1]);
	if (op->pgcount != 1 && t->cfg.kernel != V7S_KERNEL_4_20)
		count_map(t, op, err[0], mapped[0]);
}

static void do_unmap(struct twin *t, const struct v7s_op *op)
{
	uint64_t *kind = t->kind, asked = op->pgsize * op->pgcount;
	size_t got[2];

	for (unsigned i = 0; i < 2; i++)
		got[i] = v7s_unmap_pages(t->f[i].table, op);
	if (got[0] != got[1])
		fail_msg("seed %u op %u: unmapped %#zx, by runs %#zx", t->seed,
			 t->nr_ops, got[0], got[1]);
	if (op->pgcount == 1 || t->cfg.kernel == V7S_KERNEL_4_20)
		return;
	kind[RUN_UNMAPPED] += got[0] == asked;
	kind[RUN_HOLE] += got[0] && got[0] < asked;
	kind[RUN_SPLIT] += DELTA(t, splits) > 0 && got[0] > op->pgsize;
	kind[RUN_NO_SPLIT] +=
		t->cfg.kernel == V7S_KERNEL_6_13 && got[0] &&
		v7s_iova_to_phys(t->f[0].table, op->iova + got[0]);
}

/* A page of the windows; mostly one where the call has something to do. */
static uint64_t pick_iova(struct twin *t, uint64_t pgsize, bool unmap)
{
	uint64_t top = 1ull << t->cfg.ias, iova = 0;

	for (unsigned tries = 0; tries < 8; tries++) {
		iova = rng(&t->rng) % (2 * WINDOW) & -pgsize;
		if (iova >= WINDOW)
			iova = top - 2 * WINDOW + iova;
		if (!v7s_iova_to_phys(t->f[0].table, iova) != unmap)
			break;
	}
	switch (rng(&t->rng) % 64) {
	case 0:
		return iova + (rng(&t->rng) % 16 << 12);
	case 1:
		return iova + (rng(&t->rng) % 16 << 20);
	case 2:
		return iova + rng(&t->rng) % SZ_4K;
	case 3:
		return iova + (rng(&t->rng) % 8 ? 0 : top);
	default:
		return iova;
	}
}

static phys_addr_t pick_paddr(struct twin *t, uint64_t pgsize)
{
	uint64_t limit = 1ull << t->cfg.oas;
	phys_addr_t paddr = rng(&t->rng) % limit & -pgsize;

	switch (rng(&t->rng) % 16) {
	case 0: /* before a multiple of 4 GiB, or the end */
		paddr |= SZ_4G - 1;
		paddr -= rng(&t->rng) % 40 * pgsize;
		return (paddr & -pgsize) % limit;
	case 1:
		return paddr + (rng(&t->rng) % 16 << 12);
	case 2:
		return paddr + rng(&t->rng) % SZ_4K;
	case 3:
		return limit - pgsize;
	case 4:
		return paddr + (rng(&t->rng) % 8 ? 0 : limit);
	default:
		return paddr;
	}
}

static struct v7s_op random_op(struct twin *t, bool unmap)
{
	static const uint64_t sizes[16] = { SZ_4K,  SZ_4K,  SZ_4K,  SZ_4K,
					    SZ_4K,  SZ_4K,  SZ_4K,  SZ_4K,
					    SZ_64K, SZ_64K, SZ_64K, SZ_64K,
					    SZ_1M,  SZ_1M,  SZ_1M,  SZ_16M };
	static const size_t counts[] = { 0,  1,	 1,  1,	 2,   2,   3,	3,
					 4,  5,	 6,  15, 16,  16,  17,	26,
					 31, 40, 64, 99, 200, 256, 300, 700 };
	struct v7s_op op = { .pgsize = sizes[rng(&t->rng) % 16] };
	size_t most = 64 * SZ_1M / op.pgsize;

	op.pgcount = counts[rng(&t->rng) % ARRAY_SIZE(counts)];
	if (op.pgcount > most)
		op.pgcount = most;
	if (rng(&t->rng) % 512 == 0)
		op.pgsize = rng(&t->rng) % 2 ? SZ_4K + SZ_64K : 0x2000;
	op.iova = pick_iova(t, op.pgsize & V7S_PGSIZES ? op.pgsize : SZ_4K,
			    unmap);
	op.cpu = rng(&t->rng) % 2;
	if (unmap)
		return op;
	op.paddr = pick_paddr(t, op.pgsize & V7S_PGSIZES ? op.pgsize : SZ_4K);
	op.prot = (int)(rng(&t->rng) % 64) | (rng(&t->rng) % 8 ? 1 : 0);
	op.gfp = GFP_ATOMIC;
	return op;
}

static void arm(struct twin *t, bool on)
{
	uint64_t nth = on ? 1 + rng(&t->rng) % 3 : 0;
	unsigned which = on ? rng(&t->rng) % 8 : 0;

	for (unsigned i = 0; i < 2; i++) {
		struct v7s_faults *faults = &t->faults[i];

		t->f[i].fault = (struct fault_attr){ .nth = nth };
		*faults = (struct v7s_faults){ 0 };
		faults->unfit.nth = which == 1 ? nth : 0;
		faults->dma_translated.nth = which == 2 ? nth : 0;
		faults->dma_error.nth = which == 3 ? nth : 0;
		if (which && which <= 3)
			t->f[i].fault.nth = 0;
	}
}

static void step(struct twin *t)
{
	bool unmap = rng(&t->rng) % 2;
	struct v7s_op op = random_op(t, unmap);

	t->kind[RUN_SINGLE] += op.pgcount == 1;
	t->kind[RUN_4_20] += t->cfg.kernel == V7S_KERNEL_4_20;
	for (unsigned i = 0; i < 2; i++)
		t->before[i] = *v7s_stats(t->f[i].table);
	if (rng(&t->rng) % 8 == 0)
		arm(t, true);
	if (unmap)
		do_unmap(t, &op);
	else
		do_map(t, &op);
	arm(t, false);
	check_counts(t);
}

/* Not fixture_close(): tables that v7s_unmap_pages() cuts off live on. */
static void close_twin(struct twin *t)
{
	struct physmem_usage usage;
	struct l2_usage l2[2];
	const char *why;

	for (unsigned i = 0; i < 2; i++) {
		struct fixture *f = &t->f[i];

		v7s_destroy(f->table, 0);
		f->l2->ops->usage(f->l2, &l2[i]);
		assert_int_equal(f->l2->ops->check(f->l2, &why), 0);
		l2_destroy(f->l2);
		physmem_usage(f->pm, &usage);
		assert_int_equal(usage.pages_free, f->pages_free);
		physmem_destroy(f->pm);
	}
	assert_memory_equal(&l2[0], &l2[1], sizeof(l2[0]));
}

static void run_seed(unsigned seed, uint64_t *kind)
{
	struct twin *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	*t = (struct twin){
		.cfg = config_of(seed), .rng = seed, .seed = seed, .kind = kind
	};
	open_twin(t);
	for (; t->nr_ops < NR_OPS; t->nr_ops++) {
		step(t);
		if (t->nr_ops % FULL_CHECK_EVERY == 0)
			check_entries(t);
	}
	check_entries(t);
	close_twin(t);
	free(t);
}

static void test_v7s_batch__as_page_by_page(void **state)
{
	uint64_t kind[NR_KINDS] = { 0 };

	(void)state;
	for (unsigned seed = 0; seed < NR_SEEDS; seed++)
		run_seed(seed, kind);
	for (unsigned i = 0; i < NR_KINDS; i++) {
		if (kind[i] < kind_min[i] / SHRINK)
			fail_msg("kind %u was seen %llu times only", i,
				 (unsigned long long)kind[i]);
	}
}

static void expect_syncs(const struct fixture *f, uint64_t *syncs,
			 uint64_t *lines, uint64_t more_syncs,
			 uint64_t more_lines)
{
	const struct v7s_stats *stats = v7s_stats(f->table);

	assert_int_equal(stats->dma_syncs - *syncs, more_syncs);
	assert_int_equal(stats->dma_lines - *lines, more_lines);
	*syncs = stats->dma_syncs;
	*lines = stats->dma_lines;
}

static void test_v7s_batch__one_sync_per_run(void **state)
{
	struct v7s_config cfg = config_plain;
	uint64_t syncs, lines;
	struct fixture f;

	(void)state;
	cfg.path = V7S_PATH_BATCH;
	cfg.walker = V7S_NONCOHERENT;
	fixture_open(&f, &cfg);
	assert_int_equal(map_1(f.table, 0, 0, SZ_4K), 0);
	syncs = v7s_stats(f.table)->dma_syncs;
	lines = v7s_stats(f.table)->dma_lines;
	/* The slot, and entries 8 to 47 in three lines of 16. */
	assert_int_equal(map_n(f.table, 8 * SZ_4K, 0, SZ_4K, 40, NULL), 0);
	expect_syncs(&f, &syncs, &lines, 2, 4);
	assert_int_equal(unmap_n(f.table, 8 * SZ_4K, SZ_4K, 40), 40 * SZ_4K);
	expect_syncs(&f, &syncs, &lines, 1, 3);
	assert_int_equal(map_n(f.table, SZ_64K, 0, SZ_64K, 2, NULL), 0);
	expect_syncs(&f, &syncs, &lines, 2, 3);
	assert_int_equal(unmap_n(f.table, SZ_64K, SZ_64K, 2), 2 * SZ_64K);
	expect_syncs(&f, &syncs, &lines, 1, 2);
	assert_int_equal(map_n(f.table, SZ_1M, 0, SZ_1M, 16, NULL), 0);
	expect_syncs(&f, &syncs, &lines, 1, 2);
	assert_int_equal(unmap_n(f.table, SZ_1M, SZ_1M, 16), 16 * SZ_1M);
	expect_syncs(&f, &syncs, &lines, 1, 2);
	/* Two whole tables, of which the first pages are not in the runs. */
	assert_int_equal(map_n(f.table, 2 * SZ_16M, 0, SZ_4K, 512, NULL), 0);
	expect_syncs(&f, &syncs, &lines, 2 * 4, 2 * (16 + 2 + 1 + 16));
	assert_int_equal(unmap_n(f.table, 2 * SZ_16M, SZ_4K, 512), 512 * SZ_4K);
	expect_syncs(&f, &syncs, &lines, 2, 32);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_v7s_batch__as_page_by_page),
		cmocka_unit_test(test_v7s_batch__one_sync_per_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
