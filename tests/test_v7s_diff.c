// SPDX-License-Identifier: GPL-2.0-only
/*
 * Differential test of the page table: long random sequences of calls against
 * the flat oracle, over every kernel, split mode, path and walker; and the test
 * of that test, which must find planted defects and say so in few lines.
 */
#include <stdio.h>
#include <stdlib.h>

#include "conform.h"
#include "diff_golden.h"
#include "diff_minimize.h"
#include "v7s_fixture.h"

#define NR_SEEDS 10
#define NR_OPS 100000

/* Sums over all seeds; below these the test has not tested. */
static const uint64_t event_min[NR_EVENTS] = {
	[EV_MAP] = 100000,	    [EV_MAP_EXISTS] = 20000,
	[EV_MAP_NOMEM] = 500,	    [EV_MAP_INVALID] = 1000,
	[EV_MAP_RANGE] = 1000,	    [EV_UNMAP] = 100000,
	[EV_UNMAP_HOLE] = 20000,    [EV_UNMAP_RANGE] = 1000,
	[EV_SPLIT_64K] = 5000,	    [EV_SPLIT_1M] = 5000,
	[EV_SPLIT_16M] = 500,	    [EV_SPLIT_NOMEM] = 100,
	[EV_SECOND_TRY] = 300,	    [EV_BLOCK_OVER_TABLE] = 3000,
	[EV_TABLE_UNMAPPED] = 3000, [EV_OVER_TOP] = 1000,
	[EV_MAP_NOTHING] = 1000,    [EV_MAP_FLUSH] = 10000,
	[EV_SPLIT_REFUSED] = 10000,
};

static struct diff_sequence sequence_new(void)
{
	struct diff_sequence seq = { .nr_max = DIFF_TABLE_OPS };

	seq.call = calloc(seq.nr_max, sizeof(*seq.call));
	assert_non_null(seq.call);
	return seq;
}

/* The tables of those seeds see each kernel with each split, path, walker. */
static void test_v7s_diff__sweeps_all(void **state)
{
	const unsigned nr_tables = NR_SEEDS * (NR_OPS / DIFF_TABLE_OPS);
	bool seen[3][3][2][2] = { { { { false } } } };
	unsigned nr_seen = 0;
	struct diff_case c;

	(void)state;
	for (unsigned i = 0; i < nr_tables; i++) {
		bool *cell;

		diff_case_of(&diff_sweep_all, i, &c);
		assert_true(oracle_config_valid(&c.cfg));
		cell = &seen[c.cfg.kernel][c.cfg.split][c.cfg.path]
			    [c.cfg.walker != V7S_COHERENT];
		nr_seen += !*cell;
		*cell = true;
	}
	assert_int_equal(nr_seen, 3 * 3 * 2 * 2);
	assert_int_equal(nr_seen, diff_nr_cases(&diff_sweep_all));
}

static void test_v7s_diff__random_calls(void **state)
{
	struct diff_sequence seq = sequence_new();
	uint64_t event[NR_EVENTS] = { 0 };
	struct diff_found found;
	uint64_t nr_ops;

	(void)state;
	for (unsigned seed = 0; seed < NR_SEEDS; seed++) {
		if (diff_seed(&diff_sweep_all, seed, NR_OPS, &seq, event,
			      &nr_ops, &found))
			fail_msg("seed %u call %zu: %s", seed, seq.nr,
				 found.what);
		assert_int_equal(nr_ops, NR_OPS);
	}
	for (enum event i = 0; i < NR_EVENTS; i++)
		if (event[i] < event_min[i])
			fail_msg("%s was seen %llu times only", event_name(i),
				 (unsigned long long)event[i]);
	free(seq.call);
}

/*
 * Strategies with a planted defect: the rest of this file wants them found,
 * and said in few lines which an unharmed page table agrees with.
 */
struct planted {
	struct l2_decorator d;
	uint64_t nr_calls;
	uint32_t *last; /* table handed out before */
};

static struct planted *planted_of(struct l2_strategy *l2)
{
	return container_of(container_of(l2, struct l2_decorator, base),
			    struct planted, d);
}

static int inner_alloc(struct planted *p, unsigned cpu, gfp_t gfp,
		       struct l2_table *ret)
{
	int err = p->d.inner->ops->alloc(p->d.inner, cpu, gfp, ret);

	if (!err && !p->d.inner->zeroes)
		memset(ret->va, 0, L2_TABLE_SIZE);
	p->nr_calls++;
	return err;
}

/* Each third table comes with an entry that somebody left in it. */
static int stale_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
		       struct l2_table *ret)
{
	struct planted *p = planted_of(l2);
	int err = inner_alloc(p, cpu, gfp, ret);

	if (!err && p->nr_calls % 3 == 0)
		((uint32_t *)ret->va)[37] = 0x12345c42;
	return err;
}

/* A new table flips a bit in the first entry of the one before. */
static int flip(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
		struct l2_table *ret, uint32_t bit)
{
	struct planted *p = planted_of(l2);
	int err = inner_alloc(p, cpu, gfp, ret);

	if (err)
		return err;
	for (unsigned i = 0; p->last && i < L2_TABLE_SIZE / 4; i++) {
		if (!p->last[i])
			continue;
		p->last[i] ^= bit;
		break;
	}
	p->last = ret->va;
	return 0;
}

static int flip_paddr_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
			    struct l2_table *ret)
{
	return flip(l2, cpu, gfp, ret, 1u << 16);
}

static int flip_shared_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
			     struct l2_table *ret)
{
	return flip(l2, cpu, gfp, ret, 1u << 10);
}

static void flip_free(struct l2_strategy *l2, unsigned cpu,
		      const struct l2_table *table)
{
	struct planted *p = planted_of(l2);

	if (p->last == table->va)
		p->last = NULL;
	l2_forward_free(l2, cpu, table);
}

/* One table is forgotten when it is freed. */
static int honest_alloc(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
			struct l2_table *ret)
{
	return inner_alloc(planted_of(l2), cpu, gfp, ret);
}

static void leaky_free(struct l2_strategy *l2, unsigned cpu,
		       const struct l2_table *table)
{
	struct planted *p = planted_of(l2);

	if (p->nr_calls++ != 5)
		l2_forward_free(l2, cpu, table);
}

#define PLANTED_OPS(alloc_, free_)                                             \
	{                                                                      \
		.name = "planted", .destroy = l2_forward_destroy,              \
		.alloc = (alloc_), .free = (free_), .usage = l2_forward_usage, \
		.attrs = l2_forward_attrs, .check = l2_forward_check,          \
	}

static const struct l2_strategy_ops ops_stale =
	PLANTED_OPS(stale_alloc, l2_forward_free);
static const struct l2_strategy_ops ops_flip_paddr =
	PLANTED_OPS(flip_paddr_alloc, flip_free);
static const struct l2_strategy_ops ops_flip_shared =
	PLANTED_OPS(flip_shared_alloc, flip_free);
static const struct l2_strategy_ops ops_leaky =
	PLANTED_OPS(honest_alloc, leaky_free);

static int plant(const struct l2_strategy_ops *ops, struct l2_strategy *inner,
		 struct l2_strategy **ret)
{
	struct planted *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	l2_decorator_init(&p->d, ops, inner);
	p->d.base.zeroes = true;
	*ret = &p->d.base;
	return 0;
}

static int plant_stale(struct l2_strategy *inner, struct l2_strategy **ret)
{
	return plant(&ops_stale, inner, ret);
}

static int plant_flip_paddr(struct l2_strategy *inner, struct l2_strategy **ret)
{
	return plant(&ops_flip_paddr, inner, ret);
}

static int plant_flip_shared(struct l2_strategy *inner,
			     struct l2_strategy **ret)
{
	return plant(&ops_flip_shared, inner, ret);
}

static int plant_leaky(struct l2_strategy *inner, struct l2_strategy **ret)
{
	return plant(&ops_leaky, inner, ret);
}

struct golden {
	char *text;
	size_t size;
	unsigned nr_lines; /* without comments */
};

static struct golden golden_of(const struct diff_sequence *seq,
			       const struct diff_found *found)
{
	struct golden g = { .text = NULL };
	FILE *out = open_memstream(&g.text, &g.size);
	bool at_start = true;

	assert_non_null(out);
	assert_int_equal(diff_golden(seq, "test", found, out), 0);
	assert_int_equal(fclose(out), 0);
	for (size_t i = 0; i < g.size; i++) {
		g.nr_lines += at_start && g.text[i] != '#';
		at_start = g.text[i] == '\n';
	}
	return g;
}

/* Finds a difference, minimises it, and has the file of it conform. */
static struct golden minimized(const struct diff_sweep *sweep, uint64_t seed,
			       struct diff_sequence *seq)
{
	uint64_t event[NR_EVENTS] = { 0 }, nr_ops;
	struct conform_result result;
	char why[CONFORM_WHY_SIZE];
	struct diff_found found;
	struct l2_spec spec;
	struct golden g;

	assert_int_equal(
		diff_seed(sweep, seed, NR_OPS, seq, event, &nr_ops, &found), 1);
	assert_int_equal(diff_minimize(seq, 10 * 1000 * 1000, &found), 0);
	assert_true(found.what[0]);
	assert_true(diff_conforms(&seq->c));
	g = golden_of(seq, &found);
	assert_int_equal(l2_spec_parse("page", &spec, why, sizeof(why)), 0);
	if (conform_memory("minimized", g.text, g.size, &spec, &result, why))
		fail_msg("%s\n%s", why, g.text);
	assert_true(result.nr_results >= seq->nr + 2);
	return g;
}

static void test_v7s_diff__finds_planted(void **state)
{
	static int (*const plants[])(struct l2_strategy * inner,
				     struct l2_strategy * *ret) = {
		plant_stale,
		plant_flip_paddr,
		plant_flip_shared,
		plant_leaky,
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(plants); i++) {
		struct diff_sequence seq = sequence_new();
		struct diff_sweep sweep = diff_sweep_all;
		struct golden g;

		sweep.plant = plants[i];
		for (unsigned seed = 0; seed < 3; seed++) {
			g = minimized(&sweep, seed, &seq);
			if (g.nr_lines > 10)
				fail_msg("plant %u: %u lines\n%s", i,
					 g.nr_lines, g.text);
			free(g.text);
		}
		free(seq.call);
	}
}

/* A defect that somebody posted, and that conform has a name for. */
static void test_v7s_diff__file_shows_difference(void **state)
{
	struct diff_sequence seq = sequence_new();
	struct diff_sweep sweep = diff_sweep_all;
	struct conform_result result;
	char why[CONFORM_WHY_SIZE];
	struct l2_spec spec;
	struct golden g;

	(void)state;
	assert_int_equal(l2_spec_parse("page_frag:mode=v3,order=0", &spec, why,
				       sizeof(why)),
			 0);
	sweep.spec = &spec;
	sweep.kernel = V7S_KERNEL_6_1;
	sweep.split = V7S_SPLIT_KERNEL;
	g = minimized(&sweep, 0, &seq);
	assert_int_equal(conform_memory("minimized", g.text, g.size, &spec,
					&result, why),
			 -EBADMSG);
	free(g.text);
	free(seq.call);
}

/* Nothing is made small that is in order. */
static void test_v7s_diff__equal_is_stale(void **state)
{
	struct call call = { .pgsize = SZ_4K, .pgcount = 1, .prot = PROT_RW };
	struct diff_sequence seq = { .call = &call, .nr = 1, .nr_max = 1 };
	struct diff_found found;

	(void)state;
	diff_case_of(&diff_sweep_all, 0, &seq.c);
	assert_int_equal(diff_minimize(&seq, 1000, &found), -ESTALE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_v7s_diff__sweeps_all),
		cmocka_unit_test(test_v7s_diff__random_calls),
		cmocka_unit_test(test_v7s_diff__finds_planted),
		cmocka_unit_test(test_v7s_diff__file_shows_difference),
		cmocka_unit_test(test_v7s_diff__equal_is_stale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
